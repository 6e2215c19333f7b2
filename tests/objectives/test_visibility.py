"""What every hole may read, drawn as a grid by hand and read off the packs."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch

from erniem.model.configuration import ErnieMConfig
from erniem.model.heads import ErnieMForMaskedLM
from erniem.objectives import (
    Batch,
    CAMLMSettings,
    LanguageTags,
    MaskingSettings,
    PlaceholderSettings,
    ask,
    camlm,
    learn,
    mmlm,
    tlm,
)
from erniem.objectives.camlm import place_holders
from erniem.objectives.frame import FIRST, SECOND, frame_pair, join
from erniem.packing import Pack, Sentences, SpecialIds

SPECIAL = SpecialIds(cls=0, pad=1, sep=2, unk=3, mask=99, vocabulary_size=100)
EN, DE = 1, 2
FORM = PlaceholderSettings()


def x_sentences() -> Sentences:
    return Sentences.of([[11, 12, 13], [14, 15, 16, 17, 18]], [EN, EN])


def y_sentences() -> Sentences:
    return Sentences.of([[21, 22, 23, 24], [25, 26]], [DE, DE])


def draw(pack: Pack, row: int) -> str:
    """One sequence as the figures draw it: pieces by id, `M` and its position for a hole."""
    words = []
    for place in range(pack.cu_seqlens[row], pack.cu_seqlens[row + 1]):
        piece = int(pack.input_ids[place])
        names = {0: "[CLS]", 2: "[SEP]", 99: f"M{pack.position_ids[place]}"}
        words.append(names.get(piece, str(piece)))
    return " ".join(words)


def every_objective() -> dict[str, Batch]:
    """A batch of each objective over the same text."""
    rng = np.random.default_rng(0)
    x, y = x_sentences(), y_sentences()
    masking = MaskingSettings(ratio=0.4, mask_share=1.0, random_share=0.0)
    question = ask(x, np.array([DE, DE]), 0.75, FORM, SPECIAL)
    return {
        "mmlm": mmlm(x, masking, SPECIAL, rng),
        "tlm": tlm(x, y, masking, SPECIAL, rng),
        "camlm": camlm(x, y, CAMLMSettings(), FORM, SPECIAL, rng),
        "btmlm": learn(question, np.full(len(question.holes), 30), masking, SPECIAL, rng),
    }


def test_camlm_is_drawn_as_figure_1() -> None:
    frame = frame_pair(x_sentences(), y_sentences(), SPECIAL)
    chosen = np.isin(frame.ids, [12, 22, 23])
    first = place_holders(frame, chosen, FIRST, FORM, SPECIAL, "placeholders")
    second = place_holders(frame, chosen, SECOND, FORM, SPECIAL, "placeholders")
    assert draw(first.pack, 0) == "[CLS] 11 12 13 [SEP] M7 M8"
    assert draw(second.pack, 0) == "[CLS] M2 21 22 23 24 [SEP]"
    assert first.answers.tolist() == [22, 23]
    assert second.answers.tolist() == [12]
    assert second.pack.position_ids[:7].tolist() == [0, 2, 6, 7, 8, 9, 10]


def test_placeholders_alone_name_their_language() -> None:
    frame = frame_pair(x_sentences(), y_sentences(), SPECIAL)
    half = place_holders(frame, frame.ids == 22, FIRST, FORM, SPECIAL, "placeholders")
    assert half.pack.language_ids[:6].tolist() == [0, 0, 0, 0, 0, DE]
    drawn = place_holders(frame, frame.ids == 22, FIRST, FORM, SPECIAL, "all")
    assert drawn.pack.language_ids[:6].tolist() == [EN, EN, EN, EN, EN, DE]


def test_the_pair_may_own_the_special_tokens() -> None:
    frame = frame_pair(x_sentences(), y_sentences(), SPECIAL)
    form = PlaceholderSettings(frame="pair")
    half = place_holders(frame, frame.ids == 12, SECOND, form, SPECIAL, "placeholders")
    assert draw(half.pack, 0) == "[CLS] M2 [SEP] [SEP] 21 22 23 24 [SEP]"


def test_the_read_sentence_may_stand_where_plain_text_has_it() -> None:
    frame = frame_pair(x_sentences(), y_sentences(), SPECIAL)
    form = PlaceholderSettings(positions="source_first")
    half = place_holders(frame, frame.ids == 12, SECOND, form, SPECIAL, "placeholders")
    assert half.pack.position_ids[:7].tolist() == [0, 8, 1, 2, 3, 4, 5]


def test_btmlm_asks_and_learns_as_figure_2_draws_it() -> None:
    x = Sentences.of([[11, 12, 13, 14]], [EN])
    question = ask(x, np.array([DE]), 0.75, FORM, SPECIAL)
    assert draw(question.pack, 0) == "[CLS] 11 12 13 14 [SEP] M7 M8 M9"
    masking = MaskingSettings(ratio=0.5, mask_share=1.0, random_share=0.0)
    batch = learn(question, np.array([35, 36, 37]), masking, SPECIAL, np.random.default_rng(0))
    assert draw(batch.pack, 0).endswith("[SEP] [SEP] 35 36 37 [SEP]")
    assert len(batch.holes) == 2
    assert set(batch.answers) <= {11, 12, 13, 14}


@pytest.mark.parametrize("name", ["mmlm", "tlm", "camlm", "btmlm"])
def test_every_objective_keeps_the_contract(name: str) -> None:
    batch, again = every_objective()[name], every_objective()[name]
    pack = batch.pack
    assert batch.objective == name
    assert pack.cu_seqlens[0] == 0
    assert pack.cu_seqlens[-1] == len(pack.input_ids) == len(pack.language_ids)
    assert (np.diff(batch.holes) > 0).all()
    assert (pack.input_ids[batch.holes] == SPECIAL.mask).all()
    assert not set(batch.answers) & set(SPECIAL.ids)
    assert np.array_equal(pack.input_ids, again.pack.input_ids)


def test_joining_keeps_every_hole_with_its_sequence() -> None:
    names = ["mmlm", "tlm", "camlm", "btmlm"]
    batches = list(every_objective().values())
    joined = join(batches, names)
    assert (np.diff(joined.pack.lengths) <= 0).all()
    assert (joined.pack.input_ids[joined.holes] == SPECIAL.mask).all()
    for place, batch in enumerate(batches):
        of_batch = joined.holes[joined.objective == place]
        assert np.array_equal(
            joined.pack.position_ids[of_batch], batch.pack.position_ids[batch.holes]
        )


@cache
def network() -> ErnieMForMaskedLM:
    torch.manual_seed(0)
    config = ErnieMConfig(
        vocab_size=100,
        hidden_size=16,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=32,
        languages=["en", "de"],
    )
    return ErnieMForMaskedLM(config).eval().requires_grad_(False)


def influence(pack: Pack, groups: list[np.ndarray]) -> list[np.ndarray]:
    """For each group of holes: the largest gradient of their logits on every token's embedding."""
    words = network().get_input_embeddings()(torch.from_numpy(pack.input_ids)).requires_grad_()
    logits = network()(
        inputs_embeds=words,
        position_ids=torch.from_numpy(pack.position_ids),
        language_ids=torch.from_numpy(pack.language_ids),
        cu_seqlens=torch.from_numpy(pack.cu_seqlens),
        holes=torch.from_numpy(np.concatenate(groups)),
    ).logits
    totals = [part.square().sum() for part in logits.split([len(group) for group in groups])]
    gradients = [torch.autograd.grad(total, words, retain_graph=True)[0] for total in totals]
    return [gradient.abs().amax(dim=1).numpy() for gradient in gradients]


