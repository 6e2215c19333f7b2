"""Any checkpoint that we read, written as any that others read.

```text
SRC ─read_checkpoint─▶ our model ─┬─ erniem         safetensors, our names
                                  ├─ transformers4  safetensors, attention's projections twice over
                                  ├─ paddle         model_state.pdparams, Linear weights turned
                                  └─ xlm-r          what transformers 5 loads without us
```
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from erniem.convert.card import write_card
from erniem.convert.checkpoint import Checkpoint, read_checkpoint
from erniem.convert.names import LABELS, SHAPE
from erniem.convert.paddle import write_pdparams
from erniem.convert.quiet import quiet
from erniem.convert.tokenizers import carry_tokenizer
from erniem.convert.xlm_roberta import to_xlm_roberta
from erniem.model import heads
from erniem.model.configuration import ErnieMConfig
from erniem.model.encoder import ErnieMModel, ErnieMPreTrainedModel
from erniem.whole import whole_or_not_at_all

__all__ = ["TARGETS", "Converted", "convert", "save_portable"]

DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}

SETTINGS = (*SHAPE, *LABELS, "max_position_embeddings", "act_dropout")
"""What transformers 4's and PaddleNLP's configs of ERNIE-M have, too."""


@dataclass(frozen=True, kw_only=True)
class Converted:
    """What was converted, and what could not be."""

    source: Checkpoint
    target: str
    folder: Path
    left: tuple[str, ...]
    """Weights of ours that the target has no place for."""
    tokenizer: tuple[str, ...]
    """Files of the tokeniser that were carried over."""

    def lines(self) -> Iterator[str]:
        """For people."""
        model = self.source.model
        millions = sum(one.numel() for one in model.parameters()) / 1e6
        yield (
            f"{self.source.kind} → {self.target}: {type(model).__name__}, {millions:.1f} million "
            f"parameters, {str(model.dtype).removeprefix('torch.')}, in {self.folder}"
        )
        if self.source.unread:
            yield f"not read, {len(self.source.unread)}: {', '.join(self.source.unread)}"
        if self.left:
            yield f"left behind, {len(self.left)}: {', '.join(self.left)}"
        yield f"tokeniser: {', '.join(self.tokenizer) or 'none beside the weights'}"


def convert(
    source: Path,
    target: Path,
    *,
    to: str = "erniem",
    dtype: str | None = None,
    architecture: str | None = None,
) -> Converted:
    """Converts a checkpoint.

    Args:
        source: a folder of any kind that `read_checkpoint` reads.
        target: folder to make: whole or not at all.
        to: one of `TARGETS`.
        dtype: of the weights written; as they are if None.
        architecture: our class, where the source's config does not name it.

    Raises:
        ValueError: an unknown target or type, a folder that is there already, a model that the
            target cannot hold, and all that `read_checkpoint` raises.
    """
    if to not in TARGETS:
        raise ValueError(f"{to!r} is no target; these are: {', '.join(TARGETS)}.")
    if dtype is not None and dtype not in DTYPES:
        raise ValueError(f"{dtype!r} is no type of weights; these are: {', '.join(DTYPES)}.")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ValueError(f"{target} is there already: name a new folder.")
    chosen = None if dtype is None else DTYPES[dtype]
    read = read_checkpoint(source, architecture=architecture, dtype=chosen)
    with whole_or_not_at_all(target) as partial:
        with quiet():
            left = TARGETS[to](read.model, partial)
        carried = carry_tokenizer(
            source if source.is_dir() else source.parent,
            partial,
            source=read.kind,
            to=to,
            extraction=isinstance(read.model, heads.ErnieMForInformationExtraction),
        )
        _write_card(partial, read, to, left)
    return Converted(source=read, target=to, folder=target, left=left, tokenizer=carried)


def save_portable(model: ErnieMPreTrainedModel, folder: Path) -> None:
    """Writes a folder that transformers 5 loads without us, as XLM-R.

    Args:
        model: ours, with any head that XLM-R has too.
        folder: gets `config.json` and `model.safetensors`.

    Raises:
        ValueError: a head or setting that XLM-R does not have.
    """
    with quiet():
        to_xlm_roberta(model).save_pretrained(folder)


def _write_ours(model: Any, folder: Path) -> tuple[str, ...]:
    model.save_pretrained(folder)
    return ()


def _write_xlm_r(model: Any, folder: Path) -> tuple[str, ...]:
    save_portable(model, folder)
    return tuple(name for name in model.state_dict() if "language_embeddings" in name)


def _write_transformers4(model: Any, folder: Path) -> tuple[str, ...]:
    """As transformers 4.x saves it: a masked LM as the encoder alone, for it has no such head."""
    state, left = _without_ours(model)
    named = {}
    for name, value in state.items():
        for one in ("q_proj", "k_proj", "v_proj"):
            name = name.replace(f".self_attn.{one}.", f".self_attn.self_attn.{one}.")
        named[name] = value.contiguous()
    save_file(named, folder / "model.safetensors", metadata={"format": "pt"})
    _write_config(model, folder, _old_class(model).__name__)
    return left


def _write_paddle(model: Any, folder: Path) -> tuple[str, ...]:
    """As PaddleNLP saves it, whose settings are fewer.

    Raises:
        ValueError: a feed-forward width or an epsilon that PaddleNLP has built in otherwise.
    """
    config = model.config
    if config.intermediate_size != 4 * config.hidden_size or config.layer_norm_eps != 1e-5:
        raise ValueError(
            f"intermediate_size {config.intermediate_size} and layer_norm_eps "
            f"{config.layer_norm_eps}: PaddleNLP's ERNIE-M is always 4 × {config.hidden_size} "
            "wide, with 1e-05."
        )
    state, left = _without_ours(model)
    named = {}
    for name, value in state.items():
        turned = value.dim() == 2 and "embeddings." not in name
        named[name.replace("qa_outputs.", "classifier.")] = value.T if turned else value
    write_pdparams(named, folder / "model_state.pdparams")
    name = _old_class(model).__name__
    more = {}
    if isinstance(model, heads.ErnieMForMultipleChoice):  # PaddleNLP's takes so many, always
        more["num_choices"] = getattr(config, "num_choices", None) or 2
    name = "UIEM" if name == "ErnieMForInformationExtraction" else name
    _write_config(model, folder, name, **more)
    return left


def _old_class(model: Any) -> type[ErnieMPreTrainedModel]:
    """The class that others have: the encoder, of a masked language model."""
    return ErnieMModel if isinstance(model, heads.ErnieMForMaskedLM) else type(model)


def _without_ours(model: Any) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """Weights that others have, and the names of the rest: masked-LM head, languages."""
    state = model.state_dict()
    left = tuple(name for name in state if "language_embeddings" in name or "lm_head." in name)
    kept = {name: value for name, value in state.items() if name not in left}
    if isinstance(model, heads.ErnieMForMaskedLM):
        kept = {name.removeprefix("ernie_m."): value for name, value in kept.items()}
    return kept, left


def _write_config(model: Any, folder: Path, architecture: str, **more: int) -> None:
    config: ErnieMConfig = model.config
    settings = {name: getattr(config, name) for name in SETTINGS}
    facts = {
        "architectures": [architecture],
        "model_type": "ernie_m",
        **{name: value for name, value in settings.items() if value is not None},
        **more,
        "torch_dtype": str(model.dtype).removeprefix("torch."),
    }
    (folder / "config.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


TARGETS: Mapping[str, Callable[[Any, Path], tuple[str, ...]]] = {
    "erniem": _write_ours,
    "transformers4": _write_transformers4,
    "paddle": _write_paddle,
    "xlm-r": _write_xlm_r,
}
"""Who writes each target; each returns the weights that it has no place for."""

LOADING = {
    "erniem": "import erniem  # registers ernie_m\nfrom transformers import AutoModel\n\n",
    "transformers4": "# transformers 4.27 to 4.57\nfrom transformers import AutoModel\n\n",
    "paddle": "from paddlenlp.transformers import AutoModel\n\n",
    "xlm-r": "from transformers import AutoModel\n\n",
}


def _write_card(folder: Path, read: Checkpoint, target: str, left: tuple[str, ...]) -> None:
    """Where these weights come from, and how they are loaded."""
    write_card(
        folder,
        read,
        title=f"{type(read.model).__name__}, as {target}",
        library_name="transformers" if target != "paddle" else "paddlenlp",
        facts=[
            f"Not read: {', '.join(read.unread) or 'nothing'}.\n"
            f"Left behind: {', '.join(left) or 'nothing'}."
        ],
        code=f'{LOADING[target]}model = AutoModel.from_pretrained("this folder")'.splitlines(),
    )
