"""The verb that counts a run before it is run."""

import argparse
from pathlib import Path

from erniem.cli.verb import Values, Verb

__all__ = ["COST"]


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "recipe", nargs="+", metavar="FILE.yaml | key=value", help="as for erniem pretrain"
    )
    parser.add_argument("--gpus", type=int, metavar="N", help="how many (8)")
    parser.add_argument("--gpu", choices=["a100", "h100"], help="of which kind (a100)")
    parser.add_argument(
        "--size", choices=["base", "large"], help="published shape (default: the recipe's encoder)"
    )
    parser.add_argument("--vocabulary", type=int, metavar="V", help="pieces (250,002)")
    parser.add_argument("--length", type=float, metavar="L", help="mean pieces of a sentence (30)")
    parser.add_argument(
        "--utilisation", type=float, metavar="X", help="share of the peak (default: as published)"
    )
    parser.add_argument("--price", type=float, metavar="USD", help="of a GPU and hour")
    parser.add_argument("--table", action="store_true", help="both sizes on 1, 8 and 64 GPUs")


def _cost(values: Values) -> None:
    from erniem.pretrain.cost import cost, table
    from erniem.pretrain.recipe import read_recipe

    given: list[str] = values.pop("recipe")
    files = [Path(one) for one in given if "=" not in one]
    recipe = read_recipe(*files, overrides=[one for one in given if "=" in one])
    whole = values.pop("table", False)
    if whole and values:
        raise ValueError(f"--table says which sizes and GPUs itself: leave --{min(values)} out.")
    print("\n".join(table(recipe) if whole else cost(recipe, **values).lines()))


COST = {
    "cost": Verb(
        help="hours and money of a pre-training recipe, before it is run",
        arguments=_arguments,
        run=_cost,
        example="erniem cost continue-xlm-r --gpus 8 --gpu h100 --size base",
    )
}
