"""The public pages over HTTP: looking changes nothing, one click is enough, nothing is told."""

import asyncio
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from people import ADA, EMMY, KEYRING, NOW, subscribe
from visitor import site_of

from digest.calendar import ScheduleSettings, latest_due
from digest.clock import Clock
from digest.editions import store as editions
from digest.editions.issue import Issue, IssuePost, NewsletterSettings
from digest.editions.state import EditionState
from digest.editions.store import Variant
from digest.errors import ConfigurationError, TemplateError
from digest.pages import WebSettings
from digest.render.slots import Edge, Slot, marker
from digest.render.theme import load_theme
from digest.tables import PostRow, SourceRow
from digest.web.site import SiteSettings, build_site
from digest.web.words import choose
from storage.database import Database
from subscribers import audience, consent
from subscribers.tables import SubscriberRow
from subscribers.tokens import Keyring, Purpose

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
WEEK = latest_due(ScheduleSettings(), NOW)


@dataclass(frozen=True)
class Site:
    """The site, asked without a network between."""

    database: Database
    app: Any

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Send one request and return the answer, redirects not followed."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://digest.example"
            ) as client:
                return await client.request(method, path, **more)

        return asyncio.run(ask())

    def wanted(self, subscriber_id: int) -> bool:
        """Whether this reader would still be mailed."""
        with self.database.read() as session:
            return bool(audience.wanted_among(session, [subscriber_id]))

    def events(self, subscriber_id: int) -> list[str]:
        """Name what happened to this reader's consent."""
        with self.database.read() as session:
            return [e.kind for e in consent.history(session, subscriber_id=subscriber_id)]


def build(database: Database, **more: Any) -> Any:
    web = WebSettings(public_url="https://digest.example.org")
    return build_site(
        database=database,
        keyring=KEYRING,
        clock=Clock.starting_at(NOW),
        settings=SiteSettings(web=web, **more),
    )


@pytest.fixture
def site(database: Database) -> Site:
    return Site(database, build(database))


@pytest.fixture
def ada(database: Database) -> int:
    with database.begin() as session:
        return subscribe(session, ADA)[0]


def link(subscriber_id: int, purpose: Purpose = Purpose.UNSUBSCRIBE) -> str:
    return f"/u/{KEYRING.sign(subscriber_id, purpose=purpose)}"


def test_r10_looking_a_hundred_times_changes_nothing(site: Site, ada: int) -> None:
    for method in ("GET", "HEAD", "OPTIONS"):
        for path in (link(ada), f"{link(ada)}/leave", f"{link(ada)}/undo"):
            for _ in range(100 if path == link(ada) else 3):
                site.ask(method, path, headers={"Purpose": "prefetch"})
    assert site.wanted(ada)
    assert site.events(ada) == ["added"]


def test_the_page_has_one_button_and_masks_the_address(site: Site, ada: int) -> None:
    page = site.ask("GET", link(ada))
    assert page.status_code == 200
    assert page.text.count("<button") == 1
    assert 'method="post"' in page.text
    assert "a***@example.org" in page.text
    assert ADA.email not in page.text
    assert "<script" not in page.text.lower()


@pytest.mark.parametrize(
    "body",
    [{"data": ONE_CLICK}, {"files": {"List-Unsubscribe": (None, "One-Click")}}],
    ids=["form", "multipart"],
)
def test_d3_r9_check_18_one_click_works_in_both_encodings_as_often_as_it_comes(
    site: Site, ada: int, body: dict[str, Any]
) -> None:
    for _ in range(3):
        answer = site.ask("POST", link(ada), **body)
        assert answer.status_code == 200
        assert not answer.history
        assert "set-cookie" not in answer.headers
        assert not site.wanted(ada)
    assert site.events(ada) == ["added", "unsubscribed"]


def test_the_button_leads_back_to_the_page_that_says_done(site: Site, ada: int) -> None:
    action = re.search(r'action="([^"]+)"', site.ask("GET", link(ada)).text)
    assert action
    answer = site.ask("POST", action[1])
    assert answer.status_code == 303
    assert answer.headers["location"] == link(ada)
    done = site.ask("GET", answer.headers["location"])
    assert "Done. a***@example.org gets no more issues." in done.text
    assert not site.wanted(ada)


def test_undo_brings_everything_back(site: Site, ada: int) -> None:
    site.ask("POST", link(ada), data=ONE_CLICK)
    action = re.search(r'action="([^"]+)"', site.ask("GET", link(ada)).text)
    assert action
    answer = site.ask("POST", action[1])
    assert answer.status_code == 303
    assert "Undone." in site.ask("GET", answer.headers["location"]).text
    assert site.wanted(ada)
    assert site.events(ada) == ["added", "unsubscribed", "resubscribed"]


