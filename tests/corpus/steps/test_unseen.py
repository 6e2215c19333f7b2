"""What stands in an evaluation set: read as XTREME's files lie, found whole or in stretches."""

import json
import lzma
import os
import pickle
from pathlib import Path

import pytest

from erniem.corpus.document import pair, sentence
from erniem.corpus.steps.evaluation import texts_in
from erniem.corpus.steps.unseen import Unseen
from invented import invented

LINES = invented(8)
LONG = " ".join(LINES[:4])
HAN = "".join(chr(0x4E00 + 37 * at % 5000) for at in range(60))


def written(folder: Path, name: str, text: str) -> Path:
    """A file of a set named `made`; packed if its name says so."""
    path = folder / "made" / name
    path.parent.mkdir(exist_ok=True)
    with lzma.open(path, "wb") if name.endswith(".xz") else path.open("wb") as file:
        file.write(text.encode())
    return path.parent


def why(folder: Path, *texts: str) -> str | None:
    rule = Unseen(sets=(str(folder),))
    if len(texts) == 2:
        return rule.why_drop(pair(*texts, languages=("en", "sw"), source="made"))
    return rule.why_drop(sentence(texts[0], language="en", source="made"))


# Reading.


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("de.dev.tsv.xz", "ba de\tfi go\tneutral\n", ["ba de", "fi go"]),
        ("en-de.tsv", "ba de\tfi\n", ["ba de", "fi"]),
        ("zh.tsv", "1\tba de\t我喜欢咖啡。\n", ["1", "ba de", "我喜欢咖啡。"]),
        ("dev-de.tsv", "Ba\tO\nde\tB-PER\n\nfi\tO\n\n", ["Ba de", "fi"]),
        ("de.conllu", "# text = no\n1\tBa\tb\tX\n2\tde\td\tX\n\n1\tfi\tf\tX\n\n", ["Ba de", "fi"]),
        ("tatoeba.deu-eng.deu", "ba de\nfi\n", ["ba de", "fi"]),
        ("zh-en.dev.zh.xz", "zh-001\tba de\n", ["zh-001", "ba de"]),
    ],
)
def test_each_form_of_lines_is_read(tmp_path: Path, name: str, text: str, found: list[str]) -> None:
    assert [each for each in texts_in(written(tmp_path, name, text)) if each] == found


def test_a_line_of_json_may_hold_other_ends_of_lines(tmp_path: Path) -> None:
    rows = [json.dumps({"question": text}, ensure_ascii=False) for text in ("Ba\u2028de", "fi\x85")]
    folder = written(tmp_path, "dev.jsonl", "\r\n".join([*rows, " ", ""]))
    assert [*texts_in(folder)] == ["Ba\u2028de", "fi\x85"]


