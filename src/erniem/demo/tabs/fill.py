"""Tab: hidden words, filled in from a sentence in another language."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from markupsafe import Markup

from erniem.demo.drawings.filling import filling_cards
from erniem.demo.examples import said_in
from erniem.demo.settings import SENTENCE, checked
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
from erniem.tasks.fill import Said, Speaker, fill
from erniem.tokenization.written_words import words_of

__all__ = ["fill_tab"]

ASKED = (
    ("de", "en", 0, "Datei"),
    ("en", "fr", 1, "password"),
    ("ru", "en", 0, "файл"),
    ("he", "en", 0, "הקובץ"),
    ("el", "en", 14, "γλώσσα"),
    ("zh", "en", 0, "文件"),
    ("en", "zh", 0, "file"),
    ("es", "de", 3, "ventana"),
    ("uk", "ru", 1, "пароль"),
)
"""Examples: language of the sentence with a hidden word, of the other, meaning, what is hidden."""

Choice = tuple[str, int]
"""A word, and its place in the sentence."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """An example, or the fields as the page opens."""

    asked: Said
    other: Said
    hidden: list[int]
    """Places of the words that are hidden."""
    choices: list[Choice]
    """The words that can be."""

    def values(self) -> tuple[Any, ...]:
        """Of the fields; the words to choose from come with those that are chosen."""
        hidden = gr.update(choices=self.choices, value=self.hidden)
        asked, other = self.asked, self.other
        return asked.text, asked.language, other.text, other.language, hidden


def fill_tab(speaker: Speaker) -> None:
    """Builds the tab."""
    vocabulary = len(speaker.special.ordinary)

    @answering
    def run(
        asked: str, language: str, other: str, other_language: str, hidden: Sequence[int]
    ) -> Markup:
        found = fill(
            speaker,
            Said(text=checked(asked), language=language),
            Said(text=checked(other, what="other sentence"), language=other_language),
            [int(place) for place in hidden or ()],
        )
        return filling_cards(found, vocabulary)

    def choices(text: str, hidden: Sequence[int]) -> Any:
        """The words that can be hidden; those at the places that were chosen stay so."""
        found = _choices(speaker, text)
        return gr.update(choices=found, value=[place for place in hidden if place < len(found)])

    about(
        "Hide a word of one sentence, and give what it says in another language. CAMLM reads the "
        "other sentence, the place of the hidden word and its language, and nothing else. Beside "
        "it stands what the same network says from the sentence itself, and from both."
    )
    rows = _examples(speaker)
    start = rows[0][1] if rows else _empty(speaker)
    with gr.Row(elem_classes="em-form"):
        with gr.Column(min_width=260):
            asked = sentence_box("Sentence with a hidden word", start.asked.text, name="fill-asked")
            language = language_box(
                "Its language", speaker.languages, start.asked.language, name="fill-language"
            )
            hidden = gr.CheckboxGroup(
                choices=start.choices,
                value=start.hidden,
                label="Hide",
                elem_id="fill-hidden",
                elem_classes="em-hide",
            )
        with gr.Column(min_width=260):
            other = sentence_box(
                "What it says in another language", start.other.text, name="fill-other"
            )
            other_language = language_box(
                "Its language", speaker.languages, start.other.language, name="fill-other-language"
            )
    button = gr.Button("Fill in", variant="primary", elem_id="fill-run")
    fields = [asked, language, other, other_language, hidden]
    filled = answer(
        run(
            start.asked.text,
            start.asked.language,
            start.other.text,
            start.other.language,
            start.hidden,
        )
        if rows
        else ""
    )
    examples([(shown, one.values()) for shown, one in rows], fields, run, filled)
    asked.change(
        choices,
        [asked, hidden],
        hidden,
        queue=False,
        show_progress="hidden",
        trigger_mode="always_last",
        api_visibility="private",
    )
    gr.on([button.click, asked.submit, other.submit], run, fields, filled, api_name="fill", **MODEL)


def _choices(speaker: Speaker, text: str) -> list[Choice]:
    words = words_of(speaker.tokenizer, text[:SENTENCE], special=False)
    return [(word.text, place) for place, word in enumerate(words)]


def _examples(speaker: Speaker) -> list[tuple[str, Question]]:
    """Those in languages that the model knows, each with what its button says."""
    rows = []
    for code, other, meaning, word in ASKED:
        if not {code, other} <= set(speaker.languages):
            continue
        asked = Said(text=said_in(code, meaning), language=code)
        question = Question(
            asked=asked,
            other=Said(text=said_in(other, meaning), language=other),
            hidden=_covering(speaker, asked.text, word),
            choices=_choices(speaker, asked.text),
        )
        rows.append((f"{name_of(code)} from {name_of(other)}: {word}", question))
    return rows


def _empty(speaker: Speaker) -> Question:
    """Fields of a model that knows none of our languages."""
    first, *others = speaker.languages
    return Question(
        asked=Said(text="", language=first),
        other=Said(text="", language=[*others, first][0]),
        hidden=[],
        choices=[],
    )


def _covering(speaker: Speaker, text: str, part: str) -> list[int]:
    """Places of the words that a part of a text lies in."""
    start = text.index(part)
    words = words_of(speaker.tokenizer, text, special=False)
    return [
        place
        for place, word in enumerate(words)
        if word.start < start + len(part) and start < word.start + len(word.text)
    ]
