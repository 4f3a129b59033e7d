"""One connection to the mail host: what it says, step by step, and how its script changes that."""

import base64
import contextlib
import socket
import ssl
import struct
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from mailhost import MailHost

TLS = Path(__file__).parent / "fixtures" / "tls"
CERTIFICATE = TLS / "certificate.pem"  # for localhost and 127.0.0.1, signed by itself, test only


@dataclass(frozen=True, kw_only=True)
class Act:
    """What the host does at one step instead of the normal answer."""

    say: str = ""
    then: Literal["go on", "close", "reset", "hang"] = "go on"
    pause: float = 0  # seconds before every single byte

    @property
    def agrees(self) -> bool:
        """Tell whether the client may go on after this."""
        return self.then == "go on" and self.say[:1] in {"2", "3"}


def say(words: str) -> Act:
    """Answer this and go on."""
    return Act(say=words)


def drip(words: str, *, pause: float) -> Act:
    """Answer this, one byte each ``pause`` seconds."""
    return Act(say=words, pause=pause)


def close(words: str = "") -> Act:
    """Close the connection, perhaps after a word."""
    return Act(say=words, then="close")


def reset() -> Act:
    """Close with a TCP reset."""
    return Act(then="reset")


def hang() -> Act:
    """Say nothing any more, and keep the connection open."""
    return Act(then="hang")


Script = Mapping[str, Act | Sequence[Act | None]]
"""Step -> what happens there each time, or one by one (None: as usual), then as usual.

Steps: banner ehlo helo starttls auth mail rcpt rcpt:<address> data text dot taken rset quit.
``text`` happens when ``text_after`` bytes have come; ``dot`` decides about the letter; ``taken``
happens when it has been accepted, in place of the 250.
"""


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A letter that the host accepted: from here on it is the host's."""

    sender: str
    recipient: str
    message: bytes
    connection: int


class OverError(Exception):
    """The talk has ended."""


