"""The four objectives, drawn: each picture is made from what the objective's own function returns.

```text
sentences ─objective─▶ Batch ─rows_of─▶ rows of tokens ─svg─▶ docs/drawings/NAME.svg
```

`python docs/drawings/draw.py` writes the pictures anew; a test holds the files against it.
"""

from dataclasses import dataclass
from html import escape
from itertools import pairwise
from pathlib import Path

import numpy as np

from erniem.objectives import (
    CAMLMSettings,
    MaskingSettings,
    PlaceholderSettings,
    ask,
    camlm,
    learn,
    mmlm,
    tlm,
)
from erniem.packing import Pack, Sentences, SpecialIds

ENGLISH = ["the", "cat", "sleeps", "now"]
GERMAN = ["die", "Katze", "schläft", "jetzt"]
WORDS = dict(enumerate([*ENGLISH, *GERMAN], start=10))
SPECIAL = SpecialIds(cls=0, pad=1, sep=2, unk=3, mask=99, vocabulary_size=100)
NAMES = {SPECIAL.cls: "[CLS]", SPECIAL.sep: "[SEP]"}
EN, DE = 1, 2
TAGS = {EN: "en", DE: "de"}
MASKING = MaskingSettings(ratio=0.3, mask_share=1.0, random_share=0.0)
FORM = PlaceholderSettings()
SEED = 3

BOX, GAP, HEIGHT, LEFT, LINE = 60, 5, 34, 84, 96
"""Pixels: width of a token, space between two, height, where rows begin, from row to row."""
WIDEST = 12
"""Tokens of the longest row: all pictures are as wide."""
FILLS = {"special": "#eceff1", EN: "#dbeafe", DE: "#dcfce7", "hole": "#fde68a"}
STYLE = (
    "text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;fill:#1f2937}"
    ".w{font-size:14px}.s{font-size:11px;fill:#6b7280}.r{font-size:13px;font-weight:600}"
    ".a{font-size:12px;font-style:italic;fill:#92400e}"
)


@dataclass(frozen=True, kw_only=True)
class Token:
    """A box."""

    word: str
    """What stands there."""
    position: int
    """Its position."""
    fill: str
    """Its colour."""
    tag: str = ""
    """The language in which it is to be answered."""
    answer: str = ""
    """The word that it stands for."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A sequence: every token in it reads every other, and nothing outside."""

    name: str
    """What is said of it on its left."""
    tokens: list[Token]
    """From left to right."""


def rows_of(
    pack: Pack, names: list[str], holes: np.ndarray, answers: np.ndarray | None = None
) -> list[Row]:
    """The sequences of a pack, with the answers at its holes if there are any."""
    wanted = dict(
        zip(holes.tolist(), [None] * len(holes) if answers is None else answers, strict=True)
    )
    tokens = [_token(pack, place, wanted) for place in range(len(pack.input_ids))]
    bounds = pairwise(pack.cu_seqlens.tolist())
    return [Row(name=name, tokens=tokens[a:b]) for name, (a, b) in zip(names, bounds, strict=True)]


def _token(pack: Pack, place: int, wanted: dict[int, int | None]) -> Token:
    piece, position = int(pack.input_ids[place]), int(pack.position_ids[place])
    if place in wanted:
        answer = wanted[place]
        return Token(
            word=f"M{position}",
            position=position,
            fill=FILLS["hole"],
            tag=TAGS.get(int(pack.language_ids[place]), ""),
            answer="" if answer is None else WORDS[int(answer)],
        )
    word = NAMES.get(piece) or WORDS[piece]
    fill = "special" if piece in NAMES else EN if word in ENGLISH else DE
    return Token(word=word, position=position, fill=FILLS[fill])


