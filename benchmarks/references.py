"""What the product is measured against: Postfix's smtp-source, and how others send a newsletter."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cache import NotHereError, build, folder
from receivers import HOST, Sink, postfix_tool

RIVALS = Path(__file__).with_name("rivals")
SESSIONS = 16
_PYTHON_PACKAGES = ("django==5.2.*", "django-newsletter==1.2.*", "sorl-thumbnail")
_NODE_PACKAGES = ("nodemailer@10",)


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run: how many letters, in how many seconds, with how many seconds of the sender's CPU.

    ``memory`` is the most that one process held, in bytes; 0 when it was not asked.
    """

    letters: int
    seconds: float
    cpu: float
    memory: int = 0

    @property
    def rate(self) -> float:
        """Letters per second."""
        return self.letters / self.seconds

    @property
    def cpu_us(self) -> float:
        """Microseconds of CPU per letter."""
        return self.cpu / self.letters * 1e6


def smtp_source(port: int, *, letters: int, text: Path, sessions: int = SESSIONS) -> Run:
    """Send ``text`` with Postfix's smtp-source, to a recipient each. Raises `NotHereError`.

    Connections are kept (-d); numbered recipients (-N) keep a real Postfix from answering out of
    its caches.
    """
    what = ["-4", "-d", "-s", str(sessions), "-m", str(letters), "-N", "-F", str(text)]
    envelope = ["-f", "digest@digest.example", "-t", "reader@example.org"]
    return timed([postfix_tool("smtp-source"), *what, *envelope, f"{HOST}:{port}"], letters=letters)


def checked(receiver: Sink, run: Callable[[], Run]) -> Run:
    """Run, and make sure that the sink took what was sent: not one letter less or more."""
    before = receiver.taken()
    result = run()
    came = (receiver.taken() - before).letters
    if came != result.letters:
        raise RuntimeError(f"{result.letters} letters were sent and {came} came")
    return result


def timed(command: Sequence[str], *, letters: int) -> Run:
    """Run a command that sends ``letters``, and time the whole of it."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)  # noqa: S603 - our own words
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}")
    return Run(letters=letters, seconds=seconds, cpu=usage.ru_utime + usage.ru_stime)


@dataclass(frozen=True, kw_only=True)
class Rival:
    """Another way to send the letters: a script that takes port, count and template."""

    name: str
    command: tuple[str, ...]

    def send(self, port: int, *, letters: int, template: Path) -> Run:
        """Send so many letters; the script times itself without its start."""
        words = [*self.command, str(port), str(letters), str(template)]
        done = subprocess.run(  # noqa: S603 - our own words
            words, check=True, stdout=subprocess.PIPE, text=True, timeout=600
        )
        result = json.loads(done.stdout.splitlines()[-1])
        return Run(letters=letters, seconds=result["seconds"], cpu=result["cpu"])


def naive() -> Rival:
    """Find EmailMessage and smtplib of the standard library, one connection kept."""
    return Rival(name="EmailMessage + smtplib", command=(sys.executable, str(RIVALS / "naive.py")))


def django() -> Rival:
    """Find Django's own loop over EmailMultiAlternatives. Raises `NotHereError`."""
    return Rival(name="Django's mail loop", command=(_python(), str(RIVALS / "django_loop.py")))


def django_newsletter() -> Rival:
    """Find a submission of django-newsletter. Raises `NotHereError`."""
    return Rival(name="django-newsletter", command=(_python(), str(RIVALS / "django_letter.py")))


def nodemailer() -> Rival:
    """Find the pool of nodemailer. Raises `NotHereError`."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise NotHereError("nodemailer: Node.js and npm are not here")
    home = folder("node")
    if not (home / "node_modules" / "nodemailer").exists():
        quiet = ["--no-package-lock", "--no-audit", "--no-fund"]
        command = [npm, "install", *quiet, "--prefix", str(home), *_NODE_PACKAGES]
        build(command, what="npm install nodemailer", within=home)
    return Rival(
        name="nodemailer's pool",
        command=(node, str(RIVALS / "nodemailer.js"), str(home / "node_modules" / "nodemailer")),
    )


def _python() -> str:
    """Return a Python with Django, installed at the first call. Raises `NotHereError`."""
    home = folder("python")
    python = home / "bin" / "python"
    ready = home / " ".join(_PYTHON_PACKAGES)
    if not ready.exists():
        build([sys.executable, "-m", "venv", str(home)], what="a venv for Django")
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        build([*pip, *_PYTHON_PACKAGES], what="pip install django-newsletter")
        ready.touch()
    return str(python)
