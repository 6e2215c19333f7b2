"""Does a recipe fit its corpus, its start, the run in its output, and what launched it.

Each raises ValueError with the key or the folder, and the way out.
"""

import os
from pathlib import Path

import yaml
from transformers import PreTrainedTokenizerFast

from erniem import recipes
from erniem.model.configuration import ErnieMConfig
from erniem.model.heads import ErnieMForMaskedLM
from erniem.pretrain.recipe import Recipe
from erniem.tokenization import fingerprint, open_tokenizer

__all__ = [
    "RECIPE_FILE",
    "check_asking",
    "check_corpus",
    "check_launcher",
    "check_length",
    "check_output",
    "check_vocabulary",
]

RECIPE_FILE = "recipe.yaml"
FREE_TO_CHANGE = ("output", "checkpoints", "compute", "parallel", "trainer")
"""Parts of a recipe that a resumed run may change: they leave the curve as it is."""


def check_output(recipe: Recipe) -> None:
    """A run that is found in the output must be of this recipe."""
    saved = recipe.output / RECIPE_FILE
    if not saved.exists():
        return
    ours, theirs = recipes.plain(recipe), yaml.safe_load(saved.read_text())
    changed = [key for key in ours if key not in FREE_TO_CHANGE and ours[key] != theirs.get(key)]
    if changed:
        raise ValueError(
            f"{recipe.output} holds a run of another recipe: {', '.join(changed)} "
            f"{'differs' if len(changed) == 1 else 'differ'} from {saved}; "
            "choose another output, or delete that run."
        )


def check_corpus(
    recipe: Recipe, checkpoint: Path, model: ErnieMForMaskedLM, tokenizer: PreTrainedTokenizerFast
) -> None:
    """A run goes on with the pieces and languages that it began with."""
    theirs = ErnieMConfig.from_pretrained(checkpoint).languages
    same_pieces = fingerprint(open_tokenizer(checkpoint)) == fingerprint(tokenizer)
    if theirs != model.config.languages or not same_pieces:
        raise ValueError(
            f"{recipe.corpus} was built anew since {checkpoint} was written, with other "
            f"{'languages' if same_pieces else 'pieces'}: bring the old corpus back, or choose "
            "another output."
        )


def check_length(recipe: Recipe, model: ErnieMForMaskedLM) -> None:
    """No sequence may be longer than the encoder has positions for."""
    assert isinstance(model.config, ErnieMConfig)
    longest = model.config.longest_sequence
    if recipe.batch.max_length > longest:
        raise ValueError(
            f"batch.max_length is {recipe.batch.max_length}, but the encoder reads at most "
            f"{longest} tokens: lower it, or give the encoder more positions."
        )


def check_vocabulary(recipe: Recipe, tokenizer: PreTrainedTokenizerFast) -> None:
    """The shards must have been encoded with the vocabulary of the checkpoint to start from."""
    assert recipe.start is not None
    theirs = open_tokenizer(recipe.start)
    if fingerprint(theirs) != fingerprint(tokenizer):
        raise ValueError(
            f"{recipe.corpus} was encoded with another vocabulary ({len(tokenizer)} pieces) than "
            f"{recipe.start} has ({len(theirs)} pieces): build the corpus again with "
            f"`erniem corpus build … --tokenizer {recipe.start}`."
        )


def check_launcher() -> None:
    """accelerate's launcher may ask for a compiler, of the whole encoder and by the environment."""
    backend = os.environ.get("ACCELERATE_DYNAMO_BACKEND", "no")
    if backend.lower() != "no":
        raise ValueError(
            f"accelerate is to compile by {backend} (ACCELERATE_DYNAMO_BACKEND), every pack anew: "
            "launch without --dynamo_backend, and write `compute.compile` in the recipe instead."
        )


def check_asking(recipe: Recipe, languages: tuple[str, ...], can_check: bool) -> None:
    """BTMLM wants another language to ask in, and pairs to look at its answers, if it is to."""
    if not (recipe.stage2.steps and recipe.stage2.mix.get("btmlm")):
        return
    named = ", ".join(languages)
    if len(set(languages)) < 2:
        raise ValueError(
            f"stage2.mix.btmlm: BTMLM answers in another language, and there is {named} alone: add "
            "one, or take btmlm out."
        )
    if recipe.health.every and not can_check:
        raise ValueError(
            f"health.every is {recipe.health.every}, but {recipe.corpus} holds back no pairs of "
            f"{named}: build it with held_out, or open stage 2 by its steps (health.every: 0)."
        )
