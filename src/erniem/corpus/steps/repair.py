"""Unicode repair: one spelling for what is one text, nothing that is not seen, plain white space.

Letters, marks, quotes and digits stay as their author chose them: full width, ligatures and curly
quotes are the tokeniser's to fold, by the rules of its vocabulary. So the repair composes (NFC),
and does not fold (NFKC): what NFKC does cannot be undone (`x²` would be `x2`), and the tokeniser
would do most of it again.
"""

import re
import unicodedata
from dataclasses import dataclass

from erniem.corpus.steps.rule import Rewrite

__all__ = ["Repair"]

_JOINED = (
    "\u0600-\u08ff"  # Arabic, Syriac, N'Ko …: Persian writes ZWNJ inside most of its plurals
    "\u0900-\u0dff"  # Devanagari to Sinhala: half letters, conjuncts, the chillus of Malayalam
    "\u1000-\u109f\u1780-\u18af"  # Burmese, Khmer, Mongolian
    "\ua8e0-\ua8ff\ua9e0-\ua9ff\uaa60-\uaa7f\ufb50-\ufdff\ufe70-\ufefc"
    "\U00010a00-\U00011fff\U0001e900-\U0001e95f"
)
"""After these a joiner or a non-joiner changes what is read."""
_UNSPACED = "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\uaa60-\uaadf"
"""Thai, Lao, Tibetan, Burmese, Khmer …: a space of no width stands between their words."""
_EMOJI = "\u2190-\u2328\u232b-\u2bff\ufe0f\u20e3\U0001f000-\U0001faff"
"""What a joiner makes one picture of."""
_TAGS = "\U000e0020-\U000e007f"
"""They spell the region of a flag, and nothing else that is seen."""
_UNSEEN = (
    "\0-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # control characters that are no white space
    "\xad\u200e\u200f\u202a-\u202e\u061c\u2066-\u2069"  # soft hyphen; direction
    "\u2060-\u2065\u206a-\u206f\ufeff\ufff9-\ufffb"  # word joiner, invisible signs, byte order
    "\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff"  # no characters at all
    "\U000e0001"
)
_BREAKING = "[\u200b" + _UNSEEN + "]"

_NOTHING = re.compile(
    f"[{_UNSEEN}]"
    f"|\u200c(?<![{_JOINED}]\u200c)"
    f"|\u200d(?<![{_JOINED}]\u200d)(?:(?<![{_EMOJI}]\u200d)|(?![{_EMOJI}]))"
    f"|\u200b(?:(?<![{_UNSPACED}]\u200b)|(?!{_BREAKING}*[{_UNSPACED}]))"
    f"|(?<![\U0001f3f4{_TAGS}])[{_TAGS}]+"
)
"""What means nothing where it stands."""
_SUSPECT = re.compile(f"[{_UNSEEN}\u200b-\u200d{_TAGS}]")
"""What may mean nothing: looked for first, as few texts have any."""


@dataclass(frozen=True, kw_only=True)
class Repair(Rewrite):
    """Composes letters, takes out what is not seen and means nothing, and plain white space.

    - NFC (Unicode Standard Annex 15): a letter and its marks are one character if there is one.
    - Gone: control characters, soft hyphens, marks of direction, byte order marks, lone surrogates
      and whatever else no reader sees. ZWJ and ZWNJ stay where a script needs them (Persian, Hindi,
      Sinhala, …) and inside emoji, a space of no width between words of Thai, Khmer and the like.
    - Any run of white space is one space, or one line break if it holds one; none at the ends.

    Twice is the same as once. The tokeniser drops or folds the same characters: its ids are those
    of the text as it was, but where a line is broken by a control character (form feed, NEL),
    which the tokeniser would join words across, and where NFC puts marks in order.

    Example: `"Ca\\u0301 \\xa0va\\xad\\u200b ?"` → `"Cá va ?"`.
    """

    def rewritten(self, text: str) -> str:
        """The text repaired."""
        if not text.isascii() or not text.isprintable():
            if _SUSPECT.search(text) is not None:
                text = _NOTHING.sub("", text)
            text = unicodedata.normalize("NFC", text)
        lines = (" ".join(line.split()) for line in text.splitlines())
        return "\n".join(filter(None, lines))
