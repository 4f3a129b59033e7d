"""The archive: pages, feeds and files of what was sent, and of nothing else."""

import asyncio
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from library import the_librarian
from people import KEYRING, NOW
from press import issue, sample_posts

from digest.archive import export as archive
from digest.archive.withdraw import withdraw
from digest.calendar import Period, ScheduleSettings, latest_due
from digest.clock import Clock
from digest.editions import store as editions
from digest.editions.issue import Issue
from digest.editions.state import EditionState
from digest.editions.store import Edition, Variant
from digest.errors import UsageError
from digest.pages import WebSettings
from digest.render.slots import Edge, Slot, marker
from digest.sources import feed as adapter
from digest.sources.adapter import Page
from digest.tables import PostRow, SourceRow
from digest.web.site import SiteSettings, build_site
from storage.database import Database

SLUG = "weekly-dive"
SENT = (EditionState.SENDING, EditionState.SENT)
SECRET = "READERS-OWN-WORDS"  # noqa: S105 - stands in every personal part


@dataclass(frozen=True)
class Site:
    """The site, asked without a network between."""

    app: Any

    def get(self, path: str, method: str = "GET", **headers: str) -> httpx.Response:
        """Send one request and return the answer."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
                return await client.request(method, path, headers=headers)

        return asyncio.run(ask())


@pytest.fixture
def site(database: Database) -> Site:
    settings = SiteSettings(web=WebSettings(public_url="https://digest.example"))
    clock = Clock.starting_at(NOW)
    return Site(build_site(database=database, keyring=KEYRING, clock=clock, settings=settings))


def week(number: int) -> Period:
    """Return the period of an issue; 24 is that of the sample."""
    schedule = ScheduleSettings()
    return latest_due(schedule, NOW.replace(month=6, day=13 + 7 * (number - 24)))


def freeze(database: Database, number: int = 24, *states: EditionState) -> Edition:
    """Seal an issue with posts of its own, and move it on."""
    posts = [
        replace(post, post_id=100 * number + post.post_id, url=f"{post.url}&issue={number}")
        for post in sample_posts()
    ]
    sealed = replace(issue(posts), number=number, period=week(number).name)
    with database.begin() as session:
        if not session.get(SourceRow, 1):
            session.add(SourceRow(id=1, name="X", url="https://x.example", added_at=NOW))
            session.flush()
        for post in posts:
            row = PostRow(id=post.post_id, source_id=1, url=post.url, title="T", first_seen_at=NOW)
            session.add(row)
        session.flush()
        edition = editions.open_edition(session, SLUG, period=week(number), now=NOW)
        variants = [variant(sealed, language) for language in ("en", "de")]
        editions.freeze(session, edition, issue=sealed, variants=variants, now=NOW)
    for state in states:
        edition = move(database, edition, state)
    return edition


def variant(sealed: Issue, language: str) -> Variant:
    begin, end, email, url = (
        marker(name, seal=sealed.seal)
        for name in (Edge.BEGIN, Edge.END, Slot.EMAIL, Slot.UNSUBSCRIBE_URL)
    )
    personal = f"{begin}{SECRET} {email} {url}\n{end}\n"
    links = "".join(
        f'<a href="{post.url.replace("&", "&amp;")}">{post.post_id}</a>'
        for post in sealed.posts[:9]
    )
    html = (
        f'<!DOCTYPE html><html lang="{language}"><head><title>x</title></head><body class="a">'
        f'<h2 class="b">Storage <span>4 posts</span></h2>{links}{personal}'
        f'<a href="https://digest.example/archive">{language} words</a></body></html>'
    )
    return Variant(
        language=language,
        subject=f"Subject {sealed.number}",
        html=html,
        text=f"{language} text\n{personal}",
        sha256=language,
    )


def move(database: Database, edition: Edition, to: EditionState) -> Edition:
    with database.begin() as session:
        assert editions.move(session, editions.get(session, edition.id), to=to, now=NOW)
        return editions.get(session, edition.id)


PAGES = ("/24", "/24.txt", "/24?lang=de", "/archive", "/topics/storage")
FEEDS = ("/feed.xml", "/feed.rss", "/feed.json", "/feed/storage.xml", "/feed/storage.json")


def test_what_is_not_sent_is_nowhere(database: Database, site: Site) -> None:
    for path in ("/24", "/24.txt", "/topics/storage", "/feed/storage.xml"):
        assert site.get(path).status_code == 404
    edition = freeze(database)
    for path in ("/24", "/24.txt", "/topics/storage", "/feed/storage.rss"):
        assert site.get(path).status_code == 404
    for path in ("/archive", "/feed.xml", "/feed.rss", "/feed.json"):
        answer = site.get(path)
        assert answer.status_code == 200
        assert "Cold Reads" not in answer.text
    move(database, edition, EditionState.SENDING)
    assert site.get("/24").status_code == 200
    assert "Cold Reads" in site.get("/feed.xml").text


def test_nothing_of_a_reader_and_nothing_secret_is_in_it(database: Database, site: Site) -> None:
    freeze(database, 24, *SENT)
    with database.read() as session:
        sealed = editions.issue_of(session, 1)
    assert sealed
    for path in (*PAGES, *FEEDS):
        answer = site.get(path)
        assert answer.status_code == 200, path
        assert SECRET not in answer.text
        assert sealed.seal[:16] not in answer.text
        assert "/u/" not in answer.text
        assert "@" not in re.sub(r"@media", "", answer.text)
        assert "set-cookie" not in answer.headers


def test_an_issue_links_its_neighbours_its_topics_and_its_one_address(
    database: Database, site: Site
) -> None:
    for number in (23, 24, 25):
        freeze(database, number, *SENT)
    page = site.get("/24").text
    assert '<link rel="canonical" href="https://digest.example/24">' in page
    assert '<meta property="og:title" content="Subject 24">' in page
    assert '<meta property="og:url" content="https://digest.example/24">' in page
    assert 'href="/23" rel="prev"' in page
    assert 'href="/25" rel="next"' in page
    assert 'href="/24.txt"' in page
    assert 'href="/topics/storage"' in page
    assert '<h2 id="storage" class="b">' in page
    assert 'type="application/atom+xml"' in page
    assert 'rel="prev"' not in site.get("/23").text
    german = site.get("/24?lang=de").text
    assert 'href="/23?lang=de" rel="prev">Vorige: Ausgabe 23' in german
    assert "de words" in german


def test_posts_that_the_mail_only_counted_stand_below_it(database: Database, site: Site) -> None:
    freeze(database, 24, *SENT)
    more = site.get("/24").text.partition('id="more"')[2]
    assert "Notes on a Retransmission" in more
    assert more.count("<li>") == 1
    assert (
        "https://plain-systems.example/posts/10?ref=a&part=b&issue=24" in site.get("/24.txt").text
    )


def test_a_topic_lists_its_posts_and_where_they_stood(database: Database, site: Site) -> None:
    freeze(database, 23, *SENT)
    freeze(database, 24, *SENT)
    page = site.get("/topics/storage").text
    assert page.count("<li>") == 8
    assert page.index('href="/24"') < page.index('href="/23"')
    assert '<a href="/topics/storage">Storage</a>' in site.get("/archive").text
    assert 'href="/feed/storage.xml"' in page


def test_the_policy_lets_no_script_and_no_foreign_style_in(database: Database, site: Site) -> None:
    freeze(database, 24, *SENT)
    for path in ("/archive", "/topics/storage", "/24"):
        answer = site.get(path)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src ")
        assert "frame-ancestors 'none'" in policy
        assert "script-src" not in policy
        assert "<script" not in answer.text
        assert ("'unsafe-inline'" in policy) == (path == "/24")  # its styles stand in its tags


def test_who_has_it_already_is_told_so_until_it_changes(database: Database, site: Site) -> None:
    edition = freeze(database, 24, *SENT)
    tags = {path: site.get(path).headers["etag"] for path in (*PAGES, *FEEDS)}
    for path, tag in tags.items():
        for wanted in (tag, f"W/{tag}", f'"other", {tag}', "*"):
            again = site.get(path, **{"If-None-Match": wanted})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == tag
        assert site.get(path, **{"If-None-Match": '"other"'}).status_code == 200
    withdraw(database, edition, reason="Wrong.", actor="anna", now=NOW)
    for path, tag in tags.items():
        assert site.get(path, **{"If-None-Match": tag}).status_code != 304


def test_head_answers_without_a_body(database: Database, site: Site) -> None:
    freeze(database, 24, *SENT)
    for path in (*PAGES, *FEEDS):
        assert site.get(path, method="HEAD").status_code == 200


def test_a_feed_says_what_it_is_and_our_own_reader_takes_it(database: Database, site: Site) -> None:
    freeze(database, 24, *SENT)
    media_types = {
        "/feed.xml": "application/atom+xml",
        "/feed.rss": "application/rss+xml",
        "/feed.json": "application/feed+json",
        "/feed/storage.rss": "application/rss+xml",
    }
    for path, media_type in media_types.items():
        answer = site.get(path)
        assert answer.headers["content-type"] == f"{media_type}; charset=utf-8"
        assert answer.headers["x-content-type-options"] == "nosniff"
        page = Page(url="https://x.example", content=answer.content, headers=dict(answer.headers))
        assert len(adapter.read(page).posts) == (4 if "storage" in path else 1)


def test_a_feed_or_topic_that_does_not_exist_is_a_page_that_says_so(site: Site) -> None:
    for path in ("/feed.txt", "/feed/nothing.xml", "/feed/storage.pdf", "/topics/x"):
        answer = site.get(path)
        assert answer.status_code == 404
        assert "There is no such page" in answer.text


def test_a_withdrawn_issue_answers_with_its_notice_everywhere(
    database: Database, site: Site
) -> None:
    freeze(database, 23, *SENT)
    edition = freeze(database, 24, *SENT)
    withdraw(database, edition, reason="A <number> in it was wrong.", actor="anna", now=NOW)
    for path in ("/24", "/24.txt"):
        answer = site.get(path)
        assert answer.status_code == 410
        assert "Issue 24 was withdrawn" in answer.text
        assert "A &lt;number&gt; in it was wrong." in answer.text
        assert answer.headers["cache-control"] == "no-store"
        assert "Cold Reads" not in answer.text
    assert "Issue 24 was withdrawn" in site.get("/archive").text
    assert 'href="/24"' not in site.get("/archive").text
    items = json.loads(site.get("/feed.json").text)["items"]
    assert [item["title"] for item in items] == ["Issue 24 was withdrawn", "Counting Cold Reads"]
    assert "issue=24" not in site.get("/topics/storage").text
    assert 'rel="next"' not in site.get("/23").text


@pytest.mark.parametrize(
    "states",
    [(), (EditionState.SENDING,), (EditionState.PAUSED,), (*SENT, EditionState.WITHDRAWN)],
)
def test_only_an_issue_that_was_sent_can_be_withdrawn(
    database: Database, states: tuple[EditionState, ...]
) -> None:
    edition = freeze(database, 24, *states)
    with pytest.raises(UsageError, match=f"issue {week(24).name}"):
        withdraw(database, edition, reason="Wrong.", actor="anna", now=NOW)


def exported(database: Database, folder: Path, **more: Any) -> archive.Exported:
    return archive.export(
        archive.gallery(database, librarian=the_librarian()), folder=folder, **more
    )


def content(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def test_the_files_lead_to_each_other_and_come_out_the_same(
    database: Database, tmp_path: Path
) -> None:
    for number in (23, 24):
        freeze(database, number, *SENT)
    done = exported(database, tmp_path / "a")
    assert done.issues == 2
    assert exported(database, tmp_path / "a").written == ()
    exported(database, tmp_path / "b")
    files = content(tmp_path / "a")
    assert files == content(tmp_path / "b")
    assert {"index.html", "24.html", "24.txt", "feed.xml", "topics/storage.html"} <= set(files)
    for name in files:
        if not name.endswith(".html"):
            continue
        page = files[name].decode()
        assert SECRET not in page
        assert "Content-Security-Policy" in page
        links = re.findall(r'<(?:a|link rel="alternate")[^>]* href="([^"#]+)', page)
        inside = [link for link in links if not link.startswith("http")]
        assert inside
        assert not [
            link for link in inside if not (tmp_path / "a" / name).parent.joinpath(link).is_file()
        ]
    assert '<a href="archive.html">en words' in files["24.html"].decode()
    assert 'rel="canonical" href="https://digest.example/24"' in files["24.html"].decode()


def test_an_export_removes_what_is_gone_and_nothing_else(
    database: Database, tmp_path: Path
) -> None:
    edition = freeze(database, 24, *SENT)
    exported(database, tmp_path)
    (tmp_path / "CNAME").write_text("news.example")
    (tmp_path / "feed" / "operations.rss").write_text("edited by hand")
    withdraw(database, edition, reason="Wrong.", actor="anna", now=NOW)
    only_said = exported(database, tmp_path, only_say=True)
    assert (tmp_path / "topics" / "storage.html").exists()
    done = exported(database, tmp_path)
    assert done == only_said
    assert "topics/storage.html" in done.removed
    assert not (tmp_path / "topics" / "storage.html").exists()
    assert (tmp_path / "CNAME").read_text() == "news.example"
    assert (tmp_path / "feed" / "operations.rss").read_text() == "edited by hand"
    assert "was withdrawn" in (tmp_path / "24.html").read_text()
    assert "was withdrawn" in (tmp_path / "24.txt").read_text()


def test_a_file_of_somebody_else_is_never_overwritten(database: Database, tmp_path: Path) -> None:
    freeze(database, 24, *SENT)
    folder = tmp_path / "web"
    folder.mkdir()
    (folder / "index.html").write_text("my home")
    with pytest.raises(UsageError, match=r"index\.html was not written by an export"):
        exported(database, folder)
    assert content(folder) == {"index.html": b"my home"}


def test_a_ledger_that_cannot_be_read_stops_the_export(database: Database, tmp_path: Path) -> None:
    (tmp_path / archive.LEDGER).write_text("{")
    with pytest.raises(UsageError, match="nobody knows which files are ours"):
        exported(database, tmp_path)
