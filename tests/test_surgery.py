import json
from array import array
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import BPE, Unigram
from tokenizers.pre_tokenizers import Metaspace
from transformers import (
    AutoModelForMaskedLM,
    AutoTokenizer,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    XLMRobertaConfig,
    XLMRobertaForMaskedLM,
    pipeline,
)

from erniem.cli import main
from erniem.model import heads
from erniem.model.configuration import ErnieMConfig
from erniem.model.encoder import ErnieMModel
from erniem.surgery import checkpoint as checkpoint_module
from erniem.surgery import extend, trim
from erniem.surgery.checkpoint import Piece, open_checkpoint, revise, rows_of, unigram
from erniem.surgery.extend import score_shift
from erniem.surgery.text import Usage, compare, count_pieces
from erniem.surgery.trim import kept_pieces
from erniem.tokenization import ErnieMTokenizer, train_tokenizer
from erniem.tokenization.ids import ids_of
from invented import CYRILLIC, GREEK, invented

SHAPE: dict[str, Any] = {
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "max_position_embeddings": 40,
}
LATIN = invented(400)
HEADS = [
    ErnieMModel,
    heads.ErnieMForMaskedLM,
    heads.ErnieMForSequenceClassification,
    heads.ErnieMForTokenClassification,
    heads.ErnieMForQuestionAnswering,
    heads.ErnieMForMultipleChoice,
    heads.ErnieMForInformationExtraction,
]
CLS, PAD, SEP, UNK, MASK = "[CLS]", "[PAD]", "[SEP]", "[UNK]", "[MASK]"
FRAME = [(name, 0.0) for name in (CLS, PAD, SEP, UNK)]


@pytest.fixture(scope="module")
def tokenizer() -> ErnieMTokenizer:
    """Latin and Cyrillic; no Greek."""
    lines = [*LATIN, *(line.translate(CYRILLIC) for line in LATIN)]
    return train_tokenizer(lines, vocabulary_size=200)


def by_hand(pieces: list[Piece]) -> PreTrainedTokenizerFast:
    """A tokeniser of these pieces, without a normaliser."""
    tokenizer = Tokenizer(Unigram([*FRAME, *pieces, (MASK, 0.0)], unk_id=3))
    tokenizer.pre_tokenizer = Metaspace(prepend_scheme="always")
    names = {"cls_token": CLS, "pad_token": PAD, "sep_token": SEP, "unk_token": UNK}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, mask_token=MASK, **names)


def scattered(model: PreTrainedModel) -> Any:
    """The model with every weight random, biases too."""
    torch.manual_seed(0)
    for weight in model.parameters():
        torch.nn.init.normal_(weight, std=0.3)
    return model.eval()


def saved(
    folder: Path,
    tokenizer: PreTrainedTokenizerFast,
    kind: type[PreTrainedModel] = heads.ErnieMForMaskedLM,
    **changes: Any,
) -> Path:
    """A checkpoint in a folder."""
    settings = {**SHAPE, "vocab_size": len(tokenizer), "languages": ["en", "ru"], **changes}
    scattered(kind(ErnieMConfig(**settings))).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def written(file: Path, lines: list[str]) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return file


def usage(**counts: Any) -> Usage:
    """Counts by hand, of which nothing else is asked."""
    arrays = {name: np.array(values) for name, values in counts.items()}
    return Usage(**arrays, marks=array("q"), words=1)


def test_rows_are_taken_as_they_are_or_as_means() -> None:
    table = torch.tensor([[1.0, 0.1], [2.0, 0.2], [4.0, 0.4]], dtype=torch.bfloat16)
    new = rows_of(table, [[2], [0], [1, 2]])
    assert torch.equal(new[:2], table[[2, 0]])
    assert new[2].tolist() == pytest.approx([3.0, 0.3], rel=0.01)
    assert new.dtype == table.dtype
    assert rows_of(torch.tensor([1.0, 2.0, 4.0]), [[0], [1, 2]]).tolist() == [1.0, 3.0]


