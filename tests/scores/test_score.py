import json
import lzma
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seqeval.metrics import f1_score, precision_score, recall_score

from erniem.cli import main
from erniem.scores.answers import exact, mlqa_words, overlap, squad_words
from erniem.scores.metrics import TAGS
from erniem.scores.score import compare, score
from erniem.scores.xtreme import GROUPS, XTREME


def test_there_are_nine_tasks_with_xtremes_languages() -> None:
    counts = {name: len(task.languages) for name, task in XTREME.items()}
    assert counts == {
        "pawsx": 7,
        "xnli": 15,
        "panx": 40,
        "udpos": 33,
        "bucc2018": 4,
        "tatoeba": 36,
        "xquad": 11,
        "mlqa": 7,
        "tydiqa": 9,
    }
    assert {task.group for task in XTREME.values()} == set(GROUPS)


# Answers


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The  U.S.", ["us"]),
        ("a theatre, an art", ["theatre", "art"]),
        ("„Die“ Höhe", ["„die“", "höhe"]),  # only ASCII's marks go, only English articles
        ("the-end", ["theend"]),
        ("", []),
    ],
)
def test_squad_takes_marks_before_articles(text: str, words: list[str]) -> None:
    assert squad_words(text) == words


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("en", "The “U.S.”", ["us"]),
        ("de", "Die Höhe, des Turms", ["höhe", "turms"]),
        ("es", "El niño y la niña", ["niño", "y", "niña"]),
        ("vi", "cái bàn của tôi", ["bàn", "tôi"]),
        ("hi", "राम। का घर", ["राम", "का", "घर"]),
        ("ar", "الكتاب والقلم", ["كتاب", "و", "قلم"]),  # the published rule cuts inside words too
        ("zh", "北京2008年，奥运 abc", ["北", "京", "2008", "年", "奥", "运", "abc"]),
        ("zh", "㐀a", ["㐀a"]),  # outside the published range: no word of its own
    ],
)
def test_mlqa_has_rules_for_each_language(language: str, text: str, words: list[str]) -> None:
    assert mlqa_words(language)(text) == words


def test_mlqa_has_no_rules_for_others() -> None:
    with pytest.raises(ValueError, match="no rules for 'fr', only for en, es"):
        mlqa_words("fr")


def test_overlap_counts_words_as_often_as_they_stand() -> None:
    assert overlap(["a", "a", "b"], ["a", "b", "b"]) == pytest.approx(2 / 3)
    assert overlap(["a"], ["b"]) == overlap([], ["b"]) == overlap([], []) == 0.0
    assert exact(["a", "b"], ["a", "b"]) == 1.0
    assert exact(["b", "a"], ["a", "b"]) == 0.0


# Tags, against seqeval

TAG = st.sampled_from(
    ["O", "B-A", "I-A", "B-B", "I-B", "E-A", "S-B", "NOUN", "VERB", "X", "_", "I-"]
)
SENTENCES = st.lists(st.lists(st.tuples(TAG, TAG), min_size=1, max_size=8), min_size=1, max_size=5)


@given(SENTENCES)
def test_tags_score_as_seqeval_scores_them(sentences: list[list[tuple[str, str]]]) -> None:
    """I- after O, tags without a prefix, nothing found, nothing to be found."""
    found = [[one for one, _ in sentence] for sentence in sentences]
    wanted = [[right for _, right in sentence] for sentence in sentences]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = {
            "f1": f1_score(wanted, found) * 100,
            "precision": precision_score(wanted, found) * 100,
            "recall": recall_score(wanted, found) * 100,
        }
    figures = TAGS.figures(TAGS.count(found, wanted, "en").rows.sum(axis=0))
    assert {name: float(value) for name, value in figures.items()} == pytest.approx(
        expected, abs=1e-9
    )


# Folders

REFERENCES: dict[str, Any] = {
    "labels": ["a", "b", "c", "d"],
    "tags": [["B-X", "I-X", "O"], ["O", "B-Y"]],
    "pairs": ["s1\tt1", "s2\tt2", "s3\tt3"],
    "answers": {"q1": ["The cat", "cats"], "q2": ["two words"]},
}
PERFECT = {**REFERENCES, "answers": {"q1": "cats!", "q2": "two words"}}
PARTLY: dict[str, Any] = {
    "labels": ["a", "b", "c", "x"],
    "tags": [["B-X", "I-X", "O"], ["I-Y", "I-Y"]],
    "pairs": ["s1\tt1", "s9\tt9"],
    "answers": {"q2": "words"},
}
CLASSES = {"pawsx": ["0", "1", "0", "1"], "xnli": ["neutral", "entailment"] * 2}


