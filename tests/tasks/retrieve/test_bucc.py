import itertools
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from erniem.embed import VectorSettings
from erniem.tasks.retrieve.bucc import best_threshold, mine, mine_bitext, pairs_above
from erniem.tasks.retrieve.bucc_files import Bitext, read_bitext

PAIRS = [(f"zh-{number}", f"en-{number}") for number in range(6)]


def f1(taken: int, right: int, gold: int) -> float:
    return 200 * right / (taken + gold)


@pytest.mark.parametrize("seed", range(20))
def test_the_threshold_is_the_best_of_all_that_there_are(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = np.sort(rng.integers(0, 5, size=6) / 4)[::-1]  # some of them equal
    mined = [(pair, float(score)) for pair, score in zip(PAIRS, scores, strict=True)]
    gold = {pair for pair in PAIRS if rng.random() < 0.5} | {PAIRS[0]}
    found = best_threshold(mined, gold)

    def reached(threshold: float) -> float:
        taken = pairs_above(mined, threshold)
        return f1(len(taken), len(gold & set(taken)), len(gold))

    everything = [reached(threshold) for threshold in np.arange(-0.1, 1.2, 0.01)]
    assert found.f1 == pytest.approx(max(everything))
    assert reached(found.score) == pytest.approx(found.f1)


def test_the_threshold_lies_half_way_to_the_next() -> None:
    mined = [(pair, float(score)) for pair, score in zip(PAIRS, (3, 2, 1), strict=False)]
    assert best_threshold(mined, set(PAIRS[:2])).score == 1.5
    assert best_threshold(mined, set(PAIRS[:3])).score == 1.0
    for nothing in ([], mined):
        with pytest.raises(ValueError, match="no pairs to tune a threshold on"):
            best_threshold(nothing, set())


def test_each_sentence_is_in_one_pair_and_the_best_pairs_come_first() -> None:
    rng = np.random.default_rng(0)
    first = rng.normal(size=(40, 16)).astype(np.float32)
    second = rng.normal(size=(60, 16)).astype(np.float32)
    second[10:20] = first[:10] + 0.1 * second[10:20]
    found = mine(first, second)
    assert (np.diff(found.scores) <= 0).all()
    for side in found.rows.T:
        assert len(set(side.tolist())) == len(side)
    planted = {(row, row + 10) for row in range(10)}
    assert {(int(one), int(other)) for one, other in found.rows[:10]} == planted


def test_candidates_come_from_both_sides() -> None:
    """The second side's last sentence is nobody's best, and has a best of its own."""
    first = np.eye(3, dtype=np.float32)
    second = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 0.1]], dtype=np.float32)
    found = mine(first, second, margin="absolute")
    assert [tuple(row) for row in found.rows.tolist()] == [(0, 0), (1, 1), (2, 2)]
    assert found.scores[2] == pytest.approx(0.1 / np.sqrt(1.01))


def test_a_text_that_stands_twice_is_mined_once(known: Callable[..., Any]) -> None:
    bitext = Bitext(
        foreign={"zh-1": "eins", "zh-2": "zwei", "zh-3": "eins"},
        english={"en-1": "two", "en-2": "one"},
        gold=None,
    )
    encoder = known({"eins": (1, 0), "zwei": (0, 1), "one": (1, 0.1), "two": (0.1, 1)})
    mined = mine_bitext(encoder, bitext, VectorSettings())
    assert encoder.asked == ["eins", "zwei", "two", "one"]
    assert {pair for pair, _ in mined} == {("zh-1", "en-2"), ("zh-2", "en-1")}


# Files


def write(folder: Path, **changed: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "zh": "zh-1\t一\nzh-2\t二 \n",
        "en": "en-1\tone\nen-2\ttwo\nen-3\tthree\n",
        "gold": "zh-2\ten-2\n",
    }
    for part, text in {**texts, **changed}.items():
        if text:
            (folder / f"zh-en.dev.{part}").write_text(text)
    return folder


def test_sentences_and_pairs_are_read_by_id(tmp_path: Path) -> None:
    found = read_bitext(write(tmp_path), "zh", "dev")
    assert found == Bitext(
        foreign={"zh-1": "一", "zh-2": "二"},
        english={"en-1": "one", "en-2": "two", "en-3": "three"},
        gold=frozenset({("zh-2", "en-2")}),
    )
    assert read_bitext(tmp_path, "zh", "test") is None
    assert read_bitext(tmp_path, "de", "dev") is None
    (tmp_path / "zh-en.dev.gold").unlink()
    without = read_bitext(tmp_path, "zh", "dev")
    assert without is not None
    assert without.gold is None


def test_the_shared_tasks_own_names_and_packed_files_are_read(tmp_path: Path) -> None:
    write(tmp_path / "from")
    inside = tmp_path / "zh-en"
    inside.mkdir()
    for split, part in itertools.product(("sample", "training"), ("zh", "en", "gold")):
        text = (tmp_path / "from" / f"zh-en.dev.{part}").read_bytes()
        (inside / f"zh-en.{split}.{part}.xz").write_bytes(lzma.compress(text))
    expected = read_bitext(tmp_path / "from", "zh", "dev")
    assert read_bitext(tmp_path, "zh", "dev") == expected
    assert read_bitext(tmp_path, "zh", "test") == expected
    (inside / "zh-en.dev.zh").write_text("zh-1\t一\n")
    with pytest.raises(ValueError, match=r"zh-en\.sample\.zh\.xz are both there|are both there"):
        read_bitext(tmp_path, "zh", "dev")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"en": ""}, r"zh-en\.dev\.zh stands alone: put the \.en file"),
        ({"zh": ""}, r"zh-en\.dev\.en stands alone: put the \.zh file"),
        ({"zh": "zh-1\t一\nno tab\n"}, r"zh-en\.dev\.zh:2 is 'no tab': write an id, a tab and"),
        ({"zh": "zh-1\t一\n\nzh-1\t二\n"}, r"zh:3 has the id zh-1 for the second time"),
        ({"gold": "zh-9\ten-2\n"}, r"gold:1 names zh-9, which no sentence has"),
        ({"gold": "zh-2\ten-9\n"}, r"gold:1 names en-9, which no sentence has"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_line(
    changed: dict[str, str], told: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=told):
        read_bitext(write(tmp_path, **changed), "zh", "dev")


def test_a_limit_keeps_pairs_and_their_order(tmp_path: Path) -> None:
    found = read_bitext(write(tmp_path), "zh", "dev")
    assert found is not None
    cut = found.cut(2)
    assert list(cut.english) == ["en-1", "en-2"]
    assert cut.gold == found.gold
    cut = found.cut(1)
    assert (list(cut.foreign), list(cut.english)) == (["zh-2"], ["en-2"])
