"""Tab: a sentence's nearest neighbours across languages."""

import gradio as gr
from markupsafe import Markup

from erniem.demo.collection import Collection
from erniem.demo.drawings.neighbours import neighbour_table
from erniem.demo.examples import said_in
from erniem.demo.opening import Opened
from erniem.demo.settings import PARAGRAPH, checked
from erniem.demo.tabs.form import (
    MODEL,
    about,
    answer,
    answering,
    examples,
    sentence_box,
)
from erniem.languages import name_of

__all__ = ["neighbours_tab"]

ASKED = (("en", 0), ("he", 4), ("zh", 5), ("ru", 2), ("ar", 7), ("hi", 8), ("de", 12), ("ja", 10))
"""Examples: language, meaning."""
FEWEST, MOST = 3, 30
"""Neighbours that can be asked for."""


def neighbours_tab(opened: Opened, collection: Collection) -> None:
    """Builds the tab."""

    @answering
    def run(text: str, k: int, language: str) -> Markup:
        asked = checked(text, PARAGRAPH)
        return neighbour_table(collection.nearest(asked, k, language or None))

    about(
        "Write a sentence in any language. The page shows the sentences whose vectors point the "
        f"same way as its own, whatever language they are in, out of {collection.name}."
    )
    known = [one for one in ASKED if not opened.languages or one[0] in opened.languages]
    rows = [(said_in(*one), (said_in(*one),)) for one in known or ASKED[:1]]
    start = rows[0][1][0]
    with gr.Row(equal_height=False, elem_classes="em-form"):
        with gr.Column(scale=3, min_width=260):
            text = sentence_box("Sentence", start, name="near-text")
        with gr.Column(scale=2, min_width=200):
            choices = [
                ("all languages", ""),
                *((name_of(one), one) for one in collection.languages),
            ]
            language = gr.Dropdown(label="Look among", choices=choices, value="", elem_id="near-in")
            k = gr.Slider(FEWEST, MOST, 10, step=1, label="How many", elem_id="near-k")
    button = gr.Button("Find", variant="primary", elem_id="near-run")
    found = answer(run(start, 10, ""))
    asked = [text, k, language]
    examples(rows, [text], lambda one, k=10, language="": run(one, k, language), found)
    gr.on([button.click, text.submit], run, asked, found, api_name="neighbours", **MODEL)
    gr.on([k.release, language.change], run, asked, found, api_visibility="private", **MODEL)