def write(folder: Path, content: dict[str, Any], task: str, code: str) -> Path:
    kind = XTREME[task].kind
    what = content[kind]
    if task in CLASSES:
        what = [
            right if one in "abc" else "?" for one, right in zip(what, CLASSES[task], strict=True)
        ]
    if kind == "answers" and content is REFERENCES:
        questions = [
            {"id": name, "answers": [{"text": text} for text in right]}
            for name, right in what.items()
        ]
        what = {"version": "1.1", "data": [{"paragraphs": [{"context": "", "qas": questions}]}]}
    if kind == "answers":
        text = json.dumps(what)
    elif kind == "tags":
        text = "".join("\n".join(tags) + "\n\n" for tags in what)
    else:
        text = "".join(f"{line}\n" for line in what)
    path = folder / task / f"test-{code}.{XTREME[task].ending}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("xtreme")
    known = {"references": REFERENCES, "perfect": PERFECT, "partly": PARTLY}
    for name, content in known.items():
        for task, one in XTREME.items():
            for code in one.languages:
                write(root / name, content, task, code)
    # The references of labels with few classes are what perfect predictions are.
    for task in CLASSES:
        for code in XTREME[task].languages:
            for name in ("references", "perfect"):
                path = root / name / task / f"test-{code}.tsv"
                path.write_text("\n".join(CLASSES[task]) + "\n")
    return {name: root / name for name in known}


def test_perfect_predictions_score_100_everywhere(folders: dict[str, Path]) -> None:
    scores = score(folders["perfect"], folders["references"])
    assert not scores.missing
    assert not scores.failed
    assert {scores.mean(name) for name in ("all_task", *GROUPS)} == {100.0}
    assert {one["avg_metric"] for one in scores.tasks.values()} == {100.0}


def test_known_predictions_give_known_figures(folders: dict[str, Path]) -> None:
    scores = score(folders["partly"], folders["references"])
    # two spans of which one is right: I-Y I-Y is one span from 0 to 1, B-Y is one at 1
    tags = {"f1": 50.0, "precision": 50.0, "recall": 50.0}
    pairs = {"f1": 40.0, "precision": 50.0, "recall": 100 / 3}
    # q1 is not answered; q2 has one of two words
    answers = {"exact_match": 0.0, "f1": 100 / 3}
    labels = {"accuracy": 75.0}
    by_kind = {"labels": labels, "tags": tags, "pairs": pairs, "answers": answers}
    for name, task in XTREME.items():
        for metric, value in by_kind[task.kind].items():
            table = scores.tasks[name]
            assert table[metric] == pytest.approx(dict.fromkeys(task.languages, value))
            assert table[f"avg_{metric}"] == pytest.approx(value)
    qa = 100 / 6
    assert scores.mean("qa") == pytest.approx(qa)
    assert scores.mean("tagging") == pytest.approx(50)
    assert scores.mean("retrieval") == pytest.approx((75 + 40) / 2)
    assert scores.mean("all_task") == pytest.approx((75 * 3 + 50 * 2 + 40 + qa * 3) / 9)
    assert scores.notes["xnli/ar"] == "1 predictions are no label of the task: ?"
    assert scores.notes["xquad/en"] == "1 of 2 questions have no answer and count 0"


def test_what_is_missing_is_said_and_spoils_nothing_else(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    for task in ("xnli", "pawsx", "mlqa"):
        for code in XTREME[task].languages:
            if code != "en" or task != "xnli":
                name = f"{task}/test-{code}.{XTREME[task].ending}"
                (tmp_path / name).parent.mkdir(exist_ok=True)
                (tmp_path / name).write_bytes((folders["perfect"] / name).read_bytes())
    (tmp_path / "mlqa" / "test-de.json").write_text('{"q1": ')
    scores = score(tmp_path, folders["references"])
    assert scores.missing["xnli"] == ["en"]
    assert scores.missing["mlqa"] == ["de"]
    assert set(scores.missing) == set(XTREME) - {"pawsx"}
    assert "test-de.json is not JSON" in scores.failed["mlqa/de"]
    assert scores.tasks["xnli"]["avg_accuracy"] == 100.0
    assert scores.mean("classification") is None
    assert scores.as_dict()["all_task"] is None
    lines = "\n".join(scores.lines())
    assert "14 of 15 languages" in lines
    assert "incomplete: xnli" in lines


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("xnli/test-en.tsv", b"neutral\n", "has 1 lines, .* has 4"),
        ("panx/test-en.tsv", b"B-X\nI-X\n\nO\nB-Y\n", "sentence 1 has 2 tags for 3 tokens"),
        ("panx/test-en.tsv", b"B-X\nI-X\nO\n", "has 1 sentences, .* has 2"),
        ("xnli/test-en.tsv", b"\xff\xfe", "is not UTF-8"),
        ("mlqa/test-en.json", b"[3]", "neither SQuAD's JSON nor answers"),
        ("mlqa/test-en.json", b'{"q1": ["a", "b"]}', "neither SQuAD's JSON nor answers"),
        ("mlqa/test-en.json", b'{"data": []}', None),
        ("xnli/test-en.tsv.xz", b"torn", "are both there"),
    ],
)
def test_a_bad_file_fails_alone(
    folders: dict[str, Path], tmp_path: Path, name: str, content: bytes, message: str | None
) -> None:
    for task in ("xnli", "panx", "mlqa"):
        write(tmp_path, PERFECT, task, "en")
        write(tmp_path, PERFECT, task, "zh")
    for code in ("en", "zh"):
        (tmp_path / "xnli" / f"test-{code}.tsv").write_text("\n".join(CLASSES["xnli"]))
    (tmp_path / name).write_bytes(content)
    scores = score(tmp_path, folders["references"])
    if message is None:
        assert not scores.failed
        return
    (failure,) = scores.failed.values()
    assert np.array([part in failure for part in message.split(".*")]).all() or message in failure
    assert scores.tasks["xnli"]["accuracy"]["zh"] == 100.0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[{"paragraphs": [{"qas": [{"id": "q", "answers": []}]}]}]', "'q' has no right answer"),
        ('{"q": "yes"}', "is a file of answers: references are SQuAD's JSON"),
    ],
)
def test_questions_are_scored_by_right_answers_alone(
    tmp_path: Path, content: str, message: str
) -> None:
    for name, text in (("found", '{"q": "y"}'), ("right", content)):
        (tmp_path / name / "xquad").mkdir(parents=True)
        (tmp_path / name / "xquad" / "test-en.json").write_text(text)
    (failure,) = score(tmp_path / "found", tmp_path / "right").failed.values()
    assert message in failure


