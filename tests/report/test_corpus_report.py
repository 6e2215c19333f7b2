"""The report of a corpus: its figures are the corpus's, its page shows them and obeys no text."""

import json
from pathlib import Path

import pytest

from erniem.cli import main
from erniem.corpus.build.executors import Executor
from erniem.corpus.build.folders import build_corpus
from erniem.corpus.build.run import build
from erniem.corpus.build.vocabulary import Vocabulary
from erniem.corpus.corpus import Corpus, open_corpus
from erniem.corpus.recipe import CorpusRecipe
from erniem.corpus.sources.source import SourceEntry
from erniem.report.corpus import CorpusFacts, corpus_facts, render_corpus_report
from erniem.report.corpus.contents import shares_by
from invented import GREEK, invented

HOSTILE = "</script><script>alert(1)</script> & so on"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """English and Greek letters, a line said twice, one that would run if it were obeyed."""
    folder = tmp_path_factory.mktemp("corpus-report")
    text = folder / "text"
    text.mkdir()
    lines = invented(120, 1)
    (text / "en.txt").write_text("\n".join([*lines, lines[0], HOSTILE, HOSTILE]))
    pairs = [f"{line}\t{line.translate(GREEK)}" for line in invented(60, 2)]
    (text / "en-el.tsv").write_text("\n".join(pairs))
    return build_corpus([text], folder / "corpus", vocabulary_size=150, held_out=5, workers=1)


@pytest.fixture(scope="module")
def facts(corpus: Corpus) -> CorpusFacts:
    return corpus_facts(corpus)


def test_a_language_has_the_sentences_pieces_and_characters_of_its_text(
    corpus: Corpus, facts: CorpusFacts
) -> None:
    english, greek = sorted(facts.languages, key=lambda one: one.code, reverse=True)
    held = len(corpus.held_out["en-el"])
    kept = [*invented(120, 1), HOSTILE, *invented(60, 2)]
    assert (english.code, english.sentences, english.from_pairs) == (
        "en",
        121 + 60 - held,
        60 - held,
    )
    held_out = {one for one, _ in corpus.held_out["en-el"]}
    words = sum(len(line.split()) for line in kept if line not in held_out)
    assert english.words == words
    assert english.per_word == pytest.approx(english.tokens / words)
    assert (greek.sentences, greek.pairs) == (60 - held, 60 - held)


def test_languages_without_spaces_have_no_words(tmp_path: Path) -> None:
    (tmp_path / "text").mkdir()
    lines = [line.replace(" ", "") for line in invented(120, 1)]
    (tmp_path / "text" / "th.txt").write_text("\n".join(lines))
    made = build_corpus([tmp_path / "text"], tmp_path / "c", vocabulary_size=80, workers=1)
    (thai,) = corpus_facts(made).languages
    assert thai.words is None
    assert thai.per_word is None
    assert thai.per_character == pytest.approx(thai.tokens / sum(map(len, lines)))


def test_what_was_left_out_has_its_share_of_its_source_and_examples(facts: CorpusFacts) -> None:
    repeated = [one for one in facts.dropped if one.reason == "repeated"]
    (english,) = [one for one in repeated if one.label == "en"]
    assert english.count == 2
    assert HOSTILE in english.examples
    assert facts.duplicates == {"repeated": 2}
    assert facts.reasons["held out"] == sum(facts.held_out.values())


def test_a_source_is_told_over_all_its_languages(corpus: Corpus, facts: CorpusFacts) -> None:
    (source,) = facts.sources
    assert (source.name, source.languages) == ("text", 2)
    assert (source.sentences, source.pairs) == (
        corpus.rows["en"] + corpus.rows["el"],
        corpus.rows["en-el"],
    )
    assert source.dropped == sum(facts.reasons.values())


