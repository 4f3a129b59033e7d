"""The mail servers that benchmarks send to: our own sink in C, and Postfix's smtp-sink."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cache import NotHereError, build, folder

HOST = "127.0.0.1"
SOURCE = Path(__file__).with_name("sink.c")
START_SECONDS = 20.0
_POSTFIX_TOOLS = "/usr/sbin"  # not on every user's path
_BACKLOG = "512"


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What a sink has taken; ``cpu`` in seconds."""

    letters: int
    octets: int
    recipients: int
    cpu: float

    def __sub__(self, before: "Taken") -> "Taken":
        """Return what came since ``before``."""
        return Taken(
            letters=self.letters - before.letters,
            octets=self.octets - before.octets,
            recipients=self.recipients - before.recipients,
            cpu=self.cpu - before.cpu,
        )


@dataclass(frozen=True, kw_only=True)
class Sink:
    """A running sink."""

    port: int

    def taken(self) -> Taken:
        """Ask what it has taken so far."""
        with (
            socket.create_connection((HOST, self.port), timeout=START_SECONDS) as connection,
            connection.makefile("rb") as replies,
        ):
            replies.readline()
            connection.sendall(b"XSTAT\r\n")
            letters, octets, recipients, cpu = map(int, replies.readline().split()[1:])
        return Taken(letters=letters, octets=octets, recipients=recipients, cpu=cpu / 1e6)


@contextmanager
def sink(*, chunking: bool = False, delay_ms: int = 0) -> Iterator[Sink]:
    """Run our sink; every reply leaves ``delay_ms`` late. Raises `NotHereError`."""
    options = ["--chunking"] * chunking + ["--delay-ms", str(delay_ms)]
    with _running([str(built_sink()), *options]) as process:
        assert process.stdout  # noqa: S101 - it was asked for
        yield Sink(port=int(process.stdout.readline()))


@contextmanager
def smtp_sink() -> Iterator[int]:
    """Run Postfix's own sink, which reads byte by byte; give its port. Raises `NotHereError`."""
    port = free_port()
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    with _running([postfix_tool("smtp-sink"), *user, f"{HOST}:{port}", _BACKLOG]):
        await_port(port)
        yield port


@cache
def built_sink() -> Path:
    """Compile the sink unless the compiled one is newer. Raises `NotHereError`."""
    program = folder("bin") / "sink"
    if not program.exists() or program.stat().st_mtime < SOURCE.stat().st_mtime:
        compiler = shutil.which("cc")
        if compiler is None:
            raise NotHereError("no C compiler here (cc), which the fast sink needs")
        # -O3 makes vectors of the search for the final dot.
        build([compiler, "-O3", "-o", str(program), str(SOURCE)], what="compiling the sink")
    return program


def postfix_tool(name: str) -> str:
    """Find a program of Postfix. Raises `NotHereError`."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{_POSTFIX_TOOLS}")
    if path is None:
        raise NotHereError(f"{name} is not here; it comes with Postfix")
    return path


def free_port() -> int:
    """Return a port of the loopback that nobody listens on."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        return int(taken.getsockname()[1])


def await_port(port: int) -> None:
    """Wait until somebody greets at ``port``; raise TimeoutError when nobody does."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        try:
            with socket.create_connection((HOST, port), timeout=START_SECONDS) as connection:
                if connection.recv(1):
                    return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"nobody greets on port {port} after {START_SECONDS:.0f} seconds")


@contextmanager
def _running(command: Sequence[str]) -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(  # noqa: S603 - our own words
        command, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
