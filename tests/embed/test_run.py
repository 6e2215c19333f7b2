import gzip
import io
import json
import lzma
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from erniem.cli import main
from erniem.embed import Encoder, outputs
from erniem.embed import encoder as encoder_module
from erniem.embed.run import embed_files
from invented import invented

TEXTS = [*invented(12, words=20), "", "ba de", 'with "quotes" \\ and\ttabs']

Written = Callable[[str], Path]


def packed(name: str, data: bytes) -> bytes:
    pack = {".gz": gzip.compress, ".xz": lzma.compress, ".zst": zstandard.compress}
    return pack.get(Path(name).suffix, bytes)(data)


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """The texts in a file of the format that its name says."""

    def write(name: str) -> Path:
        path = tmp_path / name
        if ".parquet" in name:
            pq.write_table(pa.table({"id": range(len(TEXTS)), "text": TEXTS}), path)
        elif ".jsonl" in name:
            lines = "".join(json.dumps({"id": 1, "text": text}) + "\n" for text in TEXTS)
            path.write_bytes(packed(name, lines.encode()))
        else:
            path.write_bytes(packed(name, "".join(f"{text}\n" for text in TEXTS).encode()))
        return path

    return write


@pytest.fixture(scope="module")
def expected(encoder: Path) -> np.ndarray:
    return Encoder.from_pretrained(encoder).encode(TEXTS)


def read(path: Path) -> np.ndarray:
    """The vectors of a file; its texts are the texts."""
    if path.suffix == ".npy":
        return np.load(path, mmap_mode="r")
    if path.suffix == ".parquet":
        rows = pq.read_table(path).to_pylist()
    else:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
    assert [row["text"] for row in rows] == TEXTS
    return np.array([row["vector"] for row in rows], dtype=np.float32)


@pytest.mark.parametrize(
    "name", ["a.txt", "a.txt.gz", "a.txt.xz", "a.jsonl", "a.jsonl.zst", "a.parquet"]
)
def test_every_input_gives_the_vectors_of_its_rows_in_order(
    name: str, written: Written, encoder: Path, expected: np.ndarray, tmp_path: Path
) -> None:
    found = embed_files(encoder, [str(written(name))], tmp_path / "out.npy")
    assert (found.texts, found.empty, found.cut) == (len(TEXTS), 1, 0)
    assert np.abs(read(tmp_path / "out.npy") - expected).max() < 1e-6


@pytest.mark.parametrize("name", ["out.npy", "out.jsonl", "out.jsonl.gz", "out.parquet"])
def test_every_output_holds_the_same_numbers_to_the_bit(
    name: str, written: Written, encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoder_module, "TEXTS", 4)
    expected = np.concatenate(
        [window.vectors for window in Encoder.from_pretrained(encoder).windows(TEXTS)]
    )
    output = tmp_path / "new" / name
    embed_files(encoder, [str(written("a.txt"))], output, normalize=False)
    assert np.array_equal(read(output), expected)
    assert [one.name for one in output.parent.iterdir()] == [name], "nothing else is left"


def test_files_follow_each_other_and_another_column_may_hold_the_text(
    encoder: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "a.jsonl", tmp_path / "b.parquet"
    first.write_text('{"said": "ba de"}\n{"said": "fi"}\n', encoding="utf-8")
    pq.write_table(pa.table({"said": ["go lu"]}), second)
    embed_files(encoder, [str(first), str(second)], tmp_path / "out.npy", field="said")
    expected = Encoder.from_pretrained(encoder).encode(["ba de", "fi", "go lu"])
    assert np.abs(read(tmp_path / "out.npy") - expected).max() < 1e-6


def test_the_command_reads_standard_input_and_tells_what_it_did(
    encoder: Path,
    expected: np.ndarray,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = io.BytesIO("".join(f"{text}\n" for text in TEXTS).encode())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(given)))
    output = tmp_path / "out.npy"
    options = ["--max-length", "6", "--tokens-per-batch", "20", "--threads", "1"]
    assert main(["embed", str(encoder), "--output", str(output), *options]) == 0
    told = capsys.readouterr().out
    assert f"{output}: 15 vectors of 32 numbers, from " in told
    assert "texts were cut at 6 tokens" in told
    assert "1 texts are empty" in told
    found = read(output)
    short = [row for row, text in enumerate(TEXTS) if text in ("", "ba de")]
    assert np.abs(found[short] - expected[short]).max() < 1e-6


