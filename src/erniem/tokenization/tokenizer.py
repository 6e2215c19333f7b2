"""ErnieMTokenizer: what transformers asks of a fast tokeniser, in three segmentations."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tokenizers import Encoding, Tokenizer
from tokenizers.decoders import Metaspace as MetaspaceDecoder
from tokenizers.pre_tokenizers import CharDelimiterSplit, Metaspace
from tokenizers.pre_tokenizers import Sequence as InTurn
from tokenizers.processors import TemplateProcessing
from transformers import BatchEncoding, PreTrainedTokenizerFast

from erniem.tokenization.backend import SegmentingBackend
from erniem.tokenization.files import MODEL_FILE, VOCABULARY_FILE, read_vocabulary
from erniem.tokenization.framing import Frame, Sides, padded
from erniem.tokenization.later import LaterEncodings
from erniem.tokenization.normalization import Normalizer, charsmap_of
from erniem.tokenization.request import IdsRequest, ids_request
from erniem.tokenization.segmentation import DEFAULT, segmentation_named
from erniem.tokenization.vocabulary import CLS, MASK, PAD, SEP, UNK, backend_of

__all__ = ["ErnieMTokenizer"]


class ErnieMTokenizer(PreTrainedTokenizerFast):
    """A fast tokeniser with ERNIE-M's frame: `[CLS] A [SEP]`, `[CLS] A [SEP] [SEP] B [SEP]`.

    Args:
        tokenizer_file: a tokenizer.json with a Unigram model.
        vocab_file: a `vocab.txt`, if there is no tokenizer.json; a piece's id is its line.
        sentencepiece_model_ckpt: the `sentencepiece.bpe.model` that belongs to it.
        tokenizer_object: a `tokenizers.Tokenizer` with a Unigram model, in place of files.
        segmentation: "official", as the authors' code; "paddlenlp" or "transformers4", as these.
        do_lower_case: whether each character is put in lower case first.
        options: what transformers' fast tokenisers take, the special tokens above all.

    Raises:
        ValueError: files that cannot be read or do not belong together; an unknown segmentation;
            text that is none.

    Example: `tokenizer("Hallo", return_offsets_mapping=True)` → `input_ids [0, …, 2]`, places.
    """

    vocab_files_names = {  # noqa: RUF012  transformers declares it so
        "tokenizer_file": "tokenizer.json",
        "vocab_file": VOCABULARY_FILE,
        "sentencepiece_model_ckpt": MODEL_FILE,
    }
    model_input_names = ["input_ids", "attention_mask"]  # noqa: RUF012

    def __init__(
        self,
        tokenizer_file: str | None = None,
        vocab_file: str | None = None,
        sentencepiece_model_ckpt: str | None = None,
        *,
        tokenizer_object: Tokenizer | None = None,
        segmentation: str = DEFAULT,
        do_lower_case: bool = False,
        **options: Any,
    ) -> None:
        chosen = segmentation_named(segmentation)
        if (options.get("sp_model_kwargs") or {}).get("enable_sampling"):
            raise ValueError(
                "sp_model_kwargs asks for sampling, which is not done here: remove it."
            )
        for name, content in zip(NAMES, (CLS, PAD, SEP, UNK, MASK), strict=True):
            options.setdefault(name, content)
        options.setdefault("model_max_length", 512)
        backend = tokenizer_object or _backend(
            tokenizer_file, vocab_file, sentencepiece_model_ckpt, options.get("name_or_path", "")
        )
        charsmap = charsmap_of(backend.normalizer)
        # Set before transformers', which then takes it as it is; a `tokenizer_object` is copied.
        self._tokenizer = _framed(backend, options)
        super().__init__(  # type: ignore[no-untyped-call]
            segmentation=segmentation, do_lower_case=do_lower_case, **options
        )
        self.segmentation = segmentation
        self._tokenizer = SegmentingBackend(
            self._tokenizer,
            Normalizer(charsmap, clean=chosen.cleans, lower=do_lower_case),
            chosen,
            self.unk_token_id,
        )

    @classmethod
    def convert_to_native_format(cls, trust_remote_code: bool = False, **kwargs: Any) -> Any:
        """Nothing: `__init__` reads all files itself."""
        return kwargs

    @property
    def backend_tokenizer(self) -> Tokenizer:
        """The tokenizer that splits into pieces, not yet segmented."""
        backend: Any = self._tokenizer
        return backend.tokenizer if isinstance(backend, SegmentingBackend) else backend

    def _encode_plus(self, *texts: Any, **options: Any) -> Any:
        try:
            whole = partial(super()._encode_plus, *texts, **options)
            request = ids_request(*texts, names=self.model_input_names, **options)
            if request is None:
                return whole()
            return self._ids_alone(request, whole, options)
        except (TypeError, ValueError) as error:
            for given in (*texts, options.get("text"), options.get("text_pair")):
                _check_text(given, error)
            raise

    def _ids_alone(
        self, request: IdsRequest, whole: Callable[[], BatchEncoding], options: dict[str, Any]
    ) -> BatchEncoding:
        """Ids without encodings, which `whole` makes if they are looked at."""
        backend: Any = self._tokenizer
        backend.encode_special_tokens = False
        frame = backend.frame(len(request.sides), framed=request.framed)
        bare = zip(*map(backend.ids, request.sides), strict=True)
        rows = request.cut(bare, frame.room, at_end=self.truncation_side == "right")
        if rows is None:
            return whole()  # which says what is wrong
        data: dict[str, Any] = self._columns(request, frame, rows)
        self._eventual_warn_about_too_long_sequence(
            max(data["input_ids"], key=len),
            options.get("max_length"),
            options.get("verbose", True),
        )
        tensors = options.get("return_tensors")
        if not request.is_batch and tensors is None:
            data = {name: each[0] for name, each in data.items()}
        later = LaterEncodings(lambda: whole().encodings or [], len(rows))
        return BatchEncoding(data, later, tensor_type=tensors, n_sequences=len(request.sides))

    def _columns(
        self, request: IdsRequest, frame: Frame, rows: list[Sides]
    ) -> dict[str, list[list[int]]]:
        """All that is asked for, by transformers' names and in its order."""
        ids = list(map(frame.ids, rows))
        made: dict[str, tuple[Iterable[list[int]], int]] = {
            "input_ids": (ids, self.pad_token_id),
            "token_type_ids": (map(frame.types, rows), self.pad_token_type_id),
            "attention_mask": (([1] * len(row) for row in ids), 0),
            "special_tokens_mask": (map(frame.special, rows), 1),
        }
        length = request.padded_length(ids)
        at_end = (request.side or self.padding_side) == "right"
        return {
            name: padded(column, length, value, at_end=at_end) if length else list(column)
            for name, (column, value) in made.items()
            if name == "input_ids" or name in request.columns
        }

    def _decode(self, token_ids: Any, *how: Any, **options: Any) -> str:
        ids = [token_ids] if isinstance(token_ids, int) else token_ids
        for number in ids:
            if not 0 <= number < len(self):
                raise ValueError(
                    f"{number} is the id of no piece: they go from 0 to {len(self) - 1}. Leave out "
                    "what is no id, such as the label -100."
                )
        return super()._decode(ids, *how, **options)

    def _convert_encoding(
        self,
        encoding: Encoding,
        return_token_type_ids: bool | None = None,
        return_attention_mask: bool | None = None,
        return_overflowing_tokens: bool = False,
        return_special_tokens_mask: bool = False,
        return_offsets_mapping: bool = False,
        return_length: bool = False,
        verbose: bool = True,
    ) -> tuple[dict[str, Any], list[Encoding]]:
        """transformers' own, with a short way for what is asked for most."""
        asked = return_overflowing_tokens or return_special_tokens_mask or return_offsets_mapping
        if asked or return_token_type_ids or return_length or return_attention_mask is False:
            return super()._convert_encoding(
                encoding,
                return_token_type_ids,
                return_attention_mask,
                return_overflowing_tokens,
                return_special_tokens_mask,
                return_offsets_mapping,
                return_length,
                verbose,
            )
        row = {"input_ids": [encoding.ids], "attention_mask": [encoding.attention_mask]}
        return row, [encoding]


