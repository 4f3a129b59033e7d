"""A real Dovecot on loopback, with a mailbox of its own, as root or as anybody else."""

import getpass
import grp
import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

TLS = Path(__file__).parent / "fixtures" / "tls"
PROGRAM = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
_STARTS = 20.0  # seconds


@dataclass(kw_only=True)
class Dovecot:
    """The server; use it as a context manager. ``folder`` must be its own, and short."""

    folder: Path
    ports: dict[str, int] = field(default_factory=dict)
    _put: int = 0

    def put(self, *messages: bytes) -> None:
        """Deliver messages into the maildir, as a mail server would."""
        for raw in messages:
            self._put += 1
            path = self.folder / "mail" / "new" / f"{1_750_000_000 + self._put}.P1.test"
            path.write_bytes(raw)
            path.chmod(0o666)

    def flags(self, folder: str = "") -> list[str]:
        """Return the flags of a folder's messages, as their names have them; "" are new ones."""
        stored = self.folder / "mail" / folder
        names = sorted(one.name for one in (*stored.glob("cur/*"), *stored.glob("new/*")))
        return [name.partition(":2,")[2] for name in names]

    def __enter__(self) -> Self:
        if PROGRAM is None:
            pytest.skip("there is no Dovecot on this machine (Debian: dovecot-imapd dovecot-pop3d)")
        self.ports = {name: _free_port() for name in ("imap", "imaps", "pop3", "pop3s")}
        for name in ("new", "cur", "tmp"):
            (self.folder / "mail" / name).mkdir(parents=True)
        self._let_in()
        config = self.folder / "dovecot.conf"
        config.write_text(self._config(), encoding="ascii")
        with (self.folder / "stderr").open("wb") as said:
            self._process = subprocess.Popen([PROGRAM, "-F", "-c", str(config)], stderr=said)
        self._await()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait(20)

    def _let_in(self) -> None:
        """Let the user in whose name Dovecot reads the mailbox, when root starts it."""
        if os.getuid() == 0:
            for path in (self.folder, *self.folder.rglob("*")):
                path.chmod(0o777)
            for parent in self.folder.parents[:-1]:
                parent.chmod(parent.stat().st_mode | 0o011)

    def _config(self) -> str:
        is_root = os.getuid() == 0
        user, group = getpass.getuser(), grp.getgrgid(os.getgid()).gr_name
        names = (
            ""
            if is_root
            else f"default_internal_user = {user}\ndefault_login_user = {user}\n"
            f"default_internal_group = {group}\n"
        )
        mailbox = "uid=mail gid=mail" if is_root else f"uid={os.getuid()} gid={os.getgid()}"
        services = "".join(
            f"service {name}-login {{\n  chroot =\n"
            f"  inet_listener {name} {{\n    port = {self.ports[name]}\n  }}\n"
            f"  inet_listener {name}s {{\n    port = {self.ports[f'{name}s']}\n  }}\n}}\n"
            for name in ("imap", "pop3")
        )
        return (
            f"{names}"
            f"protocols = imap pop3\nlisten = 127.0.0.1\nbase_dir = {self.folder}/run\n"
            f"log_path = {self.folder}/log\nmail_location = maildir:{self.folder}/mail\n"
            f"ssl = yes\nssl_cert = <{TLS}/certificate.pem\nssl_key = <{TLS}/key.pem\n"
            "disable_plaintext_auth = no\nfirst_valid_uid = 1\nfirst_valid_gid = 1\n"
            "service anvil {\n  chroot =\n}\n"
            "service stats {\n  chroot =\n}\n"
            "namespace inbox {\n  inbox = yes\n  mailbox Done {\n    auto = create\n  }\n}\n"
            f"{services}"
            "passdb {\n  driver = static\n  args = password=secret\n}\n"
            f"userdb {{\n  driver = static\n  args = {mailbox} home={self.folder}\n}}\n"
        )

    def _await(self) -> None:
        """Wait until every port answers."""
        ends = time.monotonic() + _STARTS
        for port in self.ports.values():
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    if time.monotonic() > ends or self._process.poll() is not None:
                        said = (self.folder / "stderr").read_text(encoding="utf-8")
                        pytest.fail(f"Dovecot does not start: {said}")
                    time.sleep(0.02)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