def sequence_of(pack: Pack) -> np.ndarray:
    """The sequence of every token, counted by [CLS] alone: boundaries may be what is wrong."""
    return np.cumsum(pack.input_ids == SPECIAL.cls) - 1


FORMS = [
    PlaceholderSettings(frame=frame, positions=positions)
    for frame in ("source", "pair")
    for positions in ("drawn", "source_first")
]
GUESSES = np.arange(31, 37)
"""Pseudo tokens, none of them a piece of the sentences: two for the first, four for the second."""


def packed(name: str, form: PlaceholderSettings, tags: LanguageTags) -> tuple[Pack, np.ndarray]:
    """What the network is given by an objective, and its holes."""
    rng = np.random.default_rng(0)
    x, y = x_sentences(), y_sentences()
    masking = MaskingSettings(ratio=0.4)
    question = ask(x, np.array([DE, DE]), 0.75, form, SPECIAL, tags)
    if name == "btmlm asks":
        return question.pack, question.holes
    batches = {
        "mmlm": mmlm(x, masking, SPECIAL, rng, tags),
        "tlm": tlm(x, y, masking, SPECIAL, rng, tags),
        "camlm": camlm(x, y, CAMLMSettings(), form, SPECIAL, rng, tags),
        "btmlm": learn(question, GUESSES, masking, SPECIAL, rng, tags),
    }
    if name == "joined":
        joined = join(list(batches.values()), list(batches))
        return joined.pack, joined.holes
    return batches[name].pack, batches[name].holes