def test_the_answer_to_a_bad_link_does_not_tell_who_exists(site: Site, ada: int) -> None:
    token = link(ada)
    stranger = link(10_000)
    bad = [
        stranger,
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        token[:-4],
        "/u/x",
        "/u/" + "y" * 5000,
        "/u/%00",
        link(ada, Purpose.ASK),
        "/u/" + Keyring((b"somebody else's secret",)).sign(ada, purpose=Purpose.UNSUBSCRIBE),
    ]
    for method in ("GET", "POST"):
        answers = [site.ask(method, path) for path in bad]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.text for answer in answers}) == 1
    assert site.wanted(ada)


def test_one_readers_link_never_touches_another(site: Site, ada: int) -> None:
    with site.database.begin() as session:
        (emmy,) = subscribe(session, EMMY)
    site.ask("POST", link(emmy), data=ONE_CLICK)
    assert site.wanted(ada)
    assert not site.wanted(emmy)


def test_after_erasure_the_link_says_done_without_an_address(site: Site, ada: int) -> None:
    with site.database.begin() as session:
        row = session.get_one(SubscriberRow, ada)
        row.email, row.status = None, "erased"
    for method in ("GET", "POST"):
        answer = site.ask(method, link(ada))
        assert answer.status_code == 200
        assert "This address gets no more issues." in answer.text
        assert "Undo" not in answer.text


@pytest.mark.parametrize("path", ["/u/{token}", "/u/x", "/nowhere", "/archive", "/healthz", "/9"])
def test_every_answer_carries_the_headers_that_protect(site: Site, ada: int, path: str) -> None:
    answer = site.ask("GET", path.replace("/u/{token}", link(ada)))
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"
    if path.startswith("/u/"):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-robots-tag"] == "noindex"


@pytest.mark.parametrize(
    ("public_url", "told"),
    [("https://digest.example", "max-age=31536000"), ("http://127.0.0.1:8025", None)],
)
def test_browsers_are_told_to_come_by_https_where_readers_do(
    database: Database, ada: int, public_url: str, told: str | None
) -> None:
    site = Site(database, site_of(database, web=WebSettings(public_url=public_url)))
    answers = [site.ask("GET", path) for path in (link(ada), "/", "/nowhere", "/healthz")]
    with database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE consent_event RENAME TO gone")
    answers.append(site.ask("POST", link(ada), data=ONE_CLICK))
    assert answers[-1].status_code == 500
    assert [one.headers.get("strict-transport-security") for one in answers] == [told] * 5


def test_a_failure_is_a_page_with_the_same_protection(
    database: Database, ada: int, caplog: pytest.LogCaptureFixture
) -> None:
    site = Site(database, build(database))
    with database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE consent_event RENAME TO gone")
    answer = site.ask("POST", link(ada), data=ONE_CLICK)
    assert answer.status_code == 500
    assert "try again" in answer.text
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert link(ada)[3:] not in caplog.text


def test_the_log_holds_no_link_and_no_address(
    site: Site, ada: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="digest"):
        site.ask("GET", link(ada))
        site.ask("POST", f"{link(ada)}/leave")
        site.ask("GET", "/secret/path")
    assert "GET /u/{token} 200" in caplog.text
    assert "POST /u/{token}/leave 303" in caplog.text
    assert "GET (no such page) 404" in caplog.text
    for record in caplog.records:
        if record.name.startswith("digest"):
            assert link(ada)[3:] not in record.getMessage()
            assert "secret" not in record.getMessage()
            assert "example.org" not in record.getMessage()


@pytest.mark.parametrize(
    ("asked", "accepted", "default", "language"),
    [
        (None, "", "en", "en"),
        (None, "", "de", "de"),
        (None, "fr, de-AT;q=0.8, en;q=0.3", "en", "de"),
        (None, "en;q=0, de;q=x", "de-CH", "de"),
        ("de", "en", "en", "de"),
        ("xx", "", "ja", "en"),
        (None, "q=1;;,,;=," * 200, "en", "en"),
    ],
)
def test_the_language_is_what_the_reader_asks_for(
    asked: str | None, accepted: str, default: str, language: str
) -> None:
    chosen = choose(asked, accepted=accepted, default=default, languages=("en", "de"))
    assert chosen == language


def test_a_chosen_language_stays_through_the_button(site: Site, ada: int) -> None:
    page = site.ask("GET", f"{link(ada)}?lang=de")
    assert 'lang="de"' in page.text
    assert page.headers["content-language"] == "de"
    action = re.search(r'action="([^"]+)"', page.text)
    assert action
    answer = site.ask("POST", action[1])
    assert answer.headers["location"].endswith("?lang=de")
    assert "Sie sind abgemeldet" in site.ask("GET", answer.headers["location"]).text


def test_pages_use_the_colours_of_the_email() -> None:
    style = (Path(__file__).parents[2] / "templates/web/tokens.css").read_text()
    light, dark = style.split("prefers-color-scheme: dark")
    for use in load_theme("weekly").colours.values():
        for name, colour in use.items():
            for half, value in ((light, colour.light), (dark, colour.dark)):
                found = re.search(rf"--{name}: (#[0-9a-f]{{6}});", half)
                assert found is None or found[1] == value, name
    assert light.count("#") == dark.count("#")


