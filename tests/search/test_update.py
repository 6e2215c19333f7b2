import json
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from threading import Event, Thread
from typing import Any

import numpy as np
import pytest

from erniem.search import Index, IndexSettings, publish, staging, update
from erniem.search.place import changing
from invented import invented

LINES = invented(100, seed=5, words=1000)

Build = Callable[..., Index]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def build(knowing: Any, folder: Path) -> Build:
    return lambda texts, **given: Index.build(knowing, texts, output=folder, **given)


def content(index: Index) -> dict[str, tuple[str, str]]:
    """All of an index, by id."""
    (hits,) = index.search(["ba"], k=10_000, exact=True)
    return {hit.id: (hit.text, hit.language) for hit in hits}


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


# More, and less


@pytest.mark.parametrize("kind", ["exact", "approximate"])
def test_added_sentences_are_found_and_who_reads_keeps_what_he_has(build: Build, kind: Any) -> None:
    index = build(LINES[:60], settings=IndexSettings(kind=kind, recall=1.0))
    more = index.add(["ba ba ba"], languages="fi").add(LINES[60:])
    assert not (index.folder / "part-0001").exists()
    assert len(index.search(["ba ba ba"], k=100)[0]) == 60
    more = more.remove([str(number) for number in range(61, 101)])
    assert [hit.id for hit in more.search(["ba ba ba"], k=1)[0]] == ["60"]
    assert (len(index), len(more)) == (60, 61)
    assert set(content(index)) == {str(n) for n in range(60)}
    assert more.languages == {"": 60, "fi": 1}


@pytest.mark.parametrize("kind", ["exact", "approximate"])
def test_whatever_is_done_an_index_holds_what_a_dictionary_holds(
    build: Build, folder: Path, knowing: Any, kind: Any
) -> None:
    rng = np.random.default_rng(0)
    expected: dict[str, tuple[str, str]] = {}
    index = build(LINES[:9], ids=list("abcdefghi"), settings=IndexSettings(kind=kind))
    expected = {name: (text, "") for name, text in zip("abcdefghi", LINES, strict=False)}
    for step in range(12):
        names = [str(name) for name in rng.choice(60, rng.integers(1, 12), replace=False)]
        if step % 3:
            texts = [f"{LINES[int(name)]} {rng.integers(2)}" for name in names]
            index = index.add(texts, ids=names, languages="de", replace=True)
            expected |= {n: (text, "de") for n, text in zip(names, texts, strict=True)}
        elif gone := [name for name in names if name in expected]:
            index = index.remove(gone)
            expected = {n: one for n, one in expected.items() if n not in gone}
        assert content(index) == expected
        assert len(index) == len(expected)
    assert set(index.manifest.files) | {"manifest.json"} == files(folder)
    assert content(Index.open(folder, knowing, verify=True)) == expected


def test_the_same_again_changes_nothing_and_encodes_nothing(build: Build, knowing: Any) -> None:
    build(LINES, languages="de")
    knowing.asked.clear()
    again = build(LINES, languages="de")
    assert again.manifest.version == 1
    assert knowing.asked == ["ba"] * 0
    more = build([*LINES, "ba"], languages="de")
    assert (len(more), knowing.asked) == (101, ["ba"])


def test_another_text_for_an_id_is_refused_unless_said(build: Build) -> None:
    index = build(LINES[:3])
    with pytest.raises(ValueError, match=r"id '1' is in the index with another text.*say replace"):
        index.add(["new", "other"], ids=["9", "1"])
    assert len(Index.open(index.folder)) == 3
    changed = index.add(["other"], ids=["1"], replace=True)
    assert content(changed)["1"] == ("other", "")
    assert len(changed) == 3


def test_many_small_additions_leave_few_parts(build: Build) -> None:
    index = build(LINES[:1])
    for line in LINES[1:24]:
        index = index.add([line])
    assert len(index) == 24
    assert len(index.manifest.parts) <= 4
    rows = [part.rows for part in index.manifest.parts]
    assert all(rows[n] >= 2 * sum(rows[n + 1 :]) for n in range(len(rows)))


def test_a_part_that_mostly_went_is_written_anew(build: Build) -> None:
    index = build(LINES).remove([str(n) for n in range(40)])
    assert [(part.rows, part.num_gone) for part in index.manifest.parts] == [(100, 40)]
    index = index.remove([str(n) for n in range(40, 60)])
    assert [(part.rows, part.num_gone) for part in index.manifest.parts] == [(40, 0)]
    assert set(content(index)) == {str(n) for n in range(60, 100)}


