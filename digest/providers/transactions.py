"""Mail transactions by DATA on one open session, and how a conversation ends.

A letter counts as handed over from the moment at which its dot may leave. Whatever comes before is
sent first, then `Dot` is asked, then the dot leaves. Each reply is matched to its command (RFC 2920
3.1).
"""

from collections.abc import Iterator

from digest.errors import DigestError
from digest.mail.letter import Letter
from digest.mail.outcome import Outcome, Stage, Verdict
from digest.providers.carrier import Dot, Fate
from digest.providers.envelope import Envelope, Lines
from digest.providers.reply import Fault, Kind, Reply, judge, judge_fault, weigh
from digest.providers.session import Session, broken
from digest.providers.wire import Deadline, WireError, within

_END = b"\r\n"
_DOT = b".\r\n"
_RSET = b"RSET\r\n"
WITHDRAWN = Outcome(verdict=Verdict.WITHDRAWN, stage=Stage.TEXT, counted=False)
FIRST_STAGES = frozenset({Stage.MAIL, Stage.RCPT})
"""Where a connection that served before may simply have come to its end."""
_FIRST = Stage.MAIL  # bound, as it takes Python 3.11 a tenth of a microsecond to look a member up
_ENVELOPE = ((Stage.MAIL, Kind.YES), (Stage.RCPT, Kind.YES), (Stage.DATA, Kind.GO_ON))


class EndedError(DigestError):
    """The conversation is over, and the letters in ``left`` have surely not been handed over.

    ``outcome`` is what the first of them came to; None when none of them had a part in it.
    """

    def __init__(self, left: list[Letter], *, outcome: Outcome | None) -> None:
        super().__init__(outcome.text if outcome else "")
        self.left = left
        self.outcome = outcome


