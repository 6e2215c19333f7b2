import json
import logging
import sys

from erniem.serve.logs import JsonLines


def line_of(name: str, message: str, *values: object, **more: object) -> dict[str, object]:
    record = logging.LogRecord(name, logging.WARNING, "a.py", 1, message, values, None)
    vars(record).update(more)
    return json.loads(JsonLines().format(record))


def test_what_was_put_into_a_message_stays_out_of_the_log() -> None:
    told = line_of("erniem.tasks.extract", "passed over %r: too long.", "a secret")
    assert told["event"] == "passed over %r: too long."
    assert "secret" not in json.dumps(told)


def test_an_exception_is_told_by_its_kind_and_its_places_and_not_by_its_message() -> None:
    try:
        raise ValueError("a secret")
    except ValueError:
        told = line_of("erniem.serve", "request failed", exc_info=sys.exc_info())
    assert told["exception"] == "ValueError"
    assert any("test_logs.py" in str(place) for place in told["places"])  # type: ignore[attr-defined]
    assert "secret" not in json.dumps(told)


def test_facts_are_told() -> None:
    told = line_of("erniem.serve", "request", facts={"status": 200, "texts": 3})
    assert (told["status"], told["texts"], told["level"]) == (200, 3, "warning")
