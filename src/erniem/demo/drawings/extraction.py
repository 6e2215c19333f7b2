"""Answers of UIE-M: marked in the text, and as a table."""

from collections.abc import Iterator

from markupsafe import Markup

from erniem.demo.drawings.parts import bar, joined, words
from erniem.tasks.extract.answers import Answer
from erniem.tasks.extract.extractor import Answers

__all__ = ["marked_answers"]

_TABLE = Markup(
    '<table class="em-hits em-answers"><thead><tr><th scope="col">Sure</th><th scope="col">What'
    '</th><th scope="col">Answer</th></tr></thead><tbody>{}</tbody></table>'
)
_ROW = Markup(
    '<tr><td class="em-score">{}</td><td class="em-language" style="--depth:{}">'
    '<span class="em-tag">{}</span></td><td class="em-text" dir="auto">{}</td></tr>'
)


def marked_answers(text: str, answers: Answers) -> Markup:
    """The text with its answers marked, and each answer with its probability.

    Args:
        text: that was read.
        answers: of the extractor, relations inside.
    """
    found = list(_flat(answers, 0))
    if not found:
        return Markup('<p class="em-quiet">Nothing of this was found in the text.</p>')
    rows = joined(
        _ROW.format(
            bar(answer["probability"], f"{answer['probability']:.2f}"),
            depth,
            name,
            words(answer["text"]),
        )
        for name, answer, depth in found
    )
    return _marked(text, found) + _TABLE.format(rows)


def _flat(answers: Answers, depth: int) -> Iterator[tuple[str, Answer, int]]:
    """Answers with their names, each before those to its relations."""
    for name, several in answers.items():
        for answer in several:
            yield name, answer, depth
            yield from _flat(answer.get("relations", {}), depth + 1)


def _marked(text: str, found: list[tuple[str, Answer, int]]) -> Markup:
    """The text; of answers that overlap, the one that begins first is marked."""
    parts, done = [], 0
    spans = {(one["start"], one["end"]): name for name, one, _ in found if "start" in one}
    for (start, end), name in sorted(spans.items()):
        if start < done:
            continue
        parts.append(Markup("{}").format(text[done:start]))
        parts.append(Markup("<mark>{}<small>{}</small></mark>").format(text[start:end], name))
        done = end
    parts.append(Markup("{}").format(text[done:]))
    return Markup('<p class="em-said" dir="auto">{}</p>').format(joined(parts))
