"""Verbs that train an encoder for a task, and measure it."""

import argparse
import shlex
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from erniem.cli.vectors import VECTORS, add_vectors
from erniem.cli.verb import Values, Verb

__all__ = ["TASKS"]


def _encoder(parser: argparse.ArgumentParser, *, data: bool = True) -> None:
    parser.add_argument(
        "--model", type=Path, required=True, metavar="DIR", help="checkpoint with its tokenizer"
    )
    parser.add_argument(
        "--data", type=Path, required=data, metavar="DIR", help="holds the tasks' folders"
    )
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder to make")


def _limit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--limit", type=int, metavar="N", help="examples of a language and split at most (all)"
    )


def _recipe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--recipe", metavar="NAME|FILE", help="settings by task (xtreme-baseline; docs/xtreme.md)"
    )
    parser.add_argument(
        "--set", nargs="+", metavar="KEY=VALUE", help="over the recipe: epochs=2 xnli.batch_size=8"
    )
    parser.add_argument("--seeds", type=int, metavar="N", help="times to train, seeds 0 to N-1 (1)")
    parser.add_argument(
        "--train-languages", nargs="+", metavar="XX", help="to train on (en: zero-shot transfer)"
    )


def _finetune_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "task", metavar="TASK", help="xnli, udpos, …, a task.py of yours; tatoeba: with --pairs"
    )
    _encoder(parser, data=False)
    _limit(parser)
    _recipe(parser)
    parser.add_argument(
        "--train-limit", type=int, metavar="N", help="training examples of a language at most (all)"
    )
    parser.add_argument(
        "--train-files", nargs="+", type=Path, metavar="FILE", help="instead of the task's own"
    )
    contrast = parser.add_argument_group("tatoeba: translations found among others")
    contrast.add_argument(
        "--pairs", nargs="+", type=Path, metavar="FILE", help="XX-YY.tsv, or folders of them"
    )
    contrast.add_argument(
        "--loss", choices=["hardest", "infonce"], help="hardest negative, or softmax (hardest)"
    )
    contrast.add_argument(
        "--held-out", type=int, metavar="N", help="pairs of two languages to score on (200)"
    )
    contrast.add_argument("--temperature", type=float, metavar="T", help="of infonce (0.05)")
    contrast.add_argument("--scale", type=float, metavar="S", help="of hardest (20)")
    contrast.add_argument("--level", type=float, metavar="COSINE", help="of hardest (0.5)")
    add_vectors(contrast, layer="last", pooling="mean_text")


def _evaluate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("task", metavar="TASK", help="xnli, tatoeba, …, or a task.py of yours")
    _encoder(parser)
    _limit(parser)
    parser.add_argument("--languages", nargs="+", metavar="XX", help="only these (all)")
    parser.add_argument(
        "--split", choices=["test", "dev"], help="(test, and dev of a language without one)"
    )
    retrieval = parser.add_argument_group(
        "tatoeba, bucc2018", "as the model says of itself, or else as XTREME does it"
    )
    add_vectors(retrieval, layer="as XTREME, 7 of 12", pooling="tatoeba: mean, bucc2018: cls")
    retrieval.add_argument(
        "--layers", action="store_true", help="tatoeba from every layer too: OUTPUT/layers.json"
    )


def _xtreme_arguments(parser: argparse.ArgumentParser) -> None:
    _encoder(parser)
    _recipe(parser)
    parser.add_argument("--tasks", nargs="+", metavar="TASK", help="of the nine (all)")
    parser.add_argument("--languages", nargs="+", metavar="XX", help="only these (all)")
    parser.add_argument(
        "--limit",
        nargs="+",
        metavar="[TASK=]N",
        help="examples of a language and split at most, of all tasks or one (all)",
    )
    parser.add_argument(
        "--train-limit",
        nargs="+",
        metavar="[TASK=]N",
        help="training examples of a language at most, of all tasks or one (all)",
    )
    parser.add_argument(
        "--train-files",
        nargs="+",
        metavar="TASK=FILE,FILE",
        help="instead of a task's own; squad is XQuAD's and MLQA's",
    )
    parser.add_argument(
        "--layer", type=int, metavar="N", help="of sentence vectors (XTREME's: 7 of 12, 13 of 24)"
    )


