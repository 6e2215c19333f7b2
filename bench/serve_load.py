"""Serving under load: ours, one request at a time, and sentence-transformers behind FastAPI.

```text
python bench/serve_load.py [e5/ --tatoeba tatoeba/] [--overload 20] [--quick]
```

The same weights, the same sentences, one sentence a request; three servers, processes on loopback:

erniem                 `erniem serve`: what waits is run together, packed
one-at-a-time          FastAPI, `erniem.Encoder`, and a lock around it
sentence-transformers  FastAPI and its threads, `SentenceTransformer` over the weights as XLM-R

1, 8 and 64 clients each send their next sentence when they have the answer to the last. The servers
take turns. Beside a busy machine the clock tells little: "requests/CPU s" is what a server did in a
second of processor time. `--overload` then sends ours more than it can take, for a while, and looks
whether it is afterwards as it was before.
"""

import argparse
import asyncio
import json
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from erniem.convert.convert import convert
from harness import Row, alternate, compared, record
from sentence_text import chosen, made_up

CLIENTS = (1, 8, 64)
TEXTS = 2000
MEASURES = {"requests/s": "≥ 1", "requests/CPU s": "≥ 1", "p50 ms": None, "p99 ms": None}
PEERS = ("one-at-a-time", "sentence-transformers")


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server in a process of its own."""

    process: subprocess.Popen[str]
    port: int

    def cpu(self) -> float:
        """Seconds of processor time that it has taken."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float:
        """MB that it holds."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


@dataclass(frozen=True, kw_only=True)
class Load:
    """What came of some seconds with some clients."""

    seconds: list[float]
    """That each request took."""
    statuses: Counter[int]
    measures: dict[str, float]


def peer(name: str, folder: Path) -> None:
    """Serves the sentence vectors of a folder as a peer does, until it is ended."""
    import uvicorn
    from fastapi import Body, FastAPI

    vectors = {"one-at-a-time": ours_alone, "sentence-transformers": theirs}[name](folder)
    app = FastAPI()

    @app.post("/v1/embeddings")
    def embed(asked: dict[str, Any] = Body()) -> dict[str, Any]:  # noqa: B008  FastAPI's way
        found = vectors([asked["input"]] if isinstance(asked["input"], str) else asked["input"])
        return {"data": [{"index": at, "embedding": one} for at, one in enumerate(found)]}

    config = uvicorn.Config(app, log_level="warning")
    # Of protocol TCP by name, or asyncio leaves TCP_NODELAY off, and every answer is 40 ms late.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(128)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        print(json.dumps({"url": url}), file=sys.stderr, flush=True)
        uvicorn.Server(config).run(sockets=[listening])


def ours_alone(folder: Path) -> Callable[[list[str]], list[list[float]]]:
    from erniem import Encoder
    from erniem.embed import VectorSettings

    encoder = Encoder.from_pretrained(folder, settings=VectorSettings(layer="last"))
    turn = threading.Lock()

    def vectors(texts: list[str]) -> list[list[float]]:
        with turn:
            return encoder.encode(texts).tolist()

    return vectors


def theirs(folder: Path) -> Callable[[list[str]], list[list[float]]]:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Normalize, Pooling, Transformer

    words = Transformer(str(folder), max_seq_length=512)
    pooling = Pooling(words.get_word_embedding_dimension(), pooling_mode="mean")
    model = SentenceTransformer(modules=[words, pooling, Normalize()], device="cpu")
    return lambda texts: model.encode(texts).tolist()


@contextmanager
def started(command: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """A process with a server in it, which is ended in the end."""
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def listening(process: subprocess.Popen[str]) -> Server:
    """The server, when it has told its address in its first line of JSON on standard error."""
    assert process.stderr is not None
    told = next(line for line in process.stderr if line.startswith("{"))
    threading.Thread(target=process.stderr.read, daemon=True).start()
    return Server(process=process, port=int(json.loads(told)["url"].rpartition(":")[2]))


def commands(folder: Path, xlm_roberta: Path) -> dict[str, list[str]]:
    us = [sys.executable, "-m", "erniem", "serve", str(folder), "--name", "e5", "--port", "0"]
    them = [sys.executable, __file__, "--peer"]
    return {
        "erniem": [*us, "--layer", "last", "--pooling", "mean"],
        "one-at-a-time": [*them, "one-at-a-time", str(folder)],
        "sentence-transformers": [*them, "sentence-transformers", str(xlm_roberta)],
    }


def request_of(texts: str | Sequence[str]) -> bytes:
    """A request as it goes over the wire."""
    body = json.dumps({"model": "e5", "input": texts}).encode()
    head = "POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def answered(reader: asyncio.StreamReader) -> int:
    """Reads an answer; its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    await reader.readexactly(int(head.partition("content-length:")[2].partition("\r\n")[0]))
    return int(head.split()[1])


