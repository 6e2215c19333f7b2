"""What a server counts, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

__all__ = ["Meters"]

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
TOKENS = (16, 64, 256, 512, 1024, 2048, 4096, 8192, 16384)
TEXTS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


class Meters:
    """The counters of one server, in a registry of their own."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        self.requests = Counter(
            "erniem_requests",
            "Requests that were answered; 499: the client hung up",
            ["route", "status"],
            registry=registry,
        )
        self.seconds = Histogram(
            "erniem_request_seconds",
            "From the first byte of a request to the last of its answer",
            ["route"],
            buckets=SECONDS,
            registry=registry,
        )
        self.refused = Counter(
            "erniem_refused", "Requests that were refused, by the error's code", ["code"],
            registry=registry,
        )  # fmt: skip
        self.tokens = Counter(
            "erniem_tokens", "Tokens that the network has read", ["work"], registry=registry
        )
        self.batch_tokens = Histogram(
            "erniem_batch_tokens", "Tokens of a batch", ["work"], buckets=TOKENS, registry=registry
        )
        self.batch_rows = Histogram(
            "erniem_batch_rows", "Texts of a batch", ["work"], buckets=TEXTS, registry=registry
        )
        self.batch_seconds = Histogram(
            "erniem_batch_seconds", "That a batch took", ["work"], buckets=SECONDS,
            registry=registry,
        )  # fmt: skip
        self.failed = Counter(
            "erniem_batch_failures", "Batches that failed", ["work"], registry=registry
        )
        self.queue_tokens = Gauge("erniem_queue_tokens", "Tokens that wait", registry=registry)
        self.queue_requests = Gauge(
            "erniem_queue_requests", "Requests with rows that wait", registry=registry
        )
        self.in_flight = Gauge(
            "erniem_requests_in_flight", "Requests that are not answered yet", registry=registry
        )
