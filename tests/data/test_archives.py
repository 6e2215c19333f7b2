"""Archives taken apart: what fits is written, what is hostile is not."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from erniem.compressed import read_text
from erniem.data.archives import join_by_language, unpack_members, write_pairs
from erniem.data.labels import Label

PAIR = Label(code="en-de", theirs="de-en", sides=("en", "de"))


def zipped(path: Path, members: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


def tarred(path: Path, members: dict[str, str], *more: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w:bz2") as archive:
        for name, text in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
        for info in more:
            archive.addfile(info)
    return path


def below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_members_that_fit_are_written_below_the_folder(pack, tmp_path: Path) -> None:
    archive = pack(tmp_path / "a", {"top/x/one.txt": "1", "top/two.txt": "2", "top/read.me": ""})
    made = unpack_members(archive, r"top/(?P<file>.*\.txt)", tmp_path / "out")
    assert below(tmp_path / "out") == ["two.txt", "x/one.txt"]
    assert made == [tmp_path / "out/x/one.txt", tmp_path / "out/two.txt"]


@pytest.mark.parametrize("name", ["../../evil.txt", "/etc/evil.txt", "a/../../../evil.txt", "C:/e"])
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_a_member_that_leads_out_of_the_folder_is_refused(pack, name, tmp_path: Path) -> None:
    archive = pack(tmp_path / "a", {name: "evil"})
    with pytest.raises(ValueError, match="leads out of"):
        unpack_members(archive, "(?P<file>.*)", tmp_path / "deep/in/out")
    assert below(tmp_path) == ["a"]


def test_links_and_devices_are_never_written(tmp_path: Path) -> None:
    link, device = tarfile.TarInfo("link.txt"), tarfile.TarInfo("null.txt")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    device.type = tarfile.CHRTYPE
    archive = tarred(tmp_path / "a", {"real.txt": "1"}, link, device)
    unpack_members(archive, "(?P<file>.*)", tmp_path / "out")
    assert below(tmp_path / "out") == ["real.txt"]


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_half_an_archive_is_damaged_and_leaves_no_half_file(pack, tmp_path: Path) -> None:
    whole = pack(tmp_path / "a", {"one.txt": "".join(map(chr, range(400, 40_000, 7)))}).read_bytes()
    (tmp_path / "a").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"/a is damaged .* delete it and fetch again"):
        unpack_members(tmp_path / "a", "(?P<file>.*)", tmp_path / "out")
    assert below(tmp_path) == ["a"]


def test_an_archive_of_other_things_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"has no member like .*txt"):
        unpack_members(zipped(tmp_path / "a", {"b": ""}), r"(?P<file>.*\.txt)", tmp_path)


def test_members_of_a_language_are_joined_line_by_line(tmp_path: Path) -> None:
    archive = tarred(
        tmp_path / "a",
        {"r/de/x.txt": "bade fi\r\ngo", "r/xx/a.txt": "no", "r/de/y.txt": "lu mi\n"},
    )

    def target(theirs: str) -> Path | None:
        return tmp_path / "out" / f"{theirs}.txt" if theirs == "de" else None

    made = join_by_language(archive, r"r/(?P<theirs>\w+)/.*", target)
    assert made == [tmp_path / "out/de.txt"]
    assert made[0].read_bytes() == b"bade fi\ngo\nlu mi\n"
    assert below(tmp_path / "out") == ["de.txt"]


def test_a_moses_archive_becomes_one_table_english_first(tmp_path: Path) -> None:
    archive = zipped(
        tmp_path / "a.zip",
        {
            "C.de-en.de": "ba\tde\nfi\n",
            "C.de-en.en": "one\ntwo\r\n",
            "README": "",
            "C.de-en.xml": "",
        },
    )
    assert write_pairs(archive, PAIR, tmp_path / "out/en-de.tsv.zst") == 2
    assert read_text(tmp_path / "out/en-de.tsv.zst") == "one\tba de\ntwo\tfi\n"


def test_sides_of_different_lengths_give_no_table(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"C.de-en.de": "ba\nde\n", "C.de-en.en": "one\n"})
    with pytest.raises(ValueError, match="different numbers of lines, the shorter 1"):
        write_pairs(archive, PAIR, tmp_path / "en-de.tsv.zst")
    assert below(tmp_path) == ["a.zip"]


def test_a_side_that_lacks_is_named(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"C.de-en.de": "ba\n"})
    with pytest.raises(ValueError, match=r"0 members for en of de-en; it has C\.de-en\.de"):
        write_pairs(archive, PAIR, tmp_path / "en-de.tsv.zst")
