from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from erniem.corpus.build.folders import build_corpus
from erniem.corpus.corpus import Corpus
from erniem.embed import VectorSettings, open_encoder
from erniem.model.configuration import ErnieMConfig
from erniem.model.heads import ErnieMForMaskedLM
from erniem.pretrain.initial import start_repeating
from erniem.pretrain.recipe import (
    Batch,
    Checkpoints,
    Encoder,
    Health,
    Optimization,
    Recipe,
    Stage,
)
from erniem.pretrain.run import pretrain
from erniem.pretrain.trainer import give_rate
from erniem.tasks.retrieve import held_out_retrieval
from invented import CYRILLIC, GREEK, invented

MASK = 99


@pytest.fixture
def model() -> ErnieMForMaskedLM:
    torch.manual_seed(0)
    return ErnieMForMaskedLM(
        ErnieMConfig(
            vocab_size=100,
            languages=["xx"],
            hidden_size=256,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=512,
            max_position_embeddings=34,
            initializer_range=0.0625,
        )
    ).eval()


def guesses_among_what_is_read(model: ErnieMForMaskedLM) -> float:
    """Share of placeholders answered by a piece of their sentence, one placeholder each."""
    rng = np.random.default_rng(1)
    rows = torch.tensor(
        [[0, *rng.choice(np.arange(5, 99), 6, replace=False), 2, MASK] for _ in range(50)]
    )
    with torch.no_grad():
        guesses = model(rows).logits[:, -1, 4:MASK].argmax(dim=-1) + 4
    return float((rows[:, 1:7] == guesses[:, None]).any(dim=1).float().mean())


def test_an_encoder_that_starts_repeating_guesses_what_it_reads(model: ErnieMForMaskedLM) -> None:
    assert guesses_among_what_is_read(model) < 0.3
    start_repeating(model, np.ones((2, 100), dtype=np.int64))
    assert guesses_among_what_is_read(model) > 0.6


def test_with_nothing_read_a_piece_is_as_likely_as_it_is_frequent(model: ErnieMForMaskedLM) -> None:
    counts = np.zeros((3, 100), dtype=np.int64)
    counts[1, 10], counts[2, 10], counts[2, 11] = 19, 20, 9
    start_repeating(model, counts)
    shares = model.lm_head.decoder.bias.detach().softmax(dim=0)
    assert shares[10] / shares[11] == pytest.approx(40 / 10)
    assert shares[11] / shares[12] == pytest.approx(10 / 1)


def test_tables_learn_at_a_rate_of_their_own() -> None:
    table, layer = torch.nn.Embedding(3, 2), torch.nn.Linear(2, 2)
    optimizer = torch.optim.AdamW(
        [
            {"params": [table.weight, layer.weight], "weight_decay": 0.1},
            {"params": [layer.bias], "weight_decay": 0.0},
        ],
        lr=0.5,
    )
    give_rate(optimizer, [table.weight], 10.0)
    found = {
        id(one): (group["lr"], group["weight_decay"])
        for group in optimizer.param_groups
        for one in group["params"]
    }
    assert found == {
        id(table.weight): (5.0, 0.1),
        id(layer.weight): (0.5, 0.1),
        id(layer.bias): (0.5, 0.0),
    }


@pytest.fixture(scope="module")
def whole_words(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Three scripts with as many pieces as they have words, and sentences of any six."""
    folder = tmp_path_factory.mktemp("words")
    lines = invented(800)
    for code, script in (("el", GREEK), ("ru", CYRILLIC)):
        rows = [f"{line}\t{line.translate(script)}" for line in lines]
        (folder / f"en-{code}.tsv").write_text("\n".join(rows) + "\n")
    return build_corpus([folder], folder / "corpus", vocabulary_size=350, held_out=60, workers=1)


def recipe_of(corpus: Corpus, output: Path) -> Recipe:
    return Recipe(
        corpus=corpus.folder,
        output=output,
        encoder=Encoder(
            hidden_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=128,
            max_position_embeddings=66,
            initializer_range=0.125,
            initial="repeating",
        ),
        stage1=Stage(steps=160, mix={"mmlm": 0.1, "tlm": 0.5, "camlm": 0.4}, weights={"mmlm": 0.2}),
        stage2=Stage(steps=0, mix={}),
        batch=Batch(tokens_per_step=1024, tokens_per_micro_batch=1024, max_length=64, alpha=0.5),
        health=Health(every=0),
        optimization=Optimization(learning_rate=1e-3, table_rate=10.0, warmup_steps=20),
        checkpoints=Checkpoints(every=200, log_every=10),
        trainer={"report_to": "none"},
    )


def test_stage_1_aligns_languages_that_share_no_letter(whole_words: Corpus, tmp_path: Path) -> None:
    def retrieval(folder: Path) -> Mapping[str, float]:
        table = held_out_retrieval(
            open_encoder(folder),
            whole_words.held_out,
            VectorSettings(layer=0),
            min_rows=10,
        )
        return {label: found.mean for label, found in table.pairs.items()}

    result = pretrain(recipe_of(whole_words, tmp_path / "run"))
    before, after = retrieval(result.start), retrieval(result.final)
    assert max(before.values()) < 0.2
    assert min(after.values()) > 0.7, "el and ru, which no pair joins, meet in English"


@pytest.mark.slow
def test_without_pairs_they_stay_apart(whole_words: Corpus, tmp_path: Path) -> None:
    recipe = recipe_of(whole_words, tmp_path / "run")
    alone = replace(recipe, stage1=Stage(steps=150, mix={"mmlm": 1.0}))
    result = pretrain(alone)
    table = held_out_retrieval(
        open_encoder(result.final),
        whole_words.held_out,
        VectorSettings(layer=0),
        min_rows=10,
    )
    assert table.mean < 0.2
