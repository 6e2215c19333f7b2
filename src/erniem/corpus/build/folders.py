"""Corpora and tokenisers from folders of text, without a recipe."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from erniem.corpus.build.executors import Executor
from erniem.corpus.build.run import build, build_vocabulary
from erniem.corpus.build.vocabulary import Vocabulary
from erniem.corpus.corpus import Corpus
from erniem.corpus.recipe import CorpusRecipe
from erniem.corpus.sources import SourceEntry
from erniem.corpus.steps.catalogue import DEFAULT_STEPS

__all__ = ["build_corpus", "build_tokenizer", "recipe_of"]


def recipe_of(
    sources: Sequence[Path],
    output: Path,
    *,
    tokenizer: Path | None = None,
    vocabulary_size: int = 16_000,
    vocabulary_alpha: float = 0.3,
    vocabulary_sentences: int = 1_000_000,
    languages: Sequence[str] | None = None,
    pairs_as_text: bool = True,
    max_per_source: int | None = None,
    held_out: int = 500,
    exclude: Sequence[Path] = (),
    max_pieces: int = 510,
    workers: int = 0,
) -> CorpusRecipe:
    """The recipe of a corpus of folders.

    Args:
        sources: folders with `XX.txt`, `XX-YY.tsv` and the like.
        output: the corpus.
        tokenizer: folder of a tokeniser; one is trained on the text if None.
        vocabulary_size: pieces of a trained tokeniser.
        vocabulary_alpha: temperature of the mix of languages that it is trained on: 1 as they are,
            0 all alike.
        vocabulary_sentences: so many of them, at most; fewer are quicker.
        languages: only these; all that are found if None.
        pairs_as_text: the sides of pairs are monolingual sentences too.
        max_per_source: lines kept of each file, at most, drawn; all if None.
        held_out: pairs of each two languages kept for evaluation, at most a tenth of them.
        exclude: folders of evaluation sets; what stands in them is dropped.
        max_pieces: longer sentences are cropped, and counted in the manifest.
        workers: processes; 0 for one a core, and for little text one.

    Raises:
        ValueError: a setting out of range.
    """
    steps: list[Any] = list(DEFAULT_STEPS)
    if exclude:
        steps.append({"unseen": {"sets": [str(folder) for folder in exclude]}})
    vocabulary = Vocabulary(
        size=vocabulary_size, alpha=vocabulary_alpha, sentences=vocabulary_sentences
    )
    return CorpusRecipe(
        output=output,
        sources=[SourceEntry(path=str(folder)) for folder in sources],
        languages=None if languages is None else list(languages),
        steps=steps,
        tokenizer=tokenizer,
        vocabulary=vocabulary if tokenizer is None else Vocabulary(),
        max_pieces=max_pieces,
        max_per_source=max_per_source,
        pairs_as_text=pairs_as_text,
        held_out=held_out,
        executor=Executor(workers=workers),
    )


def build_corpus(sources: Sequence[Path], output: Path, **settings: Any) -> Corpus:
    """Builds a corpus of folders, or opens it if it is there and nothing has changed.

    Args:
        sources: folders with `XX.txt`, `XX-YY.tsv` and the like.
        output: the corpus.
        settings: of `recipe_of`.

    Raises:
        ValueError: as `build` does.
        OSError: it could not be written, for want of room for example.
    """
    return build(recipe_of(sources, output, **settings))


def build_tokenizer(
    sources: Sequence[Path],
    output: Path,
    *,
    vocabulary_size: int = 16_000,
    vocabulary_alpha: float = 0.3,
    languages: Sequence[str] | None = None,
) -> Path:
    """Trains a vocabulary on folders of text and writes it as a transformers tokeniser.

    Args:
        sources: folders with `XX.txt`, `XX-YY.tsv` and the like.
        output: the tokeniser's folder; it must not exist yet.
        vocabulary_size: pieces, the five special ones counted.
        vocabulary_alpha: temperature of the mix of languages, see `recipe_of`.
        languages: only these; all that are found if None.

    Raises:
        ValueError: as `build` does.
    """
    recipe = recipe_of(
        sources,
        output,
        vocabulary_size=vocabulary_size,
        vocabulary_alpha=vocabulary_alpha,
        languages=languages,
    )
    build_vocabulary(recipe)
    return output
