"""A connection that does not wait for ever, for a request to begin or for an answer to be taken."""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["patient_for"]


def patient_for(seconds: float) -> type[H11Protocol]:
    """A uvicorn protocol that ends connections on which nothing has come of anything for so long.

    uvicorn minds the pause between two requests, and our guard the time of a request. What is
    left is a client that sends no head, or one letter a second of it, and one that takes no
    answer, so that closing never ends.
    """

    class Patient(H11Protocol):
        waiting = False  # since the last look

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self.look = self.loop.call_later(seconds, self.looked)

        def connection_lost(self, exc: Exception | None) -> None:
            self.look.cancel()
            super().connection_lost(exc)

        def looked(self) -> None:
            cycle: Any = self.cycle
            idle = cycle is None or cycle.response_complete
            if self.waiting and (idle or self.transport.is_closing()):
                self.transport.abort()
                return
            self.waiting = idle or self.transport.is_closing()
            self.look = self.loop.call_later(seconds, self.looked)

        def on_response_complete(self) -> None:
            self.waiting = False
            super().on_response_complete()

    return Patient
