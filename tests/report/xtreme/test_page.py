import csv
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from huggingface_hub import ModelCard
from huggingface_hub.repocard import metadata_load

from erniem.report.xtreme import compare_runs, read_run, report_xtreme, write_model_card

VOID = {"meta", "link", "img", "br", "input", "line", "circle", "polyline"}


class Page(HTMLParser):
    """Tags in balance, what is loaded, texts of cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loaded: list[str] = []
        self.cells: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        told = dict(attrs)
        self.loaded += [value for name in ("src", "href") if (value := told.get(name))]

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "td":
            self.cells.append(data)


def test_the_page_opens_from_disk_and_loads_nothing(write_run, tmp_path: Path) -> None:
    path = report_xtreme([write_run()], tmp_path / "report")
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == []
    assert page.loaded == ["#notes"]
    assert "url(" not in text
    assert "models/&lt;base&gt; &amp; co" in text, "what others named is no markup"
    assert "<base>" not in text
    figure = read_run(tmp_path / "base").figures["xnli"]["accuracy"]["hi"]
    assert str(figure) in page.cells


def test_every_table_is_whole_in_markdown_and_latex(write_run, tmp_path: Path) -> None:
    report_xtreme([write_run(why_not="100 % & more_of it")], tmp_path / "report")
    blocks = (tmp_path / "report/table.md").read_text().split("## ")[1:]
    assert [block.splitlines()[0] for block in blocks] == [
        *("All tasks", "Groups of tasks", "The gap of transfer"),
        *("base (1 seed) by family", "base (1 seed) by script"),
        *("XNLI", "UD-POS", "MLQA", "Tatoeba"),
        *("On what the figures rest", "The commands"),
    ]
    for block in blocks[:-2]:
        lines = [line for line in block.splitlines() if line.startswith("|")]
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in lines}) == 1
    assert "- base, XNLI: 1 seed; 4 of 15 languages" in blocks[-2]
    assert r"- \[1\]: ERNIE-M's README" in blocks[-2]
    assert "erniem xtreme --model 'models/<base> & co'" in blocks[-1]
    tex = (tmp_path / "report/table.tex").read_text()
    assert r"\item {}[1]: ERNIE-M's README" in tex, "a bracket behind \\item would be its label"
    assert tex.count(r"\begin{") == tex.count(r"\end{")
    assert tex.count("{") == tex.count("}")
    for table in tex.split(r"\toprule")[1:]:
        rows = [line for line in table.partition(r"\bottomrule")[0].splitlines() if "&" in line]
        assert len({line.count(" & ") for line in rows}) == 1
    assert not re.search(r"[†‡±–]", tex)
    assert r"100 \% \& more\_of it" in tex
    body = re.sub(r"(?m)^%.*$|\{%$|\$\^\\d?dagger\$|\$\\pm\$", "", tex)
    assert not re.search(r"(?<!\\)[#$%_^]", body)


def test_the_sheet_has_every_figure(write_run, tmp_path: Path) -> None:
    report_xtreme([write_run(seeds=2)], tmp_path / "report")
    with (tmp_path / "report/figures.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    (one,) = (
        row
        for row in rows
        if (row["model"], row["task"], row["language"]) == ("base", "xnli", "de")
    )
    figure = read_run(tmp_path / "base").figures["xnli"]["accuracy"]["de"]
    assert float(one["mean"]) == pytest.approx(figure.mean, abs=1e-4)
    assert (one["seeds"], one["split"], one["examples"]) == ("2", "test", "20")
    (mean,) = (
        row
        for row in rows
        if (row["model"], row["task"], row["language"]) == ("base", "xnli", "mean")
    )
    assert float(mean["mean"]) == pytest.approx(
        read_run(tmp_path / "base").means["xnli"].mean, abs=1e-4
    )
    assert {row["comparable"] for row in rows} == {"yes", "with care"}


def test_figures_become_the_hub_s_metadata_and_the_card_keeps_its_words(
    write_run, tmp_path: Path
) -> None:
    run = read_run(write_run(why_not="trained on SICK"))
    card = tmp_path / "README.md"
    card.write_text("---\nlicense: mit\n---\n# An encoder\n\nIts words.\n")
    assert write_model_card(run, tmp_path) == card
    told = metadata_load(card)
    assert ModelCard.load(card).data.eval_results, "as the Hub reads it"
    assert told["license"] == "mit"
    assert "# An encoder\n\nIts words.\n" in card.read_text()
    (entry,) = told["model-index"]
    (result,) = (one for one in entry["results"] if one["dataset"]["config"] == "xnli")
    assert result["task"]["type"] == "text-classification"
    assert result["metrics"][0]["value"] == pytest.approx(run.means["xnli"].mean, abs=0.01)
    assert "not to be compared" in result["metrics"][0]["name"]
    report_xtreme([run.folder], tmp_path / "report")
    written = yaml.safe_load((tmp_path / "report/model-index.yaml").read_text())
    assert written["model-index"] == told["model-index"]


def test_a_card_keeps_other_results_and_replaces_ours(write_run, tmp_path: Path) -> None:
    card = tmp_path / "README.md"
    other = {
        "task": {"type": "sts"},
        "dataset": {"name": "STS", "type": "sts"},
        "metrics": [{"type": "spearman", "value": 1.0}],
    }
    front = yaml.safe_dump({"model-index": [{"name": "mine", "results": [other]}]})
    card.write_text(f"---\n{front}---\nIts words.\n")
    write_model_card(read_run(write_run("one", skill=0.3)), tmp_path)
    write_model_card(read_run(write_run("two", skill=1.0)), tmp_path)
    (entry,) = metadata_load(card)["model-index"]
    assert entry["name"] == "mine"
    assert entry["results"][0] == other
    values = {one["dataset"].get("config"): one["metrics"][0]["value"] for one in entry["results"]}
    assert len(entry["results"]) == 5
    assert values["xnli"] == 100.0


def test_two_runs_are_compared_language_by_language(write_run, tmp_path: Path) -> None:
    good, bad = write_run("good", skill=1.0, seeds=2), write_run("bad", skill=0.2)
    told = compare_runs(good, bad, bootstrap=200)
    figure = 100 - read_run(bad).figures["xnli"]["accuracy"]["de"].mean
    assert told.difference.differences["xnli/de"] == pytest.approx(figure)
    assert told.difference.p_values["xnli"] < 0.01
    lines = list(told.lines())
    assert lines[0] == "good less bad, in points (seeds: 2, 1)"
    assert any(re.match(r"  de +\+\d+\.\d\d  p = 0\.\d{4} \*$", line) for line in lines)
    same = compare_runs(good, good, bootstrap=50)
    assert set(same.difference.differences.values()) == {0.0}
    assert set(same.difference.p_values.values()) == {1.0}
    page = report_xtreme([good, bad], tmp_path / "both").read_text()
    assert "good (2 seeds) less bad (1 seed)" in page
    assert "## good (2 seeds) less bad (1 seed)" in (tmp_path / "both/table.md").read_text()
    assert told.markdown().startswith("| good less bad | points | p |\n")


def test_seeds_are_averaged_before_they_are_compared(write_run) -> None:
    one, other = write_run("one", skill=0.6, seeds=3), write_run("other", skill=0.5)
    means = [read_run(folder).means["tatoeba"].mean for folder in (one, other)]
    told = compare_runs(one, other, bootstrap=50)
    assert told.difference.differences["tatoeba"] == pytest.approx(means[0] - means[1])


def test_runs_of_other_examples_are_not_compared(write_run) -> None:
    one, other = write_run("one"), write_run("other")
    path = other / "run.json"
    path.write_text(path.read_text().replace('"de": 20', '"de": 10'))
    with pytest.raises(ValueError, match=r"xnli in de has 20 examples.*the same --limit"):
        compare_runs(one, other)


def test_runs_of_other_answers_are_not_compared(write_run) -> None:
    one, other = write_run("one"), write_run("other")
    path = other / "seed-0/references/xnli/test-de.tsv"
    path.write_text("".join(reversed(path.read_text().splitlines(keepends=True))))
    with pytest.raises(ValueError, match=r"test-de\.tsv differ.*on the same data"):
        compare_runs(one, other)
