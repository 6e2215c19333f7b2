"""A folder of weights of any kind that we know, read as one of our models.

```text
ours, transformers 4 ─ safetensors or .bin, in shards or not ─┐
PaddleNLP ─ .pdparams, Linear weights turned ─────────────────┼─ names ─▶ class by its head ─▶ model
the authors' static graph ─ one file a parameter, turned ─────┘
XLM-R, RoBERTa, CamemBERT, BERT ─ transformers ─ from_xlm_roberta, from_bert ────────────────▶ model
```
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
import transformers
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from erniem.convert.bert import from_bert
from erniem.convert.paddle import is_static, read_pdparams, read_static
from erniem.convert.quiet import quiet
from erniem.convert.xlm_roberta import KINDS, from_xlm_roberta
from erniem.model import heads
from erniem.model.configuration import ErnieMConfig
from erniem.model.encoder import ErnieMModel, ErnieMPreTrainedModel

__all__ = ["CLASSES", "Checkpoint", "Kind", "kind_of", "read_checkpoint"]

Kind = Literal["erniem", "transformers4", "paddle", "static", "xlm-r", "bert"]

CLASSES: dict[str, type[ErnieMPreTrainedModel]] = {kind.__name__: kind for kind in KINDS} | {
    "ErnieMForInformationExtraction": heads.ErnieMForInformationExtraction,
    "UIEM": heads.ErnieMForInformationExtraction,
}
"""Our classes by the names in configs, PaddleNLP's name for UIE-M among them."""

XLM_R = ("xlm-roberta", "roberta", "camembert")
"""The `model_type`s that are XLM-R under other names."""

CONFIGS = ("config.json", "model_config.json", "ernie_config.json")
"""Where a folder's settings lie: today's, PaddleNLP's old one, the authors'."""

