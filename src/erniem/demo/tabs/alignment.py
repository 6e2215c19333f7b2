"""Tab: the words of two sentences, aligned."""

import gradio as gr
from markupsafe import Markup

from erniem.demo.drawings.alignment import heat_map
from erniem.demo.examples import said_in
from erniem.demo.opening import Opened
from erniem.demo.settings import checked
from erniem.demo.tabs.form import MODEL, about, answer, answering, examples, sentence_box
from erniem.embed import layer_for
from erniem.languages import name_of
from erniem.tasks.align import align

__all__ = ["alignment_tab"]

ASKED = (
    ("de", "en", 0),
    ("he", "en", 5),
    ("zh", "en", 6),
    ("en", "fr", 12),
    ("ar", "he", 4),
    ("ru", "uk", 8),
    ("ja", "ko", 9),
    ("de", "en", 5),
    ("fr", "he", 0),
    ("hi", "en", 8),
)
"""Examples: languages of the two, meaning."""


def alignment_tab(opened: Opened) -> None:
    """Builds the tab."""
    layers = opened.encoder.num_layers

    @answering
    def run(first: str, second: str, layer: int) -> Markup:
        sentences = checked(first, what="first sentence"), checked(second, what="second sentence")
        return heat_map(align(opened.encoder, *sentences, layer=layer), layers)

    about(
        "Write two sentences that say the same. Each cell shows how much a word of the one is a "
        "word of the other, in percent; a ring stands where two words choose each other. Nothing "
        "was trained for this: the figures come from the vectors of the words in one layer."
    )
    known = [
        one for one in ASKED if not opened.languages or {one[0], one[1]} <= set(opened.languages)
    ]
    rows = [
        (f"{name_of(one)} – {name_of(other)}: {said_in(one, meaning)}",
         (said_in(one, meaning), said_in(other, meaning)))
        for one, other, meaning in known or ASKED[:1]
    ]  # fmt: skip
    start = rows[0][1]
    middle = layer_for(None, layers)
    with gr.Row(elem_classes="em-form"):
        with gr.Column(min_width=260):
            first = sentence_box("First sentence", start[0], name="align-first")
        with gr.Column(min_width=260):
            second = sentence_box("Second sentence", start[1], name="align-second")
    layer = gr.Slider(
        0,
        max(1, layers - 1),
        middle,
        step=1,
        label="Layer of the word vectors",
        elem_id="align-layer",
        visible=layers > 1,
    )
    button = gr.Button("Align", variant="primary", elem_id="align-run")
    drawn = answer(run(*start, middle))
    fields = [first, second, layer]
    examples(rows, fields[:2], lambda one, other: run(one, other, middle), drawn)
    asked = [button.click, first.submit, second.submit]
    gr.on(asked, run, fields, drawn, api_name="align", **MODEL)
    gr.on([layer.release], run, fields, drawn, api_visibility="private", **MODEL)
