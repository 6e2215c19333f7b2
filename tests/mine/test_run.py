import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from erniem.corpus.document import Drops
from erniem.corpus.sources.lines import LONGEST
from erniem.embed import TODAYS_VECTORS
from erniem.mine import MineSettings, Threshold, mine_files, run, side
from erniem.mine.sentences import Sentences, write_sentences
from erniem.mine.side import digest_of
from erniem.mine.threshold import known_scores
from invented import GREEK

Files = tuple[Path, Path]


@pytest.fixture
def mined(knowing: Any, folder: Path, files: Files, tmp_path: Path) -> Callable[..., Any]:
    """Mines the files with what else is said."""

    def go(**given: Any) -> Any:
        first, second = given.pop("files", files)
        told: dict[str, Any] = {"encoder": folder, "output": tmp_path / "pairs.tsv"}
        return mine_files(first, second, **{**told, **given})

    return go


def rows(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text().splitlines()]


def plainly(knowing: Any, files: Files, k: int, margin: str) -> list[tuple[float, str, str]]:
    """Mining by its definition: all cosines, all margins, the best first, each sentence once."""
    texts = [path.read_text().splitlines() for path in files]
    one, other = (knowing.vectors(lines, TODAYS_VECTORS) for lines in texts)
    one, other = (side / np.linalg.norm(side, axis=1, keepdims=True) for side in (one, other))
    cosines = one @ other.T
    forth = -np.sort(-cosines, axis=1)[:, :k].mean(axis=1)
    back = -np.sort(-cosines, axis=0)[:k].mean(axis=0)
    level = (forth[:, None] + back[None]) / 2
    scores = {"ratio": cosines / level, "distance": cosines - level, "absolute": cosines}[margin]
    near_one = np.argsort(-cosines, axis=1)[:, :k]
    near_other = np.argsort(-cosines, axis=0)[:k].T
    taken = [(a, max(near_one[a], key=lambda b, a=a: scores[a, b])) for a in range(len(one))]
    taken += [(max(near_other[b], key=lambda a, b=b: scores[a, b]), b) for b in range(len(other))]
    best: list[tuple[float, str, str]] = []
    for a, b in sorted(taken, key=lambda pair: -scores[pair]):
        used = {text for _, *pair in best for text in pair}
        if texts[0][a] not in used and texts[1][b] not in used:
            best.append((float(scores[a, b]), texts[0][a], texts[1][b]))
    return best


@pytest.mark.parametrize(("margin", "k"), [("ratio", 4), ("distance", 3), ("absolute", 100)])
def test_what_is_mined_is_what_the_definition_says(
    mined: Any, knowing: Any, files: Files, tmp_path: Path, margin: str, k: int
) -> None:
    settings = MineSettings(margin=margin, neighbours=k)  # type: ignore[arg-type]
    mined(settings=settings, threshold=Threshold(least=-9.0))
    found = [(float(score), one, other) for score, one, other in rows(tmp_path / "pairs.tsv")]
    expected = plainly(knowing, files, k, margin)
    assert [pair for _, *pair in found] == [pair for _, *pair in expected]
    assert [s for s, *_ in found] == pytest.approx([s for s, *_ in expected], abs=6e-5)


def test_planted_pairs_are_found_and_no_others(mined: Any, files: Files, tmp_path: Path) -> None:
    found = mined(threshold=Threshold(least=1.7))
    planted = {(line, line.translate(GREEK)) for line in files[0].read_text().splitlines()[:20]}
    assert {(one, other) for _, one, other in rows(tmp_path / "pairs.tsv")} == planted
    assert (found.pairs, found.sentences, found.search) == (20, (60, 80), "exact")


def test_known_pairs_set_the_threshold(mined: Any, files: Files, tmp_path: Path) -> None:
    known = tmp_path / "known.tsv"
    planted = [(line, line.translate(GREEK)) for line in files[0].read_text().splitlines()[:10]]
    known.write_text("".join(f"{one}\t{other}\n" for one, other in planted))
    found = mined(threshold=Threshold(known=known))
    scores = {(one, other): float(score) for score, one, other in rows(found.output)}
    assert sum(pair in scores for pair in planted) == 9
    assert found.threshold < min(scores.values())


