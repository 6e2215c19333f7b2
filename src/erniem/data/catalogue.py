"""All data sets that can be fetched, by name."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from erniem.data.benchmarks import BENCHMARKS, XTREME
from erniem.data.dataset import DataSet
from erniem.data.monolingual import MONOLINGUAL
from erniem.data.parallel import PARALLEL

__all__ = ["CATALOGUE", "GROUPS", "data_sets_named"]

CATALOGUE: Mapping[str, DataSet] = {one.name: one for one in (*MONOLINGUAL, *PARALLEL, *BENCHMARKS)}
"""By name, in the order of `erniem data list`."""

GROUPS: Mapping[str, tuple[str, ...]] = {"xtreme": tuple(one.name for one in XTREME)}
"""Names for several."""


def data_sets_named(
    names: Sequence[str], catalogue: Mapping[str, DataSet] = CATALOGUE
) -> list[DataSet]:
    """Data sets by name, those of a group in its place, each once.

    Raises:
        ValueError: none given, or one unknown; the message has the nearest names.

    Example: `data_sets_named(["xtreme", "cc100"])` → XTREME's ten, then CC-100.
    """
    if not names:
        raise ValueError("name what to fetch: erniem data fetch xtreme; all names: data list.")
    members = [one for name in names for one in GROUPS.get(name, (name,))]
    for name in members:
        if name not in catalogue:
            raise ValueError(_unknown(name, catalogue))
    return [catalogue[name] for name in dict.fromkeys(members)]


def _unknown(name: str, catalogue: Mapping[str, DataSet]) -> str:
    known = [*catalogue, *GROUPS]
    near = get_close_matches(name.lower(), known, n=3, cutoff=0.5)
    near = near or [one for one in known if name.lower() in one]
    said = f"did you mean {' or '.join(near)}?" if near else "see erniem data list."
    return f"there is no data set {name!r}; {said}"
