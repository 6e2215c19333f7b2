"""Our tokeniser against XLM-R's fast one and the Python ones of transformers 4 and PaddleNLP.

Beside them the bare calls of `sentencepiece` and `tokenizers`, without frame, mask or segmentation:
what nothing that is built on them can outrun.

```text
ERNIEM_DATA=folder ERNIEM_TRANSFORMERS4=python ERNIEM_PADDLENLP=python python bench/tokenize_text.py
```

The same lines of real text, each once; every contestant in a process of its own, with its own
interpreter where one is named (and left out where none is), all in turn, and again. Loading and a
fiftieth of the lines come before the clock starts. The vocabulary is the published one: see
tests/references/published.py.
"""

import argparse
import os
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from references.make_tokenizer_golden import asked, interpreters
from references.published import write_published
from references.real_text import real_lines

Seconds = dict[str, list[float]]


def contestants() -> dict[str, str]:
    """Who runs each."""
    ours = [f"ours-{name}" for name in ("official", "paddlenlp", "transformers4")]
    others = {name: path for name, path in interpreters().items() if path and name != "official"}
    here = [*ours, "sentencepiece", "tokenizers", "xlm-r"]
    return {**dict.fromkeys(here, sys.executable), **others}


def measure(folder: Path, lines: list[str], repeats: int, clock: str) -> tuple[Seconds, list[str]]:
    """Seconds of each repeat, and the versions."""
    seconds: Seconds = {name: [] for name in contestants()}
    versions = set()
    for _ in range(repeats):
        for name, interpreter in contestants().items():
            answer = asked(interpreter, name, folder, lines)
            seconds[name].append(answer["seconds"][clock])
            versions |= {f"{package} {number}" for package, number in answer["versions"].items()}
    return seconds, sorted(versions)


def ratios(one: Sequence[float], other: Sequence[float]) -> str:
    """How many times as fast the one is: median, lowest, highest over the repeats."""
    found = [slow / fast for fast, slow in zip(one, other, strict=True)]
    return f"{statistics.median(found):8.2f} ({min(found):.2f}, {max(found):.2f})"


def main() -> None:
    assert __doc__
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=400, help="of each language")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--clock", choices=["clock", "cores"], default="clock")
    options = parser.parse_args()
    real = real_lines(Path(os.environ["ERNIEM_DATA"]), options.lines)
    lines = [line for each in real.values() for line in each]
    with TemporaryDirectory() as name:
        folder = write_published(Path(name))
        seconds, versions = measure(folder, lines, options.repeats, options.clock)
    print(", ".join(versions))
    print(
        f"{len(lines):,} lines in {len(real)} languages, {options.repeats} repeats, "
        f"{'by the clock' if options.clock == 'clock' else 'seconds of all cores'}"
    )
    others = ["xlm-r", *(name for name in ("transformers4", "paddlenlp") if name in seconds)]
    print(f"{'':20}{'lines/s':>9}  times as fast as " + "".join(f"{name:>24}" for name in others))
    for name, taken in seconds.items():
        speed = len(lines) / statistics.median(taken)
        beside = "".join(f"{ratios(taken, seconds[other]):>24}" for other in others)
        print(f"{name:20}{speed:9,.0f}{'':19}{beside}")


if __name__ == "__main__":
    main()
