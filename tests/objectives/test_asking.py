"""BTMLM's answers, targets and health; and what stands in holes."""

import numpy as np
import pytest
import torch

from erniem.objectives import GuessSettings, MaskingSettings, PlaceholderSettings, answer, ask
from erniem.objectives.btmlm import choose_targets, guess
from erniem.objectives.health import health
from erniem.objectives.masking import choose, corrupt
from erniem.packing import Pack, Sentences, SpecialIds

SPECIAL = SpecialIds(cls=0, pad=1, sep=2, unk=3, mask=9, vocabulary_size=10)


def dice() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_a_special_token_is_never_guessed() -> None:
    logits = torch.zeros(1, 10)
    logits[0, list(SPECIAL.ids)] = 50.0
    logits[0, 6] = 1.0
    for method in ("argmax", "sample"):
        settings = GuessSettings(method=method, temperature=0.01)
        pieces = guess(logits, settings, SPECIAL, dice())
        assert pieces.tolist() == [6]


def test_corrected_guesses_what_the_source_adds() -> None:
    logits = torch.zeros(1, 10)
    logits[0, 5], logits[0, 6] = 4.0, 3.0  # piece 5 is likelier, but common anyway
    frequency = torch.full((1, 10), -5.0)
    frequency[0, 5] = -1.0
    settings = GuessSettings(method="corrected")
    assert guess(logits, settings, SPECIAL, dice(), frequency).tolist() == [6]


def test_sampling_follows_the_probabilities() -> None:
    logits = torch.full((4000, 10), -torch.inf)
    logits[:, 5], logits[:, 6] = np.log(0.8), np.log(0.2)
    pieces = guess(logits, GuessSettings(method="sample"), SPECIAL, dice())
    assert float((pieces == 5).float().mean()) == pytest.approx(0.8, abs=0.03)


def test_the_surest_placeholders_are_filled_first_and_read_by_the_rest() -> None:
    question = ask(
        Sentences.of([[4, 5, 6]], [1]), np.array([2]), 1.0, PlaceholderSettings(), SPECIAL
    )
    seen: list[list[int]] = []

    def network(pack: Pack, holes: np.ndarray) -> torch.Tensor:
        seen.append(pack.input_ids[question.holes].tolist())
        logits = torch.zeros(len(holes), 10)
        for row, hole in enumerate(holes):
            logits[row, 4 + hole % 3] = float(hole)  # the last placeholder is the surest
        return logits

    settings = GuessSettings(method="confident_first", passes=3)
    guesses = answer(question, network, settings, SPECIAL, dice())
    expected = [4 + hole % 3 for hole in question.holes.tolist()]
    assert guesses.tolist() == expected
    assert seen == [[9, 9, 9], [9, 9, expected[2]], [9, expected[1], expected[2]]]


def test_targets_are_partners_and_never_the_language_itself() -> None:
    partners = np.array([[0, 0, 0, 0], [0, 0, 1, 3], [0, 1, 0, 0], [0, 1, 0, 0]], dtype=float)
    languages = np.repeat([1, 2, 3], 4000)
    targets = choose_targets(languages, partners, np.random.default_rng(0))
    assert set(targets[4000:]) == {1}
    assert (targets[:4000] == 3).mean() == pytest.approx(0.75, abs=0.03)
    assert not (targets == languages).any()


def test_health_counts_what_stands_in_the_reference() -> None:
    counts = np.zeros((3, 200), dtype=np.int64)
    counts[2, 10:80] = 1000  # the commonest pieces of language 2: 60 of these are no content
    counts[2, 100:110] = 10
    references = Sentences.of([[10, 100], [11, 101]], [2, 2])
    figures = health(
        np.array([100, 100, 102, 150]),
        np.array([0, 1, 1, 1]),
        np.array([2, 2]),
        references,
        counts,
    )
    assert figures.found == figures.found_content == 0.25
    assert figures.distinct == 0.75
    assert figures.in_language == 0.75
    assert figures.content == 1.0
    assert figures.baseline == pytest.approx(1010 / 70_100)
    none = np.array([], dtype=np.int64)
    empty = health(none, none, np.array([2, 2]), references, counts)
    assert np.isnan([empty.distinct, empty.found, empty.content]).all()


def test_holes_show_mask_random_or_the_piece_itself() -> None:
    ids = np.full(30_000, 5)
    shown = corrupt(
        ids, np.ones(30_000, dtype=bool), MaskingSettings(), SPECIAL, np.random.default_rng(0)
    )
    assert (shown == SPECIAL.mask).mean() == pytest.approx(0.8, abs=0.01)
    # A fifth of the random pieces is piece 5 again.
    assert (shown == 5).mean() == pytest.approx(0.1 + 0.1 / 5, abs=0.01)
    assert not np.isin(shown, [0, 1, 2, 3]).any()


def test_every_group_gives_its_share_and_at_least_one() -> None:
    group = np.array([0] * 10 + [2] * 2 + [3] * 3)
    eligible = np.array([True] * 10 + [True] * 2 + [False] * 3)
    chosen = choose(group, eligible, 0.3, np.arange(15.0))
    assert np.flatnonzero(chosen).tolist() == [0, 1, 2, 10]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (lambda: MaskingSettings(ratio=0.0), "ratio is 0.0"),
        (lambda: MaskingSettings(mask_share=0.95), "shares of one whole"),
        (lambda: GuessSettings(temperature=0.0), "temperature is 0.0"),
        (lambda: GuessSettings(passes=0), "passes is 0"),
    ],
)
def test_settings_that_make_no_sense_are_named(settings: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        settings()  # type: ignore[operator]
