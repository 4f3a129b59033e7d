"""The wire under SMTP: a blocking socket, read line by line against a total deadline."""

import select
import socket
import ssl
import struct
from collections import deque
from collections.abc import Sequence

from digest.clock import Clock
from digest.errors import DigestError
from digest.providers.reply import Fault, Reply, read_line, whole_reply

LONGEST_LINE = 4096  # octets; RFC 5321 4.5.3.1.5 allows 512, some servers write more
MOST_LINES = 100  # in one reply
CHUNK = 65536
_RECORD = 1 << 14  # octets of one TLS record (RFC 8446 5.1)
_MOST_PARTS = 1024  # that the system takes in one write (IOV_MAX)
_SLICE = 1.0  # seconds in one system call, after which the deadline is looked at
_MORE = getattr(socket, "MSG_MORE", 0)  # where the system has it
_QUICK_ACK: int | None = getattr(socket, "TCP_QUICKACK", None)
_TCP_INFO: int | None = getattr(socket, "TCP_INFO", None)
_STATE = struct.Struct("=B127xQ")  # of it: the state, and how many octets came (linux/tcp.h)
_ESTABLISHED = 1  # any other state says that somebody is closing


class WireError(DigestError, ConnectionError):
    """The conversation cannot go on; ``fault`` says how it broke, the message why.

    ``sent`` is how many bytes of the last group had been taken by then.
    """

    def __init__(self, message: str, *, fault: Fault) -> None:
        super().__init__(message)
        self.fault = fault
        self.sent = 0


Deadline = float
"""A moment on `Clock.monotonic`; it does not move, however often the other side drips.

A plain number, because each letter by DATA has five of them.
"""


def within(seconds: float) -> Deadline:
    """Return the deadline so many seconds from now."""
    return Clock.monotonic() + seconds


def _left(deadline: Deadline) -> float:
    """Return the seconds that are left, more than 0; raise `WireError` when none are."""
    seconds = deadline - Clock.monotonic()
    if seconds <= 0:
        raise WireError("no answer within the time limit", fault=Fault.OVERDUE)
    return seconds