def test_a_development_set_sets_the_threshold(mined: Any, files: Files, tmp_path: Path) -> None:
    dev = tmp_path / "dev"
    dev.mkdir()
    for path, name in zip(files, ("el", "en"), strict=True):
        lines = path.read_text().splitlines()
        text = "".join(f"{name}-{number}\t{line}\n" for number, line in enumerate(lines))
        (dev / f"el-en.dev.{name}").write_text(text)
    (dev / "el-en.dev.gold").write_text("".join(f"el-{n}\ten-{n + 60}\n" for n in range(20)))
    assert mined(threshold=Threshold(dev=dev)).pairs == 20
    (dev / "de-en.dev.gold").write_text("")
    with pytest.raises(ValueError, match="development sets of de, el"):
        mined(threshold=Threshold(dev=dev), output=tmp_path / "other.tsv")


def test_known_pairs_score_as_they_would_among_the_sentences(knowing: Any, files: Files) -> None:
    one, other = (knowing.vectors(path.read_text().splitlines(), TODAYS_VECTORS) for path in files)
    settings = MineSettings()
    among = known_scores(one[:5], other[60:65], one, other, settings)
    without = known_scores(one[:5], other[60:65], one[5:], other[:60], settings)
    expected = {one: score for score, one, _ in plainly(knowing, files, 4, "ratio")}
    texts = files[0].read_text().splitlines()[:5]
    assert among.tolist() == pytest.approx([expected[text] for text in texts], abs=1e-4)
    assert without.tolist() == pytest.approx(among.tolist(), abs=0.2)


# Formats


def test_each_format_tells_the_same_pairs(mined: Any, files: Files, tmp_path: Path) -> None:
    texts = [path.read_text().splitlines() for path in files]
    told = {
        form: mined(form=form, output=tmp_path / form).output
        for form in ("scored", "pairs", "bucc", "jsonl")
    }
    scored = rows(told["scored"])
    assert rows(told["pairs"]) == [row[1:] for row in scored]
    numbers = [[int(one), int(other)] for one, other in rows(told["bucc"])]
    assert [[texts[0][a - 1], texts[1][b - 1]] for a, b in numbers] == rows(told["pairs"])
    for line, row in zip(told["jsonl"].read_text().splitlines(), scored, strict=True):
        found = json.loads(line)
        assert found["texts"] == row[1:]
        assert found["score"] == pytest.approx(float(row[0]), abs=6e-5)


def test_ids_stand_before_sentences(mined: Any, files: Files, tmp_path: Path) -> None:
    for path, name in zip(files, "ab", strict=True):
        lines = path.read_text().splitlines()
        path.write_text("".join(f"{name}{n}\t{line}\n" for n, line in enumerate(lines)))
    found = mined(ids=True, form="bucc", threshold=Threshold(least=1.7))
    assert {tuple(row) for row in rows(found.output)} == {
        (f"a{n}", f"b{n + 60}") for n in range(20)
    }
    files[0].write_text("no id\n")
    with pytest.raises(ValueError, match=r"one\.txt:1 is 'no id': write an id, a tab"):
        mined(ids=True, output=tmp_path / "other")


def test_what_is_not_mined_is_counted(mined: Any, knowing: Any, files: Files) -> None:
    lines = files[0].read_bytes()
    again = lines.splitlines()[3]
    files[0].write_bytes(b"\xff\n\n" + lines + again + b"\n" + b"x" * 1001 + b"\na\tb\n")
    found = mined(form="bucc", threshold=Threshold(least=1.7))
    assert found.dropped == ({"not UTF-8": 1, "empty": 1, "said before": 1, "too long": 1}, {})
    assert "1 said before" in found.lines()[0]
    assert "a b" in knowing.asked
    assert ["3", "61"] in rows(found.output)  # two lines stand before it


def test_an_id_is_the_line_s_number_whatever_stands_before(tmp_path: Path) -> None:
    odd, drops = tmp_path / "odd.txt", Drops()
    odd.write_bytes(b"ba\n\0de\nfi\n\xff\n" + b"go" * LONGEST + b"\nlu\n")
    write_sentences(odd, tmp_path, ids=False, max_characters=9, drops=drops)
    found = Sentences(tmp_path)
    assert [found[row] for row in range(len(found))] == [("1", "ba"), ("3", "fi"), ("6", "lu")]
    assert drops.by_reason() == {"zero bytes": 1, "not UTF-8": 1, "too long a line": 1}


# Going on


def test_a_second_run_does_nothing_and_says_so(mined: Any, knowing: Any) -> None:
    first = mined()
    assert "this threshold is for LASER's vectors" in first.lines()[0]
    knowing.asked.clear()
    again = mined()
    assert again.again
    assert "nothing has changed" in again.lines()[-1]
    assert (again.pairs, again.dropped, knowing.asked) == (first.pairs, first.dropped, [])


