"""What can be asked for: a module for each kind of work, its messages beside its route."""
