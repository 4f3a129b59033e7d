"""The demo's mailbox: a real SMTP server on loopback that keeps every message it accepts."""

import asyncio
import hashlib
import logging
import random
import threading
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from aiosmtpd.smtp import SMTP, Envelope, Session

HOSTNAME = "mailbox.localhost"  # stated, so that nobody asks the network for this machine's name

_TAKEN = "250 2.0.0 it is in the demo's mailbox"
_READY = "250 2.1.5 go on"
_LATER = "451 4.7.1 the demo's mailbox is busy, try again"
_NEVER = "550 5.1.1 the demo's mailbox does not know this reader"
_NO_ROOM = "452 4.3.1 the demo's mailbox cannot write its file"


@dataclass(frozen=True, kw_only=True)
class Message:
    """One accepted message: its envelope, and its bytes exactly as they came over the wire."""

    number: int
    sender: str
    recipients: tuple[str, ...]
    content: bytes


class Mailbox:
    """Keeps messages in the order of their arrival; use it as a context manager.

    Each is also written to ``folder`` as ``NNNN-<hash of the recipients>.eml``. ``port`` 0 takes
    a free one, which ``port`` then tells. ``fail`` is the share of readers, from 0 to 1, whose
    mail fails: half of them are put off once, half are refused. The same ``seed`` picks the same
    readers, in whatever order their mail comes.
    """

    def __init__(self, folder: Path, *, port: int = 0, fail: float = 0.0, seed: int = 1) -> None:
        self.port = port
        self._folder = folder
        self._hooks = _Hooks(self, faults=_Faults(share=fail, seed=seed))
        self._messages: list[Message] = []
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event
        self._listening: Future[int] = Future()
        self._thread = threading.Thread(target=self._run, name="mailbox")
        # aiosmtpd logs each command at INFO, addresses and all.
        logging.getLogger("mail.log").setLevel(logging.WARNING)

    def __enter__(self) -> Self:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # mails hold personal links
        self._thread.start()
        try:
            self.port = self._listening.result()
        except OSError:
            self._thread.join()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    @property
    def messages(self) -> tuple[Message, ...]:
        """All messages so far, oldest first."""
        with self._lock:
            return tuple(self._messages)

    def find(self, number: int) -> Message | None:
        """Return the message with this number; they count from 1."""
        with self._lock:
            return self._messages[number - 1] if 0 < number <= len(self._messages) else None

    def keep(self, content: bytes, *, sender: str, recipients: tuple[str, ...]) -> None:
        """Write the message to its file, then list it; raise `OSError` when that fails."""
        with self._lock:
            number = len(self._messages) + 1
            readers = hashlib.sha256(" ".join(recipients).encode()).hexdigest()[:8]
            (self._folder / f"{number:04d}-{readers}.eml").write_bytes(content)
            message = Message(number=number, sender=sender, recipients=recipients, content=content)
            self._messages.append(message)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except OSError as error:
            self._listening.set_exception(error)  # the port is taken: `__enter__` raises it

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await self._loop.create_server(self._conversation, "127.0.0.1", self.port)
        self._listening.set_result(server.sockets[0].getsockname()[1])
        await self._stop.wait()
        server.close()  # asyncio.run() then ends the conversations, each of which hangs up

    def _conversation(self) -> SMTP:
        return SMTP(
            self._hooks,
            hostname=HOSTNAME,
            ident="Digest demo",
            enable_SMTPUTF8=True,
            loop=self._loop,
        )


class _Faults:
    """Decides for each reader whether mail to him fails, and how."""

    def __init__(self, *, share: float, seed: int) -> None:
        self._share = share
        self._seed = seed
        self._put_off: set[str] = set()

    def answer(self, recipient: str) -> str:
        """Return the server's answer to RCPT; who was put off once is welcome after that."""
        lot = random.Random(f"{self._seed} {recipient}").random()  # noqa: S311 - no secret
        if lot >= self._share or recipient in self._put_off:
            return _READY
        if lot < self._share / 2:
            return _NEVER
        self._put_off.add(recipient)
        return _LATER


class _Hooks:
    """What aiosmtpd calls, by these names."""

    def __init__(self, mailbox: Mailbox, *, faults: _Faults) -> None:
        self._mailbox = mailbox
        self._faults = faults

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """Answer for one recipient, and note him when he is welcome."""
        answer = self._faults.answer(address)
        if answer == _READY:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Take the message: what is accepted is in its file."""
        content = envelope.original_content or b""
        try:
            self._mailbox.keep(
                content,
                sender=envelope.mail_from or "",
                recipients=tuple(envelope.rcpt_tos),
            )
        except OSError:
            return _NO_ROOM
        return _TAKEN
