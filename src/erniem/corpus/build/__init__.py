"""From raw text to token shards, stage by stage, each a set of tasks that may run anywhere.

```text
sources ─clean─▶ documents, keys        a task a source      cleaning.py
keys ──compare─▶ what is repeated       a task a bucket      comparing.py
documents ─────▶ vocabulary             one process          vocabulary.py
documents ─encode─▶ parts of shards     a task a source      encode.py
parts ────join─▶ shards, manifest       a task a data set    join.py
```
"""
