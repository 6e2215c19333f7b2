"""Folders that the real library loads, with our vectors."""

from pathlib import Path

import numpy as np
import pytest

from erniem.embed import Pooling, open_encoder
from erniem.export.sentences import try_sentences
from erniem.export.to_sentence_transformers import export_sentence_transformers
from erniem.tokenization import ErnieMTokenizer, open_tokenizer, to_xlm_roberta

TEXTS = ["", "badefi", "badefi golumi nopera situvo", "μινοπε ραφι", *try_sentences()]


@pytest.mark.parametrize("pooling", ["mean", "cls", "mean_text"])
@pytest.mark.parametrize(("layer", "prefix"), [("last", ""), (0, "badefi: ")])
def test_sentence_transformers_gives_our_vectors(
    encoder: Path, tmp_path: Path, pooling: Pooling, layer: int | str, prefix: str
) -> None:
    library = pytest.importorskip("sentence_transformers", reason="the library is not installed")
    folder = tmp_path / "shared"
    shared = export_sentence_transformers(
        encoder, folder, layer=layer, pooling=pooling, prefix=prefix
    )
    assert shared.agreement.greatest < 1e-6
    assert shared.otherwise == (~split_alike(encoder, try_sentences())).sum() == 2
    model = library.SentenceTransformer(str(folder), device="cpu")
    ours, alike = open_encoder(encoder).vectors(TEXTS, shared.settings), split_alike(encoder, TEXTS)
    for encode in (model.encode, model.encode_query, model.encode_document):
        assert np.abs(encode(TEXTS) - ours)[alike].max() < 1e-6


def split_alike(folder: Path, texts: list[str]) -> np.ndarray:
    """Which texts XLM-R's tokenizer splits as ours does."""
    ours = open_tokenizer(folder)
    assert isinstance(ours, ErnieMTokenizer)
    both = zip(ours(texts).input_ids, to_xlm_roberta(ours)(texts).input_ids, strict=True)
    return np.array([mine == theirs for mine, theirs in both])
