"""A real Postfix of our own: a queue on disk, and a sink behind it."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cache import NotHereError
from receivers import HOST, Sink, await_port, free_port, postfix_tool, sink

_DRAIN_SECONDS = 300.0
_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
multi_instance_name = postfix-benchmark
syslog_name = postfix-benchmark
myhostname = relay.example
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
inet_interfaces = loopback-only
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
relayhost = [{host}]:{behind}
disable_dns_lookups = yes
smtp_host_lookup = native
smtpd_peername_lookup = no
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_tls_security_level = none
smtp_tls_security_level = none
"""
_MASTER = """\
{host}:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True, kw_only=True)
class Relay:
    """A running Postfix; ``behind`` is the sink that it relays to."""

    port: int
    behind: Sink

    def await_drain(self, letters: int) -> None:
        """Wait until the sink has got so many in all; raise TimeoutError when it does not."""
        end = time.monotonic() + _DRAIN_SECONDS
        while (taken := self.behind.taken().letters) < letters:
            if time.monotonic() > end:
                raise TimeoutError(f"the relay passed on {taken} of {letters} letters")
            time.sleep(0.2)
        if taken > letters:
            raise RuntimeError(f"the relay passed on {taken} letters, {letters} were meant")


@contextmanager
def postfix() -> Iterator[Relay]:
    """Run a Postfix until the block ends, whatever happens in it. Raises `NotHereError`."""
    control = [postfix_tool("postfix"), "-c"]
    if os.geteuid() != 0:
        raise NotHereError("only root can start a Postfix")
    folder = Path(tempfile.mkdtemp(prefix="postfix-"))
    try:
        with sink() as behind:
            port = free_port()
            _write(folder, port=port, behind=behind.port)
            _run([*control, str(folder / "etc"), "start"])
            try:
                await_port(port)
                yield Relay(port=port, behind=behind)
            finally:
                _run([*control, str(folder / "etc"), "stop"])
    finally:
        shutil.rmtree(folder)


def _write(folder: Path, *, port: int, behind: int) -> None:
    """Write the configuration, and make the folders with the owners that Postfix asks for."""
    folder.chmod(0o755)  # its daemons run as another user
    for name in ("etc", "queue", "data"):
        (folder / name).mkdir()
    try:
        owner = pwd.getpwnam("postfix")
    except KeyError as error:
        raise NotHereError("the user postfix is not here; it comes with Postfix") from error
    os.chown(folder / "data", owner.pw_uid, owner.pw_gid)
    main = _MAIN.format(folder=folder, host=HOST, behind=behind)
    (folder / "etc" / "main.cf").write_text(main, encoding="ascii")
    (folder / "etc" / "master.cf").write_text(_MASTER.format(host=HOST, port=port), "ascii")


def _run(command: list[str]) -> None:
    done = subprocess.run(  # noqa: S603 - our own words
        command, capture_output=True, text=True, check=False, timeout=60
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
