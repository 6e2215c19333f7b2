"""The extractor: texts and a schema in, answers with their characters and probabilities out."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerFast

from erniem.device import device_for
from erniem.model.heads import ErnieMForInformationExtraction
from erniem.tasks.extract.answers import Answer, Reading, answers_in
from erniem.tasks.extract.encode import encode
from erniem.tasks.extract.files import load_extraction_model, read_texts, write_answers
from erniem.tasks.extract.schema import (
    Question,
    Schema,
    prompt_of,
    read_schema,
)
from erniem.tasks.extract.scores import score
from erniem.tasks.extract.settings import ExtractionSettings
from erniem.tokenization import ErnieMTokenizer, open_tokenizer

__all__ = ["Answers", "Extractor", "extract", "extraction_tokenizer"]

logger = logging.getLogger(__name__)

CHARACTERS_AT_ONCE = 1_000_000
"""Prompts with their texts are encoded in groups of about so much text (some 100 MB)."""


Answers = dict[str, list[Answer]]
"""By name; a name without answers is left out."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question put to one text."""

    question: Question
    number: int
    """Of the text."""
    subject: Answer | None
    """The answer whose relation is asked."""


class Extractor:
    """UIE-M with its tokeniser: `extractor(texts, schema)`.

    Args:
        model: the encoder with the extraction head; it is put into evaluation mode.
        tokenizer: a fast one; for released weights, one that cuts as PaddleNLP does.
        settings: how texts are read.

    Example: `extractor("张三在北京。", {"人物": "地点"})` → `[{"人物": [{"text": "张三",
    "start": 0, "end": 2, "probability": 0.9, "relations": {"地点": [{…}]}}]}]`.
    """

    def __init__(
        self,
        model: ErnieMForInformationExtraction,
        tokenizer: PreTrainedTokenizerFast,
        settings: ExtractionSettings | None = None,
    ) -> None:
        self.model = model
        model.eval()  # type: ignore[no-untyped-call]
        self.tokenizer = tokenizer
        self.settings = settings or ExtractionSettings()

    @classmethod
    def from_pretrained(
        cls,
        folder: Path | str,
        *,
        tokenizer: PreTrainedTokenizerFast | None = None,
        device: str | None = None,
        **settings: Any,
    ) -> "Extractor":
        """An extractor from a folder with weights, head included, and a tokeniser.

        Args:
            folder: as `save_pretrained` writes it.
            tokenizer: in the place of the folder's own.
            device: of the model; a GPU if there is one.
            settings: of `ExtractionSettings`.

        Raises:
            ValueError: no such folder, no head in it, no tokeniser, an unknown setting, no such
                device.
        """
        known = [field.name for field in fields(ExtractionSettings)]
        if unknown := sorted(set(settings) - set(known)):
            raise ValueError(f"unknown: {', '.join(unknown)}; choose from {', '.join(known)}.")
        chosen = ExtractionSettings(**settings)
        model = load_extraction_model(Path(folder))
        model.to(device_for(device))  # type: ignore[arg-type]
        return cls(model, tokenizer or extraction_tokenizer(Path(folder)), chosen)

    @property
    def max_length(self) -> int:
        """Tokens of a window: as set, or as many as the model can read."""
        return min(self.settings.max_length, self.model.config.longest_sequence)

    def __call__(
        self, texts: str | Sequence[str], schema: Schema | Path, *, progress: bool = False
    ) -> list[Answers]:
        """What the schema asks, of each text, in the order given.

        Args:
            texts: of any length and language; one alone is a list of one. A text that is empty or
                white space has no answers.
            schema: see `read_schema`.
            progress: show a bar.

        Raises:
            ValueError: a schema that asks nothing, a name that alone takes over half of a window,
                a text that is no text, a model whose probabilities are no numbers.
        """
        texts = [texts] if isinstance(texts, str) else list(texts)
        check_texts(texts)
        results: list[Answers] = [{} for _ in texts]
        asked = [
            Asked(question=question, number=number, subject=None)
            for question in read_schema(schema)
            for number in range(len(texts))
        ]
        while asked:
            answered = list(zip(asked, self._ask(asked, texts, progress), strict=True))
            for one, answers in answered:
                if answers:
                    _holder(one, results)[one.question.name] = answers
            asked = [
                Asked(question=relation, number=one.number, subject=answer)
                for one, answers in answered
                for relation in one.question.relations
                for answer in answers
            ]
        return results

    def _ask(
        self, asked: Sequence[Asked], texts: Sequence[str], progress: bool
    ) -> list[list[Answer]]:
        """Answers to each question; the same prompt to the same text is asked once."""
        prompts = self._prompts(asked)
        pairs = list(
            dict.fromkeys(
                (one.number, prompt)
                for one, prompt in zip(asked, prompts, strict=True)
                if prompt is not None
            )
        )
        found: dict[tuple[int, str], list[Answer]] = {}
        for group in _groups(pairs, texts):
            spoken = [(prompt, texts[number]) for number, prompt in group]
            found |= zip(group, self._answers(spoken, progress), strict=True)
        return [
            [answer.copy() for answer in found[one.number, prompt]] if prompt is not None else []
            for one, prompt in zip(asked, prompts, strict=True)
        ]

    def _prompts(self, asked: Sequence[Asked]) -> list[str | None]:
        """What the model reads before the text; None where an answer is too long to ask of."""
        known: dict[tuple[str, str | None], str | None] = {}
        prompts = []
        for one in asked:
            key = one.question.name, None if one.subject is None else one.subject["text"]
            if key not in known:
                known[key] = self._prompt(*key)
            prompts.append(known[key])
        return prompts

    def _prompt(self, name: str, subject: str | None) -> str | None:
        prompt = prompt_of(name, subject, self.settings.schema_lang)
        tokens = len(self.tokenizer(prompt, add_special_tokens=False, verbose=False).input_ids)
        if tokens <= self.max_length // 2:
            return prompt
        if subject is None:
            raise ValueError(
                f"{prompt[:40]!r}… is {tokens} tokens, over half of the {self.max_length} that are "
                "read at once: shorten it or raise max_length."
            )
        logger.warning("%s of %r… not asked: too long.", name, subject[:40])
        return None

    def _answers(self, pairs: Sequence[tuple[str, str]], progress: bool) -> list[list[Answer]]:
        """Answers to each prompt in its text."""
        rows = encode(self.tokenizer, pairs, max_length=self.max_length, split=self.settings.split)
        scores = score(
            self.model,
            [row.ids for row in rows],
            attention=self.settings.attention,
            full_length=self.max_length,
            batch_tokens=self.settings.batch_tokens,
            progress=progress,
        )
        readings: list[list[Reading]] = [[] for _ in pairs]
        for row, found in zip(rows, scores, strict=True):
            readings[row.pair].append(Reading(row=row, scores=found))
        return [
            answers_in(prompt, text, readings[number], self.settings.threshold)
            for number, (prompt, text) in enumerate(pairs)
        ]


