import os
from pathlib import Path

import polib
import pytest

from made_up_files import read_all, read_counted

HEAD = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'
MESSAGES = r"""
#. for translators
#: file.c:1
msgctxt "menu"
msgid "Bade\n"
"figo"
msgstr ""
"Lumi "
"nope"

msgid "one ra"
msgid_plural "%d ra"
msgstr[0] "si"
msgstr[1] "%d si"
msgid "no blank line before"
msgstr "tuvo"
"""
LEFT_OUT = """
#, fuzzy, c-format
msgid "fuzzy one"
msgstr "goba"

#, python-format
msgid "untranslated one"
msgstr ""

#~ msgid "obsolete one"
#~ msgstr "peno"
"""
PAIRS = [("Bade figo", "Lumi nope"), ("%d ra", "%d si"), ("no blank line before", "tuvo")]


def test_messages_are_pairs_and_unfinished_ones_are_counted(tmp_path: Path) -> None:
    (tmp_path / "en-sw.po").write_text(HEAD + MESSAGES + LEFT_OUT)
    texts, dropped = read_counted(tmp_path)
    assert texts == PAIRS
    assert dropped == {"fuzzy": 1, "untranslated": 1, "obsolete": 1}


def test_binary_catalogues_hold_the_same(tmp_path: Path) -> None:
    polib.pofile(HEAD + MESSAGES + LEFT_OUT).save_as_mofile(str(tmp_path / "en-sw.mo"))
    assert sorted(read_all(tmp_path)) == sorted(PAIRS)


@pytest.mark.parametrize("damage", [lambda raw: raw[: len(raw) // 2], lambda raw: b"x" * 99])
def test_a_binary_catalogue_that_is_none_is_named(tmp_path: Path, damage: object) -> None:
    path = tmp_path / "en-sw.mo"
    polib.pofile(HEAD + MESSAGES).save_as_mofile(str(path))
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(ValueError, match=r"en-sw\.mo is no \.mo file or a damaged one"):
        read_all(tmp_path)


def test_an_error_in_a_catalogue_is_told_with_its_line(tmp_path: Path) -> None:
    broken = 'msgid "bade"\nmsgstr "fi"go"\n'
    text = HEAD + MESSAGES + "\n" + broken
    (tmp_path / "en-sw.po").write_text(text)
    line = text.splitlines().index('msgstr "fi"go"') + 1
    with pytest.raises(ValueError, match=rf"en-sw\.po, line {line}: not written as gettext does"):
        read_all(tmp_path)


def test_a_catalogue_in_another_charset_says_how_to_convert_it(tmp_path: Path) -> None:
    text = HEAD.replace("UTF-8", "ISO-8859-1") + '\nmsgid "bade"\nmsgstr "fünf"\n'
    (tmp_path / "en-sw.po").write_bytes(text.encode("latin-1"))
    with pytest.raises(ValueError, match=r"en-sw\.po is in ISO-8859-1: convert it, with `msgconv"):
        read_all(tmp_path)


def test_a_message_with_a_broken_line_is_dropped_whole(tmp_path: Path) -> None:
    broken = b'\nmsgid "long "\n"\xff"\nmsgstr "goba"\n\n'
    (tmp_path / "en-sw.po").write_bytes(HEAD.encode() + broken + b'msgid "ra"\nmsgstr "si"\n')
    texts, dropped = read_counted(tmp_path)
    assert (texts, dropped) == ([("ra", "si")], {"not UTF-8": 1})


def test_no_file_is_opened_that_a_catalogue_happens_to_name(tmp_path: Path) -> None:
    (tmp_path / "other").write_text('msgid "bade"\nmsgstr "figo"\n')
    (tmp_path / "en-sw.po").write_text("other\n")
    before = Path.cwd()
    os.chdir(tmp_path)
    try:
        with pytest.raises(ValueError, match=r"line 1: not written as gettext does"):
            read_all(tmp_path)
    finally:
        os.chdir(before)
