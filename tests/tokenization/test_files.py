"""Folders as transformers 4, PaddleNLP and XLM-R have them: read, written, broken."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import sentencepiece as spm
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken
from transformers import AutoTokenizer

import erniem  # noqa: F401  registers the tokeniser
from erniem.tokenization import (
    ErnieMTokenizer,
    fingerprint,
    from_sentencepiece,
    from_xlm_roberta,
    open_tokenizer,
    save_portable,
    to_sentencepiece,
    to_xlm_roberta,
    train_tokenizer,
)
from small_vocabulary import WORDS, odd_texts

Of = Callable[[str], ErnieMTokenizer]
VOCABULARY, MODEL = "vocab.txt", "sentencepiece.bpe.model"
TRANSFORMERS4 = {
    "tokenizer_class": "ErnieMTokenizer",
    "sentencepiece_model_ckpt": "/somewhere/else/sentencepiece.bpe.model",
    "do_lower_case": False,
    "encoding": "utf8",
    "sp_model_kwargs": {},
    "cls_token": "[CLS]",
    "model_max_length": 514,
    "added_tokens_decoder": {
        "0": {
            "content": "[CLS]",
            "lstrip": False,
            "normalized": False,
            "rstrip": False,
            "single_word": False,
            "special": True,
        }
    },
}
PADDLENLP = {"tokenizer_class": "ErnieMTokenizer", "do_lower_case": False, "encoding": "utf8"}


@pytest.fixture
def folder(old_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(old_folder, tmp_path / "folder"))


@pytest.mark.parametrize("config", [None, TRANSFORMERS4, PADDLENLP])
@pytest.mark.parametrize("auto", [False, True])
def test_a_folder_of_two_files_loads(
    folder: Path, tokenizer_of: Of, config: dict[str, object] | None, auto: bool
) -> None:
    (folder / "config.json").write_text(json.dumps({"model_type": "ernie_m"}))
    if config:
        (folder / "tokenizer_config.json").write_text(json.dumps(config))
    loader = AutoTokenizer if auto else ErnieMTokenizer
    tokenizer = loader.from_pretrained(folder)
    assert isinstance(tokenizer, ErnieMTokenizer)
    assert tokenizer(WORDS).input_ids == tokenizer_of("official")(WORDS).input_ids
    assert tokenizer.model_max_length == (514 if config is TRANSFORMERS4 else 512)
    tokenizer.save_pretrained(folder / "ours")
    assert (folder / "ours" / "tokenizer.json").is_file()
    assert AutoTokenizer.from_pretrained(folder / "ours")(WORDS) == tokenizer(WORDS)


def test_the_segmentation_is_saved_and_overridden(folder: Path) -> None:
    ErnieMTokenizer.from_pretrained(folder, segmentation="paddlenlp").save_pretrained(folder)
    assert json.loads((folder / "tokenizer_config.json").read_text())["segmentation"] == "paddlenlp"
    assert ErnieMTokenizer.from_pretrained(folder).tokenize("2013, “") == ["2013", ",", "“"]
    back = ErnieMTokenizer.from_pretrained(folder, segmentation="official")
    assert back.tokenize("2013, “") == ["▁2013", ",", "▁", '"']


def test_lower_case_is_what_the_two_references_make_of_it(folder: Path) -> None:
    tokenizer = ErnieMTokenizer.from_pretrained(folder, do_lower_case=True)
    assert tokenizer.tokenize("THE Ba[SEP]") == [*tokenizer.tokenize("the ba"), "[SEP]"]
    tokenizer.save_pretrained(folder)
    assert ErnieMTokenizer.from_pretrained(folder).tokenize("THE") == ["▁the"]


def test_ids_are_lines_whatever_their_order(folder: Path) -> None:
    lines = (folder / VOCABULARY).read_text().splitlines()[::-1]
    (folder / VOCABULARY).write_text("\n".join([*lines, "[unused1]"]))
    tokenizer = open_tokenizer(folder)
    assert tokenizer.cls_token_id == lines.index("[CLS]")
    assert tokenizer("the [unused1]").input_ids == [
        *(lines.index(piece) for piece in ("[CLS]", "▁the")),
        len(lines),
        lines.index("[SEP]"),
    ]
    assert len(tokenizer) == len(lines) + 1


def broken(folder: Path, file: str, change: Callable[[bytes], bytes]) -> None:
    path = folder / file
    path.write_bytes(change(path.read_bytes()))


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        (
            VOCABULARY,
            lambda old: old + b"other\n",
            r"line \d+ of .*vocab.txt, 'other', is no",
        ),
        (
            VOCABULARY,
            lambda old: old.replace(b"\ncd2e\n", b"\n"),
            r"no line for 'cd2e', which .*",
        ),
        (VOCABULARY, lambda old: old.replace(b"[MASK]", b"[M]"), r"no line for '\[MASK\]'"),
        (VOCABULARY, lambda old: old + b"cd2e\n", r"vocab.txt has 'cd2e' twice, on lines \d+ and"),
        (VOCABULARY, lambda old: b"\xff" + old, r"vocab.txt is not UTF-8, at byte 0"),
        (VOCABULARY, lambda old: b"", r"vocab.txt"),
        (MODEL, lambda old: b"", r"bpe.model is a SentencePiece model without pieces, or an empty"),
        (
            MODEL,
            lambda old: old[:-500],
            r"bpe.model is no SentencePiece model, or one that",
        ),
        (MODEL, lambda old: b"\x0f\xff not a model", r"bpe.model is no SentencePiece model"),
        (MODEL, lambda old: _other(old, "model_type", 2), r"bpe.model is another kind of model"),
        (MODEL, lambda old: _other(old, "byte_fallback", True), r"bpe.model is another kind"),
    ],
)
def test_a_broken_file_is_named(
    folder: Path, file: str, change: Callable[[bytes], bytes], message: str
) -> None:
    broken(folder, file, change)
    with pytest.raises(ValueError, match=message):
        ErnieMTokenizer.from_pretrained(folder)


def _other(model: bytes, field: str, value: object) -> bytes:
    proto = sentencepiece_model_pb2.ModelProto.FromString(model)
    setattr(proto.trainer_spec, field, value)
    return bytes(proto.SerializeToString())


@pytest.mark.parametrize("file", [VOCABULARY, MODEL])
def test_a_file_that_is_missing_is_named(folder: Path, file: str) -> None:
    (folder / file).unlink()
    for load in (ErnieMTokenizer.from_pretrained, open_tokenizer):
        with pytest.raises(ValueError, match=f"needs a {file} beside it"):
            load(folder)


def test_a_folder_with_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tokenizer_config.json").write_text("{}")
    with pytest.raises(ValueError, match=r"no tokenizer.json, and no vocab.txt with"):
        ErnieMTokenizer.from_pretrained(tmp_path)
    with pytest.raises(ValueError, match="holds no tokeniser"):
        open_tokenizer(tmp_path)


def test_sampling_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="asks for sampling"):
        ErnieMTokenizer.from_pretrained(folder, sp_model_kwargs={"enable_sampling": True})


def test_pieces_over_two_words_are_refused() -> None:
    proto = sentencepiece_model_pb2.ModelProto()
    proto.pieces.add(piece="of▁the", score=-1.0, type=1)
    with pytest.raises(ValueError, match="'of▁the' reaches over words"):
        from_sentencepiece(proto.SerializeToString())


def test_the_two_files_come_back_and_sentencepiece_reads_them(
    tokenizer_of: Of, old_folder: Path
) -> None:
    model, lines = to_sentencepiece(tokenizer_of("official"))
    assert model == (old_folder / MODEL).read_bytes()
    assert lines == (old_folder / VOCABULARY).read_text()
    trained = train_tokenizer(WORDS * 20, vocabulary_size=45)
    model, lines = to_sentencepiece(trained)
    processor = spm.SentencePieceProcessor(model_proto=model)
    for text in WORDS:
        assert processor.encode(text, out_type=str) == trained.tokenize(text)
    assert fingerprint(from_sentencepiece(model)) == fingerprint(trained)


def test_xlm_r_has_the_same_ids_and_other_names(tokenizer_of: Of, tmp_path: Path) -> None:
    ours = tokenizer_of("official")
    theirs = to_xlm_roberta(ours)
    assert theirs(WORDS).input_ids == ours(WORDS).input_ids
    assert theirs.convert_ids_to_tokens([0, 1, 2, 3, len(ours) - 1]) == [
        *("<s>", "<pad>", "</s>", "<unk>", "<mask>")
    ]
    theirs.save_pretrained(tmp_path)
    loaded = AutoTokenizer.from_pretrained(tmp_path)
    assert type(loaded).__name__ == "XLMRobertaTokenizer"
    assert loaded(WORDS).input_ids == ours(WORDS).input_ids
    texts = odd_texts(200)
    for source in (loaded, tmp_path / "tokenizer.json"):
        back = from_xlm_roberta(source)
        assert fingerprint(back) == fingerprint(ours)
        assert back(texts).input_ids == ours(texts).input_ids


def test_added_tokens_and_lower_case_go_to_xlm_r_and_come_back(
    folder: Path, tmp_path: Path
) -> None:
    with (folder / VOCABULARY).open("a") as lines:
        lines.write("[MARK]\n")
    ours = ErnieMTokenizer.from_pretrained(folder, do_lower_case=True)
    ours.add_tokens(["<new>", AddedToken("ba1", single_word=True, normalized=False)])
    save_portable(ours, tmp_path)
    text = "THE [MARK] a<new>b ba1 ba12"
    ids = ours(text).input_ids
    assert {len(ours) - 3, len(ours) - 2, len(ours) - 1} < {*ids}
    assert AutoTokenizer.from_pretrained(tmp_path)(text).input_ids == ids
    back = open_tokenizer(tmp_path)
    assert back(text).input_ids == ids
    assert fingerprint(back) == fingerprint(ours)


def test_what_is_not_like_xlm_r_is_refused(tokenizer_of: Of) -> None:
    with pytest.raises(ValueError, match="no piece <s>"):
        from_xlm_roberta(tokenizer_of("official"))
