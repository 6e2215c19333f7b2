"""The next version of an index, from what holds, what came and what went.

```text
the last small parts, without what went ─┐
new sentences with their vectors ────────┴─▶ one part ─▶ cells ─▶ recall ─┐
what went of parts that stay ─▶ gone-0004-…        manifest.json, replaced ┘
```

Each part that stays is at least twice as large as all after it: an index of a million has a dozen
parts at most, and a sentence is copied only into a part half as large again as its own was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from erniem.corpus.arrays import FileFacts, facts_of
from erniem.search.cells import cells_for, fill_cells, sample_size, train_cells
from erniem.search.manifest import CellsFacts, Manifest, ModelFacts, PartFacts, write_manifest
from erniem.search.part import CELLS, FEW, Part, PartWriter, blocks_of, write_vectors
from erniem.search.parts import Parts
from erniem.search.recall import choose_probes, left_out
from erniem.search.settings import IndexSettings

__all__ = ["Change", "publish"]

GROWN = 4
"""Times as many sentences as cells were learnt from: then they are learnt anew."""

SHRUNK = 2
"""Part of which but one in so many sentences went: it is written anew."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """What is to become of an index."""

    old: Manifest | None
    """The version that holds; None if there is none."""
    stay: Sequence[Part]
    """Its parts, with what goes taken off."""
    new: Part | None
    """What comes."""
    width: int
    """Numbers of a vector."""
    model: ModelFacts
    """The encoder, as it is to be known."""
    settings: IndexSettings
    """How neighbours are to be looked for."""
    languages: tuple[str, ...]
    """The list of languages."""

    @property
    def version(self) -> int:
        """Number of the next version."""
        return 1 if self.old is None else self.old.version + 1

    @property
    def total(self) -> int:
        """Sentences that can be found then."""
        return sum(part.live for part in [*self.stay, *filter(None, [self.new])])

    @property
    def had(self) -> CellsFacts | None:
        """The cells of the version that holds."""
        return self.old.cells if self.old else None

    @property
    def approximate(self) -> bool:
        """Whether there are cells then: once there are, they stay."""
        return self.had is not None or self.settings.is_approximate(self.total)

    @property
    def learns(self) -> bool:
        """Whether cells are learnt anew; all sentences become one part then."""
        grown = self.had is None or self.total > GROWN * self.had.learnt_from
        return self.approximate and grown

    @property
    def cells(self) -> str | None:
        """The file of the trained cells then; None: exact."""
        kept = self.had.file if self.had else None
        return f"cells-{self.version:04d}.faiss" if self.learns else kept


def publish(folder: Path, change: Change) -> Manifest:
    """Writes the next version and makes it the one that holds.

    Raises:
        OSError: it cannot be written; the version that was there holds.
    """
    parts = _parts(folder, change)
    facts = [_part_facts(folder, part, change) for part in parts]
    sentences = _by_language(parts, change.languages)
    numbered = change.old.numbered if change.old else 0
    manifest = Manifest(
        version=change.version,
        width=change.width,
        model=change.model,
        settings=change.settings,
        languages=change.languages,
        sentences=sentences,
        numbered=numbered + (len(change.new) if change.new else 0),
        parts=tuple(facts),
        cells=_cells_facts(Parts(parts), change, sentences),
        files=_files(folder, facts, change),
    )
    write_manifest(folder, manifest)
    return manifest


def _parts(folder: Path, change: Change) -> list[Part]:
    """The parts of the next version, the last of them written if anything is new in it."""
    stay, merge = _divided(change)
    parts = [part for part in stay if part.live]
    if not merge:
        return parts
    made = _merged(folder / f"part-{change.version:04d}", merge, change)
    if change.cells is not None:
        if change.learns:
            train_cells(folder / change.cells, _sample(made), cells_for(len(made)))
        fill_cells(folder / change.cells, made.folder / CELLS, made.vectors)
    return [*parts, Part(made.folder, change.width)]


def _divided(change: Change) -> tuple[list[Part], list[Part]]:
    """Parts that stay, and those that become one."""
    stay, merge = list(change.stay), list(filter(None, [change.new]))
    size = sum(part.live for part in merge)
    while stay and merge and (change.learns or stay[-1].live < 2 * size):
        merge.insert(0, stay.pop())
        size += merge[0].live
    shrunk = [part for part in stay if 0 < part.live < len(part) / SHRUNK]
    return [part for part in stay if part not in shrunk], [*shrunk, *merge]


def _merged(folder: Path, parts: Sequence[Part], change: Change) -> Part:
    """What can be found in some parts as one; what is new and alone only moves."""
    if change.new is not None and parts == [change.new]:
        change.new.folder.rename(folder)
        return Part(folder, change.width)
    with PartWriter(folder) as writer:
        for part in parts:
            writer.copy(part)
    write_vectors(
        folder, (part.vectors[rows] for part in parts for rows in blocks_of(part.live_rows()))
    )
    return Part(folder, change.width)


def _sample(part: Part) -> np.ndarray:
    """Vectors that k-means learns from, from all over."""
    rows = np.linspace(0, len(part) - 1, sample_size(len(part))).astype(np.int64)
    return part.vectors[rows]


def _cells_facts(parts: Parts, change: Change, sentences: Mapping[str, int]) -> CellsFacts | None:
    """The cells with what they find, measured; None: exact."""
    if change.cells is None:
        return None
    learnt_from = change.total if change.learns or change.had is None else change.had.learnt_from
    cells, settings, asked = cells_for(learnt_from), change.settings, left_out(parts)
    choose = partial(choose_probes, parts, cells, asked, recall=settings.recall, at=settings.at)
    found = choose()
    many = [code for code, number in sentences.items() if number > FEW]
    return CellsFacts(
        file=change.cells,
        cells=cells,
        learnt_from=learnt_from,
        probes=found.probes,
        found=found.found,
        at=settings.at,
        queries=len(asked.rows),
        alone={code: choose(language=change.languages.index(code)).probes for code in many},
    )


def _part_facts(folder: Path, part: Part, change: Change) -> PartFacts:
    """A part as the manifest has it; writes which rows went, if more did than before."""
    before = {one.name: one for one in change.old.parts} if change.old else {}
    name, num_gone = part.folder.name, len(part.gone)
    if name in before and before[name].num_gone == num_gone:
        return before[name]
    gone = f"gone-{change.version:04d}-{name}.npy" if num_gone else ""
    if gone:
        np.save(folder / gone, part.gone)
    return PartFacts(name=name, rows=len(part), gone=gone, num_gone=num_gone)


def _by_language(parts: Sequence[Part], languages: Sequence[str]) -> dict[str, int]:
    """How many sentences can be found in each language."""
    counts = np.zeros(len(languages), dtype=np.int64)
    for part in parts:
        counts += np.bincount(part.languages[part.live_rows()], minlength=len(languages))
    return {code: int(n) for code, n in zip(languages, counts, strict=True) if n}


def _files(folder: Path, parts: Sequence[PartFacts], change: Change) -> dict[str, FileFacts]:
    """All files of a version; those of the one before are known already."""
    paths = [path for part in parts for path in sorted((folder / part.name).iterdir())]
    paths += [folder / part.gone for part in parts if part.gone]
    paths += [folder / change.cells] if change.cells else []
    known = change.old.files if change.old else {}
    names = [path.relative_to(folder).as_posix() for path in paths]
    return {name: known.get(name) or facts_of(folder / name) for name in names}