def test_a_source_of_which_nothing_was_left_is_told_with_its_licence(tmp_path: Path) -> None:
    for name, text in {"good": invented(120, 1), "digits": ["12 34 56", "7 8 9 10"]}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "en.txt").write_text("\n".join(text))
    digits = SourceEntry(path=str(tmp_path / "digits"), licence="CC0-1.0")
    recipe = CorpusRecipe(
        output=tmp_path / "c",
        sources=[SourceEntry(path=str(tmp_path / "good")), digits],
        steps=["symbols"],
        vocabulary=Vocabulary(size=80),
        executor=Executor(workers=1),
    )
    (lost,) = [one for one in corpus_facts(build(recipe)).sources if one.name == "digits"]
    assert (lost.licence, lost.languages, lost.sentences) == ("CC0-1.0", 1, 0)
    assert (lost.dropped, lost.share) == (2, 1.0)


def test_shares_are_of_what_was_read_and_sides_of_pairs_are_not_read_twice(
    facts: CorpusFacts,
) -> None:
    lines, pairs = 120 + 1 + 2, 60
    (english,) = [one for one in facts.dropped if (one.reason, one.label) == ("repeated", "en")]
    assert english.share == pytest.approx(2 / lines)
    (held,) = [one for one in facts.dropped if one.reason == "held out"]
    assert held.share == pytest.approx(held.count / pairs)
    (source,) = facts.sources
    assert source.share == pytest.approx(source.dropped / (lines + pairs))


def test_sides_of_pairs_that_were_there_before_are_counted(tmp_path: Path) -> None:
    lines = invented(120, 1)
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "en.txt").write_text("\n".join(lines))
    pairs = [f"{line}\t{line.translate(GREEK)}" for line in lines[:10]]
    (tmp_path / "text" / "en-el.tsv").write_text("\n".join(pairs))
    made = build_corpus(
        [tmp_path / "text"], tmp_path / "c", vocabulary_size=150, held_out=0, workers=1
    )
    assert corpus_facts(made).repeated_sides == 10


def test_lengths_and_shares_are_told_for_each_language(corpus: Corpus, facts: CorpusFacts) -> None:
    rows = {label: sum(bins) for label, bins in facts.lengths.items()}
    assert rows == {label: corpus.rows[label] for label in ("en", "el", "en-el")}
    assert [one["share"] for one in facts.datasets] == [1.0, 1.0, 1.0]


def test_a_temperature_lifts_the_small_language() -> None:
    tokens = {"en": 900, "sw": 100, "qu": 0}
    assert shares_by(tokens, 1.0) == {"en": 0.9, "sw": 0.1, "qu": 0.0}
    assert shares_by(tokens, 0.5) == pytest.approx({"en": 0.75, "sw": 0.25, "qu": 0.0})


def test_texts_are_shown_and_not_obeyed(facts: CorpusFacts) -> None:
    page = render_corpus_report(facts)
    assert "alert(1)" in page
    assert "<script>alert(1)" not in page
    assert "http://" not in page
    assert "https://" not in page


def test_the_command_writes_the_page_and_the_same_as_json(
    corpus: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, plain = tmp_path / "page.html", tmp_path / "page.json"
    folder = str(corpus.folder)
    assert main(["corpus", "report", folder, "--output", str(page), "--json", str(plain)]) == 0
    assert capsys.readouterr().out == f"{page}\n{plain}\n"
    told = json.loads(plain.read_text())
    rows = {(one["label"], one["source"]): one["rows"] for one in told["datasets"]}
    assert rows == {(one.label, one.source): one.facts.rows for one in corpus.datasets}
    assert "<!doctype html>" in page.read_text()


def test_the_page_lies_beside_the_corpus_and_leaves_it_whole(corpus: Corpus) -> None:
    assert main(["corpus", "report", str(corpus.folder)]) == 0
    assert corpus.folder.with_name("corpus-report.html").is_file()
    open_corpus(corpus.folder)
    assert main(["corpus", "check", str(corpus.folder)]) == 0
