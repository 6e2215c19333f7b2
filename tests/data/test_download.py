"""One file from a server that breaks off, changes, refuses, or is not there."""

import hashlib
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from erniem.data.download import StoppedError, download
from erniem.data.web import NoNetworkError, Web

CONTENT = bytes(range(256)) * 40
SHA256 = hashlib.sha256(CONTENT).hexdigest()
NOTHING = (0.0, 0.0)


def url_of(publisher) -> str:
    publisher.files.setdefault("a/file.bin", CONTENT)
    return f"{publisher.address}/a/file.bin"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_comes_whole_under_its_name(publisher, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file.bin"
    arrived = download(url_of(publisher), path, web=Web(), sha256=SHA256, size=len(CONTENT))
    assert path.read_bytes() == CONTENT
    assert (arrived.bytes, arrived.sha256) == (len(CONTENT), SHA256)
    assert arrived.etag == publisher.tag("a/file.bin")
    assert names(path.parent) == ["file.bin"]


def test_a_file_that_broke_off_goes_on_and_only_the_rest_is_sent(publisher, tmp_path: Path) -> None:
    url = url_of(publisher)
    publisher.faults["a/file.bin"] = ["cut"]
    with pytest.raises(OSError, match=r"broke off at 5,120 of 10,240 bytes; 5,120 bytes are kept"):
        download(url, tmp_path / "file.bin", web=Web(), pauses=())
    assert names(tmp_path) == ["file.bin.part", "file.bin.part.json"]
    publisher.sent = 0
    download(url, tmp_path / "file.bin", web=Web(), sha256=SHA256)
    assert publisher.sent == len(CONTENT) // 2
    assert publisher.asked[-1] == ("a/file.bin", "bytes=5120-")
    assert names(tmp_path) == ["file.bin"]


def test_a_process_that_was_killed_leaves_what_the_next_one_goes_on_with(
    publisher, tmp_path: Path
) -> None:
    url, part = url_of(publisher), tmp_path / "file.bin.part"
    publisher.files["a/file.bin"] = content = CONTENT * 100
    publisher.faults["a/file.bin"] = ["hang"]
    code = (
        "from pathlib import Path; from erniem.data.download import download; "
        f"from erniem.data.web import Web; download({url!r}, Path({str(tmp_path)!r}) / 'file.bin', "
        "web=Web())"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as process:
        while not (part.exists() and part.stat().st_size):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    came = part.stat().st_size
    assert 0 < came <= len(content) // 2
    assert not (tmp_path / "file.bin").exists()
    publisher.sent = 0
    download(url, tmp_path / "file.bin", web=Web())
    assert (tmp_path / "file.bin").read_bytes() == content
    assert publisher.sent == len(content) - came


def test_it_is_tried_again_within_a_call_as_long_as_something_comes(
    publisher, tmp_path: Path
) -> None:
    said: list[str] = []
    url = url_of(publisher)
    publisher.faults["a/file.bin"] = ["cut"] * 6
    download(url, tmp_path / "file.bin", web=Web(), sha256=SHA256, pauses=(0.0,), say=said.append)
    assert publisher.sent == len(CONTENT)
    assert len(said) == 6


def test_a_server_without_ranges_sends_all_of_it_again(publisher, tmp_path: Path) -> None:
    said: list[str] = []
    url = url_of(publisher)
    publisher.ranges = False
    publisher.faults["a/file.bin"] = ["cut"]
    download(url, tmp_path / "file.bin", web=Web(), sha256=SHA256, pauses=NOTHING, say=said.append)
    assert "cannot go on in the middle" in said[-1]
    assert publisher.sent == len(CONTENT) * 3 // 2


def test_a_server_that_names_no_version_is_never_gone_on_from(publisher, tmp_path: Path) -> None:
    url = url_of(publisher)
    publisher.tags = False
    publisher.faults["a/file.bin"] = ["cut"]
    download(url, tmp_path / "file.bin", web=Web(), sha256=SHA256, pauses=NOTHING)
    assert [asked for _, asked in publisher.asked] == ["", ""]


def test_a_file_that_changed_between_two_runs_begins_anew(publisher, tmp_path: Path) -> None:
    url = url_of(publisher)
    publisher.faults["a/file.bin"] = ["cut"]
    with pytest.raises(OSError, match="kept"):
        download(url, tmp_path / "file.bin", web=Web(), pauses=())
    publisher.files["a/file.bin"] = CONTENT[::-1]
    said: list[str] = []
    download(url, tmp_path / "file.bin", web=Web(), say=said.append)
    assert (tmp_path / "file.bin").read_bytes() == CONTENT[::-1]
    assert "changed on the server" in said[0]


def test_a_file_that_came_whole_but_was_not_named_yet_is_only_checked(
    publisher, tmp_path: Path
) -> None:
    url = url_of(publisher)
    (tmp_path / "file.bin.part").write_bytes(CONTENT)
    note = json.dumps({"etag": publisher.tag("a/file.bin")})
    (tmp_path / "file.bin.part.json").write_text(note)
    download(url, tmp_path / "file.bin", web=Web(), sha256=SHA256)
    assert publisher.sent == 0


def test_another_checksum_keeps_the_file_aside_and_names_both(publisher, tmp_path: Path) -> None:
    expected = "0" * 64
    with pytest.raises(ValueError, match=rf"{SHA256}, expected was {expected}.*file\.bin\.wrong"):
        download(url_of(publisher), tmp_path / "file.bin", web=Web(), sha256=expected)
    assert names(tmp_path) == ["file.bin.wrong"]
    assert (tmp_path / "file.bin.wrong").read_bytes() == CONTENT


def test_another_size_than_the_publisher_lists_is_refused_before_it_comes(
    publisher, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=r"has 10,240 bytes, the publisher's list says 7"):
        download(url_of(publisher), tmp_path / "file.bin", web=Web(), size=7)
    assert publisher.sent <= len(CONTENT)
    assert "file.bin" not in names(tmp_path)


def test_what_is_not_there_is_said_at_once(publisher, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"/none: the server says 404 Not Found.*--mirror"):
        download(f"{publisher.address}/none", tmp_path / "none", web=Web())
    assert len(publisher.asked) == 1


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_fault_of_the_server_passes(publisher, tmp_path: Path, status: int) -> None:
    url = url_of(publisher)
    publisher.faults["a/file.bin"] = [status, status]
    said: list[str] = []
    download(url, tmp_path / "file.bin", web=Web(), sha256=SHA256, pauses=NOTHING, say=said.append)
    assert len(publisher.asked) == 3
    assert str(status) in said[0]


def test_a_fault_that_does_not_pass_ends_after_the_last_pause(publisher, tmp_path: Path) -> None:
    url = url_of(publisher)
    publisher.faults["a/file.bin"] = [500] * 9
    with pytest.raises(OSError, match=r"500 .*; 0 bytes are kept"):
        download(url, tmp_path / "file.bin", web=Web(), pauses=NOTHING, say=lambda _: None)
    assert len(publisher.asked) == 3


def test_a_slow_connection_counts_as_broken_and_is_tried_again(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/file.bin"
        with pytest.raises(OSError, match="timed out"):
            download(url, tmp_path / "f", web=Web(timeout=0.05), pauses=NOTHING, say=lambda _: None)


def test_nobody_there_is_one_line_without_a_second_try(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(NoNetworkError, match=rf"^no network: 127.0.0.1:{port} cannot be reached"):
        download(f"http://127.0.0.1:{port}/file", tmp_path / "f", web=Web())


def test_a_name_that_nobody_knows_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(NoNetworkError, match=r"^no network: none\.invalid cannot be .*not known"):
        download("http://none.invalid/file", tmp_path / "f", web=Web())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's disk that is always full")
def test_a_full_disk_says_so_and_is_not_tried_again(publisher, tmp_path: Path) -> None:
    url = url_of(publisher)
    part = tmp_path / "file.bin.part"
    publisher.faults["a/file.bin"] = ["cut"]
    with pytest.raises(OSError, match="kept"):
        download(url, tmp_path / "file.bin", web=Web(), pauses=())
    real = Path.open

    def full(path: Path, *arguments, **named):
        return real(Path("/dev/full") if path == part else path, *arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "open", full)
        with pytest.raises(OSError, match=r"the disk is full at .*5,120 bytes are kept") as error:
            download(url, tmp_path / "file.bin", web=Web())
    assert error.value.errno == 28
    assert len(publisher.asked) == 2
    download(url, tmp_path / "file.bin", web=Web(), sha256=SHA256)


def test_a_download_stops_when_others_failed(publisher, tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(StoppedError):
        download(url_of(publisher), tmp_path / "file.bin", web=Web(), stop=stop)
    assert "file.bin" not in names(tmp_path)


def test_a_mirror_stands_in_for_every_host(publisher, tmp_path: Path) -> None:
    publisher.files["ours/example.org/a.txt"] = b"x"
    web = Web(mirror=f"{publisher.address}/ours/")
    download("https://example.org/a.txt", tmp_path / "a.txt", web=web)
    assert (tmp_path / "a.txt").read_bytes() == b"x"
    with pytest.raises(ValueError, match="a mirror is an address"):
        Web(mirror="file:///etc")
