"""Which packages carry translations worth learning from, and how they spell languages."""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["PACKAGES", "SPELLINGS", "Package"]


HOMES = {
    "ar": "sa",
    "de": "de",
    "el": "gr",
    "es": "es",
    "fr": "fr",
    "he": "il",
    "ja": "jp",
    "ko": "kr",
    "ru": "ru",
    "tr": "tr",
    "uk": "ua",
    "vi": "vn",
}
"""The region whose catalogues are taken beside those of none."""

SPELLINGS: Mapping[str, tuple[str, ...]] = {
    **{code: (code, f"{code}-{home}") for code, home in HOMES.items()},
    "zh": ("zh-hans", "zh-cn", "zh"),
}
"""Languages, beside English, in which `PACKAGES` speak at length: the names of their catalogues.

`-` stands for `_`, all in lower case.
"""


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
