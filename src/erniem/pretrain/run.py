"""A recipe in, checkpoints out: the pre-training run as a library function."""

import json
from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch
from accelerate.utils import broadcast_object_list
from transformers import (
    PreTrainedTokenizerFast,
    TrainerCallback,
    TrainingArguments,
    set_seed,
)

from erniem import recipes
from erniem.alone import alone_in
from erniem.convert import load_start
from erniem.corpus.corpus import Corpus, open_corpus
from erniem.model.configuration import ErnieMConfig
from erniem.model.heads import ErnieMForMaskedLM
from erniem.pretrain.asking import Asking, CheckUp, partners_of
from erniem.pretrain.assemble import Assembler
from erniem.pretrain.checkpoints import last_checkpoint
from erniem.pretrain.checks import (
    RECIPE_FILE,
    check_asking,
    check_corpus,
    check_launcher,
    check_length,
    check_output,
    check_vocabulary,
)
from erniem.pretrain.compute import Filling, choose_attention, compile_layers
from erniem.pretrain.initial import start_repeating
from erniem.pretrain.recipe import Recipe
from erniem.pretrain.stream import PARALLEL, Stream
from erniem.pretrain.trainer import PROGRESS_FILE, PretrainTrainer
from erniem.tokenization import open_tokenizer, special_ids
from erniem.whole import whole_file

__all__ = ["PretrainResult", "micro_batches_each", "pretrain"]

MISFITS_FILE = "misfits.json"
"""How many sentences were cropped and pairs left out for their length, see `Stream.misfits`."""


@dataclass(frozen=True, kw_only=True)
class PretrainResult:
    """What a pre-training run leaves behind."""

    start: Path
    """The encoder before its first step."""
    stage1: Path | None
    """The encoder when stage 2 opened; None if it never did."""
    final: Path
    """The encoder after the last step."""
    opened_step: int | None
    """The step with which stage 2 opened."""
    recipe: Path
    """The resolved recipe."""
    log: list[dict[str, Any]]
    """The lines of the log: losses, accuracies, tokens, health, by step."""
    misfits: dict[str, dict[str, int]]
    """Objective → languages → pairs left out, or sentences cropped, for their length."""

    def summary(self) -> str:
        """Where the encoders lie, and what was too long for them."""
        opened = "it did not open" if self.opened_step is None else f"from step {self.opened_step}"
        lines = [f"final encoder: {self.final}", f"stage 2: {opened}"]
        for objective, counts in self.misfits.items():
            fate = "pairs left out" if objective in PARALLEL else "sentences cropped"
            lines.append(f"too long for {objective}: {sum(counts.values()):,} {fate}")
        return "\n".join([*lines, f"log: {self.final.parent / 'runs'}"])


def pretrain(recipe: Recipe, *, callbacks: Iterable[TrainerCallback] = ()) -> PretrainResult:
    """Pre-trains an encoder in two stages, or goes on where an earlier run of the recipe stopped.

    The output folder then holds `start/`, `stage1/` and `final/` (each loads with
    `from_pretrained`), `checkpoint-N/`, `recipe.yaml`, `trainer_state.json`, `all_results.json` and
    TensorBoard files.

    Args:
        recipe: the run, see `erniem.pretrain.recipe`.
        callbacks: further callbacks of transformers' Trainer.

    Raises:
        ValueError: a recipe that does not fit its corpus, its start or the run found in its output;
            another process at work in its output.
        OSError: a checkpoint that could not be written; the ones before it stay whole.
        InterruptedError: a callback or a signal stopped the run; run again, it goes on.
    """
    corpus = open_corpus(recipe.corpus)
    languages = _languages(recipe, corpus)
    check_output(recipe)
    arguments = training_arguments(recipe)
    recipe = _with_attention(recipe, arguments)
    tokenizer = open_tokenizer(corpus.tokenizer_folder)
    set_seed(recipe.seed)
    model = _model(recipe, corpus, tokenizer)
    check_length(recipe, model)
    model.set_attn_implementation(recipe.compute.attention)
    compile_layers(model, recipe.compute)
    trainer = _trainer(recipe, arguments, corpus, languages, model, tokenizer, callbacks)
    with alone_in(recipe.output) if arguments.should_save else nullcontext():
        if arguments.should_save:
            with whole_file(recipe.output / RECIPE_FILE) as partial:
                recipes.write(recipe, partial)
            misfits = trainer.assembler.stream.misfits
            (recipe.output / MISFITS_FILE).write_text(json.dumps(misfits, indent=1) + "\n")
        checkpoint, finished = _found(recipe.output)
        if checkpoint is None:
            trainer.save_folder("start")
        elif not finished:
            check_corpus(recipe, checkpoint, model, tokenizer)
        if not finished:
            trainer.train_from(checkpoint)
            trainer.save_folder("final")
    return _result(recipe)


