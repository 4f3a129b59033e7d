"""One SMTP conversation of the rehearsal's mail server, from the server's side."""

import asyncio
import re
from collections import Counter

from digest.rehearsal.faults import Fault, Faults

_OFFERS = ("SIZE", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "PIPELINING", "CHUNKING")
_HELLO = "\r\n".join(f"250-{offer}" for offer in ("rehearsal.localhost", *_OFFERS[:-1]))
_END_OF_TEXT = b"\r\n.\r\n"
_PATH = re.compile(rb"<([^>]*)>")
_RESETS = {Fault.TEXT_RESET, Fault.TAKEN_RESET, Fault.DOT_RESET}


class Talk(asyncio.Protocol):
    """Takes letters and keeps none of their words; ``taken`` counts them by recipient.

    A letter is counted before that is said, as a server's queue file is written before its 250.
    """

    _line: asyncio.Transport

    def __init__(self, taken: Counter[str], *, faults: Faults) -> None:
        self._taken = taken
        self._faults = faults
        self._data = bytearray()
        self._recipient: str | None = None
        self._has_sender = False
        self._in_text = False
        self._is_over = False
        self._chunk: tuple[int, bool] | None = None  # octets to come, and whether it is the last
        self._steps = {
            b"EHLO": self._ehlo,
            b"HELO": self._ok,
            b"NOOP": self._ok,
            b"MAIL": self._mail,
            b"RCPT": self._rcpt,
            b"DATA": self._begin_text,
            b"BDAT": self._begin_chunk,
            b"RSET": self._rset,
            b"QUIT": self._quit,
        }

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - TCP gives no other
        self._line = transport
        self._say("220 rehearsal.localhost ready")

    def data_received(self, data: bytes) -> None:
        """Obey what has come as far as it is whole."""
        self._data += data
        while not self._is_over and self._step():
            continue
        if self._is_over:  # unread, it would make the kernel reset the line, our last words too
            self._data.clear()

    def _step(self) -> bool:
        """Take the next whole thing; False when more has to come."""
        if self._chunk is not None:
            return self._take_chunk(*self._chunk)
        if self._in_text:
            return self._take_text()
        end = self._data.find(b"\r\n")
        if end < 0:
            return False
        line = bytes(self._data[:end])
        del self._data[: end + 2]
        self._steps.get(line[:4].upper(), self._wonder)(line)
        return True

    def _wonder(self, _line: bytes) -> None:
        self._say("500 5.5.1 what?")

    def _say(self, words: str) -> None:
        self._line.write(f"{words}\r\n".encode())

    def _ehlo(self, _line: bytes) -> None:
        self._say(f"{_HELLO}\r\n250 {_OFFERS[-1]}")

    def _ok(self, _line: bytes) -> None:
        self._say("250 2.0.0 ok")

    def _mail(self, _line: bytes) -> None:
        self._has_sender = True
        self._say("250 2.1.0 ok")

    def _rcpt(self, line: bytes) -> None:
        found = _PATH.search(line)
        recipient = found[1].decode() if found else ""
        fault = self._faults.of(recipient)
        if not self._has_sender:
            self._say("503 5.5.1 from whom?")
        elif fault is Fault.PUT_OFF:
            self._faults.do(fault, recipient=recipient)
            self._say("451 4.7.1 come again")
        elif fault is Fault.LIMIT:
            self._faults.do(fault, recipient=recipient)
            self._bid_farewell("421 4.7.0 enough for one connection")
        else:
            self._recipient = recipient
            self._say("250 2.1.5 ok")

    def _begin_text(self, _line: bytes) -> None:
        if self._recipient is None:
            self._say("503 5.5.1 for whom?")
        else:
            self._in_text = True
            self._say("354 go on")
            self._reset_if(Fault.TEXT_RESET)

    def _begin_chunk(self, line: bytes) -> None:
        words = line.split()
        self._chunk = (int(words[1]), words[-1].upper() == b"LAST")
        self._reset_if(Fault.TEXT_RESET)

    def _take_text(self) -> bool:
        end = self._data.find(_END_OF_TEXT)
        if end < 0:
            return False
        del self._data[: end + len(_END_OF_TEXT)]
        self._in_text = False
        self._take()
        return True

    def _take_chunk(self, size: int, is_last: bool) -> bool:  # noqa: FBT001 - unpacked
        come = min(size, len(self._data))
        del self._data[:come]
        self._chunk = (size - come, is_last)
        if come < size:
            return False
        self._chunk = None
        if self._recipient is None:
            self._say("503 5.5.1 for whom?")
        elif is_last:
            self._take()
        else:
            self._say("250 2.0.0 ok")
        return True

    def _take(self) -> None:
        recipient = self._recipient or ""
        fault = self._faults.of(recipient)
        if fault is not Fault.BUSY and fault is not Fault.DOT_RESET:
            self._taken[recipient] += 1
        if fault is Fault.BUSY:
            self._faults.do(fault, recipient=recipient)
            self._say("451 4.3.0 come again")
        elif fault in _RESETS:
            self._reset_if(fault)
        else:
            self._say("250 2.0.0 it is ours")
        self._forget()

    def _reset_if(self, fault: Fault) -> None:
        """Break the connection when this is how the letter fails."""
        if self._recipient and self._faults.of(self._recipient) is fault:
            self._faults.do(fault, recipient=self._recipient)
            self._line.abort()
            self._is_over = True

    def _rset(self, line: bytes) -> None:
        self._forget()
        self._ok(line)

    def _forget(self) -> None:
        self._recipient, self._has_sender = None, False

    def _quit(self, _line: bytes) -> None:
        self._bid_farewell("221 2.0.0 bye")

    def _bid_farewell(self, words: str) -> None:
        self._say(words)
        self._line.write_eof()
        self._is_over = True
