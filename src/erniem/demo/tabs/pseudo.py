"""Tab: what BTMLM writes beside a sentence, in another language."""

import gradio as gr
from markupsafe import Markup

from erniem.demo.drawings.filling import pseudo_chips
from erniem.demo.examples import said_in
from erniem.demo.settings import checked
from erniem.demo.tabs.form import (
    MODEL,
    about,
    answer,
    answering,
    examples,
    language_box,
    sentence_box,
)
from erniem.languages import name_of
from erniem.objectives import GuessSettings
from erniem.tasks.fill import Said, Speaker, write_pseudo

__all__ = ["pseudo_tab"]

ASKED = (
    ("en", "de", 0),
    ("en", "he", 1),
    ("de", "en", 14),
    ("zh", "en", 0),
    ("en", "ru", 3),
    ("fr", "en", 13),
)
"""Examples: language, language to be answered in, meaning."""

METHODS = [
    ("likeliest", "argmax"),
    ("surest first", "confident_first"),
    ("drawn by chance", "sample"),
]


def pseudo_tab(speaker: Speaker) -> None:
    """Builds the tab."""

    @answering
    def run(text: str, language: str, target: str, ratio: float | int, method: str) -> Markup:
        if language == target:
            raise ValueError("Both languages are the same. Choose two.")
        found = write_pseudo(
            speaker,
            Said(text=checked(text), language=language),
            target,
            ratio=float(ratio),
            settings=GuessSettings(method=method),  # type: ignore[arg-type]  # one of METHODS
        )
        return pseudo_chips(found, target)

    about(
        "Write a sentence and choose a language. In its second stage the training asks the network "
        "for pseudo tokens in that language, and reads them beside the sentence. They are no "
        "translation: all are guessed at once, and no word order is asked for."
    )
    known = [one for one in ASKED if {one[0], one[1]} <= set(speaker.languages)]
    rows = [
        (f"In {name_of(to)}: {said_in(code, meaning)}", (said_in(code, meaning), code, to))
        for code, to, meaning in known
    ]
    first = rows[0][1] if rows else ("", speaker.languages[0], speaker.languages[-1])
    with gr.Row(elem_classes="em-form"):
        with gr.Column(scale=3, min_width=260):
            text = sentence_box("Sentence", first[0], name="pseudo-text")
            with gr.Row():
                language = language_box(
                    "Its language", speaker.languages, first[1], name="pseudo-language"
                )
                target = language_box(
                    "Answer in", speaker.languages, first[2], name="pseudo-target"
                )
        with gr.Column(scale=2, min_width=220):
            ratio = gr.Slider(
                0.25,
                1.5,
                0.75,
                step=0.25,
                label="Pseudo tokens for each piece",
                elem_id="pseudo-ratio",
            )
            method = gr.Radio(METHODS, value="argmax", label="Pieces are", elem_id="pseudo-method")
    button = gr.Button("Write", variant="primary", elem_id="pseudo-run")
    fields = [text, language, target, ratio, method]
    written = answer(run(*first, 0.75, "argmax") if rows else "")
    examples(rows, fields[:3], lambda one, code, to: run(one, code, to, 0.75, "argmax"), written)
    gr.on([button.click, text.submit], run, fields, written, api_name="pseudo", **MODEL)
    gr.on([ratio.release, method.change], run, fields, written, api_visibility="private", **MODEL)
