"""What benchmarks build or fetch once and keep beside them; git does not see it."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

FOLDER = Path(__file__).with_name(".cache")


class NotHereError(Exception):
    """What a comparison needs is not to be had here; the message says what is missing."""


def folder(name: str) -> Path:
    """Return a folder of the cache."""
    path = FOLDER / name
    path.mkdir(parents=True, exist_ok=True)
    (FOLDER / ".gitignore").write_text("*\n", encoding="ascii")
    return path


def build(command: Sequence[str], *, what: str, within: Path | None = None) -> None:
    """Run a command that builds or fetches ``what``. Raises `NotHereError` with its last words."""
    try:
        subprocess.run(  # noqa: S603 - our own words
            command, cwd=within, check=True, capture_output=True, text=True, timeout=300
        )
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise NotHereError(f"{what}: {last}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotHereError(f"{what}: {error}") from error
