"""Switches runtime shape and type checks on for the whole package, before it is imported."""

import torch
from jaxtyping import install_import_hook

install_import_hook("erniem", "beartype.beartype")
# The models of the tests are tiny: a second thread only waits for the first.
torch.set_num_threads(1)