def svg(title: str, rows: list[Row]) -> str:
    """A picture of rows."""
    width = LEFT + WIDEST * (BOX + GAP) + GAP
    height = LINE * len(rows) + 12
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label="{escape(title)}">',
        f"<title>{escape(title)}</title><style>{STYLE}</style>",
        f'<rect width="{width}" height="{height}" rx="10" fill="#ffffff"/>',
    ]
    for number, row in enumerate(rows):
        top = 30 + number * LINE
        parts += _row(row, top)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _row(row: Row, top: int) -> list[str]:
    middle = top + HEIGHT / 2 + 5
    lines = row.name.split("\n")
    first = middle - 8 * (len(lines) - 1)
    parts = [
        f'<text class="r" x="12" y="{first + 16 * at}">{escape(line)}</text>'
        for at, line in enumerate(lines)
    ]
    for at, token in enumerate(row.tokens):
        parts += _box(token, LEFT + at * (BOX + GAP), top)
    return parts


def _box(token: Token, left: int, top: int) -> list[str]:
    centre = left + BOX / 2
    parts = [
        f'<rect x="{left}" y="{top}" width="{BOX}" height="{HEIGHT}" rx="6" fill="{token.fill}"/>',
        _text("w", centre, top + 22, token.word),
        _text("s", centre, top - 6, str(token.position)),
    ]
    below = [f"in {token.tag}"] * bool(token.tag) + [f"= {token.answer}"] * bool(token.answer)
    if token.answer:
        parts.append(_text("a", centre, top + HEIGHT + 15, below[-1]))
    if token.tag:
        parts.append(_text("s", centre, top + HEIGHT + (29 if token.answer else 15), below[0]))
    return parts


def _text(kind: str, x: float, y: float, text: str) -> str:
    return f'<text class="{kind}" x="{x}" y="{y}" text-anchor="middle">{escape(text)}</text>'


def camlm_rows() -> list[Row]:
    """CAMLM's two sequences."""
    batch = camlm(*_pair(), CAMLMSettings(), FORM, SPECIAL, np.random.default_rng(SEED))
    return rows_of(batch.pack, ["first", "second"], batch.holes, batch.answers)


def btmlm_rows() -> list[Row]:
    """BTMLM asks, and learns; the answers are those of an encoder that translates well."""
    english, german = _pair()
    question = ask(english, np.array([DE]), 0.75, FORM, SPECIAL)
    guesses = german.ids[-len(question.holes) :]
    batch = learn(question, guesses, MASKING, SPECIAL, np.random.default_rng(SEED))
    asked = rows_of(question.pack, ["ask"], question.holes)
    return asked + rows_of(batch.pack, ["learn"], batch.holes, batch.answers)


def _pair() -> tuple[Sentences, Sentences]:
    """The two sentences, a word a piece."""
    numbers = {word: piece for piece, word in WORDS.items()}
    return (
        Sentences.of([[numbers[word] for word in ENGLISH]], [EN]),
        Sentences.of([[numbers[word] for word in GERMAN]], [DE]),
    )


def pictures() -> dict[str, str]:
    """Each picture by its name."""
    english, german = _pair()
    alone = mmlm(english, MASKING, SPECIAL, np.random.default_rng(SEED))
    both = tlm(english, german, MASKING, SPECIAL, np.random.default_rng(SEED))
    one = rows_of(alone.pack, ["one\nsentence"], alone.holes, alone.answers)
    pair = rows_of(both.pack, ["a pair"], both.holes, both.answers)
    return {
        "mmlm": svg("MMLM: holes in one sentence", one),
        "tlm": svg("TLM: holes on both sides of a pair", pair),
        "camlm": svg("CAMLM: placeholders read the other sentence alone", camlm_rows()),
        "btmlm": svg("BTMLM: ask for words in another language, then learn", btmlm_rows()),
    }


def main() -> None:
    """Writes the pictures beside this file."""
    for name, picture in pictures().items():
        (Path(__file__).parent / f"{name}.svg").write_text(picture, encoding="utf-8")


if __name__ == "__main__":
    main()
