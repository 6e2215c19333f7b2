"""Verbs that make an encoder and measure it."""

import argparse
import os
from pathlib import Path

from erniem.cli.corpus import recipe_and_keys
from erniem.cli.vectors import add_vectors
from erniem.cli.verb import Values, Verb

__all__ = ["TRAINING"]


def _tokenizer_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        nargs="+",
        metavar="FOLDER | FILE.yaml | key=value",
        help="folders of text, XX.txt (a sentence a line) and XX-YY.tsv (pairs), plain or .gz .xz "
        ".zst .bz2; or a recipe of `corpus build`: its sources, its steps, its `vocabulary`",
    )
    parser.add_argument("--output", type=Path, required=True, help="folder to make")
    of_folders = parser.add_argument_group("of folders (a recipe has keys for both)")
    of_folders.add_argument("--languages", nargs="+", metavar="XX", help="only these (all)")
    of_folders.add_argument(
        "--vocabulary-size", type=int, metavar="V", help="pieces, special ones counted (16000)"
    )


def _quickstart_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "data",
        nargs="?",
        type=Path,
        default=None,  # argparse would take SUPPRESS for a path
        help="folder of your own text; translation catalogues from PyPI if not given",
    )
    parser.add_argument("--output", type=Path, help="folder of the run (runs/quickstart)")


def _pretrain_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "recipe",
        nargs="*",
        metavar="FILE.yaml | NAME | key=value",
        help="a recipe, a file or one of ours, variants of it, and single keys over them "
        "(stage1.steps=500)",
    )
    parser.add_argument("--recipes", action="store_true", help="list ours, and where they lie")
    parser.add_argument(
        "--keys", action="store_true", help="list every key of a recipe with its default"
    )


def _retrieval_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", type=Path, help="checkpoint with its tokenizer")
    parser.add_argument("--corpus", type=Path, help="measure on its held-out pairs")
    parser.add_argument("--tatoeba", type=Path, help="measure on tatoeba.XXX-eng.XXX files")
    parser.add_argument("--languages", nargs="+", metavar="XX", help="only these (default: all)")
    add_vectors(parser)
    parser.add_argument(
        "--margin",
        choices=["absolute", "distance", "ratio"],
        help="the best match by cosine, or by how far it is above both neighbourhoods (absolute)",
    )
    parser.add_argument(
        "--centred", action="store_true", help="take the mean of each language off first"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the figures as JSON")


def _quickstart(values: Values) -> None:
    from erniem.quickstart import quickstart

    quickstart(**values)


def _tokenizer(values: Values) -> None:
    from erniem.corpus.build.folders import build_tokenizer
    from erniem.corpus.build.run import build_vocabulary
    from erniem.corpus.recipe import read_corpus_recipe

    given: list[str] = values.pop("what")
    output: Path = values.pop("output")
    files, keys = recipe_and_keys(given, values, instance="vocabulary.size=32000")
    if files or keys:
        build_vocabulary(read_corpus_recipe(*files, overrides=[*keys, f"output={output}"]))
    else:
        build_tokenizer([Path(one) for one in given], output, **values)
    print(output)


def _pretrain(values: Values) -> None:
    from erniem.pretrain.recipe import Recipe, read_recipe
    from erniem.pretrain.run import pretrain
    from erniem.recipes import described, parser_of

    if values.get("recipes"):
        print("\n".join(described()))
        return
    if values.get("keys"):
        parser_of(Recipe, prog="erniem pretrain", usage=argparse.SUPPRESS).print_help()
        return
    given: list[str] = values["recipe"]
    files = [Path(one) for one in given if "=" not in one]
    if not files:
        raise ValueError("name a recipe: a file, or one of ours (--recipes); its keys: --keys.")
    result = pretrain(read_recipe(*files, overrides=[one for one in given if "=" in one]))
    if os.environ.get("RANK", "0") == "0":  # torchrun starts many of us
        print(result.summary())


def _retrieval(values: Values) -> None:
    from erniem.tasks.retrieve.evaluate import evaluate

    print("\n".join(evaluate(values.pop("model"), **values).lines()))


TRAINING = {
    "quickstart": Verb(
        help="from text to an aligned encoder and a report, in minutes",
        arguments=_quickstart_arguments,
        run=_quickstart,
        example="erniem quickstart",
    ),
    "tokenizer": Verb(
        help="train a vocabulary on folders of text, or by the recipe of a corpus",
        arguments=_tokenizer_arguments,
        run=_tokenizer,
        example="erniem tokenizer text/ --output tokenizer --vocabulary-size 32000",
    ),
    "pretrain": Verb(
        help="train an encoder in two stages, by a recipe; run again to go on",
        arguments=_pretrain_arguments,
        run=_pretrain,
        example="erniem pretrain from-scratch corpus=corpus stage1.steps=5000",
    ),
    "retrieval": Verb(
        help="retrieval between languages: held-out pairs, Tatoeba",
        arguments=_retrieval_arguments,
        run=_retrieval,
        example="erniem retrieval runs/mine/final --corpus corpus --tatoeba tatoeba/",
    ),
}
