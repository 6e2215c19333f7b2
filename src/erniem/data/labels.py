"""Which languages, or pairs of them, are fetched of a data set, and how its publisher writes them.

```text
de           ─▶ de, of pairs en-de          publisher's: de-en, zh_cn, deu_Latn, …
de-fr        ─▶ de and fr, of pairs de-fr
```
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from erniem.data.dataset import DataSet
from erniem.languages import LANGUAGES, name_of

__all__ = ["Label", "labels_of", "refuse_unknown"]


@dataclass(frozen=True, kw_only=True)
class Label:
    """A language, or two of a pair, as the addresses of a data set need it."""

    code: str
    """Ours: `de`; of a pair English first, `en-de`."""
    theirs: str
    """The publisher's; of a pair in its order of the alphabet, `de-en`."""
    sides: tuple[str, ...]
    """The publisher's for each language, in our order."""

    def filled(self, pattern: str) -> str:
        """An address or target with its words in braces replaced."""
        iso3 = LANGUAGES[self.code].iso3 if self.code in LANGUAGES else self.code
        return pattern.format(
            code=self.code, theirs=self.theirs, iso3=iso3, name=name_of(self.code)
        )


def labels_of(data_set: DataSet, languages: Sequence[str] | None) -> list[Label]:
    """What is to be fetched of a data set.

    Args:
        data_set: whose.
        languages: codes, or pairs of codes; None for all, which only benchmarks give.

    Returns:
        One label a language or pair; those that the data set has not are left out.

    Raises:
        ValueError: none said, of a corpus.
    """
    if languages is None:
        if data_set.kind != "benchmark" and not data_set.whole and len(data_set.languages) > 2:
            raise ValueError(
                f"say which languages of {data_set.name}: --languages de sw; it has "
                f"{', '.join(data_set.languages)}."
            )
        languages = data_set.languages
    of_one = _pairs if data_set.kind == "parallel" else _singles
    return [_label(data_set, codes) for codes in dict.fromkeys(of_one(data_set, languages))]


def refuse_unknown(data_sets: Sequence[DataSet], languages: Sequence[str] | None) -> None:
    """Raises ValueError for a language that none of the data sets has, with the nearest codes."""
    known = {code for one in data_sets for code in one.languages}
    for asked in languages or ():
        for code in asked.split("-"):
            if code not in known:
                names = ", ".join(one.name for one in data_sets)
                raise ValueError(f"{names} has no language {code!r}; {_nearest(code, known)}")


def _nearest(code: str, known: set[str]) -> str:
    by_name = {name_of(one).lower(): one for one in sorted(known)}
    by_name |= {LANGUAGES[one].iso3: one for one in sorted(known) if one in LANGUAGES}
    near = get_close_matches(code.lower(), [*by_name, *sorted(known)], n=3, cutoff=0.6)
    codes = dict.fromkeys(by_name.get(one, one) for one in near)
    if not codes:
        return f"it has {', '.join(sorted(known))}."
    return f"did you mean {' or '.join(f'{one} ({name_of(one)})' for one in codes)}?"


def _singles(data_set: DataSet, languages: Sequence[str]) -> list[tuple[str, ...]]:
    codes = [code for one in languages for code in one.split("-")]
    return [(code,) for code in codes if code in data_set.languages]


def _pairs(data_set: DataSet, languages: Sequence[str]) -> list[tuple[str, ...]]:
    """English first, then by the alphabet; a code alone is a pair with English."""
    found = []
    for one in languages:
        codes = {*one.split("-"), "en"} if "-" not in one else set(one.split("-"))
        if len(codes) == 2 and codes <= set(data_set.languages):
            found.append(tuple(sorted(codes, key=lambda code: (code != "en", code))))
    return found


def _label(data_set: DataSet, codes: tuple[str, ...]) -> Label:
    sides = tuple(data_set.spellings.get(code, code) for code in codes)
    return Label(code="-".join(codes), theirs="-".join(sorted(sides)), sides=sides)
