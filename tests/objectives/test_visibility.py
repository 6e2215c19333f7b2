"""What every hole may read, drawn as a grid by hand and read off the packs."""

import numpy as np
import pytest
import torch

from erniem.model.configuration import ErnieMConfig
from erniem.model.heads import ErnieMForMaskedLM
from erniem.objectives import (
    Batch,
    CAMLMSettings,
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


def leak(pack: Pack, hole: int, victims: list[int]) -> float:
    """The largest gradient of a hole's logits with respect to the embeddings of these tokens."""
    torch.manual_seed(0)
    config = ErnieMConfig(
        vocab_size=100,
        hidden_size=16,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=32,
        languages=["en", "de"],
    )
    model = ErnieMForMaskedLM(config).eval()
    words = model.get_input_embeddings()(torch.from_numpy(pack.input_ids)).detach()
    words.requires_grad_()
    logits = model(
        inputs_embeds=words,
        position_ids=torch.from_numpy(pack.position_ids),
        language_ids=torch.from_numpy(pack.language_ids),
        cu_seqlens=torch.from_numpy(pack.cu_seqlens),
        holes=torch.tensor([hole]),
    ).logits
    logits.square().sum().backward()
    assert words.grad is not None
    return float(words.grad[victims].abs().max())


def camlm_of_one_pair() -> tuple[Pack, int, list[int]]:
    """A pack, its first placeholder, and the real tokens of that placeholder's own sentence."""
    x = Sentences.of([[11, 12, 13]], [EN])
    y = Sentences.of([[21, 22, 23, 24]], [DE])
    batch = camlm(x, y, CAMLMSettings(), FORM, SPECIAL, np.random.default_rng(1))
    own = range(11, 20) if batch.answers[0] < 20 else range(21, 30)
    return (
        batch.pack,
        int(batch.holes[0]),
        np.flatnonzero(np.isin(batch.pack.input_ids, own)).tolist(),
    )


def test_a_placeholder_reads_no_real_token_of_its_own_sentence() -> None:
    pack, hole, own_sentence = camlm_of_one_pair()
    assert leak(pack, hole, own_sentence) == 0.0


def test_the_leak_is_found_when_the_blocks_touch() -> None:
    pack, hole, own_sentence = camlm_of_one_pair()
    touching = Pack(
        input_ids=pack.input_ids,
        position_ids=pack.position_ids,
        language_ids=pack.language_ids,
        cu_seqlens=pack.cu_seqlens[[0, -1]],
    )
    assert leak(touching, hole, own_sentence) > 0.0


def test_a_placeholder_reads_the_other_sentence() -> None:
    pack, hole, own_sentence = camlm_of_one_pair()
    other = [
        place for place in range(pack.cu_seqlens[1]) if place != hole and place not in own_sentence
    ]
    assert leak(pack, hole, other) > 0.0
