import errno
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from erniem.corpus import encode
from erniem.corpus.clean import normalised
from erniem.corpus.corpus import Corpus, open_corpus
from erniem.corpus.pipeline import build_corpus
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
    arguments = {"vocabulary_size": 200, "held_out": 10, **changes}
    return build_corpus([text], text.parent / "corpus", **arguments)


def texts(corpus: Corpus, language: str) -> set[str]:
    tokenizer = ErnieMTokenizer.from_pretrained(corpus.tokenizer_folder)
    (dataset,) = corpus.of(language)
    (taken,) = dataset.shard.take(np.arange(len(dataset.shard)))
    return {tokenizer.decode(taken[i]) for i in range(len(taken))}


def test_what_is_dropped_is_counted_by_reason(text: Path) -> None:
    corpus = build(text, held_out=0)
    dropped = {(reason, label): count for reason, _, label, count in corpus.manifest["dropped"]}
    assert dropped == {
        ("repeated", "en-el"): 1,
        ("same on both sides", "en-el"): 1,
        ("no letters", "en"): 1,
    }
    (pairs,) = corpus.of("en-el")
    assert corpus.rows["en-el"] == pairs.facts.rows == len(pairs.shard) == 200


def test_shards_hold_the_text_that_was_read(text: Path) -> None:
    corpus = build(text, held_out=0, pairs_as_text=False)
    assert texts(corpus, "en") == {*invented(150, 2), *invented(3, 1)}


def test_long_sentences_are_cropped_and_counted(text: Path) -> None:
    corpus = build(text, held_out=0, max_pieces=5, pairs_as_text=False)
    (greek,) = corpus.of("el")
    assert greek.shard.lengths().max() == 5
    assert greek.facts.cropped == len(greek.shard) == 150
    assert greek.facts.lengths == (0, 0, 0, 150)  # four to seven pieces


def test_nothing_held_out_is_trained_on(text: Path) -> None:
    corpus = build(text, held_out=200)
    pairs = corpus.held_out["en-el"]
    assert len(pairs) == 20  # a tenth of 200
    held = {one for one, _ in pairs}
    assert held <= set(invented(200, 1))
    assert not held & texts(corpus, "en")
    assert corpus.rows["en-el"] == 180


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
    expected = np.zeros((3, 200), dtype=np.int64)
    for dataset in corpus.datasets:
        sides = dataset.shard.take(np.arange(len(dataset.shard)))
        for code, side in zip(dataset.languages, sides, strict=True):
            np.add.at(expected[1 + corpus.languages.index(code)], side.ids, 1)
    assert np.array_equal(corpus.piece_counts, expected)
    assert isinstance(corpus.piece_counts, np.memmap)
    assert "counts.npy" in corpus.manifest["files"]


def test_sides_of_pairs_are_sentences_too_each_once(text: Path) -> None:
    (text / "el.txt").unlink()
    corpus = build(text, held_out=0)
    pairs = invented(200, 1)
    assert texts(corpus, "en") == {*invented(150, 2), *pairs}
    assert texts(corpus, "el") == {line.translate(GREEK) for line in pairs}
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
    assert list(corpus.rows) == ["en", "en-el"]
    assert corpus.manifest["from_pairs"] == {}
    assert corpus.piece_counts[1 + corpus.languages.index("el")].sum() > 0


def test_neither_side_of_a_held_out_pair_becomes_a_sentence(text: Path) -> None:
    corpus = build(text, held_out=200)
    english, greek = map(set, zip(*corpus.held_out["en-el"], strict=True))
    assert not english & texts(corpus, "en")
    assert not greek & texts(corpus, "el")


def test_a_cap_draws_from_the_whole_file_and_counts_the_rest(text: Path) -> None:
    corpus = build(text, held_out=0, max_per_source=60, pairs_as_text=False)
    assert corpus.rows == {
        "el": 60,
        "en": 60,
        "en-el": 60,
    }
    over = [row for row in corpus.manifest["dropped"] if row[0] == "over the cap"]
    assert over == [
        ["over the cap", "text", "el", 90],
        ["over the cap", "text", "en", 93],
        ["over the cap", "text", "en-el", 140],
    ]
    lines = [line.translate(GREEK) for line in invented(150, 3)]
    kept = sorted(lines.index(line) for line in texts(corpus, "el"))
    assert 60 < np.mean(kept) < 90, "a draw is spread over the file"


