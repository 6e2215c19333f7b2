"""What the pages share: the template's environment, parts of a page, data in a script."""

import json
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

__all__ = ["POLICY", "environment", "part", "script_json"]

SHARED = Path(__file__).parent

POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; "
    "img-src data: blob:; font-src data:"
)
"""A page loads nothing, even if a library in it tried."""


def environment(folder: Path) -> Environment:
    """An environment for a page's templates, its own and the shared ones."""
    return Environment(
        loader=FileSystemLoader([folder, SHARED]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def part(*names: str, folder: Path = SHARED) -> Markup:
    """Parts of the page that are ours, and stand in it as they are."""
    return Markup("".join((folder / name).read_text(encoding="utf-8") for name in names))


def script_json(data: Any) -> Markup:
    """JSON that cannot end the script element in which it stands."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)
