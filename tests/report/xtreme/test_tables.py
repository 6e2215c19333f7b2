from pathlib import Path

import pytest

from erniem.report.xtreme.drawings import curve, heat_map
from erniem.report.xtreme.runs import read_run
from erniem.report.xtreme.tables import Table, kinship_table, notes, summary, task_table


def row(table: Table, name: str) -> dict[str, str]:
    (found,) = (one for one in table.rows if one.name == name)
    return dict(zip(table.heads, (cell.text for cell in found.cells), strict=True))


def test_a_run_stands_beside_published_models(write_run) -> None:
    table = summary([read_run(write_run(skill=1.0))])
    ours = row(table, "base")
    assert (ours["XNLI"], ours["MLQA"], ours["PAWS-X"], ours["all"]) == ("100.0", "100.0", "–", "–")
    assert row(table, "ERNIE-M base")["XNLI"] == "77.3"
    assert row(table, "ERNIE-M base")["MLQA"] == f"{(68.7 + 50.2) / 2:.1f}"
    assert row(table, "mmBERT base")["all"] == "72.8‡"


def test_figures_that_may_not_be_compared_are_marked_and_say_why(write_run) -> None:
    run = read_run(write_run(why_not="trained on SICK"))
    assert row(summary([run]), "base")["XNLI"].endswith("†")
    assert (
        "base, XNLI",
        "1,234 examples of train-en.tsv; † not to be compared: trained on SICK",
    ) in [*notes([run])]


def test_a_task_by_language_with_the_gap_of_transfer(write_run) -> None:
    run = read_run(write_run())
    figures = {code: one.mean for code, one in run.figures["xnli"]["accuracy"].items()}
    ours = row(task_table("xnli", [run]), "base")
    assert list(ours) == ["de", "en", "hi", "zh", "mean", "gap"]
    rest = sum(figures[code] for code in ("de", "hi", "zh")) / 3
    assert ours["gap"] == f"{figures['en'] - rest:.1f}"
    assert row(task_table("tatoeba", [run]), "base")["gap"] == "–"


def test_answers_have_a_row_for_each_metric(write_run) -> None:
    table = task_table("mlqa", [read_run(write_run())])
    names = [one.name for one in table.rows]
    assert names[0] == "base, F1"
    assert "base, exact match" in names
    assert "ERNIE-M large, exact match" in names


def test_several_seeds_give_a_mean_and_a_deviation(write_run) -> None:
    run = read_run(write_run(seeds=3))
    text = row(task_table("xnli", [run]), "base")["de"]
    assert " ± " in text
    (found,) = (one for one in task_table("xnli", [run]).rows if one.name == "base")
    assert "German, 3 seeds, 20 examples of test" in found.cells[0].hint


def test_families_and_scripts_are_means_over_what_was_measured(write_run) -> None:
    run = read_run(write_run())
    table = kinship_table(run, "script")
    assert [one.name for one in table.rows] == ["Latin", "Devanagari", "Han"]
    latin = (run.main("xnli", "de") + run.main("xnli", "en")) / 2
    assert row(table, "Latin")["XNLI"] == f"{latin:.1f}"
    family = kinship_table(run, "family")
    assert {one.name for one in family.rows} == {"Germanic", "Indo-Aryan", "Sino-Tibetan"}


def test_the_heat_map_gives_each_task_its_own_scale(write_run) -> None:
    drawn = heat_map(read_run(write_run()))
    assert drawn.tasks == ("XNLI", "UD-POS", "MLQA", "Tatoeba")
    assert drawn.languages == ("de", "en", "hi", "zh")
    assert drawn.families == (("Germanic", 2), ("Indo-Aryan", 1), ("Sino-Tibetan", 1))
    for squares in drawn.rows:
        shares = [one.share for one in squares if one.text]
        assert max(shares) == 100
        assert min(shares) == 0 or len(set(shares)) == 1
    assert drawn.rows[3][1].text == "", "Tatoeba has no English"


def test_the_curve_names_the_best_layer(write_run) -> None:
    drawn = curve(read_run(write_run()))
    assert drawn is not None
    assert drawn.hint == "best: layer 1 with 40.0; mean over 3 languages"
    assert len(drawn.points.split()) == 3


def test_a_folder_without_a_run_is_named(write_run, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"none has no run\.json: name the --output"):
        read_run(tmp_path / "none")
    folder = write_run()
    (folder / "seed-0" / "scores.json").write_text("{")
    with pytest.raises(ValueError, match=r"scores\.json is damaged"):
        read_run(folder)
    (folder / "seed-0" / "scores.json").unlink()
    with pytest.raises(ValueError, match="has no figures yet"):
        read_run(folder)
