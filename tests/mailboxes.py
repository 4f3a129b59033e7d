"""Two small mailbox servers for tests, one IMAP (RFC 3501) and one POP3 (RFC 1939)."""

import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

TLS = Path(__file__).parent / "fixtures" / "tls"


@dataclass(kw_only=True)
class Stored:
    """A message in a folder."""

    uid: int
    raw: bytes
    flags: set[str] = field(default_factory=set)


@dataclass(kw_only=True)
class MailboxHost:
    """What both servers have; use one as a context manager.

    ``offers`` are IMAP's capabilities. ``said`` holds the commands. ``drop_at`` closes the
    connection when a command begins so, as often as it says.
    """

    tls: bool = False
    offers: str = "IMAP4rev1 MOVE UIDPLUS"
    validity: int = 7
    folders: dict[str, list[Stored]] = field(default_factory=lambda: {"INBOX": [], "Done": []})
    drop_at: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.said: list[str] = []
        self.port = 0
        self._next = 1
        self._threads: list[threading.Thread] = []

    def put(self, *messages: bytes) -> None:
        """Deliver messages."""
        for raw in messages:
            self.folders["INBOX"].append(Stored(uid=self._next, raw=raw))
            self._next += 1

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        thread = threading.Thread(target=self._listen)
        self._threads.append(thread)
        thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                raw, _ = self._listener.accept()
                raw.settimeout(10)
                with contextlib.suppress(OSError), self._wrapped(raw) as sock:
                    self._talk(sock)

    def _wrapped(self, sock: socket.socket) -> socket.socket:
        if not self.tls:
            return sock
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(TLS / "certificate.pem", TLS / "key.pem")
        return context.wrap_socket(sock, server_side=True)

    def _talk(self, sock: socket.socket) -> None:
        raise NotImplementedError

    def _lines(self, sock: socket.socket) -> Iterator[str]:
        """Yield commands until the other side leaves, or until one at which we drop it."""
        with sock.makefile("rb") as lines:
            for line in lines:
                words = line.decode("ascii", "replace").strip()
                self.said.append(words)
                for begin in [b for b, times in self.drop_at.items() if b in words and times]:
                    self.drop_at[begin] -= 1
                    return
                yield words


class ImapHost(MailboxHost):
    """One user's folders by IMAP."""

    def _talk(self, sock: socket.socket) -> None:
        sock.sendall(f"* OK [CAPABILITY {self.offers}] ready\r\n".encode())
        folder = self.folders["INBOX"]
        lines = self._lines(sock)
        for line in lines:
            tag, _, command = line.partition(" ")
            verb = command.removeprefix("UID ").partition(" ")[0].upper()
            untagged, fate = b"", "OK"
            if verb == "CAPABILITY":
                untagged = f"* CAPABILITY {self.offers}\r\n".encode()
            elif verb == "AUTHENTICATE":
                sock.sendall(b"+ \r\n")
                next(lines)
            elif verb == "STATUS":
                fate = "OK" if command.split('"')[1] in self.folders else "NO"
            elif verb == "SELECT":
                folder = self.folders[command.split('"')[1]]
                untagged = (
                    f"* {len(folder)} EXISTS\r\n* OK [UIDVALIDITY {self.validity}]\r\n".encode()
                )
            elif verb == "SEARCH":
                untagged = self._search(folder, command)
            elif verb == "FETCH":
                untagged = self._fetch(folder, command)
            elif verb in {"MOVE", "COPY", "STORE", "EXPUNGE"}:
                self._change(folder, command, verb=verb)
            sock.sendall(untagged + f"{tag} {fate} {verb} done\r\n".encode())
            if verb == "LOGOUT":
                return

    def _search(self, folder: list[Stored], command: str) -> bytes:
        first = int(command.rsplit(maxsplit=1)[-1].partition(":")[0])
        last = folder[-1:]
        uids = {one.uid for one in folder if one.uid >= first} | {one.uid for one in last}
        return f"* SEARCH {' '.join(map(str, sorted(uids)))}\r\n".encode()

    def _fetch(self, folder: list[Stored], command: str) -> bytes:
        uid = int(command.split()[2])
        most = int(re.findall(r"<0\.(\d+)>", command)[0])
        for number, one in enumerate(folder, start=1):
            if one.uid == uid:
                part = one.raw[:most]
                head = f"* {number} FETCH (UID {uid} BODY[]<0> {{{len(part)}}}\r\n"
                return head.encode() + part + b")\r\n"
        return b""

    def _change(self, folder: list[Stored], command: str, *, verb: str) -> None:
        uid = int(command.split()[2])
        (one,) = [one for one in folder if one.uid == uid]
        if verb == "STORE":
            one.flags |= set(re.findall(r"\\\w+", command))
        if verb in {"MOVE", "COPY"}:
            self.folders[command.split('"')[1]].append(Stored(uid=uid, raw=one.raw))
        if verb in {"MOVE", "EXPUNGE"}:
            folder.remove(one)


class PopHost(MailboxHost):
    """One user's inbox by POP3."""

    def _talk(self, sock: socket.socket) -> None:
        sock.sendall(b"+OK ready\r\n")
        inbox = [*self.folders["INBOX"]]
        gone: list[Stored] = []
        for line in self._lines(sock):
            verb, _, rest = line.partition(" ")
            words = "+OK\r\n"
            if verb == "UIDL":
                names = [f"{n} name-{one.uid}\r\n" for n, one in enumerate(inbox, start=1)]
                words = f"+OK\r\n{''.join(names)}.\r\n"
            elif verb == "LIST":
                sizes = [f"{n} {len(one.raw)}\r\n" for n, one in enumerate(inbox, start=1)]
                words = f"+OK\r\n{''.join(sizes)}.\r\n"
            elif verb in {"RETR", "TOP"}:
                raw = inbox[int(rest.split()[0]) - 1].raw
                lines = raw.decode("latin-1").splitlines()[: 5_000 if verb == "TOP" else None]
                stuffed = "".join(
                    f".{one}\r\n" if one[:1] == "." else f"{one}\r\n" for one in lines
                )
                words = f"+OK\r\n{stuffed}.\r\n"
            elif verb == "DELE":
                gone.append(inbox[int(rest) - 1])
            elif verb == "QUIT":
                self.folders["INBOX"] = [one for one in self.folders["INBOX"] if one not in gone]
            sock.sendall(words.encode("latin-1"))
            if verb == "QUIT":
                return
