import subprocess
import sys
from pathlib import Path

import pytest

from erniem import alone
from erniem.alone import alone_in

HOLDS = """
import os, sys
from pathlib import Path
from erniem.alone import alone_in
with alone_in(Path(sys.argv[1])):
    print("in", flush=True)
    sys.stdin.read()
"""


def test_a_folder_is_free_again_when_its_process_was_killed(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "one"
    command = [sys.executable, "-c", HOLDS, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"in\n"
        with pytest.raises(ValueError, match=r"another process is at work in .*one: wait"):
            alone_in(folder).__enter__()
        other.kill()
    with alone_in(folder):
        pass


def test_where_nothing_can_be_locked_nobody_is_kept_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alone, "locks", None)
    with alone_in(tmp_path), alone_in(tmp_path):
        pass
