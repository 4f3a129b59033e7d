"""An issue as a reader would see it: one form, its slots filled, and what it weighs."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from digest import headcount, outset, planning, printing
from digest.app import App
from digest.calendar import Period
from digest.editions import kept
from digest.editions import store as editions
from digest.editions.best import pace_of
from digest.editions.choices import Choice
from digest.editions.issue import Issue
from digest.editions.store import Edition
from digest.errors import PersonNeededError, UsageError
from digest.mail.quoted import encode
from digest.render.aloud import Spoken, aloud_page, read_aloud
from digest.render.composed import ComposedIssue
from digest.render.inboxline import InboxLine, inbox_lines, inbox_page
from digest.render.lenses import (
    INBOX_LINE,
    READ_ALOUD,
    TEXT,
    Link,
    as_reader,
    find_lens,
    links_of,
    text_page,
    without_links,
)
from digest.render.slots import Slot, marker, without_edges
from digest.render.subject import preheader_of
from digest.render.words import written_date
from subscribers import directory
from subscribers.addresses import Mailbox, mask
from subscribers.directory import Member
from subscribers.errors import SubscriberError, UnknownSubscriberError

ANYBODY = "reader@example.org"
"""Whom the letter is for where no reader is named."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One letter as it would be sent now, to a chosen reader or to nobody in particular.

    ``sender`` is the name that inboxes show. ``size`` is that of its HTML as it travels, in
    bytes. ``folded`` posts were cut from it to fit. ``trouble`` says why it looks plainer than it
    should.
    """

    sender: str
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

    Of a sealed issue it is the form that was kept at the freeze. Raises `PersonNeededError` where
    there is no issue, or none for such a reader.
    """
    member = _member(app, wish.reader) if wish.reader else None
    choice = _choice_of(app, member) if member else _choice(app, wish)
    with app.database.read() as session:
        edition = editions.find(session, app.newsletter, period=period.name)
    if edition and edition.seal:
        issue, composed = _sealed(app, edition, choice)
    else:
        issue, composed = _planned(app, period, choice)
    return fill(app, issue, composed, member=member)


def _planned(app: App, period: Period, choice: Choice) -> tuple[Issue, ComposedIssue]:
    """Render an open issue as it would leave now."""
    plan = planning.draw(app, period)
    if plan.issue is None:
        raise PersonNeededError(
            f"issue {period.name} has no posts yet; next: {outset.next_step(app) or 'digest fetch'}"
        )
    asked = headcount.choices_lately(app, pace=pace_of(period.name))
    composed = printing.compose_for(app, plan.issue, choice, recent=plan.recent, asked=asked)
    if composed is None:
        raise _nothing_for_them(period.name)
    return plan.issue, composed


def _sealed(app: App, edition: Edition, choice: Choice) -> tuple[Issue, ComposedIssue]:
    """Return a form as it was sealed."""
    with app.database.read() as session:
        issue = editions.issue_of(session, edition.id)
        form = kept.form_for(
            session,
            edition.id,
            choice,
            languages=app.config.email.languages,
            default=app.config.newsletter.language,
        )
    if issue is None or form is None:
        raise _nothing_for_them(edition.period)
    words = app.composer.theme.words_for(form.language)
    return issue, ComposedIssue(
        language=form.language,
        subject=form.subject,
        html=form.html,
        text=form.text,
        topics=tuple(form.topics.split(",")) if form.topics else None,
        preheader=preheader_of(issue, words=words, subject=form.subject),
    )


def _nothing_for_them(period: str) -> PersonNeededError:
    return PersonNeededError(f"issue {period} has no post of these topics: nobody gets it")


def see(shown: Shown, lens: str) -> str:
    """Return the page that shows a letter through a lens, for a frame: no link leads anywhere.

    Raises `UsageError` naming the lenses that there are.
    """
    if lens == INBOX_LINE:
        return inbox_page(_in_inboxes(shown))
    if lens == READ_ALOUD:
        return aloud_page(_aloud(shown))
    if lens == TEXT or not shown.html:
        return text_page(shown.text)
    return find_lens(lens).see(without_links(shown.html))


def lines_of(shown: Shown, lens: str) -> tuple[str, ...]:
    """Return as lines what a lens of words shows; nothing for the others."""
    if lens == INBOX_LINE:
        return tuple(f"{one.client}: {one.line}" for one in _in_inboxes(shown))
    return tuple(one.line for one in _aloud(shown)) if lens == READ_ALOUD else ()


def _in_inboxes(shown: Shown) -> tuple[InboxLine, ...]:
    return inbox_lines(sender=shown.sender, subject=shown.subject, preheader=shown.preheader)


def _aloud(shown: Shown) -> tuple[Spoken, ...]:
    paragraphs = (f"<p>{escape(one)}</p>" for one in shown.text.split("\n\n"))
    return read_aloud(shown.html or "".join(paragraphs))


def number_of(app: App, name: str) -> int:
    """Return the number of a reader who is named by an address or a number."""
    return _member(app, name).id


def called(app: App, name: str) -> str:
    """Return how a list names this reader, as "Ada, a…@example.org"; "" where there is none."""
    try:
        member = _member(app, name)
    except SubscriberError:
        return ""
    return ", ".join(filter(None, (member.name, mask(member.email) if member.email else "")))


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
        sender=app.config.sender.from_name or issue.newsletter.name,
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
