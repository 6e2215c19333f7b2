"""Verbs that make an index of sentences, and find in it."""

import argparse
from pathlib import Path

from erniem.cli.vectors import add_backend, add_vectors, taken_vectors
from erniem.cli.verb import Values, Verb

__all__ = ["SEARCHING"]

SETTINGS = ("kind", "recall", "at")
"""Options that become `IndexSettings`."""
OPENING = ("model", "backend", "device", "verify")
"""Options of how an index is opened."""


def _index_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", type=Path, help="folder of any encoder")
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help=".txt .tsv .jsonl .parquet, packed too; - for stdin",
    )
    parser.add_argument(
        "--output", type=Path, required=True, metavar="DIR", help="the index; if there, it grows"
    )
    parser.add_argument("--language", metavar="XX", help="of the sentences (as files tell)")
    parser.add_argument(
        "--replace", action="store_true", help="a new text for a known id takes its place"
    )
    parser.add_argument(
        "--kind", choices=["auto", "exact", "approximate"], help="of search (auto: by size)"
    )
    parser.add_argument(
        "--recall", type=float, metavar="R", help="that an approximate search is to reach (0.95)"
    )
    parser.add_argument("--at", type=int, metavar="N", help="nearest that recall is of (10)")
    add_vectors(parser, layer="last", pooling="mean_text")
    add_backend(parser)


def _search_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("index", type=Path, help="folder that `erniem index` made")
    parser.add_argument(
        "queries", nargs="*", default=[], metavar="QUERY", help="text in any language"
    )
    parser.add_argument("--input", type=Path, metavar="FILE", help="queries, one a line")
    parser.add_argument("--k", type=int, metavar="N", help="hits for each query (10)")
    parser.add_argument(
        "--score", choices=["cosine", "margin"], help="hits are ordered by (cosine)"
    )
    parser.add_argument("--language", metavar="XX", help="look among its sentences alone")
    parser.add_argument(
        "--exact", action="store_true", help="compare with all sentences, however long it takes"
    )
    parser.add_argument("--model", type=Path, help="folder of the index's encoder, if it moved")
    add_backend(parser)
    parser.add_argument("--verify", action="store_true", help="first read all, compare checksums")
    parser.add_argument("--json", action="store_true", help="print a line of JSON for each query")
    parser.add_argument("--output", type=Path, metavar="FILE.jsonl", help="write these lines there")


def _forget_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("index", type=Path, help="folder that `erniem index` made")
    parser.add_argument(
        "ids", nargs="*", default=[], metavar="ID", help="of the sentences to take out"
    )
    parser.add_argument("--input", type=Path, metavar="FILE", help="ids, one a line")


def _index(values: Values) -> None:
    from erniem.search.run import index_files
    from erniem.search.settings import IndexSettings

    given = {name: values.pop(name) for name in SETTINGS if name in values}
    settings = IndexSettings(**given) if given else None
    values["vectors"] = taken_vectors(values)
    print("\n".join(index_files(**values, settings=settings, progress=True).lines()))


def _search(values: Values) -> None:
    from erniem.search.index import Index
    from erniem.search.run import told, told_as_json

    queries = _texts(values.pop("queries"), values.pop("input", None), "query")
    output, as_json = values.pop("output", None), values.pop("json", False)
    opening = {name: values.pop(name) for name in OPENING if name in values}
    index = Index.open(values.pop("index"), **opening)
    found = index.search(queries, **values)
    lines = (told_as_json if as_json or output else told)(queries, found)
    if output is None:
        print("\n".join(lines))
    else:
        output.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _forget(values: Values) -> None:
    from erniem.search.run import lines_of
    from erniem.search.update import remove_ids

    folder = values["index"]
    manifest = remove_ids(folder, _texts(values["ids"], values.get("input"), "id"))
    print("\n".join(lines_of(folder, manifest)))


def _texts(given: list[str], path: Path | None, what: str) -> list[str]:
    """What was given, and what a file holds."""
    from erniem.search.run import read_queries

    found = [*given, *(read_queries(path) if path else [])]
    if not found:
        raise ValueError(f"there is no {what}: give one, or a file of them with --input.")
    return found


SEARCHING = {
    "index": Verb(
        help="sentences in any language into a folder in which they can be found",
        arguments=_index_arguments,
        run=_index,
        example="erniem index e5/ de.txt en.txt sw.jsonl.gz --output found/",
    ),
    "search": Verb(
        help="the sentences of an index that are nearest to a query, in any language",
        arguments=_search_arguments,
        run=_search,
        example="erniem search found/ 'Where is the post office?' --k 5",
    ),
    "forget": Verb(
        help="takes sentences out of an index",
        arguments=_forget_arguments,
        run=_forget,
        example="erniem forget found/ de.txt:17 de.txt:18",
    ),
}
