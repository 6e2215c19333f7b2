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
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from erniem.convert.bert import BERT_KINDS, from_bert, special_ids_beside
from erniem.convert.paddle import is_static, read_pdparams, read_static, static_architecture
from erniem.convert.quiet import quiet
from erniem.convert.torch_files import torch_weights
from erniem.convert.xlm_roberta import KINDS, from_xlm_roberta
from erniem.model import heads
from erniem.model.configuration import ErnieMConfig
from erniem.model.encoder import ErnieMModel, ErnieMPreTrainedModel

__all__ = ["CLASSES", "Checkpoint", "Kind", "becomes_ours", "kind_of", "read_checkpoint"]

Kind = Literal["erniem", "paddle", "static", "xlm-r", "bert"]
"""What a folder is; transformers 4's are like ours but for a few names."""

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


def read_checkpoint(
    path: Path, *, architecture: str | None = None, dtype: torch.dtype | None = None
) -> Checkpoint:
    """Reads a checkpoint of any kind.

    Args:
        path: a folder with a config and weights, or a `.pdparams` file with its config beside it.
        architecture: our class, where a config does not name it; by the weights' names if None.
        dtype: of the model; as the weights are if None. What is added up is so before rounding.

    Raises:
        ValueError: no such folder, no kind that we know, a class that cannot be told, settings that
            make no model, weights that are missing, of another shape, more layers of them than the
            config says, damaged or hostile.
    """
    path = Path(path)
    folder = path if path.is_dir() else path.parent
    if not path.exists():
        raise ValueError(f"{path} does not exist: name a folder with a checkpoint.")
    kind = kind_of(path)
    if kind != "paddle" and path != folder:
        raise ValueError(f"{path} is a file: name its folder, {folder}.")
    if kind in ("xlm-r", "bert"):
        return _read_transformers(folder, kind, dtype)
    facts = _facts(folder)
    if kind == "paddle":
        facts |= _built_into_paddle(facts)
    if kind == "static":
        facts.setdefault("architectures", static_architecture(path))
    state, files = _weights(path, kind)
    named = _ours(state, kind)
    chosen = _class(architecture, facts, named, path)
    with _usable(folder):
        config = _config(facts, named)
        with quiet():
            model = chosen(config)
    return _filled(model, named, kind=kind, files=files, dtype=dtype)


@contextmanager
def _usable(folder: Path) -> Iterator[None]:
    """What a model or a config is made in; settings that make none are the folder's mistake."""
    try:
        yield
    except Exception as error:  # each setting is wrong in a way of its own
        why = str(error).removesuffix(".")
        raise ValueError(f"{folder}: its config makes no model: {why}.") from error


def _built_into_paddle(facts: Mapping[str, Any]) -> dict[str, Any]:
    """PaddleNLP's feed-forward layer is four times as wide as the rest, whatever a config says."""
    width = facts.get("hidden_size", ErnieMConfig().hidden_size)
    return {"intermediate_size": 4 * width, "layer_norm_eps": 1e-5}


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