def named(value: object) -> str:
    form = isinstance(value, PlaceholderSettings)
    return f"{value.frame}-{value.positions}" if form else str(value)


every_form = pytest.mark.parametrize("form", FORMS, ids=named)
every_tag = pytest.mark.parametrize("tags", ["placeholders", "all"])
every_pack = pytest.mark.parametrize(
    ("name", "form"),
    # Holes that replace tokens have one form only.
    [(name, FORMS[0]) for name in ("mmlm", "tlm", "btmlm")]
    + [(name, form) for name in ("camlm", "btmlm asks", "joined") for form in FORMS],
    ids=named,
)


@every_pack
@every_tag
def test_a_hole_reads_its_whole_sequence_and_nothing_else(
    name: str, form: PlaceholderSettings, tags: LanguageTags
) -> None:
    pack, holes = packed(name, form, tags)
    sequence = sequence_of(pack)
    rows = range(sequence[-1] + 1)
    for row, read in enumerate(influence(pack, [holes[sequence[holes] == row] for row in rows])):
        assert (read[sequence == row] > 0).all()
        assert (read[sequence != row] == 0).all()


@every_pack
@every_tag
def test_the_leak_is_found_when_the_blocks_touch(
    name: str, form: PlaceholderSettings, tags: LanguageTags
) -> None:
    pack, holes = packed(name, form, tags)
    touching = replace(pack, cu_seqlens=pack.cu_seqlens[[0, -1]])
    sequence = sequence_of(pack)
    rows = range(sequence[-1] + 1)
    groups = [holes[sequence[holes] == row] for row in rows]
    for row, read in enumerate(influence(touching, groups)):
        assert (read[sequence != row] > 0).all()


X_PIECES, Y_PIECES = range(11, 20), range(21, 30)
"""All pieces of the English and of the German sentences."""


@every_form
@every_tag
def test_a_placeholder_reads_the_other_sentence_and_no_real_token_of_its_own(
    form: PlaceholderSettings, tags: LanguageTags
) -> None:
    batch = camlm(
        x_sentences(), y_sentences(), CAMLMSettings(), form, SPECIAL, np.random.default_rng(0), tags
    )
    pairs = [{11, 12, 13, 21, 22, 23, 24}, {14, 15, 16, 17, 18, 25, 26}]
    ids = batch.pack.input_ids
    reads = influence(batch.pack, list(batch.holes[:, None]))
    for read, answer in zip(reads, batch.answers, strict=True):
        own = X_PIECES if answer in X_PIECES else Y_PIECES
        (pair,) = [pair for pair in pairs if answer in pair]
        assert set(ids[read > 0]) - set(SPECIAL.ids) == pair - set(own)


@every_form
@every_tag
def test_one_question_hears_nothing_of_another(
    form: PlaceholderSettings, tags: LanguageTags
) -> None:
    question = ask(x_sentences(), np.array([DE, DE]), 0.75, form, SPECIAL, tags)
    groups = [question.holes[question.sequence == number] for number in (0, 1)]
    real = np.isin(question.pack.input_ids, X_PIECES)
    heard = [
        question.pack.input_ids[real & (read > 0)].tolist()
        for read in influence(question.pack, groups)
    ]
    assert heard == [[11, 12, 13], [14, 15, 16, 17, 18]]


@every_form
@every_tag
def test_pseudo_tokens_are_read_and_never_asked_for(
    form: PlaceholderSettings, tags: LanguageTags
) -> None:
    question = ask(x_sentences(), np.array([DE, DE]), 0.75, form, SPECIAL, tags)
    everything = MaskingSettings(ratio=1.0, mask_share=1.0, random_share=0.0)
    batch = learn(question, GUESSES, everything, SPECIAL, np.random.default_rng(0), tags)
    assert batch.answers.tolist() == x_sentences().ids.tolist()
    left = batch.pack.input_ids[~np.isin(batch.pack.input_ids, SPECIAL.ids)]
    assert left.tolist() == GUESSES.tolist()
    (read,) = influence(batch.pack, [batch.holes])
    assert (read[np.isin(batch.pack.input_ids, GUESSES)] > 0).all()