def _holder(one: Asked, results: Sequence[Answers]) -> Answers:
    """Where the answers to a question go."""
    if one.subject is None:
        return results[one.number]
    return one.subject.setdefault("relations", {})


def check_texts(texts: Sequence[object]) -> None:
    """Refuses what is no text, by its number.

    Raises:
        ValueError: something that is no string, or half a surrogate pair.
    """
    for number, text in enumerate(texts):
        if not isinstance(text, str):
            raise ValueError(f"text {number} is {type(text).__name__}: give strings.")
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"text {number} is no Unicode: {error}.") from error


def _groups(
    pairs: Sequence[tuple[int, str]], texts: Sequence[str]
) -> Iterator[list[tuple[int, str]]]:
    """Pairs in their order, so many at once as memory likes."""
    group: list[tuple[int, str]] = []
    total = 0
    for number, prompt in pairs:
        if group and total + len(texts[number]) > CHARACTERS_AT_ONCE:
            yield group
            group, total = [], 0
        group.append((number, prompt))
        total += len(texts[number])
    if group:
        yield group


def extract(
    model: Path,
    texts: Sequence[str] = (),
    *,
    schema: Schema | Path,
    input: Path | None = None,  # noqa: A002  the name of the command's option
    output: Path | None = None,
    progress: bool = False,
    **settings: Any,
) -> list[Answers]:
    """What a schema asks, of texts as they are given or as a file has them.

    Args:
        model: folder with weights, head included, and a tokeniser.
        texts: the texts, unless `input` is given.
        schema: see `read_schema`.
        input: a file, a text a line; `.jsonl` with a string or `{"text": …}` on each line.
        output: a file to write, a line of JSON for each text; all or nothing.
        progress: show a bar.
        settings: of `ExtractionSettings`.

    Raises:
        ValueError: texts and a file, or neither; see `Extractor`, `read_schema`, `read_texts`.

    Example: `extract(Path("uie-m-base"), ["张三在北京。"], schema="人物,地点")`.
    """
    if bool(texts) == (input is not None):
        raise ValueError("give either texts or a file of them with --input, and not both.")
    read_schema(schema)  # a mistake there is told before the model is loaded
    given = texts if input is None else read_texts(input)
    answers = Extractor.from_pretrained(model, **settings)(given, schema, progress=progress)
    if output is not None:
        write_answers(output, answers)
    return answers


def extraction_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """A folder's tokeniser; of PaddleNLP's two files, with the segmentation that UIE-M learned."""
    if (folder / "tokenizer.json").is_file():
        return open_tokenizer(folder)
    return ErnieMTokenizer.from_pretrained(folder, segmentation="paddlenlp")
