"""`erniem <verb>`: each verb names a library function, its arguments are the function's.

Nothing heavy is imported before a verb runs, so that help comes at once.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from erniem import __version__

__all__ = ["VERBS", "Verb", "main"]

Arguments = Callable[[argparse.ArgumentParser], None]
Values = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Verb:
    """A command."""

    help: str
    """What it does, in a line."""
    arguments: Arguments
    """Adds its arguments to a parser."""
    run: Callable[[Values], None]
    """Calls the library with the arguments that were given."""
    example: str
    """How it is called."""


class VerbParser(argparse.ArgumentParser):
    """Takes options before, between and after the other arguments."""

    _nested = False

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Options first, then what is left; argparse does it in two calls of this function."""
        if self._nested:
            return super().parse_known_args(args, namespace)
        self._nested = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._nested = False


def _text(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "sources",
        nargs="+",
        type=Path,
        metavar="FOLDER",
        help="text: XX.txt (a sentence a line) and XX-YY.tsv (pairs), plain or .gz .xz .zst",
    )
    parser.add_argument("--output", type=Path, required=True, help="folder to make")
    parser.add_argument("--languages", nargs="+", metavar="XX", help="only these (default: all)")
    parser.add_argument(
        "--vocabulary-size", type=int, metavar="V", help="pieces, special ones counted (16000)"
    )


def _tokenizer_arguments(parser: argparse.ArgumentParser) -> None:
    _text(parser)


def _corpus_arguments(parser: argparse.ArgumentParser) -> None:
    _text(parser)
    parser.add_argument("--tokenizer", type=Path, help="encode with this one, train none")
    parser.add_argument(
        "--held-out", type=int, metavar="N", help="pairs of two languages to keep back (500)"
    )
    parser.add_argument(
        "--exclude", nargs="+", type=Path, metavar="FOLDER", help="evaluation sets to leave out"
    )
    parser.add_argument("--max-per-source", type=int, metavar="N", help="lines of a file at most")


def _pretrain_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "recipe",
        nargs="*",
        metavar="FILE.yaml | key=value",
        help="a recipe, variants of it, and single keys over them (stage1.steps=500)",
    )
    parser.add_argument(
        "--keys", action="store_true", help="list every key of a recipe with its default"
    )


def _evaluate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", type=Path, help="checkpoint with its tokenizer")
    parser.add_argument("--corpus", type=Path, help="measure on its held-out pairs")
    parser.add_argument("--tatoeba", type=Path, help="measure on tatoeba.XXX-eng.XXX files")
    parser.add_argument("--languages", nargs="+", metavar="XX", help="only these (default: all)")
    parser.add_argument(
        "--layer", type=int, metavar="N", help="of 0..layers-1 (default: as XTREME, 7 of 12)"
    )
    parser.add_argument(
        "--pooling", choices=["mean", "cls", "mean_text"], help="of a sentence's tokens (mean)"
    )
    parser.add_argument(
        "--centred", action="store_true", help="take the mean of each language off first"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the figures as JSON")


def _convert_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source",
        type=Path,
        help="ERNIE-M of PaddleNLP (.pdparams), its authors, transformers 4, us; XLM-R; BERT",
    )
    parser.add_argument("target", type=Path, help="folder to make")
    parser.add_argument(
        "--to", choices=["erniem", "transformers4", "paddle", "xlm-r"], help="(erniem)"
    )
    parser.add_argument(
        "--dtype", choices=["float32", "float16", "bfloat16"], help="of the weights (as they are)"
    )
    parser.add_argument(
        "--architecture", metavar="CLASS", help="such as ErnieMForSequenceClassification"
    )


def _doctor_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", type=Path, help="any that convert reads")


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


def _surgery_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("checkpoint", type=Path, help="a model of any head with its tokenizer")
    parser.add_argument(
        "--text",
        nargs="+",
        type=Path,
        required=True,
        metavar="FOLDER|FILE",
        help="a sentence a line, plain or .gz .xz .zst; folders of XX.txt and XX-YY.tsv",
    )
    parser.add_argument("--output", type=Path, required=True, help="folder to make")
    parser.add_argument(
        "--check",
        nargs="+",
        type=Path,
        metavar="FOLDER|FILE",
        help="other text: report how many of its lines are split otherwise",
    )


def _trim_arguments(parser: argparse.ArgumentParser) -> None:
    _surgery_arguments(parser)
    parser.add_argument(
        "--min-count", type=int, metavar="N", help="keep what the text uses so often (1)"
    )
    parser.add_argument(
        "--keep-characters", action="store_true", help="keep all single characters too"
    )


def _extend_arguments(parser: argparse.ArgumentParser) -> None:
    _surgery_arguments(parser)
    parser.add_argument("--pieces", type=int, required=True, metavar="N", help="how many to add")


def _quickstart_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "data",
        nargs="?",
        type=Path,
        default=None,  # argparse would take SUPPRESS for a path
        help="folder of your own text; translation catalogues from PyPI if not given",
    )
    parser.add_argument("--output", type=Path, help="folder of the run (runs/quickstart)")


