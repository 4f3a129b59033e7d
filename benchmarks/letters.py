"""The letters that benchmarks send: a realistic issue of about 75 kB on the wire, and readers."""

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
from digest.mail.returnpath import ReturnPath
from digest.render.compose import Composer
from digest.render.composed import ComposedIssue
from digest.render.personal import Personaliser
from digest.render.settings import EmailSettings
from digest.render.slots import Slot, markers, without_edges
from digest.render.theme import load_theme
from subscribers.person import Person
from subscribers.tokens import Keyring

KEYRING = Keyring((b"a secret of the benchmarks",))
RETURN_DOMAIN = SENDER.rpartition("@")[2]
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


def reader(number: int) -> Person:
    """Return one of as many readers as are wanted."""
    return Person(
        subscriber_id=number,
        email=f"reader{number}@example.org",
        name=f"Ada Reader {number}",
        language="en",
        confirmed_at=CONFIRMED,
    )


@cache
def press(posts: int = _POSTS) -> Press:
    """Compose an issue of so many posts; the same one every time."""
    issue = make_issue(posts)
    composed = make_composer(posts).compose(issue, language="en")
    personaliser = Personaliser(
        composed,
        issue=issue,
        sender=SenderSettings(from_address=SENDER),
        return_path=ReturnPath(domain=RETURN_DOMAIN, keyring=KEYRING).address,
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


def make_composer(full_posts: int) -> Composer:
    """Build what composes issues, with so many posts in full."""
    return Composer(
        theme=load_theme("weekly"),
        settings=EmailSettings(full_posts=full_posts),
        schedule=ScheduleSettings(),
        public_url=PUBLIC_URL,
    )


def make_issue(posts: int, *, about: str = "Cold Reads") -> Issue:
    """Make an issue of so many posts of believable length."""
    many = (
        IssuePost(
            post_id=number,
            url=f"https://blog.example/posts/counting-cold-reads-{number}",
            title=f"Counting {about}, Part {number} — What Half a Cache Hides",
            source="Plain Systems",
            summary=_SUMMARY * 3,
            topic=("Storage", "Operations", "Networking")[number % 3],
            minutes=number,
        )
        for number in range(1, posts + 1)
    )
    return Issue(
        newsletter=NewsletterSettings(),
        period="2026-W24",
        number=24,
        day=date(2026, 6, 12),
        posts=tuple(many),
    )
