from pathlib import Path

import pytest

from erniem.report.xtreme.comparison import compare_runs
from erniem.report.xtreme.drawings import curves, heat_map
from erniem.report.xtreme.notes import cares, notes, numbered
from erniem.report.xtreme.runs import read_run, read_runs
from erniem.report.xtreme.tables import (
    Table,
    comparison_table,
    gap_table,
    group_table,
    kinship_table,
    summary,
    task_table,
)


def row(table: Table, name: str) -> dict[str, str]:
    (found,) = (one for one in table.rows if one.name == name)
    return dict(zip(table.heads, (cell.text for cell in found.cells), strict=True))


def test_a_run_stands_beside_published_models(write_run) -> None:
    table = summary([read_run(write_run(skill=1.0))])
    ours = row(table, "base (1 seed)")
    assert (ours["XNLI"], ours["MLQA"], ours["PAWS-X"]) == ("100.0", "100.0", "–")
    assert row(table, "ERNIE-M base [1]")["XNLI"] == "77.3"
    assert row(table, "ERNIE-M base [1]")["MLQA"] == f"{(68.7 + 50.2) / 2:.1f}"
    assert row(table, "mT5-XXL [4]")["MLQA"] == "–", "F1 alone is not the mean of F1 and EM"


def test_two_sources_of_a_model_have_a_row_each(write_run) -> None:
    table = summary([read_run(write_run())])
    assert row(table, "XLM-R base [1]")["XNLI"] == "76.2"
    assert row(table, "XLM-R base [3]")["XNLI"] == "75.0"
    assert dict(cares())["XLM-R large [1], MLQA"].startswith("‡ the printed mean")
    assert dict(cares())["ERNIE-M [6], pairs tags answers retrieval all"].endswith("not zero-shot")
    assert dict(numbered())["[3]"].startswith("XLM-Align's README")


def test_a_group_s_mean_wants_all_of_its_tasks_whole(write_run) -> None:
    table = group_table([read_run(write_run())])
    assert set(row(table, "base (1 seed)").values()) == {"–"}
    assert row(table, "mmBERT base [5]")["all"] == "72.8‡"
    assert row(table, "ERNIE-M [6]")["retrieval"] == "91.9‡"


def test_the_gap_of_transfer_stands_beside_published_ones(write_run) -> None:
    run = read_run(write_run())
    table = gap_table([run])
    assert row(table, "base (1 seed)")["PAWS-X"] == "–"
    english, rest = run.main("mlqa", "en"), [run.main("mlqa", code) for code in ("de", "hi", "zh")]
    assert row(table, "base (1 seed)")["MLQA"] == f"{english - sum(rest) / 3:.1f}"
    assert row(table, "VECO large [1]")["XNLI"].endswith("‡")
    rest = [80.1, 81.2, 79.2, 79.1, 80.4, 78.1, 76.8, 76.3, 78.3, 75.8, 77.4, 72.9, 69.5, 68.8]
    assert row(table, "ERNIE-M base [1]")["XNLI"] == f"{85.5 - sum(rest) / 14:.1f}"


def test_figures_that_may_not_be_compared_are_marked_and_say_why(write_run) -> None:
    run = read_run(write_run(why_not="trained on SICK"))
    assert row(summary([run]), "base (1 seed)")["XNLI"].endswith("†")
    assert "base (1 seed)†" in [one.name for one in task_table("xnli", [run]).rows]
    assert dict(notes([run]))["base, XNLI"] == (
        "1 seed; 4 of 15 languages, without ar bg el es fr ru sw th tr ur vi; "
        "1,234 examples of train-en.tsv; † not to be compared: trained on SICK"
    )


def test_a_task_by_language_with_the_gap_of_transfer(write_run) -> None:
    run = read_run(write_run())
    figures = {code: one.mean for code, one in run.figures["xnli"]["accuracy"].items()}
    ours = row(task_table("xnli", [run]), "base (1 seed)")
    assert list(ours) == ["mean", "gap", "de", "en", "hi", "zh"]
    rest = sum(figures[code] for code in ("de", "hi", "zh")) / 3
    assert ours["gap"] == f"{figures['en'] - rest:.1f}"
    assert row(task_table("tatoeba", [run]), "base (1 seed)")["gap"] == "–"


