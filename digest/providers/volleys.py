"""Mail transactions by BDAT (RFC 3030): several letters in one write, answered together."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from digest.mail.letter import Letter
from digest.mail.outcome import Outcome, Stage, Verdict
from digest.providers.carrier import Dot, Fate
from digest.providers.envelope import Envelope, Lines
from digest.providers.reply import CLOSING, Fault, Kind, Reply, judge_fault, weigh
from digest.providers.session import Session, broken
from digest.providers.transactions import FIRST_STAGES, WITHDRAWN, EndedError
from digest.providers.wire import Deadline, WireError, within

_END = b"\r\n"
# Bound, because it takes Python 3.11 a tenth of a microsecond to look a member up.
_YES, _GO_ON, _DOT = Kind.YES, Kind.GO_ON, Stage.DOT
_ACCEPTED = Verdict.ACCEPTED
_ANSWERS = (Stage.MAIL, Stage.MAIL, Stage.RCPT, Stage.DOT)  # to RSET, MAIL, RCPT and BDAT


@dataclass
class Volley:
    """Letters that leave in one write; ``sizes`` are the octets of each, commands included."""

    letters: list[Letter] = field(default_factory=list)
    parts: list[bytes] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    def add(self, letter: Letter, lines: Lines) -> None:
        """Add what is said of a letter, and its text, which ends with a line end."""
        parts, size = letter.parts, lines.size
        if not (parts and parts[-1].endswith(_END)):
            parts, size = (*parts, _END), size + len(_END)
        head = f"RSET\r\n{lines.mail}\r\n{lines.rcpt}\r\nBDAT {size} LAST\r\n".encode()
        self.letters.append(letter)
        self.parts.append(head)
        self.parts += parts
        self.sizes.append(len(head) + size)

    def sent(self, octets: int) -> int:
        """Return how many letters left whole when so many octets were taken."""
        return bisect_right(list(accumulate(self.sizes)), octets)


class ByChunks:
    """Letters in volleys; the next one leaves when all of the one before are answered.

    A write for each letter would hand the interpreter from thread to thread for each, which takes
    longer than the letter does. Each begins with RSET, because after a refusal the server is in
    no certain state.
    """

    def __init__(self, session: Session, *, dot: Dot, most: int) -> None:
        self._session = session
        self._wire = session.wire
        self._envelope = Envelope(session.offers)
        self._dot = dot
        self._most = most
        self._again: list[Letter] = []  # refused only because the connection comes to its end
        self._ends = False  # it takes no more letters
        self._closes = False  # it said so last: what it did not answer it never looked at

    def run(self, queue: Iterator[Letter]) -> Iterator[Fate]:
        """Hand letters over until there is none, or the connection has carried enough."""
        while not self._ends:
            volley = Volley()
            yield from self._load(volley, queue)
            if not volley.letters:
                return
            self._permit(volley)
            yield from self._fire(volley)
        raise EndedError(self._again, outcome=None)

    def _load(self, volley: Volley, queue: Iterator[Letter]) -> Iterator[Fate]:
        """Take as many letters as may be in flight; those that cannot be written end here."""
        session, write = self._session, self._envelope.write
        while len(volley.letters) < self._most and not session.is_spent:
            letter = next(queue, None)
            if letter is None:
                return
            lines = write(letter)
            if isinstance(lines, Outcome):
                yield letter, lines
                continue
            session.letters += 1
            volley.add(letter, lines)

    def _permit(self, volley: Volley) -> None:
        """Ask whether the letters may go; none goes unless all may."""
        if self._wire.is_over():
            closed = judge_fault(Fault.CLOSED, stage=Stage.TEXT, text="the server closed")
            raise EndedError(volley.letters, outcome=closed)
        granted = [self._dot(letter) for letter in volley.letters]
        if not all(granted):
            raise EndedError(volley.letters, outcome=WITHDRAWN)

    def _fire(self, volley: Volley) -> Iterator[Fate]:
        """Send a volley, and hear what became of each."""
        letters = volley.letters
        end: EndedError | None = None
        try:
            limit = within(self._session.limits.text)
            self._wire.send(*volley.parts, deadline=limit, size=sum(volley.sizes))
        except WireError as error:
            sent = volley.sent(error.sent)
            outcome = None if sent else broken(error, stage=Stage.TEXT)
            letters, end = letters[:sent], EndedError(letters[sent:], outcome=outcome)
        yield from self._hear(letters, left=end.left if end else [])
        if end:
            left = [*self._again, *end.left]
            raise EndedError(left, outcome=None if self._again else end.outcome) from end

    def _hear(self, letters: list[Letter], *, left: list[Letter]) -> Iterator[Fate]:
        """Hear what became of letters that were sent; ``left`` were to follow them."""
        session = self._session
        deadline = within(session.limits.final_reply)
        for place, letter in enumerate(letters, start=1):
            outcome, is_limit, is_broken = self._answers(deadline)
            if outcome is None or (is_limit and session.served and outcome.stage in FIRST_STAGES):
                self._again.append(letter)
            else:
                yield letter, outcome
                session.served += outcome.verdict is _ACCEPTED
            if is_broken:
                behind = letters[place:]
                if not self._closes:
                    yield from ((one, _lost("the server closed")) for one in behind)
                    behind = []
                raise EndedError([*self._again, *behind, *left], outcome=None)

    def _answers(self, deadline: Deadline) -> tuple[Outcome | None, bool, bool]:
        """Return what became of the next letter; whether by a limit; whether the wire broke.

        None stands for a letter that came behind the server's goodbye.
        """
        found: Outcome | None = None
        is_limit = False
        try:
            for stage in _ANSWERS:
                reply = self._wire.reply(deadline=deadline, hurry=True)
                kind = reply.kind
                self._closes = reply.code == CLOSING  # else it goes on, and may take what follows
                if kind is _YES and stage is not _DOT:
                    continue
                if kind is _GO_ON:
                    raise _out_of_place(reply, stage=stage)
                if found is None:
                    found, is_over = weigh(reply, stage)
                    is_limit = self._ends = self._ends or is_over
        except WireError as error:
            if found is None and not self._closes:
                found = _lost(str(error), fault=error.fault)
            return found, is_limit, True
        return found, is_limit, False


def _out_of_place(reply: Reply, *, stage: Stage) -> WireError:
    return WireError(f"{reply.code} has no place at {stage}", fault=Fault.GARBAGE)


def _lost(text: str, *, fault: Fault = Fault.CLOSED) -> Outcome:
    return judge_fault(fault, stage=Stage.REPLY, text=text)