def _with_attention(recipe: Recipe, arguments: TrainingArguments) -> Recipe:
    """The recipe with the attention that runs here in the place of `auto`."""
    compute = recipe.compute
    chosen: Any = choose_attention(
        compute,
        device=arguments.device.type,
        half=arguments.bf16 or arguments.fp16,
        dropout=recipe.dropout,
    )
    return replace(recipe, compute=replace(compute, attention=chosen))


def _found(output: Path) -> tuple[Path | None, bool]:
    """The checkpoint to go on from and whether the run is finished, as process 0 sees it.

    On a network's file system another machine may see a folder later, and go another way.
    """
    found = [(last_checkpoint(output), (output / "final").exists())]
    (seen,) = broadcast_object_list(found)
    return seen


def _languages(recipe: Recipe, corpus: Corpus) -> tuple[str, ...]:
    """The languages to train on, each with text in the corpus."""
    languages = corpus.languages if recipe.languages is None else tuple(recipe.languages)
    missing = sorted(set(languages) - set(corpus.languages))
    if missing:
        raise ValueError(
            f"the recipe names {', '.join(missing)}, but {recipe.corpus} has only "
            f"{', '.join(corpus.languages)}: build the corpus with it, or take it out of "
            "`languages`."
        )
    return languages


def _model(recipe: Recipe, corpus: Corpus, tokenizer: PreTrainedTokenizerFast) -> ErnieMForMaskedLM:
    """The encoder at its start: from nothing, or from a checkpoint of the corpus's vocabulary."""
    if recipe.start is None:
        model = ErnieMForMaskedLM(_configuration(recipe, corpus, len(tokenizer)))
        if recipe.encoder.initial == "repeating":
            start_repeating(model, corpus.piece_counts)
        return model
    check_vocabulary(recipe, tokenizer)
    return load_start(recipe.start, languages=list(corpus.languages), dropout=recipe.dropout)


def _configuration(recipe: Recipe, corpus: Corpus, vocabulary_size: int) -> ErnieMConfig:
    """The configuration of an encoder from nothing."""
    encoder = recipe.encoder
    return ErnieMConfig(
        vocab_size=vocabulary_size,
        languages=list(corpus.languages),
        hidden_size=encoder.hidden_size,
        num_hidden_layers=encoder.num_hidden_layers,
        num_attention_heads=encoder.num_attention_heads,
        intermediate_size=encoder.intermediate_size,
        max_position_embeddings=encoder.max_position_embeddings,
        initializer_range=encoder.initializer_range,
        hidden_dropout_prob=recipe.dropout,
        attention_probs_dropout_prob=recipe.dropout,
    )


def training_arguments(recipe: Recipe) -> TrainingArguments:
    """The recipe in the words of transformers' Trainer."""
    check_launcher()
    optimization, checkpoints = recipe.optimization, recipe.checkpoints
    ours: dict[str, Any] = {
        "output_dir": str(recipe.output),
        "max_steps": recipe.steps,
        "per_device_train_batch_size": 1,
        "gradient_accumulation_steps": 1,  # until the number of processes is known, see below
        "learning_rate": optimization.learning_rate,
        "warmup_steps": optimization.warmup_steps,
        "lr_scheduler_type": optimization.schedule,
        "adam_beta1": optimization.beta1,
        "adam_beta2": optimization.beta2,
        "adam_epsilon": optimization.epsilon,
        "weight_decay": optimization.weight_decay,
        "max_grad_norm": optimization.clip,
        "logging_steps": checkpoints.log_every,
        "save_steps": checkpoints.every,
        "save_total_limit": checkpoints.keep,
        "seed": recipe.seed,
        "ignore_data_skip": True,
        "remove_unused_columns": False,
    }
    known = {field.name for field in fields(TrainingArguments)}
    for name in recipe.trainer:
        if name not in known:
            raise ValueError(
                f"trainer.{name}: transformers' TrainingArguments has no such argument."
            )
        if name.startswith("torch_compile"):
            raise ValueError(f"trainer.{name}: write `compute.compile` in the recipe instead.")
        if name in ("fsdp", "fsdp_config"):
            raise ValueError(f"trainer.{name}: write `parallel: fsdp2` in the recipe instead.")
        if name in ours:
            raise ValueError(
                f"trainer.{name}: the recipe sets this elsewhere; take it out of `trainer`."
            )
    defaults = {
        "report_to": "tensorboard",
        "use_cpu": not torch.accelerator.is_available(),
        "ddp_find_unused_parameters": False,
    }
    arguments = TrainingArguments(**{**defaults, **recipe.trainer, **ours})
    if arguments.n_gpu > 1:
        raise ValueError(
            f"one process sees {arguments.n_gpu} GPUs: start one process a GPU, "
            f"`torchrun --nproc-per-node {arguments.n_gpu} -m erniem pretrain …`."
        )
    if recipe.parallel == "fsdp2" and arguments.world_size == 1:
        raise ValueError(
            "parallel: fsdp2 shares the weights out over processes, and there is one: start more, "
            "`torchrun --nproc-per-node 2 -m erniem pretrain …`, or take it out."
        )
    arguments.gradient_accumulation_steps = micro_batches_each(
        recipe.micro_batches, arguments.world_size
    )
    return arguments


