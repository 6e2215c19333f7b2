"""Private: what belongs to a person goes, ordinary numbers stay; masked twice is masked once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erniem.corpus.steps.private import Private

masked = Private().rewritten


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("bade.figo+lu@mi-no.example", "email"),
        ("bäde@figo.example", "email"),
        ("81.2.69.142", "ip"),
        ("2a02:6b8::feed:0ff", "ip"),
        ("+49 30 901820", "phone"),
        ("+49 (0)30/90 18 20", "phone"),
        ("+254712345678", "phone"),
        ("(202) 555-0143", "phone"),
        ("202-555-0143", "phone"),
        ("4111 1111 1111 1111", "card"),
        ("5500-0000-0000-0004", "card"),
        ("378282246310005", "card"),
        ("DE89 3704 0044 0532 0130 00", "iban"),
        ("GB82WEST12345698765432", "iban"),
    ],
)
def test_what_belongs_to_a_person_is_masked(text: str, kind: str) -> None:
    placeholder = getattr(Private(), kind)
    assert masked(f"Bade ({text}).") == f"Bade ({placeholder})."
    assert masked(f"bade {text}, figo") == f"bade {placeholder}, figo"
    assert masked(f"中国：{text}。") == f"中国：{placeholder}。"
    assert Private(**{kind: ""}).rewritten(text) == text
    assert Private(**{kind: r"\1"}).rewritten(text) == r"\1"


def test_chinese_text_around_an_address_stays() -> None:
    assert masked("发送给bade@figo.example邮件列表") == "发送给email@example.com邮件列表"
    assert masked("电话+8613812345678中") == "电话+1 202-555-0100中"


@pytest.mark.parametrize(
    "text",
    [
        "in 2013, on 2013-10-11, 11.10.2013 or 10/11/2013 at 12:30:45",
        "2013-10-11T12:30:45+02:00 and 1999-2000-2001",
        "1.2.3.4, 10.14.2.1, version 91.0.4472.124 and 2.3.4.5-6",
        "192.168.100.1, 127.0.0.1, 10.0.0.255, 69.208.0.0/16, 2001:db8::1",
        "1,234,567,890.12 and 12 345 678 901 and 3.14159265358979",
        "9780306406157, 978-0-306-40615-7, 4006381333931, 4111 1111 1111 1112",
        "4444 4444 4444 4444 4444 4444, 0.4111111111111111",
        "+5, +12 34, 1+12345678, -4111111111111111, +1,000,000",
        "12345678, 030 901820, 555-0143, 2020-555-0143",
        "DE89370400440532013001, AB12 3456, ISO 13616-1:2020, std::string, a::b",
        "bade@ figo, @bade, 3 @ 4, bade@figo",
        "१२३४५६७८९०१२३४, ١٢٣٤٥٦٧٨",
    ],
)
def test_ordinary_numbers_dates_and_versions_stay(text: str) -> None:
    assert masked(text) == text


@given(st.text(st.sampled_from("0123456789 .-+()@:/aDE中"), max_size=40))
def test_masked_twice_is_masked_once(text: str) -> None:
    once = masked(text)
    assert masked(once) == once
