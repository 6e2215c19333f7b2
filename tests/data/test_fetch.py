"""The real catalogue, fetched from a server on loopback that stands in for all hosts."""

import hashlib
import io
import json
import lzma
import tarfile
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from erniem.cli import main
from erniem.corpus.sources import SourceEntry, find_sources
from erniem.data import CATALOGUE, data_sets_named, fetch
from erniem.data.plan import hub_files
from erniem.data.web import NoNetworkError, Web
from erniem.scores.xtreme import XTREME
from erniem.tasks.catalogue import TASKS
from erniem.tasks.retrieve.bucc_files import read_bitext
from erniem.tasks.retrieve.tatoeba_files import read_tatoeba
from erniem.tasks.sources import find

CC100 = "data.statmt.org/cc-100/"
SWAHILI = lzma.compress(b"bade fi\nlu mi\n")
TED = "object.pouta.csc.fi/OPUS-TED2020/v1/moses/"


def parquet() -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table({"text": ["bade"]}), file)
    return file.getvalue()


def moses(pair: str, first: str, second: str) -> bytes:
    file = io.BytesIO()
    one, other = pair.split("-")
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"TED2020.{pair}.{one}", first)
        archive.writestr(f"TED2020.{pair}.{other}", second)
    return file.getvalue()


def bucc(name: str) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:bz2") as archive:
        for side, text in (("zh", "z1\tba\n"), ("en", "e1\tde\n"), ("gold", "z1\te1\n")):
            info = tarfile.TarInfo(f"bucc2018/zh-en/zh-en.{name}.{side}")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return file.getvalue()


def put_on_hub(publisher, address: str, *names: str, content: bytes | None = None) -> None:
    """Files of a Hub folder and the list of them: `facebook/xnli@REV/de`."""
    repository, _, rest = address.partition("@")
    revision, _, folder = rest.partition("/")
    entries = [{"type": "directory", "path": f"{folder}/more", "size": 0, "oid": "x"}]
    for name in names:
        one = parquet() if content is None else content
        publisher.files[
            f"huggingface.co/datasets/{repository}/resolve/{revision}/{folder}/{name}"
        ] = one
        large = {"oid": hashlib.sha256(one).hexdigest(), "size": len(one)}
        path = f"{folder}/{name}"
        entries.append({"type": "file", "path": path, "size": len(one), "oid": "y", "lfs": large})
    listing = f"huggingface.co/api/datasets/{repository}/tree/{revision}/{folder}"
    publisher.files[listing] = json.dumps(entries).encode()


@pytest.fixture
def bring(publisher, tmp_path: Path):
    """Fetches into `tmp_path/data` from the publisher, licences accepted; returns what was said."""

    def fetched(*names: str, **options) -> list[str]:
        said: list[str] = []
        defaults = {"accept_licences": True, "pauses": (0.0,), "say": said.append}
        defaults |= {"mirror": publisher.address, "output": tmp_path / "data"}
        fetch(names, **(defaults | options))
        return said

    return fetched


def below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_corpus_comes_under_names_that_the_corpus_builder_knows(
    publisher, bring, tmp_path: Path
) -> None:
    publisher.files |= {CC100 + "sw.txt.xz": SWAHILI, CC100 + "zh-Hans.txt.xz": SWAHILI}
    said = bring("cc100", languages=["sw", "zh"])
    found = find_sources(SourceEntry(path=str(tmp_path / "data")))
    assert [(one.label, one.name) for one in found] == [("sw", "cc100"), ("zh", "cc100")]
    assert "licence: none claimed by its makers" in said[0]
    assert said[-1].startswith("files fetched: 2, ")


def test_pairs_of_opus_become_tables_english_first(publisher, bring, tmp_path: Path) -> None:
    publisher.files[TED + "en-zh_cn.txt.zip"] = moses("en-zh_cn", "one\n", "ba\n")
    publisher.files[TED + "de-en.txt.zip"] = moses("de-en", "fi\n", "two\n")
    publisher.files[TED + "de-fr.txt.zip"] = moses("de-fr", "fi\n", "go\n")
    bring("opus-ted2020", languages=["zh", "de", "fr-de"])
    found = find_sources(SourceEntry(path=str(tmp_path / "data")))
    assert [one.label for one in found] == ["de-fr", "en-de", "en-zh"]
    assert below(tmp_path / "data") == [
        "data.lock.json",
        *(f"parallel/opus-ted2020/{pair}.tsv.zst" for pair in ("de-fr", "en-de", "en-zh")),
        "sources.yaml",
    ]


