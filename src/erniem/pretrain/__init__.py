"""Pre-training: token shards in, checkpoints out."""
