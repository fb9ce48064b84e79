"""How much one client, and all of them, may take of the service's connections."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from pixonomy.serving.client_address import ClientAddresses, rate_key

OnRefused = Callable[[int, str], None]
"""Takes the status and the kind of a request that the application never sees, or not whole."""


@dataclass(frozen=True)
class DoorLimits:
    """What a connection may do before its requests are read.

    Attributes:
        silence_seconds: until the first byte of a new connection.
        header_seconds: from a request's first byte to the end of its header.
        body_seconds: from there to the end of the body, and
        body_rate: one second more for each such number of bytes that has arrived,
        most_body_seconds: but not longer.
        idle_seconds: from an answer to the next request's first byte.
        linger_seconds: for what a client still sends after it was refused; it is thrown away.
        flush_seconds: until a client has taken an answer.
        header_bytes: of a request line with all headers.
        pipelined: requests that may wait behind the one that is being answered.
        connections: at once.
        connections_of_one: address (IPv6: of one /64 network) at once; proxies excepted.
        proxies: the trusted ones.
    """

    silence_seconds: float = 10.0
    header_seconds: float = 10.0
    body_seconds: float = 10.0
    body_rate: int = 16_000
    most_body_seconds: float = 120.0
    idle_seconds: float = 15.0
    linger_seconds: float = 5.0
    flush_seconds: float = 30.0
    header_bytes: int = 16_384
    pipelined: int = 8
    connections: int = 256
    connections_of_one: int = 32
    proxies: ClientAddresses = field(default_factory=ClientAddresses)

    def body_allowance(self, received: int) -> float:
        """Return how many seconds a body has of which so many bytes have arrived."""
        return min(self.most_body_seconds, self.body_seconds + received / self.body_rate)


class Door:
    """Counts who is inside.

    Args:
        limits: how many there may be, and how slow.
        on_refused: is called for each refusal, if there is something to call.
    """

    def __init__(self, limits: DoorLimits, on_refused: OnRefused | None = None) -> None:
        """Begin with nobody inside."""
        self.limits, self._on_refused = limits, on_refused
        self._inside: Counter[str] = Counter()

    def enter(self, address: str) -> str | None:
        """Count a connection in; return a sentence instead where there are too many."""
        key, limits = rate_key(address), self.limits
        if self._inside.total() >= limits.connections:
            return f"The service has {limits.connections} connections, and takes no more at once."
        if self._inside[key] >= limits.connections_of_one and not limits.proxies.is_proxy(address):
            return f"Your address has {self._inside[key]} connections, and no more are taken."
        self._inside[key] += 1
        return None

    def leave(self, address: str) -> None:
        """Count a connection out that came in."""
        key = rate_key(address)
        self._inside[key] -= 1
        if self._inside[key] <= 0:
            del self._inside[key]

    def count_refusal(self, status: int, kind: str) -> None:
        """Report a refusal."""
        if self._on_refused is not None:
            self._on_refused(status, kind)

    def __len__(self) -> int:
        """Return how many connections there are."""
        return self._inside.total()
