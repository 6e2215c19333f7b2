"""Words with a tag each: UD-POS, PAN-X, CoNLL's named entities.

```text
words ─▶ pieces of each word ─▶ windows of whole words, [CLS] … [SEP] ─▶ logits (L, C)
                                     the first piece of a word carries its tag, as in XTREME
```
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from transformers import PreTrainedTokenizerFast

from erniem.compressed import read_text
from erniem.scores.metrics import TAGS
from erniem.scores.xtreme import XTREME
from erniem.tasks.sources import rows_of
from erniem.tasks.task import Encoded, Head, Kind, Limits, Provenance, Read, Task

__all__ = ["CONLL", "PANX", "UDPOS", "Sentence", "Tag"]

NO_LABEL = -100
"""Of pieces that carry no tag, as everywhere in transformers."""

TAG_COLUMNS = ("tags", "ner_tags", "pos_tags", "upos")
"""What the Hub's tables call tags; the words are in `tokens`."""


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """Words, and their tags where they are known."""

    words: tuple[str, ...]
    """As they stand in the file; some languages' words have spaces."""
    tags: tuple[str, ...] | None
    """One for each word."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """What a row of the network's holds of a sentence."""

    sentence: int
    """Number of the sentence."""
    heads: tuple[int, ...]
    """Place of each word's first piece in the row."""


@dataclass(frozen=True, kw_only=True)
class Tag:
    """The family of tasks that give each word a tag."""

    labels: tuple[str, ...]
    """Names of the tags, by number."""
    synonyms: Mapping[str, str] = field(default_factory=dict)
    """Other names of tags, as files have them."""

    @property
    def head(self) -> Head:
        """One vector of logits a token."""
        return "token"

    @property
    def kind(self) -> Kind:
        """A tag a line, an empty line after each sentence."""
        return "tags"

    def read(self, paths: Sequence[Path], language: str) -> Read:
        """Sentences of columns (a word a line), CoNLL-U, or tables; see `Family.read`."""
        found = [columns for path in paths for columns in _sentences(path, language)]
        sentences = [self._sentence(*columns) for columns in found if columns[1]]
        if not sentences:
            raise ValueError(f"{', '.join(map(str, paths))}: no sentence in it; fill it.")
        known = [one.tags is not None for one in sentences]
        if any(known) and not all(known):
            raise ValueError(
                f"{paths[0]}: sentence {known.index(False) + 1} has no tags, others have: add them."
            )
        empty = len(found) - len(sentences)
        dropped = {"sentence without words": empty} if empty else {}
        return Read(examples=sentences, labelled=all(known), dropped=dropped)

    def _sentence(self, place: str, words: Sequence[str], tags: Sequence[str | None]) -> Sentence:
        """A sentence whose words all have a tag of the task, or none has one.

        Raises:
            ValueError: a word without tag among others, a tag that the task does not know.
        """
        if all(one is None for one in tags):
            return Sentence(words=tuple(words), tags=None)
        named = [self.synonyms.get(one, one) if one else None for one in tags]
        for word, tag in zip(words, named, strict=True):
            if tag is None:
                raise ValueError(f"{place}: the word {word!r} has no tag: add one.")
            if tag not in self.labels:
                raise ValueError(
                    f"{place}: the word {word!r} has the tag {tag!r}; the task knows "
                    f"{', '.join(self.labels)}."
                )
        return Sentence(words=tuple(words), tags=tuple(map(str, named)))

    def encode(
        self, examples: Sequence[Sentence], tokenizer: PreTrainedTokenizerFast, limits: Limits
    ) -> Encoded:
        """Rows of whole words. A word without pieces, or longer than a row, is [UNK]."""
        rows, places = [], []
        room = limits.max_length - 2
        for number, pieces in enumerate(_pieces(examples, tokenizer, room)):
            tags = examples[number].tags
            for first, last in _windows([len(one) for one in pieces], room):
                flat = [piece for word in pieces[first:last] for piece in word]
                starts = np.cumsum([1, *(len(word) for word in pieces[first:last])])[:-1]
                ids = [tokenizer.cls_token_id, *flat, tokenizer.sep_token_id]
                row: dict[str, list[int]] = {"input_ids": ids}
                if tags is not None:
                    row["labels"] = [NO_LABEL] * len(ids)
                    for place, tag in zip(starts, tags[first:last], strict=True):
                        row["labels"][int(place)] = self.labels.index(tag)
                rows.append(row)
                places.append(Window(sentence=number, heads=tuple(map(int, starts))))
        return Encoded(rows=rows, places=places)

    def decode(
        self, logits: Sequence[np.ndarray], encoded: Encoded, examples: Sequence[Sentence]
    ) -> list[list[str]]:
        """Each word's likeliest tag."""
        found: list[list[str]] = [[] for _ in examples]
        for one, window in zip(logits, encoded.places, strict=True):
            best = one[list(window.heads)].argmax(axis=-1)
            found[window.sentence] += [self.labels[int(tag)] for tag in best]
        return found

    def references(self, examples: Sequence[Sentence]) -> list[list[str]]:
        """The tags by name."""
        return [list(one.tags or ()) for one in examples]


