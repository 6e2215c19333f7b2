import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from erniem.corpus.arrays import FileFacts
from erniem.corpus.corpus import check_corpus, open_corpus
from erniem.corpus.document import Drops
from erniem.corpus.manifest import DatasetFacts, lengths_histogram, write_manifest
from erniem.corpus.shard_writer import ShardWriter, merge_shards
from erniem.corpus.shards import shard_name

SOURCES = {
    ("de", "film: A/B"): [[5, 6], [7]],
    ("de", "stories"): [[8, 9, 10]],
    ("de-en", "stories"): [[5], [6, 7], [8], [9]],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A corpus that a builder might write: shards merged from parts, and what stands beside."""
    folder = tmp_path / "corpus"
    hashed: dict[Path, FileFacts] = {}
    facts = []
    for (label, source), sentences in SOURCES.items():
        lengths = np.array(list(map(len, sentences)))
        with ShardWriter(tmp_path / "part", 300) as writer:
            writer.add(np.concatenate(sentences), lengths)
        merged = merge_shards([tmp_path / "part"], folder / shard_name(label, source), 300)
        hashed |= merged.files
        rows = lengths.reshape(-1, 1 + ("-" in label)).sum(axis=1)
        facts.append(
            DatasetFacts(
                label=label,
                source=source,
                licence="CC0-1.0",
                rows=len(rows),
                tokens=merged.tokens,
                lengths=lengths_histogram(rows),
            )
        )
    (folder / "held_out").mkdir()
    (folder / "held_out" / "de-en.tsv").write_text("Guten Tag.\tGood day.\n")
    np.save(folder / "counts.npy", np.zeros((3, 300), dtype=np.int64))
    drops = Drops()
    drops.add("empty", "stories", "de", "  ")
    write_manifest(
        folder,
        languages=["de", "en"],
        tokenizer="fingerprint",
        datasets=facts[::-1],
        held_out={"de-en": 1},
        from_pairs={},
        drops=drops,
        recipe={"languages": None},
        hashed=hashed,
    )
    return folder


def test_a_corpus_is_its_data_sets_by_label_and_source(folder: Path) -> None:
    corpus = open_corpus(folder)
    assert [(each.label, each.source, each.facts.rows) for each in corpus.datasets] == [
        ("de", "film: A/B", 2),
        ("de", "stories", 1),
        ("de-en", "stories", 2),
    ]
    assert [each.parallel for each in corpus.datasets] == [False, False, True]
    assert corpus.rows == {"de": 3, "de-en": 2}
    assert corpus.datasets[2].facts.lengths == (0, 0, 2)
    assert corpus.held_out == {"de-en": [("Guten Tag.", "Good day.")]}
    first, second = corpus.datasets[2].shard.take(np.array([1, 0]))
    assert [first[0].tolist(), second[0].tolist(), second[1].tolist()] == [[8], [9], [6, 7]]
    assert [first.languages[0], second.languages[0]] == [1, 2]


def test_the_manifest_says_where_a_corpus_comes_from(folder: Path) -> None:
    manifest = open_corpus(folder).manifest
    assert manifest["format"] == 3
    assert manifest["recipe"] == {"languages": None}
    assert manifest["dropped"] == [["empty", "stories", "de", 1]]
    assert manifest["examples"] == [["empty", "stories", "de", ["  "]]]
    assert manifest["versions"]["numpy"] == np.__version__
    assert set(manifest["files"]) == {
        "counts.npy",
        "held_out/de-en.tsv",
        *(f"{shard_name(*one)}.{kind}.npy" for one in SOURCES for kind in ("tokens", "bounds")),
    }


def test_opening_a_corpus_opens_no_shard(folder: Path) -> None:
    corpus = open_corpus(folder)
    (folder / "counts.npy").unlink()
    for path in folder.rglob("stories.*"):
        path.unlink()
    assert corpus.rows["de-en"] == 2
    with pytest.raises(ValueError, match=r"stories\.bounds\.npy is missing"):
        len(corpus.datasets[1].shard)


def test_a_whole_corpus_says_so(folder: Path) -> None:
    size = sum(path.stat().st_size for path in folder.rglob("*.*") if path.name != "manifest.json")
    assert check_corpus(folder) == [
        f"{folder}: 2 languages, 3 data sets",
        f"8 files, {size:,} bytes: all as they were built",
    ]


def torn(folder: Path) -> None:
    path = folder / "monolingual" / "de" / "stories.tokens.npy"
    path.write_bytes(path.read_bytes()[:-2])


def altered(folder: Path) -> None:
    path = folder / "parallel" / "de-en" / "stories.bounds.npy"
    raw = path.read_bytes()
    path.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))


def missing(folder: Path) -> None:
    (folder / "monolingual" / "de" / "film%3A%20A%2FB.bounds.npy").unlink()


def superfluous(folder: Path) -> None:
    (folder / "parallel" / "de-en" / "tales.tokens.npy").write_bytes(b"of another corpus")


@pytest.mark.parametrize(
    ("harm", "message", "opens"),
    [
        (torn, r"/stories\.tokens\.npy is torn: 132 bytes, .* says 134", False),
        (altered, r"/de-en/stories\.bounds\.npy is altered: its checksum is another", True),
        (missing, r"/de/film%3A%20A%2FB\.bounds\.npy is missing", False),
        (superfluous, r"/tales\.tokens\.npy is superfluous: the manifest does not know", True),
    ],
)
def test_each_file_that_is_not_as_it_was_built_is_named(
    folder: Path, harm: Callable[[Path], None], message: str, opens: bool
) -> None:
    harm(folder)
    with pytest.raises(ValueError, match=message):
        check_corpus(folder)
    if opens:
        open_corpus(folder)
    else:
        with pytest.raises(ValueError, match=message):
            open_corpus(folder)


def test_all_faults_are_named_at_once(folder: Path) -> None:
    for harm in (torn, altered, missing, superfluous):
        harm(folder)
    with pytest.raises(ValueError, match="copy the corpus again, or build it again") as caught:
        check_corpus(folder)
    assert [
        line.split(" is ")[1].split(":")[0] for line in str(caught.value).split("\n")[1:-1]
    ] == [
        "missing",
        "torn",
        "altered",
        "superfluous",
    ]


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (1, r"has format 1, .* reads 3: build it again .* `erniem corpus build`"),
        (2, r"has format 2, .* reads 3: build it again .* `erniem corpus build`"),
        (4, r"has format 4, .* reads 3: upgrade erniem"),
    ],
)
def test_a_corpus_of_another_format_says_what_to_do(folder: Path, found: int, message: str) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({"format": found, "files": {}} | {"x": 1}))
    assert manifest["format"] == 3
    for reader in (open_corpus, check_corpus):
        with pytest.raises(ValueError, match=message):
            reader(folder)


@pytest.mark.parametrize("text", ['{"format": 3, "langu', "[]", '{"format": "new"}'])
def test_a_torn_manifest_is_named(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text)
    with pytest.raises(ValueError, match=r"manifest\.json is torn or altered .* build the corpus"):
        open_corpus(folder)


def test_a_folder_that_is_no_corpus_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no corpus"):
        open_corpus(tmp_path)


def test_two_data_sets_of_one_name_are_refused(folder: Path) -> None:
    facts = DatasetFacts(label="de", source="stories", rows=1, tokens=3)
    with pytest.raises(ValueError, match="two data sets de of stories: put them together"):
        write_manifest(
            folder,
            languages=["de"],
            tokenizer="",
            datasets=[facts, facts],
            held_out={},
            from_pairs={},
            drops=Drops(),
        )


def test_histograms_of_parts_add_up() -> None:
    assert lengths_histogram(np.array([1, 2, 3, 9])) == (0, 1, 2, 0, 1)
    assert lengths_histogram(np.array([0, 7, 8, 15, 16])) == (1, 0, 0, 1, 2, 1)
    assert lengths_histogram(np.zeros(0, dtype=np.int64)) == (0,)
