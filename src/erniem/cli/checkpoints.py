"""Verbs that change a checkpoint, or look at it."""

import argparse
from pathlib import Path

from erniem.cli.verb import Values, Verb

__all__ = ["CHECKPOINTS"]


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


def _convert(values: Values) -> None:
    from erniem.convert.convert import convert

    print("\n".join(convert(values.pop("source"), values.pop("target"), **values).lines()))


def _doctor(values: Values) -> None:
    from erniem.convert.doctor import examine

    findings = examine(values["checkpoint"])
    print("\n".join(findings.lines()))
    if not findings.sound:
        raise ValueError(f"{values['checkpoint']} is not sound.")


def _trim(values: Values) -> None:
    from erniem.surgery import trim

    print(trim(values.pop("checkpoint"), values.pop("output"), **values).summary())


def _extend(values: Values) -> None:
    from erniem.surgery import extend

    print(extend(values.pop("checkpoint"), values.pop("output"), **values).summary())


CHECKPOINTS = {
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
