"""Folders that the real library loads, with our vectors."""

from pathlib import Path

import numpy as np
import pytest

from erniem.embed import Pooling, open_encoder
from erniem.export.sentences import try_sentences
from erniem.export.to_sentence_transformers import export_sentence_transformers

TEXTS = ["", "badefi", "badefi golumi nopera situvo", "μινοπε ραφι", *try_sentences()]


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    ("pooling", "layer", "prefix"),
    [
        ("mean_text", 0, ""),
        pytest.param("mean_text", "last", "badefi: ", marks=SLOW),
        pytest.param("mean", "last", "badefi: ", marks=SLOW),
        pytest.param("cls", 0, "", marks=SLOW),
    ],
)
def test_sentence_transformers_gives_our_vectors(
    encoder: Path, tmp_path: Path, pooling: Pooling, layer: int | str, prefix: str
) -> None:
    library = pytest.importorskip("sentence_transformers", reason="the library is not installed")
    folder = tmp_path / "shared"
    shared = export_sentence_transformers(
        encoder, folder, layer=layer, pooling=pooling, prefix=prefix
    )
    assert shared.agreement.greatest < 1e-6
    assert shared.otherwise == 0
    model = library.SentenceTransformer(str(folder), device="cpu")
    ours = open_encoder(encoder).vectors(TEXTS, shared.settings)
    for encode in (model.encode, model.encode_query, model.encode_document):
        assert np.abs(encode(TEXTS) - ours).max() < 1e-6
