"""Fine-tuning for retrieval: pairs of translations, contrasted within a batch.

```text
pairs ─▶ both sides' vectors, one pass ─▶ cosines (B, B) ─ hardest │ infonce ─▶ loss ─▶ Trainer
held-out pairs ─▶ retrieval both ways ─▶ the best network ─▶ OUTPUT/, vectors.json beside it
```

`vectors.json` says which layer and pooling the network was trained for: retrieval reads it.

Letters: B pairs of a batch, D width.
"""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize
from transformers import (
    EarlyStoppingCallback,
    PrinterCallback,
    ProgressCallback,
    Trainer,
    set_seed,
)

from erniem.convert.quiet import quiet
from erniem.corpus.normalised import normalised
from erniem.embed import TODAYS_VECTORS, SentenceEncoder, VectorSettings, open_encoder
from erniem.embed.rows import frame_of
from erniem.embed.vectors import batch_vectors
from erniem.finetune.folders import (
    FINISHED,
    Finetuned,
    begun,
    in_progress,
    last_checkpoint,
    read_finished,
    save_finished,
)
from erniem.finetune.losses import hardest_negative, infonce
from erniem.finetune.pairs import PairFiles, Rows, TrainingPairs, gather_pairs
from erniem.finetune.rates import give_rates, layer_rates
from erniem.finetune.settings import Settings
from erniem.finetune.trainer import SCORE, Bar, training_arguments
from erniem.tasks.retrieve.table import RetrievalTable, retrieve_rows

__all__ = ["ContrastSettings", "Loss", "finetune_retrieval"]

Loss = Literal["hardest", "infonce"]


@dataclass(frozen=True, kw_only=True)
class ContrastSettings:
    """How an encoder is fine-tuned for retrieval."""

    loss: Loss = "hardest"
    """`hardest`: binary cross-entropy of translations and hardest negatives, as ERNIE-M names it;
    `infonce`: the translation among all of the batch."""
    vectors: VectorSettings = TODAYS_VECTORS
    """The layer and pooling that are trained; layers above stay as they are."""
    scale: float = 20.0
    """Of `hardest`: a pair's logit is `scale * (cosine - level)`."""
    level: float = 0.5
    """Of `hardest`: the cosine above which two sentences count as translations."""
    temperature: float = 0.05
    """Of `infonce`."""
    training: Settings = field(
        default_factory=lambda: Settings(epochs=1.0, batch_size=64, max_length=64)
    )
    """Learning rate, epochs, batch and so on. Negatives are the others of a batch, so that a larger
    one makes harder ones."""

    def __post_init__(self) -> None:
        if self.loss not in get_args(Loss):
            raise ValueError(f"loss {self.loss!r}: choose {', '.join(get_args(Loss))}.")
        if self.scale <= 0 or self.temperature <= 0 or not -1 <= self.level <= 1:
            raise ValueError(
                f"scale {self.scale}, temperature {self.temperature}, level {self.level}: give "
                "more than 0, more than 0, and a cosine."
            )
        if self.training.batch_size < 2 or self.training.rows_at_once is not None:
            raise ValueError(
                f"batch_size {self.training.batch_size}, rows_at_once "
                f"{self.training.rows_at_once}: negatives are the others of a forward pass; give "
                "at least 2 rows, and leave rows_at_once alone."
            )


def finetune_retrieval(
    model: Path,
    output: Path,
    files: PairFiles,
    settings: ContrastSettings,
    *,
    seed: int = 0,
    progress: bool = True,
) -> Finetuned:
    """Trains an encoder to find translations; a run that was killed goes on, a finished is read.

    Args:
        model: folder of the encoder, of any kind that `open_encoder` reads.
        output: where the network goes; `erniem evaluate tatoeba` reads it.
        files: the pairs.
        settings: how.
        seed: of the order of pairs, what is held out, and dropout.
        progress: show a bar.

    Returns:
        With scores on held-out pairs by step: retrieval both ways, mean over labels, in percent.

    Raises:
        ValueError: pairs or a model that cannot be read, a layer that the model does not have, a
            folder that was trained otherwise, by a run that was killed too, or that holds something
            else.
    """
    plan = _plan(model, files, settings, seed)
    if (output / FINISHED).is_file():
        return read_finished(output, plan)
    pairs = gather_pairs(files, seed)
    with begun(output, plan):
        return _trained(model, output, pairs, settings, plan, seed, progress)


def _trained(
    model: Path,
    output: Path,
    pairs: TrainingPairs,
    settings: ContrastSettings,
    plan: dict[str, Any],
    seed: int,
    progress: bool,
) -> Finetuned:
    """The training itself."""
    set_seed(seed)
    opened = open_encoder(model, device="cpu")  # the Trainer has its own say
    encoder = SentenceEncoder(opened.network.base_model, opened.tokenizer)  # type: ignore[arg-type]
    started = time.monotonic()
    trainer = ContrastTrainer(encoder, in_progress(output), pairs, settings, seed, progress)
    with quiet():
        trainer.train(resume_from_checkpoint=last_checkpoint(in_progress(output)))
    history = trainer.state.log_history
    found = Finetuned(
        folder=output,
        examples=len(pairs.rows),
        files=tuple(map(str, pairs.files)),
        dropped=dict(pairs.dropped),
        dev={str(entry["step"]): entry[SCORE] for entry in history if SCORE in entry},
        seconds=round(time.monotonic() - started, 1),
    )
    if trainer.is_world_process_zero():
        save_finished(encoder.network, encoder.tokenizer, plan, found, vectors=settings.vectors)
    return found