def test_the_health_page_tells_whether_the_database_answers(site: Site) -> None:
    assert site.ask("GET", "/healthz").text == "ok\n"


def test_a_broken_page_template_stops_the_start_and_not_a_reader(
    database: Database, make_file: Callable[[str, str], Path]
) -> None:
    path = make_file("web/unsubscribe.html.j2", "{% if %}")
    with pytest.raises(TemplateError, match=r"web/unsubscribe.html.j2:1"):
        build(database, templates=path.parents[1])


def test_the_operators_own_page_wins(
    database: Database, make_file: Callable[[str, str], Path], ada: int
) -> None:
    path = make_file("web/unsubscribe.html.j2", "<p>ours: {{ address }}")
    site = Site(database, build(database, templates=path.parents[1]))
    assert site.ask("GET", link(ada)).text == "<p>ours: a***@example.org"


@pytest.mark.parametrize("url", ["digest.example.org", "ftp://x.org", "https://x.org/news", ""])
def test_a_public_address_that_cannot_work_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="public_url"):
        WebSettings(public_url=url)


def test_personal_addresses_stay_short() -> None:
    web = WebSettings(public_url="https://digest.example.org/")
    token = KEYRING.sign(10_000_000, purpose=Purpose.UNSUBSCRIBE)
    assert len(web.unsubscribe_url(token)) < 80
    assert web.unsubscribe_url("t") == "https://digest.example.org/u/t"


def freeze(database: Database) -> Issue:
    post = IssuePost(post_id=1, url="https://x.example/1", title="On <Locks> & Keys", source="X")
    newsletter = NewsletterSettings()
    issue = Issue(
        newsletter=newsletter,
        period=WEEK.name,
        number=24,
        day=date(2026, 6, 12),
        posts=(post,),
    )
    begin, end, email, url = (
        marker(name, seal=issue.seal)
        for name in (Edge.BEGIN, Edge.END, Slot.EMAIL, Slot.UNSUBSCRIBE_URL)
    )
    personal = f"{begin}for {email}{end}"
    variants = [
        Variant(
            language=language,
            subject="S",
            html=f"<p>{language} words {personal}<a href='{url}'>out of place</a>",
            text=f"{language} text\n{personal}\n",
            sha256="0",
        )
        for language in ("en", "de")
    ]
    with database.begin() as session:
        session.add(SourceRow(id=1, name="X", url="https://x.example", added_at=NOW))
        session.flush()
        session.add(PostRow(id=1, source_id=1, url=post.url, title=post.title, first_seen_at=NOW))
        session.flush()
        edition = editions.open_edition(session, newsletter.slug, period=WEEK, now=NOW)
        editions.freeze(session, edition, issue=issue, variants=variants, now=NOW)
    return issue


def move(database: Database, *states: EditionState) -> None:
    with database.begin() as session:
        for state in states:
            edition = editions.find(session, NewsletterSettings().slug, period=WEEK.name)
            assert edition
            assert editions.move(session, edition, to=state, now=NOW)


def test_the_online_issue_holds_nothing_personal(site: Site) -> None:
    issue = freeze(site.database)
    move(site.database, EditionState.SENDING)
    for path, words in (("/24", "en words"), ("/24?lang=de", "de words"), ("/24.txt", "en text")):
        answer = site.ask("GET", path)
        assert answer.status_code == 200
        assert words in answer.text
        assert "for " not in answer.text
        assert issue.seal[:16] not in answer.text
        assert "no-store" not in answer.headers["cache-control"]
        assert answer.headers["link"] == '<https://digest.example.org/24>; rel="canonical"'


def test_an_issue_is_no_page_before_it_is_sent_nor_after_it_is_withdrawn(site: Site) -> None:
    assert "has not been sent yet" in site.ask("GET", "/archive").text
    freeze(site.database)
    assert site.ask("GET", "/24").status_code == 404
    assert "/24" not in site.ask("GET", "/archive").text
    move(site.database, EditionState.SENDING, EditionState.SENT)
    listed = site.ask("GET", "/archive").text
    assert 'href="/24"' in listed
    assert "On &lt;Locks&gt; &amp; Keys" in listed
    assert "Issue 24 · 12 June 2026 · 1 post" in listed
    move(site.database, EditionState.WITHDRAWN)
    for path in ("/24", "/24.txt"):
        answer = site.ask("GET", path)
        assert answer.status_code == 410
        assert "Issue 24 was withdrawn" in answer.text
    assert 'href="/24"' not in site.ask("GET", "/archive").text


@pytest.mark.parametrize("path", ["/0", "/25", "/99999999999999999999999", "/-1", "/24.html"])
def test_an_issue_that_does_not_exist_is_a_page_that_says_so(site: Site, path: str) -> None:
    answer = site.ask("GET", path)
    assert answer.status_code == 404
    assert "There is no such page" in answer.text
