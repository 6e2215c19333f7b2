"""Is the asking pass worth learning from? Shares of its guesses, against a frequency baseline.

An encoder that is asked too early answers everything with its commonest pieces, and BTMLM then
learns from one repeated token.

Letters: H guesses, S sentences, L languages (row 0 unused), V vocabulary.
"""

from dataclasses import asdict, dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from erniem.packing import Sentences

__all__ = ["Health", "content_pieces", "health"]

COMMONEST = 60
"""So many of a language's commonest pieces are no content: punctuation, articles, endings."""
AT_HOME = 1e-5
"""A piece belongs to a language that has it at least once in 100,000 pieces."""


@dataclass(frozen=True, kw_only=True)
class Health:
    """Shares of the guesses, each between 0 and 1; NaN where there was nothing to count."""

    distinct: float
    """Distinct guesses, by language."""
    in_language: float
    """Guesses that belong to the target language."""
    content: float
    """Guesses outside the commonest pieces of the target language."""
    found: float
    """Guesses that stand somewhere in the reference translation."""
    found_content: float
    """Content guesses that stand there."""
    baseline: float
    """What `found` would be for pieces drawn by their frequency in the target language."""
    baseline_content: float
    """What `found_content` would be for content pieces drawn so."""

    def figures(self) -> dict[str, float]:
        """The shares by name."""
        return asdict(self)


def content_pieces(counts: Int[np.ndarray, "L V"]) -> Bool[np.ndarray, "L V"]:
    """The pieces of each language outside its commonest ones."""
    content = np.ones(counts.shape, dtype=bool)
    size = min(COMMONEST, counts.shape[1] - 1)
    commonest = np.argpartition(-counts, size, axis=1)[:, :size]
    np.put_along_axis(content, commonest, False, axis=1)
    return content


def health(
    guesses: Int[np.ndarray, " H"],
    sequence: Int[np.ndarray, " H"],
    targets: Int[np.ndarray, " S"],
    references: Sentences,
    counts: Int[np.ndarray, "L V"],
) -> Health:
    """Measures the guesses of an asking pass on sentences whose translation is known.

    Args:
        guesses: the pseudo tokens.
        sequence: the sentence to which each belongs.
        targets: language id in which each sentence was to be answered.
        references: the translation of each sentence.
        counts: how often each language's text has each piece.
    """
    frequency = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    content = content_pieces(counts)
    language = targets[sequence]
    is_content = content[language, guesses]
    vocabulary = counts.shape[1]
    row = np.repeat(np.arange(len(references)), references.lengths)
    in_reference = np.unique(row * vocabulary + references.ids)
    found = np.isin(sequence * vocabulary + guesses, in_reference)
    mass, content_mass = _reference_mass(in_reference, targets, frequency, content)
    return Health(
        distinct=_mean(_is_first(language * vocabulary + guesses)),
        in_language=_mean(frequency[language, guesses] >= AT_HOME),
        content=_mean(is_content),
        found=_mean(found),
        found_content=_mean(found[is_content]),
        baseline=_mean(mass[sequence]),
        baseline_content=_mean(content_mass[sequence]),
    )


def _reference_mass(
    in_reference: Int[np.ndarray, " R"],
    targets: Int[np.ndarray, " S"],
    frequency: Float[np.ndarray, "L V"],
    content: Bool[np.ndarray, "L V"],
) -> tuple[Float[np.ndarray, " S"], Float[np.ndarray, " S"]]:
    """The frequency of each reference's pieces together, of all and of content pieces."""
    row, piece = np.divmod(in_reference, frequency.shape[1])
    weight = frequency[targets[row], piece]
    weight_content = weight * content[targets[row], piece]
    all_content = (frequency * content).sum(axis=1)[targets]
    mass = np.bincount(row, weight, minlength=len(targets))
    content_mass = np.bincount(row, weight_content, minlength=len(targets))
    return mass, content_mass / np.maximum(all_content, 1e-12)


def _is_first(values: Int[np.ndarray, " H"]) -> Bool[np.ndarray, " H"]:
    """Which values stand nowhere before."""
    first = np.zeros(len(values), dtype=bool)
    first[np.unique(values, return_index=True)[1]] = True
    return first


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")
