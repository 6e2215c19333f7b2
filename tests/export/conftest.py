"""What the tests of exports share."""

from collections.abc import Iterator

import pytest
from jaxtyping import config


@pytest.fixture(scope="package", autouse=True)
def _without_shape_checks() -> Iterator[None]:
    """While a graph is traced, sizes are symbols, which no check of types knows as numbers."""
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)
