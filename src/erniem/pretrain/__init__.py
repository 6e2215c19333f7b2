"""Pre-training: token shards in, an aligned encoder out.

```text
Corpus ─Stream─▶ micro-batches of sentences ─objectives─▶ Joined ─encoder + head─▶ loss ─Trainer─▶ checkpoint-N
                                     ▲                                    │
                                     └── learn ◀── guesses ◀── ask ◀──────┘   (BTMLM, stage 2)
```
"""