def test_packed_files_are_read(folders: dict[str, Path], tmp_path: Path) -> None:
    path = write(tmp_path, PERFECT, "tatoeba", "de")
    path.with_name("test-de.tsv.xz").write_bytes(lzma.compress(path.read_bytes()))
    path.unlink()
    assert score(tmp_path, folders["references"]).tasks["tatoeba"]["accuracy"] == {"de": 100.0}


def test_folders_without_anything_in_common_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no folder"):
        score(tmp_path / "nowhere", tmp_path)
    with pytest.raises(ValueError, match="have no file in common"):
        score(tmp_path, tmp_path)


def test_samples_that_cannot_be_drawn_are_refused(folders: dict[str, Path]) -> None:
    with pytest.raises(ValueError, match="-1 samples: give 0 for none"):
        score(folders["perfect"], folders["references"], bootstrap=-1)
    with pytest.raises(ValueError, match="0 samples: a test of chance needs"):
        compare(folders["perfect"], folders["perfect"], folders["references"], bootstrap=0)


# How sure


def labelled(folder: Path, right: int, wrong: int) -> None:
    (folder / "tatoeba").mkdir(parents=True, exist_ok=True)
    lines = ["1"] * right + ["0"] * wrong
    (folder / "tatoeba" / "test-de.tsv").write_text("\n".join(lines))


def test_an_interval_is_as_wide_as_its_examples_are_few(tmp_path: Path) -> None:
    """Normal theory: 1.96 sqrt(p (1 - p) / N)."""
    for number in (100, 1600):
        labelled(tmp_path / "references", number, 0)
        labelled(tmp_path / "found", number // 2, number // 2)
        scores = score(tmp_path / "found", tmp_path / "references", bootstrap=2000)
        low, high = scores.intervals["tatoeba"]
        assert (high - low) / 2 == pytest.approx(196 * (0.25 / number) ** 0.5, rel=0.1)
        assert low < 50 < high


def test_a_difference_is_told_from_chance(tmp_path: Path) -> None:
    labelled(tmp_path / "references", 1000, 0)
    for name, right in (("one", 500), ("same", 501), ("better", 560)):
        labelled(tmp_path / name, right, 1000 - right)
    close = compare(tmp_path / "same", tmp_path / "one", tmp_path / "references")
    far = compare(tmp_path / "better", tmp_path / "one", tmp_path / "references")
    assert close.differences["tatoeba"] == pytest.approx(0.1)
    assert far.differences["tatoeba"] == pytest.approx(6.0)
    assert close.p_values["tatoeba"] > 0.3
    assert far.p_values["tatoeba"] < 0.01


def test_mined_pairs_of_two_models_are_laid_side_by_side(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    found = compare(folders["perfect"], folders["partly"], folders["references"], bootstrap=50)
    assert found.differences["bucc2018"] == pytest.approx(60.0)
    assert found.differences["all_task"] > 0
    same = compare(folders["partly"], folders["partly"], folders["references"], bootstrap=50)
    assert set(same.differences.values()) == {0.0}
    assert set(same.p_values.values()) == {1.0}


def test_the_command_prints_a_table_and_writes_it(
    folders: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "deep" / "scores.json"
    found, wanted, other = (str(folders[one]) for one in ("perfect", "references", "partly"))
    assert main(["score", found, wanted, "--output", str(output), "--bootstrap", "20"]) == 0
    written = json.loads(output.read_text())
    assert written["all_task"] == written["xnli"]["avg_metric"] == 100.0
    assert written["intervals"]["qa"] == [100.0, 100.0]
    assert "all_task         100.0 [100.0, 100.0]" in capsys.readouterr().out
    assert main(["score", found, wanted, "--against", other, "--bootstrap", "20"]) == 0
    assert "p = 0.0476" in capsys.readouterr().out
