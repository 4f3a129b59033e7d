"""Whether letters may be begun now, and how many: the sending hours, and the warm-up's share."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from digest.delivery.hours import HoursSettings, WarmUpSettings, opens_at
from digest.tables import WarmUpRow


class Gate:
    """What every sender asks before it takes letters; ``zone`` is the newsletter's."""

    def __init__(self, *, hours: HoursSettings, warm_up: WarmUpSettings, zone: ZoneInfo) -> None:
        self._hours = hours
        self._warm_up = warm_up
        self._zone = zone

    @property
    def rations(self) -> bool:
        """Whether letters may have to wait for another hour or another day."""
        return self._hours.span is not None or bool(self._warm_up.start)

    def refusal(self, session: Session, *, now: datetime) -> str | None:
        """Say why nothing would be begun now, and when it goes on; None when letters may leave."""
        today = now.astimezone(self._zone).date()
        most = self._warm_up.most_on(today)
        if most is None:
            return self.closed_until(now)
        begun = session.scalar(select(WarmUpRow.letters).where(WarmUpRow.day == today)) or 0
        return self.closed_until(now) or (self.spent(now) if begun >= most else None)

    def closed_until(self, now: datetime) -> str | None:
        """Say until when nothing is begun, and why; None when the gate is open."""
        opens = opens_at(self._hours, now, zone=self._zone)
        if opens is None:
            return None
        return f"outside the sending hours; it goes on {opens:%a %d %b %H:%M} ([hours])"

    def take(self, session: Session, letters: int, *, now: datetime) -> int:
        """Take so many letters from the share of today, or as many as are left of it.

        All senders take from the same row. Those that are not handed over are given back.
        """
        today = now.astimezone(self._zone).date()
        most = self._warm_up.most_on(today)
        if most is None:
            return letters
        row = self._row(session, now)
        taken = max(min(letters, most - row.letters), 0)
        row.letters += taken
        session.flush()
        return taken

    def give_back(self, session: Session, letters: int, *, now: datetime) -> None:
        """Return letters to the share of today of which nothing was handed over."""
        today = now.astimezone(self._zone).date()
        if letters and self._warm_up.most_on(today) is not None:
            session.execute(
                update(WarmUpRow)
                .where(WarmUpRow.day == today, WarmUpRow.letters >= letters)
                .values(letters=WarmUpRow.letters - letters)
                .execution_options(synchronize_session=False)
            )

    def spent(self, now: datetime) -> str | None:
        """Say that the share of today is used up, and when there is more; None without a plan."""
        today = now.astimezone(self._zone).date()
        most, next_day = self._warm_up.most_on(today), today + timedelta(days=1)
        if most is None:
            return None
        return (
            f"warming up: {most:,} letters on {today:%a %d %b}; the rest goes on"
            f" {next_day:%a %d %b} ([warmup])"
        )

    def _row(self, session: Session, now: datetime) -> WarmUpRow:
        """Return the row of today, kept for this transaction."""
        today = now.astimezone(self._zone).date()
        dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
        row = dialect.insert(WarmUpRow).values(day=today, letters=0)
        session.execute(row.on_conflict_do_nothing())
        found = select(WarmUpRow).where(WarmUpRow.day == today)
        return session.scalars(
            found.with_for_update().execution_options(populate_existing=True)
        ).one()
