"""SMTP, driven stage by stage, so that it is always known what the server may have taken."""

import base64
import ipaddress
import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from digest.clock import Clock
from digest.errors import ConfigurationError, DigestError
from digest.limits import CountOrNone, Port, Seconds
from digest.mail.letter import Letter
from digest.mail.outcome import Outcome, Stage, Verdict
from digest.providers.carrier import Connection, Intent
from digest.providers.envelope import Offers, mail_line, obstacle, rcpt_line, read_offers
from digest.providers.reply import Fault, Kind, Reply, ends_connection, judge, judge_fault
from digest.providers.wire import Deadline, Wire, WireError, dial

log = logging.getLogger(__name__)

# Stages at which a connection that served before may simply have come to its end.
_WORTH_A_FRESH_LINE = frozenset({Stage.MAIL, Stage.RCPT})


@dataclass(frozen=True, kw_only=True)
class SmtpTimeouts:
    """Seconds; each is a total that dripping bytes do not prolong (RFC 5321 4.5.3.2)."""

    connect: Seconds = 30
    greeting: Seconds = 60
    command: Seconds = 60
    text: Seconds = 300
    message: Seconds = 600  # all of one letter up to the dot, connecting included
    final_reply: Seconds = 600  # a shorter one makes "unknown" of letters that were accepted
    goodbye: Seconds = 2


@dataclass(frozen=True, kw_only=True)
class SmtpSettings:
    """How to reach the server that takes our mail.

    ``security`` "starttls" refuses a server that does not offer it; "none" is for a relay on a
    network that you trust. ``ca_file`` replaces the system's authorities. ``helo_name`` empty
    means the address of this end. ``max_per_connection`` 0 means no limit.
    """

    host: str = "localhost"
    port: Port = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    helo_name: str = ""
    max_per_connection: CountOrNone = 0
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


