"""What compiling a letter once saves: filling it, against building it as an EmailMessage."""

import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from digest.calendar import ScheduleSettings
from digest.editions.issue import Issue, IssuePost, NewsletterSettings
from digest.mail.mime import SenderSettings
from digest.render.compose import ComposedIssue, Composer, EmailSettings
from digest.render.environment import load_theme
from digest.render.personal import Personaliser, Reader

_POSTS = 20  # give a message of about 60 KB
_SUMMARY = "A year of disk traces, and the one setting that explains half of what they show. "
_CONFIRMED = datetime(2026, 5, 3, tzinfo=UTC)
_LINK = "https://digest.example/u/{}.AbCdEfGhIjKlMnOpQrStUv"


def measure(*, quick: bool = False) -> list[dict[str, Any]]:
    """Return how many letters are personalised while one is built by the standard library."""
    issue = _issue()
    composed = Composer(
        theme=load_theme("default"),
        settings=EmailSettings(full_posts=_POSTS),
        schedule=ScheduleSettings(),
        public_url="https://digest.example",
    ).compose(issue, language="en")
    personaliser = Personaliser(
        composed,
        issue=issue,
        sender=SenderSettings(),
        public_url="https://digest.example",
        unsubscribe_url=_LINK.format,
        dated=_CONFIRMED,
        zone=UTC,
    )
    letter = personaliser.letter(_reader(0), key="2026-w24.0")
    ours = _seconds_each(
        lambda n: personaliser.letter(_reader(n), key=f"2026-w24.{n}"), times=500 if quick else 2000
    )
    theirs = _seconds_each(lambda n: _build(composed, _reader(n)), times=5 if quick else 20)
    return [
        {
            "name": "personalise one letter",
            "ratio": round(theirs / ours, 1),
            "must": ">= 100",
            "reference": "EmailMessage(policy=SMTP).as_bytes()",
            "note": f"{len(letter.message) / 1000:.0f} KB, {ours * 1e6:.0f} us against"
            f" {theirs * 1e6:.0f} us",
        }
    ]


def _seconds_each(work: Callable[[int], object], *, times: int) -> float:
    """Return the median of seven runs, after one to warm up."""
    runs = []
    for _ in range(8):
        start = time.perf_counter()
        for number in range(times):
            work(number)
        runs.append((time.perf_counter() - start) / times)
    return statistics.median(runs[1:])


def _build(composed: ComposedIssue, reader: Reader) -> bytes:
    """Build the message the usual way; the text is not even personalised."""
    message = EmailMessage(policy=SMTP)
    message["From"] = "The Weekly Dive <digest@digest.example>"
    message["To"] = f"{reader.name} <{reader.email}>"
    message["Subject"] = composed.subject
    message["Message-ID"] = f"<2026-w24.{reader.subscriber_id}@digest.example>"
    message["List-Unsubscribe"] = f"<{_LINK.format(reader.subscriber_id)}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(composed.text, cte="quoted-printable")
    message.add_alternative(composed.html, subtype="html", cte="quoted-printable")
    return message.as_bytes()


def _reader(number: int) -> Reader:
    return Reader(
        subscriber_id=number,
        email=f"reader{number}@example.org",
        name="Ada Reader",
        language="en",
        confirmed_at=_CONFIRMED,
    )


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


if __name__ == "__main__":
    for row in measure(quick="--quick" in sys.argv):
        print(row)
