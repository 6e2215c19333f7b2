"""An invented language in three scripts: text that is nobody's, and whose translation is known."""

from collections.abc import Sequence

import numpy as np

__all__ = ["CYRILLIC", "GREEK", "invented", "invented_words"]

SYLLABLES = ["ba", "de", "fi", "go", "lu", "mi", "no", "pe", "ra", "si", "tu", "vo"]
GREEK = str.maketrans("abdefgilmnoprstuv", "αβδεφγιλμνοπρστυω")
CYRILLIC = str.maketrans("abdefgilmnoprstuv", "абдефгилмнопрстув")


def invented_words(count: int, rng: np.random.Generator, syllables: Sequence[int]) -> list[str]:
    """Words of so many syllables as drawn from `syllables`."""
    return ["".join(rng.choice(SYLLABLES, size=rng.choice(syllables))) for _ in range(count)]


def invented(count: int, seed: int = 3, *, words: int = 100) -> list[str]:
    """Sentences of six words, each word as likely as any other."""
    rng = np.random.default_rng(seed)
    known = invented_words(words, rng, [3])
    return [" ".join(rng.choice(known, size=6)) for _ in range(count)]
