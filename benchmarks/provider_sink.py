"""The APIs of mail providers as fast as Python can: counts readers, and answers as they would."""

import json
import multiprocessing
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from multiprocessing.sharedctypes import Synchronized
from typing import Any

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_PIECE = 1 << 18
_ID = "b7bc2f4a-e38e-4336-af7d-e6c392c2f817"

# What stands in a request exactly once for each reader.
_TOKENS: Mapping[str, bytes] = {
    "ses": b'"ToAddresses"',
    "postmark": b'"Metadata":',
    "sendgrid": b'"custom_args":',
    "mailgun": b'name="to"',
    "resend": b'"tags":',
    "brevo": b'"params":',
    "mailjet": b'"CustomID":',
    "sparkpost": b'"substitution_data":',
}
_ANSWERS: Mapping[str, tuple[int, Callable[[int], Any]]] = {
    "ses": (200, lambda _: {"MessageId": _ID}),
    "postmark": (200, lambda n: n * [{"ErrorCode": 0, "Message": "OK", "MessageID": _ID}]),
    "sendgrid": (202, lambda _: ""),
    "mailgun": (200, lambda _: {"id": f"<{_ID}>", "message": "Queued. Thank you."}),
    "resend": (200, lambda n: {"data": n * [{"id": _ID}]}),
    "brevo": (201, lambda n: {"messageIds": n * [f"<{_ID}@smtp-relay.example>"]}),
    "mailjet": (200, lambda n: {"Messages": n * [{"Status": "success", "CustomID": _ID}]}),
    "sparkpost": (
        200,
        lambda n: {
            "results": {
                "total_accepted_recipients": n,
                "total_rejected_recipients": 0,
                "id": _ID,
            }
        },
    ),
}


@dataclass(frozen=True)
class ProviderSink:
    """One provider, in a process of its own."""

    port: int
    _count: "Synchronized[int]"

    @property
    def taken(self) -> int:
        """How many readers were served."""
        return self._count.value


@contextmanager
def provider_sink(kind: str) -> Iterator[ProviderSink]:
    """Run the API of this kind until the end of the block."""
    count: Synchronized[int] = multiprocessing.Value("q", 0)
    listener = socket.create_server(("127.0.0.1", 0), backlog=100)
    process = multiprocessing.get_context("fork").Process(
        target=_serve, args=(listener, kind, count), daemon=True
    )
    process.start()
    try:
        yield ProviderSink(listener.getsockname()[1], count)
    finally:
        process.terminate()
        process.join()
        listener.close()


def _serve(listener: socket.socket, kind: str, count: "Synchronized[int]") -> None:
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_talk, args=(connection, kind, count), daemon=True).start()


def _talk(connection: socket.socket, kind: str, count: "Synchronized[int]") -> None:
    """Read requests, and answer each."""
    while head := _head(connection):
        lines, _, begun = head.partition(b"\r\n\r\n")
        found = _LENGTH.search(lines)
        size = int(found[1]) if found else 0
        readers = _readers(connection, begun, size=size, token=_TOKENS[kind])
        with count.get_lock():
            count.value += readers
        connection.sendall(_answer(kind, readers))


def _head(connection: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head:
        data = connection.recv(65536)
        if not data:
            return b""
        head += data
    return head


def _readers(connection: socket.socket, begun: bytes, *, size: int, token: bytes) -> int:
    """Count the readers of a body as it comes, while it is still in the processor's cache."""
    overlap = len(token) - 1  # a token may come in two pieces
    buffer = bytearray(_PIECE)
    buffer[: len(begun)] = begun
    held = start = len(begun)
    readers = buffer.count(token, 0, held)
    left = size - len(begun)
    while left:
        kept = min(overlap, held)
        buffer[:kept] = buffer[held - kept : held]
        start = kept
        got = connection.recv_into(memoryview(buffer)[start : start + left])
        held, left = start + got, left - got
        readers += buffer.count(token, 0, held)
    return readers


@cache
def _answer(kind: str, readers: int) -> bytes:
    status, make = _ANSWERS[kind]
    said = make(readers)
    content = json.dumps(said).encode() if said else b""
    return b"HTTP/1.1 %d OK\r\nContent-Length: %d\r\n\r\n%s" % (status, len(content), content)
