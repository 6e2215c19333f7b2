"""Codes of languages as files and people write them: `zh-Hans`, `pt_BR`, `deu` → `zh`, `pt`, `de`.

Two letters, or three for a language that has no two (ISO 639-3, of which the form is enough).
"""

import re
from difflib import get_close_matches

from erniem.languages import LANGUAGES, code_of, name_of

__all__ = ["known_code", "language_of"]

TAG = re.compile(r"([a-z]{2,3})(?:[-_@.][a-z0-9]{1,12})*", re.IGNORECASE)
"""A language and what narrows it: script, region, variant (BCP 47; gettext writes `sr@latin`)."""

_LIBRARIANS = """
alb-sq arm-hy baq-eu bur-my chi-zh cze-cs dut-nl fre-fr geo-ka ger-de gre-el ice-is mac-mk mao-mi
may-ms per-fa rum-ro slo-sk tib-bo wel-cy
"""
_GROUPS = "fas-fa lav-lv msa-ms swa-sw zho-zh"
_FORMER = "fil-tl in-id iw-he ji-yi jw-jv mo-ro sh-sr"
OTHER_CODES: dict[str, str] = dict(
    one.split("-") for one in f"{_LIBRARIANS} {_GROUPS} {_FORMER}".split()
)
"""ISO 639-2's second names, its codes of language groups, codes that were replaced."""


def known_code(tag: str) -> str | None:
    """The code of a language, however narrowly it is named; None for what is no code.

    Example: `"zh-Hans"` → `"zh"`, `"deu"` → `"de"`, `"yue"` → `"yue"`, `"german"` → `None`.
    """
    match = TAG.fullmatch(tag)
    if match is None:
        return None
    code = match[1].lower()
    code = OTHER_CODES.get(code, code_of(code))
    return code if len(code) == 3 or code in LANGUAGES else None


def language_of(tag: str, where: str = "") -> str:
    """The code of a language, however narrowly it is named.

    Args:
        tag: as somebody wrote it.
        where: of the error, the file or the setting it was read from.

    Raises:
        ValueError: no code; those that are near are told.
    """
    code = known_code(tag)
    if code is None:
        raise ValueError(
            f"{where}{': ' if where else ''}{tag!r} is no code of a language{_suggestion(tag)}. "
            "Give two letters (de), or three of a language without two (yue)."
        )
    return code


def _suggestion(tag: str) -> str:
    """`; near ones are de (German), da (Danish)`; empty if there are none."""
    names = {language.name.lower(): code for code, language in LANGUAGES.items()}
    words = [
        *get_close_matches(tag.lower(), names, n=1),
        *get_close_matches(tag.lower(), LANGUAGES, cutoff=0.5),
    ]
    near = dict.fromkeys(names.get(word, word) for word in words)
    told = ", ".join(f"{code} ({name_of(code)})" for code in near)
    return f"; near ones are {told}" if told else ""