# Files

Columns = tuple[str, list[str], list[str | None]]
"""Where a sentence stands, its words, and their tags."""


def _sentences(path: Path, language: str) -> Iterator[Columns]:
    """The sentences of a file."""
    if {".parquet", ".jsonl", ".json"} & set(path.suffixes):
        for row in rows_of(path, ()):
            words, tags = row.need("tokens"), row.first(*TAG_COLUMNS)
            if not isinstance(words, list) or not all(isinstance(one, str) for one in words):
                raise ValueError(f"{row.place}: tokens is no list of texts, but {words!r:.40}.")
            if not isinstance(tags, list | None):
                raise ValueError(f"{row.place}: its tags are no list, but {tags!r:.40}.")
            tags = [None] * len(words) if tags is None else [_text(one) for one in tags]
            if len(words) != len(tags):
                raise ValueError(f"{row.place} has {len(words)} tokens and {len(tags)} tags.")
            yield row.place, words, tags
        return
    yield from _columns(path, language)


def _text(tag: object) -> str | None:
    return None if tag is None else str(tag)


def _columns(path: Path, language: str) -> Iterator[Columns]:
    """A word a line, its tag in the last column, an empty line between sentences."""
    words: list[str] = []
    tags: list[str | None] = []
    start = 1
    for number, line in enumerate([*read_text(path).split("\n"), ""], start=1):
        cells = _cells(line.rstrip("\r"), comments=".conllu" in path.suffixes)
        if cells is None:
            if words:
                yield f"{path}:{start}", words, tags
            words, tags, start = [], [], number + 1
        elif cells:
            word, tag = cells
            words.append(word.removeprefix(f"{language}:") or word)
            tags.append(tag)


def _cells(line: str, *, comments: bool) -> tuple[str, str | None] | tuple[()] | None:
    """A word and its tag; nothing of a line that holds no word; None between sentences."""
    if not line.strip():
        return None
    if comments and line.startswith("#"):
        return ()
    cells = [one.strip() for one in (line.split("\t") if "\t" in line else line.split())]
    if len(cells) == 10:  # CoNLL-U: the form and its universal part of speech
        return (cells[1], cells[3]) if cells[0].isdigit() else ()
    if cells[0] == "-DOCSTART-":
        return ()
    return cells[0], (cells[-1] or None) if len(cells) > 1 else None


# Pieces


def _pieces(
    sentences: Sequence[Sentence], tokenizer: PreTrainedTokenizerFast, room: int
) -> Iterator[list[list[int]]]:
    """The pieces of each word of each sentence, at least one and at most `room`."""
    told = tokenizer(
        [list(one.words) for one in sentences],
        is_split_into_words=True,
        add_special_tokens=False,
        verbose=False,
    )
    for number, sentence in enumerate(sentences):
        pieces: list[list[int]] = [[] for _ in sentence.words]
        for piece, word in zip(told["input_ids"][number], told.word_ids(number), strict=True):
            if word is not None:
                pieces[word].append(piece)
        unknown = [tokenizer.unk_token_id]
        yield [one if 0 < len(one) <= room else unknown for one in pieces]


