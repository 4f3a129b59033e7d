"""The export: everybody on the list, with all that is needed to import them again."""

import csv
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from subscribers.consent import AGREED
from subscribers.spreadsheet import safe
from subscribers.tables import ConsentEventRow, SubscriberRow, SuppressionRow

_ROWS_AT_ONCE = 2_000
V = TypeVar("V")


class Exported(NamedTuple):
    """One person as they stand in a file; times are ISO 8601 in UTC."""

    email: str
    name: str | None
    language: str
    status: str
    suppressed: str | None  # why they must not be mailed, whatever the status says
    created_at: datetime
    confirmed_at: datetime | None
    paused_until: datetime | None
    topics: str | None
    pace: str
    format: str
    consent_source: str | None
    consent_at: datetime | None


def everybody(session: Session) -> Iterator[Exported]:
    """Yield everybody who has an address, by id; reads row by row, for any number of people.

    The erased are left out: there is nothing that could be told of them.
    """
    rows = session.execute(
        select(
            SubscriberRow.email,
            SubscriberRow.name,
            SubscriberRow.language,
            SubscriberRow.status,
            SuppressionRow.reason,
            SubscriberRow.created_at,
            SubscriberRow.confirmed_at,
            SubscriberRow.paused_until,
            SubscriberRow.topics,
            SubscriberRow.pace,
            SubscriberRow.format,
            _of_last_consent(ConsentEventRow.source),
            _of_last_consent(ConsentEventRow.at),
        )
        .outerjoin(SuppressionRow, SuppressionRow.mailbox_key == SubscriberRow.mailbox_key)
        .where(SubscriberRow.email.is_not(None))
        .order_by(SubscriberRow.id),
        execution_options={"yield_per": _ROWS_AT_ONCE},
    )
    return map(Exported._make, rows)


def count(session: Session) -> int:
    """Count those whom `everybody` yields."""
    having = select(func.count()).where(SubscriberRow.email.is_not(None))
    return session.scalar(having) or 0


def _of_last_consent(column: InstrumentedAttribute[V]) -> ScalarSelect[V]:
    """Say one thing of somebody's last consent; a join with it would sort all people at the end."""
    return (
        select(column)
        .where(
            ConsentEventRow.subscriber_id == SubscriberRow.id,
            ConsentEventRow.kind.in_(AGREED),
        )
        .order_by(ConsentEventRow.id.desc())
        .limit(1)
        .correlate(SubscriberRow)
        .scalar_subquery()
    )


def csv_writer(file: Any) -> Callable[[Exported], Any]:
    """Write the header of a CSV file, and return what writes a row.

    A cell that a spreadsheet would run as a formula gets an apostrophe in front, which our import
    takes away again.
    """
    writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(Exported._fields)
    return lambda one: writer.writerow(_cells(one))


def as_json(one: Exported) -> str:
    """Write a person as one line of JSON."""
    return json.dumps(as_data(one), ensure_ascii=False) + "\n"


def as_data(one: Exported) -> dict[str, Any]:
    """Return a person as plain values; topics are a list, or None for all."""
    data: dict[str, Any] = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in zip(Exported._fields, one, strict=True)
    }
    data["topics"] = one.topics.split(",") if one.topics else None
    return data


def _cells(one: Exported) -> tuple[str | None, ...]:
    """Return the cells of a row; what is ours alone can begin no formula, and is not looked at."""
    return (
        safe(one.email),
        _text(one.name),
        safe(one.language),
        one.status,
        one.suppressed,
        _moment(one.created_at),
        _moment(one.confirmed_at),
        _moment(one.paused_until),
        _text(one.topics),
        one.pace,
        one.format,
        _text(one.consent_source),
        _moment(one.consent_at),
    )


def _text(value: str | None) -> str | None:
    return value and safe(value)


def _moment(value: datetime | None) -> str | None:
    return value.isoformat() if value else None
