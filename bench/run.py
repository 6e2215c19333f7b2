"""All measurements, one after another, and the page of results: what `make bench` runs.

```text
python bench/run.py [--quick] [--only training_step]
```

Each is a script of its own, in a process of its own; a script that is not here is left out.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from harness import RESULTS, write_table

HERE = Path(__file__).parent
MEASUREMENTS = ("training_step", "serve_load", "load_checkpoint", "embed_sentences")


def main() -> int:
    assert __doc__
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="see that it works; writes nothing")
    parser.add_argument("--only", choices=MEASUREMENTS, action="append", help="this one alone")
    options = parser.parse_args()
    found = [HERE / f"{name}.py" for name in options.only or MEASUREMENTS]
    failed = 0
    for script in filter(Path.exists, found):
        print(f"── {script.stem}", flush=True)
        quick = ["--quick"] * options.quick
        failed += subprocess.run([sys.executable, str(script), *quick], check=False).returncode != 0
    if not options.quick and RESULTS.exists():
        write_table()
    return failed


if __name__ == "__main__":
    sys.exit(main())