def _compare_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("first", type=Path, metavar="A", help="folder of a run of erniem xtreme")
    parser.add_argument("second", type=Path, metavar="B", help="of another")
    parser.add_argument(
        "--report", type=Path, metavar="DIR", help="write a page with both side by side"
    )


OF_PAIRS = ("pairs", "loss", "held_out", "temperature", "scale", "level", *VECTORS)
"""Options of `finetune tatoeba`."""


def _refuse(values: Values, names: Iterable[str], why: str) -> None:
    """Options that were given and would do nothing are mistakes."""
    for name in names:
        if name in values:
            raise ValueError(f"--{name.replace('_', '-')}: {why}.")


def _finetune(values: Values) -> None:
    if values["task"] == "tatoeba":
        _finetune_retrieval(values)
        return
    _refuse(values, OF_PAIRS, "an option of finetune tatoeba alone")
    if "data" not in values:
        raise ValueError("finetune wants --data, the folder that holds the tasks' folders.")
    from erniem.finetune.gather import Training
    from erniem.finetune.settings import read_settings
    from erniem.tasks.catalogue import task_named
    from erniem.xtreme.seeds import finetune_seeds, spread

    task = task_named(values.pop("task"))
    settings = read_settings(
        values.pop("recipe", "xtreme-baseline"), task.training.name, values.pop("set", ())
    )
    training = Training(
        languages=tuple(values.pop("train_languages", ("en",))),
        files=tuple(values.pop("train_files", ())),
        limit=values.pop("train_limit", None),
    )
    found = finetune_seeds(
        task,
        values.pop("model"),
        values.pop("data"),
        values.pop("output"),
        settings,
        training=training,
        dev_limit=values.pop("limit", None),
        **values,
    )
    for one in found.values():
        print("\n".join(one.lines()))
    best = [one.best for one in found.values() if one.best is not None]
    if len(best) > 1:
        print(f"best on dev over {len(best)} seeds: {spread(best)}")


def _finetune_retrieval(values: Values) -> None:
    others = ("data", "limit", "train_files", "train_languages", "seeds")
    _refuse(values, others, "finetune tatoeba learns from --pairs, with one seed")
    loss = values.get("loss", "hardest")
    other = ("scale", "level") if loss == "infonce" else ("temperature",)
    _refuse(values, other, f"the loss {loss} has none")
    if "pairs" not in values:
        raise ValueError("finetune tatoeba wants --pairs: files XX-YY.tsv, or folders of them.")
    from erniem.embed import TODAYS_VECTORS
    from erniem.finetune.contrast import ContrastSettings, finetune_retrieval
    from erniem.finetune.pairs import PairFiles
    from erniem.finetune.settings import read_settings

    recipe, overrides = values.pop("recipe", "retrieval"), values.pop("set", ())
    given = {name: values[name] for name in OF_PAIRS[3:6] if name in values}
    settings = ContrastSettings(
        loss=loss,
        vectors=replace(TODAYS_VECTORS, **{one: values[one] for one in VECTORS if one in values}),
        training=read_settings(recipe, "tatoeba", overrides),
        **given,
    )
    files = PairFiles(
        paths=tuple(values["pairs"]),
        limit=values.get("train_limit"),
        held_out=values.get("held_out", PairFiles.held_out),
    )
    found = finetune_retrieval(values["model"], values["output"], files, settings)
    print("\n".join(found.lines()))


def _evaluate(values: Values) -> None:
    from erniem.tasks.catalogue import RETRIEVAL, task_named
    from erniem.xtreme.seeds import measure_seeds

    if values["task"] in RETRIEVAL:
        _evaluate_retrieval(values)
        return
    _refuse(values, (*VECTORS, "layers"), "an option of tatoeba and bucc2018")
    task, model, data = (values.pop(name) for name in ("task", "model", "data"))
    found = measure_seeds(task_named(task), model, data, values.pop("output"), **values)
    print("\n".join(found.lines()))