def test_half_a_character_in_json_is_none(tmp_path: Path) -> None:
    folder = written(tmp_path, "dev.json", json.dumps({"context": "Ba \ud800 de."}))
    assert why(folder, "Ba de.") == "stands in made"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("dev.json", '{"data": []}', "has no text of an evaluation set"),
        ("dev.jsonl", '{"words": "Ba de"}\n', "of JSON, context, question"),
        ("de.tsv", "", "has no text of an evaluation set"),
        ("de.txt", "… !\n", "has no text of an evaluation set"),
        ("dev.json", "[" * 100_000, "is no JSON"),
    ],
)
def test_a_set_from_which_nothing_can_be_read_is_told(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        why(written(tmp_path, name, text), "Ba de")


@pytest.mark.parametrize("name", ["dev-de.json", "xquad.de.json.xz"])
def test_questions_contexts_and_their_sentences_are_read(tmp_path: Path, name: str) -> None:
    answers = [{"text": "de", "answer_start": 3}]
    questions = [{"question": "Fi go?", "id": "1", "answers": answers}]
    article = {"title": "Lu", "paragraphs": [{"context": "Ba de. Fi lu.", "qas": questions}]}
    folder = written(tmp_path, name, json.dumps({"data": [article]}))
    found = {text.strip() for text in texts_in(folder)}
    assert found == {"Ba de. Fi lu.", "Ba de.", "Fi lu.", "Fi go?"}


def test_rows_of_jsonl_are_read(tmp_path: Path) -> None:
    rows = [{"premise": "ba", "hypothesis": "de", "label": "neutral"}, {"sentence1": "fi"}]
    folder = written(tmp_path, "dev.jsonl", "\n".join(map(json.dumps, rows)))
    assert [*texts_in(folder)] == ["ba", "de", "fi"]


def test_a_file_that_is_no_json_is_named(tmp_path: Path) -> None:
    folder = written(tmp_path, "dev.json", "{")
    with pytest.raises(ValueError, match=r"dev\.json is no JSON"):
        list(texts_in(folder))


def test_a_folder_without_texts_is_named(tmp_path: Path) -> None:
    folder = written(tmp_path, "README.md", "# Ba")
    with pytest.raises(ValueError, match="holds no evaluation set"):
        list(texts_in(folder))


# Finding.


def test_a_text_of_the_set_goes_whatever_its_case_and_signs(tmp_path: Path) -> None:
    folder = written(tmp_path, "de.txt", "\n".join(LINES))
    assert why(folder, LINES[2].upper() + " !") == "stands in made"
    assert why(folder, LINES[2] + " ba") is None
    assert why(folder, "…") is None


def test_either_side_of_a_pair_may_stand_in_a_set(tmp_path: Path) -> None:
    folder = written(tmp_path, "de.txt", "\n".join(LINES))
    assert why(folder, "ba de fi", LINES[0]) == "stands in made"
    assert why(folder, LINES[0], "ba de fi") == "stands in made"
    assert why(folder, "ba de fi", "go lu") is None


def test_thirteen_words_in_a_row_are_enough(tmp_path: Path) -> None:
    folder = written(tmp_path, "de.txt", LONG)
    words = LONG.split()
    assert why(folder, "ba " + " ".join(words[5:18]) + ", de.") == "stands in made"
    assert why(folder, "ba " + " ".join(words[5:17]) + ", de.") is None
    assert why(folder, " ".join(reversed(words))) is None


def test_twenty_six_letters_are_enough_where_no_spaces_stand(tmp_path: Path) -> None:
    folder = written(tmp_path, "zh.txt", HAN)
    assert why(folder, "一" + HAN[10:36] + "。一") == "stands in made"
    assert why(folder, "一" + HAN[10:35] + "。一") is None


def test_marks_of_vowels_count(tmp_path: Path) -> None:
    folder = written(tmp_path, "th.txt", "สวัสดี")
    assert why(folder, "สวัสดี!") == "stands in made"
    assert why(folder, "สวสด") is None


def test_the_first_set_that_holds_it_is_named(tmp_path: Path) -> None:
    one, other = (tmp_path / name for name in ("one.txt", "other.txt"))
    one.write_text(LINES[0])
    other.write_text("\n".join(LINES))
    rule = Unseen(sets=(str(one), str(other)))
    reasons = [rule.why_drop(sentence(line, language="en", source="made")) for line in LINES[:2]]
    assert reasons == ["stands in one", "stands in other"]


def test_a_rule_travels_without_the_texts(tmp_path: Path) -> None:
    folder = written(tmp_path, "de.txt", LONG)
    rule = Unseen(sets=(str(folder),))
    assert rule.why_drop(sentence(LONG, language="en", source="made"))
    assert len(pickle.dumps(rule)) < 500
    assert pickle.loads(pickle.dumps(rule)) == rule


@pytest.mark.parametrize("settings", [{"sets": ()}, {"sets": ("a",), "words": 1}])
def test_settings_without_sense_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"sets|stretch"):
        Unseen(**settings)


SETS = ("xnli", "pawsx", "panx", "udpos", "tatoeba", "xquad", "mlqa", "tydiqa_goldp", "bucc2018")


@pytest.mark.realtext
@pytest.mark.parametrize("name", SETS)
def test_each_text_of_xtreme_is_found(name: str) -> None:
    if "ERNIEM_DATA" not in os.environ:
        pytest.skip("set ERNIEM_DATA to the folder that holds xtreme/")
    folder = Path(os.environ["ERNIEM_DATA"]) / "xtreme" / name
    some = [*texts_in(folder)][::997]
    assert len(some) > 15
    for text in some:
        if any(map(str.isalnum, text)):
            assert why(folder, text) == f"stands in {name}"
