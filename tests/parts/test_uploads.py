"""Files that are uploaded in the console: large ones are taken, too large ones are refused."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from console import Browser, Console, app_of
from newsroom import Newsroom, newsroom

from digest.app import App

LARGE = b"email,name,notes\n" + b"".join(
    b"reader%d@example.org,Reader,%s\n" % (number, b"x" * 100_000) for number in range(12)
)


@pytest.fixture
def room(database_url: str, tmp_path: Path) -> Iterator[Newsroom]:
    with newsroom(tmp_path, database_url=database_url) as room:
        yield room


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
