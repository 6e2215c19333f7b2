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
    """So many of the first tokens are masked from the others."""
    corner: slice
    """Which rows and columns of the last hidden state are known."""
    values: tuple[tuple[float, ...], ...]
    tolerance: float


PUBLISHED = (
    Published(
        source="PaddleNLP's test suite",
        ids=(0, 345, 232, 328, 740, 140, 1695, 69, 6078, 1588, 2),
        hidden=1,
        corner=slice(1, 4),
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
        hidden=0,
        corner=slice(0, 3),
        values=(
            (-0.0012, 0.1245, -0.0214),
            (-0.0742, 0.0244, -0.0771),
            (-0.0333, 0.1164, -0.1554),
        ),
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
    read = read_checkpoint(checkpoint)
    model = read.model.float().eval()
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
    """The greatest difference from known vectors; the masked first token keeps its position."""
    visible = slice(known.hidden, None)
    ids = torch.tensor([known.ids[visible]])
    positions = torch.arange(len(known.ids))[None, visible]
    vectors = encoder(input_ids=ids, position_ids=positions).last_hidden_state[0]
    rows = slice(known.corner.start - known.hidden, known.corner.stop - known.hidden)
    found: Tensor = vectors[rows, known.corner]
    return float((found - torch.tensor(known.values)).abs().max())
