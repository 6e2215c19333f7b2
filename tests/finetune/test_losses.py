import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from erniem.finetune.losses import hardest_negative, infonce


def drawn(count: int = 5) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(3)
    cosines = torch.rand(count, count, generator=generator) * 2 - 1
    same = torch.eye(count, dtype=torch.bool)
    if count > 3:
        same[0, 3] = same[3, 0] = True
    return cosines, same


def test_the_hardest_negative_is_that_of_plain_loops() -> None:
    cosines, same = drawn()

    def cross_entropy(cosine: float, right: bool) -> float:
        probability = 1 / (1 + math.exp(-7 * (cosine - 0.2)))
        return -math.log(probability if right else 1 - probability)

    right = [cross_entropy(float(cosines[i, i]), True) for i in range(5)]
    wrong = []
    for matrix in (cosines, cosines.T):
        for i in range(5):
            hardest = max(float(matrix[i, j]) for j in range(5) if not same[i, j])
            wrong.append(cross_entropy(hardest, False))
    found = hardest_negative(cosines, same, scale=7.0, level=0.2)
    assert float(found) == pytest.approx(np.mean(right) + np.mean(wrong), abs=1e-6)


def test_infonce_is_that_of_plain_loops() -> None:
    cosines, same = drawn()
    losses = []
    for matrix in (cosines, cosines.T):
        for i in range(5):
            others = [j for j in range(5) if j == i or not same[i, j]]
            total = sum(math.exp(float(matrix[i, j]) / 0.1) for j in others)
            losses.append(-math.log(math.exp(float(matrix[i, i]) / 0.1) / total))
    found = infonce(cosines, same, temperature=0.1)
    assert float(found) == pytest.approx(np.mean(losses), abs=1e-5)


@pytest.mark.parametrize("loss", [hardest_negative, infonce])
def test_translations_are_drawn_together_and_only_negatives_apart(
    loss: Callable[[Tensor, Tensor], Tensor],
) -> None:
    cosines, same = drawn()
    cosines.requires_grad_()
    loss(cosines, same).backward()
    gradient = cosines.grad
    assert gradient is not None
    assert (gradient.diagonal() < 0).all()
    assert (gradient[~same] >= 0).all()
    assert gradient[0, 3] == gradient[3, 0] == 0, "a translation by another name"


def test_only_the_hardest_are_pushed() -> None:
    cosines = torch.tensor([[0.9, 0.1, 0.4], [0.3, 0.8, 0.2], [0.0, 0.5, 0.7]], requires_grad=True)
    hardest_negative(cosines, torch.eye(3, dtype=torch.bool)).backward()
    assert cosines.grad is not None
    # Of rows 0.4, 0.3 and 0.5; of columns 0.3, 0.5 and 0.4.
    assert (cosines.grad > 0).nonzero().tolist() == [[0, 2], [1, 0], [2, 1]]


@pytest.mark.parametrize("loss", [hardest_negative, infonce])
def test_one_pair_alone_spoils_nothing(loss: Callable[[Tensor, Tensor], Tensor]) -> None:
    cosines = torch.tensor([[0.3]], requires_grad=True)
    found = loss(cosines, torch.eye(1, dtype=torch.bool))
    found.backward()
    assert found.isfinite()
    assert cosines.grad is not None
    assert cosines.grad.isfinite().all()
