"""SMTP: hands letters to one server, and always knows what the server may have taken."""

import ssl
from collections import deque
from collections.abc import Iterable, Iterator
from functools import partial

from digest.errors import ConfigurationError
from digest.mail.letter import Letter
from digest.mail.outcome import Outcome, Verdict
from digest.providers.capabilities import EVERYTHING
from digest.providers.carrier import Connection, Dot, Fate
from digest.providers.line import Dial
from digest.providers.session import Session, SmtpSettings, StoppedError, begin
from digest.providers.transactions import FIRST_STAGES, ByData, EndedError
from digest.providers.volleys import ByChunks
from digest.providers.wire import dial


class SmtpCarrier:
    """Hands letters to one SMTP server."""

    name = "smtp"
    capabilities = EVERYTHING

    def __init__(self, settings: SmtpSettings, *, dial: Dial = dial) -> None:
        self._settings = settings
        self._dial = dial
        self._tls = _tls_context(settings)

    def connect(self) -> Connection:
        """Give a connection; the server is called when the first letter comes."""
        return self._connection()

    def check(self) -> str | None:
        """Greet, start TLS and log in; return what stands in the way, or None."""
        problem = self._connection().probe()
        if problem is None:
            return None
        return " ".join(filter(None, (f"{problem.stage}:", problem.reply, problem.text)))

    def _connection(self) -> "SmtpConnection":
        return SmtpConnection(self._settings, tls=self._tls, dial=self._dial)


def _tls_context(settings: SmtpSettings) -> ssl.SSLContext:
    if settings.security == "none":  # the machine's authorities are many, and nobody will ask
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        return ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:
        reason = error.strerror or "not a file of PEM certificates"
        message = f"[carrier.smtp] ca_file: {settings.ca_file}: {reason}"
        raise ConfigurationError(message) from error


class SmtpConnection:
    """A conversation that is begun anew whenever the old one cannot be used any more."""

    def __init__(self, settings: SmtpSettings, *, tls: ssl.SSLContext, dial: Dial) -> None:
        self._begin = partial(begin, settings, tls=tls, dial=dial)
        self._settings = settings
        self._session: Session | None = None

    def hand_over(self, letters: Iterable[Letter], *, dot: Dot) -> Iterator[Fate]:
        """Hand the letters over (see `Connection.hand_over`).

        A connection that served before may have come to its limit: a letter with which it fails
        before any of the text was sent is tried once more on a fresh one.
        """
        queue = _Queue(letters)
        try:
            for letter in queue:
                queue.put_back([letter])
                yield from self._on_one_line(queue, dot=dot)
        except BaseException:  # from `dot`, or a signal: never leave half a letter behind
            self._hang_up()
            raise

    def _on_one_line(self, queue: "_Queue", *, dot: Dot) -> Iterator[Fate]:
        self._leave_what_is_spent()
        try:
            session = self._session = self._session or self._begin()
        except StoppedError as stop:
            yield next(queue), stop.outcome
            return
        try:
            yield from self._talk(session, dot=dot).run(queue)
        except EndedError as end:
            self._hang_up()
            yield from _settle(end, queue, served=session.served)

    def _talk(self, session: Session, *, dot: Dot) -> ByData | ByChunks:
        if self._settings.in_flight > 1 and {"CHUNKING", "PIPELINING"} <= session.offers.keys():
            return ByChunks(session, dot=dot, most=self._settings.in_flight)
        return ByData(session, dot=dot)

    def _leave_what_is_spent(self) -> None:
        if self._session and (self._session.is_spent or self._session.wire.stirs()):
            self.close()

    def probe(self) -> Outcome | None:
        """Open a conversation and end it; return what stopped it, None when nothing did."""
        try:
            self._session = self._begin()
        except StoppedError as stop:
            return stop.outcome
        self.close()
        return None

    def _hang_up(self) -> None:
        if self._session is not None:
            self._session.hang_up()
            self._session = None

    def close(self) -> None:
        """Say QUIT and hang up; what the server makes of it changes nothing."""
        if self._session is not None:
            self._session.quit()
            self._hang_up()


def _settle(end: EndedError, queue: "_Queue", *, served: int) -> Iterator[Fate]:
    """Say what became of those that were left when the conversation ended."""
    if end.outcome is None or (served and _is_of_the_line(end.outcome)):
        queue.put_back(end.left)
    elif end.outcome.verdict is Verdict.WITHDRAWN:
        yield from ((letter, end.outcome) for letter in end.left)
    else:
        queue.put_back(end.left[1:])
        yield end.left[0], end.outcome


def _is_of_the_line(outcome: Outcome) -> bool:
    return outcome.stage in FIRST_STAGES and not outcome.counted


class _Queue:
    """The letters to come, behind those that have to be given once more."""

    def __init__(self, letters: Iterable[Letter]) -> None:
        self._letters = iter(letters)
        self._again: deque[Letter] = deque()

    def __iter__(self) -> Iterator[Letter]:
        return self

    def __next__(self) -> Letter:
        return self._again.popleft() if self._again else next(self._letters)

    def put_back(self, letters: list[Letter]) -> None:
        """Give these letters once more, in this order, before any other."""
        self._again.extendleft(reversed(letters))
