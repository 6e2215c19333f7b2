"""Which packages carry translations worth learning from, and how they spell languages."""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["LANGUAGES", "PACKAGES", "Language", "Package"]


@dataclass(frozen=True, kw_only=True)
class Language:
    """How catalogues spell a language, and what it is written in."""

    spellings: tuple[str, ...]
    """Names of its catalogues, `-` for `_`, lower case."""
    scripts: tuple[str, ...]
    """First word of the Unicode names of its letters."""


def _language(code: str, home: str, *scripts: str) -> Language:
    """`_language("ko", "kr", "HANGUL")`: catalogues named `ko` or `ko_KR`, no other region's."""
    return Language(spellings=(code, f"{code}-{home}"), scripts=scripts)


LANGUAGES: Mapping[str, Language] = {
    "ar": _language("ar", "sa", "ARABIC"),
    "de": _language("de", "de", "LATIN"),
    "el": _language("el", "gr", "GREEK"),
    "es": _language("es", "es", "LATIN"),
    "fr": _language("fr", "fr", "LATIN"),
    "he": _language("he", "il", "HEBREW"),
    "ja": _language("ja", "jp", "CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"),
    "ko": _language("ko", "kr", "HANGUL"),
    "ru": _language("ru", "ru", "CYRILLIC"),
    "tr": _language("tr", "tr", "LATIN"),
    "uk": _language("uk", "ua", "CYRILLIC"),
    "vi": _language("vi", "vn", "LATIN"),
    "zh": Language(spellings=("zh-hans", "zh-cn", "zh"), scripts=("CJK",)),
}
"""Languages, beside English, in which `PACKAGES` speak at length."""


@dataclass(frozen=True, kw_only=True)
class Package:
    """A package whose catalogues we read."""

    name: str
    """Name by which pip installs it."""
    version: str
    """The version that the figures in docs/log.md were measured on."""
    licence: str
    """Of the translations, by the package's own metadata and licence files (SPDX)."""
    origin: str
    """The project's own site."""
    megabytes: int
    """Size of the wheel."""
    catalogues: str
    """Pattern of the paths inside the wheel; the group `language` is the spelling."""
    access_key: str = ""
    """Character that marks a keyboard letter inside words (`_File`)."""


PACKAGES: tuple[Package, ...] = (
    Package(
        name="homeassistant",
        version="2026.11.0",
        licence="Apache-2.0",
        origin="https://www.home-assistant.io",
        megabytes=68,
        catalogues=r"homeassistant/components/.+/translations/(?P<language>[\w-]+)\.json",
    ),
    Package(
        name="pretix",
        version="2026.8.0",
        licence="Apache-2.0",  # src/pretix/locale, says LICENSE; the program is AGPL-3.0
        origin="https://pretix.eu",
        megabytes=40,
        catalogues=r"pretix/locale/(?P<language>\w+)/LC_MESSAGES/\w+\.po",
    ),
    Package(
        name="gramps",
        version="6.0.8",
        licence="GPL-2.0-or-later",
        origin="https://gramps-project.org",
        megabytes=17,
        catalogues=r".+/share/locale/(?P<language>\w+)/LC_MESSAGES/gramps\.mo",
        access_key="_",
    ),
    Package(
        name="weblate",
        version="2026.10.1",
        licence="GPL-3.0-or-later",
        origin="https://weblate.org",
        megabytes=11,
        catalogues=r"weblate/locale/(?P<language>\w+)/LC_MESSAGES/\w+\.mo",
    ),
)
"""What the quickstart reads. What else was measured, and why it is not here: docs/log.md."""
