from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from transformers import TrainerCallback

from erniem.corpus.corpus import Corpus
from erniem.model.heads import ErnieMForMaskedLM
from erniem.pretrain.meters import Meters
from erniem.pretrain.recipe import OBJECTIVES, Batch, Optimization, Stage
from erniem.pretrain.run import pretrain
from erniem.pretrain.trainer import PretrainTrainer
from tiny_runs import recipe_for

Batches = list[dict[str, torch.Tensor]]


def gradients_at_once(model: ErnieMForMaskedLM, batches: Batches) -> list[torch.Tensor]:
    """Of the sum over objectives of the mean loss, all micro-batches in one pack."""
    sizes = torch.tensor([0, *(len(batch["input_ids"]) for batch in batches)]).cumsum(0).tolist()
    joined = {
        name: torch.cat([batch[name] for batch in batches])
        for name in ("input_ids", "position_ids", "language_ids", "answers", "objective")
    }
    shifted = zip(batches, sizes[:-1], strict=True)
    joined["holes"] = torch.cat([batch["holes"] + size for batch, size in shifted])
    bounds = [b["cu_seqlens"][1:] + size for b, size in zip(batches, sizes[:-1], strict=True)]
    joined["cu_seqlens"] = torch.cat([torch.zeros(1, dtype=torch.long), *bounds])
    answers, objective = joined.pop("answers"), joined.pop("objective")
    logits = model(**joined).logits
    loss = sum(
        F.cross_entropy(logits[objective == one], answers[objective == one])
        for one in objective.unique()
    )
    return list(torch.autograd.grad(loss, list(model.parameters())))


@pytest.mark.parametrize("parts", [2, 4])
def test_the_micro_batches_of_a_step_give_the_gradient_of_one_large_batch(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parts: int
) -> None:
    steps: list[Batches] = []
    compared: list[bool] = []
    samples = PretrainTrainer.get_batch_samples

    def kept(self: Any, *args: Any) -> Any:
        batches, holes = samples(self, *args)
        steps.append([dict(batch) for batch in batches])
        return batches, holes

    class Compare(TrainerCallback):
        def on_pre_optimizer_step(self, *args: Any, model: Any = None, **kwargs: Any) -> None:
            ours = [one.grad.clone() for one in model.parameters()]
            for gradient, whole in zip(ours, gradients_at_once(model, steps[-1]), strict=True):
                torch.testing.assert_close(gradient, whole, rtol=1e-4, atol=1e-7)
                compared.append(bool(whole.any()))

    monkeypatch.setattr(PretrainTrainer, "get_batch_samples", kept)
    recipe = recipe_for(
        corpus,
        tmp_path / "run",
        dropout=0.0,
        stage1=Stage(steps=2, mix={"mmlm": 0.6, "tlm": 0.3, "camlm": 0.1}),
        stage2=Stage(steps=0, mix={}),
        batch=Batch(tokens_per_step=256 * parts, tokens_per_micro_batch=256, max_length=64),
        optimization=Optimization(clip=1e9, warmup_steps=0),
    )
    pretrain(recipe, callbacks=[Compare()])
    assert [len(step) for step in steps] == [parts, parts]
    holes = [
        torch.bincount(batch["objective"], minlength=len(OBJECTIVES)).tolist() for batch in steps[0]
    ]
    assert len({tuple(of_batch) for of_batch in holes}) > 1, "else any divisor would do"
    assert all(compared)


def test_the_sums_of_a_device_without_float64_are_kept_on_the_cpu() -> None:
    meters = Meters(["mmlm"], ["en"], torch.device("mps"))
    meters.add_holes(torch.tensor([0, 0]), torch.tensor([2.0, 4.0]), torch.tensor([True, False]))
    meters.add_tokens(torch.tensor([0, 7]))
    meters.add_filler(torch.tensor([True, False]))
    meters.add_loss(torch.tensor(3.0))
    line = {"loss/mmlm": 3.0, "accuracy/mmlm": 0.5, "filler": 0.5, "tokens/en": 7.0}
    assert meters.read() == line
    assert float(meters.step_loss) == 3.0
