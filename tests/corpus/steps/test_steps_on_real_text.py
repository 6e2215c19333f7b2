"""The rules at their defaults leave real text alone, in every language and script alike."""

import lzma
import os
from functools import cache
from pathlib import Path

import pytest

from erniem.corpus.document import Document, Drops, sentence
from erniem.corpus.steps.addresses import Addresses
from erniem.corpus.steps.length import Length
from erniem.corpus.steps.private import Private
from erniem.corpus.steps.repair import Repair
from erniem.corpus.steps.repetition import Repetition
from erniem.corpus.steps.rule import Filter
from erniem.corpus.steps.split import Split
from erniem.corpus.steps.symbols import Symbols
from erniem.tokenization import ErnieMTokenizer

pytestmark = [
    pytest.mark.realtext,
    pytest.mark.skipif("ERNIEM_DATA" not in os.environ, reason="ERNIEM_DATA is not set"),
]
_CODES = """
ar bg bn de el en es et eu fa fi fr gu he hi hu id it ja ka kk ko ml mr my nl pa pl pt ro ru sw ta
te th tl tr uk ur vi yo zh
"""
LANGUAGES = _CODES.split()
"""All with some text; 17 scripts."""
LINES = 200
"""Of each file, from its whole length."""
PROSE = ("commonvoice", "lafand", "bible_nt")
"""Sentences; the others are headings and messages of programs too, with numbers and codes."""


def texts_of(path: Path) -> list[str]:
    """Some lines of a file, or of the second column of one of pairs."""
    lines = lzma.decompress(path.read_bytes()).decode().splitlines()
    return [line.split("\t")[-1] for line in lines[:: len(lines) // LINES + 1]]


@cache
def lines_of(language: str) -> list[Document]:
    """What stands in a language, repaired."""
    found = []
    data = Path(os.environ["ERNIEM_DATA"])
    paths = [data / f"monolingual/commonvoice/{language}.txt.xz"]
    paths += sorted(data.glob(f"parallel/*/en-{language}.tsv.xz"))
    for path in filter(Path.exists, paths):
        source = path.parent.name
        found += [sentence(text, language=language, source=source) for text in texts_of(path)]
    return list(Repair().apply(found, Drops()))


@pytest.mark.parametrize("rule", [Length(), Repetition(), Symbols(), Addresses()], ids=repr)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_filter_drops_next_to_nothing(language: str, rule: Filter) -> None:
    lines, drops = lines_of(language), Drops()
    list(rule.apply(lines, drops))
    by_source = {source for _, source, _ in drops.counts}
    print(language, type(rule).__name__, len(lines), drops.by_reason(), sorted(by_source))
    prose = sum(document.metadata["source"] in PROSE for document in lines)
    dropped = sum(count for (_, source, _), count in drops.counts.items() if source in PROSE)
    assert dropped <= max(2, 0.01 * prose)
    assert sum(drops.counts.values()) <= 0.02 * len(lines)


@pytest.mark.parametrize("language", LANGUAGES)
def test_masking_and_splitting_leave_nearly_all_lines_as_they_are(language: str) -> None:
    lines = lines_of(language)
    masked = [text for document in lines if Private().rewritten(text := document.text) != text]
    print(language, "masked", len(masked), "of", len(lines))
    assert len(masked) <= 0.02 * len(lines)
    for document in lines[:100]:
        parts = Split().parts(document.text, language)
        assert "".join("".join(parts).split()) == "".join(document.text.split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_tokeniser_sees_repaired_lines_as_they_were(
    language: str, tokenizer: ErnieMTokenizer
) -> None:
    data = Path(os.environ["ERNIEM_DATA"])
    changed = 0
    for path in sorted(data.glob(f"parallel/*/en-{language}.tsv.xz")):
        lines = texts_of(path)[::4]
        repaired = list(map(Repair().rewritten, lines))
        changed += sum(map(str.__ne__, lines, repaired))
        assert tokenizer(repaired).input_ids == tokenizer(lines).input_ids
        assert list(map(Repair().rewritten, repaired)) == repaired
    print(language, "repaired", changed)
