import errno
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from erniem.corpus.arrays import ArrayWriter, StoredArray
from erniem.corpus.shard_writer import ShardWriter, merge_shards
from erniem.corpus.shards import Shard, shard_name

sentences_of_pieces = st.lists(st.lists(st.integers(0, 299), max_size=6), min_size=1, max_size=12)


def write(path: Path, *chunks: list[list[int]], size: int = 300) -> Path:
    with ShardWriter(path, size) as writer:
        for chunk in chunks:
            pieces = [piece for sentence in chunk for piece in sentence]
            writer.add(np.array(pieces, dtype=np.int64), np.array(list(map(len, chunk)), int))
    return path


def rows_of(shard: Shard) -> list[list[list[int]]]:
    sides = shard.take(np.arange(len(shard)))
    return [[side[row].tolist() for side in sides] for row in range(len(shard))]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sentences=sentences_of_pieces, data=st.data())
def test_any_sentence_can_be_taken_in_any_order(
    tmp_path: Path, sentences: list[list[int]], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(sentences)))
    shard = Shard(write(tmp_path / "de", sentences[:cut], sentences[cut:]), (4,))
    indices = data.draw(st.lists(st.integers(0, len(sentences) - 1), max_size=8))
    (taken,) = shard.take(np.array(indices, dtype=np.int64))
    assert [taken[i].tolist() for i in range(len(taken))] == [sentences[i] for i in indices]
    assert shard.lengths()[:, 0].tolist() == [len(sentence) for sentence in sentences]
    assert set(taken.languages) <= {4}


def test_pairs_stay_pairs(tmp_path: Path) -> None:
    shard = Shard(write(tmp_path / "en-de", [[5, 6], [7], [8], [9, 10]]), (1, 2))
    first, second = shard.take(np.array([1, 0]))
    assert [first[0].tolist(), second[0].tolist()] == [[8], [9, 10]]
    assert [first[1].tolist(), second[1].tolist()] == [[5, 6], [7]]
    assert [first.languages.tolist(), second.languages.tolist()] == [[1, 1], [2, 2]]
    assert shard.lengths().tolist() == [[2, 1], [1, 2]]
    assert shard.lengths([(1, 2), (0, 1)]).tolist() == [[1, 2], [2, 1]]


@pytest.mark.parametrize("rows", [1, 2, 3, 7, 50])
def test_lengths_read_in_order_are_those_that_are_mapped(tmp_path: Path, rows: int) -> None:
    sentences = [[1] * (number % 5) for number in range(14)]
    shard = Shard(write(tmp_path / "en-de", sentences), (1, 2))
    read = list(shard.all_lengths(rows))
    assert [len(each) for each in read[:-1]] == [rows] * (len(read) - 1)
    assert np.concatenate(read).tolist() == shard.lengths().tolist()


@pytest.mark.parametrize(("size", "kind"), [(2**16, np.uint16), (250_002, np.uint32)])
def test_pieces_take_the_smallest_type_that_fits(tmp_path: Path, size: int, kind: type) -> None:
    shard = Shard(write(tmp_path / "de", [[size - 1]], size=size), (1,))
    assert np.load(tmp_path / "de.tokens.npy").dtype == kind
    assert rows_of(shard) == [[[size - 1]]]


def test_a_shard_that_could_not_be_finished_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = []

    def full(array: ArrayWriter) -> None:
        closed.append(array.path.name)
        if len(closed) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(ArrayWriter, "close", full)
    with pytest.raises(OSError, match="No space left"):
        write(tmp_path / "de", [[1, 2]])
    assert closed == ["de.tokens.npy", "de.bounds.npy"]
    assert not list(tmp_path.iterdir())


