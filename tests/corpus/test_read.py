import gzip
import lzma
from pathlib import Path

import numpy as np
import pytest
import zstandard

from erniem.corpus.document import Drops, sides_of
from erniem.corpus.read import Source, find_sources, read_documents, read_pairs

PACKERS = {
    "": bytes,
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".zst": lambda raw: zstandard.ZstdCompressor().compress(raw),
}


def only_source(folder: Path) -> Source:
    (source,) = find_sources(folder)
    return source


def test_names_say_what_files_hold(tmp_path: Path) -> None:
    (tmp_path / "news").mkdir()
    for name in ("de.txt", "en-sw.tsv.xz", "README.md", "en-sw.txt", "de.tsv"):
        (tmp_path / "news" / name).write_bytes(b"x")
    found = [(source.name, source.label) for source in find_sources(tmp_path)]
    assert found == [("news", "de"), ("news", "en-sw")]


@pytest.mark.parametrize("ending", PACKERS)
def test_packed_files_are_read_as_they_are(tmp_path: Path, ending: str) -> None:
    raw = "Guten Tag.\n\n  สวัสดี  \r\n".encode()
    (tmp_path / f"de.txt{ending}").write_bytes(PACKERS[ending](raw))
    drops = Drops()
    texts = [document.text for document in read_documents(only_source(tmp_path), drops)]
    assert texts == ["Guten Tag.", "สวัสดี"]
    assert drops.by_reason() == {"empty": 1}


def test_frames_of_zstandard_follow_each_other(tmp_path: Path) -> None:
    packed = PACKERS[".zst"](b"eins\n") + PACKERS[".zst"](b"zwei\n")
    (tmp_path / "de.txt.zst").write_bytes(packed)
    documents = read_documents(only_source(tmp_path), Drops())
    assert [document.text for document in documents] == ["eins", "zwei"]


def test_bad_lines_are_dropped_and_counted_by_reason(tmp_path: Path) -> None:
    lines = [b"one\teins", b"two\t", b"three", b"four\tvier\tIV", b"\xff\tf\xfcnf"]
    (tmp_path / "en-de.tsv").write_bytes(b"\n".join(lines))
    drops = Drops()
    pairs = list(read_pairs(only_source(tmp_path), drops))
    assert [sides_of(pair) for pair in pairs] == [("one", "eins")]
    assert drops.by_reason() == {"empty side": 1, "not two columns": 2, "not UTF-8": 1}
    assert all(language == "en-de" for _, _, language in drops.counts)


@pytest.mark.parametrize("ending", [".gz", ".xz", ".zst"])
def test_a_file_cut_short_is_named(tmp_path: Path, ending: str) -> None:
    # Text that packs badly, so that half a file is more than its header.
    numbers = np.random.default_rng(0).integers(10**12, size=5000)
    raw = "\n".join(map(str, numbers)).encode()
    packed = PACKERS[ending](raw)
    (tmp_path / f"de.txt{ending}").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(ValueError, match=rf"de\.txt\{ending} is cut short or damaged"):
        list(read_documents(only_source(tmp_path), Drops()))


def test_an_empty_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "de.txt").touch()
    with pytest.raises(ValueError, match=r"de\.txt is empty"):
        list(read_documents(only_source(tmp_path), Drops()))


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_a_file_in_another_encoding_is_named(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "de.txt").write_bytes("fünf\nzwölf\nfür\n".encode(encoding))
    drops = Drops()
    with pytest.raises(ValueError, match=r"de\.txt has no line in UTF-8: convert it"):
        list(read_documents(only_source(tmp_path), drops))


def test_a_file_of_empty_lines_is_named(tmp_path: Path) -> None:
    (tmp_path / "de.txt").write_text(" \n\n")
    with pytest.raises(ValueError, match=r"de\.txt has empty lines only"):
        list(read_documents(only_source(tmp_path), Drops()))


@pytest.mark.parametrize("lines", ["one\t\ntwo\t ", "one eins\ntwo zwei", "a\tb\tc"])
def test_a_file_of_pairs_without_a_pair_is_named(tmp_path: Path, lines: str) -> None:
    (tmp_path / "en-de.tsv").write_text(lines)
    with pytest.raises(ValueError, match=r"en-de\.tsv has no line with two sides"):
        list(read_pairs(only_source(tmp_path), Drops()))


def test_a_folder_without_text_says_how_to_name_files(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"holds no text: name files XX\.txt"):
        find_sources(tmp_path)
    with pytest.raises(ValueError, match="is not a folder"):
        find_sources(tmp_path / "missing")