OLD_SETTINGS = {
    "hidden_dropout": "hidden_dropout_prob",
    "attention_dropout": "attention_probs_dropout_prob",
    "num_classes": "num_labels",
    "dropout": "classifier_dropout",
}


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A model, and how it was come by."""

    model: Any
    """Ours, in evaluation mode."""
    kind: Kind
    """What the folder was."""
    files: tuple[Path, ...]
    """The files of weights that were read."""
    unread: tuple[str, ...]
    """Weights of theirs that ours has no place for."""


def read_checkpoint(path: Path, *, architecture: str | None = None) -> Checkpoint:
    """Reads a checkpoint of any kind.

    Args:
        path: a folder with a config and weights, or a `.pdparams` file with its config beside it.
        architecture: our class, where a config does not name it; by the weights' names if None.

    Raises:
        ValueError: no such folder, no kind that we know, a class that cannot be told, weights that
            are missing, of another shape, damaged or hostile.
    """
    path = Path(path)
    folder = path if path.is_dir() else path.parent
    if not path.exists():
        raise ValueError(f"{path} does not exist: name a folder with a checkpoint.")
    kind = kind_of(path)
    if kind in ("xlm-r", "bert"):
        return _read_transformers(folder, kind)
    facts = _facts(folder)
    state, files = _weights(path, kind)
    named = _ours(state, kind)
    chosen = _class(architecture, facts, named, path)
    return _filled(chosen, _config(facts, named), named, kind=kind, files=files)


def kind_of(path: Path) -> Kind:
    """What a folder, or a file in one, is.

    Raises:
        ValueError: none of the kinds that we know.
    """
    folder = path if path.is_dir() else path.parent
    if path.suffix == ".pdparams" or (path.is_dir() and any(folder.glob("*.pdparams"))):
        return "paddle"
    if is_static(folder):
        return "static"
    model_type = _facts(folder).get("model_type")
    if model_type in XLM_R:
        return "xlm-r"
    if model_type == "bert":
        return "bert"
    if model_type == "ernie_m":
        return "erniem"
    raise ValueError(
        f"{path} is of type {model_type!r}, which is none that we know: ernie_m (ours, "
        "transformers 4's, PaddleNLP's .pdparams, the authors' static graph), "
        f"{', '.join(XLM_R)}, bert."
    )


def _facts(folder: Path) -> dict[str, Any]:
    """What the config says, whatever it is called."""
    for name in CONFIGS:
        if (folder / name).is_file():
            try:
                facts = json.loads((folder / name).read_text(encoding="utf-8"))
            except ValueError as error:
                raise ValueError(f"{folder / name} is no JSON: {error}.") from error
            if not isinstance(facts, dict):
                raise ValueError(f"{folder / name} holds no settings by name.")
            return _flat(facts)
    raise ValueError(
        f"{folder} has none of {', '.join(CONFIGS)}: put the config beside the weights."
    )


def _flat(facts: dict[str, Any]) -> dict[str, Any]:
    """PaddleNLP's old configs nest the encoder's settings in those of the head."""
    inner = facts.get("init_args")
    nested = inner[0] if isinstance(inner, list) and inner and isinstance(inner[0], dict) else {}
    flat = {**nested, **facts}
    if "init_class" in facts:
        flat["architectures"] = [facts["init_class"]]
    for old, new in OLD_SETTINGS.items():
        if old in flat and new not in flat:
            flat[new] = flat[old]
    return flat


def _weights(path: Path, kind: Kind) -> tuple[dict[str, Tensor], tuple[Path, ...]]:
    """The weights as they lie there, and their files."""
    if kind == "paddle":
        files = [path] if path.is_file() else sorted(path.glob("*.pdparams"))
        if len(files) > 1:
            names = ", ".join(file.name for file in files)
            raise ValueError(f"{path} has several .pdparams ({names}): name one of them.")
        return read_pdparams(files[0]), (files[0],)
    if kind == "static":
        return read_static(path), tuple(sorted(one for one in path.iterdir() if one.is_file()))
    return _torch_weights(path)


def _torch_weights(folder: Path) -> tuple[dict[str, Tensor], tuple[Path, ...]]:
    """Weights of `model.safetensors` or `pytorch_model.bin`, whole or in shards."""
    for whole in ("model.safetensors", "pytorch_model.bin"):
        index = folder / f"{whole}.index.json"
        if (folder / whole).is_file():
            files = [folder / whole]
        elif index.is_file():
            parts = json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()
            files = [folder / name for name in sorted(set(parts))]
        else:
            continue
        state: dict[str, Tensor] = {}
        for file in files:
            state |= _torch_file(file)
        return state, tuple(files)
    raise ValueError(f"{folder} has no model.safetensors, pytorch_model.bin or .pdparams.")


def _torch_file(file: Path) -> dict[str, Tensor]:
    """One file; a `.bin` is read without running what it may hold."""
    try:
        if file.suffix == ".safetensors":
            return load_file(file)
        read = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged file raises anything
        reason = str(error).splitlines()[0] if str(error) else repr(error)
        raise ValueError(f"{file} cannot be read: {reason}") from error
    if not isinstance(read, dict) or not all(isinstance(one, Tensor) for one in read.values()):
        raise ValueError(f"{file} holds something else than weights by name.")
    return read


def _ours(state: Mapping[str, Tensor], kind: Kind) -> dict[str, Tensor]:
    """Weights under our names of a model with a head, Paddle's Linear weights turned."""
    prefix = _prefix(state)
    named = {}
    for name, value in state.items():
        inner = name.removeprefix(prefix) if prefix else name
        if inner.endswith("position_ids"):
            continue
        body = re.match(r"(embeddings|encoder|pooler)\.", inner) is not None
        new = f"ernie_m.{inner}" if body else inner
        new = new.replace(".self_attn.self_attn.", ".self_attn.")
        if kind in ("paddle", "static") and value.dim() == 2 and "embeddings." not in new:
            value = value.T.contiguous()
        named[new] = value
    return named


def _prefix(state: Iterable[str]) -> str:
    """What stands before the encoder's names: `ernie_m.`, UIE-M's `encoder.`, or nothing."""
    word = "embeddings.word_embeddings.weight"
    return next((name.removesuffix(word) for name in state if name.endswith(word)), "")


def _class(
    given: str | None, facts: Mapping[str, Any], state: Mapping[str, Tensor], path: Path
) -> type[ErnieMPreTrainedModel]:
    """Our class: as asked for, as the config names it, or as the weights' names tell."""
    if given is not None and given not in CLASSES:
        raise ValueError(f"{given!r} is no class of ours; these are: {', '.join(CLASSES)}.")
    if given is not None:
        return CLASSES[given]
    named = next(iter(facts.get("architectures") or []), None)
    if "linear_start.weight" in state:
        return heads.ErnieMForInformationExtraction
    if named in CLASSES:
        return CLASSES[named]
    if "lm_head.dense.weight" in state:
        return heads.ErnieMForMaskedLM
    if "qa_outputs.weight" in state:
        return heads.ErnieMForQuestionAnswering
    if "classifier.weight" in state:
        raise ValueError(
            f"{path} has a classifier, and its config does not say of what: name the class, such "
            "as ErnieMForSequenceClassification (--architecture)."
        )
    return ErnieMModel


