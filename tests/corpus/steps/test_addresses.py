"""Addresses: how many, how much of a text, and hosts that are blocked."""

from pathlib import Path

import pytest

from erniem.corpus.document import pair, sentence
from erniem.corpus.steps.addresses import Addresses


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("bade figo lumi: www.bade.example", None),
        ("bade: https://bade.example/figo?lu=mi", "mostly addresses"),
        ("HTTPS://BADE.EXAMPLE/FIGO", "mostly addresses"),
        ("ba bade.figo@lumi.example", "mostly addresses"),
        (
            "ba www.a.example de www.b.example fi www.c.example go lu mi no pe ra bade figo lumino",
            None,
        ),
        ("a@b.example, " * 3 + "c@d.example", "too many addresses"),
        ("bade@ figo, 3 @ 4, www is, etc.and so", None),
        ("访问www.bade.example中国人民中国人民中国人民中国人民中国人民", None),
        ("http://a.example，中国人民中国人民中国人民中国人民", None),
    ],
)
def test_a_text_may_name_addresses_but_not_be_one(text: str, reason: str | None) -> None:
    assert Addresses().why_drop_side(text, "en") == reason


@pytest.fixture
def hosts(tmp_path: Path) -> Path:
    path = tmp_path / "hosts.txt"
    path.write_text("# unwanted\nbade.example\n\nFIGO.example.  # shop\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://bade.example/lu", "blocked host"),
        ("http://www.Bade.example:8080/", "blocked host"),
        ("figo.example/lu", "blocked host"),
        ("https://figo.example./", "blocked host"),
        ("https://notbade.example/bade.example", None),
        ("https://example/", None),
        ("http://[bade.example/", None),
        ("", None),
    ],
)
def test_a_blocked_host_takes_its_subdomains_along(
    hosts: Path, url: str, reason: str | None
) -> None:
    document = sentence("bade figo", language="en", source="made", url=url)
    assert Addresses(blocked_hosts=str(hosts)).why_drop(document) == reason
    assert Addresses().why_drop(document) is None


def test_a_pair_has_no_host_and_goes_with_either_side(hosts: Path) -> None:
    rule = Addresses(blocked_hosts=str(hosts))
    document = pair("bade figo", "https://bade.example", languages=("en", "de"), source="made")
    assert rule.why_drop(document) == "mostly addresses"


def test_a_line_that_is_no_host_is_named(tmp_path: Path) -> None:
    path = tmp_path / "hosts.txt"
    path.write_text("bade.example\nhttps://figo.example/\n", encoding="utf-8")
    document = sentence("bade", language="en", source="made", url="https://lu.example")
    with pytest.raises(ValueError, match=r"hosts.txt, line 2: 'https://figo.example/' is no host"):
        Addresses(blocked_hosts=str(path)).why_drop(document)
