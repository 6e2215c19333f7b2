"""Pages of `erniem demo` that run, each in a process of its own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["living"]


@contextmanager
def living(folder: Path, *more: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A checkpoint's page as `erniem demo` serves it: its address and its process."""
    run = "import sys; from erniem.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", run, "demo", str(folder), "--port", "0", *more]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[0], process
        finally:
            process.kill()
