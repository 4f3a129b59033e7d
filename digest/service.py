"""Serves the web pages and rings the weekly bell in one process, until it is told to stop."""

import logging
from collections.abc import Callable
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from digest import weekly
from digest.app import App
from digest.schedule import Bell
from digest.web.site import build_site

log = logging.getLogger(__name__)

TICK_SECONDS = 60.0


def site_of(app: App) -> FastAPI:
    """Build the public pages of an installation."""
    folder = app.config.app.templates
    return build_site(
        database=app.database,
        keyring=app.keyring,
        newsletter=app.config.newsletter,
        web=app.config.web,
        clock=app.clock,
        templates=Path(folder) if folder else None,
    )


def serve(app: App, *, scheduler: bool, say: Callable[[str], None]) -> None:
    """Run until SIGTERM or Ctrl-C; the letter in hand is finished first."""
    web = app.config.web
    site = site_of(app)
    server = uvicorn.Server(
        uvicorn.Config(
            site, host=web.host, port=web.port, log_config=None, access_log=False, workers=1
        )
    )
    bell = Bell(lambda: _tick(app), seconds=TICK_SECONDS, stop=app.stop) if scheduler else None
    if bell:
        bell.start()
    say(f"pages on http://{web.host}:{web.port}; Ctrl-C stops")
    try:
        server.run()
    finally:
        if bell:
            bell.stop()


def _tick(app: App) -> None:
    """Do what is due, and log what a person may want to know."""
    done = weekly.run(app)
    for edition, report in done.sent:
        log.info("issue %s: %s", edition.period, dict(report.counts))
    if done.edition and done.edition.reason and done.edition.state in {"held", "paused"}:
        log.warning(
            "issue %s is %s: %s", done.edition.period, done.edition.state, done.edition.reason
        )
