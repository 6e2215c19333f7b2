import zipfile
from pathlib import Path

import fsspec
import pytest

from erniem.corpus.document import Drops
from erniem.corpus.sources import SourceEntry, find_sources, read
from made_up_files import PACKERS, packs_badly, read_all, read_counted


def written(folder: Path, **sides: str | bytes) -> Path:
    for language, text in sides.items():
        raw = text.encode() if isinstance(text, str) else text
        (folder / f"news.en-sw.{language}").write_bytes(raw)
    return folder


def zipped(path: Path, **members: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README", "Read me.")
        for name, text in members.items():
            archive.writestr(f"News.en-sw.{name}", text)
    return path


def test_two_aligned_files_are_one_source(tmp_path: Path) -> None:
    written(tmp_path, en="bade\nlumi\n", sw="figo\nnope")
    (source,) = find_sources(SourceEntry(path=str(tmp_path), name="news"))
    assert (source.format, source.label) == ("moses", "en-sw")
    assert read_all(tmp_path) == [("bade", "figo"), ("lumi", "nope")]
    assert read_all(f"{tmp_path}/news.*") == read_all(tmp_path)


def test_two_files_of_any_name_are_told_by_its_beginning_or_both(tmp_path: Path) -> None:
    (tmp_path / "train.en").write_text("bade\n")
    (tmp_path / "train.sw.gz").write_bytes(PACKERS[".gz"](b"figo\n"))
    said = {"format": "moses", "languages": ("en", "sw")}
    for path in ("train", "train.en", "train.*"):
        assert read_all(tmp_path / path, **said) == [("bade", "figo")]
    (tmp_path / "other.txt").write_text("lumi\n")
    options = {"second": str(tmp_path / "other.txt")}
    assert read_all(tmp_path / "train.en", **said, options=options) == [("bade", "lumi")]


def test_a_side_without_text_takes_the_other_with_it(tmp_path: Path) -> None:
    written(tmp_path, en=b"bade\n\xff\nlumi\nra\n", sw=b"figo\nsi\n\nn\0pe\n")
    texts, dropped = read_counted(tmp_path)
    assert texts == [("bade", "figo")]
    assert dropped == {"not UTF-8": 1, "empty side": 1, "zero bytes": 1}


@pytest.mark.parametrize(("en", "sw"), [(3, 2), (2, 5)])
def test_files_of_different_lengths_tell_both(tmp_path: Path, en: int, sw: int) -> None:
    written(tmp_path, en="bade\n" * en, sw="figo\n" * sw)
    with pytest.raises(ValueError, match=rf"\.en has {en} lines, .*\.sw has {sw}: line i must be"):
        read_all(tmp_path)


def test_a_file_alone_is_named(tmp_path: Path) -> None:
    written(tmp_path, en="bade\n")
    with pytest.raises(ValueError, match=r"news\.en-sw\.en stands alone: put news\.en-sw\.sw"):
        read_all(tmp_path)
    written(tmp_path, sw="figo\n")
    (source,) = find_sources(SourceEntry(path=str(tmp_path)))
    (tmp_path / "news.en-sw.sw").unlink()
    with pytest.raises(ValueError, match=r"news\.en-sw\.sw is not there, or not any more"):
        list(read(source, Drops()))


@pytest.mark.parametrize("name", ["en-sw.zip", "en-sw.txt.zip"])
def test_zips_of_opus_are_read_where_they_lie(tmp_path: Path, name: str) -> None:
    path = zipped(tmp_path / name, en="bade\nlumi\n", sw="figo\nnope\n", xml="<a/>")
    assert read_all(tmp_path) == [("bade", "figo"), ("lumi", "nope")]
    storage = fsspec.filesystem("memory")
    storage.pipe(f"/zips/{name}", path.read_bytes())
    try:
        assert read_all("memory://zips") == read_all(tmp_path)
    finally:
        storage.rm("/zips", recursive=True)


def test_files_of_a_zip_are_chosen_by_name(tmp_path: Path) -> None:
    path = zipped(tmp_path / "en-zh.zip", en="bade\n", zh_CN="figo\n", zh_TW="lumi\n")
    with pytest.raises(ValueError, match=r"has 2 files of zh among README, .*by the option second"):
        read_all(path)
    assert read_all(path, options={"second": "News.en-sw.zh_TW"}) == [("bade", "lumi")]
    with pytest.raises(ValueError, match=r"News\.sw cannot be read"):
        read_all(path, options={"second": "News.sw"})


def test_a_zip_whose_files_differ_in_length_tells_both(tmp_path: Path) -> None:
    zipped(tmp_path / "en-sw.zip", en="bade\n" * 3, sw="figo\n")
    with pytest.raises(
        ValueError, match=r"zip: News\.en-sw\.en has 3 lines, News\.en-sw\.sw has 1"
    ):
        read_all(tmp_path)


def test_a_zip_that_is_none_cut_short_or_altered_is_named(tmp_path: Path) -> None:
    path = tmp_path / "en-sw.zip"
    path.write_bytes(packs_badly(50))
    with pytest.raises(ValueError, match=r"en-sw\.zip is cut short or damaged \(File is not a zip"):
        read_all(path)
    numbers = packs_badly(2000).decode()
    raw = bytearray(zipped(path, en=numbers, sw=numbers).read_bytes())
    path.write_bytes(raw[: len(raw) // 2])
    with pytest.raises(ValueError, match=r"en-sw\.zip is cut short or damaged"):
        read_all(path)
    raw[len(raw) // 2] ^= 255
    path.write_bytes(raw)
    with pytest.raises(ValueError, match=r"en-sw\.zip is cut short or damaged"):
        read_all(path)
