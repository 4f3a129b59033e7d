"""Mail scanners at every public address: they open all of it, run what runs, and change nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
from browsing import NEEDS_BROWSER, chromium, served
from everypage import NO_PAGES, every_page, everything, guest_of, look, patterns
from playwright.sync_api import Browser

from storage.database import Database


def test_s1_looking_at_every_public_page_changes_no_row(database: Database) -> None:
    look(database, rounds=1)  # `make soak` looks a hundred times


def test_s1_no_page_is_forgotten(database: Database) -> None:
    paths = [path.partition("?")[0] for path in (*every_page(database).values(), *NO_PAGES)]
    app: Any = guest_of(database).app
    known = dict(patterns(app))
    assert len(known) > 20
    missing = {
        route
        for route, pattern in known.items()
        if not any(pattern.fullmatch(path) for path in paths)
    }
    assert missing == set()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def _in_browser(test: Any) -> Any:
    for mark in NEEDS_BROWSER:
        test = mark(test)
    return test


@_in_browser
def test_s2_a_browser_that_runs_the_pages_confirms_and_unsubscribes_nobody(
    database: Database, browser: Browser
) -> None:
    """It waits until nothing runs any more, and follows what would send a form by itself."""
    guest = guest_of(database)
    paths = every_page(database)
    before = everything(database)
    page = browser.new_page()
    sent: list[str] = []
    page.on("request", lambda r: sent.append(r.method) if r.method != "GET" else None)
    with served(guest.app) as url:
        for path in paths.values():
            page.goto(url + path) if path != paths["data"] else None
            assert page.locator("script, [onload], meta[http-equiv=refresh]").count() == 0, path
    page.close()
    assert sent == []
    assert everything(database) == before
