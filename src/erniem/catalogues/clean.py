"""From a program's messages to sentences: what is stripped, what is dropped, and why. Pure."""

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from erniem.writing import script_share

__all__ = ["Segment", "cleaned", "kept", "why_drop"]


@dataclass(frozen=True, kw_only=True)
class Segment:
    """An English message and its translation."""

    english: str
    """The message."""
    other: str
    """Its translation; empty where there is none."""


MARKUP = re.compile(r"</?[A-Za-z][^<>]*>|<!--.*?-->|[*`]+|(?<!\w)__|__(?!\w)", re.S)
LINK = re.compile(r"\[([^\[\]]+)\]\([^()]*\)")
# What a program fills in: printf, brace and template fields, addresses.
PLACEHOLDER = re.compile(
    r"%\(\w+\)[#0+-]*\d*(?:\.\d+)?[A-Za-z]|%(?:\d+\$)?[#0+-]*\d*(?:\.\d+)?[A-Za-z](?![A-Za-z])"
    r"|\{\{.*?\}\}|\{%.*?%\}|\$?\{[^{}]*\}|(?:https?|ftp)://[^\s<>()]+",
    re.S,
)
INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
CJK_ACCESS_KEY = re.compile(r"\s*\(_[A-Za-z0-9]\)")
LEFTOVER = re.compile(r"[{}<>]|\]\(|&\w+;|\\[nt]|\w/\w+/\w|\w_\w")
WORD = re.compile(r"[^\W\d_]{2,}")
MOST_WORDS = 80
FEWEST_WORDS = 3


@lru_cache(maxsize=1 << 16)  # an English message comes back with every language
def cleaned(text: str, *, access_key: str = "") -> str:
    """A message as a reader sees it: one line, no mark-up, `…` for what the program fills in.

    Placeholders become one sign because their names are the same English words in every language:
    left in, they would give translations away without a word being understood.

    Example: `"<b>Delete</b> %(name)s\\nnow?"` → `"Delete … now?"`.
    """
    text = INVISIBLE.sub("", unicodedata.normalize("NFC", html.unescape(text)))
    text = LINK.sub(r"\1", text)
    text = PLACEHOLDER.sub("…", MARKUP.sub("", text)).replace("%%", "%")
    if access_key and text.count(access_key) == 1:
        text = CJK_ACCESS_KEY.sub("", text).replace(access_key, "")
    text = text.replace("...", "…")
    return re.sub(r"…(?:[\s\"'“”«»]*…)+", "…", " ".join(text.split()))


def why_drop(segment: Segment, language: str) -> str | None:
    """The reason why a cleaned segment is of no use, if any.

    Product names and the like stay Latin in every language, so a third of the letters in the
    language's own script is enough. Without a letter, which the script check of corpora lets pass,
    a translation teaches nothing.
    """
    english, other = segment.english, segment.other
    words = len(WORD.findall(english))
    if not other:
        return "untranslated"
    if english.casefold() == other.casefold():
        return "identical"
    if words < FEWEST_WORDS:
        return "short"
    if words > MOST_WORDS:
        return "long"
    if LEFTOVER.search(english) or LEFTOVER.search(other) or 2 * english.count("…") > words:
        return "mark-up"
    if script_share(english, "en") < 0.8:
        return "not English"
    if not any(map(str.isalpha, other)) or script_share(other, language) < 1 / 3:
        return "another script"
    return None


def _sameness(text: str) -> str:
    """What two segments share that only differ in case, numbers or punctuation."""
    return " ".join(re.findall(r"[^\W\d_]+", text.casefold()))


def kept(
    segments: Iterable[Segment], language: str, seen: set[str], drops: Counter[str]
) -> Iterator[Segment]:
    """Segments worth learning from, each English side and each translation only once."""
    for segment in segments:
        reason = why_drop(segment, language)
        if reason is None:
            keys = {f"en {_sameness(segment.english)}", f"{language} {_sameness(segment.other)}"}
            if keys.isdisjoint(seen):
                seen |= keys
                yield segment
                continue
            reason = "duplicate"
        drops[reason] += 1
