from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erniem.corpus.shards import PairShard, SentenceShard, write_shard

sentences_of_pieces = st.lists(st.lists(st.integers(0, 299), max_size=6), min_size=1, max_size=12)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sentences=sentences_of_pieces, data=st.data())
def test_any_sentence_can_be_taken_in_any_order(
    tmp_path: Path, sentences: list[list[int]], data: st.DataObject
) -> None:
    write_shard(tmp_path / "de", sentences, 300)
    shard = SentenceShard(tmp_path / "de", 4)
    indices = data.draw(st.lists(st.integers(0, len(sentences) - 1), max_size=8))
    taken = shard.take(np.array(indices, dtype=np.int64))
    assert [taken[i].tolist() for i in range(len(taken))] == [sentences[i] for i in indices]
    assert shard.lengths.tolist() == [len(sentence) for sentence in sentences]
    assert set(taken.languages) <= {4}


def test_pairs_stay_pairs(tmp_path: Path) -> None:
    write_shard(tmp_path / "en-de", [[5, 6], [7], [8], [9, 10]], 300)
    shard = PairShard(tmp_path / "en-de", (1, 2))
    first, second = shard.take(np.array([1, 0]))
    assert [first[0].tolist(), second[0].tolist()] == [[8], [9, 10]]
    assert [first[1].tolist(), second[1].tolist()] == [[5, 6], [7]]
    assert [first.languages.tolist(), second.languages.tolist()] == [[1, 1], [2, 2]]
    assert shard.lengths.tolist() == [[2, 1], [1, 2]]


@pytest.mark.parametrize(("size", "kind"), [(2**16, np.uint16), (250_002, np.uint32)])
def test_pieces_take_the_smallest_type_that_fits(tmp_path: Path, size: int, kind: type) -> None:
    write_shard(tmp_path / "de", [[size - 1]], size)
    assert np.load(tmp_path / "de.tokens.npy").dtype == kind
    assert SentenceShard(tmp_path / "de", 1).take(np.array([0])).ids.tolist() == [size - 1]
