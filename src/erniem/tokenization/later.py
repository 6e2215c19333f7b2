"""Encodings that are made when they are looked at."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, overload

from tokenizers import Encoding

__all__ = ["LaterEncodings"]


class LaterEncodings(Sequence[Encoding]):
    """Encodings that are made when the first is looked at, and kept.

    Args:
        make: makes them all.
        count: how many there will be.
    """

    def __init__(self, make: Callable[[], Sequence[Encoding]], count: int) -> None:
        self._make, self._count = make, count

    @cached_property
    def _made(self) -> list[Encoding]:
        return list(self._make())

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> Encoding: ...
    @overload
    def __getitem__(self, place: slice) -> list[Encoding]: ...
    def __getitem__(self, place: int | slice) -> Encoding | list[Encoding]:
        return self._made[place]

    def __reduce__(self) -> tuple[Any, ...]:
        """As a list: a copy has nothing to make them with."""
        return list, (self._made,)
