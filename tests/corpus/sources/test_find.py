from pathlib import Path

import pytest

from erniem.corpus.sources import FORMATS, Source, SourceEntry, find_sources
from erniem.corpus.sources.codes import language_of


def written(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(b"x")
    return folder


def found(path: Path | str, **said: object) -> list[tuple[str, str, str]]:
    sources = find_sources(SourceEntry(path=str(path), **said))  # type: ignore[arg-type]
    return [(Path(one.path).name, one.format, one.label) for one in sources]


def test_names_say_what_files_hold(tmp_path: Path) -> None:
    written(tmp_path, "de.txt", "en-sw.tsv.xz", "pt_BR-zh_Hans.tsv", "yue.jsonl", "deu-en.jsonl.gz")
    written(tmp_path, "pt-BR.txt", "en-zh-Hans.tsv", "sr-Latn-en.tsv")
    written(tmp_path, "README.md", "en-sw.txt", "de.tsv", "notes.txt", "de.txt.old", "DE.txt")
    assert found(tmp_path) == [
        ("de.txt", "text", "de"),
        ("deu-en.jsonl.gz", "jsonl", "de-en"),
        ("en-sw.tsv.xz", "tsv", "en-sw"),
        ("en-zh-Hans.tsv", "tsv", "en-zh"),
        ("pt-BR.txt", "text", "pt"),
        ("pt_BR-zh_Hans.tsv", "tsv", "pt-zh"),
        ("sr-Latn-en.tsv", "tsv", "sr-en"),
        ("yue.jsonl", "jsonl", "yue"),
    ]


def test_a_source_is_called_as_its_folder_or_as_it_is_told(tmp_path: Path) -> None:
    folder = written(tmp_path, "news/de.txt", "tales/old/de.txt")
    sources = find_sources(SourceEntry(path=str(folder), licence="CC0-1.0"))
    assert [(one.name, one.licence) for one in sources] == [("news", "CC0-1.0"), ("old", "CC0-1.0")]
    named = find_sources(SourceEntry(path=str(folder), name="stories"))
    assert {one.name for one in named} == {"stories"}


def test_patterns_find_files_in_order(tmp_path: Path) -> None:
    folder = written(tmp_path, "b/de.txt", "a/de.txt", "a/en.txt.gz", "a/deep/de.txt")
    paths = [one.path for one in find_sources(SourceEntry(path=f"{folder}/*/de.txt*"))]
    assert paths == [f"{folder}/a/de.txt", f"{folder}/b/de.txt"]
    assert len(find_sources(SourceEntry(path=f"{folder}/**/de.txt"))) == 3


def test_what_is_stated_goes_before_the_name(tmp_path: Path) -> None:
    folder = written(tmp_path, "part-1.jsonl.gz", "part-2.jsonl", "notes.md")
    swahili = found(folder, languages=("swh",))
    assert swahili == [("part-1.jsonl.gz", "jsonl", "sw"), ("part-2.jsonl", "jsonl", "sw")]
    assert found(folder / "notes.md", format="documents", languages=("en",)) == [
        ("notes.md", "documents", "en")
    ]


def test_a_name_that_says_nothing_is_an_error_where_it_is_asked_for(tmp_path: Path) -> None:
    folder = written(tmp_path, "news.jsonl", "de.txt")
    assert found(folder) == [("de.txt", "text", "de")]
    with pytest.raises(ValueError, match=r"news\.jsonl: its name does not say what it holds"):
        found(folder / "news.jsonl")


def test_nothing_to_read_says_how_to_name_files(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no file, no folder with files, and no pattern"):
        found(tmp_path)
    with pytest.raises(ValueError, match="is no file, no folder with files, and no pattern"):
        found(tmp_path / "missing" / "*.txt")
    with pytest.raises(ValueError, match=r"holds no text: name files XX\.txt"):
        found(written(tmp_path, "README.md"))


@pytest.mark.parametrize("name", ["xx.txt", "en-xx.tsv", "ge.jsonl"])
def test_a_code_nobody_knows_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=rf"{name}: '(xx|ge)' is no code of a language"):
        found(written(tmp_path, name))


@pytest.mark.parametrize(
    ("tag", "near"),
    [("german", r"de \(German\)"), ("swahil", r"sw \(Swahili\)"), ("xh-", r"xh \(Xhosa\)")],
)
def test_codes_that_are_near_are_told(tag: str, near: str) -> None:
    with pytest.raises(ValueError, match=rf"recipe: '{tag}' is no code of a language.* {near}"):
        language_of(tag, "recipe")


def test_codes_however_narrow_become_ours() -> None:
    tags = ("zh-Hans", "pt_BR", "sr@latin", "EN-us", "deu", "ger", "swa", "iw", "fil", "gu", "ckb")
    codes = ("zh", "pt", "sr", "en", "de", "de", "sw", "he", "tl", "gu", "ckb")
    assert tuple(map(language_of, tags)) == codes


def test_formats_and_options_that_are_none_are_told(tmp_path: Path) -> None:
    folder = written(tmp_path, "de.txt", "en-de.tsv")
    with pytest.raises(ValueError, match=f"'csv' is no format; take one of {', '.join(FORMATS)}"):
        found(folder, format="csv")
    with pytest.raises(ValueError, match=r"tsv has no option colour; it has columns, header"):
        found(folder / "en-de.tsv", options={"colour": "1,2"})
    with pytest.raises(ValueError, match=r"text holds sentences of one language; .* are en, de"):
        found(folder, format="text", languages=("en", "de"))


def test_a_source_made_by_hand_is_checked_too() -> None:
    from erniem.corpus.document import Drops
    from erniem.corpus.sources import read

    source = Source(path="de.txt", format="tsx", languages=("de",), name="made")
    with pytest.raises(ValueError, match="'tsx' is no format"):
        next(read(source, Drops()))