class ByData:
    """Transactions one after the other; where the server pipelines, in one round trip each.

    Then the dot of one letter leaves together with the envelope of the next.
    """

    def __init__(self, session: Session, *, dot: Dot) -> None:
        self._session = session
        self._wire = session.wire
        self._envelope = Envelope(session.offers)
        self._groups = "PIPELINING" in session.offers
        self._dot = dot

    def run(self, queue: Iterator[Letter]) -> Iterator[Fate]:
        """Hand letters over until there is none, or the connection has carried enough."""
        held: Letter | None = None  # its text is there, its dot is not
        while not self._session.is_spent and (letter := next(queue, None)) is not None:
            lines = self._envelope.write(letter)
            if isinstance(lines, Outcome):
                yield letter, lines
                continue
            self._say_envelope(letter, lines, after=held)
            if held is not None:
                yield from self._hear_dot(held, left=[letter])
            limit = within(self._session.limits.message)
            refusal = self._hear_envelope(letter, lines, deadline=limit)
            if refusal is None:
                self._send_text(letter, lines, deadline=limit)
                held = letter
                if not self._groups:
                    yield from self._end(letter, left=[])
                    held = None
            else:
                held = None
                self._session.served += 1
                yield letter, refusal
        if held is not None:
            yield from self._end(held, left=[])

    def _say_envelope(self, letter: Letter, lines: Lines, *, after: Letter | None) -> None:
        """Say MAIL, RCPT and DATA in one group, behind the dot of the letter before."""
        self._session.letters += 1
        if not self._groups:
            return
        group = f"{lines.mail}\r\n{lines.rcpt}\r\nDATA\r\n".encode()
        if after is not None:
            self._permit(after, left=[after, letter])
            self._send_dot(_DOT + group, left=[after, letter])
            return
        try:
            self._wire.send(
                _RSET + group if self._session.in_transaction else group,
                deadline=within(self._session.limits.command),
            )
        except WireError as error:
            outcome = broken(error, stage=Stage.MAIL)
            raise EndedError([letter], outcome=outcome) from error

    def _hear_envelope(self, letter: Letter, lines: Lines, *, deadline: Deadline) -> Outcome | None:
        """Return why the letter cannot be given; None when its text may follow."""
        limit = min(deadline, within(self._session.limits.command))
        refusal: Outcome | None = None
        stage = Stage.MAIL
        try:
            if self._session.in_transaction:
                self._start_over(limit)
            for stage, want in _ENVELOPE:
                reply = self._answer(lines, stage, deadline=limit)
                if reply.kind is want:
                    if refusal is not None and stage is Stage.DATA:
                        break  # it waits for a text that must not come
                elif refusal is None:
                    refusal, is_over = weigh(reply, stage)
                    if is_over:
                        break
                if refusal is None:
                    self._session.in_transaction = True
                elif not self._groups:
                    return refusal
            else:
                return refusal
        except WireError as error:
            refusal = refusal or broken(error, stage=stage)
            raise EndedError([letter], outcome=refusal) from error
        raise EndedError([letter], outcome=refusal)

    def _answer(self, lines: Lines, stage: Stage, *, deadline: Deadline) -> Reply:
        """Hear the answer to the command of this stage, which was said in a group, or is now."""
        if not self._groups:
            line = {Stage.MAIL: lines.mail, Stage.RCPT: lines.rcpt}.get(stage, "DATA")
            self._wire.send(line.encode() + _END, deadline=deadline)
        return self._wire.reply(deadline=deadline, hurry=stage is not _FIRST)

    def _start_over(self, deadline: Deadline) -> None:
        """After a refusal the server still holds the sender; RSET lets go of it."""
        if not self._groups:
            self._wire.send(_RSET, deadline=deadline)
        reply = self._wire.reply(deadline=deadline)
        if reply.kind is not Kind.YES:
            raise WireError(reply.text, fault=Fault.GARBAGE)
        self._session.in_transaction = False

    def _send_text(self, letter: Letter, lines: Lines, *, deadline: Deadline) -> None:
        """Send all but the final dot: until that leaves, the letter is surely not taken."""
        limit = min(deadline, within(self._session.limits.text))
        try:
            if letter.dotless:
                self._wire.send(*letter.parts, deadline=limit, more=True, size=lines.size)
            else:
                self._wire.send(_stuffed(letter.message), deadline=limit, more=True)
        except WireError as error:
            self._expect_silence(left=[letter])  # a server that gives up in mid-text may say why
            outcome = broken(error, stage=Stage.TEXT)
            raise EndedError([letter], outcome=outcome) from error

    def _expect_silence(self, *, left: list[Letter]) -> None:
        """Stop when the server closed or spoke before the dot: it did not take the letter."""
        if not self._wire.stirs():
            return
        try:
            reply = self._wire.reply(deadline=within(self._session.limits.goodbye))
        except WireError as error:
            raise EndedError(left, outcome=broken(error, stage=Stage.TEXT)) from error
        raise EndedError(left, outcome=judge(reply, stage=Stage.TEXT))

    def _permit(self, letter: Letter, *, left: list[Letter]) -> None:
        """Ask for the dot; it is not sent when the server is gone."""
        if not self._dot(letter):
            raise EndedError(left, outcome=WITHDRAWN)
        self._expect_silence(left=left)

    def _send_dot(self, data: bytes, *, left: list[Letter]) -> None:
        """Send the dot. It cannot have left when sending fails; later only the reply tells."""
        try:
            self._wire.send(data, deadline=within(self._session.limits.command))
        except WireError as error:
            if error.sent < len(_DOT):
                outcome = broken(error, stage=Stage.DOT)
                raise EndedError(left, outcome=outcome) from error

    def _end(self, letter: Letter, *, left: list[Letter]) -> Iterator[Fate]:
        """Send the dot alone, and hear what came of it."""
        self._permit(letter, left=[letter, *left])
        self._send_dot(_DOT, left=[letter, *left])
        yield from self._hear_dot(letter, left=left)

    def _hear_dot(self, letter: Letter, *, left: list[Letter]) -> Iterator[Fate]:
        outcome, is_over = hear_last(self._session)
        yield letter, outcome
        if is_over:
            raise EndedError(left, outcome=None)
        self._session.in_transaction = False
        self._session.served += 1


def hear_last(session: Session) -> tuple[Outcome, bool]:
    """Hear the answer that decides; return what it means, and whether the conversation is over."""
    try:
        reply = session.wire.reply(deadline=within(session.limits.final_reply))
    except WireError as error:
        return judge_fault(error.fault, stage=Stage.REPLY, text=str(error)), True
    return weigh(reply, Stage.DOT)


def _stuffed(text: bytes) -> bytes:
    """Bring a text into the form of RFC 5321 4.5.2; a letter of ours has it already.

    The promise hangs on it: a lone dot inside would end the text before the intent.
    """
    text = (text if text.endswith(_END) else text + _END).replace(b"\r\n.", b"\r\n..")
    return b"." + text if text.startswith(b".") else text