def _config(facts: Mapping[str, Any], state: Mapping[str, Tensor]) -> ErnieMConfig:
    """Our settings: the config's, and the shapes of what is there."""
    unknown = {"architectures", "model_type", "init_args", "init_class", "transformers_version"}
    settings = {name: value for name, value in facts.items() if name not in unknown}
    settings = {name: value for name, value in settings.items() if name not in OLD_SETTINGS}
    for name in ("paddlenlp_version", "type_vocab_size", "dtype", "torch_dtype", "return_dict"):
        settings.pop(name, None)
    words = state.get("ernie_m.embeddings.word_embeddings.weight")
    if words is not None:
        settings.setdefault("vocab_size", words.shape[0])
    classifier = state.get("classifier.weight")
    if classifier is not None and "id2label" not in settings and classifier.shape[0] > 1:
        settings["num_labels"] = classifier.shape[0]
    return ErnieMConfig(**settings)


def _filled(
    chosen: type[ErnieMPreTrainedModel],
    config: ErnieMConfig,
    state: dict[str, Tensor],
    *,
    kind: Kind,
    files: tuple[Path, ...],
) -> Checkpoint:
    """The model with its weights; all must be there, and of the shapes that the config says."""
    if chosen is heads.ErnieMForQuestionAnswering:
        state = {name.replace("classifier.", "qa_outputs."): one for name, one in state.items()}
    with quiet():
        model: Any = chosen(config)
    own = model.state_dict()
    names = {f"ernie_m.{name}" if chosen is ErnieMModel else name: name for name in own}
    if config.tie_word_embeddings and "lm_head.decoder.weight" in own:
        words = state.get("ernie_m.embeddings.word_embeddings.weight")
        if words is not None:
            state.setdefault("lm_head.decoder.weight", words)
    if chosen is ErnieMModel and "ernie_m.pooler.dense.weight" not in state:
        model.pooler = None
        names = {name: one for name, one in names.items() if "pooler." not in name}
    _check(files[0].parent, {name: own[one] for name, one in names.items()}, state)
    dtype = next(iter(state.values())).dtype
    model.to(dtype)
    model.load_state_dict({one: state[name] for name, one in names.items()})
    unread = tuple(sorted(state.keys() - names.keys()))
    return Checkpoint(model=model.eval(), kind=kind, files=files, unread=unread)


def _check(folder: Path, own: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> None:
    """Every weight is there, in its shape."""
    missing = sorted(own.keys() - state.keys())
    if missing:
        raise ValueError(
            f"{folder} lacks {len(missing)} weights: {', '.join(missing[:5])}"
            f"{', …' if len(missing) > 5 else ''}; give a whole checkpoint, or the class that it "
            "is of (--architecture)."
        )
    for name, value in own.items():
        if state[name].shape != value.shape:
            raise ValueError(
                f"{folder}: {name} has shape {tuple(state[name].shape)}, its config says "
                f"{tuple(value.shape)}: give the config that belongs to these weights."
            )


def _read_transformers(folder: Path, kind: Kind) -> Checkpoint:
    """XLM-R or BERT, by transformers' own classes."""
    facts = _facts(folder)
    named = next(iter(facts.get("architectures") or []), "")
    head = named.partition("For")[2]
    known = {one.__name__.partition("For")[2] for one in KINDS.values()}
    if kind == "bert":
        known = {"", "MaskedLM"}
    unread: tuple[str, ...] = ()
    if head not in known:
        head, unread = "", (f"the head of {named}",)
    stem = "Bert" if kind == "bert" else "XLMRoberta"
    theirs = getattr(transformers, f"{stem}For{head}" if head else f"{stem}Model")
    config = getattr(transformers, f"{stem}Config")(**{**facts, "model_type": None})
    _, files = _torch_weights(folder)
    try:
        with quiet():
            model, info = theirs.from_pretrained(
                folder, config=config, local_files_only=True, output_loading_info=True
            )
    except (OSError, RuntimeError, SafetensorError) as error:
        raise ValueError(f"the weights in {folder} cannot be read: {error}") from error
    missing = {name for name in info["missing_keys"] if "pooler." not in name}
    if missing:
        raise ValueError(
            f"{folder} lacks {len(missing)} weights: {', '.join(sorted(missing)[:5])}."
        )
    if info["missing_keys"] and getattr(model, "pooler", None) is not None:
        model.pooler = None
    model.eval()
    ours = from_bert(model) if kind == "bert" else from_xlm_roberta(model)
    unread += tuple(sorted(name for name in info["unexpected_keys"] if not name.endswith("_ids")))
    return Checkpoint(model=ours, kind=kind, files=files, unread=unread)
