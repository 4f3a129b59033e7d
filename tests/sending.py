"""One process that sends, with any carriers and rules, at any time: for tests of the whole way."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from mailhost import MailHost
from people import NOW
from press import composer, issue, personaliser
from sqlalchemy import select

from digest.clock import Clock
from digest.delivery import ledger
from digest.delivery.audit import audit
from digest.delivery.pace import Pace
from digest.delivery.sender import Sender, SendReport
from digest.delivery.settings import DeliverySettings, PaceSettings
from digest.delivery.state import DeliveryState
from digest.delivery.traffic import Traffic
from digest.editions.store import Edition
from digest.processes import Processes
from digest.providers.carrier import Carrier
from digest.providers.smtp import SmtpCarrier
from digest.render.personal import Personaliser
from digest.tables import DeliveryRow, SubscriberRow, VariantRow
from storage.database import Database


@cache
def letters() -> Personaliser:
    """Return what writes the letters; compiled once for all tests."""
    return personaliser(composer().compose(issue(), language="en"), of=issue())


def by_smtp(host: MailHost) -> Carrier:
    """Return a carrier that reaches this host."""
    return SmtpCarrier(host.settings())


@dataclass(kw_only=True)
class Office:
    """Where one edition is sent from."""

    database: Database
    edition: Edition
    folder: Path
    traffic: Traffic = field(default_factory=Traffic)
    settings: DeliverySettings = field(
        default_factory=lambda: DeliverySettings(connections=1, batch=20, reconnect_seconds=0)
    )

    def send(self, carrier: Carrier, *, after: timedelta = timedelta()) -> SendReport:
        """Send as one process does that starts so long after the freeze; prove the books."""
        clock = Clock.starting_at(NOW + after)
        sender = Sender(
            self.database,
            carrier=carrier,
            settings=self.settings,
            clock=clock,
            stop=threading.Event(),
            processes=Processes(self.folder),
            pace=Pace(self.database, settings=PaceSettings()),
            traffic=self.traffic,
        )
        with self.database.read() as session:
            (variant,) = session.scalars(select(VariantRow.id))
        report = sender.send(self.edition, personalisers={variant: letters()})
        with self.database.read() as session:
            assert audit(session) == []
        return report

    @property
    def counts(self) -> Mapping[DeliveryState, int]:
        """What has become of how many."""
        with self.database.read() as session:
            return ledger.counts(session, self.edition.id)

    @property
    def rows(self) -> Mapping[str, DeliveryRow]:
        """The ledger, by the readers' addresses."""
        with self.database.read() as session:
            found = session.execute(
                select(SubscriberRow.email, DeliveryRow).join(
                    DeliveryRow, DeliveryRow.subscriber_id == SubscriberRow.id
                )
            )
            return {str(email): row for email, row in found}

    def next_tries(self) -> list[datetime]:
        """When the letters that were put off are tried again, in order."""
        return sorted(row.next_at for row in self.rows.values() if row.next_at)