def _evaluate_retrieval(values: Values) -> None:
    from erniem.tasks.retrieve.predictions import preset
    from erniem.xtreme.retrieval import measure_retrieval

    task, model, data = (values.pop(name) for name in ("task", "model", "data"))
    _refuse(values, ("split",), f"{task} is scored on its test set, or dev without one")
    output = values.pop("output")
    if values.pop("layers", False):
        if task != "tatoeba":
            raise ValueError(f"--layers: {task} is not scanned, tatoeba is.")
        values["layers_file"] = output / "layers.json"
    given = {name: values.pop(name) for name in VECTORS if name in values}
    settings = replace(preset(task, model), **given)
    found = measure_retrieval(task, model, data, output, settings=settings, **values)
    print("\n".join(found.lines()))


def _xtreme(values: Values) -> None:
    from erniem.report.xtreme import report_xtreme
    from erniem.xtreme.plan import Plan
    from erniem.xtreme.run import xtreme

    given: Values = {"overrides": tuple(values.pop("set", ()))}
    for name in ("tasks", "languages", "train_languages"):
        if name in values:
            given[name] = tuple(values.pop(name))
    for name in ("limit", "train_limit"):
        given[name] = dict(_share(one, name) for one in values.pop(name, ()))
    given["train_files"] = dict(map(_files, values.pop("train_files", ())))
    plan = Plan(**given, **values)
    result = xtreme(plan, command=shlex.join(["erniem", *sys.argv[1:]]))
    print("\n".join(result.lines()))
    if result.scores:
        print(f"the report: {report_xtreme([plan.output], plan.output / 'report')}")
    if result.failed:
        raise ValueError(
            f"{len(result.failed)} of the tasks failed (seed-N/failed has the traces); run again "
            "to go on with them."
        )


def _share(given: str, option: str) -> tuple[str, int]:
    """How many examples of which task: `300` of all, `tatoeba=1000`."""
    task, equals, number = given.rpartition("=")
    if not number.isdecimal() or (equals and not task):
        raise ValueError(f"--{option.replace('_', '-')} {given!r}: write a number, or TASK=NUMBER.")
    return task or "all", int(number)


def _files(given: str) -> tuple[str, tuple[Path, ...]]:
    """A task and its files: `squad=a.json,b.json`."""
    task, equals, files = given.partition("=")
    if not equals:
        raise ValueError(f"--train-files {given!r}: write TASK=FILE, files with commas between.")
    return task, tuple(map(Path, files.split(",")))


def _compare(values: Values) -> None:
    from erniem.report.xtreme import compare_runs, report_xtreme

    first, second = values["first"], values["second"]
    print("\n".join(compare_runs(first, second).lines()))
    if "report" in values:
        print(f"the report: {report_xtreme([first, second], values['report'])}")


TASKS = {
    "finetune": Verb(
        help="train an encoder for a task, on English or any languages; run again to go on",
        arguments=_finetune_arguments,
        run=_finetune,
        example="erniem finetune xnli --model runs/mine/final --data xtreme/ --output runs/xnli",
    ),
    "evaluate": Verb(
        help="a task's figures in every language, and predictions in XTREME's layout",
        arguments=_evaluate_arguments,
        run=_evaluate,
        example="erniem evaluate xnli --model runs/xnli --data xtreme/ --output runs/xnli-said",
    ),
    "xtreme": Verb(
        help="XTREME's nine tasks, one table; run again to go on",
        arguments=_xtreme_arguments,
        run=_xtreme,
        example="erniem xtreme --model runs/mine/final --data xtreme/ --output runs/xtreme",
    ),
    "compare": Verb(
        help="two runs of XTREME: which is better, and is it chance",
        arguments=_compare_arguments,
        run=_compare,
        example="erniem compare runs/xtreme-a runs/xtreme-b --report runs/a-and-b",
    ),
}
