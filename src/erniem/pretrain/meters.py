"""Running sums between two lines of the log: loss and accuracy by objective, tokens by language.

The sums travel in the checkpoint, so that a resumed run logs what an uninterrupted one would have.

Letters: O objectives, L languages (row 0: no language).
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

__all__ = ["Meters"]


class Meters:
    """Sums over the holes and tokens since the last line of the log.

    Args:
        objectives: names of the objectives, in the order of their indices.
        languages: codes of the languages, in the order of their ids less one.
        device: where the sums are kept, so that adding never waits for a GPU; Apple's has no
            float64, and its sums are kept on the CPU.
    """

    def __init__(
        self, objectives: Sequence[str], languages: Sequence[str], device: torch.device
    ) -> None:
        self.objectives = tuple(objectives)
        self.languages = tuple(languages)
        self.device = torch.device("cpu") if device.type == "mps" else device

        def zeros(count: int) -> Tensor:
            return torch.zeros(count, dtype=torch.float64, device=self.device)

        self.loss = zeros(len(objectives))
        self.correct = zeros(len(objectives))
        self.holes = zeros(len(objectives))
        self.step_loss = zeros(1)
        self.steps = zeros(1)
        self.tokens = zeros(len(languages) + 1)
        self.all_tokens = zeros(len(languages) + 1)
        self.filler = zeros(2)

    @property
    def _sums(self) -> dict[str, Tensor]:
        return {name: value for name, value in vars(self).items() if isinstance(value, Tensor)}

    def add_holes(
        self,
        objective: Int[Tensor, " H"],
        losses: Float[Tensor, " H"],
        correct: Tensor,
    ) -> None:
        """Counts what became of the holes of one micro-batch."""
        objective = objective.to(self.device)
        self.loss.index_add_(0, objective, losses.to(self.device).double())
        self.correct.index_add_(0, objective, correct.to(self.device).double())
        self.holes.index_add_(0, objective, torch.ones_like(objective, dtype=torch.float64))

    def add_loss(self, loss: Float[Tensor, ""]) -> None:
        """Adds the loss of one micro-batch to that of the step."""
        self.step_loss += loss.to(self.device).double()

    def add_tokens(self, tokens: Int[Tensor, " L"]) -> None:
        """Counts the real tokens of one micro-batch by language id."""
        self.tokens += tokens.to(self.device)
        self.all_tokens += tokens.to(self.device)

    def add_filler(self, is_filler: Bool[Tensor, " T"]) -> None:
        """Counts the filler of one micro-batch, and all its tokens."""
        counts = torch.tensor([int(is_filler.sum()), len(is_filler)], dtype=torch.float64)
        self.filler += counts.to(self.device)

    def gather(self, reduce: Callable[[Tensor], Tensor], *, keep: bool) -> None:
        """Adds up the sums of all processes; the one with `keep` holds them, others start anew."""
        for value in self._sums.values():
            total = reduce(value.clone())
            value.copy_(total if keep else torch.zeros_like(value))

    def read(self) -> dict[str, float]:
        """The line of the log: `loss/tlm`, `accuracy/tlm`, `tokens/sw`, …; nothing is reset."""
        line = {}
        for place, name in enumerate(self.objectives):
            holes = float(self.holes[place])
            if holes:
                line[f"loss/{name}"] = float(self.loss[place]) / holes
                line[f"accuracy/{name}"] = float(self.correct[place]) / holes
        if self.filler[0]:
            line["filler"] = float(self.filler[0] / self.filler[1])
        for code, count in zip(self.languages, self.all_tokens[1:].tolist(), strict=True):
            line[f"tokens/{code}"] = count
        return line

    def reset(self) -> None:
        """Starts the next line; the tokens of the whole run stay."""
        for name, value in self._sums.items():
            if name != "all_tokens":
                value.zero_()

    def state(self) -> dict[str, Any]:
        """The sums as plain numbers, exact to the bit."""
        return {name: value.tolist() for name, value in self._sums.items()}

    def restore(self, state: dict[str, Any]) -> None:
        """Takes up the sums that `state` gave."""
        sums = self._sums
        for name, numbers in state.items():  # an older run's checkpoint has fewer
            sums[name].copy_(torch.tensor(numbers, dtype=torch.float64))
