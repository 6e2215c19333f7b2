import json
import logging
import random
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Sequence, Split
from tokenizers.processors import TemplateProcessing
from transformers import PreTrainedTokenizerFast

from erniem import ErnieMConfig, ErnieMForInformationExtraction, ErnieMModel
from erniem.cli import main
from erniem.tasks.extract import ExtractionSettings, Extractor
from erniem.tasks.extract.extractor import check_texts
from erniem.tasks.extract.files import read_texts
from erniem.tasks.extract.schema import Question, options_of, prompt_of, read_schema
from erniem.tasks.extract.spans import paired, voted
from erniem.tasks.extract.windows import by_length, by_sentence, to_fit
from erniem.tokenization import train_tokenizer
from invented import invented

SPECIAL = ["[CLS]", "[PAD]", "[SEP]", "[UNK]"]
MARKS = ["【", "】", "+", "-"]
KNOWN = [*SPECIAL, *MARKS, *"abcdefghijklmnopqrstuvwxyz人物的公司[],", "[MASK]"]


def tokenizer_by_character() -> PreTrainedTokenizerFast:
    """A token for each character that is no white space."""
    vocabulary = {piece: number for number, piece in enumerate(KNOWN)}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Sequence(
        [Split(Regex(r"\s+"), "removed"), Split(Regex("."), "isolated")]
    )
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] [SEP] $B [SEP]",
        special_tokens=[("[CLS]", 0), ("[SEP]", 2)],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        cls_token="[CLS]",
        pad_token="[PAD]",
        sep_token="[SEP]",
        unk_token="[UNK]",
        mask_token="[MASK]",
    )


def model_that_reads_marks(length: int = 64) -> ErnieMForInformationExtraction:
    """A first token is 【 or +, a last one 】 or +, and nothing else is, whatever stands around."""
    model = ErnieMForInformationExtraction(
        ErnieMConfig(
            vocab_size=len(KNOWN),
            hidden_size=8,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=8,
            max_position_embeddings=length + 2,
        )
    )
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        for module in model.modules():
            if isinstance(module, torch.nn.LayerNorm):
                module.weight.fill_(1)
        words = model.ernie_m.embeddings.word_embeddings.weight
        words[:, 0], words[:, 1] = 1, -1
        for head, kind, marks in (
            (model.linear_start, 2, "【+"),
            (model.linear_end, 3, "】+"),
        ):
            head.weight[0, kind] = 5
            head.bias.fill_(-3)
            for mark in marks:
                words[KNOWN.index(mark), kind] = 1
    return model


def extractor(length: int = 64, **chosen: Any) -> Extractor:
    return Extractor(
        model_that_reads_marks(length),
        tokenizer_by_character(),
        ExtractionSettings(max_length=length, **chosen),
    )


def found_in(answers: dict[str, Any], name: str = "人物") -> list[tuple[int, int, str]]:
    return [(one["start"], one["end"], one["text"]) for one in answers.get(name, [])]


def marked(text: str) -> list[tuple[int, int, str]]:
    """All that stands between marks."""
    starts = [place for place, one in enumerate(text) if one == "【"]
    return [
        (start, text.index("】", start) + 1, text[start : text.index("】", start) + 1])
        for start in starts
    ]


# Schemas and prompts


@pytest.mark.parametrize(
    ("schema", "names"),
    [
        ("人物", ["人物"]),
        ("人物,公司，时间", ["人物", "公司", "时间"]),
        ("情感倾向[正向,负向], 时间", ["情感倾向[正向,负向]", "时间"]),
        (["人物", "公司"], ["人物", "公司"]),
        (["人物", "公司", "人物"], ["人物", "公司"]),
        ('["人物", {"公司": "地点"}]', ["人物", "公司"]),
        ({"人物": ["公司", {"地点": "时间"}], "时间": None}, ["人物", "时间"]),
    ],
)
def test_a_schema_is_names_in_any_of_their_forms(schema: Any, names: list[str]) -> None:
    assert [question.name for question in read_schema(schema)] == names


