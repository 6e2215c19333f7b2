from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from erniem.corpus.corpus import Corpus
from erniem.model import products
from erniem.model.configuration import ErnieMConfig
from erniem.model.heads import ErnieMForMaskedLM
from erniem.objectives import PlaceholderSettings
from erniem.pretrain.asking import partners_of
from erniem.pretrain.assemble import Assembler
from erniem.pretrain.cost import BASE, LARGE, Shape, Work, cost, table, work_of
from erniem.pretrain.recipe import OBJECTIVES, Objectives, Recipe, Stage, read_recipe
from erniem.pretrain.stream import Stream
from erniem.recipes import find
from erniem.tokenization import open_tokenizer, special_ids

ROOT = Path(__file__).parents[2]
PUBLISHED = find("continue-xlm-r")


def test_operations_are_those_that_torch_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "onednn_is_faster", lambda: False)  # torch counts its own alone
    shape = Shape(name="tiny", width=24, layers=3, feed_forward=40, vocabulary=97)
    model = ErnieMForMaskedLM(
        ErnieMConfig(
            vocab_size=97,
            hidden_size=24,
            num_hidden_layers=3,
            num_attention_heads=2,
            intermediate_size=40,
            max_position_embeddings=66,
            attn_implementation="eager",
        )
    )
    bounds, holes = torch.tensor([0, 12, 24, 29]), torch.tensor([1, 5, 20])
    work = Work(tokens=29.0, squares=12.0**2 + 12**2 + 5**2, holes=3.0)
    counter = FlopCounterMode(display=False)
    with counter:
        logits = model(torch.arange(29), cu_seqlens=bounds, holes=holes).logits
    assert counter.get_total_flops() == shape.forward(work)
    with counter:
        logits.sum().backward()
    # The lowest layer's inputs are rows of tables, whose gradient is no product.
    assert counter.get_total_flops() == pytest.approx(2 * shape.forward(work), rel=0.01)


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("frame", ["source", "pair"])
def test_an_objective_costs_what_its_batches_hold(
    corpus: Corpus, tmp_path: Path, objective: str, frame: str
) -> None:
    settings = Objectives(placeholders=PlaceholderSettings(frame=frame))  # type: ignore[arg-type]
    recipe = Recipe(corpus=corpus.folder, output=tmp_path, objectives=settings)
    mixes = [{objective: 1.0}]
    shape = {"budget": 20_000, "alpha": 0.3, "max_length": 128, "seed": 1}
    stream = Stream(corpus, mixes, languages=corpus.languages, **shape)  # type: ignore[arg-type]
    partners = partners_of(corpus, corpus.languages, "any")
    special = special_ids(open_tokenizer(corpus.tokenizer_folder))
    maker = Assembler(stream, special, settings, partners, 1, corpus.piece_counts)
    (text,) = stream.micro_batch(0, [0])
    lengths = np.concatenate([text.first.lengths, text.second.lengths if text.second else []])
    draft = maker.draft(0, [0])
    learned, asked = work_of(objective, recipe, float(lengths.mean()))
    if draft.ask is not None:
        assert len(draft.ask.holes) / lengths.sum() == pytest.approx(asked.holes, rel=0.03)
        assert len(draft.ask.pack.input_ids) / lengths.sum() == pytest.approx(asked.tokens, 0.01)
        guesses = np.full(len(draft.ask.holes), 7)
        batch = maker.learn(draft.ask, guesses, 0)
    else:
        (batch,) = draft.batches
    assert len(batch.pack.input_ids) / lengths.sum() == pytest.approx(learned.tokens, rel=0.01)
    assert len(batch.holes) / lengths.sum() == pytest.approx(learned.holes, rel=0.03)
    squares = (np.diff(batch.pack.cu_seqlens) ** 2).sum() / lengths.sum()
    assert 1 <= squares / learned.squares < 1.3, "long sentences weigh more than the mean says"


def test_hours_and_money_follow_from_the_operations(tmp_path: Path) -> None:
    recipe = Recipe(
        corpus=tmp_path,
        output=tmp_path,
        stage1=Stage(steps=10, mix={"mmlm": 1.0}),
        stage2=Stage(steps=0, mix={}),
    )
    one = cost(recipe, gpus=2, gpu="a100", utilisation=0.5, price=2.0)
    token = 3 * BASE.forward(Work(tokens=32 / 30, squares=32**2 / 30, holes=0.15))
    assert one.operations == pytest.approx(10 * 65_536 * token)
    assert one.hours == pytest.approx(one.operations / (2 * 312e12 * 0.5) / 3600)
    assert one.money == pytest.approx(one.hours * 4)
    assert cost(recipe, size="large").operations / one.operations > 2
    assert LARGE.forward(Work.of(1.0, 0.0)) > 3 * BASE.forward(Work.of(1.0, 0.0))


def test_an_asking_pass_costs_a_forward_pass(tmp_path: Path) -> None:
    recipe = Recipe(corpus=tmp_path, output=tmp_path)
    with_asking = replace(recipe, stage2=replace(recipe.stage2, mix={"btmlm": 1.0}))
    learned, asked = work_of("btmlm", recipe, 30.0)
    without = replace(recipe, stage2=Stage(steps=0, mix={}))
    tokens = recipe.stage2.steps * recipe.batch.tokens_per_step
    expected = tokens * (3 * BASE.forward(learned) + BASE.forward(asked))
    assert cost(with_asking).operations - cost(without).operations == pytest.approx(expected)


def test_the_table_of_the_docs_is_what_the_code_counts() -> None:
    shown = (ROOT / "docs" / "scaling.md").read_text()
    assert "\n".join(table(read_recipe(PUBLISHED))) in shown


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"gpu": "v100"}, "no GPU 'v100' is known; there are a100, h100"),
        ({"size": "huge"}, "no size 'huge'; there are base and large"),
        ({"gpus": 0}, "gpus is 0"),
        ({"utilisation": 40.0}, "utilisation is 40.0; it is a share"),
        ({}, "starts from xlm-roberta-base, whose shape it does not say: give a size"),
    ],
)
def test_what_cannot_be_counted_is_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cost(read_recipe(PUBLISHED), **wrong)  # type: ignore[arg-type]


def test_a_stage_without_steps_and_without_shares_costs_nothing() -> None:
    stage1 = Stage(steps=3, mix={"mmlm": 1.0})
    recipes = [
        Recipe(corpus=Path("c"), output=Path("o"), stage1=stage1, stage2=Stage(steps=0, mix=mix))
        for mix in ({}, {"mmlm": 0.0})
    ]
    assert cost(recipes[0]).operations == cost(recipes[1]).operations > 0
