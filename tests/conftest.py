"""Runtime shape and type checks on, before the package is imported; what many tests read."""

from pathlib import Path

import pytest
import torch
from hypothesis import settings
from jaxtyping import install_import_hook

install_import_hook("erniem", "beartype.beartype")
# The models of the tests are tiny: a second thread only waits for the first.
torch.set_num_threads(1)
# Machines are shared: how long an example takes says nothing.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny encoder with its tokenizer."""
    from made_up_encoder import write_encoder

    folder = tmp_path_factory.mktemp("encoder")
    write_encoder(folder)
    return folder


@pytest.fixture(scope="session")
def tasks_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All tasks in English and German, of invented words."""
    from made_up_tasks import write_tasks

    folder = tmp_path_factory.mktemp("xtreme")
    write_tasks(folder)
    return folder