def test_relations_stand_below_the_names_that_they_are_asked_of(tmp_path: Path) -> None:
    wanted = (
        Question(name="时间"),
        Question(
            name="人物",
            relations=(
                Question(name="公司"),
                Question(name="地点", relations=(Question(name="时间"),)),
            ),
        ),
    )
    schema = ["时间", {"人物": ["公司", {"地点": "时间"}]}]
    file = tmp_path / "schema.yaml"
    file.write_text("- 时间\n- 人物:\n  - 公司\n  - 地点: 时间\n", encoding="utf-8")
    assert read_schema(schema) == read_schema(file) == read_schema(str(file)) == wanted
    assert read_schema(json.dumps(schema)) == wanted
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())  # as Windows writes it
    assert read_schema(file) == wanted
    file.write_bytes(b"\xff")
    with pytest.raises(ValueError, match=f"{file.name} is not UTF-8"):
        read_schema(file)
    assert read_schema([{"人物": "公司"}, {"人物": {"地点": "时间"}}, "时间"]) == wanted[::-1]


@pytest.mark.parametrize(
    "schema",
    ["", [], {}, " , ", [" "], {"": "x"}, {"a": [""]}, [3], {"人物": 3}, "[{", "none.json"],
)
def test_a_schema_that_asks_nothing_or_nonsense_is_refused(schema: Any) -> None:
    with pytest.raises((ValueError, OSError), match=r"schema|none\.json"):
        read_schema(schema)


@pytest.mark.parametrize(
    ("asked", "prompt"),
    [
        (("人物",), "人物"),
        (("情感倾向［正向，负向］",), "情感倾向[正向,负向]"),
        (("公司", "张三", "zh"), "张三的公司"),
        (("情感倾向[正向,负向]", "屏幕", "zh"), "屏幕的情感倾向[正向,负向]"),
        (("company", "Anna", "en"), "company of Anna"),
        (("Sentiment [good, bad]", "screen", "en"), "Sentiment of screen [good, bad]"),
        (("Sentiment[good,bad]", "ＡＢ", "en"), "Sentiment of AB [good,bad]"),
    ],
)
def test_a_question_becomes_the_prompt_that_UIE_was_trained_with(
    asked: tuple[Any, ...], prompt: str
) -> None:
    assert prompt_of(*asked) == prompt


def test_options_are_what_stands_between_the_last_brackets() -> None:
    prompt = "a[1] of b [good one, bad、c]"
    assert [prompt[start:end] for start, end in options_of(prompt)] == ["good one", "bad", "c"]
    assert options_of("a[1] of b") == []


# Spans


def test_a_first_token_goes_with_the_next_last_one_and_the_nearest_stays() -> None:
    start = np.array([0.9, 0.8, 0.0, 0.7, 0.5, 0.9])
    end = np.array([0.0, 0.0, 0.6, 0.9, 0.9, 0.1])
    assert [span[:2] for span in paired(start, end, 0.5)] == [(1, 2), (3, 3)]
    assert [span[2] for span in paired(start, end, 0.5)] == pytest.approx([0.48, 0.63])


@given(
    st.lists(st.tuples(st.booleans(), st.booleans()), max_size=12),
)
def test_pairs_never_overlap_and_are_in_order(tokens: list[tuple[bool, bool]]) -> None:
    start, end = (np.array([one[side] for one in tokens], dtype=float) for side in (0, 1))
    places = [place for span in paired(start, end, 0.5) for place in span[:2]]
    assert places == sorted(places)
    assert len(set(places[::2])) == len(places[::2])


def test_windows_vote_for_a_class_and_the_likelier_wins_a_tie() -> None:
    assert voted([("good", 0.9), ("bad", 0.6), ("bad", 0.8)]) == ("bad", pytest.approx(0.7))
    assert voted([("good", 0.9), ("bad", 0.6)]) == ("good", 0.9)
    assert voted([]) is None


# Windows


SCRIPTS = st.text(
    alphabet=st.sampled_from([*"ab .,。？\n\u0301\u200d👩🏽👧🇩🇪ทำ่עשﬁ”", "　"]), max_size=120
)