def test_a_second_run_asks_nobody_and_says_that_there_is_nothing_to_do(
    publisher, bring, tmp_path: Path
) -> None:
    revision = "b04c8d1ceb2f5cd4588862100d08de323dccfbaa"
    address = f"wikimedia/wikipedia@{revision}/20231101.sw"
    put_on_hub(publisher, address, "train-00000-of-00002.parquet", "train-00001-of-00002.parquet")
    publisher.files[CC100 + "sw.txt.xz"] = SWAHILI
    bring("wikipedia", "cc100", languages=["sw"])
    asked = len(publisher.asked)
    said = bring("wikipedia", "cc100", languages=["sw"], accept_licences=False)
    assert said == [f"nothing to do: {tmp_path / 'data'} has it all (files: 3)."]
    assert len(publisher.asked) == asked
    folder = tmp_path / "data/monolingual/wikipedia/sw"
    assert below(folder) == ["train-00000-of-00002.parquet", "train-00001-of-00002.parquet"]


def test_sources_for_a_recipe_say_language_and_licence(publisher, bring, tmp_path: Path) -> None:
    revision = "b04c8d1ceb2f5cd4588862100d08de323dccfbaa"
    put_on_hub(publisher, f"wikimedia/wikipedia@{revision}/20231101.sw", "train-0.parquet")
    publisher.files[CC100 + "sw.txt.xz"] = SWAHILI
    bring("wikipedia", "cc100", languages=["sw"])
    told = yaml.safe_load((tmp_path / "data/sources.yaml").read_text())
    folder = (tmp_path / "data/monolingual").resolve()
    assert told["sources"] == [
        {
            "path": f"{folder}/cc100/sw.txt.xz",
            "languages": ["sw"],
            "name": "cc100",
            "licence": CATALOGUE["cc100"].licence,
        },
        {
            "path": f"{folder}/wikipedia/sw",
            "languages": ["sw"],
            "name": "wikipedia",
            "licence": CATALOGUE["wikipedia"].licence,
        },
    ]


def test_a_file_of_other_content_than_at_first_is_kept_aside(
    publisher, bring, tmp_path: Path
) -> None:
    publisher.files[CC100 + "sw.txt.xz"] = SWAHILI
    bring("cc100", languages=["sw"])
    path = tmp_path / "data/monolingual/cc100/sw.txt.xz"
    path.unlink()
    publisher.files[CC100 + "sw.txt.xz"] = SWAHILI[::-1]
    first, second = (hashlib.sha256(one).hexdigest() for one in (SWAHILI, SWAHILI[::-1]))
    with pytest.raises(ValueError, match=rf"{second}, expected was {first}.*data\.lock\.json"):
        bring("cc100", languages=["sw"])
    assert not path.exists()
    assert path.with_name("sw.txt.xz.wrong").exists()
    publisher.files[CC100 + "sw.txt.xz"] = SWAHILI
    bring("cc100", languages=["sw"])
    assert path.read_bytes() == SWAHILI


def test_the_hubs_own_checksum_is_checked(publisher, bring) -> None:
    revision = "b04c8d1ceb2f5cd4588862100d08de323dccfbaa"
    address = f"wikimedia/wikipedia@{revision}/20231101.sw"
    put_on_hub(publisher, address, "train-0.parquet", content=b"right")
    where = f"huggingface.co/datasets/wikimedia/wikipedia/resolve/{revision}/20231101.sw/"
    publisher.files[where + "train-0.parquet"] = b"wrong"
    with pytest.raises(ValueError, match="expected was"):
        bring("wikipedia", languages=["sw"])