def test_an_output_that_is_there_is_kept(encoder: Path, written: Written, tmp_path: Path) -> None:
    output = tmp_path / "out.npy"
    output.write_bytes(b"mine")
    with pytest.raises(ValueError, match=r"out\.npy is there already"):
        embed_files(encoder, [str(written("a.txt"))], output)
    assert output.read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"", r"a\.txt is empty"),
        ("a.txt", b"good\nb\xe4d\n", r"a\.txt:2 cannot be read \(not UTF-8"),
        ("a.txt", b"good\nb\0d\n", r"a\.txt:2 cannot be read \(zero bytes"),
        ("a.jsonl", b'{"text": "a"}\n{"said": "b"}\n', r"a\.jsonl:2 has no 'text'.*--field"),
        ("a.jsonl", b'{"text": "a"}\n\n', r"a\.jsonl:2 is no JSON"),
        ("a.jsonl", b'{"text": 3}\n', r"a\.jsonl:1 holds 3 and no text"),
        ("a.jsonl", b'{"text": ""}\n{"text": "\\ud800"}\n', r"a\.jsonl:2 .* \(not UTF-8: '\?'\)"),
        ("a.jsonl", b'["text"]\n', r"a\.jsonl:1 has no 'text'"),
        ("a.parquet", b"PAR1 not", r"a\.parquet is no parquet file"),
        ("a.txt.gz", b"not packed", r"a\.txt\.gz is cut short or damaged"),
        ("a.docx", b"a", r"a\.docx: give a file whose name ends in \.txt, \.jsonl, \.parquet"),
    ],
)
def test_an_input_that_cannot_be_read_is_named_and_nothing_is_left(
    name: str, content: bytes, message: str, encoder: Path, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        embed_files(encoder, [str(tmp_path / name)], tmp_path / "out.npy")
    assert [one.name for one in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"said": ["a"]}, r"has no column 'text'; it has said: say which it is, --field"),
        ({"text": ["a", None]}, r"a\.parquet:2 holds None and no text"),
        ({"text": pa.array([], pa.string())}, r"a\.parquet has no rows"),
    ],
)
def test_a_parquet_file_without_texts_is_told(
    table: dict[str, list[str]], message: str, encoder: Path, tmp_path: Path
) -> None:
    pq.write_table(pa.table(table), tmp_path / "a.parquet")
    with pytest.raises(ValueError, match=message):
        embed_files(encoder, [str(tmp_path / "a.parquet")], tmp_path / "out.npy")


def test_no_file_and_unknown_outputs_are_refused(
    encoder: Path, written: Written, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="there is no file: name some, or -"):
        embed_files(encoder, [], tmp_path / "out.npy")
    with pytest.raises(ValueError, match=r"ends in \.npy, \.jsonl, \.jsonl\.gz, \.parquet"):
        embed_files(encoder, [str(written("a.txt"))], tmp_path / "out.csv")
    with pytest.raises(ValueError, match=r"gone\.txt is not there"):
        embed_files(encoder, [str(tmp_path / "gone.txt")], tmp_path / "out.npy")


def test_a_full_disk_leaves_nothing(
    encoder: Path, written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    source = written("a.txt")
    monkeypatch.setattr(outputs, "_header", full)
    with pytest.raises(OSError, match=r"out\.npy could not be written .*make room"):
        embed_files(encoder, [str(source)], tmp_path / "out.npy")
    assert [one.name for one in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_texts(encoder: Path, tmp_path: Path) -> None:
    lines = invented(1000, words=50)
    program = (
        "import resource, sys; from pathlib import Path; from erniem.embed.run import embed_files; "
        "embed_files(Path(sys.argv[1]), [sys.argv[2]], Path(sys.argv[3])); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    )
    peaks = []
    for times in (20, 160):
        source = tmp_path / f"{times}.txt"
        source.write_text("\n".join(lines * times) + "\n", encoding="utf-8")
        output = tmp_path / f"{times}.jsonl"
        command = [sys.executable, "-c", program, str(encoder), str(source), str(output)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        peaks.append(int(done.stdout))
    assert peaks[1] < peaks[0] + 30, f"{peaks} MB, for 20,000 and 160,000 texts"
