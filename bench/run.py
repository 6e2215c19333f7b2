"""All measurements one after the other, and their table: `make bench`.

```text
python bench/run.py [--quick] [--only training_step]
```

Each is a script of its own, in a process of its own. What they measure on is read from the
environment; without it they invent text and draw weights at random, and leave out what needs more:

ERNIEM_DATA            folder of real text, with XTREME's Tatoeba in xtreme/tatoeba
ERNIEM_TOKENIZER       folder of XLM-R's tokeniser, for the training steps
ERNIEM_ENCODER         folder of an encoder, for vectors and serving
ERNIEM_TRANSFORMERS4   a Python that has transformers 4.57.6
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from harness import RESULTS, write_table

HERE = Path(__file__).parent
MEASUREMENTS = ("training_step", "old_model", "load_checkpoint", "embed_sentences", "serve_load")


def chosen(name: str, given: Mapping[str, str]) -> list[str]:
    """The arguments of a measurement, from the environment."""
    encoder, data = given.get("ERNIEM_ENCODER"), given.get("ERNIEM_DATA")
    if name in ("training_step", "old_model"):
        folder = given.get("ERNIEM_TOKENIZER")
        return ["--tokenizer", folder] if folder else []
    if name in ("embed_sentences", "serve_load"):
        tatoeba = ["--tatoeba", f"{data}/xtreme/tatoeba"] if data else []
        accuracy = ["--accuracy"] * bool(data and name == "embed_sentences")
        return [encoder, *tatoeba, *accuracy] if encoder else []
    return []


def main() -> int:
    assert __doc__
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="see that it works; writes nothing")
    parser.add_argument("--only", choices=MEASUREMENTS, action="append", help="this one alone")
    options = parser.parse_args()
    failed = 0
    for name in options.only or MEASUREMENTS:
        print(f"── {name}", flush=True)
        settings = ["--quick"] if options.quick else chosen(name, os.environ)
        command = [sys.executable, str(HERE / f"{name}.py"), *settings]
        start = time.perf_counter()
        failed += subprocess.run(command, check=False).returncode != 0
        print(f"── {name}: {time.perf_counter() - start:.0f} s", flush=True)
        if not options.quick and RESULTS.exists():
            write_table()
    return failed


if __name__ == "__main__":
    sys.exit(main())
