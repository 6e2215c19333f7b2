import errno
import fcntl
import gzip
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from erniem.corpus import shard_writer
from erniem.corpus.build import run
from erniem.corpus.build.executors import Executor
from erniem.corpus.build.folders import build_corpus
from erniem.corpus.build.run import build as build_recipe
from erniem.corpus.build.vocabulary import Vocabulary
from erniem.corpus.corpus import Corpus, Dataset, open_corpus
from erniem.corpus.recipe import CorpusRecipe
from erniem.corpus.sources import SourceEntry
from erniem.tokenization import ErnieMTokenizer
from invented import GREEK, invented


@pytest.fixture
def text(tmp_path: Path) -> Path:
    folder = tmp_path / "text"
    folder.mkdir()
    rows = [f"{line}\t{line.translate(GREEK)}" for line in invented(200, 1)]
    (folder / "en-el.tsv").write_text("\n".join([*rows, rows[0], "same words\tSame words!"]))
    (folder / "en.txt").write_text("\n".join([*invented(150, 2), "...", *invented(3, 1)]))
    (folder / "el.txt").write_text("\n".join(line.translate(GREEK) for line in invented(150, 3)))
    return folder


def build(text: Path, **changes: object) -> Corpus:
    arguments = {"vocabulary_size": 200, "held_out": 10, "workers": 1, **changes}
    return build_corpus([text], text.parent / "corpus", **arguments)


def only(corpus: Corpus, label: str) -> Dataset:
    (dataset,) = corpus.of(label)
    return dataset


def texts(corpus: Corpus, label: str) -> list[tuple[str, ...]]:
    """The rows of a label as the shards hold them."""
    tokenizer = ErnieMTokenizer.from_pretrained(corpus.tokenizer_folder)
    shard = only(corpus, label).shard
    sides = shard.take(np.arange(len(shard)))
    return [tuple(tokenizer.decode(side[i]) for side in sides) for i in range(len(shard))]


def sentences(corpus: Corpus, language: str) -> set[str]:
    return {text for (text,) in texts(corpus, language)}


def test_what_is_dropped_is_counted_by_reason(text: Path) -> None:
    corpus = build(text, held_out=0)
    dropped = {(reason, label): count for reason, _, label, count in corpus.manifest["dropped"]}
    assert dropped == {
        ("repeated", "en-el"): 1,
        ("copied", "en-el"): 1,
        ("no letters", "en"): 1,
    }
    assert corpus.rows["en-el"] == len(only(corpus, "en-el").shard) == 200


def test_shards_hold_the_text_that_was_read(text: Path) -> None:
    corpus = build(text, held_out=0, pairs_as_text=False)
    assert sentences(corpus, "en") == {*invented(150, 2), *invented(3, 1)}


def test_long_sentences_are_cropped_and_counted(text: Path) -> None:
    corpus = build(text, held_out=0, max_pieces=5, pairs_as_text=False)
    greek = only(corpus, "el")
    assert greek.shard.lengths().max() == 5
    assert greek.facts.cropped == len(greek.shard) == 150


def test_nothing_held_out_is_trained_on(text: Path) -> None:
    corpus = build(text, held_out=200)
    pairs = corpus.held_out["en-el"]
    assert len(pairs) == 20  # a tenth of 200
    held = {one for one, _ in pairs}
    assert held <= set(invented(200, 1))
    assert not held & sentences(corpus, "en")
    assert len(only(corpus, "en-el").shard) == 180


def test_held_out_sides_of_several_lines_are_read_as_one(text: Path) -> None:
    (text / "en-el.tsv").unlink()
    pairs = [(line.replace(" ", "\n", 1), line.translate(GREEK)) for line in invented(200, 1)]
    rows = [json.dumps({"translation": {"en": one, "el": other}}) for one, other in pairs]
    (text / "en-el.jsonl").write_text("\n".join(rows))
    held = build(text).held_out["en-el"]
    assert len(held) == 10
    assert {one for one, _ in held} <= set(invented(200, 1))


