"""A run of XTREME whose encoder knows a share of the answers, in invented words."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from erniem.scores.files import write_file
from erniem.scores.score import score, write_scores
from erniem.scores.xtreme import XTREME

Write = Callable[..., Path]

NLI = ("contradiction", "entailment", "neutral")


def right_answers(task: str) -> object:
    """What is right in twenty examples, the same in all languages."""
    if task == "xnli":
        return [NLI[number % 3] for number in range(20)]
    if task == "tatoeba":
        return [str(number) for number in range(20)]
    if task == "udpos":
        return [["NOUN", "VERB"]] * 20
    return {str(number): [f"bade{number}"] for number in range(20)}


def wrong(task: str, one: object) -> object:
    return {"xnli": "neutral", "tatoeba": "0", "udpos": ["X", "X"]}.get(task, "lumi")


def said(task: str, skill: float, seed: int) -> object:
    """The right answers with so many of them in a hundred."""
    knows = np.random.default_rng(seed).random(20) < skill
    answers = right_answers(task)
    if isinstance(answers, dict):
        return {
            name: one[0] if known else wrong(task, one)
            for known, (name, one) in zip(knows, answers.items(), strict=True)
        }
    assert isinstance(answers, list)
    return [one if known else wrong(task, one) for known, one in zip(knows, answers, strict=True)]


@pytest.fixture
def write_run(tmp_path: Path) -> Write:
    """Writes a run's folder."""

    def written(
        name: str = "base",
        *,
        skill: float = 0.8,
        seeds: int = 1,
        tasks: tuple[str, ...] = ("xnli", "udpos", "mlqa", "tatoeba"),
        languages: tuple[str, ...] = ("en", "de", "hi", "zh"),
        why_not: str | None = None,
    ) -> Path:
        folder = tmp_path / name
        facts = {}
        for task in tasks:
            codes = [code for code in XTREME[task].languages if code in languages]
            facts[task] = {
                "train": None if task == "tatoeba" else {"rows": 1234, "files": ["train-en.tsv"]},
                "splits": dict.fromkeys(codes, "test"),
                "examples": dict.fromkeys(codes, 20),
                "why_not": why_not,
                "note": None,
            }
            for seed in range(seeds):
                for place, code in enumerate(codes):
                    file = f"{task}/test-{code}.{XTREME[task].ending}"
                    here = folder / f"seed-{seed}"
                    kind = XTREME[task].kind
                    write_file(here / "references" / file, kind, right_answers(task))
                    chance = place if task == "tatoeba" else 100 * seed + place
                    given = said(task, skill, chance)
                    write_file(here / "predictions" / file, kind, given)
        for seed in range(seeds):
            here = folder / f"seed-{seed}"
            write_scores(score(here / "predictions", here / "references"), here / "scores.json")
        run = {
            "model": "models/<base> & co",
            "command": "erniem xtreme --model 'models/<base> & co'",
            "plan": {"recipe": "quick", "limit": {}},
            "seeds": list(range(seeds)),
            "versions": {"erniem": "0.1"},
            "tasks": facts,
        }
        (folder / "run.json").write_text(json.dumps(run))
        layers = {"0": 10.0, "1": 40.0, "2": 30.0}
        scan = {"tatoeba": {"layers": layers, "languages": 3}}
        (folder / "layers.json").write_text(json.dumps(scan))
        return folder

    return written