def test_a_cap_draws_the_same_lines_from_a_file_in_another_order(text: Path) -> None:
    capped = {"max_per_source": 60, "pairs_as_text": False, "held_out": 0}
    first = texts(build(text, **capped), "el")
    (text / "el.txt").write_text("\n".join((text / "el.txt").read_text().split("\n")[::-1]))
    again = build_corpus([text], text.parent / "again", vocabulary_size=200, **capped)
    assert texts(again, "el") == first


def test_the_same_text_gives_the_same_corpus(text: Path) -> None:
    build(text)
    again = build_corpus([text], text.parent / "again", vocabulary_size=200, held_out=10)
    assert again.manifest == open_corpus(text.parent / "corpus").manifest


def test_a_full_disk_names_the_corpus_and_leaves_nothing(
    text: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(encode, "ShardWriter", full)
    with pytest.raises(OSError, match=r"corpus could not be written .*No space left") as caught:
        build(text)
    assert caught.value.errno == errno.ENOSPC
    assert [path.name for path in text.parent.iterdir()] == ["text"]
    monkeypatch.undo()
    assert build(text).languages == ("el", "en")


def test_what_a_killed_build_left_is_swept_away(text: Path) -> None:
    stale = text.parent / "corpus.partial" / "monolingual" / "sw"
    stale.mkdir(parents=True)
    (stale / "stories.tokens.npy").write_bytes(b"half a shard")
    corpus = build(text)
    assert "monolingual/sw/stories.tokens.npy" not in corpus.manifest["files"]
    assert sorted(path.name for path in text.parent.iterdir()) == ["corpus", "text"]


def test_a_finished_corpus_is_never_touched(text: Path) -> None:
    build(text)
    with pytest.raises(ValueError, match="exists already"):
        build(text)


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
        (missing_folder, {}, r"text is not a folder; name one that holds XX\.txt"),
        (no_text, {}, r"text holds no text: name files XX\.txt"),
        (empty_file, {}, r"en\.txt is empty: fill it"),
        (latin_file, {}, r"en\.txt has no line in UTF-8: convert it"),
        (one_sided_file, {}, r"en-el\.tsv has no line with two sides: write a sentence"),
        (broken_file, {}, r"en\.txt\.gz is cut short or damaged .* fetch or pack it again"),
        (nothing_done, {"languages": ["en", "sw"]}, "no text in sw; the folders have el, en"),
        (nothing_done, {"vocabulary_size": 5000}, r"5000 pieces .* enough for \d+; give more text"),
        (nothing_done, {"vocabulary_size": 9}, r"9 pieces .* alone take \d+; ask for more"),
        (nothing_done, {"vocabulary_alpha": 2.0}, r"vocabulary_alpha is 2\.0; .* from 0 to 1"),
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
    assert not list(text.parent.glob("corpus*"))


def test_a_language_whose_text_is_all_dropped_is_named(text: Path, tmp_path: Path) -> None:
    (text / "sw.txt").write_text("Habari ya asubuhi.\n")
    tests = tmp_path / "tests"
    tests.mkdir()
    (tests / "sw.txt").write_text("habari ya asubuhi\n")
    with pytest.raises(ValueError, match=r"no text is left in sw .*1 stands in tests"):
        build(text, exclude=[tests], languages=["en", "sw"])
    assert "sw" not in build(text, exclude=[tests]).languages


def test_pairs_without_their_other_language_are_no_text(text: Path) -> None:
    (text / "el.txt").unlink()
    with pytest.raises(ValueError, match=r"no text is left in el .* ask for the other language"):
        build(text, languages=["el"])


def test_sources_are_kept_apart(text: Path, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    lines = [*invented(40, 7), *invented(150, 2)[:9]]  # nine of them are known
    (tmp_path / "more" / "en.txt").write_text("\n".join(lines))
    corpus = build_corpus([text, text.parent / "more"], tmp_path / "corpus", vocabulary_size=200)
    rows = {(each.label, each.source): each.facts.rows for each in corpus.datasets}
    assert rows["en", "more"] == 40
    assert rows["en-el", "text"] == 180
    assert sum(rows.values()) == sum(corpus.rows.values())
    (more,) = (each for each in corpus.of("en") if each.source == "more")
    assert more.facts.characters == sum(map(len, invented(40, 7)))
    assert more.facts.words == sum(len(line.split()) for line in invented(40, 7))


def test_case_width_and_punctuation_do_not_make_another_sentence() -> None:
    assert normalised("Ｇuten  Tag!") == normalised("guten tag") == "gutentag"
    assert normalised("สวัสดี") != normalised("สวสด")
