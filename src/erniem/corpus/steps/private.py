"""What belongs to a person: addresses and numbers that are masked, if a recipe asks for it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from erniem.corpus.steps.rule import Rewrite

__all__ = ["Private"]

_IN_EMAIL = r"0-9A-Za-z_\u00c0-\u052f"
"""Latin, Greek, Cyrillic; Chinese or Thai text may stand before and follow, without a space."""
_EMAIL = re.compile(
    rf"[{_IN_EMAIL}.!#$%&'*+/=?^`{{|}}~-]*[{_IN_EMAIL}]@[{_IN_EMAIL}-]+(?:\.[{_IN_EMAIL}-]+)+"
)
_IP4 = re.compile(r"(?<![\w.:-])(?=[\d.]*\d{3})\d{1,3}(?:\.\d{1,3}){3}(?![\w-]|\.\w|/\d)", re.ASCII)
_IP6 = re.compile(r"(?<![\w:.])[23][\da-f]{3}:[\da-f:]{2,34}(?![\w:]|/\d)", re.ASCII | re.I)
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,3})?(?!\w)", re.ASCII)
_CARD = re.compile(r"(?<![\dA-Za-z.,+-])[2-6](?:[ -]?\d){13,18}(?![\dA-Za-z-]|[.,]\d)")
_AFTER = r"(?![\dA-Za-z-]|[.,]\d)"
_PHONE = re.compile(
    rf"(?<![\dA-Za-z+])\+[1-9](?:[ ./-]{{0,2}}(?:\(\d{{1,4}}\)|\d)){{5,14}}{_AFTER}"  # from abroad
    rf"|(?<![\dA-Za-z+.-])(?:\(\d{{3}}\) ?|\d{{3}}-)\d{{3}}-\d{{4}}{_AFTER}"  # North America
)
_NUMBERS = re.compile(r"\d(?:\D{0,3}\d){6}|[23][\da-f]{3}:", re.I)
"""What any of the numbers has: looked for first."""


@dataclass(frozen=True, kw_only=True)
class Private(Rewrite):
    """Puts placeholders for e-mail addresses, IP addresses, telephone, card and account numbers.

    It is cautious: what may as well be another number stays. A recipe has it only if it names it.
    FineWeb (Penedo et al. 2024) masks e-mail and public IP addresses, with placeholders that look
    alike; so do these: nobody owns them, and masked once they are not masked again. An empty
    placeholder leaves its kind as it is.
    """

    email: str = "email@example.com"
    """For an e-mail address. `example.com` is reserved (RFC 2606)."""
    ip: str = "192.0.2.1"
    """For a public IP address, version 4 or 6. This one is reserved for examples (RFC 5737). Four
    numbers below 100 are left, as they are a version or a section more often than a machine, and so
    are networks (`69.208.0.0/16`)."""
    phone: str = "+1 202-555-0100"
    """For a telephone number: with `+`, its country and 8 to 15 digits (ITU-T E.164), or as North
    America writes it, `202-555-0100`. Others cannot be told from ordinary numbers. This one is
    kept free for stories."""
    card: str = "0000 0000 0000 0000"
    """For the number of a payment card: 14 to 19 digits, the first 2 to 6 (ISO/IEC 7812), with
    the right check digit (Luhn's)."""
    iban: str = "XX00 0000 0000 0000"
    """For a bank account's number (ISO 13616), if it is 1 modulo 97."""

    def rewritten(self, text: str) -> str:
        """The text with placeholders."""
        if self.email and "@" in text:
            text = _EMAIL.sub(lambda _: self.email, text)
        if _NUMBERS.search(text) is not None:
            for pattern, placeholder, holds in self._numbers():
                if placeholder:
                    text = _masked(text, pattern, placeholder, holds)
        return text

    def _numbers(self) -> Iterator[tuple[re.Pattern[str], str, Callable[[str], bool]]]:
        yield _IP4, self.ip, _is_public
        yield _IP6, self.ip, _is_public
        yield _IBAN, self.iban, _is_iban
        yield _CARD, self.card, _is_card
        yield _PHONE, self.phone, _is_phone


def _masked(
    text: str, pattern: re.Pattern[str], placeholder: str, holds: Callable[[str], bool]
) -> str:
    return pattern.sub(lambda found: placeholder if holds(found[0]) else found[0], text)


def _is_public(address: str) -> bool:
    try:
        return ip_address(address).is_global
    except ValueError:
        return False


def _is_iban(number: str) -> bool:
    compact = number.replace(" ", "")
    digits = "".join(str(int(char, 36)) for char in compact[4:] + compact[:4])
    return 15 <= len(compact) <= 34 and int(digits) % 97 == 1


def _is_card(number: str) -> bool:
    digits = [int(char) for char in reversed(number) if char.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return len(set(digits)) > 1 and (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _is_phone(number: str) -> bool:
    return 8 <= sum(map(str.isdigit, number)) <= 15
