"""What the commands do: files into an index, queries out of a file, hits as people read them."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from erniem.corpus.document import Drops
from erniem.corpus.sources.lines import Unusable, every_line
from erniem.embed import BackendName, VectorSettings
from erniem.languages import name_of
from erniem.search.encoder import model_facts, open_model
from erniem.search.files import read_files
from erniem.search.hit import Hit
from erniem.search.manifest import MANIFEST, Manifest, read_manifest
from erniem.search.settings import IndexSettings
from erniem.search.staging import Counts
from erniem.search.update import add_entries

__all__ = ["IndexRun", "index_files", "lines_of", "read_queries", "told", "told_as_json"]


@dataclass(frozen=True, kw_only=True)
class IndexRun:
    """What an indexing did."""

    output: Path
    """The index."""
    counts: Counts
    """Of the sentences that were read."""
    dropped: Mapping[str, int]
    """Lines that were left out, by reason."""
    manifest: Manifest
    """The version that holds now."""

    def lines(self) -> Iterator[str]:
        """For people."""
        counts = self.counts
        parts = [f"{counts.added:,} sentence{'' if counts.added == 1 else 's'} added"]
        parts += [f"{counts.replaced:,} of them in place of others"] if counts.replaced else []
        parts += [f"{counts.known:,} were there already"] if counts.known else []
        parts += [f"{count:,} left out: {reason}" for reason, count in self.dropped.items()]
        yield "; ".join(parts)
        yield from lines_of(self.output, self.manifest)


def index_files(
    model: Path,
    files: Sequence[str],
    *,
    output: Path,
    vectors: VectorSettings | None = None,
    backend: BackendName = "torch",
    device: str | None = None,
    settings: IndexSettings | None = None,
    language: str | None = None,
    replace: bool = False,
    progress: bool = False,
) -> IndexRun:
    """Adds the sentences of files to an index, or makes one; again, it changes nothing.

    Args:
        model: folder of the encoder.
        files: see `erniem.search.files`.
        output: folder of the index.
        vectors: how vectors are made; None: as those of the index, or as the model's folder says.
        backend, device: what runs the encoder's network, and where.
        settings: exact or approximate; None: by size, or as the index is.
        language: of the sentences; None: as rows or names of files say.
        replace: let another text for a known id take its place.
        progress: show a bar.

    Raises:
        ValueError: a file that cannot be read, an id that stands for two texts, another model
            than the index's, a folder that is no index.
        OSError: it cannot be written; the version that was there holds.
    """
    there = read_manifest(output).model.vectors if (output / MANIFEST).is_file() else None
    way = asdict(vectors) if vectors else there
    encoder = open_model(model, way, backend=backend, device=device)
    drops = Drops()
    added = add_entries(
        output,
        read_files(files, drops, language=language),
        encoder,
        model_facts(encoder),
        settings,
        replace=replace,
        progress=progress,
    )
    return IndexRun(
        output=output, counts=added.counts, dropped=drops.by_reason(), manifest=added.manifest
    )


def lines_of(folder: Path, manifest: Manifest) -> Iterator[str]:
    """What an index is, for people."""
    counts = sorted(manifest.sentences.items(), key=lambda one: -one[1])
    told = ", ".join(f"{name_of(code) if code else 'not told'} {n:,}" for code, n in counts)
    yield f"{folder}: {manifest.total:,} sentence{'' if manifest.total == 1 else 's'} ({told})"
    cells = manifest.cells
    if cells is None:
        yield "search: exact"
        return
    yield (
        f"search: approximate, {cells.probes:,} of {cells.cells:,} cells looked into; finds "
        f"{cells.found:.1%} of the {cells.at} nearest ({cells.queries} sentences asked, each as if "
        "it were not in the index)"
    )


def read_queries(path: Path) -> list[str]:
    """The queries of a file, one a line; empty lines are none.

    Raises:
        ValueError: the file cannot be read; a line is not UTF-8.
    """
    found = []
    for number, line in enumerate(every_line(str(path)), start=1):
        if isinstance(line, Unusable):
            raise ValueError(f"{path}:{number} is no text ({line.reason}): mend it.")
        if line.strip():
            found.append(line.strip())
    return found


def told(queries: Sequence[str], found: Iterable[Sequence[Hit]]) -> Iterator[str]:
    """Hits for people: score, id, language, text; below their query, if there are several."""
    for number, (query, hits) in enumerate(zip(queries, found, strict=True)):
        if len(queries) > 1:
            yield f"\n{query}" if number else query
        wide = max((len(hit.id) for hit in hits), default=0)
        for hit in hits:
            yield f"{hit.score:.4f}  {hit.id:<{wide}}  {hit.language or '-':<3}  {hit.text}"


def told_as_json(queries: Sequence[str], found: Iterable[Sequence[Hit]]) -> Iterator[str]:
    """Hits for programs: a line of JSON for each query."""
    for query, hits in zip(queries, found, strict=True):
        row = {"query": query, "hits": [asdict(hit) for hit in hits]}
        yield json.dumps(row, ensure_ascii=False)