def _plan(model: Path, files: PairFiles, settings: ContrastSettings, seed: int) -> dict[str, Any]:
    """What makes one run another, as plain values."""
    told = {"task": "tatoeba", "model": str(model), "seed": seed}
    return told | json.loads(
        json.dumps({"files": asdict(files), "settings": asdict(settings)}, default=str)
    )


class Contrast(nn.Module):
    """An encoder with a loss over a batch of pairs."""

    def __init__(self, encoder: SentenceEncoder, settings: ContrastSettings) -> None:
        super().__init__()
        self.network = encoder.network
        self.encoder, self.settings = encoder, settings
        self.frame = frame_of(encoder.tokenizer)

    def forward(self, rows: list[list[int]], same: Tensor) -> dict[str, Tensor]:
        """The loss.

        Args:
            rows: pieces of the first sentences, then of the second ones.
            same: `(B, B)`, true where a pair is no negative.
        """
        settings = self.settings
        vectors = batch_vectors(self.encoder.layers, rows, settings.vectors, self.frame)
        first, second = normalize(vectors, dim=-1).chunk(2)
        cosines = first @ second.T
        if settings.loss == "hardest":
            loss = hardest_negative(cosines, same, scale=settings.scale, level=settings.level)
        else:
            loss = infonce(cosines, same, temperature=settings.temperature)
        return {"loss": loss}


class CollatePairs:
    """Pairs as one batch.

    Args:
        encoder: whose tokenizer is taken.
        settings: the prefix and the longest sentence.
    """

    def __init__(self, encoder: SentenceEncoder, settings: ContrastSettings) -> None:
        self.tokenizer = encoder.tokenizer
        self.prefix = settings.vectors.prefix
        self.limit = min(settings.training.max_length, encoder.layers.limit)

    def __call__(self, pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """Pieces of all first and all second sentences, and what is no negative."""
        texts = [self.prefix + pair[side] for side in (0, 1) for pair in pairs]
        encoded = self.tokenizer(texts, truncation=True, max_length=self.limit, verbose=False)
        return {"rows": encoded.input_ids, "same": _same(pairs)}


def _same(pairs: Sequence[tuple[str, str]]) -> Tensor:
    """True where two pairs share a side: the second of one may translate the first of the other."""
    sides = [[normalised(text) for text in side] for side in zip(*pairs, strict=True)]
    equal = [[[one == other for other in side] for one in side] for side in sides]
    return torch.tensor(equal).any(dim=0)


class ContrastTrainer(Trainer):
    """Trains an encoder on pairs, scored by retrieval on those held out.

    Args:
        encoder: to be trained.
        folder: for checkpoints.
        pairs: to learn from, to be scored on.
        settings: how.
        seed: of the order of pairs, and dropout.
        progress: show a bar.
    """

    def __init__(
        self,
        encoder: SentenceEncoder,
        folder: Path,
        pairs: TrainingPairs,
        settings: ContrastSettings,
        seed: int,
        progress: bool,
    ) -> None:
        scored = bool(pairs.held_out)
        patience = settings.training.patience if scored else None
        super().__init__(
            Contrast(encoder, settings),
            training_arguments(
                folder, settings.training, seed, len(pairs.rows), scored=scored, packed=True
            ),
            train_dataset=pairs.rows,
            eval_dataset=[row for rows in pairs.held_out.values() for row in rows] or None,
            data_collator=CollatePairs(encoder, settings),
            callbacks=[
                *([] if patience is None else [EarlyStoppingCallback(patience)]),
                *([Bar("tatoeba")] if progress else []),
            ],
        )
        for bar in (ProgressCallback, PrinterCallback):
            self.remove_callback(bar)
        self.encoder, self.settings = encoder, settings
        self.held_out: Mapping[str, Rows] = pairs.held_out
        self.model_accepts_loss_kwargs = False

    def create_optimizer(self, model: nn.Module | None = None) -> torch.optim.Optimizer:
        """The Trainer's optimiser, with a learning rate for each layer."""
        training, network = self.settings.training, self.encoder.network
        if training.freeze_embeddings:
            for part in network.modules():
                if isinstance(part, nn.Embedding):
                    part.requires_grad_(False)
        fresh = self.optimizer is None
        optimizer = super().create_optimizer(model)
        if fresh and training.layer_decay < 1:
            give_rates(optimizer, network, layer_rates(network, training.layer_decay))
        return optimizer

    def evaluate(self, *args: Any, **kwargs: Any) -> dict[str, float]:
        """Retrieval both ways on held-out pairs."""
        limit = self.settings.training.max_length
        vectors = replace(self.settings.vectors, max_length=limit)
        found = retrieve_rows(self.encoder, self.held_out, vectors)
        metrics = {SCORE: 100 * RetrievalTable(pairs=found, left_out={}).mean}
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        return metrics
