import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from erniem.cli import main
from erniem.corpus.document import Document, Drops, pair, sentence
from erniem.embed import TODAYS_VECTORS
from erniem.mine import Semantic, rate_file, score_pairs
from erniem.mine import rate as rate_module
from erniem.mine.semantic import FAR, scores_of
from invented import GREEK, invented


def pairs(lines: list[str], *, shift: int = 0) -> list[Document]:
    """Each line and its transliteration, or another line's."""
    others = [line.translate(GREEK) for line in [*lines[shift:], *lines[:shift]]]
    return [
        pair(one, other, languages=("xx", "yy"), source="made")
        for one, other in zip(lines, others, strict=True)
    ]


def test_the_score_is_the_cosine_of_the_sides_whatever_the_batch(knowing: Any) -> None:
    documents = pairs(invented(7, seed=1), shift=2)
    for batch in (1, 3, 100):
        found = [score for _, score in score_pairs(documents, knowing, TODAYS_VECTORS, batch=batch)]
        for document, score in zip(documents, found, strict=True):
            one, other = map(knowing.vector, (document.text, document.metadata["translation"]))
            cosine = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
            assert score == pytest.approx(cosine, abs=1e-6)


def test_a_margin_is_taken_among_the_pairs_of_a_batch() -> None:
    rng = np.random.default_rng(0)
    first, second = (rng.normal(size=(9, 5)).astype(np.float32) for _ in range(2))
    one, other = (side / np.linalg.norm(side, axis=1, keepdims=True) for side in (first, second))
    cosines = one @ other.T
    level = (np.sort(cosines, axis=1)[:, -4:].mean(1) + np.sort(cosines, axis=0)[-4:].mean(0)) / 2
    assert scores_of(first, second, "ratio") == pytest.approx(cosines.diagonal() / level, abs=1e-5)
    assert scores_of(first, second, "distance") == pytest.approx(
        cosines.diagonal() - level, abs=1e-5
    )


def test_a_rest_is_scored_with_the_last_batch_and_not_by_itself(knowing: Any) -> None:
    documents = pairs(invented(9, seed=1), shift=2)
    whole, parts = (
        [score for _, score in score_pairs(documents, knowing, TODAYS_VECTORS, by="ratio", batch=n)]
        for n in (9, 8)
    )
    assert parts == whole
    assert len(set(parts)) == 9


@pytest.mark.parametrize(("by", "least"), [("cosine", 0.6), ("ratio", 1.1), ("distance", 0.1)])
def test_pairs_that_are_no_translations_are_dropped_and_counted(
    knowing: Any, folder: Path, by: Any, least: float
) -> None:
    lines = invented(40, seed=1, words=1000)
    good, bad = pairs(lines[:20]), pairs(lines[20:], shift=1)
    alone = sentence("bade figo", language="xx", source="made")
    drops = Drops()
    rule = Semantic(encoder=folder, least=least, by=by, batch=16)
    mixed = [document for both in zip(good, bad, strict=True) for document in both]
    assert list(rule.apply([alone, *mixed], drops)) == [alone, *good]
    assert drops.counts == {(FAR, "made", "xx-yy"): 20}


def test_a_vector_that_is_not_finite_is_no_translation(knowing: Any, folder: Path) -> None:
    knowing.vector = lambda text: np.full(64, np.nan)
    drops = Drops()
    assert not list(Semantic(encoder=folder, least=-1.0).apply(pairs(invented(3)), drops))
    assert drops.by_reason() == {FAR: 3}


def test_the_rule_travels_to_other_processes_without_its_encoder(
    knowing: Any, folder: Path
) -> None:
    rule = Semantic(encoder=folder, least=0.5)
    list(rule.apply(pairs(invented(3)), Drops()))
    again = pickle.loads(pickle.dumps(rule))
    assert again == rule
    assert "_opened" not in vars(again)


def test_what_cannot_be_is_told(folder: Path) -> None:
    with pytest.raises(ValueError, match="batch 0"):
        Semantic(encoder=folder, least=0.5, batch=0)


def test_the_corpus_does_not_import_torch_for_it() -> None:
    code = "import sys, erniem.corpus.steps.rule; print('torch' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"


# A file


def test_a_file_is_scored_or_cleaned(
    knowing: Any, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_module, "open_encoder", lambda folder: knowing)
    lines = invented(20, seed=1)
    documents = [*pairs(lines[:10]), *pairs(lines[10:], shift=1)]
    texts = [f"{one.text}\t{one.metadata['translation']}\n" for one in documents]
    source = tmp_path / "xx-yy.tsv"
    source.write_text("".join(texts) + "one side\n")
    scored = rate_file(source, encoder=folder, output=tmp_path / "scored.tsv")
    rows = [line.split("\t") for line in scored.output.read_text().splitlines()]
    assert [f"{one}\t{other}\n" for _, one, other in rows] == texts
    assert scored.quantiles["most"] == pytest.approx(max(float(row[0]) for row in rows), abs=1e-4)
    kept = rate_file(source, encoder=folder, output=tmp_path / "near.tsv", least=0.6)
    assert kept.output.read_text() == "".join(texts[:10])
    assert kept.dropped == {FAR: 10, "not two columns": 1}
    assert f"10 {FAR}" in kept.lines()[1]


def test_a_file_that_cannot_be_scored_leaves_nothing(
    knowing: Any, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_module, "open_encoder", lambda folder: knowing)
    (tmp_path / "odd.tsv").write_text("ba de\n")
    before = {*tmp_path.iterdir()}
    with pytest.raises(ValueError, match="1 not two columns"):
        rate_file(tmp_path / "odd.tsv", encoder=folder, output=tmp_path / "rated.tsv")
    assert {*tmp_path.iterdir()} == before


def test_both_verbs_run_with_an_encoder_of_ours(
    encoder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = invented(30)
    one, other, known = (tmp_path / name for name in ("one.txt", "other.txt", "known.tsv"))
    one.write_text("\n".join(lines[:20]))
    other.write_text("\n".join(f"{line}." for line in lines[10:]))
    known.write_text("".join(f"{line}\t{line}.\n" for line in lines[10:20]))
    output = tmp_path / "mined" / "xx-yy.tsv"
    call = ["mine", str(one), str(other), "--encoder", str(encoder), "--output", str(output)]
    assert main([*call, "--known", str(known), "--format", "pairs", "--layer", "1"]) == 0
    assert set(known.read_text().splitlines()) & set(output.read_text().splitlines())
    assert "20 × 20 sentences, exact search" in capsys.readouterr().out
    rated = ["--encoder", str(encoder), "--output", str(tmp_path / "rated.tsv")]
    assert main(["rate", str(output), *rated]) == 0
    assert "scores: least" in capsys.readouterr().out
    assert main([*call, "--margin", "distance"]) == 1
    assert "no threshold is known for margin distance" in capsys.readouterr().err
