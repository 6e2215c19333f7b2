"""Runs recipes one after another in the processes that a launcher started.

python -m torch.distributed.run … run_recipes.py a.yaml b.yaml+stop=6 c.yaml+kill=8 d.yaml+compiled

stop=6 leaves a run at its checkpoint 6; kill=8 kills process 1 after step 8, once; compiled gives
this run and those after it the stand-in for a GPU's kernel, and a compiler for the processor.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from torch._dynamo.testing import CompileCounterWithBackend
from transformers import AttentionInterface, TrainerCallback

from erniem.pretrain import run, trainer
from erniem.pretrain.recipe import read_recipe
from made_up_kernel import compiler, stand_in


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


def _stand_in_for_a_gpu() -> CompileCounterWithBackend:
    forms = CompileCounterWithBackend("aot_eager")
    AttentionInterface._global_mapping["flex_attention"] = stand_in
    run.choose_attention = lambda *_, **__: "flex_attention"
    run.compile_layers = trainer.compile_layers = compiler(forms)
    return forms


for given in sys.argv[1:]:
    path, _, trouble = given.partition("+")
    kind, _, step = trouble.partition("=")
    recipe = read_recipe(Path(path))
    forms = _stand_in_for_a_gpu() if kind == "compiled" else None
    try:
        run.pretrain(recipe, callbacks=[_Trouble(recipe.output, kind, int(step or 0))])
    except _LeftError:
        continue
    assert forms is None or forms.frame_count, "nothing was compiled"