def test_without_acceptance_nothing_is_asked_of_the_network(publisher, bring) -> None:
    with pytest.raises(ValueError, match=r"nothing was fetched: .*--accept-licences \(--yes\)"):
        bring("cc100", languages=["sw"], accept_licences=False)
    with pytest.raises(ValueError, match="were not accepted"):
        bring("cc100", languages=["sw"], accept_licences=False, ask=lambda _: False)
    assert publisher.asked == []


def test_a_yes_at_the_terminal_is_enough(publisher, bring) -> None:
    publisher.files[CC100 + "sw.txt.xz"] = SWAHILI
    bring("cc100", languages=["sw"], accept_licences=False, ask=lambda _: True)
    assert [path for path, _ in publisher.asked] == [CC100 + "sw.txt.xz"]


def test_what_one_file_lacks_does_not_keep_the_others(publisher, bring, tmp_path: Path) -> None:
    publisher.files[CC100 + "sw.txt.xz"] = SWAHILI
    with pytest.raises(ValueError, match="2 files could not be fetched") as error:
        bring("cc100", languages=["de", "sw", "fr"])
    assert "/de.txt.xz: the server says 404" in str(error.value)
    assert (tmp_path / "data/monolingual/cc100/sw.txt.xz").exists()
    publisher.files |= {CC100 + "de.txt.xz": SWAHILI, CC100 + "fr.txt.xz": SWAHILI}
    assert any("there already: 1" in line for line in bring("cc100", languages=["de", "sw", "fr"]))


def test_no_network_is_one_line_and_exit_code_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--mirror", "http://none.invalid", "--output", str(tmp_path / "data")]
    assert main(["data", "fetch", "xnli", "--languages", "de", "--yes", *where]) == 1
    shown = capsys.readouterr().err
    assert shown.startswith("erniem: no network: none.invalid cannot be reached")
    assert shown.count("\n") == 1


def test_no_network_ends_all_downloads_at_once(tmp_path: Path) -> None:
    with pytest.raises(NoNetworkError):
        fetch(
            ["cc100"],
            languages=list(CATALOGUE["cc100"].languages),
            mirror="http://none.invalid",
            output=tmp_path / "data",
            accept_licences=True,
            say=lambda _: None,
        )


def test_two_fetches_into_one_folder_do_not_meet(publisher, bring, tmp_path: Path) -> None:
    publisher.files[CC100 + "sw.txt.xz"] = SWAHILI

    def busy(line: str) -> None:
        if "files to fetch" in line:
            with pytest.raises(ValueError, match="another process is at work"):
                bring("cc100", languages=["sw"])

    bring("cc100", languages=["sw"], say=busy)


