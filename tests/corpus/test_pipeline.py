from pathlib import Path

import numpy as np
import pytest

from erniem.corpus import pipeline
from erniem.corpus.clean import normalised
from erniem.corpus.pipeline import Corpus, build_corpus, open_corpus
from erniem.tokenization import ErnieMTokenizer

GREEK = str.maketrans("abdefgilmnoprstuv", "αβδεφγιλμνοπρστυω")


def invented(count: int, seed: int) -> list[str]:
    rng = np.random.default_rng(seed)
    syllables = ["ba", "de", "fi", "go", "lu", "mi", "no", "pe", "ra", "si", "tu", "vo"]
    words = ["".join(rng.choice(syllables, size=3)) for _ in range(100)]
    return [" ".join(rng.choice(words, size=6)) for _ in range(count)]


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
    shard = corpus.monolingual[language]
    taken = shard.take(np.arange(len(shard)))
    return {tokenizer.decode(taken[i]) for i in range(len(shard))}


def test_what_is_dropped_is_counted_by_reason(text: Path) -> None:
    corpus = build(text, held_out=0)
    dropped = {(reason, label): count for reason, _, label, count in corpus.manifest["dropped"]}
    assert dropped == {
        ("repeated", "en-el"): 1,
        ("same on both sides", "en-el"): 1,
        ("no letters", "en"): 1,
    }
    assert corpus.manifest["counts"]["en-el"]["rows"] == len(corpus.parallel["en-el"]) == 200


def test_shards_hold_the_text_that_was_read(text: Path) -> None:
    corpus = build(text, held_out=0, pairs_as_text=False)
    assert texts(corpus, "en") == {*invented(150, 2), *invented(3, 1)}


def test_long_sentences_are_cropped_and_counted(text: Path) -> None:
    corpus = build(text, held_out=0, max_pieces=5, pairs_as_text=False)
    shard = corpus.monolingual["el"]
    assert shard.lengths.max() == 5
    assert corpus.manifest["counts"]["el"]["cropped"] == len(shard) == 150


def test_nothing_held_out_is_trained_on(text: Path) -> None:
    corpus = build(text, held_out=200)
    pairs = corpus.held_out["en-el"]
    assert len(pairs) == 20  # a tenth of 200
    held = {one for one, _ in pairs}
    assert held <= set(invented(200, 1))
    assert not held & texts(corpus, "en")
    assert len(corpus.parallel["en-el"]) == 180


def test_what_stands_in_an_evaluation_set_is_excluded(text: Path, tmp_path: Path) -> None:
    tests = tmp_path / "tatoeba"
    tests.mkdir()
    asked = [line.upper() + "!" for line in invented(150, 2)[:7]]
    (tests / "tatoeba.ell-eng.eng").write_text("\n".join(asked))
    corpus = build(text, exclude=[tests])
    dropped = [row for row in corpus.manifest["dropped"] if row[0] == "stands in tatoeba"]
    assert dropped == [["stands in tatoeba", "text", "en", 7]]


def test_a_killed_build_leaves_no_corpus(text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(pipeline, "_write_manifest", full)
    with pytest.raises(OSError, match="No space left"):
        build(text)
    assert not (text.parent / "corpus").exists()
    monkeypatch.undo()
    assert build(text).languages == ("el", "en")


def test_a_finished_corpus_is_never_touched(text: Path) -> None:
    build(text)
    with pytest.raises(ValueError, match="exists already"):
        build(text)


def test_a_language_without_text_is_named(text: Path) -> None:
    with pytest.raises(ValueError, match="no text in sw; the folders have el, en"):
        build(text, languages=["en", "sw"])


def test_a_torn_shard_is_named(text: Path) -> None:
    corpus = build(text)
    path = corpus.folder / "monolingual" / "en.tokens.npy"
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(ValueError, match=r"en\.tokens\.npy has .* bytes, its manifest says"):
        open_corpus(corpus.folder)


def test_a_folder_that_is_no_corpus_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no corpus"):
        open_corpus(tmp_path)


def test_case_width_and_punctuation_do_not_make_another_sentence() -> None:
    assert normalised("Ｇuten  Tag!") == normalised("guten tag") == "gutentag"
    assert normalised("สวัสดี") != normalised("สวสด")