NAMES = ("cls_token", "pad_token", "sep_token", "unk_token", "mask_token")


def _backend(
    tokenizer_file: str | None, vocabulary: str | None, model: str | None, folder: str
) -> Tokenizer:
    if tokenizer_file is not None:
        return _read(Path(tokenizer_file))
    if vocabulary is None and model is None:
        raise ValueError(
            f"{folder or 'the tokeniser'} has no tokenizer.json, and no {VOCABULARY_FILE} with "
            f"{MODEL_FILE}: one or the other is needed."
        )
    for given, other, missing in (
        (vocabulary, model, MODEL_FILE),
        (model, vocabulary, VOCABULARY_FILE),
    ):
        if given is not None and other is None:
            raise ValueError(f"{given} needs a {missing} beside it, which is missing.")
    assert vocabulary is not None
    assert model is not None
    return backend_of(read_vocabulary(Path(vocabulary), Path(model)))


def _read(file: Path) -> Tokenizer:
    try:
        backend = Tokenizer.from_file(str(file))
    except Exception as error:  # its errors are plain Exceptions
        raise ValueError(f"{file} is no tokenizer.json: {error}.") from error
    if type(backend.model).__name__ != "Unigram":
        raise ValueError(
            f"{file} holds a {type(backend.model).__name__} model; ERNIE-M's is a Unigram."
        )
    return backend


def _framed(backend: Tokenizer, names: dict[str, Any]) -> Tokenizer:
    """Words by spaces, a `▁` before each; the frame around all of them."""
    backend.pre_tokenizer = InTurn([CharDelimiterSplit(" "), Metaspace(prepend_scheme="always")])
    backend.decoder = MetaspaceDecoder(prepend_scheme="always")
    cls, sep = str(names["cls_token"]), str(names["sep_token"])
    ids = [(name, backend.token_to_id(name)) for name in (cls, sep)]
    if lacking := [name for name, number in ids if number is None]:
        raise ValueError(
            f"the vocabulary has no {lacking[0]}: name the special token it has instead."
        )
    backend.post_processor = TemplateProcessing(
        single=f"{cls} $A {sep}", pair=f"{cls} $A {sep} {sep} $B {sep}", special_tokens=ids
    )
    return backend


def _check_text(given: Any, error: Exception) -> None:
    """Says what is wrong with a text, if it is the text.

    Raises:
        ValueError: it is not a string, or holds a lone surrogate.
    """
    if given is None or isinstance(given, str):
        _check_surrogates(given or "", error)
    elif isinstance(given, Sequence) and not isinstance(given, bytes):
        for part in given:
            if part is None:
                raise ValueError("a text of the batch is None; an empty one is ''.") from error
            _check_text(part, error)
    else:
        raise ValueError(
            f"text must be str, or lists of it, not {type(given).__name__}: {given!r:.40}."
            + (" Decode bytes first." if isinstance(given, bytes) else "")
        ) from error


def _check_surrogates(text: str, error: Exception) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as broken:
        raise ValueError(
            f"text holds a lone surrogate, U+{ord(text[broken.start]):04X}, at {broken.start}: it "
            "was not decoded as its encoding demands."
        ) from error
