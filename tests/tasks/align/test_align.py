"""Words of two sentences, aligned."""

from pathlib import Path

import numpy as np
import pytest

from erniem.embed import open_encoder
from erniem.tasks.align import align, soft_alignment
from erniem.tasks.align.soft import aligned_pairs


def test_a_sentence_is_aligned_with_itself_word_by_word(encoder: Path) -> None:
    found = align(open_encoder(encoder), "bade figo lumi nope", "bade figo lumi nope")
    assert found.first == found.second == ("bade", "figo", "lumi", "nope")
    assert found.pairs == ((0, 0), (1, 1), (2, 2), (3, 3))
    assert found.scores.shape == (4, 4)
    assert found.scores.min() >= 0
    assert found.scores.max() <= 1


def test_turned_round_the_scores_are_turned_round(encoder: Path) -> None:
    one = align(open_encoder(encoder), "bade figo, lumi", "βαδε φιγο", layer=0)
    other = align(open_encoder(encoder), "βαδε φιγο", "bade figo, lumi", layer=0)
    np.testing.assert_allclose(one.scores, other.scores.T, atol=1e-6)


def test_words_that_choose_each_other_score_high_and_no_others() -> None:
    words = np.eye(3)
    scores = soft_alignment(words, words[[2, 0, 1]])
    assert scores.argmax(axis=1).tolist() == [1, 2, 0]
    assert scores.max() > 0.99
    assert np.sort(scores.ravel())[5] < 0.01


def test_a_word_that_two_others_want_is_shared() -> None:
    scores = soft_alignment(np.array([[1.0, 0], [1.0, 0], [0, 1.0]]), np.array([[1.0, 0], [0, 1]]))
    assert scores[0, 0] == pytest.approx(np.sqrt(0.5), abs=0.02)
    assert aligned_pairs(scores) == ((0, 0), (2, 1))


def test_what_all_words_share_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(4, 8)), rng.normal(size=(5, 8))
    shifted = soft_alignment(first + 100, second + 100)
    np.testing.assert_allclose(shifted, soft_alignment(first, second), atol=1e-9)


def test_what_cannot_be_aligned_is_refused(encoder: Path) -> None:
    network = open_encoder(encoder)
    with pytest.raises(ValueError, match="empty"):
        align(network, " ", "bade")
    with pytest.raises(ValueError, match=r"tokens and the encoder reads 128: shorten"):
        align(network, "bade", "figo " * 300)
    with pytest.raises(ValueError, match="layer 7"):
        align(network, "bade", "figo", layer=7)