def test_a_merge_that_could_not_be_finished_leaves_no_torn_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = write(tmp_path / "parts" / "one", [[1, 2]])

    def full(_array: StoredArray, **_bounds: int) -> Iterator[np.ndarray]:
        yield np.array([1], dtype=np.uint16)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(StoredArray, "chunks", full)
    with pytest.raises(OSError, match="No space left"):
        merge_shards([part], tmp_path / "merged", 300)
    assert [path.name for path in tmp_path.iterdir()] == ["parts"]


def test_pieces_of_another_vocabulary_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="pieces 7 to 300 are not those of a vocabulary of 300"):
        write(tmp_path / "de", [[7, 300]])


def test_nothing_opens_before_it_is_asked_for(tmp_path: Path) -> None:
    shard = Shard(tmp_path / "not there", (1,))
    with pytest.raises(ValueError, match=r"not there\.bounds\.npy is missing or torn"):
        len(shard)


def test_more_shards_can_be_read_than_files_may_be_open(tmp_path: Path) -> None:
    """As on a system where a process may have 64 files open."""
    script = (
        "import resource, sys; from pathlib import Path\n"
        "import numpy as np\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))\n"
        "from erniem.corpus.shards import Shard\n"
        "shards = [Shard(path / 'de', (1,)) for path in sorted(Path(sys.argv[1]).iterdir())]\n"
        "print(sum(int(shard.take(np.array([0]))[0].ids[0]) for shard in shards))"
    )
    for number in range(50):
        write(tmp_path / str(number) / "de", [[number]])
    command = [sys.executable, "-c", script, str(tmp_path)]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == str(sum(range(50)))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=st.lists(st.lists(st.lists(st.integers(0, 299), max_size=6)), max_size=4))
def test_merged_parts_are_one_shard_as_if_written_at_once(
    tmp_path: Path, parts: list[list[list[int]]]
) -> None:
    paths = [write(tmp_path / f"part{place}", part) for place, part in enumerate(parts)]
    whole = write(tmp_path / "whole", [sentence for part in parts for sentence in part])
    merged = merge_shards(paths, tmp_path / "de" / "merged", 300)
    for path, facts in merged.files.items():
        as_one = tmp_path / path.name.replace("merged", "whole")
        assert path.read_bytes() == as_one.read_bytes()
        assert facts.bytes == path.stat().st_size
    assert merged.sentences == len(Shard(whole, (1,)))
    assert merged.tokens == sum(len(sentence) for part in parts for sentence in part)


def test_a_torn_part_is_named(tmp_path: Path) -> None:
    part = write(tmp_path / "part", [[1, 2, 3], [4]])
    tokens = tmp_path / "part.tokens.npy"
    tokens.write_bytes(tokens.read_bytes()[:-2])
    with pytest.raises(ValueError, match=r"part\.tokens\.npy is missing or torn"):
        merge_shards([part], tmp_path / "merged", 300)


def test_bounds_and_pieces_of_two_shards_are_refused(tmp_path: Path) -> None:
    one, other = write(tmp_path / "one", [[1, 2, 3]]), write(tmp_path / "other", [[1]])
    (tmp_path / "one.tokens.npy").write_bytes((tmp_path / "other.tokens.npy").read_bytes())
    with pytest.raises(ValueError, match=r"one\.bounds\.npy ends at 3, .* has 1 pieces"):
        merge_shards([other, one], tmp_path / "merged", 300)
    assert not (tmp_path / "merged.bounds.npy").exists()


@given(source=st.text('aZ.-_~/\\:%*?"<>| é日\0\n', min_size=1, max_size=15))
@example(source="film: A/B")
@example(source="..")
@example(source="сказки")
def test_the_name_of_a_source_can_be_read_back_from_its_file(source: str) -> None:
    room, label, name = shard_name("en-de", source).split("/")
    assert (room, label, unquote(name)) == ("parallel", "en-de", source)
    assert name.isascii()
    assert not set(name) & set('<>:"/\\|?* ')


@pytest.mark.parametrize("source", ["", "long " * 60])
def test_a_name_that_no_file_can_have_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match="give it a name of 1 to 200"):
        shard_name("de", source)
