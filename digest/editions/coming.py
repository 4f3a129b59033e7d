"""Which issue comes next: the first whose slot is ahead and that has not left before it."""

from datetime import datetime

from sqlalchemy.orm import Session

from digest import calendar
from digest.calendar import Period, ScheduleSettings
from digest.editions import store as editions
from digest.editions.state import OPEN


def coming(
    session: Session, newsletter: str, *, schedule: ScheduleSettings, after: datetime
) -> Period:
    """Return the first period due after this moment whose issue is still to be sealed.

    A person may have sent one before its slot, and then its slot brings nothing.
    """
    period = calendar.next_due(schedule, after)
    while _is_settled(session, newsletter, period):
        period = calendar.next_due(schedule, period.due_at)
    return period


def _is_settled(session: Session, newsletter: str, period: Period) -> bool:
    edition = editions.find(session, newsletter, period=period.name)
    return edition is not None and edition.state not in OPEN
