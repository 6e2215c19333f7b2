from pathlib import Path

import pytest

from erniem.corpus.sources import lines, markup
from made_up_files import PACKERS, read_all, read_counted

UNITS = """
<tu tuid="1">
  <note>no text</note>
  <tuv xml:lang="EN-US"><seg>Bade <bpt i="1">&lt;b&gt;</bpt>figo<ept i="1">&lt;/b&gt;</ept>
    &amp; <hi>lumi</hi><ph>{0}<sub>sub</sub></ph>.</seg></tuv>
  <tuv lang="sw"><seg>Nope &#x3b1;.</seg></tuv>
  <tuv xml:lang="sw"><seg>Another.</seg></tuv>
</tu>
<tu><tuv xml:lang="en"><seg>Ra</seg></tuv><tuv xml:lang="de"><seg>Si</seg></tuv></tu>
<tu><tuv xml:lang="sw_KE"><seg>tu</seg></tuv><tuv xml:lang="en"><seg>vo</seg></tuv></tu>
<tu><tuv xml:lang="sw"><seg> </seg></tuv><tuv xml:lang="en"><seg>go</seg></tuv></tu>
"""
PAIRS = [("Bade figo & lumi.", "Nope α."), ("vo", "tu")]
DROPPED = {"a language is missing": 1, "empty side": 1}


def tmx(units: str, before: str = "") -> str:
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f'{head}{before}<tmx version="1.4"><header/><body>{units}</body></tmx>\n'


def exchange_1(units: str, languages: str = 'source-language="en" target-language="sw-KE"') -> str:
    head = '<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">'
    return f'{head}<file original="a" {languages}><body>{units}</body></file></xliff>'


def exchange_2(units: str) -> str:
    head = '<x:xliff xmlns:x="urn:oasis:names:tc:xliff:document:2.0" version="2.0" '
    return f'{head} srcLang="en" trgLang="sw"><x:file id="f">{units}</x:file></x:xliff>'


@pytest.mark.parametrize("chunk", [1, 2**16])
def test_memories_give_pairs_without_their_markup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(markup, "CHUNK", chunk)
    (tmp_path / "en-sw.tmx.gz").write_bytes(PACKERS[".gz"](tmx(UNITS).encode()))
    assert read_counted(tmp_path) == (PAIRS, DROPPED)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "iso-8859-7"])
def test_memories_are_read_in_the_encoding_they_state(tmp_path: Path, encoding: str) -> None:
    stated = encoding.removesuffix("-sig")
    text = tmx(UNITS.replace("&#x3b1;", "α")).replace("UTF-8", stated)
    (tmp_path / "en-sw.tmx").write_bytes(text.encode(encoding))
    assert read_counted(tmp_path) == (PAIRS, DROPPED)


def test_a_memory_without_a_language_tells_those_it_has(tmp_path: Path) -> None:
    (tmp_path / "en-fr.tmx").write_text(tmx(UNITS))
    with pytest.raises(ValueError, match=r"en-fr\.tmx has no text in fr; it has en, sw, de"):
        read_all(tmp_path)