def test_an_index_that_grows_gets_cells_and_learns_them_anew(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    from erniem.search import settings

    monkeypatch.setattr(settings, "EXACT_UP_TO", 150)
    texts = invented(1000, seed=4, words=1000)
    index = build(texts[:140])
    assert index.manifest.cells is None
    learnt = []
    for start, stop in [(140, 200), (200, 300), (300, 800), (800, 801), (801, 802)]:
        index = index.add(texts[start:stop])
        assert index.manifest.cells is not None
        learnt.append(index.manifest.cells.learnt_from)
        assert len(content(index)) == stop
    assert learnt == [200, 200, 200, 801, 801]


def test_who_opens_while_others_add_finds_a_whole_version(
    build: Build, folder: Path, knowing: Any
) -> None:
    index = build(LINES[:4])
    wrong: list[object] = []
    done = Event()

    def read() -> None:
        while not done.is_set():
            opened = Index.open(folder, knowing)
            if set(content(opened)) != {str(n) for n in range(len(opened))}:
                wrong.append(opened.manifest)

    readers = [Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for line in LINES[4:16]:
        index = index.add([line])
    done.set()
    for reader in readers:
        reader.join()
    assert len(index) == 16
    assert wrong == []


def test_a_file_that_goes_while_it_is_looked_at_is_of_an_older_version(
    build: Build, folder: Path, knowing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = build(LINES[:4])

    def overtaken(*_: object) -> None:
        monkeypatch.undo()
        index.add(LINES[4:5])
        raise FileNotFoundError(folder / "part-0001")

    monkeypatch.setattr("erniem.search.index.check_sizes", overtaken)
    assert len(Index.open(folder, knowing)) == 5


@pytest.mark.slow
def test_a_large_index_is_open_at_once_and_takes_no_memory(folder: Path) -> None:
    class Drawn:
        width, fingerprint = 256, "drawn"

        def encode(self, texts: Any) -> np.ndarray:
            drawn = np.random.default_rng(len(texts)).normal(size=(len(texts), self.width))
            return drawn.astype(np.float32)

    texts = (f"sentence {number}" for number in range(100_000))
    settings = IndexSettings(kind="approximate", recall=0.3)
    index = Index.build(Drawn(), texts, output=folder, settings=settings)
    assert sum(facts.bytes for facts in index.manifest.files.values()) > 130e6
    asked = f"""
        import time
        from pathlib import Path
        import numpy as np
        from erniem.search import Index

        def own():
            status = Path("/proc/self/status").read_text()
            return int(status.split("RssAnon:")[1].split()[0]) / 1024

        query = np.ones((1, 256), dtype=np.float32)
        before, started = own(), time.process_time()
        index = Index.open({str(folder)!r})
        print(time.process_time() - started, own() - before)
        index.nearest(query)
        print(own() - before)
    """
    run = subprocess.run(
        [sys.executable, "-c", dedent(asked)], capture_output=True, text=True, check=True
    )
    seconds, opened, searched = map(float, run.stdout.split())
    assert seconds < 0.2
    assert opened < 10, "MB of the 130 that the files have"
    assert searched < 15


# Stopped on the way


@pytest.mark.parametrize("where", ["train_cells", "fill_cells", "facts_of", "write_manifest"])
def test_a_change_that_fails_leaves_what_was_there(
    build: Build, folder: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    index = build(LINES[:10], settings=IndexSettings(kind="approximate"))
    before = content(index)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(publish, where, full)
        with pytest.raises(OSError, match=r"index could not be changed .*No space left.*make room"):
            index.add(LINES[10:80])
    assert content(Index.open(folder, index.model, verify=True)) == before
    assert len(index.add(LINES[10:80])) == 80
    assert set(Index.open(folder).manifest.files) | {"manifest.json"} == files(folder)


def killed(folder: Path, knowing: Any, where: str) -> None:
    """Adds, and is killed on the way."""
    module = staging if where == "_kept" else update if where == "publish" else publish
    done = getattr(module, where)

    def then_die(*given: Any, **named: Any) -> Any:
        if where == "_kept":
            done(*given, **named)  # a chunk is made, and kept
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(module, where, then_die)
    Index.build(knowing, LINES, output=folder)


@pytest.mark.parametrize("where", ["_kept", "publish", "write_manifest"])
@pytest.mark.parametrize("some", [0, 10])
def test_a_killed_addition_leaves_the_old_and_goes_on(
    build: Build, folder: Path, knowing: Any, where: str, some: int
) -> None:
    if some:
        build(LINES[:some])
    fork = multiprocessing.get_context("fork")
    process = fork.Process(target=killed, args=(folder, knowing, where))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    if some:
        assert len(Index.open(folder, verify=True)) == some
    else:
        with pytest.raises(ValueError, match="is no index"):
            Index.open(folder)
    knowing.asked.clear()
    index = build(LINES)
    assert knowing.asked == []
    assert len(content(index)) == 100
    assert set(index.manifest.files) | {"manifest.json"} == files(folder)


def test_two_cannot_change_an_index_at_a_time(build: Build, folder: Path) -> None:
    index = build(LINES[:3])
    with changing(folder), pytest.raises(ValueError, match="another process is at work"):
        index.add(["ba"])
    assert len(index.add(["ba"])) == 4


# What is wrong


def test_what_cannot_be_indexed_says_why_and_leaves_nothing(build: Build, folder: Path) -> None:
    for texts, given, why in [
        ([], {}, "nothing to index"),
        (["a", " "], {}, "id '1' cannot be indexed .empty"),
        (["a", "b"], {"ids": ["x", ""]}, "give one"),
        (["a", "b"], {"ids": ["x", "x"]}, "id 'x' stands for two texts"),
        (["a", "b"], {"ids": ["x"]}, "more texts than ids"),
        (["a"], {"ids": ["x", "y"]}, "more ids or languages than texts"),
        (["a"], {"languages": ["de", "en"]}, "more ids or languages than texts"),
        ("ab", {}, "texts is one text, 'ab'"),
        (["a", "b"], {"ids": "xy"}, "ids is one text, 'xy'"),
        (["\ud800"], {}, "not UTF-8"),
    ]:
        with pytest.raises(ValueError, match=why):
            build(texts, **given)
        assert not folder.exists()


def test_an_encoder_that_gives_no_numbers_is_refused(
    build: Build, folder: Path, knowing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = np.full((2, 32), np.nan, dtype=np.float32)
    monkeypatch.setattr(knowing, "encode", lambda texts: broken)
    with pytest.raises(ValueError, match="no finite vector for 'a'"):
        build(["a", "b"])
    assert not folder.exists()


def test_a_folder_of_something_else_is_left_alone(build: Build, folder: Path) -> None:
    folder.mkdir()
    (folder / "letters").write_text("dear")
    with pytest.raises(ValueError, match="exists and is no index"):
        build(LINES)
    assert files(folder) == {"letters"}


def test_what_is_not_there_cannot_be_removed(build: Build) -> None:
    index = build(LINES[:3])
    with pytest.raises(ValueError, match=r"id '7' is not in .* nothing was removed"):
        index.remove(["0", "7"])
    with pytest.raises(ValueError, match="nothing would be left"):
        index.remove(["0", "1", "2"])
    assert len(Index.open(index.folder)) == 3


def test_one_id_in_the_place_of_several_removes_nothing(build: Build) -> None:
    index = build(LINES[:3])
    with pytest.raises(ValueError, match="ids is one id, '12': give a list"):
        index.remove("12")
    assert len(Index.open(index.folder)) == 3


def test_other_settings_than_the_index_has_are_refused(build: Build) -> None:
    build(LINES[:3])
    with pytest.raises(ValueError, match=r"kind='auto'.*not .*kind='exact'"):
        build(LINES, settings=IndexSettings(kind="exact"))


def test_every_torn_file_is_named(build: Build, folder: Path) -> None:
    index = build(LINES, settings=IndexSettings(kind="approximate")).remove(["3"])
    for name in index.manifest.files:
        path = folder / name
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(ValueError, match=f"{name} is torn"):
            Index.open(folder)
        path.unlink()
        with pytest.raises(ValueError, match=f"{name} is missing"):
            Index.open(folder)
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        with pytest.raises(ValueError, match=f"{name} was altered"):
            Index.open(folder, verify=True)
        path.write_bytes(whole)
    assert len(Index.open(folder, verify=True)) == 99


def test_a_manifest_that_cannot_be_read_says_why(build: Build, folder: Path) -> None:
    build(LINES)
    path = folder / "manifest.json"
    plain = json.loads(path.read_text())
    for written, why in [
        ("{", "torn or altered"),
        ("[]", "torn or altered"),
        (json.dumps(plain | {"parts": 3}), "torn or altered"),
        (json.dumps(plain | {"format": 0}), "format 0.*build it again"),
        (json.dumps(plain | {"format": 2}), "format 2.*upgrade erniem"),
    ]:
        path.write_text(written)
        with pytest.raises(ValueError, match=why):
            Index.open(folder)
