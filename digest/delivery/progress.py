"""What the hands that send an issue have done so far."""

from digest.delivery import ledger
from digest.delivery.state import OPEN, DeliveryState, Report
from storage.database import Database


class Progress:
    """Tells which letters have come to an end since the last look, from the ledger alone."""

    def __init__(self, database: Database, edition_id: int, *, report: Report) -> None:
        self._database = database
        self._edition_id = edition_id
        self._report = report
        self.counts = self._count()

    def look(self) -> bool:
        """Report the letters that have ended; whether anything at all has moved."""
        before, self.counts = self.counts, self._count()
        ended = {s: count - before.get(s, 0) for s, count in self.counts.items() if s not in OPEN}
        self._report({state: count for state, count in ended.items() if count > 0})
        return self.counts != before

    @property
    def waiting(self) -> int:
        """How many letters have not come to an end."""
        return sum(count for state, count in self.counts.items() if state in OPEN)

    def _count(self) -> dict[DeliveryState, int]:
        with self._database.read() as session:
            return ledger.counts(session, self._edition_id)
