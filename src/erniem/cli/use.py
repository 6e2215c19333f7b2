"""Verbs that use a model, or score what one said."""

import argparse
from pathlib import Path

from erniem.cli.verb import Values, Verb

__all__ = ["USE"]


def _extract_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", type=Path, help="folder of a UIE-M with its tokenizer")
    parser.add_argument("texts", nargs="*", default=[], metavar="TEXT", help="text in any language")
    parser.add_argument("--input", type=Path, metavar="FILE", help=".txt: a text a line; .jsonl")
    parser.add_argument(
        "--schema",
        required=True,
        help="names with commas between them, JSON, or a .json .yaml file",
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE.jsonl", help="write a line of JSON for each text"
    )
    parser.add_argument(
        "--threshold", type=float, metavar="P", help="of an answer's first and last token (0.5)"
    )
    parser.add_argument(
        "--max-length", type=int, metavar="N", help="tokens of a window with its prompt (512)"
    )
    parser.add_argument("--batch-tokens", type=int, metavar="N", help="tokens at once (8192)")
    parser.add_argument(
        "--schema-lang", choices=["zh", "en"], help="relations as X的Y or as Y of X (zh)"
    )
    parser.add_argument(
        "--split", choices=["fit", "length", "sentence"], help="how long texts are cut (fit)"
    )
    parser.add_argument("--attention", choices=["uie-m", "plain"], help="what a token sees (uie-m)")


def _score_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "predictions", type=Path, help="folder with TASK/test-XX.tsv, or .json for answers"
    )
    parser.add_argument("references", type=Path, help="the same, with what is right")
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the scores as JSON")
    parser.add_argument(
        "--bootstrap", type=int, metavar="N", help="samples for 95 %% intervals (none)"
    )
    parser.add_argument(
        "--against", type=Path, metavar="FOLDER", help="other predictions: is one better, or chance"
    )


def _extract(values: Values) -> None:
    import json

    from erniem.tasks.extract import extract

    shown = "output" not in values
    for answers in extract(values.pop("model"), values.pop("texts"), **values):
        if shown:
            print(json.dumps(answers, ensure_ascii=False))


def _score(values: Values) -> None:
    from erniem.scores.score import compare, score, write_scores

    output, against = values.pop("output", None), values.pop("against", None)
    predictions, references = values.pop("predictions"), values.pop("references")
    scores = score(predictions, references, **values)
    print("\n".join(scores.lines()))
    if output is not None:
        write_scores(scores, output)
    if against is not None:
        print(f"\nagainst {against}")
        print("\n".join(compare(predictions, against, references, **values).lines()))
    if scores.failed:
        raise ValueError(f"{len(scores.failed)} files could not be scored; the rest is.")


USE = {
    "extract": Verb(
        help="spans of a text, in any language, that a schema asks for (UIE-M)",
        arguments=_extract_arguments,
        run=_extract,
        example="erniem extract uie-m-base 张三在北京。 --schema 人物,地点",
    ),
    "score": Verb(
        help="XTREME's table from predictions in XTREME's layout",
        arguments=_score_arguments,
        run=_score,
        example="erniem score predictions/ references/ --output scores.json --bootstrap 1000",
    ),
}