PIECES: list[Piece] = [
    *FRAME,
    ("ab", -1.0),
    ("ba", -2.0),
    ("a", -3.0),
    ("b", -3.0),
    ("c", -4.0),
    (MASK, 0.0),
]
USED = {"counts": [0, 0, 0, 0, 3, 1, 0, 0, 0, 0], "inner": [0] * 10}
ALWAYS = frozenset({0, 1, 2, 3, 9})


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({}, "ab ba a b c"),  # c has the lowest score: the price of an unknown character
        ({"min_count": 2}, "ab a b c"),
        ({"min_count": 4}, "a b c"),
        ({"keep_characters": True, "min_count": 4}, "a b c"),
    ],
)
def test_used_pieces_stay_with_the_characters_that_spell_them(
    options: dict[str, Any], kept: str
) -> None:
    rows = kept_pieces(PIECES, usage(**USED), always=ALWAYS, **options)
    assert [PIECES[row][0] for row in rows] == [CLS, PAD, SEP, UNK, *kept.split(), MASK]


def test_all_characters_stay_if_asked() -> None:
    pieces = [*PIECES[:-1], ("d", -1.0), ("de", -1.0), (MASK, 0.0)]
    counts = usage(counts=[0, 0, 0, 0, 3, *[0] * 7], inner=[0] * 12)
    always = frozenset({0, 1, 2, 3, 11})
    without = kept_pieces(pieces, counts, always=always)
    assert "d" not in [pieces[row][0] for row in without]
    within = kept_pieces(pieces, counts, always=always, keep_characters=True)
    assert [pieces[row][0] for row in set(within) - set(without)] == ["d"]


def test_pieces_that_a_segmentation_splits_again_stay() -> None:
    counts = usage(counts=[0] * 6 + [2, 2, 0, 0], inner=[0, 0, 0, 0, 2, 0, 0, 0, 0, 0])
    rows = kept_pieces(PIECES, counts, always=ALWAYS)
    assert [PIECES[row][0] for row in rows][4:] == ["ab", "a", "b", "c", MASK]


WORDS = ["▁", "a", "b", "c", "▁a", "ab", "ba", "aba", "▁ab", "bb", "cab"]


@settings(max_examples=150)
@given(
    scores=st.lists(
        st.sampled_from([-30.0, -9.0, -4.0, -2.0, -1.0]), min_size=len(WORDS), max_size=len(WORDS)
    ),
    known=st.sets(st.sampled_from(WORDS), min_size=3),
    lines=st.lists(st.text("abcz ", min_size=1).filter(str.strip), min_size=1, max_size=4),
)
def test_text_of_kept_pieces_is_split_as_before(
    scores: list[float], known: set[str], lines: list[str]
) -> None:
    pieces = [(word, score) for word, score in zip(WORDS, scores, strict=True) if word in known]
    old = by_hand(pieces)
    whole = unigram(old)
    kept = kept_pieces(
        whole, count_pieces(old, lines), always=frozenset({0, 1, 2, 3, len(old) - 1})
    )
    new = by_hand([whole[row] for row in kept[4:-1]])
    assert [[kept[place] for place in line] for line in ids_of(new, lines)] == ids_of(old, lines)


@pytest.mark.parametrize("tied", [True, False])
def test_outputs_at_kept_pieces_are_as_before_to_the_bit(
    tmp_path: Path, tokenizer: ErnieMTokenizer, tied: bool
) -> None:
    source = saved(tmp_path / "old", tokenizer, tie_word_embeddings=tied)
    text = written(tmp_path / "en.txt", LATIN)
    done = trim(source, tmp_path / "new", text=[text])
    assert done.changed == 0
    assert done.after.pieces < done.before.pieces
    old, new = (AutoModelForMaskedLM.from_pretrained(one).eval() for one in (source, done.output))
    old_words = AutoTokenizer.from_pretrained(source)
    new_words = AutoTokenizer.from_pretrained(done.output)
    kept = old_words.convert_tokens_to_ids(new_words.convert_ids_to_tokens(range(len(new_words))))
    assert kept == sorted(kept)
    assert new_words.mask_token_id == len(new_words) - 1
    before = old(**old_words(LATIN[0], return_tensors="pt"), output_hidden_states=True)
    after = new(**new_words(LATIN[0], return_tensors="pt"), output_hidden_states=True)
    for one, other in zip(before.hidden_states, after.hidden_states, strict=True):
        assert torch.equal(one, other)
    # A matrix product of another width may round otherwise: the columns are compared as weights.
    torch.testing.assert_close(after.logits, before.logits[..., kept])
    assert torch.equal(new.lm_head.decoder.weight, old.lm_head.decoder.weight[kept])
    assert torch.equal(new.lm_head.decoder.bias, old.lm_head.decoder.bias[kept])
    shared = new.lm_head.decoder.weight is new.get_input_embeddings().weight
    assert shared == tied == new.config.tie_word_embeddings


