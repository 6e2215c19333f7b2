"""Text in, token shards out; no torch."""
