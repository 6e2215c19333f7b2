"""A checkpoint behind HTTP: embeddings as OpenAI's clients ask for them, and what its head can do.

```text
             Watching       Guard                      routes           Line           Worker
request ─▶ log, metrics ─▶ token? room? whole body? ─▶ texts to rows ─▶ waits, fair ─▶ a batch
             ▲              ▲ hung up, late: dropped      │ one thread     by tokens      at a time
             └──────────────┴───────── answer ◀───────────┴◀───────────────────────────── one thread
```

Requests wait in one `Line`, which is pure: it knows neither threads nor clocks. One thread runs the
network, on batches that are filled by a budget of tokens from all who wait.
"""

from erniem.serve.settings import Limits, ServerSettings

__all__ = ["Limits", "ServerSettings"]