def becomes_ours(folder: Path) -> bool:
    """Whether a folder is of a kind that becomes our encoder; transformers may know others.

    Raises:
        ValueError: no folder.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder: name one with a checkpoint and its tokenizer.")
    try:
        kind_of(folder)
    except ValueError:
        return False
    return True


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
    return torch_weights(path)


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
    model: Any,
    state: dict[str, Tensor],
    *,
    kind: Kind,
    files: tuple[Path, ...],
    dtype: torch.dtype | None,
) -> Checkpoint:
    """The model with its weights; all must be there, and of the shapes that the config says."""
    bare = isinstance(model, ErnieMModel)
    if isinstance(model, heads.ErnieMForQuestionAnswering):
        state = {name.replace("classifier.", "qa_outputs."): one for name, one in state.items()}
    own = model.state_dict()
    names = {f"ernie_m.{name}" if bare else name: name for name in own}
    if model.config.tie_word_embeddings and "lm_head.decoder.weight" in own:
        words = state.get("ernie_m.embeddings.word_embeddings.weight")
        if words is not None:
            state.setdefault("lm_head.decoder.weight", words)
    if bare and "ernie_m.pooler.dense.weight" not in state:
        model.pooler = None
        names = {name: one for name, one in names.items() if "pooler." not in name}
    unread = tuple(sorted(state.keys() - names.keys()))
    place = files[0] if len(files) == 1 else files[0].parent
    _check(place, {name: own[one] for name, one in names.items()}, state)
    _check_layers(place, unread)
    model.to(dtype or _precision(state))
    model.load_state_dict({one: state[name] for name, one in names.items()})
    return Checkpoint(model=model.eval(), kind=kind, files=files, unread=unread)


def _precision(weights: Mapping[str, Tensor]) -> torch.dtype:
    """The type of weights; tables of whole numbers, such as places, may lie beside them."""
    types = (one.dtype for one in weights.values() if one.is_floating_point())
    return next(types, torch.float32)


def _check_layers(place: Path, unread: Iterable[str]) -> None:
    """What is not read may be a head or a pooler, but no part of the layers below them."""
    inside = [name for name in unread if re.search(r"\bencoder\.layers?\.|language_emb", name)]
    if inside:
        raise ValueError(
            f"{place} has {len(inside)} weights more than its config says: "
            f"{', '.join(inside[:3])}{', …' if len(inside) > 3 else ''}; give the config that "
            "belongs to these weights."
        )


def _check(place: Path, own: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> None:
    """Every weight is there, in its shape."""
    missing = sorted(own.keys() - state.keys())
    if missing:
        raise ValueError(
            f"{place} lacks {len(missing)} weights: {', '.join(missing[:5])}"
            f"{', …' if len(missing) > 5 else ''}; give a whole checkpoint, or the class that it "
            "is of (--architecture)."
        )
    for name, value in own.items():
        if state[name].shape != value.shape:
            raise ValueError(
                f"{place}: {name} has shape {tuple(state[name].shape)}, its config says "
                f"{tuple(value.shape)}: give the config that belongs to these weights."
            )


def _read_transformers(folder: Path, kind: Kind, dtype: torch.dtype | None) -> Checkpoint:
    """XLM-R or BERT, by transformers' own classes; in float32 until positions are added up."""
    facts = _facts(folder)
    weights, files = torch_weights(folder)
    theirs, unread = _their_class(kind, next(iter(facts.get("architectures") or []), ""))
    if kind == "bert":
        facts |= special_ids_beside(folder)
    with _usable(folder), quiet():
        config = theirs.config_class(**{**facts, "model_type": None})
        config._attn_implementation = None  # weights are read; the kernel may not run here
        model, info = theirs.from_pretrained(
            folder,
            config=config,
            dtype=torch.float32,
            local_files_only=True,
            output_loading_info=True,
        )
    missing = {name for name in info["missing_keys"] if "pooler." not in name}
    if missing:
        raise ValueError(
            f"{folder} lacks {len(missing)} weights: {', '.join(sorted(missing)[:5])}."
        )
    if info["missing_keys"] and getattr(model, "pooler", None) is not None:
        model.pooler = None
    unread += tuple(sorted(name for name in info["unexpected_keys"] if not name.endswith("_ids")))
    _check_layers(folder, unread)
    model.eval()
    ours = from_bert(model) if kind == "bert" else from_xlm_roberta(model)
    ours.to(dtype or _precision(weights))
    return Checkpoint(model=ours, kind=kind, files=files, unread=unread)


def _their_class(kind: Kind, named: str) -> tuple[Any, tuple[str, ...]]:
    """The class to read XLM-R or BERT with, and what is then not read of the one named."""
    known = BERT_KINDS if kind == "bert" else KINDS.values()
    by_head = {one.__name__.partition("For")[2]: one for one in known}
    head = named.partition("For")[2]
    if head == "PreTraining":  # a masked-LM head, and one that tells the next sentence
        return by_head["MaskedLM"], ()
    if head in by_head:
        return by_head[head], ()
    return by_head[""], (f"the head of {named}",)
