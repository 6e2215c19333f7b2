"""Memory does not grow with what is read; and all real text is read."""

import gc
import os
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from erniem.corpus.document import Drops
from erniem.corpus.sources import SourceEntry, find_sources, read
from invented import invented

SENTENCES = invented(200)
UNITS: dict[str, Callable[[str], str]] = {
    "sw.txt": lambda text: f"{text}\n",
    "sw.conllu": lambda text: f"# text = {text}\n1\tx\n\n",
    "en-sw.tsv": lambda text: f"{text}\t{text}\n",
    "en-sw.jsonl": lambda text: f'{{"translation": {{"en": "{text}", "sw": "{text}"}}}}\n',
    "en-sw.po": lambda text: f'msgid "{text}"\nmsgstr "{text}"\n\n',
    "en-sw.tmx": lambda text: (
        f'<tu><tuv xml:lang="en"><seg>{text}</seg></tuv>'
        f'<tuv xml:lang="sw"><seg>{text}</seg></tuv></tu>\n'
    ),
    "en-sw.xlf": lambda text: (
        f"<trans-unit><source>{text}</source><target>{text}</target></trans-unit>\n"
    ),
}
"""What a sentence looks like in a format, by a file's name."""
WHOLE = {".tmx": "<tmx><body>{}</body></tmx>", ".xlf": "<xliff><file>{}</file></xliff>"}


def written(folder: Path, name: str, count: int) -> Path:
    path = folder / name
    units = "".join(UNITS[name](SENTENCES[place % 200]) for place in range(count))
    path.write_text(WHOLE.get(path.suffix, "{}").format(units))
    return path


def peak_of(path: Path) -> tuple[int, int]:
    """How many documents a path gives, and the most bytes that were held meanwhile.

    polib leaves rings of objects, which are collected as we go: they are waste, not held.
    """
    (source,) = find_sources(SourceEntry(path=str(path)))
    gc.collect()
    gc.freeze()
    tracemalloc.start()
    try:
        count = 0
        for count, _ in enumerate(read(source, Drops()), start=1):
            if path.suffix == ".po" and count % 100 == 0:
                gc.collect()
        return count, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        gc.unfreeze()


@pytest.mark.parametrize("name", UNITS)
def test_memory_does_not_grow_with_the_source(tmp_path: Path, name: str) -> None:
    few, more = 200, 1200
    peak_of(written(tmp_path, name, 10))  # what is imported late, and kept
    count, base = peak_of(written(tmp_path, name, few))
    count_of_more, peak = peak_of(written(tmp_path, name, more))
    assert (count, count_of_more) == (few, more)
    assert peak < 1.25 * base + 2**16


def test_memory_does_not_grow_with_a_zip(tmp_path: Path) -> None:
    def of_size(count: int) -> Path:
        lines = written(tmp_path, "sw.txt", count).read_text()
        with zipfile.ZipFile(tmp_path / "en-sw.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("x.en", lines)
            archive.writestr("x.sw", lines)
        return tmp_path / "en-sw.zip"

    peak_of(of_size(10))
    _, base = peak_of(of_size(4000))  # as much as all buffers hold
    count, peak = peak_of(of_size(8000))
    assert count == 8000
    assert peak < 1.25 * base + 2**16


@pytest.mark.realtext
@pytest.mark.timeout(600)  # 1.7 million lines
def test_all_real_text_is_read() -> None:
    """As many lines as `xz -dc | wc -l` counts, and none is dropped."""
    data = os.environ.get("ERNIEM_DATA")
    if not data:
        pytest.skip("set ERNIEM_DATA to the folder that holds monolingual and parallel")
    counts = {}
    drops = Drops()
    for part in ("monolingual", "parallel"):
        sources = find_sources(SourceEntry(path=f"{data}/{part}"))
        counts[part] = (len(sources), sum(1 for one in sources for _ in read(one, drops)))
    assert counts == {"monolingual": (43, 765_797), "parallel": (191, 923_891)}
    assert drops.by_reason() == {}
