"""A carrier and a wire that kill their own process at a chosen step, for tests and rehearsals."""

import ssl
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from digest.failpoint import Failpoint, Step
from digest.mail.letter import Letter
from digest.providers.carrier import Carrier, Connection, Dot, Fate
from digest.providers.line import Dial, Line
from digest.providers.reply import Reply
from digest.providers.wire import Deadline, dial

_DOT = b".\r\n"
_BEGIN, _CHUNK = b"RSET\r\n", b"\r\nBDAT "  # of a letter that goes by BDAT


class DoomedCarrier:
    """Another carrier, around which the steps before and behind the wire are passed."""

    def __init__(self, carrier: Carrier, *, failpoint: Failpoint) -> None:
        self.name = carrier.name
        self.capabilities = carrier.capabilities
        self._carrier = carrier
        self._failpoint = failpoint

    def connect(self) -> Connection:
        """Open a conversation in which death may come."""
        return _DoomedConnection(self._carrier.connect(), failpoint=self._failpoint)

    def check(self) -> str | None:
        """Return what stands in the way; this passes no step."""
        return self._carrier.check()


class _DoomedConnection:
    def __init__(self, connection: Connection, *, failpoint: Failpoint) -> None:
        self._connection = connection
        self._failpoint = failpoint

    def hand_over(self, letters: Iterable[Letter], *, dot: Dot) -> Iterator[Fate]:
        """Hand the letters over (see `Connection.hand_over`)."""

        def doomed_dot(letter: Letter) -> bool:
            granted = dot(letter)
            self._failpoint.reach(Step.BEFORE_DOT)
            return granted

        for fate in self._connection.hand_over(self._drawn(letters), dot=doomed_dot):
            yield fate
            self._failpoint.reach(Step.AFTER_ANSWER)  # whoever took it has noted it by now

    def _drawn(self, letters: Iterable[Letter]) -> Iterator[Letter]:
        for letter in letters:
            self._failpoint.reach(Step.AFTER_CLAIM)
            yield letter

    def close(self) -> None:
        """Say goodbye."""
        self._connection.close()


def dial_to(failpoint: Failpoint) -> Dial:
    """Return a way to connect to wires on which death may come."""

    def dial_doomed(host: str, *, port: int, deadline: Deadline) -> Line:
        return _DoomedLine(dial(host, port=port, deadline=deadline), failpoint=failpoint)

    return dial_doomed


class _DoomedLine:
    """A wire that knows a text, a dot, and letters by BDAT when it sends them."""

    def __init__(self, line: Line, *, failpoint: Failpoint) -> None:
        self._line = line
        self._failpoint = failpoint

    @property
    def local_address(self) -> str:
        return self._line.local_address

    def send(
        self, *parts: bytes, deadline: Deadline, more: bool = False, size: int | None = None
    ) -> None:
        texts = [(0, len(parts))] if more else _letters(parts)
        for begin, end in texts:
            self._failpoint.reach(Step.AFTER_RCPT)
            if self._failpoint.is_due(Step.IN_TEXT):
                text = b"".join(parts[begin:end])
                self._line.send(*parts[:begin], text[: len(text) // 2], deadline=deadline)
                self._failpoint.die()
        self._line.send(*parts, deadline=deadline, more=more, size=size)
        dots = 0 if more else len(texts) or parts[0].startswith(_DOT)
        for _ in range(dots):
            self._failpoint.reach(Step.AFTER_DOT)

    def reply(self, *, deadline: Deadline, hurry: bool = False) -> Reply:
        return self._line.reply(deadline=deadline, hurry=hurry)

    def is_over(self) -> bool:
        return self._line.is_over()

    def stirs(self) -> bool:
        return self._line.stirs()

    def secure(self, context: ssl.SSLContext, *, host: str, deadline: Deadline) -> None:
        self._line.secure(context, host=host, deadline=deadline)

    def close(self) -> None:
        self._line.close()


def _letters(parts: Sequence[bytes]) -> list[tuple[int, int]]:
    """Return where each letter that goes by BDAT begins among the parts, and where it ends."""
    begins = [n for n, part in enumerate(parts) if part.startswith(_BEGIN) and _CHUNK in part]
    return list(pairwise([*begins, len(parts)]))
