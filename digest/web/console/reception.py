"""The receptions: who a browser belongs to, by its session, or in a demo without any."""

from dataclasses import dataclass

from fastapi import Request

from digest.accounts import sessions
from digest.app import App
from digest.web.console.gate import Person


@dataclass(frozen=True, kw_only=True)
class Guests:
    """Takes everybody for the ``guest``: for the demo, which only this machine can reach."""

    guest: Person

    def person(self, request: Request, token: str) -> Person | None:
        """Return the guest."""
        del request, token
        return self.guest


@dataclass(frozen=True, kw_only=True)
class Sessions:
    """Knows people by the session whose token their browser keeps."""

    app: App

    def person(self, request: Request, token: str) -> Person | None:
        """Return whose session this is; None where it has ended or never was."""
        del request
        if not token:
            return None
        now, database = self.app.clock.now(), self.app.database
        with database.read() as session:
            found = sessions.find(session, token, settings=self.app.config.console, now=now)
        if found is None:
            return None
        if found.is_due(now=now):
            with database.begin() as session:
                sessions.note_use(session, found.session, now=now)
        return Person(name=found.name, role=found.role, id=found.account, session=found.session)