def test_a_task_without_a_gap_says_why(write_run) -> None:
    run = read_run(write_run(languages=("de", "hi")))
    assert task_table("xnli", [run]).hint == "English was not measured, so there is no gap."
    assert task_table("tatoeba", [run]).hint.startswith("There is no English in this task")


def test_answers_have_a_row_for_each_metric(write_run) -> None:
    table = task_table("mlqa", [read_run(write_run())])
    names = [one.name for one in table.rows]
    assert names[0] == "base (1 seed), F1"
    assert "base (1 seed), exact match" in names
    assert "ERNIE-M large [1], exact match" in names


def test_means_alone_stand_in_the_summary_unless_they_are_half_of_one(write_run) -> None:
    run = read_run(write_run())
    assert "XLM-R base [3]" not in [one.name for one in task_table("xnli", [run]).rows]
    names = [one.name for one in task_table("mlqa", [run]).rows]
    assert "mT5-XXL [4], F1" in names
    assert "XLM-R base [3], F1" not in names


def test_several_seeds_give_a_mean_and_a_deviation(write_run) -> None:
    run = read_run(write_run(seeds=3))
    text = row(task_table("xnli", [run]), "base (3 seeds)")["de"]
    assert " ± " in text
    ours = row(task_table("xnli", [run]), "base (3 seeds)")
    assert ours["mean"] == str(run.means["xnli"])
    answers = row(task_table("mlqa", [run]), "base (3 seeds), F1")["mean"]
    assert " ± " in answers
    (found,) = (one for one in task_table("xnli", [run]).rows if one.name == "base (3 seeds)")
    assert "German, 3 seeds, 20 examples of test" in found.cells[2].hint


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


def test_a_figure_of_nothing_stands_in_the_heat_map(write_run) -> None:
    run = write_run(tasks=("udpos",), languages=("de",), skill=0.0)
    assert [[one.text for one in squares] for squares in heat_map(read_run(run)).rows] == [["0"]]


def test_what_is_not_trained_has_a_single_seed(write_run) -> None:
    run = read_run(write_run(seeds=3))
    assert run.seeds_of("xnli") == "3 seeds"
    assert run.seeds_of("tatoeba") == "1 seed"
    assert "±" not in row(task_table("tatoeba", [run]), "base (1 seed)")["de"]


def test_the_curves_of_all_runs_share_a_frame(write_run) -> None:
    runs = [read_run(write_run(name)) for name in ("one", "two")]
    drawn = curves(runs)
    assert drawn is not None
    assert [one.run for one in drawn.curves] == ["one", "two"]
    assert drawn.curves[0].hint == "best: layer 1 with 40.0; mean over 3 languages"
    assert len(drawn.curves[0].points.split()) == len(drawn.layers) == 3
    heights = [mark.y for mark in drawn.curves[0].marks]
    assert heights[1] < heights[2] < heights[0], "the best stands highest"
    (runs[0].folder / "layers.json").unlink()
    assert curves([read_run(runs[0].folder)]) is None


def test_differences_stand_under_their_tasks(write_run) -> None:
    told = compare_runs(write_run("good", skill=1.0), write_run("bad", skill=0.2), bootstrap=100)
    table = comparison_table(told)
    assert table.title == "good (1 seed) less bad (1 seed)"
    assert [one.name for one in table.rows] == ["mean", "de", "en", "hi", "zh"]
    assert row(table, "mean")["XNLI"] == f"{told.difference.differences['xnli']:+.1f}*"
    assert row(table, "en")["Tatoeba"] == "–"


def test_runs_of_the_same_name_are_told_apart(write_run) -> None:
    names = [one.name for one in read_runs([write_run("a/xtreme"), write_run("b/xtreme")])]
    assert names == ["a/xtreme", "b/xtreme"]


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


def test_a_run_s_file_that_lacks_a_field_is_named(write_run) -> None:
    folder = write_run()
    path = folder / "run.json"
    path.write_text(path.read_text().replace('"command"', '"order"'))
    with pytest.raises(ValueError, match=r"base: run\.json.* lacks .*'command'.*run it again"):
        read_run(folder)