def test_another_threshold_makes_no_vectors_and_no_neighbours_again(
    mined: Any, knowing: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = mined().pairs
    knowing.asked.clear()
    monkeypatch.setattr(run, "search_both_ways", None)
    found = mined(threshold=Threshold(least=1.7), settings=MineSettings(candidates="intersection"))
    assert not found.again
    assert "LASER" not in "".join(found.lines())
    assert found.pairs < before
    assert knowing.asked == []


def test_another_encoder_and_another_file_are_noticed(
    mined: Any, knowing: Any, folder: Path, files: Files
) -> None:
    mined()
    knowing.asked.clear()
    files[1].write_text(files[1].read_text() + "ba de fi\n")
    mined()
    assert len(knowing.asked) == 81
    knowing.asked.clear()
    (folder / "weights").write_text("others")
    mined()
    assert len(knowing.asked) == 60 + 81


def test_a_killed_run_goes_on_where_it_was(
    mined: Any, knowing: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    whole = mined(output=tmp_path / "whole.tsv").output.read_text()
    monkeypatch.setattr(side, "PART", 16)
    plain, left = type(knowing).vectors, [5]

    def dying(self: Any, *given: Any, **named: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return plain(self, *given, **named)

    monkeypatch.setattr(type(knowing), "vectors", dying)
    with pytest.raises(KeyboardInterrupt):
        mined()
    assert not (tmp_path / "pairs.tsv").exists()
    monkeypatch.setattr(type(knowing), "vectors", plain)
    knowing.asked.clear()
    found = mined()
    assert len(knowing.asked) == 80 - 16  # the first side and a part of the second were there
    assert found.output.read_text() == whole


@pytest.mark.parametrize("name", ["done", "side.json"])
def test_a_run_that_is_killed_while_it_notes_what_is_done_goes_on(
    mined: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    plain = Path.write_text

    def torn(path: Path, text: str, **given: Any) -> int:
        plain(path, "", **given)
        if path.name.removeprefix(".partial.").startswith(name):
            raise KeyboardInterrupt
        return plain(path, text, **given)

    monkeypatch.setattr(Path, "write_text", torn)
    with pytest.raises(KeyboardInterrupt):
        mined()
    monkeypatch.setattr(Path, "write_text", plain)
    assert mined().pairs


def test_a_file_that_no_mining_made_is_not_overwritten(mined: Any, tmp_path: Path) -> None:
    (tmp_path / "pairs.tsv").write_text("mine\n")
    with pytest.raises(ValueError, match=r"pairs\.tsv is there, and no mining left it so"):
        mined()
    assert (tmp_path / "pairs.tsv").read_text() == "mine\n"


# Bad input


def test_bad_input_is_told_with_its_file(mined: Any, files: Files, tmp_path: Path) -> None:
    odd = tmp_path / "odd.txt"

    def told(content: bytes | None, message: str) -> None:
        odd.unlink(missing_ok=True)
        if content is not None:
            odd.write_bytes(content)
        with pytest.raises(ValueError, match=message):
            mined(files=(files[0], odd))

    told(None, r"odd\.txt is not there")
    told(b"", r"odd\.txt is empty")
    told(b"\n\n", r"odd\.txt has no sentence to mine")
    told("bade figo\n".encode("utf-16"), r"odd\.txt has no line in UTF-8")
    told(files[0].read_bytes(), r"are the same text: give two languages")
    odd = tmp_path / "odd.txt.gz"
    told(gzip.compress(files[1].read_bytes())[:-20], r"odd\.txt\.gz is cut short")


def test_a_folder_without_an_encoder_is_told(files: Files, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="none is no folder"):
        mine_files(*files, encoder=tmp_path / "none", output=tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="empty cannot be read"):
        mine_files(*files, encoder=tmp_path / "empty", output=tmp_path / "out")


def test_settings_that_cannot_be_are_told() -> None:
    with pytest.raises(ValueError, match="max has each sentence once"):
        MineSettings(shared=True)
    with pytest.raises(ValueError, match="0 neighbours"):
        MineSettings(neighbours=0)
    with pytest.raises(ValueError, match="from one place"):
        Threshold(least=1.0, dev=Path("dev"))
    with pytest.raises(ValueError, match="no threshold is known for margin distance"):
        Threshold().or_usual(MineSettings(margin="distance"))
    assert Threshold().or_usual(MineSettings()) == Threshold(least=1.06)


def test_a_folder_is_told_from_another_by_names_and_content(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    before = digest_of(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    assert digest_of(tmp_path) != before
