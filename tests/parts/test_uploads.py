"""Files that are uploaded in the console: large ones are taken, too large ones are refused."""

import asyncio
import logging
import os
import re
import stat
from collections.abc import Iterator
from typing import Any

import pytest
from console import Browser, Console, app_of
from newsroom import Newsroom
from people import ADA
from sqlalchemy.orm import Session

from digest import errands, passing, roster
from digest.app import App
from subscribers import transfer_out
from subscribers.transfer_out import Exported

LARGE = b"email,name,notes\n" + b"".join(
    b"reader%d@example.org,Reader,%s\n" % (number, b"x" * 100_000) for number in range(12)
)


@pytest.fixture
def app(room: Newsroom) -> Iterator[App]:
    app = app_of(room)
    yield app
    app.close()


def test_a_large_file_is_looked_at_first_and_then_imported(app: App) -> None:
    console = Console(app)
    looked = console.post(
        "/subscribers/import", files={"file": ("big.csv", LARGE)}, source="at a fair", do="look"
    ).text
    assert "12 accepted. Nothing is written yet." in looked
    kept = re.search(r'name="kept" value="([^"]+)"', looked)
    assert kept
    (stored,) = (app.state / "uploads").iterdir()
    assert stored.stat().st_size == len(LARGE)
    fields = {"kept": kept[1], "name": "big.csv", "source": "at a fair", "do": "import"}
    done = console.follow(console.post("/subscribers/import", **fields)).text
    assert "Imported: 12 accepted." in done
    assert not stored.exists()


def test_what_was_left_behind_is_swept_with_the_errands_of_a_run(app: App) -> None:
    console = Console(app)
    sheet = {"file": ("list.csv", b"email\nreader@example.org\n")}
    console.post("/subscribers/import", files=sheet, source="at a fair", do="look")
    left, young = (passing.new_file(app.state / "exports", now=app.clock.now()) for _ in range(2))
    (upload,) = (app.state / "uploads").iterdir()
    now = app.clock.now().timestamp()
    for path, age in ((upload, 3700), (left, 3700), (young, 3500)):
        os.utime(path, (now - age, now - age))
    errands.forget_expired(app)
    assert [path.exists() for path in (upload, left, young)] == [False, False, True]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_an_export_that_breaks_off_leaves_nothing_behind(
    app: App, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    roster.add_subscribers(app, [ADA.email], consent="agreed at the meet-up")
    sent = Console(app).post("/subscribers/export", format=form)
    assert ADA.email in sent.text
    assert list((app.state / "exports").iterdir()) == []

    everybody = transfer_out.everybody

    def broken(session: Session) -> Iterator[Exported]:
        yield from everybody(session)
        (written,) = (app.state / "exports").iterdir()
        assert stat.S_IMODE(written.stat().st_mode) == 0o600
        raise OSError("the disk is full")

    monkeypatch.setattr(transfer_out, "everybody", broken)
    assert Console(app).post("/subscribers/export", format=form).status_code == 500
    assert list((app.state / "exports").iterdir()) == []


@pytest.mark.parametrize("most", [100_000_000, 10])  # such a file is kept, or thrown away
def test_somebody_who_leaves_while_a_file_is_sent_is_a_line_in_the_log(
    room: Newsroom, caplog: pytest.LogCaptureFixture, most: int
) -> None:
    room.configure(f"[console]\nupload_bytes = {most}")
    app = app_of(room)
    console = Console(app)
    caplog.set_level(logging.INFO)
    asyncio.run(_leave_midway(console, "/console/subscribers/import"))
    app.close()
    (told,) = [record for record in caplog.records if record.name.startswith("digest.web.console")]
    assert "left before all of it was sent" in told.getMessage()
    assert told.exc_info is None


async def _leave_midway(console: Console, path: str) -> None:
    """Send the begin of a form, and go; fails where an error reaches the server."""
    begin = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nemail'
    messages = [{"type": "http.request", "body": begin, "more_body": True}]

    async def receive() -> dict[str, Any]:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        del message  # nobody is there any more

    headers = {
        "host": "localhost:8025",
        "origin": console.base_url,
        "content-type": "multipart/form-data; boundary=x",
        "content-length": "1000000",
        "cookie": "; ".join(f"{name}={value}" for name, value in console.cookies.items()),
    }
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"",
        "root_path": "", "headers": [(k.encode(), v.encode()) for k, v in headers.items()],
        "client": ("127.0.0.1", 40_000), "server": ("localhost", 8025),
    }  # fmt: skip
    await console.app(scope, receive, send)


def test_a_file_that_is_too_large_is_refused_in_words_that_help(room: Newsroom) -> None:
    room.configure("[console]\nupload_bytes = 1000000")
    app = app_of(room)
    console = Console(app)
    assert "Up to 1,000,000 bytes" in console.get("/subscribers/import").text
    refused = console.post("/subscribers/import", files={"file": ("big.csv", LARGE)}, do="look")
    assert refused.status_code == 422
    assert "1,000,000 bytes, which [console] upload_bytes allows" in refused.text
    assert "subscriber import" in refused.text
    assert not (app.state / "uploads").exists()
    of_others = {"file": ("big.csv", LARGE)}
    assert Console(app, role="publisher").post("/subscribers/import", files=of_others).is_error
    stranger = Browser(app).ask("POST", "/console/subscribers/import", files=of_others)
    assert stranger.status_code != 422
    app.close()
