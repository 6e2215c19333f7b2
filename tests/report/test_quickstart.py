import json
from dataclasses import replace
from html.parser import HTMLParser
from math import isnan, nan

import numpy as np
import pytest

from erniem.report.quickstart import (
    LanguageResult,
    MapPoints,
    Results,
    SourceCredit,
    render_report,
    write_report,
)
from erniem.report.quickstart.figures import COLORS, color_of, symbol_of
from erniem.report.quickstart.maps import neighbours, on_a_plane
from erniem.report.quickstart.tables import needed_shares

HOSTILE = "</script><script>alert('&')</script><img src=x onerror=alert(1)>"
RECIPE = "health:\n  opening: {distinct: 0.05, content: 0.04, found: 0.1}\n"
VOID = {"meta", "link", "img", "br", "input", "base", "embed", "source"}


def language(code, name, **accuracies):
    return LanguageResult(
        code=code,
        name=name,
        segments=1200,
        pairs=345,
        tokens=67_890,
        held_out=100,
        retrieval=accuracies.get("retrieval", {}),
        tatoeba=accuracies.get("tatoeba", {}),
    )


def run(**changes):
    results = Results(
        title="A small run",
        languages=(
            language("en", "English"),
            language("de", "German", retrieval={"untrained": 0.1, "stage 1": 0.5, "stage 2": 0.55}),
            language("ar", "Arabic", retrieval={"untrained": 0.06, "stage 1": 0.4, "stage 2": 0.3}),
        ),
        checkpoints=("untrained", "stage 1", "stage 2"),
        between={"untrained": {"de-ar": 0.02}, "stage 2": {"ar-de": 0.25, "en-de": 0.55}},
        losses=(
            {"step": 50, "loss/mmlm": 7.5, "accuracy/mmlm": 0.125, "tokens_per_second": 3800.0},
            {"step": 100, "health/distinct": 0.033, "health/found_content": 0.2},
            {"step": 100, "loss/mmlm": 6.5, "loss/btmlm": 5.0, "learning_rate": 0.0002},
            {"step": 150, "loss/mmlm": nan, "health/distinct": 0.066},
        ),
        opened_step=100,
        seconds={"text": 43.0, "pre-training": 1800.0},
        versions={"torch": "2.13.0"},
        sources=(
            SourceCredit(name="A book", licence="CC0", origin="https://example.org/a", segments=9),
        ),
        recipe=RECIPE,
    )
    return replace(results, **changes)


def points(languages=("en", "de", "ar"), segments=4, texts=None):
    codes = [code for _ in range(segments) for code in languages]
    generator = np.random.default_rng(1)
    return MapPoints(
        vectors=generator.normal(size=(len(codes), 8)).astype(np.float32),
        languages=codes,
        texts=texts or [f"{code} {place}" for place, code in enumerate(codes)],
        groups=[segment for segment in range(segments) for _ in languages],
    )