def test_an_unclosed_tag_is_told_with_its_line(tmp_path: Path) -> None:
    text = tmx(UNITS.replace("</hi>", ""))
    (tmp_path / "en-sw.tmx").write_text(text)
    with pytest.raises(ValueError, match=r"en-sw\.tmx, line 6: mismatched tag.*fetch it again or"):
        read_all(tmp_path)
    (tmp_path / "en-sw.tmx").write_text(text[: len(text) // 2])
    with pytest.raises(ValueError, match=r"en-sw\.tmx, line \d+: .*cut short"):
        read_all(tmp_path)


@pytest.mark.parametrize("packing", PACKERS)
def test_a_packed_memory_cut_in_half_is_named(tmp_path: Path, packing: str) -> None:
    packed = PACKERS[packing](tmx(UNITS * 50).encode())
    (tmp_path / f"en-sw.tmx{packing}").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(ValueError, match="is cut short or damaged"):
        read_all(tmp_path)


@pytest.mark.parametrize(
    "declared",
    [
        '<!ENTITY secret SYSTEM "SECRET">',
        '<!ENTITY secret "laugh"><!ENTITY more "&secret;&secret;&secret;">',
        '<!ENTITY % secret SYSTEM "SECRET"> %secret;',
    ],
)
def test_entities_are_never_resolved(tmp_path: Path, declared: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("do not read me")
    before = f"<!DOCTYPE tmx [{declared.replace('SECRET', secret.as_uri())}]>"
    (tmp_path / "en-sw.tmx").write_text(tmx(UNITS.replace("Nope", "&secret;"), before))
    with pytest.raises(ValueError, match=r"en-sw\.tmx, line 2: declares the entity 'secret'"):
        read_all(tmp_path)


def test_a_dtd_is_never_fetched(tmp_path: Path) -> None:
    (tmp_path / "tmx14.dtd").write_text('<!ENTITY secret "do not read me">')
    before = f'<!DOCTYPE tmx SYSTEM "{(tmp_path / "tmx14.dtd").as_uri()}">'
    path = tmp_path / "en-sw.tmx"
    path.write_text(tmx(UNITS, before))
    assert read_counted(path) == (PAIRS, DROPPED)
    path.write_text(tmx(UNITS.replace("Nope", "&secret;"), before))
    with pytest.raises(ValueError, match=r"line \d+: &secret; is declared outside the file"):
        read_all(path)
    path.write_text(tmx(UNITS.replace("Nope", "&secret;")))
    with pytest.raises(ValueError, match=r"en-sw\.tmx, line 7: undefined entity"):
        read_all(path)


def test_a_text_without_an_end_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (markup, lines):
        monkeypatch.setattr(module, "LONGEST", 20)
    monkeypatch.setattr("erniem.corpus.sources.paired.LONGEST", 20)
    (tmp_path / "en-sw.tmx").write_text(tmx(UNITS.replace("go", "bade" * 10)))
    texts, dropped = read_counted(tmp_path)
    assert texts == [("vo", "tu")]
    assert dropped["too long a text"] == 2


@pytest.mark.parametrize("name", ["en-sw.tmx", "en-sw.xlf"])
def test_an_empty_file_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(ValueError, match=f"{name} is empty"):
        read_all(tmp_path)


EXCHANGE_1 = """
<trans-unit id="1"><source>Bade <g id="1">figo</g><ph id="2">%s</ph>.</source>
  <seg-source><mrk mtype="seg">Bade</mrk></seg-source>
  <target state="final">Lumi<x id="3"/>.</target>
  <alt-trans><source>old</source><target>other</target></alt-trans></trans-unit>
<trans-unit id="2"><source>Ra</source></trans-unit>
<trans-unit id="3"><source>Ra</source>
  <target state="needs-review-translation">Si</target></trans-unit>
<trans-unit id="4"><source>Tu</source><target>Vo</target></trans-unit>
"""
EXCHANGE_2 = """
<x:unit id="1"><x:originalData><x:data id="d">source</x:data></x:originalData>
  <m:matches xmlns:m="urn:oasis:names:tc:xliff:matches:2.0">
    <m:match><x:source>old</x:source><x:target>other</x:target></m:match></m:matches>
  <x:segment state="final"><x:source>Bade <x:pc id="1">figo</x:pc>.</x:source>
    <x:target>Lumi<x:ph id="2"/>.</x:target></x:segment>
  <x:ignorable><x:source> and </x:source><x:target> or </x:target></x:ignorable>
  <x:segment><x:source>Tu</x:source><x:target>Vo</x:target></x:segment>
  <x:segment><x:source>Ra</x:source></x:segment>
  <x:segment state="initial"><x:source>Ra</x:source><x:target>Si</x:target></x:segment></x:unit>
"""


@pytest.mark.parametrize("text", [exchange_1(EXCHANGE_1), exchange_2(EXCHANGE_2)])
def test_exchanged_segments_are_pairs(tmp_path: Path, text: str) -> None:
    (tmp_path / "en-sw.xlf").write_text(text)
    texts, dropped = read_counted(tmp_path)
    assert texts == [("Bade figo.", "Lumi."), ("Tu", "Vo")]
    assert dropped == {"untranslated": 1, "fuzzy": 1}
    (tmp_path / "en-sw.xlf").rename(tmp_path / "sw-en.xliff")
    texts, _ = read_counted(tmp_path)
    assert texts == [("Lumi.", "Bade figo."), ("Vo", "Tu")]


def test_an_exchange_of_other_languages_is_named(tmp_path: Path) -> None:
    (tmp_path / "en-de.xlf").write_text(exchange_1(EXCHANGE_1))
    with pytest.raises(ValueError, match=r"en-de\.xlf is of en-sw, not of en-de"):
        read_all(tmp_path)
