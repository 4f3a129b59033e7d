"""The wire under SMTP: a blocking socket, read line by line against a total deadline."""

import socket
import ssl
from dataclasses import dataclass

from digest.clock import Clock
from digest.errors import DigestError
from digest.providers.reply import Fault, Reply, read_line

LONGEST_LINE = 4096  # octets; RFC 5321 4.5.3.1.5 allows 512, some servers write more
MOST_LINES = 100  # in one reply
CHUNK = 65536


class WireError(DigestError, ConnectionError):
    """The conversation cannot go on; ``fault`` says how it broke, the message why."""

    def __init__(self, message: str, *, fault: Fault) -> None:
        super().__init__(message)
        self.fault = fault


@dataclass(frozen=True)
class Deadline:
    """A moment on the monotonic clock; it does not move, however often the other side drips."""

    clock: Clock
    moment: float

    @classmethod
    def after(cls, seconds: float, *, clock: Clock) -> "Deadline":
        """Return the deadline ``seconds`` from now."""
        return cls(clock, clock.monotonic() + seconds)

    def within(self, seconds: float) -> "Deadline":
        """Return the nearer of this deadline and ``seconds`` from now."""
        return Deadline(self.clock, min(self.moment, self.clock.monotonic() + seconds))

    def left(self) -> float:
        """Return the seconds that are left, more than 0; raise `WireError` when none are."""
        seconds = self.moment - self.clock.monotonic()
        if seconds <= 0:
            raise WireError("no answer within the time limit", fault=Fault.OVERDUE)
        return seconds


class Wire:
    """One TCP connection, plain or TLS; every call takes the deadline of its stage."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._buffer = bytearray()

    @property
    def local_address(self) -> str:
        """This end as an address literal, for a machine without a name (RFC 5321 4.1.3)."""
        host = self._socket.getsockname()[0]
        return f"[IPv6:{host}]" if self._socket.family == socket.AF_INET6 else f"[{host}]"

    def send(self, data: bytes, *, deadline: Deadline) -> None:
        """Send all of ``data``, or raise `WireError`."""
        rest = memoryview(data)
        try:
            while rest:
                self._socket.settimeout(deadline.left())
                rest = rest[self._socket.send(rest) :]
        except OSError as error:
            raise _broken(error) from error

    def reply(self, *, deadline: Deadline) -> Reply:
        """Read one whole reply; raise `WireError` for anything that is not one."""
        lines: list[str] = []
        code = None
        while len(lines) < MOST_LINES:
            line = read_line(self._line(deadline))
            if line is None or code not in {None, line.code}:
                break
            code = line.code
            lines.append(line.text)
            if line.last:
                return Reply(code=code, lines=tuple(lines))
        raise WireError("the server's answer is not SMTP", fault=Fault.GARBAGE)

    def _line(self, deadline: Deadline) -> bytes:
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > LONGEST_LINE:
                raise WireError("the server's answer has no line end", fault=Fault.GARBAGE)
            self._receive(deadline)
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line

    def _receive(self, deadline: Deadline) -> None:
        try:
            self._socket.settimeout(deadline.left())
            data = self._socket.recv(CHUNK)
        except OSError as error:
            raise _broken(error) from error
        if not data:
            raise WireError("the server closed the connection", fault=Fault.CLOSED)
        self._buffer += data

    def stirs(self) -> bool:
        """Tell whether the server closed or spoke although it was not asked."""
        try:
            self._socket.setblocking(False)
            self._buffer += self._socket.recv(CHUNK)
        except (BlockingIOError, ssl.SSLWantReadError):
            return bool(self._buffer)
        except OSError:
            return True
        return True

    def secure(self, context: ssl.SSLContext, *, host: str, deadline: Deadline) -> None:
        """Start TLS and check the certificate against ``host``.

        Bytes that came before the handshake are refused: they could be an attacker's plaintext,
        read later as if it had come through TLS (CVE-2011-0411).
        """
        if self._buffer:
            raise WireError("the server spoke before TLS began", fault=Fault.UNTRUSTED)
        try:
            self._socket.settimeout(deadline.left())
            self._socket = context.wrap_socket(self._socket, server_hostname=host)
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
            raise WireError("the server closed during TLS", fault=Fault.CLOSED) from error
        except ssl.SSLError as error:
            raise WireError(f"TLS failed: {_reason(error)}", fault=Fault.UNTRUSTED) from error
        except OSError as error:
            raise _broken(error) from error

    def close(self) -> None:
        """Close without a word; nothing that was not sent will be."""
        self._socket.close()


def dial(host: str, *, port: int, deadline: Deadline) -> Wire:
    """Connect to the first address of ``host`` that answers; each gets a fair share of the time."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # UnicodeError: not a name at all
        raise WireError(f"{host}: name not found", fault=Fault.UNREACHABLE) from error
    problem = "no address"
    for turn, (family, kind, protocol, _, address) in enumerate(found):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(deadline.left() / (len(found) - turn))
            sock.connect(address)
        except OSError as error:
            sock.close()
            problem = _reason(error)
        else:
            return Wire(sock)
    raise WireError(f"{host}:{port}: {problem}", fault=Fault.UNREACHABLE)


def _broken(error: OSError) -> WireError:
    if isinstance(error, WireError):  # a deadline, raised inside the same try
        return error
    if isinstance(error, TimeoutError):
        return WireError("no answer within the time limit", fault=Fault.OVERDUE)
    return WireError(f"the connection broke: {_reason(error)}", fault=Fault.CLOSED)


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"{error.verify_message} (is ca_file right, and the host name?)"
    if isinstance(error, ssl.SSLError):
        return error.reason or "protocol error"
    return error.strerror or "timed out"
