"""The console's pages about sources, readers and deliverability: what they show, and do."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape

import pytest
from console import Console, app_of
from newsroom import Newsroom
from people import ADA, GRACE, NOW
from sqlalchemy import select

from digest import roster, welcome
from digest.app import App
from digest.checks.finding import Finding
from digest.figures import findings, kept
from digest.tables import DeliveryRow, EditionRow, NoticeRow, PostRow, SourceRow, VariantRow
from subscribers import directory
from subscribers.preferences import Preferences
from subscribers.signup import Application

HOSTILE = "<script>alert(1)</script>\"'&"


@pytest.fixture
def app(room: Newsroom) -> Iterator[App]:
    """Open an installation with a source that misbehaves, two readers, and an issue."""
    app = app_of(room)
    roster.add_subscribers(app, [ADA.email, GRACE.email], consent="agreed at the meet-up")
    with app.database.begin() as session:
        source = SourceRow(
            name=HOSTILE,
            url="https://plain.example/feed",
            home="javascript:alert(1)",
            added_at=NOW - timedelta(weeks=9),
            first_read_at=NOW - timedelta(weeks=9),
            succeeded_at=NOW,
            checked_at=NOW,
            state="new posts",
            detail=HOSTILE,
            alarm="flood",
            alarm_reason=HOSTILE,
            quarantined_at=NOW,
        )
        session.add(source)
        session.flush()
        session.add(
            PostRow(
                source_id=source.id,
                url="javascript:alert(1)",
                title=HOSTILE,
                published_at=NOW,
                first_seen_at=NOW,
                alarm="flood",
            )
        )
        edition = EditionRow(
            newsletter=app.newsletter,
            period="2026-W23",
            number=23,
            state="sent",
            opens_at=NOW,
            closes_at=NOW,
            due_at=NOW,
            created_at=NOW,
            frozen_at=NOW,
            candidates=1,
        )
        session.add(edition)
        session.flush()
        variant = VariantRow(
            edition_id=edition.id, language="en", subject="S", html="", text="t", sha256="0"
        )
        session.add(variant)
        session.flush()
        session.add(
            DeliveryRow(
                edition_id=edition.id,
                subscriber_id=1,
                mailbox_key="k",
                variant_id=variant.id,
                state="rejected",
                code="550 5.1.1",
                reason=f"no such user {HOSTILE}",
                ended_at=NOW,
            )
        )
    kept.renew(app)
    findings.keep(
        app,
        [
            Finding(level="error", sentence="SPF: no record", cure=f"publish {HOSTILE}"),
            Finding(level="ok", sentence="disk: enough"),
        ],
    )
    yield app
    app.close()


PATHS = (
    "/sources",
    "/sources/1",
    "/subscribers",
    "/subscribers?status=confirmed&after=1",
    "/subscribers?status=nonsense&after=-5",
    "/subscribers/1",
    "/subscribers/1/consent",
    "/subscribers/import",
    "/subscribers/export",
    "/deliverability",
    "/deliverability/suppressed",
)


def test_looking_changes_nothing_and_shows_what_strangers_wrote_as_words(
    app: App, room: Newsroom
) -> None:
    before, console = room.rows(), Console(app)
    for path in PATHS:
        page = console.get(path)
        assert page.status_code == 200, re.findall("problem.*", page.text)
        assert HOSTILE not in page.text
        assert 'href="javascript:' not in page.text
        assert "<script>" not in page.text
        assert " style=" not in page.text
        assert page.text.count("<h1") == 1
    assert room.rows() == before
    for path in ("/sources/99", "/subscribers/99", "/subscribers/99/consent"):
        assert console.get(path).status_code == 422, path


def test_each_chart_stands_beside_its_table_on_the_pages(app: App) -> None:
    console = Console(app)
    for path, charts in (("/sources", 1), ("/sources/1", 1), ("/subscribers", 2),
                         ("/deliverability", 3)):  # fmt: skip
        page = console.get(path).text
        assert page.count('role="img"') == charts, path
        assert page.count("<details>") == charts, path
    assert "SPF: no record" in console.get("/deliverability").text
    assert "disk: enough" not in console.get("/deliverability").text


def test_a_source_is_paused_resumed_and_released_in_the_accounts_name(app: App) -> None:
    console = Console(app, role="editor")
    page = console.follow(console.post("/sources/1/pause", do="pause")).text
    assert "is paused: nothing of it is read." in page
    assert "Paused since" in page
    assert "is read again" in console.follow(console.post("/sources/1/pause", do="resume")).text
    assert console.post("/sources/1/release", do="neither").status_code == 422
    page = console.follow(console.post("/sources/1/release", do="drop")).text
    assert "is released; 1 held post dropped." in page
    assert "In quarantine" not in page


def test_a_source_is_shown_before_it_is_followed(app: App, room: Newsroom) -> None:
    console = Console(app)
    url = room.blog("cold-reads", "warm-reads")
    looked = console.post("/sources/try", url=url, name="Plain", topic="")
    assert "cold-reads" in looked.text
    assert "Follow this source" in looked.text
    with app.database.read() as session:
        assert session.query(SourceRow).count() == 1
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', looked.text))
    del fields["csrf"]
    added = console.post("/sources/add", **{key: unescape(value) for key, value in fields.items()})
    assert "Plain is followed from now on." in console.follow(added).text
    refused = console.post("/sources/try", url="ftp://nowhere")
    assert refused.status_code == 422
    assert "ftp://nowhere" in refused.text


def test_somebody_is_found_by_address_which_never_stands_in_a_link(app: App) -> None:
    console = Console(app, role="viewer")
    found = console.post("/subscribers/find", address=ADA.email)
    assert found.headers["location"] == "/console/subscribers/1"
    page = console.follow(found).text
    assert "no such user" in page
    assert "550 5.1.1" in page
    assert "agreed at the meet-up" in page
    missing = console.post("/subscribers/find", address="nobody@example.org")
    assert missing.status_code == 404
    assert "Nobody is known under this address." in missing.text
    assert "nobody@example.org" in missing.text  # as it was typed
    listed = console.get("/subscribers").text
    assert ADA.email not in listed
    assert "a***@example.org" in listed


def test_removing_and_erasing_need_a_role_and_a_word(app: App) -> None:
    assert Console(app, role="editor").post("/subscribers/1/remove").status_code == 403
    publisher, admin = Console(app, role="publisher"), Console(app)
    assert publisher.post("/subscribers/1/erase", word="erase").status_code == 403
    assert "off the list" in publisher.follow(publisher.post("/subscribers/1/remove")).text
    assert "type the word" in admin.post("/subscribers/1/erase", word="yes").text
    page = admin.follow(admin.post("/subscribers/1/erase", word="erase")).text
    assert "They are forgotten" in page
    assert ADA.email not in page
    with app.database.read() as session:
        assert directory.get(session, subscriber_id=1).email is None


def test_what_came_after_an_erasure_is_erased_too(app: App) -> None:
    admin = Console(app)
    admin.post("/subscribers/1/erase", word="erase")
    with app.database.begin() as session:
        wanted = Application(mailbox=ADA.mailbox, wishes=Preferences(), source="sign-up form")
        welcome.apply(session, wanted, keyring=app.keyring, now=NOW)
    page = admin.follow(admin.post("/subscribers/1/erase", word="erase")).text
    assert "They are forgotten" in page
    assert "has come with it since" in page
    page = admin.follow(admin.post("/subscribers/1/erase", word="erase")).text
    assert "nothing of them has come since" in page
    with app.database.read() as session:
        assert session.scalars(select(NoticeRow.email)).all() == [None]


def test_an_import_is_shown_before_it_is_done(app: App) -> None:
    console = Console(app)
    sheet = "email,name\nnew@example.org,New\nada@example.org,Ada\nnot an address,X\n"
    shown = console.post(
        "/subscribers/import", files={"file": ("list.csv", sheet)}, source="at a fair", do="look"
    )
    assert "1 accepted, 1 known, 1 refused. Nothing is written yet." in shown.text
    assert "not an address" in shown.text
    kept_as = re.search(r'name="kept" value="([^"]+)"', shown.text)
    assert kept_as
    fields = {"kept": kept_as[1], "name": "list.csv", "source": "at a fair", "do": "import"}
    done = console.follow(console.post("/subscribers/import", **fields))
    assert "Imported: 1 accepted, 1 known, 1 refused." in done.text
    again = console.post("/subscribers/import", **fields)
    assert "not here any more" in again.text
    assert console.post("/subscribers/import", kept="../secret", do="import").status_code == 422
    assert Console(app, role="publisher").get("/subscribers/import").status_code == 403


def test_an_export_is_sent_and_not_left_behind(app: App) -> None:
    answer = Console(app).post("/subscribers/export", format="csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="subscribers.csv"'
    assert "ada@example.org" in answer.text
    assert Console(app, role="publisher").post("/subscribers/export").status_code == 403


def test_a_mailbox_is_suppressed_and_let_go_again(app: App) -> None:
    console = Console(app, role="publisher")
    said = console.post("/deliverability/suppress", address="x@example.org", reason="they asked")
    page = console.follow(said).text
    assert "No mail goes there any more." in page
    assert "they asked" in page
    lifted = console.follow(console.post("/deliverability/lift", address="x@example.org")).text
    assert "It may be mailed again" in lifted


def test_figures_are_counted_at_the_press_of_a_button(app: App) -> None:
    console = Console(app, role="editor")
    answer = console.post("/figures", page="https://elsewhere.example")
    assert answer.headers["location"] == "/console/"
    assert "The figures were counted anew." in console.follow(answer).text