def _windows(lengths: Sequence[int], room: int) -> Iterator[tuple[int, int]]:
    """First word and the one after the last of each row, as many words in it as fit."""
    first = used = 0
    for word, length in enumerate(lengths):
        if used + length > room:
            yield first, word
            first, used = word, 0
        used += length
    if lengths:
        yield first, len(lengths)


# The tasks

ENTITIES = ("O", "B-LOC", "I-LOC", "B-ORG", "I-ORG", "B-PER", "I-PER")

UDPOS = Task(
    name="udpos",
    family=Tag(
        labels=(
            *("ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM", "PART", "PRON"),
            *("PROPN", "PUNCT", "SCONJ", "SYM", "VERB", "X"),
        ),
        synonyms={"_": "X"},  # as XTREME takes a word whose treebank names no part of speech
    ),
    metric=TAGS,
    languages=XTREME["udpos"].languages,
    provenance=Provenance(
        origin="Universal Dependencies, universaldependencies.org",
        revision="2.5 in XTREME's paper; its download script fetches 2.7",
        licence="per treebank, most CC BY-SA or CC BY-NC-SA",
        citation="Nivre et al., Universal Dependencies 2.5, LINDAT/CLARIN",
    ),
    folders=("udpos", "UDPOS"),
    files={
        "train": (
            "train-{code}.tsv",
            "{code}/train.tsv",
            "udpos.{name}/train-*.parquet",
            "{code}_*-ud-train.conllu",
        ),
        "dev": (
            "dev-{code}.tsv",
            "{code}/dev.tsv",
            "udpos.{name}/validation-*.parquet",
            "{code}_*-ud-dev.conllu",
        ),
        "test": (
            "test-{code}.tsv",
            "{code}/test.tsv",
            "udpos.{name}/test-*.parquet",
            "{code}_*-ud-test.conllu",
        ),
    },
)

PANX = Task(
    name="panx",
    family=Tag(labels=ENTITIES),
    metric=TAGS,
    languages=XTREME["panx"].languages,
    provenance=Provenance(
        origin="Rensselaer Polytechnic Institute, WikiAnn; split by Rahimi et al., 2019",
        revision="as split in 2019",
        licence="ODC-BY",
        citation="Pan et al., 2017, Cross-lingual Name Tagging and Linking for 282 Languages",
    ),
    folders=("panx", "wikiann"),
    files={
        "train": (
            "train-{code}.tsv",
            "{code}-train",
            "PAN-X.{code}/train-*.parquet",
            "{code}/train-*.parquet",
        ),
        "dev": (
            "dev-{code}.tsv",
            "{code}-dev",
            "PAN-X.{code}/validation-*.parquet",
            "{code}/validation-*.parquet",
        ),
        "test": (
            "test-{code}.tsv",
            "{code}-test",
            "PAN-X.{code}/test-*.parquet",
            "{code}/test-*.parquet",
        ),
    },
)

CONLL = Task(
    name="conll",
    family=Tag(labels=(*ENTITIES, "B-MISC", "I-MISC")),
    metric=TAGS,
    languages=("en", "nl", "es", "de"),
    provenance=Provenance(
        origin="CoNLL 2002 (Dutch, Spanish) and 2003 (English, German) shared tasks",
        revision="as released",
        licence="research use; English and German text need the agreement of its owners",
        citation="Tjong Kim Sang, 2002; Tjong Kim Sang and De Meulder, 2003",
    ),
    folders=("conll", "conll2003", "conll2002", "ner"),
    files={
        "train": ("{code}/train.txt", "train-{code}.tsv", "{code}.train", "{code}/train-*.parquet"),
        "dev": (
            "{code}/dev.txt",
            "{code}/valid.txt",
            "dev-{code}.tsv",
            "{code}.testa",
            "{code}/validation-*.parquet",
        ),
        "test": ("{code}/test.txt", "test-{code}.tsv", "{code}.testb", "{code}/test-*.parquet"),
    },
)
