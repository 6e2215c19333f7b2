"""Hidden words filled in, and pseudo tokens: as in training, and what each reads."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from erniem import ErnieMForMaskedLM
from erniem.objectives import GuessSettings
from erniem.packing import Pack
from erniem.tasks.fill import Filling, Said, Speaker, fill, write_pseudo
from erniem.tokenization import ErnieMTokenizer
from made_up_speaker import write_speaker

OWN = Said(text="bade figo lumi", language="en")
OTHER = Said(text="βαδε φιγο", language="el")


@pytest.fixture(scope="module")
def speaker(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Speaker:
    folder = tmp_path_factory.mktemp("speaker")
    write_speaker(encoder, folder)
    model = ErnieMForMaskedLM.from_pretrained(folder)
    return Speaker(model, ErnieMTokenizer.from_pretrained(folder))


def seen(speaker: Speaker, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Pack, np.ndarray]]:
    """What the network is asked, from now on."""
    asked: list[tuple[Pack, np.ndarray]] = []

    def logits(pack: Pack, holes: np.ndarray) -> torch.Tensor:
        asked.append((pack, holes))
        return torch.zeros(len(holes), speaker.special.vocabulary_size)

    monkeypatch.setattr(speaker, "logits", logits)
    return asked


def test_camlm_is_asked_with_the_other_sentence_the_place_and_the_language(
    speaker: Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = seen(speaker, monkeypatch)
    own, other = (speaker.sentence(said).ids for said in (OWN, OTHER))
    fill(speaker, OWN, OTHER, [1])
    (crossed, holes), (alone, _), (both, _) = asked
    word = len(own) // 3  # three words of as many pieces
    special = speaker.special
    assert crossed.input_ids.tolist() == [
        *(special.cls, *other, special.sep),
        *[special.mask] * word,
    ]
    start = 1 + len(other) + 2 + word  # of the pair [CLS] x [SEP] [SEP] y [SEP]
    assert crossed.position_ids[holes].tolist() == list(range(start, start + word))
    assert crossed.language_ids[holes].tolist() == [2] * word
    assert crossed.language_ids.sum() == 2 * word
    assert alone.input_ids.tolist().count(special.mask) == word
    assert len(alone.input_ids) == len(own) + 2
    assert len(both.input_ids) == len(own) + len(other) + 4
    assert not alone.language_ids.any()
    assert not both.language_ids.any()


def shares(filling: Filling, way: str) -> list[float]:
    return [hole.answer.probability for hole in getattr(filling, way)]


def test_camlm_does_not_read_its_own_sentence_and_mmlm_not_the_other(speaker: Speaker) -> None:
    plain = fill(speaker, OWN, OTHER, [1])
    own_changed = fill(speaker, replace(OWN, text="tuvo figo sira"), OTHER, [1])
    other_changed = fill(speaker, OWN, replace(OTHER, text="νοπε φιγο"), [1])
    assert shares(own_changed, "camlm") == pytest.approx(shares(plain, "camlm"))
    assert shares(own_changed, "mmlm") != pytest.approx(shares(plain, "mmlm"))
    assert shares(other_changed, "mmlm") == pytest.approx(shares(plain, "mmlm"))
    assert shares(other_changed, "camlm") != pytest.approx(shares(plain, "camlm"))
    for changed in (own_changed, other_changed):
        assert shares(changed, "tlm") != pytest.approx(shares(plain, "tlm"))


def test_guesses_are_likeliest_first_and_what_stood_there_has_its_rank(speaker: Speaker) -> None:
    filling = fill(speaker, OWN, OTHER, [0, 2], k=10_000)
    assert filling.hidden == ("bade", "lumi")
    for hole in (*filling.camlm, *filling.mmlm, *filling.tlm):
        found = [guess.probability for guess in hole.guesses]
        assert found == sorted(found, reverse=True)
        assert sum(found) == pytest.approx(1, abs=1e-4)
        assert hole.guesses[hole.rank - 1].probability == hole.answer.probability


def test_pseudo_tokens_are_text_as_many_as_asked_for(speaker: Speaker) -> None:
    pieces = len(speaker.sentence(OWN).ids)
    for method in ("argmax", "sample", "confident_first"):
        settings = GuessSettings(method=method)
        made = write_pseudo(speaker, OWN, "el", ratio=0.5, settings=settings)
        assert len(made.pieces) == round(pieces / 2)
        assert "[" not in made.text
        assert all(0 < piece.probability <= 1 for piece in made.pieces)


def test_the_language_asked_for_changes_the_answer(speaker: Speaker) -> None:
    found = [write_pseudo(speaker, OWN, code).pieces for code in ("el", "en")]
    assert found[0] != found[1]


def test_what_cannot_be_asked_is_refused(speaker: Speaker) -> None:
    with pytest.raises(ValueError, match="no word is hidden"):
        fill(speaker, OWN, OTHER, [])
    with pytest.raises(ValueError, match="word 3: the sentence has words 0 to 2"):
        fill(speaker, OWN, OTHER, [3])
    with pytest.raises(ValueError, match="language 'xx': the model knows el, en"):
        fill(speaker, OWN, replace(OTHER, language="xx"), [0])
    with pytest.raises(ValueError, match="empty"):
        fill(speaker, OWN, replace(OTHER, text=" "), [0])
    with pytest.raises(ValueError, match="the model reads 64: shorten"):
        fill(speaker, OWN, replace(OTHER, text="φιγο " * 90), [0])
    with pytest.raises(ValueError, match="the model reads 64: shorten"):
        write_pseudo(speaker, replace(OWN, text="figo " * 90), "el")
    with pytest.raises(ValueError, match="ratio 9"):
        write_pseudo(speaker, OWN, "el", ratio=9.0)
    with pytest.raises(ValueError, match="counts"):
        write_pseudo(speaker, OWN, "el", settings=GuessSettings(method="corrected"))


def test_a_model_that_knows_no_languages_cannot_speak(
    speaker: Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speaker.model.config, "languages", [])
    with pytest.raises(ValueError, match="no language embeddings"):
        Speaker(speaker.model, speaker.tokenizer)
