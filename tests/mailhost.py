"""A real SMTP server on loopback that follows a script and counts what it truly accepted."""

import contextlib
import socket
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, Self

from mailtalk import CERTIFICATE, TLS, Act, Script, Taken, Talk, close, drip, hang, reset, say

from digest.mail.letter import Letter
from digest.providers.session import SmtpSettings, SmtpTimeouts

__all__ = [
    "CERTIFICATE",
    "LARGE",
    "MESSAGE",
    "PATIENT",
    "QUICK",
    "TLS",
    "Act",
    "MailHost",
    "Script",
    "Taken",
    "close",
    "drip",
    "hang",
    "letter_to",
    "reset",
    "say",
]

PATIENT = SmtpTimeouts(  # a busy machine must fail no test
    connect=20, greeting=20, command=20, text=20, message=60, final_reply=20, goodbye=5
)
QUICK = SmtpTimeouts(  # for hosts that hang or drip
    connect=2, greeting=0.5, command=0.5, text=1, message=5, final_reply=2, goodbye=0.3
)

MESSAGE = b"Subject: Twelve posts\r\n\r\nGood morning.\r\n"
LARGE = b"Subject: Large\r\n\r\n" + 200_000 * (76 * b"x" + b"\r\n")  # more than sockets hold


def letter_to(recipient: str, *, message: bytes = MESSAGE) -> Letter:
    """Return a letter to this reader, with a key that is the same each time."""
    key = f"24-{recipient.partition('@')[0]}"
    return Letter(key=key, sender="b+1.mac@digest.test", recipient=recipient, parts=(message,))


@dataclass(kw_only=True)
class MailHost:
    """The server; use it as a context manager.

    ``limit`` answers ``limit_says`` to every MAIL (or RCPT, for a 452) after that many on one
    connection. ``greylist`` puts each recipient off once. ``delay`` seconds pass between accepting
    a letter and saying so; ``on_accept`` is called in between. ``lmtp``: it wants LHLO, not EHLO.
    """

    script: Script = field(default_factory=dict)
    offers: Sequence[str] = ("SIZE 100000000", "8BITMIME", "ENHANCEDSTATUSCODES", "DSN")
    tls: Literal["starttls", "implicit"] | None = None
    users: Mapping[str, str] = field(default_factory=dict)
    methods: str = "PLAIN LOGIN"  # of AUTH
    limit: int = 0
    limit_says: str = "421 4.7.0 too many messages on this connection"
    greylist: bool = False
    text_after: int = 1
    delay: float = 0
    on_accept: Callable[[Taken], object] | None = None
    address: str = "127.0.0.1"
    lmtp: bool = False

    def __post_init__(self) -> None:
        self.port = 0
        self.connections = 0
        self.accepted: list[Taken] = []
        self.commands: list[tuple[int, str]] = []
        self.unfinished: list[bytes] = []
        self.changed = threading.Condition()
        self.stopping = threading.Event()
        self.texts: dict[int, bytearray] = {}
        self._turns: Counter[str] = Counter()
        self._greeted: set[str] = set()
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._listener = socket.create_server((self.address, 0), backlog=100)
        self._listener.settimeout(0.2)  # where shutting down does not wake accept()
        self.port = self._listener.getsockname()[1]
        self._start(self._listen)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listener.close()
        for sock in self._sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _start(self, work: Callable[..., None], *values: Any) -> None:
        thread = threading.Thread(target=work, args=values)
        self._threads.append(thread)
        thread.start()

    def _listen(self) -> None:
        while not self.stopping.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                continue
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._sockets.append(sock)
            self.connections += 1
            self._start(Talk(self, sock, number=self.connections).run)

    def copies(self, recipient: str) -> int:
        """Return how many letters for this recipient were accepted."""
        with self.changed:
            return sum(taken.recipient == recipient for taken in self.accepted)

    def said(self, verb: str) -> list[str]:
        """Return the command lines that begin with this word, in order."""
        with self.changed:
            return [line for _, line in self.commands if line.upper().startswith(verb.upper())]

    def holds(self, message: bytes, *, seconds: float = 5) -> bool:
        """Wait until exactly this text is here, without a dot; False when it does not come."""
        with self.changed:
            return self.changed.wait_for(lambda: message in self.texts.values(), seconds)

    def settles(self, condition: Callable[[], bool], *, seconds: float = 5) -> bool:
        """Wait until the condition holds; False when it never does."""
        with self.changed:
            return self.changed.wait_for(condition, seconds)

    def act_for(self, step: str) -> Act | None:
        """Take the script's next act for this step."""
        with self.changed:
            planned = self.script.get(step)
            if planned is None or isinstance(planned, Act):
                return planned
            turn = self._turns[step]
            self._turns[step] += 1
            return planned[turn] if turn < len(planned) else None

    def is_stranger(self, recipient: str) -> bool:
        """Tell, once, that the recipient was not tried before (for greylisting)."""
        with self.changed:
            stranger = self.greylist and recipient not in self._greeted
            self._greeted.add(recipient)
            return stranger

    def settings(self, **changes: Any) -> SmtpSettings:
        """Return settings that reach this host, with time limits for tests."""
        security = {"starttls": "starttls", "implicit": "tls", None: "none"}[self.tls]
        known: dict[str, Any] = {
            "host": self.address,
            "port": self.port,
            "security": security,
            "ca_file": CERTIFICATE if self.tls else None,
            "timeouts": PATIENT,
        }
        return SmtpSettings(**(known | changes))
