"""The application as an operator would configure it, with a relay on this machine."""

import threading
from pathlib import Path

from receivers import HOST
from sqlalchemy import make_url

from digest.app import App
from digest.clock import Clock
from digest.config import AppSettings, Configuration
from digest.delivery.settings import DeliverySettings, EngineSettings
from digest.editions import store as editions
from digest.editions.state import EditionState
from digest.editions.store import Edition
from digest.mail.mime import SenderSettings
from digest.pages import WebSettings
from digest.providers.registry import CarrierSettings
from digest.providers.session import SmtpSettings
from storage.settings import DatabaseSettings

PUBLIC_URL = "https://digest.example"
SENDER = "digest@digest.example"
_PATIENCE = 600.0  # seconds that a writer waits for another


def application(
    url: str,
    *,
    folder: Path,
    port: int = 25,
    connections: int = 4,
    is_for_fleet: bool = False,
    clock: Clock | None = None,
) -> App:
    """Build the application; ``connections`` are those of one process.

    Each database has a state folder of its own, or it would be taken for a restored one.
    """
    state = folder / f"state of {Path(str(make_url(url).database)).name}"
    config = Configuration(
        app=AppSettings(state=str(state), secret="s" * 40),
        sender=SenderSettings(from_address=SENDER),
        carrier=CarrierSettings(smtp=SmtpSettings(host=HOST, port=port, security="none")),
        delivery=DeliverySettings(connections=connections),
        engine=EngineSettings(kind="fleet" if is_for_fleet else "local"),
        web=WebSettings(public_url=PUBLIC_URL),
        database=DatabaseSettings(url=url, busy_timeout=_PATIENCE),
    )
    return App(config, clock=clock or Clock(), stop=threading.Event())


def due_edition(app: App) -> Edition:
    """Return the one edition that a book has."""
    with app.database.read() as session:
        (edition,) = editions.all_editions(
            session, app.newsletter, states=(EditionState.FROZEN, EditionState.SENDING)
        )
    return edition
