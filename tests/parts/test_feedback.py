"""Answers to "Was this issue worth your time?": counted by the button, and by nobody's name."""

import threading

import pytest
from books import WEEK, send_to
from guest import Guest

from digest.editions import feedback
from digest.editions import store as editions
from digest.editions.feedback import Answer
from digest.tables import EditionRow, FeedbackRow
from storage.database import Database


@pytest.fixture
def guest(database: Database) -> Guest:
    edition = send_to(database, readers=1)
    with database.begin() as session:
        row = session.get_one(EditionRow, edition.id)
        row.number, row.newsletter = 24, "weekly-dive"
    return Guest(database)


def votes(guest: Guest) -> dict[Answer, int]:
    with guest.database.read() as session:
        edition = editions.find(session, "weekly-dive", period=WEEK.name)
        assert edition is not None
        return feedback.votes(session, edition_id=edition.id)


def test_opening_an_answer_counts_nothing_and_the_button_does(guest: Guest) -> None:
    for method in ("GET", "HEAD", "OPTIONS"):
        guest.ask(method, "/f/24/partly")
    page = guest.get("/f/24/partly")
    assert "Your answer to issue 24: <strong>Partly</strong>" in page.text
    assert page.text.count("<button") == 1
    assert set(votes(guest).values()) == {0}
    counted = guest.press("/f/24/partly", "Count my answer")
    assert "Counted: “Partly” for issue 24." in counted.text
    assert votes(guest) == {Answer.YES: 0, Answer.PARTLY: 1, Answer.NO: 0}


def test_votes_that_come_at_once_are_all_counted(guest: Guest) -> None:
    with guest.database.read() as session:
        edition = editions.find(session, "weekly-dive", period=WEEK.name)
    assert edition is not None

    def vote() -> None:
        with guest.database.begin() as session:
            feedback.count(session, edition_id=edition.id, answer=Answer.YES)

    threads = [threading.Thread(target=vote) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert votes(guest)[Answer.YES] == 8


def test_what_was_never_asked_is_no_page_and_no_vote(guest: Guest) -> None:
    for path in ("/f/24/maybe", "/f/25/yes", "/f/24/", "/f/x/yes", "/f/24/YES", "/f/-1/yes"):
        for method in ("GET", "POST"):
            assert guest.ask(method, path).status_code == 404
    assert set(votes(guest).values()) == {0}


def test_an_issue_that_nobody_got_takes_no_answers(guest: Guest) -> None:
    with guest.database.begin() as session:
        for row in session.query(EditionRow):
            row.state = "frozen"
    assert guest.ask("POST", "/f/24/yes").status_code == 404


def test_the_table_of_votes_has_no_place_for_a_person() -> None:
    assert set(FeedbackRow.__table__.columns.keys()) == {"edition_id", "answer", "votes"}
