"""Pages that run, a browser to visit them, and a folder for what they look like."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo_pages import living
from made_up_speaker import write_extractor, write_speaker


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium without a window; where there is none, these tests step aside."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no chromium on this machine")
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def screenshots(request: pytest.FixtureRequest) -> Path:
    """Where pictures of the page are kept, to be looked at."""
    folder = Path(
        os.environ.get("ERNIEM_SCREENSHOTS", request.config.rootpath / ".pytest-screenshots")
    )
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def speaking(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page of a masked-LM that knows four languages in three scripts."""
    folder = tmp_path_factory.mktemp("demo") / "speaker"
    write_speaker(encoder, folder, languages=("de", "en", "he", "zh"))
    with living(folder) as (address, _):
        yield address


@pytest.fixture(scope="session")
def extracting(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page of a UIE-M."""
    folder = tmp_path_factory.mktemp("demo") / "extractor"
    write_extractor(encoder, folder)
    with living(folder) as (address, _):
        yield address