def _tokenizer(values: Values) -> None:
    from erniem.corpus.vocabulary import build_tokenizer

    print(build_tokenizer(values.pop("sources"), values.pop("output"), **values))


def _corpus(values: Values) -> None:
    from erniem.corpus.pipeline import build_corpus

    corpus = build_corpus(values.pop("sources"), values.pop("output"), **values)
    print("\n".join(corpus.summary()))


def _pretrain(values: Values) -> None:
    from erniem.pretrain.recipe import read_recipe, recipe_parser
    from erniem.pretrain.run import pretrain

    if values.get("keys"):
        recipe_parser(prog="erniem pretrain", usage=argparse.SUPPRESS).print_help()
        return
    given: list[str] = values["recipe"]
    files = [Path(one) for one in given if "=" not in one]
    if not files:
        raise ValueError("name a recipe: erniem pretrain recipe.yaml; its keys: --keys.")
    result = pretrain(read_recipe(*files, overrides=[one for one in given if "=" in one]))
    if os.environ.get("RANK", "0") == "0":  # torchrun starts many of us
        print(result.summary())


def _evaluate(values: Values) -> None:
    from erniem.tasks.evaluate import evaluate

    print("\n".join(evaluate(values.pop("model"), **values).lines()))


def _convert(values: Values) -> None:
    from erniem.convert.convert import convert

    print("\n".join(convert(values.pop("source"), values.pop("target"), **values).lines()))


def _doctor(values: Values) -> None:
    from erniem.convert.doctor import examine

    findings = examine(values["checkpoint"])
    print("\n".join(findings.lines()))
    if not findings.sound:
        raise ValueError(f"{values['checkpoint']} is not sound.")


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


def _trim(values: Values) -> None:
    from erniem.surgery import trim

    print(trim(values.pop("checkpoint"), values.pop("output"), **values).summary())


def _extend(values: Values) -> None:
    from erniem.surgery import extend

    print(extend(values.pop("checkpoint"), values.pop("output"), **values).summary())


def _quickstart(values: Values) -> None:
    from erniem.quickstart import quickstart

    quickstart(**values)


VERBS = {
    "quickstart": Verb(
        help="from text to an aligned encoder and a report, in minutes",
        arguments=_quickstart_arguments,
        run=_quickstart,
        example="erniem quickstart",
    ),
    "tokenizer": Verb(
        help="train a vocabulary on folders of text",
        arguments=_tokenizer_arguments,
        run=_tokenizer,
        example="erniem tokenizer text/ --output tokenizer --vocabulary-size 32000",
    ),
    "corpus": Verb(
        help="turn folders of text into token shards",
        arguments=_corpus_arguments,
        run=_corpus,
        example="erniem corpus text/ pairs/ --output corpus --exclude tatoeba/",
    ),
    "pretrain": Verb(
        help="train an encoder in two stages, by a recipe; run again to go on",
        arguments=_pretrain_arguments,
        run=_pretrain,
        example="erniem pretrain recipe.yaml stage1.steps=5000",
    ),
    "evaluate": Verb(
        help="retrieval between languages: held-out pairs, Tatoeba",
        arguments=_evaluate_arguments,
        run=_evaluate,
        example="erniem evaluate runs/mine/final --corpus corpus --tatoeba tatoeba/",
    ),
    "convert": Verb(
        help="weights of Paddle, transformers 4, XLM-R and BERT as ours, and ours as theirs",
        arguments=_convert_arguments,
        run=_convert,
        example="erniem convert ernie-m-base-paddle/ ernie-m-base/",
    ),
    "doctor": Verb(
        help="is a checkpoint whole, and does it compute what was published",
        arguments=_doctor_arguments,
        run=_doctor,
        example="erniem doctor ernie-m-base/",
    ),
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
    "trim": Verb(
        help="take out of a model the pieces that a text does not use",
        arguments=_trim_arguments,
        run=_trim,
        example="erniem trim base --text text/ --output small",
    ),
    "extend": Verb(
        help="put pieces of a new language into a model",
        arguments=_extend_arguments,
        run=_extend,
        example="erniem extend base --text yo.txt --pieces 4000 --output base-yo",
    ),
}
"""The commands, in the order of the help."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="erniem", description="ERNIE-M: multilingual encoders, aligned and measured."
    )
    parser.add_argument("--version", action="version", version=f"erniem {__version__}")
    verbs = parser.add_subparsers(
        dest="verb", required=True, metavar="<verb>", parser_class=VerbParser
    )
    for name, verb in VERBS.items():
        one = verbs.add_parser(
            name,
            help=verb.help,
            description=f"{verb.help[0].upper()}{verb.help[1:]}.",
            epilog=f"example: {verb.example}",
            argument_default=argparse.SUPPRESS,  # what is not given, the library decides
        )
        verb.arguments(one)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; a mistake of the user's is one line and exit code 1."""
    values = vars(_parser().parse_args(arguments))
    verb = VERBS[values.pop("verb")]
    try:
        verb.run(values)
    except (ValueError, OSError) as error:
        print(f"erniem: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0
