"""The page: a heading, a tab for each thing that the checkpoint can do, and what it cannot."""

from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup

from erniem import __version__
from erniem.demo.collection import Collection
from erniem.demo.drawings.parts import joined
from erniem.demo.opening import Opened
from erniem.demo.tabs.alignment import alignment_tab
from erniem.demo.tabs.extraction import extraction_tab
from erniem.demo.tabs.fill import fill_tab
from erniem.demo.tabs.map import map_tab
from erniem.demo.tabs.neighbours import neighbours_tab
from erniem.demo.tabs.pseudo import pseudo_tab

__all__ = ["build_page", "looks"]

WAITING = 32
"""Questions that wait in line at most; the next is refused, with a message."""

FONT = ("system-ui", "-apple-system", "Segoe UI", "Noto Sans", "Arial", "sans-serif")
MONO = ("ui-monospace", "Cascadia Mono", "Menlo", "Consolas", "monospace")

_HEAD = Markup(
    '<header class="em-head"><p class="em-kicker">erniem demo</p><h1>{}</h1><p>{}</p></header>'
)
_FOOT = Markup('<footer class="em-foot">{}<p>erniem {}. Nothing leaves this machine.</p></footer>')


def build_page(opened: Opened, collection: Collection) -> gr.Blocks:
    """The page of a checkpoint.

    Args:
        opened: the checkpoint.
        collection: the sentences that are searched.
    """
    title = f"{opened.name} · erniem"
    with gr.Blocks(title=title, analytics_enabled=False, fill_width=False) as page:
        gr.HTML(_HEAD.format(opened.name, " · ".join(opened.facts)))
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab("Neighbours", id="neighbours"):
                neighbours_tab(opened, collection)
            if opened.speaker is not None:
                with gr.Tab("Fill in", id="fill"):
                    fill_tab(opened.speaker)
                with gr.Tab("Pseudo tokens", id="pseudo"):
                    pseudo_tab(opened.speaker)
            with gr.Tab("Align", id="align"):
                alignment_tab(opened)
            with gr.Tab("Map", id="map"):
                map_tab(opened, collection)
            if opened.extractor is not None:
                with gr.Tab("Extract", id="extract"):
                    extraction_tab(opened.extractor)
        gr.HTML(_FOOT.format(_absent(opened), __version__))
    page.queue(max_size=WAITING, default_concurrency_limit=1)
    return page


def looks() -> dict[str, Any]:
    """Theme and style, for gradio's `launch` or `mount_gradio_app`; no font is fetched."""
    theme = gr.themes.Base(
        primary_hue="blue", secondary_hue="blue", neutral_hue="stone", font=FONT, font_mono=MONO
    )
    style = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
    # As `css`, gradio would write selectors anew, and break those with commas inside.
    return {"theme": theme, "head": f"<style>{style}</style>"}


def _absent(opened: Opened) -> Markup:
    """A line for each tab that is not there."""
    return joined(
        Markup("<p><b>Not here: {}.</b> {}</p>").format(
            " and ".join(one.tabs), one.why[0].upper() + one.why[1:]
        )
        for one in opened.absent
    )
