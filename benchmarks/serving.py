"""What a measured process does, in a file that loads no more than a process that sends."""

import threading
from contextlib import closing
from pathlib import Path

from application import application, due_edition
from crew import Work

from digest import dispatch
from digest.app import App
from digest.editions import store as editions
from digest.editions.state import EditionState
from digest.editions.store import Edition

_LOOK_SECONDS = 0.25  # the process that is measured looks, and its letters wait meanwhile


def serving(*, url: str, folder: str, port: int, connections: int) -> Work:
    """Build the application; the work serves readers until no letter is due."""
    app = application(url, folder=Path(folder), port=port, connections=connections)
    edition = due_edition(app)
    _ = app.sender  # built when first asked for: reads the machine's certificates

    def work() -> None:
        with closing(app):
            report = dispatch.hand_over(app, edition)
        if report.trouble:
            raise RuntimeError(f"the send stopped: {report.trouble}")

    return work


def working(*, url: str, folder: str, port: int, connections: int) -> Work:
    """Build the application; the work is that of a fleet's worker until everybody is served."""
    app = application(
        url, folder=Path(folder), port=port, connections=connections, is_for_fleet=True
    )
    edition = due_edition(app)
    _ = app.sender

    def work() -> None:
        with closing(app):
            watch = threading.Thread(target=_stop_when_sent, args=(app, edition))
            watch.start()
            dispatch.work(app)
            watch.join()

    return work


def _stop_when_sent(app: App, edition: Edition) -> None:
    state = edition.state
    while state is not EditionState.SENT:
        app.clock.sleep(_LOOK_SECONDS)
        with app.database.read() as session:
            state = editions.get(session, edition.id).state
    app.stop.set()
