import tracemalloc
import zlib
from pathlib import Path

import fsspec
import pytest

from erniem.corpus.document import Drops
from erniem.corpus.sources import SourceEntry, find_sources, lines, read
from made_up_files import PACKERS, packs_badly, read_all, read_counted


@pytest.mark.parametrize("ending", ["", *PACKERS])
def test_packed_files_are_read_as_they_are(tmp_path: Path, ending: str) -> None:
    raw = "Bade figo.\n\n  ลูมิ  \r\n".encode()
    (tmp_path / f"de.txt{ending}").write_bytes(PACKERS.get(ending, bytes)(raw))
    texts, dropped = read_counted(tmp_path)
    assert texts == [("Bade figo.",), ("ลูมิ",)]
    assert dropped == {"empty": 1}


@pytest.mark.parametrize("ending", PACKERS)
def test_packed_pieces_follow_each_other(tmp_path: Path, ending: str) -> None:
    pack = PACKERS[ending]
    (tmp_path / f"de.txt{ending}").write_bytes(pack(b"bade\n") + pack(b"figo\n"))
    assert read_all(tmp_path) == [("bade",), ("figo",)]


@pytest.mark.parametrize("ending", PACKERS)
def test_urls_are_read_packed_or_not(ending: str) -> None:
    storage = fsspec.filesystem("memory")
    storage.pipe({"/urls/de.txt": b"bade\n", f"/urls/en.txt{ending}": PACKERS[ending](b"figo\n")})
    try:
        assert read_all("memory://urls") == [("bade",), ("figo",)]
        assert read_all(f"memory://urls/*.txt{ending}") == [("figo",)]
        assert read_all("memory://urls/de.txt") == [("bade",)]
    finally:
        storage.rm("/urls", recursive=True)


