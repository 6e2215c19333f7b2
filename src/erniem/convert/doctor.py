"""Is a checkpoint sound: whole, finite, alive, of one size with its tokeniser, computing well."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from erniem.convert.checkpoint import read_checkpoint
from erniem.model.encoder import ErnieMModel
from erniem.tokenization import open_tokenizer

__all__ = ["PUBLISHED", "Findings", "Published", "examine"]

BASE = {
    "vocab_size": 250_002,
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
}
"""The shape of the published base model."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """Vectors that the released base weights are known to give."""

    source: str
    ids: tuple[int, ...]
    hidden: int
    """The place of the token that is masked from the others; positions count it."""
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    """Which part of the last hidden state is known."""
    values: tuple[tuple[float, ...], ...]
    tolerance: float


PUBLISHED = (
    Published(
        source="PaddleNLP's test suite",
        ids=(0, 345, 232, 328, 740, 140, 1695, 69, 6078, 1588, 2),
        hidden=0,
        rows=(1, 2, 3),
        columns=(1, 2, 3),
        values=(
            (-0.02920425, -0.00768885, -0.10219190),
            (-0.10798159, 0.02311476, -0.17285497),
            (0.05675533, 0.01330730, -0.06826267),
        ),
        tolerance=1e-4,
    ),
    Published(
        source="transformers' test suite",
        ids=(0, 1, 2, 3, 4, 5),
        # It gives no mask, and transformers 4 then hides id 1, [PAD]. Of that one's own row, which
        # the suite looks at too (-0.0742, 0.0244, -0.0771), we compute nothing.
        hidden=1,
        rows=(0, 2),
        columns=(0, 1, 2),
        values=((-0.0012, 0.1245, -0.0214), (-0.0333, 0.1164, -0.1554)),
        tolerance=1e-3,
    ),
)
"""Both for the base model's encoder, float32."""


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What was looked at."""

    passed: tuple[str, ...]
    failed: tuple[str, ...]
    skipped: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Has nothing failed."""
        return not self.failed

    def lines(self) -> Iterator[str]:
        """For people."""
        for mark, lines in (("ok", self.passed), ("–", self.skipped), ("FAILED", self.failed)):
            for line in lines:
                yield f"{mark:<7} {line}"


def examine(checkpoint: Path) -> Findings:
    """Looks a checkpoint over.

    Args:
        checkpoint: any that `read_checkpoint` reads.

    Raises:
        ValueError: it cannot be read at all: weights missing, of another shape, damaged.
    """
    read = read_checkpoint(checkpoint, dtype=torch.float32)
    model = read.model
    encoder: ErnieMModel = getattr(model, "ernie_m", model)
    passed = [f"{type(model).__name__} from {read.kind}, every weight there, in its shape"]
    failed: list[str] = []
    skipped = [f"not read: {', '.join(read.unread)}"] if read.unread else []
    checks: list[Callable[[], str | None]] = [
        lambda: _finite(model),
        lambda: _alive(model),
        lambda: _same_in_a_pack(encoder),
    ]
    names = ["all weights are finite", "no layer is dead", "rows and packs give the same"]
    for name, check in zip(names, checks, strict=True):
        wrong = check()
        passed += [name] if wrong is None else []
        failed += [wrong] if wrong is not None else []
    folder = checkpoint if checkpoint.is_dir() else checkpoint.parent
    _look_at_special_ids(encoder, passed, failed)
    _look_at_tokenizer(folder, encoder, passed, failed, skipped)
    _compare_with_published(encoder, passed, failed, skipped)
    return Findings(passed=tuple(passed), failed=tuple(failed), skipped=tuple(skipped))


def _finite(model: Any) -> str | None:
    bad = [name for name, one in model.state_dict().items() if not bool(one.isfinite().all())]
    return f"numbers that are not finite in {', '.join(bad[:5])}" if bad else None


def _alive(model: Any) -> str | None:
    """Matrices of which all numbers are the same were never filled."""
    matrices = {name: one for name, one in model.state_dict().items() if one.dim() == 2}
    dead = [
        name
        for name, one in matrices.items()
        if one.numel() > 1 and bool((one == one.flatten()[0]).all()) and "language" not in name
    ]
    return f"all numbers are the same in {', '.join(dead[:5])}" if dead else None