class SmtpCarrier:
    """Hands letters to one SMTP server."""

    name = "smtp"

    def __init__(self, settings: SmtpSettings, *, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._tls = _tls_context(settings.ca_file)

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
        return SmtpConnection(self._settings, tls=self._tls, clock=self._clock)


def _tls_context(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        reason = error.strerror or "not a file of PEM certificates"
        raise ConfigurationError(f"[carrier.smtp] ca_file: {ca_file}: {reason}") from error


class _StoppedError(DigestError):
    """The transaction has ended with this outcome; ``hang_up``: and the conversation with it."""

    def __init__(self, outcome: Outcome, *, hang_up: bool) -> None:
        super().__init__(outcome.text)
        self.outcome = outcome
        self.hang_up = hang_up


def _stopped_by(reply: Reply, *, stage: Stage) -> _StoppedError:
    outcome = judge(reply, stage=stage)
    return _StoppedError(outcome, hang_up=ends_connection(reply, stage=stage))


def _our_fault(text: str, *, stage: Stage) -> _StoppedError:
    outcome = Outcome(verdict=Verdict.CONFIG, stage=stage, text=text, counted=False)
    return _StoppedError(outcome, hang_up=True)


@contextmanager
def _at(stage: Stage) -> Iterator[None]:
    """Turn whatever breaks the wire into the outcome that it means at this stage."""
    try:
        yield
    except WireError as error:
        outcome = judge_fault(error.fault, stage=stage, text=str(error))
        raise _StoppedError(outcome, hang_up=True) from error


class SmtpConnection:
    """A conversation that is begun anew whenever the old one cannot be used any more."""

    def __init__(self, settings: SmtpSettings, *, tls: ssl.SSLContext, clock: Clock) -> None:
        self._settings = settings
        self._tls = tls
        self._clock = clock
        self._session: _Session | None = None

    def deliver(self, letter: Letter, *, intent: Intent) -> Outcome:
        """Hand the letter over (see `Connection.deliver`).

        A connection that served before may have come to its limit: when it fails before any of
        the text was sent, the letter is tried once more on a fresh one.
        """
        deadline = Deadline.after(self._settings.timeouts.message, clock=self._clock)
        self._leave_what_is_spent()
        served_before = self._session is not None
        outcome = self._attempt(letter, intent=intent, deadline=deadline)
        if served_before and self._session is None and outcome.stage in _WORTH_A_FRESH_LINE:
            outcome = self._attempt(letter, intent=intent, deadline=deadline)
        return outcome

    def probe(self) -> Outcome | None:
        """Open a conversation and end it; return what stopped it, None when nothing did."""
        deadline = Deadline.after(self._settings.timeouts.message, clock=self._clock)
        try:
            self._session = self._begin(deadline)
        except _StoppedError as stop:
            return stop.outcome
        self.close()
        return None

    def _leave_what_is_spent(self) -> None:
        most = self._settings.max_per_connection
        if self._session and (self._session.is_stirring or 0 < most <= self._session.letters):
            self.close()

    def _attempt(self, letter: Letter, *, intent: Intent, deadline: Deadline) -> Outcome:
        try:
            self._session = self._session or self._begin(deadline)
            return self._session.hand_over(letter, intent=intent, deadline=deadline)
        except _StoppedError as stop:
            if stop.hang_up:
                self._hang_up()
            return stop.outcome
        except BaseException:  # from `intent`, or a signal: never leave half a letter behind
            self._hang_up()
            raise

    def _begin(self, deadline: Deadline) -> "_Session":
        with _at(Stage.CONNECT):
            limit = deadline.within(self._settings.timeouts.connect)
            wire = dial(self._settings.host, port=self._settings.port, deadline=limit)
        session = _Session(wire, settings=self._settings, clock=self._clock)
        try:
            session.open(tls=self._tls, deadline=deadline)
        except BaseException:
            session.hang_up()
            raise
        return session

    def _hang_up(self) -> None:
        if self._session is not None:
            self._session.hang_up()
            self._session = None

    def close(self) -> None:
        """Say QUIT and hang up; what the server makes of it changes nothing."""
        if self._session is not None:
            self._session.quit()
            self._hang_up()


class _Session:
    """One TCP connection from the greeting on; each step knows the stage that it stands for."""

    def __init__(self, wire: Wire, *, settings: SmtpSettings, clock: Clock) -> None:
        self.letters = 0
        self._clock = clock
        self._wire = wire
        self._settings = settings
        self._limits = settings.timeouts
        self._offers: Offers = {}
        self._in_transaction = False

    @property
    def is_stirring(self) -> bool:
        """Tell whether the server closed, or said something, between two letters."""
        return self._wire.stirs()

    def open(self, *, tls: ssl.SSLContext, deadline: Deadline) -> None:
        """Go through greeting, EHLO, TLS and login."""
        limit = deadline.within(self._limits.greeting)
        if self._settings.security == "tls":
            self._secure(tls, deadline=limit)
        with _at(Stage.GREETING):
            greeting = self._wire.reply(deadline=limit)
        if greeting.kind is not Kind.YES:
            raise _stopped_by(greeting, stage=Stage.GREETING)
        self._hello(deadline)
        if self._settings.security == "starttls":
            self._start_tls(tls, deadline=deadline)
        if self._settings.username:
            self._log_in(deadline)

    def _hello(self, deadline: Deadline) -> None:
        name = self._settings.helo_name or self._wire.local_address
        reply = self._say(f"EHLO {name}", stage=Stage.GREETING, deadline=deadline)
        self._offers = read_offers(reply.lines)
        if reply.kind is Kind.NEVER:  # RFC 5321 3.2: an old server may know HELO only
            self._offers = {}
            reply = self._say(f"HELO {name}", stage=Stage.GREETING, deadline=deadline)
        if reply.kind is not Kind.YES:
            raise _stopped_by(reply, stage=Stage.GREETING)

    def _start_tls(self, tls: ssl.SSLContext, *, deadline: Deadline) -> None:
        if "STARTTLS" not in self._offers:  # perhaps stripped on the way: nothing goes in clear
            raise _our_fault("the server does not offer STARTTLS", stage=Stage.TLS)
        self._ask("STARTTLS", stage=Stage.TLS, deadline=deadline)
        self._secure(tls, deadline=deadline.within(self._limits.command))
        self._hello(deadline)  # what was offered in clear counts no more (RFC 3207 4.2)

    def _secure(self, tls: ssl.SSLContext, *, deadline: Deadline) -> None:
        with _at(Stage.TLS):
            self._wire.secure(tls, host=self._settings.host, deadline=deadline)

    def _log_in(self, deadline: Deadline) -> None:
        methods = self._offers.get("AUTH", "").upper().split()
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

    def hand_over(self, letter: Letter, *, intent: Intent, deadline: Deadline) -> Outcome:
        """Go through one transaction with one recipient."""
        problem = obstacle(letter, offers=self._offers)
        if problem is not None:
            return problem
        self.letters += 1
        self._leave_transaction(deadline)
        self._ask(mail_line(letter, offers=self._offers), stage=Stage.MAIL, deadline=deadline)
        self._in_transaction = True
        self._ask(rcpt_line(letter, offers=self._offers), stage=Stage.RCPT, deadline=deadline)
        self._ask("DATA", want=Kind.GO_ON, stage=Stage.DATA, deadline=deadline)
        self._send_text(letter.message, deadline=deadline)
        if not intent():
            outcome = Outcome(verdict=Verdict.WITHDRAWN, stage=Stage.TEXT, counted=False)
            raise _StoppedError(outcome, hang_up=True)
        return self._end_text()

    def _leave_transaction(self, deadline: Deadline) -> None:
        """After a refusal the server still holds the sender; RSET lets go of it."""
        if not self._in_transaction:
            return
        reply = self._say("RSET", stage=Stage.MAIL, deadline=deadline)
        if reply.kind is not Kind.YES:
            outcome = judge_fault(Fault.GARBAGE, stage=Stage.MAIL, text=reply.text)
            raise _StoppedError(outcome, hang_up=True)
        self._in_transaction = False

    def _send_text(self, message: bytes, *, deadline: Deadline) -> None:
        """Send all but the final dot: until that leaves, the letter is surely not taken."""
        try:
            with _at(Stage.TEXT):
                self._wire.send(_stuffed(message), deadline=deadline.within(self._limits.text))
        except _StoppedError:
            self._expect_silence()  # a server that gives up in mid-text may have said why
            raise
        self._expect_silence()

    def _expect_silence(self) -> None:
        """Stop when the server closed or spoke before the dot: it did not take the letter."""
        if not self._wire.stirs():
            return
        with _at(Stage.TEXT):
            reply = self._wire.reply(deadline=self._in(self._limits.goodbye))
        raise _stopped_by(reply, stage=Stage.TEXT)

    def _end_text(self) -> Outcome:
        """Send the dot. It cannot have left when sending fails; later only the reply tells."""
        self._expect_silence()
        with _at(Stage.DOT):
            self._wire.send(b".\r\n", deadline=self._in(self._limits.command))
        with _at(Stage.REPLY):
            reply = self._wire.reply(deadline=self._in(self._limits.final_reply))
        self._in_transaction = False
        if reply.kind is not Kind.YES:
            raise _stopped_by(reply, stage=Stage.DOT)
        return judge(reply, stage=Stage.DOT)

    def _ask(self, line: str, *, stage: Stage, deadline: Deadline, want: Kind = Kind.YES) -> None:
        reply = self._say(line, stage=stage, deadline=deadline)
        if reply.kind is not want:
            raise _stopped_by(reply, stage=stage)

    def _say(self, line: str, *, stage: Stage, deadline: Deadline) -> Reply:
        limit = deadline.within(self._limits.command)
        with _at(stage):
            self._wire.send(f"{line}\r\n".encode(), deadline=limit)
            return self._wire.reply(deadline=limit)

    def _in(self, seconds: float) -> Deadline:
        return Deadline.after(seconds, clock=self._clock)

    def quit(self) -> None:
        """Say QUIT, and take any answer for an answer."""
        try:
            self._say("QUIT", stage=Stage.REPLY, deadline=self._in(self._limits.goodbye))
        except _StoppedError as stop:
            log.debug("QUIT was not answered: %s", stop)

    def hang_up(self) -> None:
        """Close without a word: a server drops what has no dot (RFC 5321 4.1.1.10)."""
        self._wire.close()


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")


def _stuffed(message: bytes) -> bytes:
    """Bring the text into the form of RFC 5321 4.5.2.

    Letters come without leading dots and with a last line end, so this changes nothing. It
    stands because the promise hangs on it: a lone dot inside would end the text before `intent`.
    """
    text = message.replace(b"\r\n.", b"\r\n..")
    if text.startswith(b"."):
        text = b"." + text
    return text if text.endswith(b"\r\n") else text + b"\r\n"
