"""How much of the tokens each language gets, and each source of a language: numbers in, shares out.

```text
labels    de en sw         temperature: share ∝ (tokens / all tokens)^alpha
sources   wikipedia crawl  within a label: share ∝ tokens × weight
```
"""

from collections import Counter
from collections.abc import Mapping

__all__ = ["mix_shares", "temperature_shares"]


def temperature_shares(tokens: Mapping[str, int], alpha: float) -> dict[str, float]:
    """How much of the mix each language gets: share ∝ (tokens / all tokens)^alpha (XLM-R, §3.1).

    alpha 1 is the natural mix, 0 gives every language the same share; 0.3 lifts the small ones.

    Example: `temperature_shares({"en": 900, "sw": 100}, 0.5)` → `{"en": 0.75, "sw": 0.25}`.
    """
    total = sum(tokens.values())
    raised = {name: (count / total) ** alpha for name, count in tokens.items() if count > 0}
    norm = sum(raised.values())
    return {name: value / norm for name, value in raised.items()}


def mix_shares(
    tokens: Mapping[tuple[str, str], int], *, alpha: float, weights: Mapping[str, float]
) -> dict[tuple[str, str], float]:
    """How much of the mix each data set gets.

    The temperature decides between labels, by the tokens of all their sources but those of weight
    0; the weights decide between the sources of a label, and leave the other labels as they are.

    Args:
        tokens: of each data set, by label and source.
        alpha: temperature, see `temperature_shares`.
        weights: by source; 1 where not named, 0 leaves a source out.

    Example: `{("en", "web"): 800, ("en", "wiki"): 100, ("sw", "web"): 100}`, alpha 0.5, wiki 8 →
    0.375, 0.375 and 0.25.
    """
    weighted = {key: count * weights.get(key[1], 1.0) for key, count in tokens.items()}
    natural: Counter[str] = Counter()
    of_label: Counter[str] = Counter()
    for (label, source), count in tokens.items():
        if weighted[label, source] > 0:
            natural[label] += count
            of_label[label] += weighted[label, source]  # type: ignore[assignment]  # no integer
    shares = temperature_shares(natural, alpha)
    return {
        (label, source): shares[label] * part / of_label[label]
        for (label, source), part in weighted.items()
        if part > 0
    }
