"""One SMTP conversation: greeting, EHLO, TLS and login, and the way to say and hear one thing."""

import base64
import ipaddress
import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from digest.errors import ConfigurationError, DigestError
from digest.limits import Count, CountOrNone, Port, Seconds
from digest.mail.outcome import Outcome, Stage, Verdict
from digest.providers.envelope import Offers, read_offers
from digest.providers.line import Dial, Line
from digest.providers.reply import Kind, Reply, judge, judge_fault
from digest.providers.wire import Deadline, WireError, dial, within

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class SmtpTimeouts:
    """Seconds; each is a total that dripping bytes do not prolong (RFC 5321 4.5.3.2)."""

    connect: Seconds = 30
    greeting: Seconds = 60
    command: Seconds = 60
    text: Seconds = 300
    message: Seconds = 600  # all of one letter up to the dot
    final_reply: Seconds = 600  # a shorter one makes "unknown" of letters that were accepted
    goodbye: Seconds = 2


@dataclass(frozen=True, kw_only=True)
class SmtpSettings:
    """How to reach the server that takes our mail.

    ``security`` "starttls" refuses a server that does not offer it; "none" is for a relay on a
    network that you trust. ``ca_file`` replaces the system's authorities. ``helo_name`` empty
    means the address of this end. ``max_per_connection`` 0 means no limit. Where the server offers
    CHUNKING (RFC 3030), up to ``in_flight`` letters of one connection wait for its answer; 1 sends
    the next only after it.
    """

    host: str = "localhost"
    port: Port = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    helo_name: str = ""
    max_per_connection: CountOrNone = 0
    in_flight: Count = 4
    timeouts: SmtpTimeouts = field(default_factory=SmtpTimeouts)

    def __post_init__(self) -> None:
        """Refuse to be set up for saying a password in clear."""
        if self.username and self.security == "none" and not _is_loopback(self.host):
            raise ConfigurationError(
                "[carrier.smtp] security = 'none' would send the password in clear;"
                " take starttls or tls"
            )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class StoppedError(DigestError):
    """The conversation did not come so far that a letter could be given."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.text)
        self.outcome = outcome


def _stopped_by(reply: Reply, *, stage: Stage) -> StoppedError:
    """Return the end that this reply makes at this stage."""
    return StoppedError(judge(reply, stage=stage))


@contextmanager
def _at(stage: Stage) -> Iterator[None]:
    """Turn whatever breaks the wire into the outcome that it means at this stage."""
    try:
        yield
    except WireError as error:
        raise StoppedError(broken(error, stage=stage)) from error


def broken(error: WireError, *, stage: Stage) -> Outcome:
    """Return what a broken wire means at this stage."""
    return judge_fault(error.fault, stage=stage, text=str(error))


class Session:
    """One TCP connection from the greeting on; each step knows the stage that it stands for.

    ``letters`` counts the transactions begun, ``served`` those that came to an end in good order;
    ``in_transaction``: the server holds a sender that no dot has released.
    """

    def __init__(self, wire: Line, *, settings: SmtpSettings) -> None:
        self.letters = 0
        self.served = 0
        self.in_transaction = False
        self.offers: Offers = {}
        self.wire = wire
        self.limits = settings.timeouts
        self._settings = settings

    @property
    def is_spent(self) -> bool:
        """Tell whether it has carried as many letters as one connection may."""
        return 0 < self._settings.max_per_connection <= self.letters

    def open(self, *, tls: ssl.SSLContext, deadline: Deadline) -> None:
        """Go through greeting, EHLO, TLS and login."""
        limit = min(deadline, within(self.limits.greeting))
        if self._settings.security == "tls":
            self._secure(tls, deadline=limit)
        with _at(Stage.GREETING):
            greeting = self.wire.reply(deadline=limit)
        if greeting.kind is not Kind.YES:
            raise _stopped_by(greeting, stage=Stage.GREETING)
        self._hello(deadline)
        if self._settings.security == "starttls":
            self._start_tls(tls, deadline=deadline)
        if self._settings.username:
            self._log_in(deadline)

    def _hello(self, deadline: Deadline) -> None:
        name = self._settings.helo_name or self.wire.local_address
        reply = self.say(f"EHLO {name}", stage=Stage.GREETING, deadline=deadline)
        self.offers = read_offers(reply.lines)
        if reply.kind is Kind.NEVER:  # RFC 5321 3.2: an old server may know HELO only
            self.offers = {}
            reply = self.say(f"HELO {name}", stage=Stage.GREETING, deadline=deadline)
        if reply.kind is not Kind.YES:
            raise _stopped_by(reply, stage=Stage.GREETING)

    def _start_tls(self, tls: ssl.SSLContext, *, deadline: Deadline) -> None:
        if "STARTTLS" not in self.offers:  # perhaps stripped on the way: nothing goes in clear
            raise _our_fault("the server does not offer STARTTLS", stage=Stage.TLS)
        self._ask("STARTTLS", stage=Stage.TLS, deadline=deadline)
        self._secure(tls, deadline=min(deadline, within(self.limits.command)))
        self._hello(deadline)  # what was offered in clear counts no more (RFC 3207 4.2)

    def _secure(self, tls: ssl.SSLContext, *, deadline: Deadline) -> None:
        with _at(Stage.TLS):
            self.wire.secure(tls, host=self._settings.host, deadline=deadline)

    def _log_in(self, deadline: Deadline) -> None:
        methods = self.offers.get("AUTH", "").upper().split()
        user, password = self._settings.username, self._settings.password
        if "PLAIN" in methods:  # RFC 4616
            steps = ["AUTH PLAIN " + _base64(f"\0{user}\0{password}")]
        elif "LOGIN" in methods:
            steps = ["AUTH LOGIN", _base64(user), _base64(password)]
        else:
            raise _our_fault("the server offers neither AUTH PLAIN nor LOGIN", stage=Stage.AUTH)
        for step in steps[:-1]:
            self._ask(step, want=Kind.GO_ON, stage=Stage.AUTH, deadline=deadline)
        self._ask(steps[-1], stage=Stage.AUTH, deadline=deadline)

    def _ask(self, line: str, *, stage: Stage, deadline: Deadline, want: Kind = Kind.YES) -> None:
        reply = self.say(line, stage=stage, deadline=deadline)
        if reply.kind is not want:
            raise _stopped_by(reply, stage=stage)

    def say(self, line: str, *, stage: Stage, deadline: Deadline) -> Reply:
        """Say one line and hear the answer to it."""
        limit = min(deadline, within(self.limits.command))
        with _at(stage):
            self.wire.send(f"{line}\r\n".encode(), deadline=limit)
            return self.wire.reply(deadline=limit)

    def quit(self) -> None:
        """Say QUIT, and take any answer for an answer."""
        try:
            self.say("QUIT", stage=Stage.REPLY, deadline=within(self.limits.goodbye))
        except StoppedError as stop:
            log.debug("QUIT was not answered: %s", stop)

    def hang_up(self) -> None:
        """Close without a word: a server drops what has no dot (RFC 5321 4.1.1.10)."""
        self.wire.close()


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")


def _our_fault(text: str, *, stage: Stage) -> StoppedError:
    outcome = Outcome(verdict=Verdict.CONFIG, stage=stage, text=text, counted=False)
    return StoppedError(outcome)


def begin(settings: SmtpSettings, *, tls: ssl.SSLContext, dial: Dial = dial) -> Session:
    """Call the server and come as far as the first letter, or raise `StoppedError`."""
    deadline = within(settings.timeouts.message)
    with _at(Stage.CONNECT):
        limit = min(deadline, within(settings.timeouts.connect))
        wire = dial(settings.host, port=settings.port, deadline=limit)
    session = Session(wire, settings=settings)
    try:
        session.open(tls=tls, deadline=deadline)
    except BaseException:
        session.hang_up()
        raise
    return session
