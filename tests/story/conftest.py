"""The world of a story, on each database."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from internet import Internet
from mailhost import MailHost
from world import World


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """Give a world on each database."""
    with Internet() as web, MailHost() as mail:
        world = World(web=web, mail=mail, folder=tmp_path, database_url=database_url)
        yield world
        for app in world.opened:
            app.close()
