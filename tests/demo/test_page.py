"""The page, used as a person would: by mouse, by keyboard, at a desk and on a phone."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from demo_pages import living

pytestmark = pytest.mark.slow

DESK, TABLET, PHONE = 1400, 768, 390
HEBREW = "הכלב הזקן ישן בגינה."


class Visit:
    """A visitor with a browser of some width."""

    def __init__(self, page: Any, address: str, screenshots: Path, width: int) -> None:
        self.page, self.address, self.width = page, address, width
        self.screenshots = screenshots
        self.asked: list[str] = []
        self.wrong: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.goto(address)
        page.get_by_role("tab").first.wait_for()

    def open(self, tab: str) -> None:
        self.page.get_by_role("tab", name=tab, exact=True).click()
        self.page.get_by_role("tab", name=tab, exact=True, selected=True).wait_for()

    def field(self, name: str) -> Any:
        return self.page.locator(f"#{name} :is(textarea, input)").first

    def hide(self, *words: str) -> None:
        """Chooses these words of `bade figo …` to be hidden, and no others."""
        self.page.locator("#fill-hidden label", has_text="figo").wait_for()
        for label in self.page.locator("#fill-hidden label").all():
            label.locator("input").set_checked(label.inner_text().strip() in words)

    def answer(self, text: str) -> Any:
        """What shows this, of the answers that can be seen."""
        found = self.page.locator(".em-answer.block:visible").filter(has_text=text)
        found.wait_for()
        return found

    def keep(self, name: str) -> None:
        """A picture of all of the page."""
        path = self.screenshots / f"{name}-{self.width}.png"
        self.page.screenshot(path=path, full_page=True)


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def visiting(browser: Any, address: str, screenshots: Path, width: int) -> Iterator[Visit]:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, has_touch=width == PHONE
    )
    context.set_default_timeout(20_000)
    visit = Visit(context.new_page(), address, screenshots, width)
    yield visit
    context.close()
    assert not visit.wrong


@pytest.fixture
def visit(browser: Any, speaking: str, screenshots: Path, width: int) -> Iterator[Visit]:
    yield from visiting(browser, speaking, screenshots, width)


@pytest.fixture
def desk(browser: Any, speaking: str, screenshots: Path) -> Iterator[Visit]:
    yield from visiting(browser, speaking, screenshots, DESK)


@pytest.fixture
def reader(browser: Any, extracting: str, screenshots: Path, width: int) -> Iterator[Visit]:
    yield from visiting(browser, extracting, screenshots, width)


def test_neighbours_are_found_and_kept_to_a_language(visit: Visit) -> None:
    visit.field("near-text").fill("It will rain tomorrow.")
    visit.page.locator("#near-run").click()
    first = visit.page.locator(".em-hits tbody tr").first
    first.filter(has_text="It will rain tomorrow.").wait_for()
    assert "1.000" in first.inner_text()
    visit.field("near-in").click()
    visit.page.get_by_role("option", name="Hebrew").click()
    first.filter(has_text="Hebrew").wait_for()
    tags = visit.page.locator(".em-hits:visible .em-tag").all_inner_texts()
    assert set(tags) == {"Hebrew"}
    visit.keep("neighbours")


def test_an_example_fills_the_field_and_runs(visit: Visit) -> None:
    visit.page.get_by_role("button", name="איפה תחנת הרכבת?").click()
    visit.page.locator(".em-hits tbody tr", has_text="איפה תחנת הרכבת?").first.wait_for()
    assert visit.field("near-text").input_value() == "איפה תחנת הרכבת?"


def test_a_word_is_hidden_and_filled_in_three_ways(visit: Visit) -> None:
    visit.open("Fill in")
    visit.field("fill-asked").fill("bade figo lumi")
    visit.hide("figo")
    visit.field("fill-other").fill("nope rasi tuvo")
    visit.page.locator("#fill-run").click()
    shown = visit.answer("Hidden: figo")
    assert shown.locator(".em-card").count() == 3
    assert shown.locator(".em-guesses").first.locator("tr").count() == 5
    visit.keep("fill")


def test_no_word_hidden_is_said_in_the_page(visit: Visit) -> None:
    visit.open("Fill in")
    visit.field("fill-asked").fill("bade figo")
    visit.hide()
    visit.page.locator("#fill-run").click()
    assert visit.page.get_by_role("alert").inner_text().startswith("no word is hidden")


def test_pseudo_tokens_are_written_in_the_language_asked_for(visit: Visit) -> None:
    visit.open("Pseudo tokens")
    visit.field("pseudo-text").fill("bade figo lumi")
    visit.field("pseudo-target").click()
    visit.page.get_by_role("option", name="Hebrew").click()
    visit.page.locator("#pseudo-run").click()
    visit.page.locator('.em-said[lang="he"]').wait_for()
    assert visit.page.locator(".em-chips:visible li").count() >= 2
    visit.keep("pseudo")


def test_words_are_aligned_and_a_leftward_sentence_runs_to_the_left(visit: Visit) -> None:
    visit.open("Align")
    visit.field("align-first").fill("bade figo lumi")
    visit.field("align-second").fill(HEBREW)
    visit.page.locator("#align-run").click()
    heat = visit.page.locator('.em-heat[dir="rtl"]')
    heat.wait_for()
    heads = [head.bounding_box()["x"] for head in heat.locator("thead th").all()]
    assert heads == sorted(heads, reverse=True)
    assert [head.strip() for head in heat.locator("thead th").all_inner_texts()][:2] == [
        *("הכלב", "הזקן")
    ]
    box = visit.field("align-second")
    assert box.evaluate("e => getComputedStyle(e).unicodeBidi") == "plaintext"
    visit.keep("align-leftward")


def test_the_map_shows_what_is_pointed_at_and_ones_own_sentences(visit: Visit) -> None:
    visit.open("Map")
    groups = visit.page.locator(".em-group")
    assert groups.count() == 16
    groups.nth(3).focus()
    caption = visit.page.locator(".em-caption:visible")
    assert caption.count() == 1
    assert "Save your changes before you close the window." in caption.inner_text()
    visit.field("map-own").fill("bade figo\nlumi nope")
    visit.page.locator("#map-run").click()
    visit.page.locator(".em-own").first.wait_for()
    assert visit.page.locator(".em-own").count() == 2
    visit.page.locator("#map-method label", has_text="PCA").click()
    visit.answer("yours")
    visit.keep("map")


def test_spans_are_extracted(reader: Visit) -> None:
    reader.open("Extract")
    reader.field("extract-text").fill("bade figo lumi")
    reader.field("extract-schema").fill("person")
    reader.page.locator("#extract-run").click()
    reader.page.locator(".em-said mark", has_text="person").first.wait_for()
    assert reader.page.locator(".em-answers tbody tr").count() >= 1
    reader.keep("extract")
    footer = reader.page.locator(".em-foot").inner_text()
    assert "Not here: Fill in and Pseudo tokens." in footer
    assert reader.page.get_by_role("tab", name="Fill in").count() == 0


def test_the_keyboard_alone_is_enough(desk: Visit) -> None:
    keyboard, page = desk.page.keyboard, desk.page
    page.get_by_role("tab", name="Neighbours").focus()
    while page.evaluate("document.activeElement.textContent.trim()") != "Align":
        keyboard.press("Tab")
    keyboard.press("Enter")
    for name, text in (("align-first", "bade figo"), ("align-second", "lumi bade")):
        _tab_to(page, f"#{name} textarea")
        keyboard.press("Control+A")
        keyboard.type(text)
    keyboard.press("Enter")
    heads = page.locator(".em-heat:visible thead th")
    heads.filter(has_text="lumi").wait_for()
    assert [one.strip() for one in heads.all_inner_texts()] == ["lumi", "bade"]
    _tab_to(page, "#align-run")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    _tab_to(page, ".em-example")
    keyboard.press("Enter")
    page.locator(".em-heat:visible thead th", has_text="opened").wait_for()


def _tab_to(page: Any, selector: str) -> None:
    """Presses Tab until something that can be seen is reached."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"the Tab key does not reach {selector}")


