"""PostgreSQL's own programs for dumps: `pg_dump` and `pg_restore`, which its client package has."""

import shutil
import subprocess
from pathlib import Path

from sqlalchemy import URL

from digest.config import environment
from digest.errors import DigestError, UsageError


def dump(url: URL, *, to: Path) -> None:
    """Write a dump of one moment; whoever writes meanwhile is not held up."""
    _run("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", f"--file={to}")


def load(url: URL, *, dumped: Path) -> None:
    """Put a dump into an empty database, whole or not at all."""
    options = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction")
    _run("pg_restore", url, *options, str(dumped))


def _run(program: str, url: URL, *options: str) -> None:
    """Run one of them; the password goes through the environment, where no list of processes is."""
    path = shutil.which(program)
    if path is None:
        raise UsageError(
            f"{program} is not on this machine, and nothing was done: install PostgreSQL's client"
            " programs, in the server's version or a newer one (postgresql-client)"
        )
    place = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    secret = {"PGPASSWORD": str(url.password)} if url.password else {}
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own program
        [path, f"--dbname={place}", *options],
        env=environment(secret),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        told = " ".join(done.stderr.split()) or "it said nothing"
        raise DigestError(f"{program} failed, and nothing was changed: {told}")
