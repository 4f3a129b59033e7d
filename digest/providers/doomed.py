"""A carrier and a wire that kill their own process at a chosen step, for tests and rehearsals."""

import ssl
from collections.abc import Iterable, Iterator

from digest.failpoint import Failpoint, Step
from digest.mail.letter import Letter
from digest.providers.carrier import Carrier, Connection, Dot, Fate
from digest.providers.line import Dial, Line
from digest.providers.reply import Reply
from digest.providers.wire import Deadline, dial

_DOT = b".\r\n"
_LAST_LINE_END = b"\r\n"  # which stands in for the dot where letters go by BDAT


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
    """A wire that knows a text, a dot, and a group of BDAT when it sends one."""

    def __init__(self, line: Line, *, failpoint: Failpoint) -> None:
        self._line = line
        self._failpoint = failpoint

    @property
    def local_address(self) -> str:
        return self._line.local_address

    def send(self, *parts: bytes | memoryview, deadline: Deadline, more: bool = False) -> None:
        has_text = more or isinstance(parts[-1], memoryview)
        if has_text:
            self._failpoint.reach(Step.AFTER_RCPT)
            if self._failpoint.is_due(Step.IN_TEXT):
                half = memoryview(parts[-1])[: len(parts[-1]) // 2]
                self._line.send(*parts[:-1], half, deadline=deadline)
                self._failpoint.die()
        self._line.send(*parts, deadline=deadline, more=more)
        if parts[0] == _LAST_LINE_END or (bytes(parts[0][: len(_DOT)]) == _DOT and not more):
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
