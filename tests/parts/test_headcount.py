"""How many readers an issue would go to: counted by whoever comes, at the same moment too."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from console import app_of
from newsroom import newsroom
from people import CAST, subscribe
from sqlalchemy import event, select, update

from digest import headcount, printing
from digest.editions.choices import Choice
from digest.tables import HeadcountRow

PROCESSES = 4


def test_those_who_count_for_the_first_time_at_once_keep_one_count(
    database_url: str, tmp_path: Path
) -> None:
    have_looked = threading.Barrier(PROCESSES, timeout=30)

    def wait_for_all(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "count(" in statement:
            have_looked.wait()  # and each has found no count that is kept

    with newsroom(tmp_path, database_url=database_url) as room:
        app = app_of(room)
        with app.database.begin() as session:
            subscribe(session, *CAST)
        event.listen(app.database.engine, "before_cursor_execute", wait_for_all)
        with ThreadPoolExecutor(PROCESSES) as processes:
            for counting in [
                processes.submit(headcount.refresh, app, pace="weekly") for _ in range(PROCESSES)
            ]:
                counting.result()
        with app.database.read() as session:
            assert session.scalars(select(HeadcountRow.people)).all() == [len(CAST)]
        app.close()


def test_a_large_list_is_shown_by_what_it_was_found_to_have_chosen_of_late(
    database_url: str, tmp_path: Path
) -> None:
    with newsroom(tmp_path, database_url=database_url) as room:
        app = app_of(room)
        with app.database.begin() as session:
            subscribe(session, *CAST[:3])
        headcount.refresh_all(app)
        with app.database.begin() as session:
            subscribe(session, *CAST[3:])
        exact = {Choice("en"): 3, Choice("de"): 2}
        assert headcount.choices_lately(app, pace="weekly") == exact
        assert headcount.lately(app, pace="weekly") == len(CAST)
        with app.database.begin() as session:
            session.execute(update(HeadcountRow).values(people=headcount.LARGE))
        assert headcount.choices_lately(app, pace="weekly") == {Choice("en"): 2, Choice("de"): 1}
        assert headcount.choices_lately(app, pace="monthly") == {}
        assert headcount.lately(app, pace="weekly") == headcount.LARGE
        with app.database.read() as session:
            assert printing.asked_for(session, now=app.clock.now(), pace="weekly") == exact
        app.close()
