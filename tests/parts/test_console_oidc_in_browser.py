"""The way over the identity provider in a real browser, which keeps cookies by its own rules."""

from pathlib import Path

from browsing import NEEDS_BROWSER, chromium, served
from console import app_of
from identity import IdentityProvider
from newsroom import newsroom
from people import NOW
from starlette.applications import Starlette
from visitor import Wristwatch

from digest import staff
from digest.accounts.roles import Role
from digest.tables import Base
from digest.web.console.mount import console_routes
from storage.database import Database
from storage.settings import DatabaseSettings

pytestmark = NEEDS_BROWSER


def test_a_browser_comes_back_from_the_providers_site_signed_in(tmp_path: Path) -> None:
    """It is the console at "localhost" and the provider at "127.0.0.1": two sites."""
    url = f"sqlite:///{tmp_path}/digest.sqlite3"
    database = Database(DatabaseSettings(url=url))
    database.create()
    Base.metadata.create_all(database.engine)
    database.close()
    clock = Wristwatch.starting_at(NOW)
    with newsroom(tmp_path, database_url=url) as room, IdentityProvider(clock=clock) as provider:
        room.configure(provider.settings('label = "Sign in at work"'))
        app = app_of(room, clock=clock)
        staff.add(app, "anna", role=Role.ADMIN, email="anna@example.org")
        blocked: list[str] = []
        with served(Starlette(routes=console_routes(app))) as site, chromium() as browser:
            page = browser.new_page()
            page.on(
                "console", lambda said: blocked.append(said.text) if said.type == "error" else None
            )
            page.goto(f"{site.replace('127.0.0.1', 'localhost')}/console/settings/me?x=1")
            page.get_by_role("link", name="Sign in at work").click()
            page.get_by_role("heading", name="My account").wait_for()
            assert page.url.endswith("/console/settings/me?x=1")
            kept = {one["name"]: one.get("sameSite") for one in browser.contexts[0].cookies()}
            assert kept == {"digest-door": "Strict", "digest-session": "Strict"}
        app.close()
    assert blocked == []
