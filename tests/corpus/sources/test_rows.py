import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import fsspec
import pyarrow as pa
import pytest
from pyarrow import parquet

from erniem.corpus.document import Drops, url_of
from erniem.corpus.sources import SourceEntry, find_sources, read
from made_up_files import packs_badly, read_all, read_counted

Rows = list[dict[str, Any]]
DUMP = [
    {"id": 1, "title": "Bade", "url": "https://example.org/1", "text": "Bade figo.\nLumi nope."},
    {"id": 2, "title": "Rasi", "url": "https://example.org/2", "text": "Rasi tuvo."},
]


def jsonl(path: Path, rows: Rows) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def table(path: Path, rows: Rows) -> Path:
    parquet.write_table(pa.Table.from_pylist(rows), path, row_group_size=1)
    return path


WRITERS = {"jsonl": jsonl, "parquet": table}
every_writer = pytest.mark.parametrize("ending", WRITERS)


@every_writer
def test_extracted_dumps_give_texts_with_their_address(tmp_path: Path, ending: str) -> None:
    WRITERS[ending](tmp_path / f"sw.{ending}", DUMP)
    (source,) = find_sources(SourceEntry(path=str(tmp_path)))
    documents = list(read(source, Drops()))
    assert [document.text for document in documents] == [row["text"] for row in DUMP]
    assert [url_of(document) for document in documents] == [row["url"] for row in DUMP]


@every_writer
def test_rows_in_other_languages_are_dropped(tmp_path: Path, ending: str) -> None:
    rows = [{"content": "bade", "lang": "sw"}, {"content": "figo", "lang": "en_US"}]
    rows += [{"content": "lumi", "lang": "swh_Latn"}, {"content": "nope", "lang": "?"}]
    path = WRITERS[ending](tmp_path / f"all.{ending}", rows)
    options = {"text": "content", "language": "lang"}
    texts, dropped = read_counted(path, languages=("sw",), options=options)
    assert texts == [("bade",), ("lumi",)]
    assert dropped == {"another language": 2}


@every_writer
def test_translations_are_pairs_in_the_order_of_the_name(tmp_path: Path, ending: str) -> None:
    rows = [{"translation": {"en": "bade", "sw": "figo"}}, {"translation": {"en": "x", "sw": None}}]
    WRITERS[ending](tmp_path / f"sw-en.{ending}", rows)
    texts, dropped = read_counted(tmp_path)
    assert (texts, dropped) == ([("figo", "bade")], {"empty side": 1})


@every_writer
def test_sides_may_be_columns(tmp_path: Path, ending: str) -> None:
    path = WRITERS[ending](tmp_path / f"en-sw.{ending}", [{"src": "bade", "tgt": "figo", "n": 1}])
    assert read_all(path, options={"first": "src", "second": "tgt"}) == [("bade", "figo")]
    with pytest.raises(ValueError, match="give the columns of both sides"):
        read_all(path, options={"first": "src"})


@every_writer
def test_a_missing_column_tells_those_there_are(tmp_path: Path, ending: str) -> None:
    path = WRITERS[ending](tmp_path / f"sw.{ending}", [{"content": "bade", "id": 3}])
    with pytest.raises(ValueError, match=rf"sw\.{ending} has no column 'text'; it has content, id"):
        read_all(path)
    with pytest.raises(ValueError, match="no column 'address'"):
        read_all(path, options={"text": "content", "url": "address"})


def test_translations_may_be_told_by_narrower_codes(tmp_path: Path) -> None:
    jsonl(tmp_path / "en-zh.jsonl", [{"translation": {"eng_Latn": "bade", "zh-Hans": "figo"}}])
    assert read_all(tmp_path) == [("bade", "figo")]


@every_writer
def test_a_missing_language_tells_those_there_are(tmp_path: Path, ending: str) -> None:
    WRITERS[ending](tmp_path / f"en-sw.{ending}", [{"translation": {"en": "bade", "de": "figo"}}])
    with pytest.raises(ValueError, match=rf"en-sw\.{ending} has no translation in sw; it has .*de"):
        read_all(tmp_path)


def test_lines_that_are_no_json_are_dropped_and_shown(tmp_path: Path) -> None:
    good = '{"text": "bade"}'
    bad = ['{"text": "fi', "[1, 2]", "", "[" * 100_000, '{"text": 3}', '{"other": 1}']
    spelled = ['{"text": "a\\u0000b"}', '{"text": "\\ud800"}', '{"text": " "}']
    (tmp_path / "sw.jsonl").write_text("\n".join([good, *bad, *spelled]))
    texts, dropped = read_counted(tmp_path)
    assert texts == [("bade",)]
    assert dropped == {
        "no JSON object": 3,
        "no text": 2,
        "empty": 2,
        "zero bytes": 1,
        "not UTF-8": 1,
    }


def test_a_file_without_any_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "sw.jsonl").write_text("bade\nfigo\n")
    with pytest.raises(ValueError, match=r"sw\.jsonl has nothing .* \(dropped: 2 no JSON object\)"):
        read_all(tmp_path)


def test_parquet_is_read_from_urls() -> None:
    storage = fsspec.filesystem("memory")
    with storage.open("/tables/sw.parquet", "wb") as file:
        parquet.write_table(pa.Table.from_pylist(DUMP), file)
    try:
        assert len(read_all("memory://tables")) == 2
    finally:
        storage.rm("/tables", recursive=True)


def test_a_parquet_file_that_is_none_or_cut_short_is_named(tmp_path: Path) -> None:
    path = tmp_path / "sw.parquet"
    path.write_bytes(packs_badly(50))
    with pytest.raises(ValueError, match=r"sw\.parquet is no parquet file or a damaged one"):
        read_all(tmp_path)
    raw = table(path, DUMP).read_bytes()
    path.write_bytes(raw[: len(raw) // 2])
    with pytest.raises(ValueError, match=r"sw\.parquet is no parquet file or a damaged one"):
        read_all(tmp_path)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """A made-up `datasets`: gives the dump, and notes what it was asked for."""
    calls: list[tuple[Any, ...]] = []

    def load_dataset(name: str, config: str | None, **said: Any) -> Iterator[dict[str, Any]]:
        calls.append((name, config, said["split"], said["revision"], said["streaming"]))
        yield from DUMP
        if name.endswith("lost"):
            raise RuntimeError("the connection is gone")

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load_dataset))  # type: ignore[arg-type]
    return calls


def test_data_sets_of_the_hub_are_streamed_by_name(asked: list[tuple[Any, ...]]) -> None:
    entry = SourceEntry(
        path="hub:made/up", languages=("sw",), options={"config": "2026.sw", "revision": "v1"}
    )
    (source,) = find_sources(entry)
    assert (source.name, source.label, source.format) == ("up", "sw", "hub")
    documents = read(source, Drops())
    assert next(documents).text == DUMP[0]["text"]
    assert asked == [("made/up", "2026.sw", "train", "v1", True)]


def test_a_connection_that_is_lost_is_told(asked: list[tuple[Any, ...]]) -> None:
    with pytest.raises(ValueError, match=r"hub:made/lost cannot be read to its end .*is gone"):
        read_all("hub:made/lost", languages=("sw",))
    with pytest.raises(ValueError, match=r"hub holds sentences .*; languages are not given"):
        read_all("hub:made/up")


def test_without_datasets_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(
        ValueError, match=r"hub:made/up needs the library datasets: .*erniem\[hub\]"
    ):
        read_all("hub:made/up", languages=("sw",))
