"""Verbs from raw text to token shards."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from erniem.cli.verb import Values, Verb

if TYPE_CHECKING:
    from erniem.corpus.recipe import CorpusRecipe

__all__ = ["CORPUS", "recipe_and_keys"]


def _build_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        nargs="*",
        default=[],
        metavar="FOLDER | FILE.yaml | key=value",
        help="folders of text, XX.txt (a sentence a line) and XX-YY.tsv (pairs), plain or .gz .xz "
        ".zst .bz2; or a recipe (ours: corpus.yaml), variants of it, and single keys over them",
    )
    parser.add_argument(
        "--keys", action="store_true", help="list every key of a recipe with its default"
    )
    parser.add_argument(
        "--steps", action="store_true", help="list every step with its settings and defaults"
    )
    of_folders = parser.add_argument_group("of folders (a recipe has keys for all of them)")
    of_folders.add_argument("--output", type=Path, help="folder to make")
    of_folders.add_argument("--languages", nargs="+", metavar="XX", help="only these (all)")
    of_folders.add_argument(
        "--vocabulary-size", type=int, metavar="V", help="pieces, special ones counted (16000)"
    )
    of_folders.add_argument("--tokenizer", type=Path, help="encode with this one, train none")
    of_folders.add_argument(
        "--held-out", type=int, metavar="N", help="pairs of two languages to keep back (500)"
    )
    of_folders.add_argument(
        "--exclude", nargs="+", type=Path, metavar="FOLDER", help="evaluation sets to leave out"
    )
    of_folders.add_argument(
        "--max-per-source", type=int, metavar="N", help="lines of a file at most"
    )
    of_folders.add_argument(
        "--workers", type=int, metavar="N", help="processes (one a core; one for little text)"
    )


def _build(values: Values) -> None:
    from erniem.corpus.build.run import build, is_built
    from erniem.corpus.recipe import CorpusRecipe, read_corpus_recipe
    from erniem.corpus.steps.catalogue import described

    if values.pop("keys", False):
        from erniem.recipes import parser_of

        parser_of(CorpusRecipe, prog="erniem corpus build", usage=argparse.SUPPRESS).print_help()
        return
    if values.pop("steps", False):
        print("\n".join(described()))
        return
    given: list[str] = values.pop("what")
    files, keys = recipe_and_keys(given, values, instance="output=corpus")
    if files or keys:
        recipe = read_corpus_recipe(*files, overrides=keys)
    else:
        recipe = _of_folders([Path(one) for one in given], values)
    done = is_built(recipe)
    print("\n".join(build(recipe).summary()))
    if done:
        print(f"{recipe.output} was there already and nothing has changed: nothing was done.")


def recipe_and_keys(
    given: list[str], options: Values, *, instance: str
) -> tuple[list[Path], list[str]]:
    """The files and the `key=value` of a recipe; both empty if folders alone are given.

    Args:
        given: what stands behind the verb.
        options: of folders; a recipe has keys for them.
        instance: a key and its value, for the message.

    Raises:
        ValueError: a recipe beside folders or their options.
    """
    keys = [one for one in given if "=" in one]
    files = [Path(one) for one in given if one.endswith((".yaml", ".yml"))]
    if (keys or files) and (options or len(keys) + len(files) < len(given)):
        raise ValueError(
            "a recipe says everything itself: write what else you gave as key=value "
            f"({instance}); the keys: erniem corpus build --keys."
        )
    return files, keys


def _of_folders(folders: list[Path], values: Values) -> "CorpusRecipe":
    from erniem.corpus.build.folders import recipe_of

    if not folders or "output" not in values:
        raise ValueError(
            "name folders of text and --output, or a recipe: a file, or ours, corpus.yaml."
        )
    return recipe_of(folders, values.pop("output"), **values)


def _check(values: Values) -> None:
    from erniem.corpus.corpus import check_corpus

    print("\n".join(check_corpus(values["corpus"])))


def _folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("corpus", type=Path, help="folder of a corpus")


def _report_arguments(parser: argparse.ArgumentParser) -> None:
    _folder(parser)
    parser.add_argument(
        "--output", type=Path, metavar="FILE.html", help="the page (CORPUS-report.html)"
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", dest="as_json", help="write the same as JSON too"
    )


def _report(values: Values) -> None:
    from erniem.report.corpus import write_corpus_report

    print("\n".join(map(str, write_corpus_report(values.pop("corpus"), **values))))


CORPUS = {
    "corpus build": Verb(
        help="turn text into token shards, by a recipe or from folders; run again to go on",
        arguments=_build_arguments,
        run=_build,
        example="erniem corpus build text/ pairs/ --output corpus --exclude tatoeba/",
    ),
    "corpus report": Verb(
        help="a page of what came out: languages, fertility, mix, sources, what was left out",
        arguments=_report_arguments,
        run=_report,
        example="erniem corpus report corpus --json corpus.json",
    ),
    "corpus check": Verb(
        help="compare every file of a corpus with its checksum",
        arguments=_folder,
        run=_check,
        example="erniem corpus check corpus",
    ),
}
"""In the order of the help."""
