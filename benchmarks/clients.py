"""The process that `behind.py` measures with: connections that ask one thing after the other."""

import json
import selectors
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

_PATIENCE = 60.0
_PIECE = 1 << 16
_DONE = (b"HTTP/1.1 200", b"HTTP/1.1 303")
_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


@dataclass(kw_only=True)
class Client:
    """One connection that is kept; `ask` sends, and `hear` returns True when all has come."""

    connection: socket.socket
    asked_at: float = 0.0
    heard: bytearray = field(default_factory=bytearray)

    def ask(self, request: bytes) -> None:
        """Send a request; it is small enough to go out at once."""
        self.heard.clear()
        self.asked_at = time.perf_counter()
        self.connection.sendall(request)

    def hear(self) -> bool:
        """Take what has come; raises `RuntimeError` for an answer that is no success."""
        piece = self.connection.recv(_PIECE)
        self.heard += piece
        head, found, body = bytes(self.heard).partition(_END)
        if not piece or (found and not head.startswith(_DONE)):
            raise RuntimeError(f"the site answered {head[:60]!r}")
        return bool(found) and len(body) >= _length(head)


def _length(head: bytes) -> int:
    after = head.lower().partition(_LENGTH)[2]
    return int(after.partition(b"\r\n")[0] or 0)


def load(port: int, requests: list[bytes], *, connections: int) -> tuple[float, float, list[float]]:
    """Send all of them; return the seconds it took, those of this processor, and those of each."""
    waiting = iter(requests)
    spent: list[float] = []
    with selectors.DefaultSelector() as selector:
        began, cpu = time.perf_counter(), time.process_time()
        for request in _first(waiting, connections):
            client = Client(connection=socket.create_connection(("127.0.0.1", port)))
            client.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(client.connection, selectors.EVENT_READ, client)
            client.ask(request)
        while len(spent) < len(requests):
            ready = selector.select(_PATIENCE)
            if not ready:
                raise RuntimeError(f"no answer in {_PATIENCE:g} s")
            for key, _ in ready:
                _go_on(key.data, waiting, spent)
        return time.perf_counter() - began, time.process_time() - cpu, spent


def _go_on(client: Client, waiting: Iterator[bytes], spent: list[float]) -> None:
    if not client.hear():
        return
    spent.append(time.perf_counter() - client.asked_at)
    request = next(waiting, None)
    if request is not None:
        client.ask(request)


def _first(waiting: Iterator[bytes], count: int) -> Iterator[bytes]:
    for _ in range(count):
        request = next(waiting, None)
        if request is not None:
            yield request


if __name__ == "__main__":
    order = json.load(sys.stdin)
    asked = [request.encode() for request in order["requests"]]
    print(json.dumps(load(order["port"], asked, connections=order["connections"])))
