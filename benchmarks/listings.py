"""How well real listing pages are read without a recipe, and how long that takes.

The pages and their keys are not part of the project; without them nothing is measured. The rules
were made with these pages at hand: how well strange pages are read, they cannot tell.
"""

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from digest.posts.post import FetchedPost
from digest.sources import listing
from digest.sources.adapter import Page, UnreadableError

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "listings"
SECONDS = 0.030  # for a page of 85 kB
KILOBYTES, SMALL, LARGE = 85, 60, 110
POSTS, TITLES, DATES = 0.98, 0.98, 0.97


@dataclass(frozen=True, kw_only=True)
class Score:
    """What one page, or several together, gave against their keys."""

    name: str
    keyed: int
    found: int
    both: int
    titles: int
    dates: int
    seconds: float
    kilobytes: float

    @property
    def is_short(self) -> bool:
        """Whether anything is missing, made up, or read wrongly."""
        return not self.keyed == self.found == self.both == self.titles == self.dates


def measure(*, quick: bool) -> list[dict[str, Any]]:
    """Return a row for each figure over all pages, and name the pages that fall short."""
    if not SHARED.is_dir():
        return []
    scores = [
        _score(key, rounds=1 if quick else 5) for key in sorted((SHARED / "keys").glob("*.json"))
    ]
    for score in filter(lambda s: s.is_short, scores):
        print(f"{'':<18}{_line(score)}")
    rows = _rows(scores)
    usual = [score for score in scores if SMALL <= score.kilobytes <= LARGE]
    spent = sum(score.seconds for score in usual)
    size = sum(score.kilobytes for score in usual)
    each = f"{spent / len(usual) * 1000:.0f} ms each"
    rows.append(
        {
            "name": f"a listing page of {KILOBYTES} kB is read",
            "ratio": spent / size * KILOBYTES / SECONDS,
            "must": "<= 1",
            "reference": f"{SECONDS * 1000:g} ms",
            "note": f"{len(usual)} pages of {SMALL} to {LARGE} kB, {each}",
        }
    )
    return rows


def _rows(scores: list[Score]) -> list[dict[str, Any]]:
    keyed, found, both = (
        sum(getattr(score, field) for score in scores) for field in ("keyed", "found", "both")
    )
    figures = (
        ("recall of posts", both / keyed, POSTS),
        ("precision of posts", both / found, POSTS),
        ("titles", sum(score.titles for score in scores) / both, TITLES),
        ("dates", sum(score.dates for score in scores) / both, DATES),
    )
    return [
        {
            "name": f"listing pages: {figure}",
            "ratio": value,
            "must": f">= {bar:g}",
            "reference": "the keys",
            "note": f"{len(scores)} pages, {keyed} posts in the keys, {found} found",
        }
        for figure, value, bar in figures
    ]


def _score(key_file: Path, *, rounds: int) -> Score:
    """Read one page some times, and compare what it gave with its key."""
    key = json.loads(key_file.read_text(encoding="utf-8"))
    content = (SHARED / f"{key_file.stem}.html").read_bytes()
    page = Page(url=key["base"], content=content)
    posts: tuple[FetchedPost, ...] = ()
    best = float("inf")
    for _ in range(rounds):
        started = time.process_time()
        posts = _posts(page)
        best = min(best, time.process_time() - started)
    keyed = {_plain(post["url"]) or post["title"]: post for post in key["posts"]}
    found = {post.title if post.title in keyed else _plain(post.url): post for post in posts}
    both = [(found[name], keyed[name]) for name in keyed if name in found]
    return Score(
        name=key_file.stem,
        keyed=len(keyed),
        found=len(found),
        both=len(both),
        titles=sum(post.title == told["title"] for post, told in both),
        dates=sum(_day(post) == (told["date"] or "").strip()[:10] for post, told in both),
        seconds=best,
        kilobytes=len(content) / 1000,
    )


def _posts(page: Page) -> tuple[FetchedPost, ...]:
    try:
        return listing.read(page).posts
    except UnreadableError:
        return ()


def _day(post: FetchedPost) -> str:
    day = post.published_at.date() if post.published_at else post.published_on
    return day.isoformat() if day else ""


def _plain(url: str | None) -> str:
    return unquote(url or "").rstrip("/").lower()


def _line(score: Score) -> str:
    return (
        f"{score.name}: {score.keyed} posts, {score.found} found, {score.both} of them right,"
        f" {score.titles} titles, {score.dates} dates"
    )


if __name__ == "__main__":
    for row in measure(quick="--quick" in sys.argv):
        print(f"{row['ratio']:6.3f}  must be {row['must']}  {row['name']} ({row['note']})")