@pytest.mark.parametrize("kind", HEADS)
def test_any_head_keeps_all_weights_but_the_table(
    tmp_path: Path, tokenizer: ErnieMTokenizer, kind: type[PreTrainedModel]
) -> None:
    source = saved(tmp_path / "old", tokenizer, kind)
    english = written(tmp_path / "en.txt", LATIN)
    greek = written(tmp_path / "el.txt", [line.translate(GREEK) for line in LATIN])
    trimmed = trim(source, tmp_path / "small", text=[english]).output
    extended = extend(source, tmp_path / "large", text=[greek], pieces=30).output
    old = kind.from_pretrained(source)
    for output in (trimmed, extended):
        new, info = kind.from_pretrained(output, output_loading_info=True)
        assert not any(info.values())
        assert new.config.architectures == [kind.__name__]
        assert new.config.vocab_size == len(AutoTokenizer.from_pretrained(output))
        names = dict(new.named_parameters())
        for name, value in old.named_parameters():
            if "word_embeddings" not in name and "decoder" not in name:
                assert torch.equal(names[name], value), name
    assert any("language_embeddings" in name for name in names)


def test_text_outside_is_told_of(tmp_path: Path, tokenizer: ErnieMTokenizer) -> None:
    source = saved(tmp_path / "old", tokenizer)
    text = written(tmp_path / "en.txt.x", LATIN[:200])
    russian = [line.translate(CYRILLIC) for line in LATIN[:50]]
    other = written(tmp_path / "check" / "ru.txt", russian)
    done = trim(source, tmp_path / "new", text=[text], check=[other.parent])
    assert done.check is not None
    assert (done.check.lines, done.check.changed) == (50, 50)
    assert done.check.unknown_before == 0 < done.check.unknown_after
    full = trim(
        source, tmp_path / "letters", text=[text], check=[other], keep_characters=True
    ).check
    assert full is not None
    assert full.unknown_after == 0
    assert full.after > full.before


def test_rare_pieces_go_if_asked_and_the_text_is_told_of(
    tmp_path: Path, tokenizer: ErnieMTokenizer
) -> None:
    source = saved(tmp_path / "old", tokenizer)
    text = written(tmp_path / "en.txt", LATIN)
    all_of_it = trim(source, tmp_path / "all", text=[text])
    often = trim(source, tmp_path / "often", text=[text], min_count=30)
    assert often.after.pieces < all_of_it.after.pieces
    assert 0 < often.changed <= often.lines == 400


def test_the_card_and_the_summary_tell_what_was_done(
    tmp_path: Path, tokenizer: ErnieMTokenizer
) -> None:
    source = saved(tmp_path / "old", tokenizer)
    done = trim(source, tmp_path / "new", text=[written(tmp_path / "en.txt", LATIN)])
    card = (done.output / "README.md").read_text()
    assert "checkpoint `old`" in card
    assert str(tmp_path) not in card
    for line in done.summary().split("\n")[1:]:
        assert f"- {line}" in card
    assert f"pieces: 200 → {done.after.pieces}" in card
    weights = sum(
        value.numel() for value in AutoModelForMaskedLM.from_pretrained(done.output).parameters()
    )
    assert done.after.parameters == weights
    told = [(done.output / name).read_text() for name in ("config.json", "tokenizer_config.json")]
    assert not any("/tmp" in one or str(tmp_path) in one for one in told)