@pytest.mark.parametrize("wide", [DESK, TABLET, PHONE])
def test_nothing_sticks_out_at_any_width(
    browser: Any, speaking: str, screenshots: Path, wide: int
) -> None:
    visits = visiting(browser, speaking, screenshots, wide)
    visit = next(visits)
    for tab in ("Neighbours", "Fill in", "Pseudo tokens", "Align", "Map"):
        visit.open(tab)
        visit.page.wait_for_timeout(200)
        out = visit.page.evaluate(
            """() => [...document.querySelectorAll('main *')].filter(e => {
                const box = e.getBoundingClientRect();
                return box.width && box.right > innerWidth + 1 && !e.closest('.em-scroll')
                    && !e.closest('[aria-hidden=true]');
            }).map(e => e.className)"""
        )
        assert out == [], tab
        visit.keep(f"opens-{tab.lower().replace(' ', '-')}")
    next(visits, None)


def test_the_page_asks_nothing_of_the_outside(desk: Visit) -> None:
    desk.open("Map")
    desk.page.wait_for_timeout(1000)
    asked = [url for url in desk.asked if not url.startswith((desk.address, "data:", "blob:"))]
    assert asked == []
    policy = httpx.get(desk.address).headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert not re.findall(r'(?:src|href)="https?://', httpx.get(desk.address).text)


def test_what_is_written_is_shown_and_not_run(desk: Visit) -> None:
    evil = "<img src=x onerror=window.bad=1> ${window.bad=1} {{1+1}}"
    desk.open("Align")
    desk.field("align-first").fill(evil)
    desk.page.locator("#align-run").click()
    desk.page.locator(".em-heat th", has_text="onerror").wait_for()
    assert desk.page.evaluate("window.bad === undefined")


def test_too_much_text_is_said_in_the_page_and_too_large_a_request_refused(desk: Visit) -> None:
    desk.open("Align")
    desk.field("align-first").fill("bade " * 100)
    desk.page.locator("#align-run").click()
    told = desk.page.get_by_role("alert")
    assert "499 characters; this page takes 400" in told.inner_text()
    desk.field("align-first").fill("")
    desk.page.locator("#align-run").click()
    told.filter(has_text="The first sentence is empty").wait_for()
    huge = httpx.post(f"{desk.address}/gradio_api/queue/join", content=b"a" * 1_000_000)
    assert huge.status_code == 413
    pieces = httpx.post(f"{desk.address}/gradio_api/queue/join", content=iter([b"{}"]))
    assert pieces.status_code == 411
    elsewhere = httpx.get(desk.address, headers={"Host": "evil.example"})
    assert elsewhere.status_code == 400


def test_it_is_stopped_by_ctrl_c_with_a_page_open(
    encoder: Path, browser: Any, screenshots: Path
) -> None:
    with living(encoder) as (address, process):
        visits = visiting(browser, address, screenshots, DESK)
        next(visits).page.wait_for_load_state("networkidle")
        process.send_signal(signal.SIGINT)
        assert process.wait(20) in (0, 130)
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
    next(visits, None)
