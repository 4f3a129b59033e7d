"""Keeps when the last backup was made, in the state folder: it waits for nobody who writes."""

from datetime import datetime

from digest.app import App

_FILE = "last-backup"


def keep(app: App) -> None:
    """Keep that a backup was made on this machine now."""
    (app.state / _FILE).write_text(app.clock.now().isoformat(), encoding="ascii")


def last(app: App) -> datetime | None:
    """Return when a backup was made last on this machine; None where nobody knows of one."""
    try:
        return datetime.fromisoformat((app.state / _FILE).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