class Wire:
    """One TCP connection, plain or TLS; every call takes the deadline of its stage.

    A plain socket waits in the kernel, a slice of time at a time: a time limit of Python's own
    would cost a second system call for every one that does work.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._lines: deque[bytes] = deque()  # whole, without their LF
        self._part = b""  # of the next line
        self._received = 0  # octets
        self._slice = 0.0
        self._encrypted = False
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)
        sock.settimeout(None)

    @property
    def local_address(self) -> str:
        """This end as an address literal, for a machine without a name (RFC 5321 4.1.3)."""
        host = self._socket.getsockname()[0]
        return f"[IPv6:{host}]" if self._socket.family == socket.AF_INET6 else f"[{host}]"

    def send(
        self, *parts: bytes, deadline: Deadline, more: bool = False, size: int | None = None
    ) -> None:
        """Send all parts in one write if the kernel takes them, or raise `WireError`.

        ``more``: a little follows at once, and need not travel in a packet of its own. ``size``:
        the octets of all parts, where they have been counted. What lies behind the error's
        ``sent`` cannot be read by the other side: it has not left, or is half a TLS record.
        """
        if self._encrypted:  # a write takes one piece
            parts = (b"".join(parts),)
        whole = sum(map(len, parts)) if size is None else size
        sent = 0
        try:
            while sent < whole:
                sent += self._write(_rest(parts, sent) if sent else parts, deadline, more=more)
        except OSError as error:
            broken = _broken(error)
            broken.sent = sent
            raise broken from error

    def _write(self, parts: Sequence[bytes | memoryview], deadline: Deadline, *, more: bool) -> int:
        self._arm(deadline)
        if self._encrypted:
            # One record: when a write of several fails, nothing says how many the kernel took.
            return self._socket.send(memoryview(parts[0])[:_RECORD])
        try:
            return self._socket.sendmsg(parts[:_MOST_PARTS], (), _MORE if more else 0)
        except BlockingIOError:  # a slice of waiting is over
            return 0

    def _arm(self, deadline: Deadline) -> None:
        """Let the next call wait no longer than the deadline (a plain one: than a slice)."""
        left = _left(deadline)
        if self._encrypted:
            self._socket.settimeout(left)
            return
        limit = min(left, _SLICE)
        if limit != self._slice:
            self._slice = limit
            whole, part = divmod(limit, 1)
            span = struct.pack("ll", int(whole), max(1_000, int(part * 1e6)))
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, span)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, span)

    def reply(self, *, deadline: Deadline, hurry: bool = False) -> Reply:
        """Read one whole reply; raise `WireError` for anything that is not one.

        ``hurry``: acknowledge at once what came before, if this reply is not here yet. A server
        that writes the replies to a group one by one is held back by its own kernel until the
        first is acknowledged, and ours would take 40 ms over it (RFC 1122 4.2.3.2).
        """
        if not self._lines:
            if hurry and _QUICK_ACK is not None:
                self._socket.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)
            self._await_line(deadline)
        raw = self._lines.popleft()
        return whole_reply(raw) or self._long_reply(raw, deadline)

    def _long_reply(self, raw: bytes, deadline: Deadline) -> Reply:
        lines: list[str] = []
        code = None
        while len(lines) < MOST_LINES:
            line = read_line(raw)
            if line is None or code not in {None, line.code}:
                break
            code = line.code
            lines.append(line.text)
            if line.last:
                return Reply(code=code, lines=tuple(lines))
            self._await_line(deadline)
            raw = self._lines.popleft()
        raise WireError("the server's answer is not SMTP", fault=Fault.GARBAGE)

    def _await_line(self, deadline: Deadline) -> None:
        while not self._lines:
            if len(self._part) > LONGEST_LINE:
                raise WireError("the server's answer has no line end", fault=Fault.GARBAGE)
            self._receive(deadline)

    def _receive(self, deadline: Deadline) -> None:
        try:
            data = self._read(deadline)
        except OSError as error:
            raise _broken(error) from error
        if not data:
            raise WireError("the server closed the connection", fault=Fault.CLOSED)
        self._keep(data)

    def _keep(self, data: bytes) -> None:
        self._received += len(data)
        *lines, self._part = (self._part + data).split(b"\n")
        self._lines.extend(lines)

    def _read(self, deadline: Deadline) -> bytes:
        while True:
            self._arm(deadline)
            try:
                return self._socket.recv(CHUNK)
            except BlockingIOError:  # a slice of waiting is over
                continue

    def is_over(self) -> bool:
        """Tell whether the server closed; answers that came before that are kept."""
        if not (self._encrypted or self._is_news(closed_only=True)):
            return False
        try:
            self._socket.setblocking(False)
            data = self._socket.recv(CHUNK)
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        except OSError:
            return True
        finally:
            self._socket.setblocking(True)
        self._keep(data)
        return not data

    def stirs(self) -> bool:
        """Tell whether the server closed or spoke although it was not asked."""
        if self._encrypted:
            return self.is_over() or bool(self._lines or self._part)
        return bool(self._lines or self._part or self._is_news())

    def _is_news(self, *, closed_only: bool = False) -> bool:
        """Tell whether the server closed, or sent what was not read yet.

        Where the kernel tells, it is asked for that: `poll` lets go of the interpreter, and to get
        it back from another thread takes longer than a letter takes to be written.
        """
        if _TCP_INFO is not None:
            info = self._socket.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, _STATE.size)
            if len(info) == _STATE.size:  # an old kernel tells less
                state, received = _STATE.unpack(info)
                return state != _ESTABLISHED or (not closed_only and received != self._received)
        return bool(self._poll.poll(0))

    def secure(self, context: ssl.SSLContext, *, host: str, deadline: Deadline) -> None:
        """Start TLS and check the certificate against ``host``.

        Bytes that came before the handshake are refused: they could be an attacker's plaintext,
        read later as if it had come through TLS (CVE-2011-0411).
        """
        if self._lines or self._part:
            raise WireError("the server spoke before TLS began", fault=Fault.UNTRUSTED)
        try:
            self._socket.settimeout(_left(deadline))
            self._socket = context.wrap_socket(self._socket, server_hostname=host)
            self._encrypted = True
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
            sock.settimeout(_left(deadline) / (len(found) - turn))
            sock.connect(address)
        except OSError as error:
            sock.close()
            problem = _reason(error)
        else:
            return Wire(sock)
    raise WireError(f"{host}:{port}: {problem}", fault=Fault.UNREACHABLE)


def _rest(parts: Sequence[bytes], sent: int) -> list[memoryview]:
    """Return what is left of the parts after so many bytes."""
    left: list[memoryview] = []
    for part in parts:
        if sent < len(part):
            left.append(memoryview(part)[sent:])
        sent = max(0, sent - len(part))
    return left


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
