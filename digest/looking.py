"""The next issue as a reader would see it: one form, its slots filled, and what it weighs."""

from collections.abc import Mapping
from dataclasses import dataclass

from digest import planning, printing
from digest.app import App
from digest.calendar import Period
from digest.editions.choices import Choice
from digest.editions.issue import Issue
from digest.errors import PersonNeededError, UsageError
from digest.mail.quoted import encode
from digest.render.composed import ComposedIssue
from digest.render.lenses import Link, as_reader, links_of
from digest.render.slots import Slot, marker, without_edges
from digest.render.words import written_date
from subscribers import directory
from subscribers.addresses import Mailbox
from subscribers.directory import Member
from subscribers.errors import UnknownSubscriberError

ANYBODY = "reader@example.org"
"""Whom the letter is for where no reader is named."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One letter as it would be sent now, to a chosen reader or to nobody in particular.

    ``size`` is that of its HTML as it travels, in bytes. ``folded`` posts were cut from it to fit.
    ``trouble`` says why it looks plainer than it should.
    """

    subject: str
    preheader: str
    html: str
    text: str
    language: str
    size: int
    folded: int
    links: tuple[Link, ...]
    trouble: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Wish:
    """Which form: of a language, of topics by their slugs, or as one reader gets it.

    ``reader`` is an address or a number, and decides both others.
    """

    language: str | None = None
    topics: str = ""
    reader: str | None = None


def show(app: App, period: Period, *, wish: Wish) -> Shown:
    """Render one form of an issue as it is now, and fill it as for a reader; writes nothing.

    Raises `PersonNeededError` where there is no issue, or none for such a reader.
    """
    plan = planning.draw(app, period)
    if plan.issue is None:
        raise PersonNeededError(
            f"issue {period.name} has no posts yet; 'digest fetch' looks for new"
        )
    member = _member(app, wish.reader) if wish.reader else None
    choice = _choice_of(app, member) if member else _choice(app, wish)
    composed = printing.compose_for(app, plan.issue, choice, recent=plan.recent)
    if composed is None:
        raise PersonNeededError(f"issue {period.name} has no post of these topics: nobody gets it")
    return fill(app, plan.issue, composed, member=member)


def number_of(app: App, name: str) -> int:
    """Return the number of a reader who is named by an address or a number."""
    return _member(app, name).id


def _choice(app: App, wish: Wish) -> Choice:
    known = app.config.email.languages
    if wish.language and wish.language not in known:
        raise UsageError(f"there is no variant in {wish.language!r}; there are: {', '.join(known)}")
    return Choice(wish.language or known[0], wish.topics)


def _choice_of(app: App, member: Member) -> Choice:
    language = member.language or app.config.newsletter.language
    return Choice(language, ",".join(member.preferences.topics or ()))


def _member(app: App, name: str) -> Member:
    with app.database.read() as session:
        if name.isdecimal():
            return directory.get(session, subscriber_id=int(name))
        mailbox = Mailbox.parse(name)
        found = directory.find(session, mailbox=mailbox, keyring=app.keyring)
    if found is None:
        raise UnknownSubscriberError(f"nobody is known under {mailbox.masked}")
    return found


def fill(app: App, issue: Issue, composed: ComposedIssue, *, member: Member | None = None) -> Shown:
    """Fill the slots; no link is a living one, for whoever follows it must not unsubscribe."""
    seal, link = issue.seal, f"{app.config.web.public_url.rstrip('/')}/preview"
    said = _said_of(app, issue, composed.language, member)
    values = {
        marker(slot, seal=seal): said.get(slot, f"{link}/{slot.name.lower()}") for slot in Slot
    }
    html = as_reader(without_edges(composed.html, seal=seal), values=values, is_html=True)
    return Shown(
        subject=composed.subject,
        preheader=composed.preheader,
        html=html,
        text=as_reader(without_edges(composed.text, seal=seal), values=values, is_html=False),
        language=composed.language,
        size=len(encode(html)),
        folded=composed.folded,
        links=links_of(html),
        trouble=tuple(str(finding) for finding in printing.troubles(composed)),
    )


def _said_of(app: App, issue: Issue, language: str, member: Member | None) -> Mapping[str, str]:
    """Return what the letter says of its reader."""
    confirmed = member and member.confirmed_at
    day = confirmed.astimezone(app.zone).date() if confirmed else issue.day
    return {
        Slot.EMAIL: (member and member.email) or ANYBODY,
        Slot.CONFIRMED_ON: written_date(day, pattern="long", language=language),
    }
