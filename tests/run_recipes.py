"""Runs recipes one after another in the processes that a launcher started.

python -m torch.distributed.run … run_recipes.py a.yaml b.yaml+stop=6 c.yaml+kill=8

stop=6 leaves a run at its checkpoint 6; kill=8 kills process 1 after step 8, once.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from erniem.pretrain.recipe import read_recipe
from erniem.pretrain.run import pretrain


class _LeftError(Exception):
    """The run is left where it stands."""


class _Trouble(TrainerCallback):
    def __init__(self, output: Path, kind: str, step: int) -> None:
        self.killed = output.parent / f"{output.name}.killed"
        self.kind, self.step = kind, step

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if self.kind == "stop" and state.global_step == self.step:
            raise _LeftError

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        due = self.kind == "kill" and state.global_step == self.step and args.process_index == 1
        if due and not self.killed.exists():
            self.killed.touch()
            os.kill(os.getpid(), signal.SIGKILL)


for given in sys.argv[1:]:
    path, _, trouble = given.partition("+")
    kind, _, step = trouble.partition("=")
    recipe = read_recipe(Path(path))
    try:
        pretrain(recipe, callbacks=[_Trouble(recipe.output, kind, int(step or 0))])
    except _LeftError:
        continue
