"""What the network does to rows: a module for each head. All of it runs in the worker's thread."""
