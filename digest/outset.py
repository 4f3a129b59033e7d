"""What a new newsletter lacks before anything can be mailed: sources, then readers."""

from sqlalchemy import func, select

from digest.app import App
from digest.tables import SourceRow
from subscribers import audience
from subscribers.tables import Pace

SOURCE = "digest source add https://a.blog"
READER = 'digest subscriber add you@your.domain --consent "said yes at lunch"'


def next_step(app: App) -> str | None:
    """Return the command that brings what is missing first; None when nothing is."""
    now = app.clock.now()
    with app.database.read() as session:
        if not session.scalar(select(func.count()).select_from(SourceRow)):
            return SOURCE
        readers = (audience.candidates(now=now, pace=pace).limit(1) for pace in Pace)
        return None if any(session.execute(one).first() for one in readers) else READER