@given(SCRIPTS, st.integers(2, 9), st.sampled_from(["fit", "length", "sentence"]))
@settings(max_examples=200)
def test_windows_hold_every_character_once_and_are_small_enough(
    text: str, size: int, split: str
) -> None:
    starts = [place for place, one in enumerate(text) if not one.isspace()]
    if split == "fit":
        windows = to_fit(text, starts, size)
    else:
        windows = by_length(text, size) if split == "length" else by_sentence(text, size)
    covered = [place for window in windows for place in range(*window)]
    assert covered == sorted(set(covered))
    assert set(starts) <= set(covered)
    for first, after in windows:
        assert not text[first].isspace()
        assert not text[after - 1].isspace()
        assert sum(not one.isspace() for one in text[first:after]) <= size


@pytest.mark.parametrize(
    ("text", "budget", "parts"),
    [
        ("ab cd ef", 4, ["ab cd", "ef"]),
        ("我在。你在那里吗", 5, ["我在。", "你在那里吗"]),
        ("one two. three four", 12, ["one two.", "three four"]),
        ("e\u0301e\u0301e\u0301", 3, ["e\u0301", "e\u0301", "e\u0301"]),
        ("👩\u200d👧👩\u200d👧", 4, ["👩\u200d👧", "👩\u200d👧"]),
        ("🇩🇪🇫🇷🇮🇹", 3, ["🇩🇪", "🇫🇷", "🇮🇹"]),
        ("abcdef", 4, ["abcd", "ef"]),
        ("a.b 3.1 c", 5, ["a.b", "3.1 c"]),
    ],
)
def test_a_cut_is_made_where_it_hurts_least(text: str, budget: int, parts: list[str]) -> None:
    starts = [place for place, one in enumerate(text) if not one.isspace()]
    assert [text[slice(*window)] for window in to_fit(text, starts, budget)] == parts


def test_a_sentence_ends_after_all_its_marks_and_quotes() -> None:
    text = "你好。 “在吗？！”他说……好\n\nok? yes…… end."
    parts = [text[slice(*window)] for window in by_sentence(text, 50)]
    assert parts == ["你好。", "“在吗？！”", "他说……", "好", "ok?", "yes……", "end."]


# The extractor


def test_answers_have_the_structure_of_Taskflows() -> None:
    text = "ab 【cd】 e + f"
    (answers,) = extractor()(text, ["公司", {"人物": "公司"}])
    assert list(answers) == ["公司", "人物"]
    first, second = answers["人物"]
    assert (first["text"], first["start"], first["end"]) == ("【cd】", 3, 7)
    assert (second["text"], second["start"], second["end"]) == ("+", 10, 11)
    assert 0.8 < second["probability"] < 1
    assert (
        found_in(first["relations"], "公司") == found_in(answers) == [*marked(text), (10, 11, "+")]
    )
    assert "relations" not in answers["公司"][0]


def test_results_are_in_the_order_of_the_texts_however_they_are_packed() -> None:
    rng = random.Random(4)
    texts = ["".join(rng.choices("ab【】c", k=rng.randrange(40))) + "【x】" for _ in range(30)]
    schema = {"人物": "公司"}
    whole = extractor()(texts, schema)
    assert whole == extractor(batch_tokens=1)(texts, schema)
    assert whole == [extractor()(text, schema)[0] for text in texts]
    assert extractor()([], schema) == []


@pytest.mark.parametrize("text", ["", " \n\t　", "ab"])
def test_a_text_in_which_nothing_stands_has_no_answers(text: str) -> None:
    assert extractor()([text, "【a】"], "人物,公司[a,b]")[0] == {}


def test_a_class_is_one_of_the_options_and_has_no_place() -> None:
    (answers,) = extractor()("【a】", "人物[x,+a]")
    (chosen,) = answers["人物[x,+a]"]
    assert chosen.keys() == {"text", "probability"}
    assert chosen["text"] == "+a"
    assert extractor()("【a】", "+人物[x,a]") == [{}]