async def client(
    port: int, asked: Callable[[], bytes], until: float, found: list[tuple[float, int]]
) -> None:
    """One after the other, until the time is over; refused, it waits a little."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.monotonic() < until:
        start = time.monotonic()
        writer.write(asked())
        status = await answered(reader)
        found.append((time.monotonic() - start, status))
        if status != 200:
            await asyncio.sleep(0.1)
    writer.close()


def load(server: Server, clients: int, seconds: float, asked: Callable[[], bytes]) -> Load:
    """So many clients at once, for so long."""

    async def all_of_them() -> None:
        until = time.monotonic() + seconds
        await asyncio.gather(*(client(server.port, asked, until, found) for _ in range(clients)))

    found: list[tuple[float, int]] = []
    start, cpu = time.monotonic(), server.cpu()
    asyncio.run(all_of_them())
    taken, cpu = time.monotonic() - start, server.cpu() - cpu
    times = sorted(time for time, status in found if status == 200)
    return Load(
        seconds=times,
        statuses=Counter(status for _, status in found),
        measures={
            "requests/s": len(times) / taken,
            "requests/CPU s": len(times) / cpu,
            "p50 ms": 1000 * times[len(times) // 2] if times else float("nan"),
            "p99 ms": 1000 * times[int(0.99 * (len(times) - 1))] if times else float("nan"),
        },
    )


def check_same(servers: Mapping[str, Server], texts: Sequence[str]) -> None:
    """All must give the same vectors."""
    found = []
    for server in servers.values():
        url = f"http://127.0.0.1:{server.port}/v1/embeddings"
        answer = httpx.post(url, json={"model": "e5", "input": texts}, timeout=60).json()
        found.append(np.array([one["embedding"] for one in answer["data"]]))
    apart = max(float(abs(one - found[0]).max()) for one in found)
    print(f"largest difference between the servers' vectors: {apart:.1e}", flush=True)
    assert apart < 1e-4


def measure(
    servers: Mapping[str, Server], texts: Sequence[str], repeats: int, seconds: float
) -> list[Row]:
    """All servers in turn, with ever more clients."""
    dice = random.Random(0)
    rows = []
    for clients in CLIENTS:
        loads: dict[str, list[Load]] = {name: [] for name in servers}

        def run(name: str, repeat: int, clients: int = clients, loads: Any = loads) -> float:
            found = load(servers[name], clients, seconds, lambda: request_of(dice.choice(texts)))
            assert set(found.statuses) == {200}, found.statuses
            if repeat >= 0:
                loads[name].append(found)
            return found.measures["requests/s"]

        alternate({name: (lambda at, name=name: run(name, at)) for name in servers}, repeats)
        for unit, target in MEASURES.items():
            samples = {name: [one.measures[unit] for one in some] for name, some in loads.items()}
            targets = dict.fromkeys(PEERS, target)
            what = f"{clients} client{'s' * (clients > 1)}"
            found = compared(samples, ours="erniem", what=what, unit=unit, targets=targets)
            rows += found
            for row in found:
                print(what, unit, row.name, row.figure, row.against, row.ratio, flush=True)
    return rows


def overload(server: Server, texts: Sequence[str], seconds: float) -> None:
    """More than it can take; then it must be as before."""
    dice = random.Random(1)
    one = lambda: request_of(dice.choice(texts))  # noqa: E731
    many = lambda: request_of(dice.choices(texts, k=64))  # noqa: E731
    load(server, 1, 3, one)
    before, memory = load(server, 1, 5, one), server.memory()
    most = [memory]
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            most.append(server.memory())

    watching = threading.Thread(target=watch)
    watching.start()
    during = load(server, 300, seconds, many)
    over.set()
    watching.join()
    after = load(server, 1, 5, one)
    print(f"overload: 300 clients, 64 sentences a request, {seconds:.0f} s")
    print(f"  answers by status: {dict(during.statuses)}")
    print(
        f"  memory: {memory:.0f} MB before, {max(most):.0f} MB at most, {server.memory():.0f} after"
    )
    for name, found in (("before", before), ("after", after)):
        told = ", ".join(f"{unit} {value:.1f}" for unit, value in found.measures.items())
        print(f"  one client {name}: {told}")


def arguments() -> argparse.Namespace:
    assert __doc__
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", help="an encoder; random weights without")
    parser.add_argument("--tatoeba", type=Path, help="folder of the sets; invented text without")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each load")
    parser.add_argument("--overload", type=float, default=0.0, help="seconds of it; none")
    parser.add_argument("--quick", action="store_true", help="see that it works; writes nothing")
    parser.add_argument("--peer", choices=PEERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.quick:
        options.repeats, options.seconds = 1, 0.5
    return options


def main() -> None:
    options = arguments()
    if options.peer:
        peer(options.peer, options.folder)
        return
    texts = [f"query: {text}" for text in chosen(options.tatoeba, TEXTS)]
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        folder, xlm_roberta = options.folder or Path(place) / "ours", Path(place) / "xlm-r"
        if options.folder is None:
            made_up(folder, texts, quick=options.quick)
        convert(folder, xlm_roberta, to="xlm-r")
        processes = {
            name: stack.enter_context(started(command))
            for name, command in commands(folder, xlm_roberta).items()
            if options.repeats or name == "erniem"
        }
        servers = {name: listening(process) for name, process in processes.items()}
        check_same(servers, texts[:8])
        rows = measure(servers, texts, options.repeats, options.seconds) if options.repeats else []
        if options.overload:
            overload(servers["erniem"], texts, options.overload)
    if rows and not options.quick:
        record(
            "serve_load",
            rows,
            about="A short sentence a request, 12 layers × 384, by clients that wait for answers. "
            "What a second of processor time did is of the servers alone.",
            settings={"threads": os.environ.get("OMP_NUM_THREADS", "all")}
            | {"seconds": options.seconds, "texts": len(texts)},
            packages=("torch", "transformers", "sentence-transformers", "fastapi", "uvicorn"),
        )


if __name__ == "__main__":
    main()
