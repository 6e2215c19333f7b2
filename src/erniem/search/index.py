"""`Index`: sentences in any language, found by queries in any language.

```text
query ─ encoder ─▶ vector ─ nearest in every part ─▶ rows ─ cosine or margin ─▶ Hit(score, id, text)
```

Letters: N queries, D width, k neighbours.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from threading import Lock

import numpy as np
from jaxtyping import Float32

from erniem.embed import BackendName
from erniem.embed.encoder import unit
from erniem.search.encoder import Encodes, model_facts, open_model
from erniem.search.entries import entries_of
from erniem.search.hit import Hit
from erniem.search.manifest import Manifest, check_sizes, check_sums, read_manifest
from erniem.search.parts import Parts, in_groups
from erniem.search.scores import SCORES, Score, by_margin, surroundings
from erniem.search.settings import IndexSettings
from erniem.search.update import add_entries, check_model, remove_ids
from erniem.tasks.retrieve.nearest import Found

__all__ = ["Index"]


class Index:
    """A version of an index, open for reading: by many threads, if you like.

    What is added or removed makes another version; this one stays as it is.

    Example:
        `Index.build(encoder, ["Guten Tag", "Wo ist die Post?"], output=folder, languages="de")`
        `Index.open(folder).search(["good day"], k=1)` → `[[Hit(0.9, "0", "Guten Tag", "de")]]`.
    """

    def __init__(
        self,
        folder: Path,
        manifest: Manifest,
        parts: Parts,
        backend: BackendName = "torch",
        device: str | None = None,
    ) -> None:
        self.folder = folder
        self.manifest = manifest
        self._parts = parts
        self._model: Encodes | None = None
        self._backend: BackendName = backend
        self._device = device
        self._opening = Lock()

    @classmethod
    def build(
        cls,
        model: Encodes | Path | str,
        texts: Iterable[str],
        *,
        output: Path | str,
        ids: Sequence[str] | None = None,
        languages: Sequence[str] | str | None = None,
        settings: IndexSettings | None = None,
        progress: bool = False,
    ) -> "Index":
        """Makes an index; of a folder that holds one, it adds to it.

        Args:
            model: an encoder, or its folder.
            texts: sentences.
            output: the folder.
            ids: of each text; None: numbers, counted from 0.
            languages: codes, of each or of all; None: not known.
            settings: exact or approximate; None: by size.
            progress: show a bar.

        Raises:
            ValueError: no texts, an empty one, an id that stands for two, a folder that is no
                index, or one of another model.
        """
        encoder, folder = open_model(model), Path(output)
        add_entries(
            folder,
            entries_of(texts, ids, languages, first=0),
            encoder,
            model_facts(encoder),
            settings,
            progress=progress,
        )
        return cls.open(folder, encoder)

    @classmethod
    def open(
        cls,
        folder: Path | str,
        model: Encodes | Path | str | None = None,
        *,
        backend: BackendName = "torch",
        device: str | None = None,
        verify: bool = False,
    ) -> "Index":
        """Opens the version that holds; nothing is read before it is needed.

        Args:
            folder: of the index.
            model: the encoder that made it, or its folder; None: from where it was, when the first
                text is asked for.
            backend, device: what runs a model that is named by its folder, and where.
            verify: read all, and compare checksums.

        Raises:
            ValueError: no index, a torn one, one of another model.
        """
        folder = Path(folder)
        while True:
            manifest = read_manifest(folder)
            try:
                (check_sums if verify else check_sizes)(folder, manifest)
                parts = Parts.of(folder, manifest)
                break
            except (ValueError, FileNotFoundError):
                if read_manifest(folder).version == manifest.version:
                    raise  # otherwise another version came meanwhile
        index = cls(folder, manifest, parts, backend, device)
        if model is not None:
            index._model = index._opened(model)
        return index

    def __len__(self) -> int:
        return self.manifest.total

    @property
    def languages(self) -> dict[str, int]:
        """Sentences by language; those whose language is not known are under ""."""
        return dict(self.manifest.sentences)

    @property
    def model(self) -> Encodes:
        """The encoder; opened from where it was, if none was given.

        Raises:
            ValueError: it is not there any more, or is another.
        """
        with self._opening:
            if self._model is None:
                facts = self.manifest.model
                if not facts.folder or not Path(facts.folder).is_dir():
                    raise ValueError(
                        f"{self.folder} was made by a model that was in {facts.folder or 'memory'}"
                        " and is not there: say where it is."
                    )
                self._model = self._opened(facts.folder)
            return self._model

    def _opened(self, model: Encodes | Path | str) -> Encodes:
        """An encoder, or that of a folder, if it is the one that made the index."""
        encoder = open_model(
            model, self.manifest.model.vectors, backend=self._backend, device=self._device
        )
        check_model(self.manifest, encoder.fingerprint, self.folder)
        return encoder

    def search(
        self,
        queries: Sequence[str],
        k: int = 10,
        *,
        score: Score = "cosine",
        language: str | None = None,
        exact: bool = False,
    ) -> list[list[Hit]]:
        """The k best sentences for each query, best first; fewer if there are fewer.

        Args:
            queries: texts in any language.
            k: how many.
            score: `cosine`, or `margin`, see `erniem.search.scores`.
            language: of these sentences alone.
            exact: compare with all, also in an approximate index.

        Raises:
            ValueError: an empty query, a language that the index does not have, no such score.
        """
        if isinstance(queries, str):
            raise ValueError(f"queries is one text, {queries[:40]!r}: give a list of texts.")
        for query in queries:
            if not query.strip():
                raise ValueError("a query is empty: give it a word.")
        if not queries:
            return []
        vectors = self.model.encode(queries)
        return self.search_vectors(vectors, k, score=score, language=language, exact=exact)

    def search_vectors(
        self,
        vectors: Float32[np.ndarray, "N D"],
        k: int = 10,
        *,
        score: Score = "cosine",
        language: str | None = None,
        exact: bool = False,
    ) -> list[list[Hit]]:
        """The same for queries that are vectors of the index's model already."""
        if not len(vectors):
            return []
        scores, rows = self.nearest(vectors, k, score=score, language=language, exact=exact)
        return [list(self._hits(*one)) for one in zip(scores, rows, strict=True)]

    def nearest(
        self,
        vectors: Float32[np.ndarray, "N D"],
        k: int = 10,
        *,
        score: Score = "cosine",
        language: str | None = None,
        exact: bool = False,
    ) -> Found:
        """Scores and rows of the k best for each vector, of one at least.

        Where there are no k, -inf and -1.
        """
        if k < 1:
            raise ValueError(f"k {k}: ask for at least 1.")
        if score not in SCORES:
            raise ValueError(f"score {score!r}: choose {', '.join(SCORES)}.")
        if vectors.shape[1] != self.manifest.width:
            raise ValueError(f"vectors of {vectors.shape[1]}; the index has {self.manifest.width}.")
        if not np.isfinite(vectors).all():
            raise ValueError("a query's vector is not finite: see what its encoder does to it.")
        probes = None if exact else self._probes(language)
        near = partial(self._parts.nearest, language=self._place(language), probes=probes)
        if score == "cosine":
            return near(unit(vectors), k)
        levels = partial(
            surroundings,
            self._parts,
            unknown=self._place("") if "" in self.manifest.sentences else None,
            probes=None if exact else self._probes(None),
        )
        return in_groups(partial(by_margin, k=k, nearest=near, levels=levels), unit(vectors))

    def _probes(self, language: str | None) -> int | None:
        """Cells to look into; None in an exact index."""
        cells = self.manifest.cells
        if cells is None or language is None:
            return None if cells is None else cells.probes
        return cells.alone.get(language, cells.probes)

    def _place(self, language: str | None) -> int | None:
        if language is None:
            return None
        if language not in self.manifest.sentences:
            there = ", ".join(code or '""' for code in sorted(self.manifest.sentences))
            raise ValueError(f"the index has no sentence in {language!r}; it has {there}.")
        return self.manifest.languages.index(language)

    def _hits(self, scores: np.ndarray, rows: np.ndarray) -> Iterator[Hit]:
        for score, row in zip(scores.tolist(), rows.tolist(), strict=True):
            if row >= 0:
                part, place = self._parts.place(row)
                code = self.manifest.languages[int(part.languages[place])]
                yield Hit(score, part.ids[place], part.texts[place], code)

    def add(
        self,
        texts: Iterable[str],
        *,
        ids: Sequence[str] | None = None,
        languages: Sequence[str] | str | None = None,
        replace: bool = False,
        progress: bool = False,
    ) -> "Index":
        """The next version, with more sentences; see `build`.

        Args:
            texts: sentences.
            ids: of each; None: numbers, counted on. A known id with its text is passed over.
            languages: of each or of all.
            replace: let another text for an id take the place of the old one.
            progress: show a bar.
        """
        numbered = read_manifest(self.folder).numbered
        add_entries(
            self.folder,
            entries_of(texts, ids, languages, first=numbered),
            self.model,
            model_facts(self.model),
            replace=replace,
            progress=progress,
        )
        return Index.open(self.folder, self.model)

    def remove(self, ids: Iterable[str]) -> "Index":
        """The next version, without some sentences.

        Raises:
            ValueError: an id that is not there; nothing would be left.
        """
        remove_ids(self.folder, ids)
        return Index.open(self.folder, self._model)
