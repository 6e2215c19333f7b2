"""A sentence encoder as a folder that `SentenceTransformer(folder)` loads, without us.

```text
encoder, layers above left out ─▶ XLM-R ─▶ model.safetensors, config.json ─┐
tokenizer ─▶ tokenizer.json     prefix ─▶ config_sentence_transformers.json┼─▶ modules.json
pooling ─┬─ mean, cls ─▶ 1_Pooling ────────────────────────────────────────┤
         └─ mean_text ─▶ 1_WordWeights, which lets special tokens count ───┘
                         next to nothing, and 2_Pooling, mean
```
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModel, PreTrainedTokenizerFast

from erniem.convert.checkpoint import read_checkpoint
from erniem.convert.quiet import quiet
from erniem.convert.xlm_roberta import to_xlm_roberta
from erniem.embed.encoders import SentenceEncoder
from erniem.embed.settings import VectorSettings
from erniem.export.card import write_sentence_transformers_card
from erniem.export.check import Agreement, agreement_of
from erniem.export.networks import as_far_as
from erniem.export.portable import describe_split, split_otherwise
from erniem.export.sentences import try_sentences
from erniem.export.settings import describe, settings_for
from erniem.model.encoder import ErnieMPreTrainedModel
from erniem.tokenization import open_tokenizer, save_portable
from erniem.whole import whole_or_not_at_all

__all__ = ["Shared", "export_sentence_transformers"]

TOLERANCE = 1e-5
"""Greatest difference to our vectors, whose numbers are about 1: rounding gives a tenth of it."""

HARDLY = 1e-8
"""What a special token counts under `mean_text`, where a token of the text counts 1: less than
float32 resolves. Of an empty text they are all there is, and their mean is the vector."""

LIBRARY = "sentence_transformers.models"
"""Where all versions of the library find its modules."""

Facts = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What was written."""

    folder: Path
    settings: VectorSettings
    agreement: Agreement
    """How far transformers' XLM-R gives our vectors."""
    otherwise: int
    """Sentences of those tried that others' tokenizers split otherwise than the model's own."""

    def lines(self) -> Iterator[str]:
        """For people."""
        yield f"for sentence-transformers in {self.folder}: {describe(self.settings)}"
        yield f"transformers' XLM-R beside ours, {self.agreement.words()}"
        if self.otherwise:
            yield describe_split(self.otherwise)


def export_sentence_transformers(source: Path, output: Path, **vectors: Any) -> Shared:
    """Writes a folder that the library sentence-transformers loads, with the same vectors.

    A layer below the last is exported by leaving out those above, which is exact.

    Args:
        source: a checkpoint that `read_checkpoint` reads, with its tokenizer; a head is left aside.
        output: folder to make: whole or not at all.
        vectors: `layer`, `pooling`, `prefix` of sentence vectors; see `settings_for`.

    Raises:
        ValueError: no checkpoint, an output that is there, settings that XLM-R's shape does not
            have, vectors that come out otherwise.
        OSError: it could not be written.
    """
    if output.exists():
        raise ValueError(f"{output} is there already: name a new folder.")
    read = read_checkpoint(source, dtype=torch.float32)
    folder = source if source.is_dir() else source.parent
    tokenizer = open_tokenizer(folder)
    settings = settings_for(folder, vectors)
    with whole_or_not_at_all(output) as partial:
        _write_network(read.model, settings, partial)
        save_portable(tokenizer, partial, max_length=read.model.config.longest_sequence)
        _write_modules(tokenizer, settings, read.model.config, partial)
        shared = Shared(
            folder=output,
            settings=settings,
            agreement=_checked(read.model, tokenizer, settings, partial),
            otherwise=split_otherwise(tokenizer, partial),
        )
        write_sentence_transformers_card(partial, read, shared)
    return shared


def _write_network(model: ErnieMPreTrainedModel, settings: VectorSettings, folder: Path) -> None:
    """XLM-R as far as the layer; its pooler, which vectors do without, is zero."""
    with quiet():
        theirs = to_xlm_roberta(as_far_as(model, settings))
        for value in theirs.pooler.parameters():
            value.data.zero_()
        theirs.save_pretrained(folder)


def _write_modules(
    tokenizer: PreTrainedTokenizerFast, settings: VectorSettings, config: Any, folder: Path
) -> None:
    """What sentence-transformers reads, in the form that all its versions do."""
    length = min(settings.max_length, config.longest_sequence)
    modules: list[tuple[str, str, Facts]] = []
    if settings.pooling == "mean_text":
        modules.append(("1_WordWeights", "WordWeights", _weights(tokenizer, config.vocab_size)))
    pooling = {
        "word_embedding_dimension": config.hidden_size,
        "pooling_mode_cls_token": settings.pooling == "cls",
        "pooling_mode_mean_tokens": settings.pooling != "cls",
    }
    modules.append((f"{len(modules) + 1}_Pooling", "Pooling", pooling))
    paths = [("", "Transformer"), *((path, kind) for path, kind, _ in modules)]
    _write(
        folder / "modules.json",
        [
            {"idx": place, "name": str(place), "path": path, "type": f"{LIBRARY}.{kind}"}
            for place, (path, kind) in enumerate(paths)
        ],
    )
    for path, _, facts in modules:
        (folder / path).mkdir()
        _write(folder / path / "config.json", facts)
    _write(folder / "sentence_bert_config.json", {"max_seq_length": length, "do_lower_case": False})
    _write(folder / "config_sentence_transformers.json", _prompts(settings))


def _prompts(settings: VectorSettings) -> Facts:
    """The prefix before every text, by whichever of `encode`, `encode_query`, `encode_document`."""
    return {
        "similarity_fn_name": "cosine",
        "prompts": dict.fromkeys(("query", "document"), settings.prefix),
        "default_prompt_name": "query" if settings.prefix else None,
    }


def _weights(tokenizer: PreTrainedTokenizerFast, size: int) -> Facts:
    """What each piece counts in the mean: the frame hardly, all others 1.

    The library asks for a piece in lower case where it knows no weight of it: `</S>` is named.
    """
    frame = {tokenizer.cls_token_id, tokenizer.sep_token_id}
    pieces = [str(one) for one in tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))]
    pieces += [f"<unused{place}>" for place in range(len(pieces), size)]
    counts = {pieces[place]: HARDLY for place in sorted(frame)}
    counts |= {one: 1.0 for one in pieces if one not in counts and one.lower() in counts}
    return {"vocab": pieces, "word_weights": counts, "unknown_word_weight": 1.0}


def _write(path: Path, facts: object) -> None:
    path.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _checked(
    model: ErnieMPreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    settings: VectorSettings,
    folder: Path,
) -> Agreement:
    """transformers' XLM-R, read again and padded, beside ours.

    Raises:
        ValueError: they differ.
    """
    sentences = try_sentences()
    with quiet():
        theirs: Any = AutoModel.from_pretrained(folder, local_files_only=True)
    found = SentenceEncoder(theirs, tokenizer).vectors(sentences, replace(settings, layer="last"))
    right = SentenceEncoder(model, tokenizer).vectors(sentences, settings)
    agreement = agreement_of([found], [right])
    if not agreement.greatest <= TOLERANCE:
        raise ValueError(
            f"XLM-R's vectors differ by {agreement.greatest:.1e} from ours, more than "
            f"{TOLERANCE:.0e}: nothing is written; look at the weights (erniem doctor)."
        )
    return agreement
