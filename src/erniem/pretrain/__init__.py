"""Pre-training; so far the stream of micro-batches."""
