from statistics import fmean

import pytest

from erniem.report.xtreme.published import Published, published, sources
from erniem.scores.xtreme import GROUPS, XTREME

WITH_LANGUAGES = [one for one in published() if one.figures]
NOT_THEIR_MEAN = {("XLM-R large", "mlqa", "f1")}
"""Printed so; `care` says it."""


@pytest.mark.parametrize("one", WITH_LANGUAGES, ids=lambda one: f"{one.model} {one.task}")
def test_a_printed_mean_is_that_of_its_languages(one: Published) -> None:
    means = fmean(one.figures.values()) == pytest.approx(one.mean, abs=0.06)  # all are rounded
    assert means is ((one.model, one.task, one.metric) not in NOT_THEIR_MEAN)
    assert means or one.care


def test_figures_stand_under_the_names_of_the_benchmark() -> None:
    for one in published():
        assert one.source in sources()
        if one.metric == "mean":
            assert one.task in {*GROUPS, "all_task"}
            assert one.care, "no published mean of several tasks is of the same ones, zero-shot"
            continue
        assert one.metric in XTREME[one.task].metric.main
        assert set(one.figures) <= set(XTREME[one.task].languages)


def test_no_figure_is_told_twice() -> None:
    told = [(one.name, one.task, one.metric) for one in published()]
    assert len(told) == len(set(told))


def test_xlm_align_s_own_average_is_that_of_its_tasks() -> None:
    """XLM-R base, XLM-Align's README: 66.4 over seven tasks, answers as (F1 + EM) / 2."""
    found: dict[str, list[float]] = {}
    for one in published():
        if one.name == "XLM-R base [3]":
            found.setdefault(one.task, []).append(one.mean)
    assert len(found) == 7
    assert fmean(map(fmean, found.values())) == pytest.approx(66.4, abs=0.06)


def test_the_paper_s_own_row() -> None:
    """Ouyang et al., 2021, table 1."""
    (one,) = (one for one in published() if (one.model, one.task) == ("ERNIE-M base", "xnli"))
    assert (one.figures["en"], one.figures["sw"], one.figures["ur"], one.mean) == (
        85.5,
        69.5,
        68.8,
        77.3,
    )