def test_what_stands_in_an_evaluation_set_is_excluded(text: Path, tmp_path: Path) -> None:
    tests = tmp_path / "tatoeba"
    tests.mkdir()
    asked = [line.upper() + "!" for line in invented(150, 2)[:7]]
    (tests / "tatoeba.ell-eng.eng").write_text("\n".join(asked))
    corpus = build(text, exclude=[tests])
    dropped = [row for row in corpus.manifest["dropped"] if row[0] == "stands in tatoeba"]
    assert dropped == [["stands in tatoeba", "text", "en", 7]]


def test_pieces_are_counted_as_the_shards_hold_them(text: Path) -> None:
    corpus = build(text, max_pieces=9)
    en, el = (1 + corpus.languages.index(code) for code in ("en", "el"))
    expected = np.zeros((3, 200), dtype=np.int64)
    rows = {"en": [en], "el": [el], "en-el": [en, el]}
    for label, languages in rows.items():
        shard = only(corpus, label).shard
        for language, side in zip(languages, shard.take(np.arange(len(shard))), strict=True):
            np.add.at(expected[language], side.ids, 1)
    assert np.array_equal(corpus.piece_counts, expected)
    assert isinstance(corpus.piece_counts, np.memmap)
    assert "counts.npy" in corpus.manifest["files"]


def test_sides_of_pairs_are_sentences_too_each_once(text: Path) -> None:
    (text / "el.txt").unlink()
    corpus = build(text, held_out=0)
    pairs = invented(200, 1)
    assert sentences(corpus, "en") == {*invented(150, 2), *pairs}
    assert sentences(corpus, "el") == {line.translate(GREEK) for line in pairs}
    # Three of the pairs' English sides stand in en.txt as well.
    assert corpus.manifest["from_pairs"] == {"el": 200, "en": 197}
    assert corpus.rows["en"] == 350


def test_a_side_in_other_letters_is_no_other_sentence(text: Path) -> None:
    (text / "en.txt").write_text("\n".join(line.upper() + "!" for line in invented(200, 1)))
    corpus = build(text, held_out=0)
    assert corpus.rows["en"] == 200
    assert corpus.manifest["from_pairs"]["en"] == 0


def test_sides_of_pairs_may_stay_apart(text: Path) -> None:
    (text / "el.txt").unlink()
    corpus = build(text, held_out=0, pairs_as_text=False)
    assert sorted(corpus.rows) == ["en", "en-el"]
    assert corpus.manifest["from_pairs"] == {}
    assert corpus.piece_counts[1 + corpus.languages.index("el")].sum() > 0


def test_neither_side_of_a_held_out_pair_becomes_a_sentence(text: Path) -> None:
    corpus = build(text, held_out=200)
    english, greek = map(set, zip(*corpus.held_out["en-el"], strict=True))
    assert not english & sentences(corpus, "en")
    assert not greek & sentences(corpus, "el")


def test_a_cap_draws_from_the_whole_file_and_counts_the_rest(text: Path) -> None:
    corpus = build(text, held_out=0, max_per_source=60, pairs_as_text=False)
    assert corpus.rows == {"el": 60, "en": 60, "en-el": 60}
    over = [row for row in corpus.manifest["dropped"] if row[0] == "over the cap"]
    assert over == [
        ["over the cap", "text", "el", 90],
        ["over the cap", "text", "en", 93],
        ["over the cap", "text", "en-el", 140],
    ]
    lines = [line.translate(GREEK) for line in invented(150, 3)]
    kept = sorted(lines.index(line) for line in sentences(corpus, "el"))
    assert 60 < np.mean(kept) < 90, "a draw is spread over the file"


def test_a_cap_draws_the_same_lines_from_a_file_in_another_order(text: Path) -> None:
    capped = {"max_per_source": 60, "pairs_as_text": False, "held_out": 0}
    first = sentences(build(text, **capped), "el")
    (text / "el.txt").write_text("\n".join((text / "el.txt").read_text().split("\n")[::-1]))
    again = build_corpus([text], text.parent / "again", vocabulary_size=200, workers=1, **capped)
    assert sentences(again, "el") == first


