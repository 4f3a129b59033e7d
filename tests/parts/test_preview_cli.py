"""The preview: the letter as it would be sent, through every lens, and as a picture."""

import shutil
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from newsroom import FRIDAY, MONDAY, SAID_YES, Newsroom, newsroom

from digest.cli import browser
from digest.errors import UsageError
from digest.tables import Base
from storage.database import Database
from storage.settings import DatabaseSettings

Capture = pytest.CaptureFixture[str]
PREVIEW = ("preview", "--at", FRIDAY, "--no-open", "--out", "mail.html")
GERMAN = '[email]\nlanguages = ["en", "de"]\n'


@pytest.fixture
def room(tmp_path: Path, capsys: Capture) -> Iterator[Newsroom]:
    url = f"sqlite:///{tmp_path}/digest.sqlite3"
    database = Database(DatabaseSettings(url=url))
    database.create()
    Base.metadata.create_all(database.engine)
    database.close()
    with newsroom(tmp_path, database_url=url) as room:
        room.configure(GERMAN)
        feed = room.blog("cold-reads", "warm-reads")
        room.call(
            capsys, "--at", FRIDAY, "source", "add", feed, "--name", "plain", "--yes", code=None
        )
        room.call(capsys, "--at", FRIDAY, "fetch", code=None)
        yield room


def test_the_page_shows_the_letter_through_every_lens(room: Newsroom, capsys: Capture) -> None:
    shown = room.call(capsys, "--json", *PREVIEW).data
    page = Path(room.folder / shown["lenses"]).read_text(encoding="utf-8")
    for name in ("desktop", "phone", "dark", "forced-dark", "no-styles", "outlook", "text"):
        assert f'title="{name}"' in page
    html = (room.folder / "mail.html").read_text(encoding="utf-8")
    assert "reader@example.org" in html
    assert 'href="https://digest.example/preview/unsubscribe_url"' in html
    assert "cold-reads" in (room.folder / "mail.txt").read_text(encoding="utf-8")


def test_one_lens_can_be_asked_for_and_a_wrong_one_is_refused(
    room: Newsroom, capsys: Capture
) -> None:
    shown = room.call(capsys, "--json", *PREVIEW, "--lens", "text").data
    page = Path(room.folder / shown["lenses"]).read_text(encoding="utf-8")
    assert page.count("<iframe") == 1
    two = ("--lens", "read-aloud", "--lens", "inbox-line")
    shown = room.call(capsys, "--json", *PREVIEW, *two).data
    page = Path(room.folder / shown["lenses"]).read_text(encoding="utf-8")
    assert page.count("<iframe") == 2
    assert "heading 2, link: cold-reads" in shown["lines"]
    assert any(line.startswith("Gmail's app: The Weekly Dive | ") for line in shown["lines"])
    picture = ("--png", "mail.png")
    assert "name one" in room.call(capsys, *PREVIEW, *two, *picture, code=2).err
    refused = room.call(capsys, *PREVIEW, "--lens", "sepia", code=2)
    assert "there is no lens 'sepia'" in refused.err


def test_it_is_shown_as_a_chosen_reader_gets_it(room: Newsroom, capsys: Capture) -> None:
    konrad = ("konrad@example.net", "--language", "de")
    room.call(capsys, "subscriber", "add", *konrad, *SAID_YES, "--at", MONDAY)
    room.call(capsys, *PREVIEW, "--reader", "konrad@example.net")
    html = (room.folder / "mail.html").read_text(encoding="utf-8")
    assert "konrad@example.net das Abonnement am" in html


def test_without_a_browser_a_picture_is_refused_with_the_cure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UsageError, match="a picture needs Chromium"):
        browser.find_browser()


@pytest.mark.browser
@pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not on this machine")
def test_a_picture_is_as_wide_as_its_lens_and_as_high_as_the_mail(tmp_path: Path) -> None:
    picture = tmp_path / "mail.png"
    page = '<!DOCTYPE html><body style="margin:0"><div style="height:1234px">x</div></body>'
    browser.take_picture(page, width=375, path=picture)
    assert struct.unpack(">II", picture.read_bytes()[16:24]) == (375, 1234)
