"""The recipes that come with us, by name."""

from collections.abc import Iterator
from pathlib import Path

__all__ = ["described", "find"]

FOLDER = Path(__file__).parent


def find(recipe: Path | str) -> Path:
    """The file of a recipe.

    Args:
        recipe: a file, or the name of one that comes with us, `from-scratch` or
            `from-scratch.yaml`; a file of such a name goes before it.

    Raises:
        ValueError: neither.
    """
    path = Path(recipe)
    ours = FOLDER / f"{str(path).removesuffix('.yaml')}.yaml"
    if path.is_file():
        return path
    if len(path.parts) == 1 and ours.is_file():
        return ours
    known = ", ".join(one.stem for one in _files())
    raise ValueError(f"recipe {recipe}: neither a file nor one of ours: {known}.")


def described() -> Iterator[str]:
    """For people: each by name with its first line, and where they lie."""
    for path in _files():
        with path.open(encoding="utf-8") as file:
            yield f"{path.stem:<16} {file.readline().removeprefix('# ').rstrip()}"
    yield f"They lie in {FOLDER}, with a script for Slurm, pretrain.sbatch."


def _files() -> list[Path]:
    return sorted(FOLDER.glob("*.yaml"))
