"""Pickles of numpy arrays, read without running what else a pickle may ask for.

A pickle is a program: `pickle.load` on a stranger's file runs the stranger's code. This reader
knows the few names that numpy's arrays are pickled with, and does for each, in a line or two of its
own, what numpy would do; it imports nothing and refuses every other name. numpy itself would not be
safe: its `ndarray`, called by a pickle, takes eight bytes of the file for the address of an object.

```text
numpy.core.multiarray._reconstruct(numpy.ndarray, (0,), b"b")  ─▶ Array, empty
numpy.dtype("f4", False, True), and its byte order             ─▶ Kind
(1, shape, Kind, is Fortran's order, bytes)                    ─▶ Array, its numbers
```
"""

import collections
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["Array", "read_pickle"]

NUMBERS = re.compile(r"[<>=|]?[bfiu]\d+")
"""Types of numbers and truth values, as `numpy.dtype` spells them; none of objects."""


class Kind:
    """The type of an array's numbers, as a pickle makes it."""

    def __init__(self, code: str, align: bool = False, copy: bool = False) -> None:
        if not NUMBERS.fullmatch(code):
            raise ValueError(f"an array of {code!r}, which are no numbers")
        self.dtype = np.dtype(code)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if state[1] in ("<", ">"):
            self.dtype = self.dtype.newbyteorder(state[1])


class Array:
    """An array, as a pickle makes it."""

    numbers: np.ndarray

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, kind, is_fortran, held = state
        raw = held.encode("latin1") if isinstance(held, str) else held  # Python 2 had no bytes
        self.numbers = _in_shape(np.frombuffer(raw, kind.dtype), shape, bool(is_fortran))


def _in_shape(numbers: np.ndarray, shape: tuple[int, ...], is_fortran: bool) -> np.ndarray:
    """Numbers in their shape, columns first if they lie in Fortran's order."""
    return numbers.reshape(shape, order="F" if is_fortran else "C")


def _reconstruct(*_: Any) -> Array:
    """An array whose numbers come later."""
    return Array()


def _from_buffer(held: Any, kind: Kind, shape: Any, order: str, *_: Any) -> Array:
    """An array of protocol 5."""
    array = Array()
    array.numbers = _in_shape(np.frombuffer(held, kind.dtype), shape, order == "F")
    return array


def _scalar(kind: Kind, held: Any) -> Any:
    """A single number."""
    return np.frombuffer(held, kind.dtype)[0].item()


def _no_bytes() -> bytes:
    """How protocol 2 writes no bytes at all."""
    return b""


def _encode(text: str, encoding: str) -> bytes:
    """How protocol 2 writes bytes, in Latin-1."""
    return text.encode("latin1")


ARRAYS = {
    "multiarray._reconstruct": _reconstruct,
    "multiarray.scalar": _scalar,
    "numeric._frombuffer": _from_buffer,
}
"""How numpy makes arrays from pickles; its modules moved from `numpy.core` to `numpy._core`."""

ADMITTED: dict[str, Any] = {
    **{f"numpy.{core}.{name}": made for core in ("core", "_core") for name, made in ARRAYS.items()},
    **{f"{builtins}.tuple": tuple for builtins in ("builtins", "__builtin__")},
    "__builtin__.bytes": _no_bytes,
    "numpy.ndarray": "numpy.ndarray",  # an argument of _reconstruct, never called
    "numpy.dtype": Kind,
    "_codecs.encode": _encode,
    "collections.OrderedDict": collections.OrderedDict,
}
"""All that a file may name, and what it gets for it."""


class _RefusedError(Exception):
    """The file names something that arrays do not need."""


class _ArrayUnpickler(pickle.Unpickler):
    """Finds what is admitted, from the table alone."""

    def find_class(self, module: str, name: str) -> Any:
        """What the file names, if arrays need it."""
        asked = f"{module}.{name}"
        if asked not in ADMITTED:
            raise _RefusedError(f"it asks for {asked}")
        return ADMITTED[asked]

    def persistent_load(self, pid: Any) -> Any:
        """Nothing is kept elsewhere."""
        raise _RefusedError(f"it asks for an object kept elsewhere ({pid!r})")


def read_pickle(path: Path) -> Any:
    """What a pickle of numpy arrays and plain containers holds, each array as an `Array`.

    Args:
        path: the file; text of Python 2 is read as Latin-1, as Paddle does.

    Raises:
        ValueError: the file asks for anything else, and by its name; it is cut short, empty, or no
            pickle.
    """
    try:
        with path.open("rb") as file:
            return _ArrayUnpickler(file, encoding="latin1").load()
    except _RefusedError as refused:
        raise ValueError(
            f"{path} is refused: {refused}, and a file of weights needs numpy's arrays alone. Do "
            "not open it with anything else."
        ) from None
    except OSError:
        raise
    except Exception as error:  # a damaged pickle raises anything
        raise ValueError(
            f"{path} is no whole .pdparams file: {error!r}; fetch it again."
        ) from error
