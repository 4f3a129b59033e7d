"""The stage of a rehearsal: its own database, the sealed issue, and readers who do not exist."""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import insert
from sqlalchemy.orm import Session

from digest import planning, weekly
from digest.app import App
from digest.calendar import Period
from digest.editions import store as editions
from digest.editions.issue import Issue
from digest.editions.store import Edition
from digest.migrations import schema
from digest.selection import Selection
from digest.tables import PostRow, SourceRow, SubscriberRow
from storage.database import Database

_NAMES = ("Ada Reader", "Zoë Müller-Lüdenscheidt", "李小龍", "", "Jo O'Neill, Jr.", "Ж. Иванова")
_CHUNK = 10_000  # readers put on the list at a time
_SECRET_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Where a rehearsal takes place; ``state`` is the folder of its locks and journals."""

    database: Database
    edition: Edition
    state: Path
    url: str

    def variables(self, *, port: int) -> dict[str, str]:
        """Return the environment in which a command of ours plays here, and nowhere else.

        It wins over config.toml: the database, the keys and the mail server are the rehearsal's.
        """
        settings = {
            "DATABASE__URL": self.url,
            "APP__STATE": str(self.state),
            "APP__SECRET": secrets.token_hex(_SECRET_BYTES),
            "ENGINE__KIND": "local",
            "PACE__LETTERS_PER_MINUTE": "0",
            "CARRIER__KIND": "smtp",
            "CARRIER__SMTP__HOST": "127.0.0.1",
            "CARRIER__SMTP__PORT": str(port),
            "CARRIER__SMTP__SECURITY": "none",
            "CARRIER__SMTP__USERNAME": "",
            "CARRIER__SMTP__PASSWORD": "",
            "DELIVERY__RECONNECT_SECONDS": "0",
            "DELIVERY__RETRY__FIRST_MINUTES": "0",
        }
        return {f"DIGEST_{name}": value for name, value in settings.items()}


@contextmanager
def stage(app: App, issue: Issue, *, period: Period, readers: int) -> Iterator[Stage]:
    """Seal the issue for so many readers who do not exist, in a folder that is removed at the end.

    Nothing of the app's own database is touched; its templates render the words anew.
    """
    with tempfile.TemporaryDirectory(prefix="digest-rehearsal-") as name:
        folder = Path(name).resolve()
        url = f"sqlite:///{folder}/digest.sqlite3"
        config = app.config.model_copy(
            update={
                "app": replace(app.config.app, state=str(folder / "state")),
                "database": replace(app.config.database, url=url),
                "engine": replace(app.config.engine, kind="local"),
            }
        )
        scratch = App(config, clock=app.clock, stop=app.stop)
        with closing(scratch):
            schema.migrate(scratch.database)
            edition = seal(scratch, issue, period=period, readers=readers)
            yield Stage(database=scratch.database, edition=edition, state=folder / "state", url=url)


def seal(app: App, issue: Issue, *, period: Period, readers: int) -> Edition:
    """Seal the issue for so many new readers; the database has its tables, and nothing in them."""
    now = app.clock.now()
    with app.database.begin() as session:
        _write_posts(session, issue, now=now)
        _write_readers(session, readers, language=app.config.newsletter.language, now=now)
        edition = editions.open_edition(session, app.newsletter, period=period, now=now)
    nothing_chosen = Selection(chosen=(), refused=(), enough=True)
    planned = planning.Plan(
        drawn_at=now,
        period=period,
        selection=nothing_chosen,
        issue=issue,
        composed=app.compose(issue),
    )
    return weekly.freeze(app, edition, planned)


def _write_posts(session: Session, issue: Issue, *, now: datetime) -> None:
    """Give the issue's posts a place, without which it cannot be sealed."""
    source = SourceRow(name="rehearsal", url="https://rehearsal.invalid/", added_at=now)
    session.add(source)
    session.flush()
    session.add_all(
        PostRow(
            id=post.post_id,
            source_id=source.id,
            url=post.url,
            title=post.title,
            first_seen_at=now,
        )
        for post in issue.entries
    )


def _write_readers(session: Session, readers: int, *, language: str, now: datetime) -> None:
    """Put people on the list, at a domain that nobody can own (RFC 2606)."""
    for first in range(0, readers, _CHUNK):
        session.execute(
            insert(SubscriberRow),
            [
                {
                    "email": f"reader{number}@example.invalid",
                    "name": _NAMES[number % len(_NAMES)] or None,
                    "mailbox_key": f"{number:020x}",
                    "language": language,
                    "status": "confirmed",
                    "created_at": now,
                    "confirmed_at": now,
                }
                for number in range(first, min(first + _CHUNK, readers))
            ],
        )