def test_a_damaged_lock_file_is_named(publisher, bring, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/data.lock.json").write_text("{")
    with pytest.raises(ValueError, match=r"data\.lock\.json is damaged"):
        bring("cc100", languages=["sw"])


def test_unknown_names_and_languages_get_the_nearest_ones(bring) -> None:
    with pytest.raises(ValueError, match=r"no data set 'cc-100'; did you mean cc100"):
        bring("cc-100")
    with pytest.raises(ValueError, match=r"cc100 has no language 'swahili'; did you mean sw"):
        bring("cc100", languages=["swahili"])
    with pytest.raises(ValueError, match=r"'xx'; it has ar, de"):
        bring("opus-multiun", languages=["xx"])
    with pytest.raises(ValueError, match=r"say which languages of cc100: --languages"):
        bring("cc100")
    with pytest.raises(ValueError, match="a language alone means its pair with English"):
        bring("opus-multiun", languages=["en"])


def test_common_voice_comes_as_one_file_a_language(publisher, bring, tmp_path: Path) -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name in ("zh-CN/a.txt", "de/a.txt", "de/b.txt", "de/c.json", "xx/a.txt"):
            info = tarfile.TarInfo(f"common-voice-1/server/data/{name}")
            info.size = 5
            archive.addfile(info, io.BytesIO(b"bade\n"))
    (part,) = CATALOGUE["commonvoice"].parts
    publisher.files[part.address.removeprefix("https://")] = file.getvalue()
    bring("commonvoice")
    folder = tmp_path / "data/monolingual/commonvoice"
    assert below(folder) == ["de.txt", "zh.txt"]
    assert (folder / "de.txt").read_text() == "bade\nbade\n"


def test_the_hubs_list_goes_on_over_pages(publisher) -> None:
    first = "huggingface.co/api/datasets/a/b/tree/r/f"
    following = '<https://huggingface.co/api/page2>; rel="next"'
    entry = {"type": "file", "path": "f/1.parquet", "size": 1}
    publisher.files[first] = json.dumps([entry]).encode()
    publisher.headers[first] = {"Link": following}
    publisher.files["huggingface.co/api/page2"] = json.dumps([entry | {"path": "f/2"}]).encode()
    found = hub_files(Web(mirror=publisher.address), "a/b", "r", "f")
    assert [one.path for one in found] == ["f/1.parquet", "f/2"]


@pytest.mark.parametrize("task", [name for name in XTREME if name in TASKS] + ["squad"])
def test_what_is_fetched_of_a_benchmark_is_where_its_task_looks(
    task: str, publisher, bring, tmp_path: Path
) -> None:
    code = "af" if task == "udpos" else "en"
    theirs = CATALOGUE[task].spellings.get(code, code)
    folder = CATALOGUE[task].parts[0].address.removeprefix("hub:").rpartition("/")[0]
    splits = ("train", "validation", "test")
    names = [f"{split}-00000-of-00001.parquet" for split in splits]
    put_on_hub(publisher, folder.format(code=code, theirs=theirs), *names)
    bring(task, languages=[code])
    for split in TASKS[task].files:
        assert len(find(TASKS[task], tmp_path / "data/xtreme", split, code)) == 1


def test_tatoeba_and_bucc_are_where_retrieval_looks(publisher, bring, tmp_path: Path) -> None:
    laser = CATALOGUE["tatoeba"].parts[1].address.removeprefix("https://").rpartition("/")[0]
    publisher.files |= {f"{laser}/tatoeba.cmn-eng.{one}": b"bade\n" for one in ("cmn", "eng")}
    for name in ("sample", "training"):
        address = f"comparable.limsi.fr/bucc2018/bucc2018-zh-en.{name}-gold.tar.bz2"
        publisher.files[address] = bucc(name)
    bring("tatoeba", "bucc2018", languages=["zh"])
    folder = tmp_path / "data/xtreme"
    assert read_tatoeba(folder / "tatoeba") == {"zh": [("bade", "bade")]}
    for split in ("dev", "test"):
        bitext = read_bitext(folder / "bucc2018", "zh", split)
        assert bitext is not None
        assert bitext.gold == {("z1", "e1")}


def test_xtremes_languages_are_the_benchmarks() -> None:
    for name, scoring in XTREME.items():
        assert set(CATALOGUE[name].languages) == set(scoring.languages), name
    assert {one.name for one in data_sets_named(["xtreme"])} == {*XTREME, "squad"}


def test_every_entry_says_licence_and_homepage_and_spells_all_its_languages() -> None:
    for one in CATALOGUE.values():
        assert one.licence
        assert one.homepage.startswith("https://")
        assert set(one.spellings) <= set(one.languages) | set(CATALOGUE["wikipedia"].languages)
    revisions = [
        part.address.split("@")[1].split("/")[0]
        for one in CATALOGUE.values()
        for part in one.parts
        if part.address.startswith("hub:")
    ]
    assert all(len(revision) == 40 for revision in revisions)  # a commit: it never changes


def test_the_list_tells_what_was_never_tried_and_what_a_folder_has(
    publisher, bring, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publisher.files[CC100 + "sw.txt.xz"] = SWAHILI
    bring("cc100", languages=["sw"])
    assert main(["data", "list", "--output", str(tmp_path / "data")]) == 0
    shown = capsys.readouterr().out
    assert "* cc100 " in shown
    assert "  wikipedia " in shown
    assert f"{len(CATALOGUE)} of {len(CATALOGUE)}: not tried" in shown
    assert main(["data", "list", "flores200", "--output", str(tmp_path / "data")]) == 0
    assert "b8b0b76783024b85797e5cc75064eb83" in capsys.readouterr().out
