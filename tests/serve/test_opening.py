"""What a folder is opened as."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from erniem.serve.opening import open_folder
from erniem.serve.settings import ServerSettings

ROWS = [[0, 7, 2], [0, 8, 9, 2]]


def test_a_head_runs_in_the_precision_of_the_backend(classifier: Path) -> None:
    right, short = (
        open_folder(classifier, ServerSettings(backend=backend)).works
        for backend in ("torch", "torch-bf16")
    )
    scores: list[Any] = [np.array(works["classify"].run(ROWS)) for works in (right, short)]
    assert 1e-6 < np.abs(scores[1] - scores[0]).max() < 1e-2
    vectors = [np.stack(works["embedding"].run(ROWS)) for works in (right, short)]
    assert 1e-6 < np.abs(vectors[1] - vectors[0]).max() < 1e-2


def test_a_device_that_is_not_there_is_named(classifier: Path) -> None:
    with pytest.raises(ValueError, match="device 'cuda:7': torch sees 0 GPUs"):
        open_folder(classifier, ServerSettings(device="cuda:7"))