class Page(HTMLParser):
    """What a browser would see: tags, the rows of tables, text outside scripts, the data."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.rows, self.scripts, self.words = [], [], [], []
        self.open = []
        self.feed(text)
        self.close()
        self.text = " ".join(" ".join(self.words).split())
        self.data = json.loads(next(body for kind, body in self.scripts if kind))

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th") and self.rows:
            self.rows[-1].append("")
        if tag == "script":
            self.scripts.append((dict(attributes).get("type"), ""))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"{tag} closes what is not open"

    def handle_data(self, data):
        if "script" in self.open:
            kind, body = self.scripts[-1]
            self.scripts[-1] = (kind, body + data)
        elif "style" not in self.open:
            self.words.append(data)
            if {"td", "th"} & set(self.open):
                self.rows[-1][-1] += data.strip()

    def row(self, start):
        return next(row for row in self.rows if row and row[0].startswith(start))

    def lines(self, chart):
        return {line["name"]: line for line in self.data["charts"][chart]["data"] if "name" in line}


@pytest.fixture(autouse=True)
def short_plotly(monkeypatch):
    """Spares the parser 5 MB a page; `page` is made before, with the real library."""
    monkeypatch.setattr("erniem.report.quickstart.page.get_plotlyjs", lambda: "plotly")


@pytest.fixture(scope="module")
def page():
    return Page(render_report(run(), {"untrained": points(), "stage 2": points()}))


def test_the_verdict_says_what_the_means_did(page):
    assert (
        "mean of 2 languages, went from 8.0 % (untrained) to 45.0 % (stage 1) and "
        "42.5 % (stage 2). Stage 2 lost 2.5 points; 1 of 2 languages gained." in page.text
    )


def test_a_language_has_its_text_its_accuracies_and_its_signed_gains(page):
    text = ["1,200", "345", "67,890", "100"]
    assert page.row("German")[1:] == [*text, "10.0", "50.0", "55.0", "+40.0", "+5.0"]
    assert page.row("Arabic")[1:] == [*text, "6.0", "40.0", "30.0", "+34.0", "−10.0"]


def test_what_was_not_measured_is_a_dash_and_stays_out_of_the_mean(page):
    assert page.row("English")[5:] == ["–"] * 5
    assert page.row("sum, mean")[5:] == ["8.0", "45.0", "42.5", "+37.0", "−2.5"]
    assert "nan" not in page.text.lower()


def test_tatoeba_has_columns_and_a_chart_only_where_it_was_measured(page):
    assert "tatoeba" not in page.data["charts"]
    german = language("de", "German", retrieval={"stage 2": 0.5}, tatoeba={"stage 2": 0.25})
    measured = Page(render_report(run(languages=(german,)), {}))
    assert measured.row("German")[-3:] == ["–", "–", "25.0"]
    assert measured.lines("tatoeba")["stage 2"]["x"] == [0.25]


def test_the_best_language_of_the_last_checkpoint_stands_on_top():
    results = run(
        languages=(
            language("ar", "Arabic", retrieval={"untrained": 0.1, "stage 2": 0.3}),
            language("de", "German", retrieval={"untrained": 0.3, "stage 2": 0.1}),
            language("vi", "Vietnamese", retrieval={"untrained": 0.2, "stage 2": 0.2}),
        )
    )
    lines = Page(render_report(results, {})).lines("retrieval")
    assert lines["stage 2"]["y"] == ["German", "Vietnamese", "Arabic"]  # an axis grows upwards
    assert lines["untrained"]["x"] == [0.3, 0.2, 0.1]


def test_losses_are_drawn_by_objective_without_nan_and_with_the_opening_of_stage_2(page):
    assert page.lines("loss")["MMLM"]["x"] == [50, 100]
    assert page.lines("loss")["MMLM"]["y"] == [7.5, 6.5]
    assert page.lines("loss")["BTMLM"]["y"] == [5.0]
    assert page.data["charts"]["loss"]["layout"]["shapes"][0]["x0"] == 100
    assert page.lines("accuracy")["MMLM"]["y"] == [0.125]


def test_shares_of_the_asking_pass_stand_beside_what_stage_2_needs(page):
    assert page.row("distinct guesses") == ["distinct guesses", "3.3", "6.6", "5.0"]
    assert page.row("content guesses found") == ["content guesses found", "20.0", "20.0", "10.0"]
    assert page.row("in the target language")[1:] == ["–", "–", "–"]
    assert page.lines("health")["distinct guesses: least"]["y"] == [0.05, 0.05]


@pytest.mark.parametrize("recipe", ["", "a: [", "health: 3", "health: {opening: {found: high}}"])
def test_a_recipe_that_does_not_say_needs_nothing(recipe):
    assert needed_shares(recipe) == {}


def test_the_heat_map_is_symmetric_and_has_one_layer_for_each_measured_checkpoint(page):
    untrained, last = page.data["charts"]["between"]["data"]
    assert [untrained["visible"], last["visible"]] == [False, True]
    assert last["z"] == [[None, 55.0, None], [55.0, None, 25.0], [None, 25.0, None]]
    assert [a["value"] for tag, a in page.tags if a.get("name") == "between"] == ["0", "1"]


def test_the_first_and_the_last_map_are_drawn_and_know_translations():
    maps = {"stage 2": points(), "untrained": points(), "stage 1": points()}
    page = Page(render_report(run(), maps))
    charts = [a["aria-label"] for _, a in page.tags if a.get("data-chart", "").startswith("map-")]
    assert charts == ["untrained", "stage 2"]
    german = page.data["charts"]["map-0"]["data"][1]
    assert (german["meta"], german["customdata"]) == ("de", [1, 4, 7, 10])
    assert page.data["maps"]["map-0"]["groups"] == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]


def test_hostile_text_stays_text():
    bad = replace(language("xx", HOSTILE, retrieval={"stage 1": 0.5}), code=HOSTILE)
    maps = {"stage 1": points(languages=(HOSTILE,), texts=[HOSTILE] * 4)}
    results = run(
        title=HOSTILE,
        languages=(bad,),
        between={"stage 1": {f"{HOSTILE}-{HOSTILE}": 0.5}},
        versions={HOSTILE: HOSTILE},
        sources=(SourceCredit(name=HOSTILE, licence=HOSTILE, origin="javascript:x", segments=1),),
        recipe=HOSTILE,
        notes=(HOSTILE,),
    )
    html = render_report(results, maps)
    page = Page(html)
    assert len(page.scripts) == 3
    assert not [tag for tag, _ in page.tags if tag in ("img", "a")]
    assert not [name for _, a in page.tags for name in a if name.startswith("on")]
    assert page.data["maps"]["map-0"]["texts"] == [HOSTILE] * 4
    assert "<" not in page.data["charts"]["map-0"]["data"][0]["text"][0].replace("<br>", "")
    assert html.count(HOSTILE) == 0


def test_nothing_is_loaded_from_anywhere(page):
    loading = {"src", "srcset", "poster", "action", "background"}
    assert not [a for _, a in page.tags if loading & set(a)]
    assert {tag for tag, a in page.tags if "href" in a} == {"a"}
    assert not {tag for tag, _ in page.tags} & {"link", "img", "iframe", "object", "embed", "base"}
    policy = next(a["content"] for _, a in page.tags if "http-equiv" in a)
    assert policy.startswith("default-src 'none'")
    assert "http" not in policy


def test_plotly_is_inlined_once(page):
    assert sum("plotly.js v" in body for _, body in page.scripts) == 1


def test_stage_2_that_never_opened_is_said_and_not_drawn():
    shares = {"untrained": 0.1, "stage 1": 0.5}
    results = run(
        languages=(language("de", "German", retrieval=shares),),
        checkpoints=("untrained", "stage 1"),
        between={},
        opened_step=None,
        notes=("stage 2 did not open: content 0.01 is below 0.05",),
    )
    page = Page(render_report(results, {}))
    assert "to 50.0 % (stage 1). Stage 1 added 40.0 points" in page.text
    assert "Stage 2 did not open." in page.text
    assert "content 0.01 is below 0.05" in page.text
    assert page.row("German")[5:] == ["10.0", "50.0", "+40.0"]
    assert "shapes" not in page.data["charts"]["loss"]["layout"]


@pytest.mark.parametrize("checkpoints", [(), ("stage 1",)])
def test_a_run_with_next_to_nothing_has_a_report(checkpoints):
    results = run(
        languages=(),
        checkpoints=checkpoints,
        between={},
        losses=(),
        opened_step=None,
        seconds={"text": nan},
        versions={},
        sources=(),
        recipe="",
    )
    page = Page(render_report(results, {}))
    assert page.data["charts"] == {}
    assert "Retrieval was not measured in this run." in page.text
    assert page.row("text") == ["text", "–"]


def test_one_checkpoint_gives_a_figure_and_no_gain():
    german = language("de", "German", retrieval={"final": 0.5})
    page = Page(render_report(run(languages=(german,), checkpoints=("final",), between={}), {}))
    assert "mean of one language, is 50.0 % (final)." in page.text
    assert page.row("German")[5:] == ["50.0"]


def test_results_come_back_from_json_as_they_were():
    results = run(losses=({"step": 50.0, "loss": 7.5},), notes=("a remark",))
    assert Results.from_json(results.to_json()) == results
    assert list(json.loads(results.to_json())) == list(Results.__dataclass_fields__)


def test_nan_is_null_in_json_and_nan_again():
    text = run().to_json()
    assert "NaN" not in text
    assert isnan(Results.from_json(text).losses[3]["loss/mmlm"])


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"checkpoints": ("stage 1",)}, "retrieval of de names stage 2, untrained"),
        ({"losses": ({"loss": 7.5},)}, "has no step"),
        ({"languages": (language("de", "German", retrieval={"stage 1": 43.2}),)}, "43.2 is no sh"),
    ],
)
def test_results_that_contradict_themselves_are_refused(change, complaint):
    with pytest.raises(ValueError, match=complaint):
        run(**change)


def test_json_with_a_key_too_many_or_too_few_is_refused():
    data = json.loads(run().to_json())
    with pytest.raises(ValueError, match="Results has no colour"):
        Results.from_json(json.dumps(data | {"colour": "red"}))
    del data["recipe"]
    with pytest.raises(ValueError, match="Results lacks recipe"):
        Results.from_json(json.dumps(data))


def test_a_map_of_an_unknown_checkpoint_or_language_is_refused():
    with pytest.raises(ValueError, match="the maps have stage 9"):
        render_report(run(), {"stage 9": points()})
    with pytest.raises(ValueError, match="the maps have fr"):
        render_report(run(), {"stage 1": points(languages=("fr",))})


def test_a_map_needs_a_text_for_every_vector():
    with pytest.raises(ValueError, match="one of each for every sentence"):
        points(texts=["one"])


@pytest.mark.parametrize("number", [0, 1, 2, 3, 6, 7, 12])
def test_any_number_of_sentences_has_places_on_a_plane(number):
    vectors = np.random.default_rng(1).normal(size=(number, 5)).astype(np.float32)
    places = on_a_plane(vectors)
    assert places.shape == (number, 2)
    assert np.isfinite(places).all()


def test_equal_and_empty_vectors_have_places_too():
    assert np.isfinite(on_a_plane(np.ones((20, 4), dtype=np.float32))).all()
    assert np.isfinite(on_a_plane(np.zeros((20, 4), dtype=np.float32))).all()


def test_two_heaps_of_vectors_are_two_heaps_on_the_plane_whatever_their_lengths():
    generator = np.random.default_rng(1)
    centres = np.repeat(np.eye(2, 60), 20, axis=0)
    vectors = (centres + 0.05 * generator.normal(size=(40, 60))).astype(np.float32)
    places = on_a_plane(vectors)
    one, other = places[:20], places[20:]
    gap = np.linalg.norm(one.mean(axis=0) - other.mean(axis=0))
    assert gap > 2 * np.linalg.norm(one - one.mean(axis=0), axis=1).mean()
    lengths = 2.0 ** generator.integers(-3, 4, size=(40, 1))  # powers of two lose no digit
    assert np.array_equal(places, on_a_plane((vectors * lengths).astype(np.float32)))


def test_neighbours_are_translations_or_of_the_same_language():
    vectors = np.array([[1, 0, 0], [1, 0.1, 0], [0, 1, 0], [0, 1, 0.2]], dtype=np.float32)
    aligned = MapPoints(
        vectors=vectors, languages=["en", "de", "en", "de"], texts=list("abcd"), groups=[0, 0, 1, 1]
    )
    assert (neighbours(aligned).translation, neighbours(aligned).same_language) == (1.0, 0.0)
    islands = replace(aligned, languages=["en", "en", "de", "de"], groups=[0, 1, 0, 1])
    assert (neighbours(islands).translation, neighbours(islands).same_language) == (0.0, 1.0)


def test_sixteen_languages_have_sixteen_colours_and_neighbours_have_other_symbols():
    assert len(set(COLORS)) == 16
    assert len({(color_of(place), symbol_of(place)) for place in range(64)}) == 64
    assert all(symbol_of(place) != symbol_of(place + 1) for place in range(15))


def test_a_report_is_written_whole(tmp_path):
    path = tmp_path / "report.html"
    write_report(run(), path)
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]
    assert Page(path.read_text(encoding="utf-8")).text.startswith("A small run")
