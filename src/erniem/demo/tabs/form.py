"""What all tabs do alike: run, say what is wrong, show examples."""

import logging
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec

import gradio as gr
from markupsafe import Markup

from erniem.demo.drawings.parts import notice
from erniem.languages import name_of

__all__ = ["MODEL", "about", "answer", "answering", "examples", "language_box", "sentence_box"]

logger = logging.getLogger(__name__)

MODEL = {"concurrency_id": "model", "concurrency_limit": 1, "show_progress": "minimal"}
"""Of every event that runs the network: one at a time, the others wait in line."""

Asked = ParamSpec("Asked")


def answering(function: Callable[Asked, Markup]) -> Callable[Asked, str]:
    """A drawing, or in its place what is wrong with the question."""

    def run(*asked: Asked.args, **options: Asked.kwargs) -> str:
        try:
            return str(function(*asked, **options))
        except ValueError as error:
            return str(notice(str(error)))
        except Exception:
            logger.exception("A tab failed.")  # the text of a visitor is not in it
            return str(notice("This did not work: the page's log says why."))

    return run


def about(text: str) -> None:
    """What a tab is for, in a sentence or two."""
    gr.HTML(Markup('<p class="em-about">{}</p>').format(text))


def sentence_box(label: str, value: str, *, name: str, lines: int = 1) -> gr.Textbox:
    """A field for a text in any language, in the direction of its script.

    It grows with its text. In a field of one line the Enter key asks; in one of several it is
    Shift and Enter.
    """
    return gr.Textbox(
        label=label,
        value=value,
        lines=lines,
        max_lines=8,
        elem_id=name,
        elem_classes="em-sentence",
        html_attributes=gr.InputHTMLAttributes(spellcheck=False, autocomplete="off"),
    )


def language_box(label: str, codes: Sequence[str], value: str, *, name: str) -> gr.Dropdown:
    """A choice of one language by its name."""
    choices = [(name_of(code), code) for code in codes]
    return gr.Dropdown(label=label, choices=choices, value=value, elem_id=name, min_width=140)


def answer(value: str) -> gr.HTML:
    """Where a drawing stands."""
    return gr.HTML(value, elem_classes="em-answer")


def examples(
    rows: Sequence[tuple[str, Sequence[Any]]],
    inputs: Sequence[Any],
    run: Callable[..., Any],
    outputs: Any,
) -> None:
    """Buttons that fill in an example and run it; the keyboard reaches each.

    Args:
        rows: what a button says, and a value for each input.
        inputs: the fields.
        run: from the values of the fields to the outputs.
        outputs: where the answer stands.
    """
    gr.HTML('<p class="em-label">Examples</p>')
    with gr.Row(elem_classes="em-examples"):
        for shown, values in rows:
            button = gr.Button(shown, size="sm", elem_classes="em-example", min_width=0)
            filled = button.click(
                lambda values=tuple(values): values[0] if len(values) == 1 else values,
                outputs=list(inputs),
                queue=False,
                show_progress="hidden",
                api_visibility="private",
            )
            filled.then(run, list(inputs), outputs, api_visibility="private", **MODEL)
