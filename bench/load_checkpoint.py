"""Starting, and `from_pretrained` of a base checkpoint, against transformers' XLM-R.

```text
python bench/load_checkpoint.py [--quick] [--repeats 7]
```

A random model of the base shape (12 × 768, 250,002 pieces, 1.1 GB in float32) is written twice, as
ours and as XLM-R, and loaded in turn, each time by a fresh Python: seconds of `from_pretrained`
alone, from files that the system has read before, and the most memory that the process ever held,
every weight read once. Imports are timed from outside, with the interpreter's own start.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import torch

from erniem.convert.convert import save_portable
from erniem.model.configuration import ErnieMConfig
from erniem.model.heads import ErnieMForMaskedLM
from harness import Row, alternate, compared, record, spread

SMALL = {"vocab_size": 1000, "num_hidden_layers": 2}
LOAD = """
import json, re, time
from pathlib import Path
{imports}
from transformers import AutoModelForMaskedLM
AutoModelForMaskedLM.from_pretrained({warm!r})  # what is imported late
start = time.perf_counter()
model = AutoModelForMaskedLM.from_pretrained({folder!r})
seconds = time.perf_counter() - start
for weight in model.parameters():
    weight.sum()  # files are mapped: what is not read is not there
peak = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
print(json.dumps([seconds, peak]))
"""


class Loader:
    """A contestant: loads a folder in a fresh Python."""

    def __init__(self, folder: Path, warm: Path, imports: str) -> None:
        self.script = LOAD.format(imports=imports, warm=str(warm), folder=str(folder))
        self.peaks: list[float] = []

    def __call__(self, repeat: int) -> float:
        done = subprocess.run(
            [sys.executable, "-c", self.script], capture_output=True, text=True, check=True
        )
        seconds, peak = json.loads(done.stdout.splitlines()[-1])
        if repeat >= 0:
            self.peaks.append(peak)
        return float(seconds)


def write(folder: Path, shape: dict[str, int]) -> tuple[Path, Path]:
    """The same random model as ours and as XLM-R."""
    torch.manual_seed(0)
    model = ErnieMForMaskedLM(ErnieMConfig(**shape))
    ours, theirs = folder / "erniem", folder / "xlm-r"
    model.save_pretrained(ours)
    theirs.mkdir()
    save_portable(model, theirs)
    return ours, theirs


def whole_process(command: list[str], repeat: int) -> float:
    """Seconds of a command, the interpreter's start included."""
    del repeat
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def loading(folder: Path, repeats: int, quick: bool) -> list[Row]:
    (folder / "whole").mkdir()
    (folder / "warm").mkdir()
    ours, theirs = write(folder / "whole", SMALL if quick else {})
    warm_ours, warm_theirs = write(folder / "warm", SMALL)
    loaders = {
        "erniem": Loader(ours, warm_ours, "import erniem"),
        "XLM-R": Loader(theirs, warm_theirs, ""),
    }
    what = "from_pretrained, 12 × 768, 250,002 pieces"
    seconds = alternate(loaders, repeats, warm_up=0 if quick else 1)
    peaks = {name: loader.peaks for name, loader in loaders.items()}
    target = {"XLM-R": "≤ 1.2"}
    return [
        *compared(seconds, ours="erniem", what=what, unit="s", targets=target),
        *compared(peaks, ours="erniem", what="most memory of that process", unit="MB"),
    ]


def starting(repeats: int, quick: bool) -> list[Row]:
    python = sys.executable
    commands = {
        "python alone": [python, "-c", ""],
        "import erniem": [python, "-c", "import erniem"],
        "erniem --help": [str(Path(python).parent / "erniem"), "--help"],
        "import transformers": [python, "-c", "import transformers"],
    }
    samples = alternate(
        {name: partial(whole_process, command) for name, command in commands.items()},
        repeats,
        warm_up=0 if quick else 1,
    )
    return [
        Row(what="start of a process", name=name, unit="s", figure=spread(values))
        for name, values in samples.items()
    ]


def main() -> None:
    assert __doc__
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small; nothing is recorded")
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    repeats = 1 if options.quick else options.repeats
    with tempfile.TemporaryDirectory() as folder:
        rows = loading(Path(folder), repeats, options.quick) + starting(repeats, options.quick)
    for row in rows:
        ratio = f"  {row.ratio} × {row.against}" if row.ratio else ""
        print(f"{row.what:<46}{row.name:<22}{row.figure} {row.unit}{ratio}")
    if not options.quick:
        about = (
            "`from_pretrained` of the base shape, float32, from files that the system holds in "
            "memory, in a fresh process each time; and what starts before any work. "
            "Not measured: a cold disk."
        )
        record("load_checkpoint", rows, about=about, settings={"repeats": repeats})


if __name__ == "__main__":
    main()