def test_lines_that_cannot_be_read_are_counted(tmp_path: Path, tokenizer: ErnieMTokenizer) -> None:
    source = saved(tmp_path / "old", tokenizer)
    text = written(tmp_path / "en.txt", LATIN)
    text.write_bytes(text.read_bytes() + b"\xff\xfe\n")
    done = trim(source, tmp_path / "new", text=[text], check=[text])
    assert done.lines == 400
    assert "left out: 1 lines that are no text" in done.summary()


def extended(
    folder: Path, tokenizer: PreTrainedTokenizerFast, lines: list[str], **options: Any
) -> Any:
    source = saved(folder / "old", tokenizer)
    text = written(folder / "el.txt", lines)
    return extend(source, folder / "new", text=[text], **{"pieces": 40, **options})


def test_a_new_piece_starts_as_the_mean_of_those_that_spelled_it(
    tmp_path: Path, tokenizer: ErnieMTokenizer
) -> None:
    others = invented(400, seed=8, words=2000)
    done = extended(tmp_path, tokenizer, others)
    old, new = (
        AutoModelForMaskedLM.from_pretrained(tmp_path / name).state_dict()
        for name in ("old", "new")
    )
    words = AutoTokenizer.from_pretrained(done.output)
    assert words.mask_token_id == tokenizer.mask_token_id == 199, "old ids stay"
    spell = tokenizer.backend_tokenizer.model.tokenize
    inside = 0
    for name in ("ernie_m.embeddings.word_embeddings.weight", "lm_head.decoder.bias"):
        assert torch.equal(new[name][:200], old[name])
        for place in range(200, 240):
            parts = spell(words.convert_ids_to_tokens(place))
            inside += parts[0].value[0] != "▁"
            mean = old[name][[part.id for part in parts]].mean(dim=0)
            torch.testing.assert_close(new[name][place], mean)
    assert inside, "some begin no word"


def test_new_pieces_are_used_and_other_text_stays(
    tmp_path: Path, tokenizer: ErnieMTokenizer
) -> None:
    others = [line.replace("a", "o").replace("b", "r") for line in invented(400, seed=8)]
    russian = written(tmp_path / "ru.txt", [line.translate(CYRILLIC) for line in LATIN])
    done = extended(tmp_path, tokenizer, others, check=[russian])
    assert done.pieces_after < 0.8 * done.pieces_before
    assert done.used >= 38
    assert done.check.changed == 0
    assert done.check.lines == 400


def test_characters_that_were_unknown_come_first_and_start_as_unknown(
    tmp_path: Path, tokenizer: ErnieMTokenizer
) -> None:
    greek = [line.translate(GREEK) for line in LATIN]
    assert tokenizer.unk_token_id in tokenizer(greek[0]).input_ids
    done = extended(tmp_path, tokenizer, greek)
    words = AutoTokenizer.from_pretrained(done.output)
    new = words.convert_ids_to_tokens(range(200, 240))
    letters = set("".join(greek)) - {" "}
    assert set(new[: len(letters)]) == letters
    assert max(map(len, new)) > 2
    assert not any(words.unk_token_id in ids for ids in words(greek).input_ids)
    table = AutoModelForMaskedLM.from_pretrained(done.output).get_input_embeddings().weight
    assert torch.equal(table[200], table[words.unk_token_id])


def test_the_shift_makes_common_pieces_agree() -> None:
    old = {"▁a": -2.0, "b": -4.0, "x": -1.0}
    assert score_shift(old, [("▁a", -1.0), ("b", -3.0), ("c", -1.0)]) == pytest.approx(-1.0)
    assert score_shift(old, [("c", -1.0)]) == 0.0
    rare = [("▁a", -1.0), ("b", -20.0)]
    assert score_shift(old, rare) == pytest.approx(-1.0, abs=1e-3), "the used piece decides"


def test_no_new_piece_changes_the_price_of_an_unknown_character(
    tmp_path: Path, tokenizer: ErnieMTokenizer
) -> None:
    done = extended(tmp_path, tokenizer, [line.translate(GREEK) for line in LATIN])
    pieces = unigram(AutoTokenizer.from_pretrained(done.output))
    assert min(score for _, score in pieces[200:]) >= min(score for _, score in pieces[:200])


