"""Where the time of a training step goes, with and without what was done for it.

```text
ERNIEM_DATA=data python bench/profile_step.py [--small] [--threads 2] [--tokenizer xlm-r/]
```

plain     PyTorch's own products, the whole table of logits
as it is  oneDNN's products where they are faster, losses at the holes block by block

A step of MMLM of ours, see training_step.py; PyTorch's profiler, each operation's own time.
"""

import argparse
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from unittest.mock import patch

import torch
from torch.profiler import ProfilerActivity, profile

import step_text
import training_step
from erniem.model import products

KINDS = {
    "aten::addmm": "products",
    "aten::mm": "products",
    "aten::bmm": "products",
    "mkldnn::_linear_pointwise": "products",
    "aten::_fused_adamw_": "AdamW",
    "aten::_foreach_norm": "clipping",
    "aten::_foreach_mul_": "clipping",
    "aten::_log_softmax": "softmax and losses",
    "aten::_log_softmax_backward_data": "softmax and losses",
    "aten::amax": "softmax and losses",
    "aten::exp_": "softmax and losses",
    "aten::gelu": "GELU",
    "aten::gelu_backward": "GELU",
    "aten::native_layer_norm": "norms",
    "aten::native_layer_norm_backward": "norms",
    "aten::_scaled_dot_product_flash_attention_for_cpu": "attention",
    "aten::_scaled_dot_product_flash_attention_for_cpu_backward": "attention",
}
"""What operations are called here; all others are `the rest`."""


def milliseconds(ours: training_step.Ours, steps: int) -> Counter[str]:
    """A step's time by kind of operation."""
    ours(0)
    with profile(activities=[ProfilerActivity.CPU]) as seen:
        for repeat in range(1, steps + 1):
            ours(repeat)
    found: Counter[str] = Counter()
    for one in seen.key_averages():
        found[KINDS.get(one.key, "the rest")] += one.self_cpu_time_total / 1000 / steps
    return found


def main() -> None:
    assert __doc__
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="6 × 256 in place of 12 × 768")
    parser.add_argument("--threads", type=int, default=2, help="threads of torch")
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--tokenizer", type=Path, help="folder; for real text (ERNIEM_DATA)")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    size = step_text.SMALL if options.small else step_text.BASE
    text = step_text.Text(size, options.tokenizer)
    ours = training_step.contestant("erniem", size, text)
    assert isinstance(ours, training_step.Ours)
    columns = {}
    for name in ("plain", "as it is"):
        with ExitStack() as stack:
            if name == "plain":
                stack.enter_context(patch.object(products, "onednn_is_faster", lambda: False))
                stack.enter_context(patch.object(training_step, "BY_HOLE", False))
            columns[name] = milliseconds(ours, options.steps)
    print(f"{size.name}, ms a step\n{'':20}{'plain':>10}{'as it is':>10}")
    for kind in sorted(set().union(*columns.values()), key=lambda one: -columns["plain"][one]):
        print(f"{kind:20}" + "".join(f"{column[kind]:10,.0f}" for column in columns.values()))
    print(f"{'all':20}" + "".join(f"{column.total():10,.0f}" for column in columns.values()))


if __name__ == "__main__":
    main()
