"""Where a network runs that somebody asks: a GPU if torch sees one, the processor otherwise.

Training has its own say: transformers' `Trainer` and `torchrun` place what they train.
"""

import torch

__all__ = ["device_for"]


def device_for(asked: torch.device | str | None = None) -> torch.device:
    """The device that is named, or the best there is.

    Args:
        asked: as torch names it, `cpu`, `cuda:1`; None: the first GPU that CUDA_VISIBLE_DEVICES
            shows, the processor where torch sees none.

    Raises:
        ValueError: no such name, no such GPU.
    """
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if asked is None:
        return torch.device("cuda" if gpus else "cpu")
    try:
        device = torch.device(asked)
    except RuntimeError as error:
        raise ValueError(f"device {str(asked)!r}: name it as torch does, cpu or cuda:1.") from error
    if device.type == "cuda" and (device.index or 0) >= gpus:
        raise ValueError(f"device {str(asked)!r}: torch sees {gpus} GPUs here; choose another.")
    return device
