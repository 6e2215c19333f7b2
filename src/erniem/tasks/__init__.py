"""What a trained encoder is measured by: one file a family of tasks."""