@torch.no_grad()
def _same_in_a_pack(encoder: ErnieMModel) -> str | None:
    """A short row beside a long one, and both end to end."""
    generator = torch.Generator().manual_seed(0)
    vocabulary = encoder.config.vocab_size
    long, short = (torch.randint(4, vocabulary, (n,), generator=generator) for n in (16, 5))
    ids = torch.nn.utils.rnn.pad_sequence([long, short], batch_first=True, padding_value=1)
    mask = torch.tensor([[1] * 16, [1] * 5 + [0] * 11])
    rows = encoder(input_ids=ids, attention_mask=mask).last_hidden_state[mask.bool()]
    pack = encoder(input_ids=torch.cat([long, short]), cu_seqlens=torch.tensor([0, 16, 21]))
    difference = float((rows - pack.last_hidden_state).abs().max())
    return None if difference < 1e-4 else f"rows and packs differ by {difference:.1e}"


SPECIAL = {"pad_token_id": "pad", "bos_token_id": "cls", "eos_token_id": "sep"}
"""Special ids in configs, and what a tokeniser calls the token."""


def _look_at_special_ids(encoder: ErnieMModel, passed: list[str], failed: list[str]) -> None:
    """The config's special ids have rows in the table."""
    rows = encoder.config.vocab_size
    ids = {name: getattr(encoder.config, name) for name in SPECIAL}
    outside = [f"{name} {one}" for name, one in ids.items() if one is not None and one >= rows]
    if outside:
        failed.append(f"no row of the {rows} for {', '.join(outside)}")
    else:
        passed.append("special ids have rows in the table")


def _look_at_tokenizer(
    folder: Path, encoder: ErnieMModel, passed: list[str], failed: list[str], skipped: list[str]
) -> None:
    """Its pieces and the rows of the table are as many."""
    try:
        tokenizer = open_tokenizer(folder)
    except ValueError as error:
        skipped.append(f"no tokeniser: {error}")
        return
    pieces, rows = len(tokenizer), encoder.config.vocab_size
    if pieces == rows:
        passed.append(f"tokeniser and table of pieces have {rows} each")
    elif pieces < rows:
        skipped.append(f"the tokeniser has {pieces} pieces, the table {rows} rows: some are idle")
    else:
        failed.append(f"the tokeniser has {pieces} pieces, the table only {rows} rows")
    for name, token in SPECIAL.items():
        one, other = getattr(encoder.config, name), getattr(tokenizer, f"{token}_token_id")
        if one is not None and one != other:
            failed.append(f"{name} is {one}, the tokeniser has [{token.upper()}] at {other}")


def _compare_with_published(
    encoder: ErnieMModel, passed: list[str], failed: list[str], skipped: list[str]
) -> None:
    """The vectors that the released base weights are known to give."""
    config = encoder.config
    if {name: getattr(config, name) for name in BASE} != BASE:
        skipped.append("published vectors: known for the base shape alone")
        return
    matched = [one for one in PUBLISHED if _difference(encoder, one) <= one.tolerance]
    if matched:
        passed += [f"vectors as in {one.source}, to {one.tolerance:g}" for one in matched]
        failed += [f"vectors are not as in {one.source}" for one in PUBLISHED if one not in matched]
    else:
        skipped.append("published vectors: not these (right for weights trained further)")


@torch.no_grad()
def _difference(encoder: ErnieMModel, known: Published) -> float:
    """The greatest difference from known vectors."""
    ids = torch.tensor([known.ids])
    mask = torch.ones_like(ids)
    mask[0, known.hidden] = 0
    positions = torch.arange(len(known.ids))[None]
    vectors = encoder(input_ids=ids, attention_mask=mask, position_ids=positions)
    assert vectors.last_hidden_state is not None
    found: Tensor = vectors.last_hidden_state[0, list(known.rows)][:, list(known.columns)]
    return float((found - torch.tensor(known.values)).abs().max())
