"""An encoder trained for a task."""