@pytest.mark.parametrize("ending", PACKERS)
def test_a_file_cut_in_half_is_named_after_its_whole_lines(tmp_path: Path, ending: str) -> None:
    # More than two blocks of bzip2, which gives nothing of one that is not whole.
    packed = PACKERS[ending](packs_badly(60_000))
    (tmp_path / f"de.txt{ending}").write_bytes(packed[: len(packed) // 2])
    (source,) = find_sources(SourceEntry(path=str(tmp_path)))
    documents = read(source, Drops())
    assert len(next(documents).text) > 5
    with pytest.raises(ValueError, match=rf"de\.txt\{ending} is cut short or damaged"):
        list(documents)


@pytest.mark.parametrize("ending", PACKERS)
def test_a_file_that_is_not_packed_as_it_says_is_named(tmp_path: Path, ending: str) -> None:
    (tmp_path / f"de.txt{ending}").write_bytes(packs_badly(50))
    with pytest.raises(ValueError, match=rf"de\.txt\{ending} (is cut short|cannot be read)"):
        read_all(tmp_path)


def test_a_gzip_with_altered_bytes_is_named(tmp_path: Path) -> None:
    packed = bytearray(PACKERS[".gz"](packs_badly()))
    packed[len(packed) // 2] ^= 255
    (tmp_path / "de.txt.gz").write_bytes(packed)
    with pytest.raises(ValueError, match=r"de\.txt\.gz is cut short or damaged") as raised:
        read_all(tmp_path)
    assert isinstance(raised.value.__cause__, zlib.error | OSError)


def test_lines_that_are_no_text_are_dropped_and_shown(tmp_path: Path) -> None:
    raw = b"bade\n\xff f\xfcnf\nfi\0go\nlumi\n"
    (tmp_path / "de.txt").write_bytes(raw)
    (source,) = find_sources(SourceEntry(path=str(tmp_path)))
    drops = Drops()
    assert [document.text for document in read(source, drops)] == ["bade", "lumi"]
    assert drops.by_reason() == {"not UTF-8": 1, "zero bytes": 1}
    shown = {reason: texts for (reason, _, _), texts in drops.examples.items()}
    assert shown == {"not UTF-8": ["� f�nf"], "zero bytes": ["fi�go"]}


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_a_file_in_another_encoding_is_named(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "de.txt").write_bytes("fünf\nzwölf\nfür\n".encode(encoding))
    with pytest.raises(ValueError, match=r"de\.txt has no line in UTF-8: convert it"):
        read_all(tmp_path)


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "de.txt").write_text("bade\nfigo\n", encoding="utf-8-sig")
    assert read_all(tmp_path) == [("bade",), ("figo",)]


def test_a_line_of_100_megabytes_is_dropped_and_never_held_twice(tmp_path: Path) -> None:
    with (tmp_path / "de.txt").open("wb") as file:
        file.write(b"bade\n")
        for _ in range(100):
            file.write(b"figo " * 200_000)
        file.write(b"\nlumi\n")
    tracemalloc.start()
    try:
        texts, dropped = read_counted(tmp_path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert texts == [("bade",), ("lumi",)]
    assert dropped == {"too long a line": 1}
    assert peak < 3 * lines.LONGEST


def test_lines_up_to_the_limit_are_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LONGEST", 8)
    (tmp_path / "de.txt").write_bytes(b"1234567\n12345678\n1234\n12345678")
    texts, dropped = read_counted(tmp_path)
    assert (texts, dropped) == ([("1234567",), ("1234",)], {"too long a line": 2})


def test_an_empty_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "de.txt").touch()
    with pytest.raises(ValueError, match=r"de\.txt is empty: fill it or take it away"):
        read_all(tmp_path)


def test_a_file_of_empty_lines_tells_what_was_dropped(tmp_path: Path) -> None:
    (tmp_path / "de.txt").write_text(" \n\n")
    with pytest.raises(ValueError, match=r"de\.txt has nothing .* text of de \(dropped: 2 empty\)"):
        read_all(tmp_path)


def test_a_file_that_is_gone_before_it_is_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "de.txt").write_text("bade\n")
    (source,) = find_sources(SourceEntry(path=str(tmp_path)))
    (tmp_path / "de.txt").unlink()
    with pytest.raises(ValueError, match=r"de\.txt is not there, or not any more"):
        list(read(source, Drops()))


def test_a_file_that_shrinks_while_it_is_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "de.txt"
    path.write_bytes(packs_badly(100_000))
    (source,) = find_sources(SourceEntry(path=str(path)))
    documents = read(source, Drops())
    next(documents)
    with path.open("r+b") as file:
        file.truncate(500_000)
    with pytest.raises(ValueError, match=r"to its end \(it ended after .* of .* bytes\)"):
        list(documents)


def test_a_storage_that_fails_while_it_is_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    storage = fsspec.filesystem("memory")
    storage.pipe("/failing/de.txt", packs_badly(100_000))
    try:
        (source,) = find_sources(SourceEntry(path="memory://failing/de.txt"))
        documents = read(source, Drops())
        next(documents)

        def gone(self: object, size: int = -1) -> bytes:
            raise RuntimeError("the server went away")

        monkeypatch.setattr("fsspec.implementations.memory.MemoryFile.read", gone, raising=False)
        with pytest.raises(
            ValueError, match=r"memory://.*de\.txt cannot be read to its end .*away"
        ):
            list(documents)
    finally:
        storage.rm("/failing", recursive=True)


def test_texts_stand_between_blank_lines(tmp_path: Path) -> None:
    (tmp_path / "de.txt").write_bytes(b"\n\nBade figo.\nLumi.\n \n\nNope.\n\nfi\0go\nra\n")
    texts, dropped = read_counted(tmp_path, format="documents")
    assert texts == [("Bade figo.\nLumi.",), ("Nope.",)]
    assert dropped == {"zero bytes": 1}


def test_a_text_without_an_end_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LONGEST", 20)
    (tmp_path / "de.txt").write_text("bade\n" * 10 + "\nfigo\n")
    texts, dropped = read_counted(tmp_path, format="documents")
    assert (texts, dropped) == ([("figo",)], {"too long a text": 1})