def test_white_space_at_the_ends_of_a_span_is_not_part_of_it() -> None:
    words = sorted({word for line in invented(300) for word in line.split()})
    tokenizer = train_tokenizer(invented(300), vocabulary_size=120)
    text = f"  {words[0]}   {words[1]} "
    model = ErnieMForInformationExtraction(
        ErnieMConfig(
            vocab_size=len(tokenizer),
            hidden_size=8,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=8,
        )
    )
    with torch.no_grad():
        for head in (model.linear_start, model.linear_end):
            head.weight.zero_()
            head.bias.fill_(3)
    (answers,) = Extractor(model, tokenizer)(text, "x")
    assert all(one["text"] == text[one["start"] : one["end"]].strip() for one in answers["x"])
    assert "".join(one["text"] for one in answers["x"]) == words[0] + words[1]


@pytest.mark.parametrize("split", ["fit", "length", "sentence"])
def test_a_text_longer_than_any_window_is_merged_with_its_own_offsets(split: Any) -> None:
    text = "ab 【cd】 x。" * 40
    (answers,) = extractor(length=32, split=split)(text, "人物")
    found = found_in(answers)
    if split != "length":  # which cuts through names
        assert found == marked(text)
    assert len(found) > 20
    assert all(text[start:end] == words for start, end, words in found)


def test_ten_thousand_sentences_in_many_scripts_are_merged_with_right_offsets() -> None:
    pieces = [
        "👩🏽\u200d🚀 ok 【ab】.",
        "e\u0301te\u0301 【é】!",
        "שלום 【אב】 עולם.",
        "ภาษาไทย【กำ】ไม่มีช่องว่าง",
    ]
    pieces += ["今天【张三】来了。", "नमस्ते 【दिल्ली】।"]
    rng = random.Random(1)
    text = " ".join(rng.choice(pieces) for _ in range(10_000))
    (answers,) = extractor(length=256)(text, "人物")
    assert found_in(answers) == marked(text)
    assert len(answers["人物"]) == 10_000


def test_text_without_any_place_to_cut_is_cut_all_the_same() -> None:
    text = "ก" * 500 + "【ab】" + "ก" * 503
    (answers,) = extractor(length=41)(text, "人物")  # windows of 35, the marks in one
    assert found_in(answers) == marked(text)
    assert len(to_fit(text, list(range(len(text))), 30)) == -(-len(text) // 30)


def test_two_mentions_have_answers_of_their_own() -> None:
    (answers,) = extractor()("【a】 【a】", {"人物": "公司"})
    first, second = (one["relations"]["公司"] for one in answers["人物"])
    assert first == second
    first[0]["text"] = "changed"
    assert second[0]["text"] == "【a】"


def test_a_type_that_takes_half_a_window_is_refused() -> None:
    with pytest.raises(ValueError, match="40 tokens, over half of the 64"):
        extractor()("【a】", ["人物", "a" * 40])


def test_a_relation_of_an_answer_that_takes_half_a_window_is_not_asked(
    caplog: pytest.LogCaptureFixture,
) -> None:
    text = f"【{'a' * 30}】 【b】"
    with caplog.at_level(logging.WARNING):
        (answers,) = extractor()(text, {"人物": "公司"})
    long, short = answers["人物"]
    assert "relations" not in long
    assert found_in(short["relations"], "公司") == marked(text)
    assert "too long" in caplog.text


def test_a_prompt_of_many_characters_leaves_windows_of_half_the_length() -> None:
    text = "ab 【cd】 x。" * 20
    (answers,) = extractor(length=64, split="length")(text, "人物" * 16)
    assert all(text[start:end] == words for start, end, words in found_in(answers, "人物" * 16))


def test_probabilities_that_are_no_numbers_are_an_error() -> None:
    broken = extractor()
    with torch.no_grad():
        broken.model.ernie_m.encoder.layers[0].norm1.weight.fill_(torch.nan)
    with pytest.raises(ValueError, match="NaN"):
        broken("【a】", "人物")


@pytest.mark.parametrize("texts", [[3], [None], ["a", b"b"]])
def test_what_is_no_text_is_refused(texts: Any) -> None:
    with pytest.raises(ValueError, match=r"text \d is .*: give strings"):
        check_texts(texts)


def test_half_a_character_is_refused() -> None:
    with pytest.raises(ValueError, match="text 1 is no Unicode"):
        extractor()(["a", "\ud800"], "人物")


@pytest.mark.parametrize(
    "chosen",
    [
        {"threshold": 1.0},
        {"threshold": -0.1},
        {"threshold": float("nan")},
        {"max_length": 15},
        {"batch_tokens": 0},
    ],
)
def test_a_setting_without_sense_is_refused(chosen: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(chosen))):
        ExtractionSettings(**chosen)