def test_tokens_added_to_the_tokeniser_keep_their_rows(tmp_path: Path) -> None:
    tokenizer = train_tokenizer(LATIN, vocabulary_size=120)
    tokenizer.add_tokens(["<e1>", "<e2>"])
    source = saved(tmp_path / "old", tokenizer)
    text = written(tmp_path / "en.txt", LATIN[:20])
    greek = written(tmp_path / "el.txt", [line.translate(GREEK) for line in LATIN])
    outputs = [
        trim(source, tmp_path / "small", text=[text]).output,
        extend(source, tmp_path / "large", text=[greek], pieces=30).output,
    ]
    row = AutoModelForMaskedLM.from_pretrained(source).get_input_embeddings().weight[121]
    for output in outputs:
        words = AutoTokenizer.from_pretrained(output)
        ids = words("bade <e2>", add_special_tokens=False).input_ids
        assert ids[-1] == words.convert_tokens_to_ids("<e2>") == len(words) - 1
        table = AutoModelForMaskedLM.from_pretrained(output).get_input_embeddings().weight
        assert torch.equal(table[ids[-1]], row)


def test_both_in_a_row_fill_a_mask(tmp_path: Path, tokenizer: ErnieMTokenizer) -> None:
    done = extended(tmp_path, tokenizer, [line.translate(GREEK) for line in LATIN])
    both = [*LATIN[:100], *(line.translate(GREEK) for line in LATIN[:100])]
    text = written(tmp_path / "both" / "en.txt", both)
    small = trim(done.output, tmp_path / "small", text=[text.parent]).output
    fill = pipeline("fill-mask", model=str(small), tokenizer=str(small), device="cpu")
    answers = fill(f"{LATIN[0]} {fill.tokenizer.mask_token}")
    assert len(answers) == 5
    assert all(answer["token_str"] for answer in answers)


def test_what_else_the_tokeniser_was_made_with_travels(tokenizer: ErnieMTokenizer) -> None:
    other = ErnieMTokenizer(
        tokenizer_object=tokenizer.backend_tokenizer,
        **{**tokenizer.init_kwargs, "model_max_length": 77, "invented": "kept"},
    )
    new = revise(other, [*unigram(other), ("▁zzz", -1.0)])
    assert type(new) is ErnieMTokenizer
    assert new.model_max_length == 77
    assert new.init_kwargs["invented"] == "kept"
    assert new("zzz").input_ids == [0, 200, 2]


def test_xlm_roberta_is_cut_and_extended_too(tmp_path: Path, tokenizer: ErnieMTokenizer) -> None:
    model = scattered(
        XLMRobertaForMaskedLM(XLMRobertaConfig(**SHAPE, vocab_size=208, type_vocab_size=1))
    )
    source = tmp_path / "old"
    model.save_pretrained(source, max_shard_size="10KB")
    assert (source / "model.safetensors.index.json").is_file()
    tokenizer.save_pretrained(source)
    text = written(tmp_path / "en.txt", LATIN)
    done = trim(source, tmp_path / "new", text=[text])
    small = XLMRobertaForMaskedLM.from_pretrained(done.output).eval()
    words = AutoTokenizer.from_pretrained(done.output)
    kept = tokenizer.convert_tokens_to_ids(words.convert_ids_to_tokens(range(len(words))))
    with torch.no_grad():
        before = model(**tokenizer(LATIN[0], return_tensors="pt")).logits[..., kept]
        after = small(**words(LATIN[0], return_tensors="pt")).logits
    torch.testing.assert_close(after, before)


def test_precision_stays(tmp_path: Path, tokenizer: ErnieMTokenizer) -> None:
    source = saved(tmp_path / "old", tokenizer, dtype="bfloat16")
    AutoModelForMaskedLM.from_pretrained(source).bfloat16().save_pretrained(source)
    done = trim(source, tmp_path / "new", text=[written(tmp_path / "en.txt", LATIN)])
    assert AutoModelForMaskedLM.from_pretrained(done.output).dtype == torch.bfloat16
    assert done.after.megabytes < 0.6 * 4e-6 * done.after.parameters + 0.01


