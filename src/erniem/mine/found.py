"""What was mined, and the record of it that tells a second run that nothing has changed."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from erniem.mine.side import digest_of

__all__ = ["MiningRun", "read_finished", "work_of", "write_finished"]

RECORD = "mined.json"


@dataclass(frozen=True, kw_only=True)
class MiningRun:
    """What was mined."""

    output: Path
    """The pairs."""
    pairs: int
    """How many there are."""
    threshold: float
    """Least score of a pair."""
    sentences: tuple[int, int]
    """Distinct ones that were searched, of both sides."""
    dropped: tuple[Mapping[str, int], Mapping[str, int]]
    """Lines of both sides that were not, by reason."""
    search: str
    """Exact or approximate."""
    usual: bool = False
    """Whether nobody said a threshold, and it is the literature's."""
    seconds: float
    """By the clock; of a run that went on, since then."""
    again: bool = False
    """Whether all this was there already."""

    def lines(self) -> list[str]:
        """What was done, for a person."""
        left_out = [
            f"left out of {name}: " + ", ".join(f"{count:,} {why}" for why, count in some.items())
            for name, some in zip(("the first", "the second"), self.dropped, strict=True)
            if some
        ]
        done = "nothing has changed, nothing is done again" if self.again else "kept to go on from"
        one, other = self.sentences
        usual = "this threshold is for LASER's vectors: --known or --dev find the encoder's own"
        return [
            *left_out,
            *([usual] if self.usual else []),
            f"{one:,} × {other:,} sentences, {self.search} search: {self.pairs:,} pairs of at "
            f"least {self.threshold:.4f} in {self.seconds:,.0f} s",
            f"{self.output}; vectors and neighbours in {work_of(self.output)}: {done}",
        ]


def work_of(output: Path) -> Path:
    """Where vectors and neighbours are kept."""
    return output.with_name(output.name + ".mining")


def read_finished(output: Path, plan: Mapping[str, Any]) -> MiningRun | None:
    """What an earlier run with the same plan left.

    Raises:
        ValueError: there is an output that no run left so.
    """
    if not output.exists():
        return None
    record = work_of(output) / RECORD
    told = json.loads(record.read_text(encoding="utf-8")) if record.is_file() else {}
    if told.get("digest") != digest_of(output):
        raise ValueError(f"{output} is there, and no mining left it so: choose another output.")
    if told["plan"] != plan:
        return None
    found = told["found"]
    both = {name: tuple(found[name]) for name in ("sentences", "dropped")}
    return MiningRun(**{**found, **both, "output": output, "again": True})


def write_finished(found: MiningRun, plan: Mapping[str, Any], partial: Path) -> None:
    """Puts a file of pairs in its place, with a record of what it is.

    Killed between any two of these steps, a run leaves no output that it does not know again.
    """
    told = {
        "plan": plan,
        "found": {**asdict(found), "output": found.output.name},
        "digest": digest_of(partial),
    }
    found.output.unlink(missing_ok=True)
    record = work_of(found.output) / RECORD
    record.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    partial.replace(found.output)
