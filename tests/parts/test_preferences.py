"""What readers choose: which values are taken, what is kept as evidence, and who gets an issue."""

from datetime import timedelta
from typing import Any

import pytest
from people import ADA, CAST, GRACE, NOW, subscribe

from storage.database import Database
from subscribers import audience, consent, preferences
from subscribers.errors import NotReadingError, PreferenceError, UnknownSubscriberError
from subscribers.preferences import PAUSE, Preferences, joined, split
from subscribers.tables import Format, Pace, Status, SubscriberRow

OFFERED = ("security", "storage", "ai")


def choose(**given: Any) -> Preferences:
    values: dict[str, Any] = {
        "topics": None,
        "offered": OFFERED,
        "pace": "weekly",
        "language": "en",
        "languages": ("en", "de"),
        "format": "html",
    }
    return Preferences.choose(**{**values, **given})


@pytest.mark.parametrize(
    ("topics", "kept"),
    [
        (None, None),
        (["storage"], ("storage",)),
        (["storage", "ai", "storage"], ("ai", "storage")),
        (["ai", "storage", "security"], None),
    ],
)
def test_topics_are_a_sorted_set_and_all_of_them_are_all_to_come(
    topics: list[str] | None, kept: tuple[str, ...] | None
) -> None:
    assert choose(topics=topics).topics == kept
    assert split(joined(kept)) == kept


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"topics": []}, "topics"),
        ({"topics": ["", " ", "a,b"]}, "topics"),
        ({"topics": ["cooking"]}, "topics"),
        ({"pace": "WEEKLY"}, "pace"),
        ({"pace": ""}, "pace"),
        ({"format": "pdf"}, "format"),
        ({"language": "de-x-'"}, "language"),
    ],
)
def test_what_cannot_be_chosen_names_its_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(PreferenceError) as caught:
        choose(**given)
    assert caught.value.field == field


def test_only_the_confirmed_can_change_anything(database: Database) -> None:
    to = Preferences(pace=Pace.MONTHLY)
    with database.begin() as session:
        (ada,) = subscribe(session, ADA)
        session.get_one(SubscriberRow, ada).status = Status.UNSUBSCRIBED
    with database.begin() as session:
        with pytest.raises(NotReadingError):
            preferences.change(session, subscriber_id=ada, to=to, now=NOW, source="test")
        with pytest.raises(NotReadingError):
            preferences.pause(session, subscriber_id=ada, until=NOW + PAUSE, now=NOW, source="test")
        with pytest.raises(UnknownSubscriberError):
            preferences.look(session, subscriber_id=99, now=NOW)


def test_every_change_keeps_before_and_after(database: Database) -> None:
    with database.begin() as session:
        (ada,) = subscribe(session, ADA)
        preferences.change(
            session,
            subscriber_id=ada,
            to=Preferences(topics=("ai",), format=Format.TEXT),
            now=NOW,
            source="page",
            evidence={"user_agent": "x"},
        )
        events = consent.history(session, subscriber_id=ada)
    assert events[-1].evidence == {
        "before": {"topics": None, "pace": "weekly", "language": "en", "format": "html"},
        "after": {"topics": ["ai"], "pace": "weekly", "language": "en", "format": "text"},
        "user_agent": "x",
    }


def test_a_pause_skips_four_issues_and_a_second_click_none_more(database: Database) -> None:
    week = timedelta(weeks=1)

    def wanted(ada: int, moment: timedelta) -> bool:
        with database.read() as session:
            rows = session.execute(audience.candidates(now=NOW + moment)).all()
        return [row.id for row in rows] == [ada]

    with database.begin() as session:
        (ada,) = subscribe(session, ADA)
        for click in (timedelta(0), timedelta(hours=3)):
            preferences.pause(
                session,
                subscriber_id=ada,
                until=NOW + click + PAUSE,
                now=NOW + click,
                source="page",
            )
    assert [wanted(ada, n * week) for n in range(1, 6)] == [False, False, False, True, True]
    with database.begin() as session:
        assert preferences.resume(session, subscriber_id=ada, now=NOW + week, source="page")
        assert not preferences.resume(session, subscriber_id=ada, now=NOW + week, source="page")
    assert wanted(ada, week)


def test_a_reader_of_the_best_of_gets_no_weekly_issue_and_is_counted(database: Database) -> None:
    monthly = Preferences(pace=Pace.MONTHLY)
    with database.begin() as session:
        ids = subscribe(session, *CAST)
        for one in ids[:2]:
            preferences.change(session, subscriber_id=one, to=monthly, now=NOW, source="page")
        preferences.pause(session, subscriber_id=ids[0], until=NOW + PAUSE, now=NOW, source="page")
    with database.read() as session:
        for pace, chosen, excluded in (
            (Pace.WEEKLY, ids[2:], {"paused": 1, "monthly": 1}),
            (Pace.MONTHLY, ids[1:2], {"paused": 1, "weekly": 3}),
        ):
            rows = session.execute(audience.candidates(now=NOW, pace=pace)).all()
            assert [row.id for row in rows] == chosen
            assert audience.excluded(session, now=NOW, pace=pace) == excluded
            fates = dict(audience.roll_call(session, now=NOW, pace=pace))
            assert fates[GRACE.email] == ("monthly" if pace == Pace.WEEKLY else "gets it")
        sentence = audience.explain(session, subscriber_id=ids[1], now=NOW)
    assert sentence == "gets no weekly issue: chose the best of four weeks"
