"""The five pages that this product was made for, polled as sources: each post once, and fit."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from internet import Internet
from sqlalchemy import select

from digest.http import Client
from digest.posts.hygiene import CUT_TITLE
from digest.processes import Processes
from digest.reading import HttpSettings
from digest.sources.guard import Parser
from digest.sources.poll import PollResult, poll
from digest.sources.settings import PollSettings
from digest.tables import PostRow, SourceRow
from storage.database import Database

NOW = datetime(2026, 6, 12, 7, tzinfo=UTC)
POSTS = {"000": 20, "001": 10, "002": 68, "003": 7, "004": 63}


@dataclass(frozen=True, kw_only=True)
class Seeds:
    """The pages on a fake web, each under the path that it has at home."""

    pages: dict[str, Path]
    database: Database
    web: Internet
    parser: Parser
    processes: Processes

    def key(self, seed: str) -> dict[str, Any]:
        """Return what is truly on a page."""
        found: dict[str, Any] = json.loads(self.pages[seed].with_suffix(".key.json").read_text())
        return found

    def follow(self, seed: str) -> None:
        """Put a page on the web, and follow it."""
        path = urlsplit(self.key(seed)["base"]).path
        url = self.web.serve(
            path, self.pages[seed].read_bytes(), headers={"Content-Type": "text/html"}
        )
        with self.database.begin() as session:
            session.add(SourceRow(name=seed, url=url, kind="listing", added_at=NOW))

    def poll(self, *, now: datetime = NOW) -> dict[str, PollResult]:
        """Read every source that is due; no second pages, for there are none."""
        results = poll(
            self.database,
            client=Client(HttpSettings(allow_networks=("127.0.0.0/8",))),
            parser=self.parser,
            now=lambda: now,
            settings=PollSettings(gap_seconds=0, pages=1),
            processes=self.processes,
            due_only=True,
        )
        return {result.name: result for result in results}

    def rows(self) -> list[PostRow]:
        """Return every post that is kept."""
        with self.database.read() as session:
            return list(session.scalars(select(PostRow).order_by(PostRow.id)))


@pytest.fixture
def seeds(shared_data: Path, database: Database, tmp_path: Path) -> Iterator[Seeds]:
    pages = {path.name[:3]: path for path in (shared_data / "seeds" / "html").glob("*.html")}
    with Internet() as web, Parser() as parser:
        yield Seeds(
            pages=pages,
            database=database,
            web=web,
            parser=parser,
            processes=Processes(tmp_path / "processes"),
        )


def test_two_hubs_of_one_site_give_each_post_once_and_the_edited_one_anew(seeds: Seeds) -> None:
    seeds.follow("004")
    first = seeds.poll()["004"]
    assert (first.new, first.held, first.alarm) == (63, 0, None)
    seeds.follow("002")
    second = seeds.poll(now=NOW + timedelta(minutes=5))["002"]
    assert (second.new, second.changed, second.known - second.changed) == (5, 1, 62)
    assert (second.held, second.alarm) == (0, None)
    (edited,) = [row for row in seeds.rows() if row.changed_at]
    assert edited.title == "AI-Native Architecture Patterns 2026: Production Guide"
    for minutes in (70, 140, 210):  # the older hub has its own words; no post goes back and forth
        again = seeds.poll(now=NOW + timedelta(minutes=minutes))
        assert sum(result.new for result in again.values()) == 0
    assert sum(result.changed for result in again.values()) == 0


def test_every_seed_page_gives_its_posts_with_their_words_repaired(seeds: Seeds) -> None:
    for seed in sorted(POSTS):
        if seed != "004":  # the same site as 002
            seeds.follow(seed)
    results = seeds.poll()
    assert {name: result.new for name, result in results.items()} == {
        name: count for name, count in POSTS.items() if name != "004"
    }
    rows = {seed: [row for row in seeds.rows() if row.source_id == n] for n, seed in NAMES}
    for seed, found in rows.items():
        paths = {urlsplit(post["url"]).path for post in seeds.key(seed)["posts"]}
        assert {urlsplit(row.url).path for row in found} == paths, seed
    chatter = [row for row in rows["001"] if row.raw_summary]
    assert len(chatter) >= 8
    for row in rows["001"]:
        for leak in ("deep expertise", "---", "Here it is", "Search results"):
            assert leak not in (row.summary or ""), row.title
    assert {row.minutes for row in rows["000"]} == {None}  # "1 min read" on all of them
    assert all(row.minutes for row in rows["002"])
    assert [row.held for row in rows["003"]].count(CUT_TITLE) == 2
    assert {row.language for seed in ("000", "001") for row in rows[seed]} == {"en"}


NAMES = tuple(enumerate(("000", "001", "002", "003"), start=1))
