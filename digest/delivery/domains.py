"""Which provider takes the mail of a domain: well-known, looked up, or not known yet."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from digest.delivery.receivers import by_exchange, known
from digest.tables import MailDomainRow

KEPT = timedelta(days=14)
"""How long an answer of DNS is believed."""
_AGAIN = timedelta(hours=6)  # after a look-up without an answer
_PER_QUERY = 400
_NOT_YET = ""  # stands for the receiver of a domain that waits to be looked up


def receivers_of(session: Session, domains: Collection[str], *, now: datetime) -> Mapping[str, str]:
    """Return the receiving provider of each domain; one that nobody knows is its own provider.

    No DNS is asked here: a domain that is met for the first time is noted, to be looked up.
    """
    found = {domain: known(domain) for domain in domains}
    strangers = sorted(domain for domain, receiver in found.items() if receiver is None)
    noted: dict[str, str] = {}
    for start in range(0, len(strangers), _PER_QUERY):
        some = strangers[start : start + _PER_QUERY]
        rows = session.execute(
            select(MailDomainRow.domain, MailDomainRow.receiver).where(
                MailDomainRow.domain.in_(some)
            )
        )
        noted |= {domain: receiver for domain, receiver in rows}  # noqa: C416 - rows are no pairs
    _note(session, [domain for domain in strangers if domain not in noted], now=now)
    return {domain: receiver or noted.get(domain) or domain for domain, receiver in found.items()}


def to_look_up(session: Session, *, now: datetime, most: int) -> list[str]:
    """Return domains whose MX records nobody has looked at."""
    rows = select(MailDomainRow.domain).where(
        MailDomainRow.receiver == _NOT_YET, MailDomainRow.expires_at <= now
    )
    return list(session.scalars(rows.order_by(MailDomainRow.id).limit(most)))


def forget(session: Session, *, now: datetime) -> None:
    """Delete what is too old to be believed: a domain may be the name of a person who has left."""
    session.execute(
        delete(MailDomainRow)
        .where(MailDomainRow.receiver != _NOT_YET, MailDomainRow.expires_at <= now)
        .execution_options(synchronize_session=False)
    )


def keep(session: Session, domain: str, *, exchanges: Iterable[str] | None, now: datetime) -> None:
    """Keep whose the MX of a domain are, best first; None: DNS did not answer."""
    values: dict[str, object] = {"expires_at": now + _AGAIN}
    if exchanges is not None:
        receiver = by_exchange(exchanges) or domain
        values = {"receiver": receiver, "expires_at": now + KEPT}
    session.execute(
        update(MailDomainRow)
        .where(MailDomainRow.domain == domain)
        .values(values)
        .execution_options(synchronize_session=False)
    )


def _note(session: Session, domains: Collection[str], *, now: datetime) -> None:
    if not domains:
        return
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    rows = [{"domain": one, "receiver": _NOT_YET, "expires_at": now} for one in domains]
    session.execute(dialect.insert(MailDomainRow).on_conflict_do_nothing(), rows)