def test_a_segmentation_of_another_backend_is_asked_for_its_ids(
    tokenizer: ErnieMTokenizer,
) -> None:
    class Backend:
        """Encodes with more than the Unigram."""

        def __getattr__(self, name: str) -> Any:
            return getattr(tokenizer.backend_tokenizer, name)

    class Letters(ErnieMTokenizer):
        """Reads the first letter of a text only, after its Unigram has split all of it."""

        backend_tokenizer = tokenizer.backend_tokenizer

        def __call__(self, lines: list[str], **options: Any) -> Any:
            return tokenizer([line[0] for line in lines], **options)

    letters = Letters(tokenizer_object=tokenizer.backend_tokenizer, **tokenizer.init_kwargs)
    letters._tokenizer = Backend()
    found = count_pieces(letters, LATIN[:5])
    assert found.pieces < 20
    assert found.inner.sum() == sum(map(len, ids_of(tokenizer, LATIN[:5])))


def test_compare_counts_lines_pieces_and_unknown_ones() -> None:
    old = by_hand([("▁", -2.0), ("a", -2.0), ("b", -2.0)])
    new = by_hand([("▁", -2.0), ("a", -2.0), ("▁aa", -1.0)])
    old_ids = [0, 1, 2, 3, 4, 5, -1, 7]
    change = compare(old, new, old_ids, ["a", "aa", "ab"])
    assert (change.lines, change.changed) == (3, 2)
    assert (change.before, change.after) == (2 + 3 + 3, 2 + 1 + 3)
    assert (change.unknown_before, change.unknown_after) == (0, 1)
    assert "2 of 3 lines change (66.67 %)" in change.line()


def bpe(folder: Path) -> Path:
    tokenizer = Tokenizer(BPE({CLS: 0, PAD: 1, SEP: 2, UNK: 3, "a": 4, MASK: 5}, []))
    names = {"cls_token": CLS, "pad_token": PAD, "sep_token": SEP, "unk_token": UNK}
    words = PreTrainedTokenizerFast(tokenizer_object=tokenizer, mask_token=MASK, **names)
    return saved(folder, words)


