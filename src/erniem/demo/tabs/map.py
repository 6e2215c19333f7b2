"""Tab: sentences on a plane, coloured by language."""

from functools import cache

import gradio as gr
import numpy as np
from markupsafe import Markup

from erniem.demo.collection import Collection, Sentence
from erniem.demo.drawings.map import svg_map
from erniem.demo.examples import Example, example_sentences
from erniem.demo.opening import Opened
from erniem.demo.sentence_map import MOST, Method, SentenceMap, draw_map
from erniem.demo.settings import LINES, checked_lines
from erniem.demo.tabs.form import MODEL, about, answer, answering, examples, sentence_box

__all__ = ["map_tab"]

OWN = (
    ("a dog, a ticket, a password", "Il cane dorme.\nQuanto custa o bilhete?\nSalasana on väärä."),
    ("two that say the same", "La nonna beve il caffè.\nBabička pije kávu."),
)
"""Examples of a visitor's own sentences, in languages that our sentences are not in."""


def map_tab(opened: Opened, collection: Collection) -> None:
    """Builds the tab."""
    shown = tuple(collection.sample(MOST)) or tuple(
        map(_sentence, example_sentences(opened.languages))
    )
    vectors = opened.sentences.encode([one.text for one in shown])

    @cache
    def without_own(method: Method) -> SentenceMap:
        return draw_map(shown, vectors, method)

    @answering
    def run(text: str, method: Method) -> Markup:
        own = checked_lines(text)
        if not own:
            return svg_map(without_own(method))
        everyone = [*shown, *(Sentence(text=one) for one in own)]
        together = np.concatenate([vectors, opened.sentences.encode(own)])
        return svg_map(draw_map(everyone, together, method, own=len(own)))

    about(
        f"{len(shown)} sentences, each where the encoder puts it. Where it has learned that they "
        "say the same, translations lie together, whatever their colour; where it has not, each "
        "language keeps to itself."
    )
    with gr.Row(elem_classes="em-form"):
        with gr.Column(scale=3, min_width=260):
            own = sentence_box(
                f"Your own sentences, one a line, up to {LINES} (may be empty)",
                "",
                name="map-own",
                lines=3,
            )
        with gr.Column(scale=2, min_width=200):
            method = gr.Radio(
                ["t-SNE", "PCA"],
                value="t-SNE",
                label="Drawn by",
                info="t-SNE keeps neighbours together. PCA keeps what differs most.",
                elem_id="map-method",
            )
    button = gr.Button("Draw", variant="primary", elem_id="map-run")
    drawn = answer(run("", "t-SNE"))
    rows = [(shown, (text,)) for shown, text in OWN]
    examples(rows, [own], lambda text: run(text, "t-SNE"), drawn)
    gr.on([button.click], run, [own, method], drawn, api_name="map", **MODEL)
    gr.on([method.change], run, [own, method], drawn, api_visibility="private", **MODEL)


def _sentence(one: Example) -> Sentence:
    return Sentence(text=one.text, language=one.language, meaning=one.meaning)
