"""What all routes share, and the way of a request through it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi import Response
from pydantic import BaseModel, ConfigDict
from pydantic_core import to_json
from starlette.types import Scope

from erniem.serve.errors import Refusal
from erniem.serve.gate import Gate
from erniem.serve.line import Full
from erniem.serve.metrics import Meters
from erniem.serve.reading import Reader, check_texts
from erniem.serve.settings import Limits, ServerSettings
from erniem.serve.watching import tell
from erniem.serve.worker import Worker

__all__ = ["Asked", "Serving", "as_json"]

CHARACTERS = 8
"""Of a piece, at most, on average; so a text's tokens can be told to be so many at least."""
ITEMS = 32
"""So many are written faster than a thread is found to do it."""


class Asked(BaseModel):
    """A request's body: what it does not know it refuses."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True, kw_only=True)
class Serving:
    """A running server."""

    name: str
    """Of the model."""
    created: int
    """The model's time, in seconds since 1970."""
    settings: ServerSettings
    limits: Limits
    reader: Reader
    worker: Worker
    gate: Gate
    meters: Meters

    def check_model(self, name: str | None) -> None:
        """Refuses a request for another model.

        Raises:
            Refusal: 404.
        """
        if name is not None and name != self.name:
            raise Refusal(
                404,
                "model_not_found",
                f"there is no model {name[:80]!r} here; this server has {self.name!r}.",
                param="model",
            )

    def check_texts(self, scope: Scope, texts: Sequence[str], param: str = "input") -> None:
        """Refuses texts that are not taken, or not now: before they cost anything.

        Raises:
            Refusal: 400, see `reading.check_texts`; 429: there is no room even for fewer tokens
                than they can have.
        """
        tell(scope, texts=len(texts))
        check_texts(texts, self.limits, param)
        if not self.worker.line.has_room(sum(len(text) // CHARACTERS + 3 for text in texts)):
            raise self._full()

    def _full(self) -> Refusal:
        wait = str(min(60, max(1, round(self.worker.seconds_waiting()))))
        message = f"too much waits already: come again in {wait} s."
        return Refusal(429, "queue_full", message, headers={"Retry-After": wait})

    async def run(self, work: str, rows: Sequence[Any], costs: Sequence[int]) -> list[Any]:
        """Has rows done by the network.

        Args:
            work: which.
            rows, costs: see `Worker.run`.

        Raises:
            Refusal: 413, 429 or 503: no room for them, ever or now, or nobody to do it; 400: a row
                that cannot be done.
        """
        tokens = sum(costs)
        if not self.worker.alive:
            raise Refusal(503, "stopping", "the network has stopped: ask another server.")
        if tokens > self.limits.queue_tokens * 9 // 10:
            raise Refusal(
                413,
                "too_many_tokens",
                f"the request has {tokens:,} tokens, more than ever wait here "
                f"({self.limits.queue_tokens * 9 // 10:,}): send it in parts.",
                param="input",
            )
        try:
            return await self.worker.run(work, rows, costs)
        except Full:
            raise self._full() from None
        except ValueError as error:
            raise Refusal(400, "cannot_be_done", str(error), param="input") from error


async def as_json(message: BaseModel, items: int) -> Response:
    """An answer; one of many items is written while others go on."""
    write = partial(to_json, message, exclude_none=True)
    body = await asyncio.to_thread(write) if items > ITEMS else write()
    return Response(body, media_type="application/json")
