"""Losses that draw translations together and other sentences apart, within a batch.

```text
cosines (B, B)    row i: first sentence i with every second one; the diagonal: translations
hardest           of each row and each column, the diagonal and its most similar other
infonce           of each row and each column, the diagonal among all
```

ERNIE-M's Tatoeba figure of 93.3 comes from a "hardest negative binary cross-entropy" (Ouyang et
al., 2021), of which no more is said; how cosines become logits is our choice.

Letters: B pairs of a batch.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

__all__ = ["hardest_negative", "infonce"]


def hardest_negative(
    cosines: Float[Tensor, "B B"],
    same: Bool[Tensor, "B B"],
    *,
    scale: float = 20.0,
    level: float = 0.5,
) -> Float[Tensor, ""]:
    """Binary cross-entropy of each translation, and of each sentence's hardest negative.

    Args:
        cosines: of the first sentences with the second ones.
        same: true where a pair is no negative: the diagonal, and translations by another name.
        scale, level: a pair's logit is `scale * (cosine - level)`.

    Returns:
        The mean over translations plus the mean over hardest negatives of both sides; of one pair
        alone, which has no negatives, the first.

    Example: cosines `[[0.9, 0.1], [0.3, 0.8]]` → translations 0.9 and 0.8, negatives 0.1 and 0.3
    (rows), 0.3 and 0.1 (columns).
    """
    logits = scale * (cosines - level)
    right = -F.logsigmoid(logits.diagonal()).mean()
    others = logits.masked_fill(same, -float("inf"))
    hardest = F.softplus(others.amax(dim=1)).mean() + F.softplus(others.amax(dim=0)).mean()
    return right + hardest / 2


def infonce(
    cosines: Float[Tensor, "B B"], same: Bool[Tensor, "B B"], *, temperature: float = 0.05
) -> Float[Tensor, ""]:
    """Cross-entropy of the translation among all sentences of the other side, both ways.

    Args:
        cosines: of the first sentences with the second ones.
        same: true where a pair is no negative: the diagonal, and translations by another name.
        temperature: that cosines are divided by; the lower, the more the nearest count.
    """
    itself = torch.eye(len(cosines), dtype=torch.bool, device=cosines.device)
    logits = (cosines / temperature).masked_fill(same & ~itself, -float("inf"))
    right = logits.diagonal()
    return ((logits.logsumexp(dim=1) - right) + (logits.logsumexp(dim=0) - right)).mean() / 2
