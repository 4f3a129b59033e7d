"""The cast: a few people with addresses at domains that nobody can own (RFC 2606)."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from subscribers import directory
from subscribers.addresses import Mailbox
from subscribers.tokens import Keyring

NOW = datetime(2026, 6, 12, 6, 0, tzinfo=UTC)
KEYRING = Keyring((b"a secret that only the tests know",))


@dataclass(frozen=True, kw_only=True)
class Character:
    """One member of the cast."""

    name: str
    email: str
    language: str = "en"

    @property
    def mailbox(self) -> Mailbox:
        """The address, parsed."""
        return Mailbox.parse(self.email)


ADA = Character(name="Ada", email="ada@example.org")
GRACE = Character(name="Grace", email="grace.h@example.com")
EMMY = Character(name="Emmy", email="emmy@example.org", language="de")
ALAN = Character(name="Alan", email="alan+digest@example.com")
HEDY = Character(name="Hedy", email="hedy@example.org", language="de")

CAST = (ADA, GRACE, EMMY, ALAN, HEDY)


def subscribe(session: Session, *people: Character, now: datetime = NOW) -> list[int]:
    """Put these people on the list as confirmed readers; return their ids."""
    return [
        directory.add(
            session,
            mailbox=person.mailbox,
            keyring=KEYRING,
            name=person.name,
            language=person.language,
            source="agreed at the meet-up",
            now=now,
        ).subscriber_id
        for person in people
    ]
