import numpy as np
import pytest

from erniem.objectives import MaskingSettings, hole_odds, mmlm
from erniem.objectives.masking import choose, draw
from erniem.packing import Sentences, SpecialIds

SPECIAL = SpecialIds(cls=0, pad=1, sep=2, unk=3, mask=9, vocabulary_size=10)


def test_the_rarer_a_piece_the_better_its_odds() -> None:
    counts = np.array([[0, 0, 0], [400, 100, 9_500]])
    odds = hole_odds(counts, 0.5)
    assert odds[1] == pytest.approx([5.0, 10.0, 0.95**-0.5])
    assert np.isfinite(odds).all(), "a language without text has odds too"


def test_without_power_all_odds_are_one() -> None:
    assert (hole_odds(np.array([[3, 0, 7]]), 0.0) == 1.0).all()


def test_the_first_token_drawn_has_its_odds() -> None:
    rng = np.random.default_rng(0)
    ids = np.tile([5, 6], 4_000)
    group = np.repeat(np.arange(4_000), 2)
    odds = np.ones((2, 10))
    odds[1, 5], odds[1, 6] = 2.0, 6.0
    keys = draw(ids, np.ones_like(ids), odds, rng)
    chosen = choose(group, np.ones(len(ids), dtype=bool), 0.5, keys)
    assert chosen.sum() == 4_000, "one in each group"
    assert chosen[ids == 6].mean() == pytest.approx(0.75, abs=0.02)


def test_holes_follow_the_odds_of_their_own_language() -> None:
    text = Sentences.of([[5, 6]] * 2_000, [1, 2] * 1_000)
    odds = np.ones((3, 10))
    odds[1, 5], odds[2, 6] = 9.0, 9.0
    settings = MaskingSettings(ratio=0.5)
    batch = mmlm(text, settings, SPECIAL, np.random.default_rng(0), "placeholders", odds)
    language = text.languages[np.arange(2_000)]
    assert np.mean(batch.answers[language == 1] == 5) == pytest.approx(0.9, abs=0.03)
    assert np.mean(batch.answers[language == 2] == 6) == pytest.approx(0.9, abs=0.03)
