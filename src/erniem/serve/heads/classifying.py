"""The sequence classifier: how likely each class is, of rows.

Letters: S rows, C classes.
"""

from collections.abc import Sequence

import torch

from erniem.model.heads import ErnieMForSequenceClassification
from erniem.serve.heads.packing import packed

__all__ = ["Classifying"]


class Classifying:
    """Scores of classes.

    Args:
        model: ours, in evaluation mode.
    """

    def __init__(self, model: ErnieMForSequenceClassification) -> None:
        self.model = model
        labels: dict[int, str] = model.config.id2label  # type: ignore[assignment]  # of our classes
        self.labels = [labels[number] for number in range(model.num_labels)]
        kind = model.config.problem_type
        self.regression = kind == "regression" or (kind is None and model.num_labels == 1)
        self.many = kind == "multi_label_classification"

    def run(self, rows: Sequence[list[int]]) -> list[list[float]]:
        """A score for each class of each row: probabilities that sum to one; of many classes at
        once each its own; of a regression the number itself.

        Raises:
            ArithmeticError: logits that are no numbers.
        """
        ids, bounds = packed(rows, self.model.device)
        with torch.inference_mode():
            logits = self.model(input_ids=ids, cu_seqlens=bounds).logits.float()
        if not torch.isfinite(logits).all():
            raise ArithmeticError("this model's logits are no numbers")
        if self.regression:
            return logits.tolist()
        scores = logits.sigmoid() if self.many else logits.softmax(dim=-1)
        return scores.tolist()
