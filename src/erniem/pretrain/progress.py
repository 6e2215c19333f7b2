"""The progress bar of a pre-training run: one calm line instead of a dictionary a log."""

import sys
from typing import Any

from tqdm import tqdm
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

__all__ = ["ProgressLine"]


class ProgressLine(TrainerCallback):
    """Steps done, the loss of each objective and the speed, on one line of the main process.

    Args:
        opening: what is said once, on a line above the bar.
        description: what stands before both.
    """

    def __init__(self, opening: str, description: str = "pre-training") -> None:
        self.opening = opening
        self.description = description
        self.bar: tqdm[Any] | None = None

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Opens the bar where a resumed run stands."""
        if state.is_world_process_zero:
            tqdm.write(f"{self.description}: {self.opening}", file=sys.stderr)
            self.bar = tqdm(
                total=state.max_steps,
                initial=state.global_step,
                desc=self.description,
                unit="step",
                dynamic_ncols=True,
            )

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """One step further."""
        if self.bar is not None:
            self.bar.update(state.global_step - self.bar.n)

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        """Shows the losses behind the bar."""
        losses = {k.removeprefix("loss/"): v for k, v in (logs or {}).items() if "loss/" in k}
        if self.bar is not None and losses:
            text = " ".join(f"{name} {loss:.2f}" for name, loss in losses.items())
            speed = (logs or {}).get("tokens_per_second", 0.0)
            self.bar.set_postfix_str(f"{text} · {speed:,.0f} tokens/s", refresh=False)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Closes the bar."""
        if self.bar is not None:
            self.bar.close()
