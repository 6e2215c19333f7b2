"""Settings: where a server listens, what it serves, and how much it takes."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import get_args

from erniem.embed.backends import BackendName
from erniem.embed.settings import VectorSettings

__all__ = ["Limits", "ServerSettings"]

MIB = 1024**2


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much is taken; what is over a limit is refused, in words that name it."""

    body_bytes: int = 8 * MIB
    """Of a request's body (413)."""
    bodies_bytes: int = 64 * MIB
    """Of the bodies of all requests at once (429)."""
    requests: int = 256
    """At once, waiting or running (429)."""
    connections: int = 1024
    """Open at once; more are told 503 by uvicorn."""
    texts: int = 2048
    """Of a request (400); as many as OpenAI takes."""
    characters: int = 50_000
    """Of a text (400)."""
    queue_tokens: int = 400_000
    """That wait; a request that is more by itself is refused (413), one that comes too soon is
    told when to come again (429). The last tenth is for requests of at most a batch."""
    batch_tokens: int = 1024
    """Tokens of a batch; a longer text is alone."""
    wait_ms: float = 2.0
    """Milliseconds that a batch which is not full waits for company, at most."""
    read_seconds: float = 10.0
    """In which a request must have been sent (408)."""
    seconds: float = 60.0
    """In which it must be answered (504) and the answer taken."""
    stop_seconds: float = 30.0
    """That a stopping server gives to what runs."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            least = 0 if field.name == "wait_ms" else 1e-3 if "seconds" in field.name else 1
            if not least <= value < float("inf"):
                raise ValueError(f"{field.name} {value}: give at least {least:g}.")
        if self.bodies_bytes < self.body_bytes:
            raise ValueError(
                f"bodies_bytes {self.bodies_bytes}: less than the {self.body_bytes} bytes of one."
            )
        if self.queue_tokens < self.batch_tokens:
            raise ValueError(
                f"queue_tokens {self.queue_tokens}: less than a batch's {self.batch_tokens}."
            )


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """What is served, and where."""

    name: str | None = None
    """By which requests name the model; its folder's name if None."""
    index: Path | None = None
    """A folder that `erniem index` wrote, for `/search`."""
    vectors: VectorSettings | None = None
    """How sentence vectors are made; as the checkpoint's folder says if None."""
    host: str = "127.0.0.1"
    """Address to listen on: this machine alone, unless another is given."""
    port: int = 8000
    """To listen on; 0 takes a free one, and says which."""
    token: str | None = None
    """That requests must bear; none is asked for if None."""
    allow_hosts: tuple[str, ...] = ()
    """Names by which a server on loopback may be called beside localhost, as behind a proxy."""
    backend: BackendName = "torch"
    """What runs the sentence encoder; heads run in torch."""
    device: str | None = None
    """On which the network runs, as torch names it; a GPU if there is one."""
    threads: int | None = None
    """Of the network; the libraries' choice if None."""
    cut: bool = False
    """Cut a text with more tokens than the model reads, instead of refusing it."""

    def __post_init__(self) -> None:
        if self.backend not in get_args(BackendName):
            known = ", ".join(get_args(BackendName))
            raise ValueError(f"backend {self.backend!r}: choose {known}.")
        if not 0 <= self.port < 65536:
            raise ValueError(f"port {self.port}: give 0 to 65535.")
        if self.threads is not None and self.threads < 1:
            raise ValueError(f"threads {self.threads}: give at least 1.")
        if self.token is not None and not self.token.strip():
            raise ValueError("the token is empty: give one, or none at all.")
        if self.token is not None and not (self.token.isascii() and self.token.isprintable()):
            raise ValueError("the token has characters that a header cannot carry: use ASCII.")
