"""Mail scanners that do not give up: a hundred times at every public address."""

import pytest
from everypage import look

from storage.database import Database

pytestmark = pytest.mark.soak


def test_s1_looking_a_hundred_times_at_every_public_page_changes_no_row(
    database: Database,
) -> None:
    look(database, rounds=100)