def test_the_same_text_gives_the_same_corpus(text: Path) -> None:
    build(text)
    again = build_corpus([text], text.parent / "again", vocabulary_size=200, held_out=10, workers=1)
    first = open_corpus(text.parent / "corpus").manifest
    assert {**again.manifest, "files": None} == {**first, "files": None}
    named = ("counts.npy", "monolingual", "parallel", "held_out", "tokenizer")
    for name, facts in first["files"].items():
        assert not name.startswith(named) or again.manifest["files"][name] == facts


def test_many_processes_build_the_same_as_one(text: Path) -> None:
    one = build(text)
    two = build_corpus([text], text.parent / "again", vocabulary_size=200, held_out=10, workers=2)
    assert two.manifest["datasets"] == one.manifest["datasets"]
    for label in one.rows:
        assert texts(two, label) == texts(one, label)


def test_little_text_is_built_without_other_processes(
    text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("erniem.corpus.build.executors.ProcessPoolExecutor")
    assert build(text, workers=0).languages == ("el", "en")


def test_a_second_run_with_nothing_changed_does_nothing(
    text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = build(text).manifest
    (text.parent / "corpus.work").mkdir()  # of a build that was stopped at its last breath
    monkeypatch.delattr("erniem.corpus.build.run.run_stage")
    assert build(text).manifest == first
    assert not (text.parent / "corpus.work").exists()


def test_what_has_changed_since_is_named_and_nothing_is_touched(text: Path) -> None:
    build(text)
    with pytest.raises(ValueError, match=r"changed: held_out\): delete it, or choose another"):
        build(text, held_out=11)
    with (text / "en.txt").open("a") as file:
        file.write("one more sentence\n")
    with pytest.raises(ValueError, match=r"changed: .*en\.txt\): delete it"):
        build(text)


def test_all_that_decides_a_corpus_is_looked_at_again(text: Path) -> None:
    invented_in = {
        "en": invented(200, 4),
        "el": [line.translate(GREEK) for line in invented(200, 4)],
    }
    beside = {code: text / f"more.en-el.{code}" for code in invented_in}
    for code, lines in invented_in.items():
        beside[code].write_text("\n".join(lines))
    tests, hosts = text.parent / "tests", text.parent / "hosts.txt"
    tests.mkdir()
    (tests / "de.tsv").write_text("ba de\n")
    hosts.write_text("shop.example\n")
    recipe = CorpusRecipe(
        output=text.parent / "corpus",
        sources=[SourceEntry(path=str(text))],
        steps=[{"unseen": {"sets": [str(tests)]}}, {"addresses": {"blocked_hosts": str(hosts)}}],
        vocabulary=Vocabulary(size=200),
    )
    build_recipe(recipe)
    given = replace(recipe, output=text.parent / "given", vocabulary=Vocabulary())
    given = replace(given, tokenizer=text.parent / "tokenizer")
    shutil.copytree(text.parent / "corpus" / "tokenizer", text.parent / "tokenizer")
    build_recipe(given)
    for path in (beside["el"], tests / "de.tsv", hosts):
        assert run.is_built(recipe)
        before, facts = path.read_text(), path.stat()
        path.write_text(before + "\nmore")
        with pytest.raises(ValueError, match=r"other files \(changed: .*(more|tests|hosts)"):
            run.is_built(recipe)
        path.write_text(before)
        os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    (text.parent / "tokenizer" / "more.json").write_text("{}")
    with pytest.raises(ValueError, match=r"other files \(changed: .*tokenizer"):
        run.is_built(given)


def test_a_folder_that_is_something_else_is_left_alone(text: Path) -> None:
    (text.parent / "corpus").mkdir()
    with pytest.raises(ValueError, match="exists already"):
        build(text)


@pytest.mark.parametrize("stage", ["clean", "compare", "encode", "join"])
def test_a_build_that_was_stopped_goes_on_where_it_was(
    text: Path, stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = build(text)
    shutil.move(whole.folder, text.parent / "whole")
    real = run.run_stage
    begun: list[str] = []

    def stopped(executor: object, steps: list[object], *, tasks: int, log: Path) -> None:
        begun.append(log.name)
        if log.name == stage:
            raise KeyboardInterrupt
        real(executor, steps, tasks=tasks, log=log)

    monkeypatch.setattr(run, "run_stage", stopped)
    with pytest.raises(KeyboardInterrupt):
        build(text)
    monkeypatch.undo()
    done = {path: path.stat().st_mtime_ns for path in text.parent.glob("corpus.work/*/0*")}
    kept: list[bool] = []

    def watched(*arguments: object, **more: object) -> None:
        real(*arguments, **more)
        kept.append(all(path.stat().st_mtime_ns == time for path, time in done.items()))

    monkeypatch.setattr(run, "run_stage", watched)
    assert build(text).manifest["datasets"] == whole.manifest["datasets"]
    assert all(kept)
    assert not (text.parent / "corpus.work").exists()


def test_a_full_disk_is_told_and_what_was_done_stays(
    text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shard_writer.ShardWriter, "add", full)
    with pytest.raises(OSError, match=r"No space left") as caught:
        build(text)
    assert caught.value.errno == errno.ENOSPC
    assert not (text.parent / "corpus").exists()
    assert len(list(text.parent.glob("corpus.work/documents/*.parquet"))) == 3
    monkeypatch.undo()
    assert build(text).languages == ("el", "en")


def test_a_build_that_was_begun_by_another_recipe_is_not_mixed_with_this(text: Path) -> None:
    broken = text / "en.txt.gz"
    broken.write_bytes(b"no gzip")
    with pytest.raises(ValueError, match="cut short or damaged"):
        build(text)
    with pytest.raises(ValueError, match=r"corpus\.work was made by another .*max_pieces"):
        build(text, max_pieces=9)
    broken.unlink()
    with pytest.raises(ValueError, match=r"from other files \(changed: .*en\.txt\.gz\)"):
        build(text)


def test_two_cannot_build_a_corpus_at_a_time(text: Path) -> None:
    work = text.parent / "corpus.work"
    work.mkdir()
    opened = os.open(work, os.O_RDONLY)
    fcntl.flock(opened, fcntl.LOCK_EX)
    with pytest.raises(ValueError, match=r"another process is at work in .*corpus\.work"):
        build(text)
    os.close(opened)
    assert build(text).rows


def _check_that_finished_files_must_stay(text: Path) -> None:
    read = text / "el.txt"
    before, facts = read.read_text(), read.stat()
    read.write_text(before + "\nmore")
    with pytest.raises(ValueError, match=r"from other files \(changed: .*el\.txt\)"):
        build(text)
    read.write_text(before)
    os.utime(read, ns=(facts.st_atime_ns, facts.st_mtime_ns))


def test_a_file_that_was_mended_is_read_anew_and_no_other(text: Path) -> None:
    broken = text / "fi.txt.gz"
    whole = gzip.compress("\n".join(invented(1_000, 5)).encode())
    broken.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="cut short or damaged"):
        build(text)
    done = {path: path.stat().st_mtime_ns for path in text.parent.glob("corpus.work/keys/*")}
    assert len(done) > 1
    broken.write_bytes(whole)
    _check_that_finished_files_must_stay(text)
    real, kept = run.run_stage, []

    def watched(*arguments: object, **more: object) -> None:
        real(*arguments, **more)
        kept.append(all(path.stat().st_mtime_ns == time for path, time in done.items()))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "run_stage", watched)
        corpus = build(text)
    assert corpus.rows["fi"] > 900
    assert all(kept)


def test_sources_are_kept_apart_with_their_licences(text: Path) -> None:
    other = text.parent / "other"
    other.mkdir()
    (other / "en.txt").write_text("\n".join(invented(40, 9)))
    recipe = CorpusRecipe(
        output=text.parent / "corpus",
        sources=[
            SourceEntry(path=str(text), licence="CC0-1.0"),
            SourceEntry(path=str(other), name="letters", licence="CC-BY-4.0"),
        ],
        vocabulary=Vocabulary(size=200),
        executor=Executor(workers=1),
    )
    english = build_recipe(recipe).of("en")
    assert [(one.source, one.facts.licence, one.facts.rows) for one in english] == [
        ("letters", "CC-BY-4.0", 40),
        ("text", "CC0-1.0", english[1].facts.rows),
    ]


def test_what_was_dropped_is_kept_beside_if_asked(text: Path) -> None:
    recipe = CorpusRecipe(
        output=text.parent / "corpus",
        sources=[SourceEntry(path=str(text))],
        vocabulary=Vocabulary(size=200),
        rejected=True,
        executor=Executor(workers=1),
    )
    rejected = build_recipe(recipe).folder / "rejected"
    lines = [
        json.loads(line) for path in rejected.glob("*/*") for line in path.read_text().splitlines()
    ]
    assert {"reason": "no letters", "source": "text", "label": "en", "text": "..."} in lines
    assert {line["reason"] for line in lines} >= {"copied", "repeated", "held out"}


def missing_folder(text: Path) -> None:
    shutil.rmtree(text)


def no_text(text: Path) -> None:
    for path in text.iterdir():
        path.rename(path.with_suffix(".doc"))


def empty_file(text: Path) -> None:
    (text / "en.txt").write_bytes(b"")


def latin_file(text: Path) -> None:
    (text / "en.txt").write_bytes("fünf\nzwölf\n".encode("latin-1"))


def one_sided_file(text: Path) -> None:
    (text / "en-el.tsv").write_text("one\t\ntwo\t \n")


def broken_file(text: Path) -> None:
    (text / "en.txt.gz").write_bytes(b"no gzip")


def nothing_done(_text: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("harm", "arguments", "message"),
    [
        (missing_folder, {}, "text is no file, no folder with files, and no pattern"),
        (no_text, {}, r"text holds no text: name files XX\.txt"),
        (empty_file, {}, r"en\.txt is empty: fill it"),
        (latin_file, {}, r"en\.txt has no line in UTF-8: convert it"),
        (one_sided_file, {}, r"en-el\.tsv has nothing that can be used .* 2 empty side"),
        (broken_file, {}, r"en\.txt\.gz is cut short or damaged .* fetch or pack it again"),
        (nothing_done, {"languages": ["en", "sw"]}, "no text in sw; the folders have el, en"),
        (nothing_done, {"vocabulary_size": 5000}, r"5000 pieces .* enough for \d+; give more text"),
        (nothing_done, {"vocabulary_size": 9}, r"9 pieces .* alone take \d+; ask for more"),
        (nothing_done, {"vocabulary_alpha": 2.0}, r"vocabulary\.alpha is 2\.0; .* from 0 to 1"),
        (nothing_done, {"max_per_source": 0}, "max_per_source is 0: give at least 1"),
        (
            nothing_done,
            {"tokenizer": Path("nowhere")},
            "nowhere holds no tokeniser .* none to train",
        ),
    ],
)
def test_what_cannot_be_built_says_why_and_what_to_do(
    text: Path, harm: Callable[[Path], None], arguments: dict[str, object], message: str
) -> None:
    harm(text)
    with pytest.raises(ValueError, match=message):
        build(text, **arguments)
    assert not (text.parent / "corpus").exists()


def test_a_language_whose_text_is_all_dropped_is_named(text: Path, tmp_path: Path) -> None:
    (text / "sw.txt").write_text("Habari ya asubuhi.\n")
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "sw.txt").write_text("habari ya asubuhi\n")
    with pytest.raises(ValueError, match=r"no text is left in sw .*1 stands in tests"):
        build(text, exclude=[tests], languages=["en", "sw"])
    shutil.rmtree(text.parent / "corpus.work")
    assert "sw" not in build(text, exclude=[tests]).languages


def test_pairs_without_their_other_language_are_no_text(text: Path) -> None:
    (text / "el.txt").unlink()
    with pytest.raises(ValueError, match=r"no text is left in el .* ask for the other language"):
        build(text, languages=["el"])
