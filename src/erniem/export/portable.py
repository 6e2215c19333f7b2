"""What lies beside a graph, under the names that others know: XLM-R's config.

And what others' tokenizers make of the sentences tried: they know no segmentation of ours.
"""

from pathlib import Path

from transformers import AutoTokenizer, PreTrainedTokenizerFast

from erniem.convert.quiet import quiet
from erniem.convert.xlm_roberta import KINDS, portable_config
from erniem.export.sentences import try_sentences
from erniem.model.encoder import ErnieMPreTrainedModel

__all__ = ["describe_split", "split_otherwise", "write_config"]


def write_config(model: ErnieMPreTrainedModel, folder: Path, **more: object) -> None:
    """Writes `config.json` with XLM-R's settings, and settings of whoever reads it."""
    kind = KINDS.get(type(model), type(model))
    config = portable_config(model.config)
    config.architectures = [kind.__name__]
    for name, value in more.items():
        setattr(config, name, value)
    with quiet():
        config.save_pretrained(folder)


def split_otherwise(tokenizer: PreTrainedTokenizerFast, folder: Path) -> int:
    """How many of the hundred sentences others split otherwise.

    Args:
        tokenizer: the model's own.
        folder: with what was written for others.
    """
    sentences = try_sentences()
    theirs = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    both = zip(tokenizer(sentences).input_ids, theirs(sentences).input_ids, strict=True)
    return sum(mine != yours for mine, yours in both)


def describe_split(otherwise: int) -> str:
    """For people: what others' tokenizers do with the sentences tried."""
    return (
        f"Of 100 sentences tried, {otherwise} are split otherwise by tokenizer.json alone, which "
        "is all\nthat readers without erniem have: their outputs are then not quite the model's."
    )