def test_the_model_is_read_no_further_than_it_can() -> None:
    short = Extractor(model_that_reads_marks(32), tokenizer_by_character())
    assert short.settings.max_length == 512
    assert short.max_length == 32
    text = "ab 【cd】 x. " * 30
    assert found_in(short(text, "人物")[0]) == marked(text)


# Folders and the command


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    model_that_reads_marks().save_pretrained(tmp_path / "model")
    tokenizer_by_character().save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def test_a_folder_becomes_an_extractor(folder: Path) -> None:
    loaded = Extractor.from_pretrained(folder, threshold=0.6, device="cpu")
    assert loaded.settings == ExtractionSettings(threshold=0.6)
    assert not loaded.model.training
    assert loaded("a 【b】", {"人物": "公司"}) == extractor()("a 【b】", {"人物": "公司"})


def test_a_folder_without_the_head_is_refused_and_not_answered_at_random(folder: Path) -> None:
    ErnieMModel(model_that_reads_marks().config).save_pretrained(folder)
    with pytest.raises(ValueError, match=r"no head for extraction.*linear_end"):
        Extractor.from_pretrained(folder)


def test_a_folder_with_other_faults_says_which(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no config"):
        Extractor.from_pretrained(tmp_path / "none")
    with pytest.raises(ValueError, match="unknown: limit"):
        Extractor.from_pretrained(folder, limit=0.4)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "intermediate_size": 16}))
    with pytest.raises(ValueError, match="another shape"):
        Extractor.from_pretrained(folder)
    (folder / "model.safetensors").unlink()
    with pytest.raises(ValueError, match="cannot be read"):
        Extractor.from_pretrained(folder)


def test_texts_are_read_by_line(tmp_path: Path) -> None:
    plain, lines = tmp_path / "a.txt", tmp_path / "a.jsonl"
    plain.write_text("one\n\n two\x85three\r\n", encoding="utf-8", newline="")
    assert read_texts(plain) == ["one", "", " two\x85three"]
    lines.write_text('"one"\n{"text": "two\\nlines", "id": 3}\n', encoding="utf-8")
    assert read_texts(lines) == ["one", "two\nlines"]
    lines.write_text('"one"\n{"words": "two"}\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"a\.jsonl, line 2 has no text"):
        read_texts(lines)
    lines.write_text("one\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 1 is no JSON"):
        read_texts(lines)
    plain.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match="not UTF-8"):
        read_texts(plain)


def test_the_command_prints_a_line_of_JSON_for_each_text(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--schema", '{"人物": "公司"}', "--threshold", "0.4", "--max-length", "40"]
    assert main(["extract", str(folder), *options, "a 【b】", "c"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines == extractor(length=40)(["a 【b】", "c"], {"人物": "公司"})


def test_the_command_reads_and_writes_files(folder: Path, tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "new" / "out.jsonl"
    source.write_text('{"text": "a 【b】"}\n"c"\n', encoding="utf-8")
    given = ["extract", str(folder), "--schema", "人物", "--input", str(source)]
    assert main([*given, "--output", str(target), "--batch-tokens", "100"]) == 0
    lines = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert lines == extractor()(["a 【b】", "c"], "人物")
    assert [path.name for path in target.parent.iterdir()] == ["out.jsonl"]


def test_help_tells_the_defaults_of_the_library(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["extract", "--help"])
    shown = capsys.readouterr().out
    for field in fields(ExtractionSettings):
        assert f"({field.default})" in " ".join(shown.split())


def test_the_command_wants_texts_or_a_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["extract", str(folder), "--schema", "人物"]) == 1
    assert main(["extract", str(folder), "--schema", "人物", "a", "--input", "b.txt"]) == 1
    assert capsys.readouterr().err.count("--input") == 2
