"""The letters that benchmarks send: one realistic issue of about 75 kB on the wire, and readers."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from application import PUBLIC_URL, SENDER

from digest.calendar import ScheduleSettings
from digest.editions.issue import Issue, IssuePost, NewsletterSettings
from digest.mail.letter import Letter
from digest.mail.mime import SenderSettings
from digest.render.compose import ComposedIssue, Composer, EmailSettings
from digest.render.personal import Personaliser, Reader
from digest.render.slots import Slot, markers, without_edges
from digest.render.theme import load_theme

CONFIRMED = datetime(2026, 5, 3, tzinfo=UTC)
_POSTS = 33  # give about 75 kB
_SUMMARY = "A year of disk traces, and the one setting that explains half of what they show. "


@dataclass(frozen=True, kw_only=True)
class Press:
    """One issue, composed and ready to be filled in for any reader."""

    issue: Issue
    composed: ComposedIssue
    personaliser: Personaliser

    def letter(self, number: int) -> Letter:
        """Write the letter of reader ``number``."""
        return self.personaliser.letter(reader(number), key=f"2026-w24.{number}")

    def write_letter(self, path: Path) -> Path:
        """Write one letter with the line ends that smtp-source takes; return the path."""
        path.write_bytes(self.letter(0).message.replace(b"\r\n", b"\n"))
        return path

    def write_template(self, path: Path) -> None:
        """Write what others need to send the same words: JSON with "$EMAIL" and the like."""
        text, html = self.composed.text, self.composed.html
        seal = self.issue.seal
        for slot, marker in markers(seal=seal).items():
            text, html = (words.replace(marker, f"${slot}") for words in (text, html))
        path.write_text(
            json.dumps(
                {
                    "subject": self.composed.subject,
                    "sender": SENDER,
                    "text": without_edges(text, seal=seal),
                    "html": without_edges(html, seal=seal),
                    "unsubscribe_url": f"{PUBLIC_URL}/u/",
                    "archive_url": f"{PUBLIC_URL}/archive",
                }
            ),
            encoding="utf-8",
        )


def reader(number: int) -> Reader:
    """Return one of as many readers as are wanted."""
    return Reader(
        subscriber_id=number,
        email=f"reader{number}@example.org",
        name=f"Ada Reader {number}",
        language="en",
        confirmed_at=CONFIRMED,
    )


@cache
def press() -> Press:
    """Compose the issue; the same one every time."""
    issue = _issue()
    composed = Composer(
        theme=load_theme("weekly"),
        settings=EmailSettings(full_posts=_POSTS),
        schedule=ScheduleSettings(),
        public_url=PUBLIC_URL,
    ).compose(issue, language="en")
    personaliser = Personaliser(
        composed,
        issue=issue,
        sender=SenderSettings(from_address=SENDER),
        public_url=PUBLIC_URL,
        links={
            slot: f"{PUBLIC_URL}/{path}/{{}}.AbCdEfGhIjKlMnOpQrStUv".format
            for slot, path in (
                (Slot.UNSUBSCRIBE_URL, "u"),
                (Slot.MANAGE_URL, "l"),
                (Slot.PAUSE_URL, "p"),
            )
        },
        dated=CONFIRMED,
        zone=UTC,
    )
    return Press(issue=issue, composed=composed, personaliser=personaliser)


def _issue() -> Issue:
    posts = (
        IssuePost(
            post_id=number,
            url=f"https://blog.example/posts/counting-cold-reads-{number}",
            title=f"Counting Cold Reads, Part {number} — What Half a Cache Hides",
            source="Plain Systems",
            summary=_SUMMARY * 3,
            topic=("Storage", "Operations", "Networking")[number % 3],
            minutes=number,
        )
        for number in range(1, _POSTS + 1)
    )
    return Issue(
        newsletter=NewsletterSettings(),
        period="2026-W24",
        number=24,
        day=date(2026, 6, 12),
        posts=tuple(posts),
    )
