"""The evidence of one person's consent as a document: everything that was kept, in its order."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from digest.app import App
from digest.errors import UsageError
from subscribers import consent, directory
from subscribers.addresses import Mailbox
from subscribers.consent import ConsentEvent
from subscribers.errors import AddressError


@dataclass(frozen=True, kw_only=True)
class Document:
    """What is known about one person's consent, as of ``printed_at``; ``address`` is as asked."""

    address: str
    newsletter: str
    status: str
    printed_at: datetime
    events: tuple[ConsentEvent, ...]

    def as_data(self) -> dict[str, Any]:
        """Return the document as JSON can say it; times in UTC."""
        return {
            "email": self.address,
            "newsletter": self.newsletter,
            "status": self.status,
            "printed_at": self.printed_at,
            "events": [
                {
                    "at": event.at,
                    "kind": str(event.kind),
                    "source": event.source,
                    "evidence": dict(event.evidence),
                }
                for event in self.events
            ],
        }

    def as_text(self) -> str:
        """Return the document as people read it; times in UTC, to the second."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"Evidence of consent: {self.address}, {self.newsletter}"
        yield f"Status: {self.status}. Printed {_written(self.printed_at)}"
        for number, event in enumerate(self.events, start=1):
            yield ""
            yield f"{number}. {_written(event.at)}  {event.kind}: {event.source}"
            yield from _told(event.evidence, indent="   ")


def of(app: App, address: str) -> Document:
    """Return the evidence about an address; raises `UsageError` when nobody is known by it."""
    try:
        mailbox = Mailbox.parse(address)
    except AddressError as error:
        raise UsageError(f"{error}; nothing was looked up") from error
    with app.database.read() as session:
        person = directory.find(session, mailbox=mailbox, keyring=app.keyring)
        if person is None:
            raise UsageError(
                f"nobody is known under {mailbox.masked}; 'digest subscriber list' shows everybody"
            )
        events = tuple(consent.history(session, subscriber_id=person.id))
    return Document(
        address=mailbox.address,
        newsletter=app.config.newsletter.name,
        status=str(person.status),
        printed_at=app.clock.now(),
        events=events,
    )


def _told(evidence: Mapping[str, Any], *, indent: str) -> Iterator[str]:
    """Write what was kept, one line for each fact; text of several lines stands below its name."""
    for name, value in evidence.items():
        if isinstance(value, Mapping):
            yield f"{indent}{name}:"
            yield from _told(value, indent=f"{indent}  ")
        elif isinstance(value, str) and "\n" in value:
            yield f"{indent}{name}:"
            yield from (f"{indent}  | {line}" for line in value.strip().splitlines())
        else:
            yield f"{indent}{name}: {value}"


def _written(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
