"""Lines of the real text of ERNIEM_DATA, some from each language."""

import lzma
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

__all__ = ["real_lines"]


def real_lines(data: Path, per_language: int) -> dict[str, list[str]]:
    """So many lines of each language, or all, spread evenly over every file that has it."""
    files: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(data.glob("monolingual/*/*.txt.xz")):
        files[path.name.partition(".")[0]].append(path)
    for path in sorted(data.glob("parallel/*/en-*.tsv.xz")):
        files[path.name[3:].partition(".")[0]].append(path)
    return {
        code: [
            line
            for path in paths
            for line in _spread(list(_lines(path)), -(-per_language // len(paths)))
        ][:per_language]
        for code, paths in sorted(files.items())
    }


def _lines(path: Path) -> Iterator[str]:
    with lzma.open(path, "rt", encoding="utf-8", newline="\n") as file:
        for line in file:
            yield line.rstrip("\n").rpartition("\t")[2]


def _spread(lines: list[str], count: int) -> list[str]:
    return lines[:: max(1, len(lines) // count)][:count]