class Talk:
    """One connection to the host, in a thread of its own."""

    def __init__(self, host: "MailHost", sock: socket.socket, *, number: int) -> None:
        self.host = host
        self.number = number
        self._socket = sock
        self._buffer = bytearray()
        self._secure = False
        self._mails = 0
        self._sender = ""
        self._recipient = ""

    def run(self) -> None:
        """Talk until one side has had enough."""
        with contextlib.suppress(OverError, OSError):
            if self.host.tls == "implicit":
                self._start_tls()
            if self._answer("banner", "220 mail.test ready"):
                while True:
                    self._obey(self._read_line())
        self._socket.close()
        with self.host.changed:
            text = self.host.texts.pop(self.number, None)
            if text is not None:
                self.host.unfinished.append(bytes(text))
            self.host.changed.notify_all()

    def _obey(self, line: str) -> None:
        with self.host.changed:
            self.host.commands.append((self.number, line))
            self.host.changed.notify_all()
        verb = line.split(" ", 1)[0].lower()
        known = {
            "ehlo": self._ehlo,
            "starttls": self._starttls,
            "auth": self._auth,
            "mail": self._mail,
            "rcpt": self._rcpt,
            "data": self._data,
            "bdat": self._bdat,
            "rset": self._rset,
            "quit": self._quit,
        }
        if self.host.lmtp:
            known["lhlo"] = known.pop("ehlo")
        if verb in known:
            known[verb](line)
        else:
            self._answer(verb, "250 2.0.0 ok" if verb == "helo" else "500 5.5.1 what?")

    def _ehlo(self, _: str) -> None:
        offers = list(self.host.offers)
        if self.host.tls == "starttls" and not self._secure:
            offers.append("STARTTLS")
        elif self.host.users:
            offers.append(f"AUTH {self.host.methods}")
        lines = [f"250-{line}" for line in ["mail.test", *offers]]
        lines[-1] = lines[-1].replace("-", " ", 1)
        self._answer("ehlo", "\r\n".join(lines))

    def _starttls(self, _: str) -> None:
        if self._answer("starttls", "220 2.0.0 go"):
            self._start_tls()

    def _start_tls(self) -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(CERTIFICATE, TLS / "key.pem")
        self._socket = context.wrap_socket(self._socket, server_side=True)
        self._secure = True
        self._buffer.clear()

    def _auth(self, line: str) -> None:
        words = line.split()
        if words[1].upper() == "PLAIN":
            _, user, password = base64.b64decode(words[2]).decode().split("\0")
        else:
            user, password = (self._prompt(word) for word in ("Username:", "Password:"))
        fits = self.host.users.get(user) == password
        self._answer("auth", "235 2.7.0 welcome" if fits else "535 5.7.8 wrong name or password")

    def _prompt(self, word: str) -> str:
        self._send(f"334 {base64.b64encode(word.encode()).decode()}")
        return base64.b64decode(self._read_line()).decode()

    def _mail(self, line: str) -> None:
        self._mails += 1
        if self._is_over_limit and self.host.limit_says.startswith("421"):
            self._do(close(self.host.limit_says))
        if self._sender:
            self._send("503 5.5.1 there is a sender already")
        elif self._answer("mail", "250 2.1.0 ok"):
            self._sender = _path(line) or "<>"

    @property
    def _is_over_limit(self) -> bool:
        return 0 < self.host.limit < self._mails

    def _rcpt(self, line: str) -> None:
        recipient = _path(line)
        if not self._sender:
            self._send("503 5.5.1 from whom?")
        elif self._is_over_limit:
            self._send(self.host.limit_says)
        elif self.host.is_stranger(recipient):
            self._send("450 4.7.1 greylisted, come again")
        elif self._answer("rcpt", f"250 2.1.5 <{recipient}> ok", special=f"rcpt:{recipient}"):
            self._recipient = recipient

    def _data(self, _: str) -> None:
        if not self._recipient:
            self._send("503 5.5.1 for whom?")
        elif self._answer("data", "354 go on"):
            message = self._read_text()
            if self._agrees("dot"):
                self._take(message)
            self._forget()

    def _read_text(self) -> bytes:
        text = bytearray()
        with self.host.changed:
            self.host.texts[self.number] = text
        act = self.host.act_for("text")
        while True:
            with self.host.changed:
                text += self._buffer
                self._buffer.clear()
                self.host.changed.notify_all()
            if text.startswith(b".\r\n"):
                return self._cut(0, 3)
            if (end := text.find(b"\r\n.\r\n", max(0, len(text) - 1_000_000))) >= 0:
                return self._cut(end + 2, end + 5)
            if act is not None and len(text) >= self.host.text_after:
                self._do(act)
                act = None
            self._receive()

    def _bdat(self, line: str) -> None:
        """Take one chunk, which must be the last (RFC 3030); without a recipient, throw it away."""
        size, last = int(line.split()[1]), line.upper().endswith(" LAST")
        message = self._read_chunk(size)
        if not self._recipient or not last:
            self._send("503 5.5.1 for whom?")
        elif self._agrees("dot"):
            self._take(message)
            self._forget()

    def _read_chunk(self, size: int) -> bytes:
        text = bytearray()
        with self.host.changed:
            self.host.texts[self.number] = text
        act = self.host.act_for("text")
        while True:
            with self.host.changed:
                wanted = size - len(text)
                text += self._buffer[:wanted]
                del self._buffer[:wanted]
                self.host.changed.notify_all()
            if len(text) == size:
                with self.host.changed:
                    return bytes(self.host.texts.pop(self.number))
            if act is not None and len(text) >= self.host.text_after:
                self._do(act)
                act = None
            self._receive()

    def _cut(self, end: int, after: int) -> bytes:
        with self.host.changed:
            text = self.host.texts.pop(self.number)
        self._buffer += text[after:]
        return bytes(b"\r\n" + text[:end]).replace(b"\r\n..", b"\r\n.")[2:]

    def _take(self, message: bytes) -> None:
        taken = Taken(
            sender=self._sender.removeprefix("<>"),
            recipient=self._recipient,
            message=message,
            connection=self.number,
        )
        with self.host.changed:
            self.host.accepted.append(taken)
            self.host.changed.notify_all()
        if self.host.on_accept is not None:
            self.host.on_accept(taken)
        self.host.stopping.wait(self.host.delay)
        self._answer("taken", "250 2.0.0 taken")

    def _forget(self) -> None:
        self._sender = self._recipient = ""

    def _rset(self, _: str) -> None:
        if self._answer("rset", "250 2.0.0 ok"):
            self._forget()

    def _quit(self, _: str) -> None:
        self._answer("quit", "221 2.0.0 bye")
        raise OverError

    def _agrees(self, step: str) -> bool:
        """Follow the script where there is no normal answer yet."""
        act = self.host.act_for(step)
        if act is not None:
            self._do(act)
        return act is None

    def _answer(self, step: str, normal: str, *, special: str = "") -> bool:
        act = self.host.act_for(special) or self.host.act_for(step) or say(normal)
        self._do(act)
        return act.agrees

    def _do(self, act: Act) -> None:
        if act.say:
            self._send(act.say, pause=act.pause)
        if act.then == "hang":
            self.host.stopping.wait()
        if act.then == "reset":
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if act.then != "go on":
            raise OverError

    def _send(self, words: str, *, pause: float = 0) -> None:
        data = f"{words}\r\n".encode("utf-8", "surrogateescape")
        if not pause:
            self._socket.sendall(data)
        for octet in data if pause else b"":
            time.sleep(pause)
            self._socket.sendall(bytes([octet]))

    def _read_line(self) -> str:
        while (end := self._buffer.find(b"\n")) < 0:
            self._receive()
        line = self._buffer[:end].decode("utf-8", "replace").rstrip("\r")
        del self._buffer[: end + 1]
        return line

    def _receive(self) -> None:
        data = self._socket.recv(65536)
        if not data:
            raise OverError
        self._buffer += data


def _path(line: str) -> str:
    return line.partition("<")[2].partition(">")[0]
