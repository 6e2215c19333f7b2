"""The pictures of the objectives are what the code draws today."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

DRAWINGS = Path(__file__).parents[2] / "docs" / "drawings"


def draw() -> ModuleType:
    spec = importlib.util.spec_from_file_location("draw", DRAWINGS / "draw.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["draw"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pictures() -> dict[str, str]:
    found: dict[str, str] = draw().pictures()
    return found


def test_the_pictures_in_the_docs_are_what_the_objectives_give_today(
    pictures: dict[str, str],
) -> None:
    assert set(pictures) == {path.stem for path in DRAWINGS.glob("*.svg")}
    for name, picture in pictures.items():
        assert (DRAWINGS / f"{name}.svg").read_text(encoding="utf-8") == picture, (
            f"{name}.svg is of another day: python docs/drawings/draw.py"
        )


def test_a_placeholder_of_camlm_stands_in_a_row_without_a_word_of_its_own_language() -> None:
    module = draw()
    rows = module.camlm_rows()
    for row in rows:
        fills = {token.fill for token in row.tokens if not token.answer}
        for token in row.tokens:
            if token.answer:
                own = module.FILLS[module.EN if token.answer in module.ENGLISH else module.DE]
                assert own not in fills