def test_weights_in_one_file_are_read_although_an_old_index_lies_beside_them(
    tmp_path: Path, tokenizer: ErnieMTokenizer
) -> None:
    folder = saved(tmp_path / "whole", tokenizer)
    index = {"weight_map": {"lm_head.bias": "model-00001-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert open_checkpoint(folder).files == (folder / "model.safetensors",)


def test_unusable_checkpoints_are_refused(tmp_path: Path, tokenizer: ErnieMTokenizer) -> None:
    text = [written(tmp_path / "en.txt", LATIN)]
    whole = saved(tmp_path / "whole", tokenizer)
    other = train_tokenizer(LATIN, vocabulary_size=100)
    (tmp_path / "nothing").mkdir()
    wrong = {
        tmp_path / "none": "has no config.json: give a folder",
        tmp_path / "nothing": "has no config.json",
        bpe(tmp_path / "bpe"): "of type BPE.*only a Unigram vocabulary",
    }
    bare = saved(tmp_path / "bare", tokenizer)
    (bare / "model.safetensors").rename(bare / "pytorch_model.bin")
    wrong[bare] = "has no model.safetensors: load it with from_pretrained"
    short = saved(tmp_path / "short", other)
    tokenizer.save_pretrained(short)
    wrong[short] = "vocab_size 100, its tokeniser has 200 pieces"
    torn = saved(tmp_path / "torn", tokenizer)
    (torn / "model.safetensors").write_bytes((whole / "model.safetensors").read_bytes()[:500])
    wrong[torn] = "cannot be read.*fetch it again"
    for name, held, message in (
        ("config.json", "{", r"config\.json is no JSON"),
        ("config.json", "[]", r"config\.json holds no settings"),
        ("model.safetensors.index.json", "{}", "index.json names no files of weights"),
    ):
        broken = saved(tmp_path / f"broken{len(wrong)}", tokenizer)
        (broken / "model.safetensors").unlink()
        (broken / name).write_text(held)
        wrong[broken] = message
    false = saved(tmp_path / "false", tokenizer)
    config = json.loads((false / "config.json").read_text())
    (false / "config.json").write_text(json.dumps({**config, "vocab_size": 300}))
    wrong[false] = "no word_embeddings.weight of 300 rows"
    for folder, message in wrong.items():
        with pytest.raises(ValueError, match=message):
            trim(folder, tmp_path / "out", text=text)
    assert not list(tmp_path.glob("out*"))


def test_unusable_text_and_settings_are_refused(tmp_path: Path, tokenizer: ErnieMTokenizer) -> None:
    source = saved(tmp_path / "old", tokenizer)
    text = written(tmp_path / "en.txt", LATIN)
    blank = written(tmp_path / "blank.txt", ["", "  "])
    empty = written(tmp_path / "empty.txt", [])
    output = tmp_path / "out"
    with pytest.raises(ValueError, match="the text has no pieces"):
        trim(source, output, text=[blank])
    with pytest.raises(ValueError, match=r"empty\.txt is empty"):
        trim(source, output, text=[empty])
    with pytest.raises(ValueError, match="nowhere is no file"):
        trim(source, output, text=[tmp_path / "nowhere"])
    with pytest.raises(ValueError, match="min_count is 0"):
        trim(source, output, text=[text], min_count=0)
    with pytest.raises(ValueError, match="pieces is 0"):
        extend(source, output, text=[text], pieces=0)
    with pytest.raises(ValueError, match=r"gives \d+ new pieces.*5000 are asked for"):
        extend(source, output, text=[text], pieces=5000)
    for verb in (trim, extend):
        with pytest.raises(ValueError, match="old exists already"):
            verb(source, source, text=[text], **({"pieces": 3} if verb is extend else {}))
    assert not list(tmp_path.glob("out*"))


def test_nothing_half_written_stays(
    tmp_path: Path, tokenizer: ErnieMTokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError("no space left")

    source = saved(tmp_path / "old", tokenizer)
    text = written(tmp_path / "en.txt", LATIN)
    monkeypatch.setattr(checkpoint_module, "save_file", full)
    with pytest.raises(OSError, match="no space left"):
        trim(source, tmp_path / "new", text=[text])
    assert not list(tmp_path.glob("new*"))


def test_further_files_that_stay_true_are_carried(
    tmp_path: Path, tokenizer: ErnieMTokenizer
) -> None:
    source = saved(tmp_path / "old", tokenizer)
    written(source / "modules.json", ["[]"])
    written(source / "1_Pooling" / "config.json", ["{}"])
    written(source / "optimizer.pt", ["rows of the old table"])
    output = trim(source, tmp_path / "new", text=[written(tmp_path / "en.txt", LATIN)]).output
    assert sorted(path.name for path in output.iterdir()) == [
        "1_Pooling",
        "README.md",
        "config.json",
        "model.safetensors",
        "modules.json",
        "tokenizer.json",
        "tokenizer_config.json",
    ]


def test_the_commands_trim_and_extend(
    tmp_path: Path, tokenizer: ErnieMTokenizer, capsys: pytest.CaptureFixture[str]
) -> None:
    source = str(saved(tmp_path / "old", tokenizer))
    text = str(written(tmp_path / "en.txt", LATIN))
    greek = str(written(tmp_path / "el.txt", [line.translate(GREEK) for line in LATIN]))
    small, large = str(tmp_path / "small"), str(tmp_path / "large")
    assert main(["trim", source, "--text", text, "--output", small, "--min-count", "2"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"{small}\npieces: 200 → ")
    extra = ["--pieces", "20", "--check", text]
    assert main(["extend", source, "--text", greek, "--output", large, *extra]) == 0
    shown = capsys.readouterr().out
    assert "pieces: 200 → 220" in shown
    assert "other text: 0 of 400 lines change" in shown
    assert main(["trim", source, "--text", text, "--output", small]) == 1
    assert "exists already" in capsys.readouterr().err