def micro_batches_each(micro_batches: int, processes: int) -> int:
    """Micro-batches of a step that each process works on.

    Raises:
        ValueError: they cannot be shared evenly.

    Example: 8 micro-batches, 4 processes → 2.
    """
    if micro_batches % processes:
        fitting = [str(one) for one in range(1, micro_batches + 1) if micro_batches % one == 0]
        raise ValueError(
            f"a step has {micro_batches} micro-batches, which {processes} processes cannot share "
            f"evenly: start {', '.join(fitting)}, or begin a new run with another "
            "batch.tokens_per_step or batch.tokens_per_micro_batch."
        )
    return micro_batches // processes


def _trainer(
    recipe: Recipe,
    arguments: TrainingArguments,
    corpus: Corpus,
    languages: tuple[str, ...],
    model: ErnieMForMaskedLM,
    tokenizer: PreTrainedTokenizerFast,
    callbacks: Iterable[TrainerCallback],
) -> PretrainTrainer:
    """Everything put together."""
    special = special_ids(tokenizer)
    settings = recipe.objectives
    counts = corpus.piece_counts
    stream = Stream(
        corpus,
        [recipe.stage1.mix, recipe.stage2.mix if recipe.stage2.steps else {}],
        languages=languages,
        budget=recipe.batch.tokens_per_micro_batch,
        alpha=recipe.batch.alpha,
        max_length=recipe.batch.max_length,
        seed=recipe.seed,
        sources=recipe.batch.sources,
        per_step=recipe.micro_batches,
    )
    partners = partners_of(corpus, languages, settings.btmlm.targets)
    multiple, longest = recipe.compute.pad_to_multiple_of, recipe.batch.max_length
    filling = multiple and Filling(multiple=multiple, longest=longest, pad=special.pad)
    asking = Asking(settings, special, counts, recipe.seed, filling or None)
    check_up = CheckUp(
        corpus,
        tokenizer,
        languages=languages,
        pairs=recipe.health.pairs,
        max_length=recipe.batch.max_length,
        asking=asking,
        settings=settings,
        counts=counts,
    )
    check_asking(recipe, languages, bool(check_up))
    return PretrainTrainer(
        model,
        arguments,
        recipe=recipe,
        assembler=Assembler(stream, special, settings, partners, recipe.seed, counts),
        asking=asking,
        check_up=check_up if recipe.health.every and check_up else None,
        tokenizer=tokenizer,
        callbacks=callbacks,
    )


def _result(recipe: Recipe) -> PretrainResult:
    """What a finished run's folder says."""
    state = json.loads((recipe.output / "trainer_state.json").read_text())
    told = recipe.output / PROGRESS_FILE
    if not told.exists():  # a run that an older version finished
        checkpoint = last_checkpoint(recipe.output)
        assert checkpoint is not None, "a finished run has a checkpoint"
        told = checkpoint / PROGRESS_FILE
    progress = json.loads(told.read_text())
    opened = progress["opened_at"][1:]
    return PretrainResult(
        start=recipe.output / "start",
        stage1=recipe.output / "stage1" if opened else None,
        final=recipe.output / "final",
        opened_step=opened[0] // recipe.micro_batches if opened else None,
        recipe=recipe.output / RECIPE_FILE,
        log=state["log_history"],
        misfits=json.loads((recipe.output / MISFITS_FILE).read_text()),
    )
