"""Which layer aligns best: accuracy on Tatoeba from every layer, kept language by language.

```text
RUN/layers.json   {"tatoeba": {"layers": {"0": mean accuracy, …}, "languages": n, "by_language": …}}
```
"""

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

__all__ = ["LayerScan"]


class LayerScan:
    """The file of a scan; each language is written as soon as it is there.

    Args:
        path: of `layers.json`.
        task: name of what is scanned.
        afresh: forget what the file says of it.
    """

    def __init__(self, path: Path, task: str, *, afresh: bool = False) -> None:
        self.path = path
        self.task = task
        self.told = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        before = {} if afresh else self.told.get(task, {})
        self.found: dict[str, list[float]] = before.get("by_language", {})

    def add(self, code: str, accuracies: Sequence[float]) -> None:
        """Keeps a language: accuracy in percent by layer, the first layer first."""
        self.found[code] = list(accuracies)
        means = map(fmean, zip(*self.found.values(), strict=True))
        self.told[self.task] = {
            "layers": {str(layer): mean for layer, mean in enumerate(means)},
            "languages": len(self.found),
            "by_language": self.found,
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_suffix(".partial")
        partial.write_text(json.dumps(self.told, indent=1) + "\n", encoding="utf-8")
        partial.replace(self.path)
