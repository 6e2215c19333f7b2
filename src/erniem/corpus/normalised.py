"""By what two texts count as the same."""

import unicodedata

__all__ = ["normalised"]


def normalised(text: str) -> str:
    """The text by which two sentences count as the same: NFKC, case folded, letters and digits.

    Example: `normalised("Ｇuten  Tag!")` → `"gutentag"`.
    """
    return unicodedata.normalize("NFKC", text).casefold().translate(_KEPT)


class _Kept(dict[int, int | None]):
    """What `str.translate` makes of a character: itself or nothing; each is looked up once."""

    def __missing__(self, code: int) -> int | None:
        kept = unicodedata.category(chr(code))[0] in "LMN"
        self[code] = code if kept else None
        return self[code]


_KEPT = _Kept()
