"""What an encoder is asked: one place a family of tasks, and the facts of each benchmark."""
