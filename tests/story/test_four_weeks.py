"""Readers who want one mail in four weeks get the best of them, once, and nothing else."""

from collections import Counter
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from sqlalchemy import update
from world import World

from digest import approval, bestof, questions
from digest.archive.shelf import records
from digest.delivery import ledger
from digest.editions import store as editions
from digest.editions.state import EditionState
from digest.editions.store import Edition
from digest.tables import SubscriberRow

FRIDAYS = ("2026-05-22", "2026-05-29", "2026-06-05", "2026-06-12")  # W21 to W24
LAST = f"{FRIDAYS[-1]}T07:00"
BEST = "2026-W24-best"


@pytest.fixture
def mixed(world: World) -> World:
    """Give a world with two readers of every issue, and two of the best of four weeks."""
    world.settings["email"] = {"languages": ("en", "de")}
    world.blog("plain", at="2026-05-01T12:00")
    world.readers("ada@example.org", "grace@example.org")
    world.readers("emmy@example.org", "paula@example.org", language="de")
    monthly(world, "grace@example.org", "paula@example.org")
    return world


def monthly(world: World, *emails: str) -> None:
    with world.app("2026-05-01T12:00").database.begin() as session:
        session.execute(
            update(SubscriberRow).where(SubscriberRow.email.in_(emails)).values(pace="monthly")
        )


def publish(world: World, *, until: str) -> None:
    """Publish three posts on the day before each Friday up to this one."""
    days = [day for day in FRIDAYS if day <= until]
    posts = [
        (f"Post {n} of the week to {day}", f"{day[:-2]}{int(day[-2:]) - 1:02}T1{n}:00")
        for day in days
        for n in range(3)
    ]
    world.blog("plain", *posts)


def four_weeks(world: World) -> None:
    for day in FRIDAYS:
        publish(world, until=day)
        world.run(f"{day}T07:00")


def mails(world: World) -> dict[str, list[EmailMessage]]:
    found: dict[str, list[EmailMessage]] = {}
    for taken in world.mail.accepted:
        mail = message_from_bytes(taken.message, policy=policy.default)
        found.setdefault(taken.recipient.partition("@")[0], []).append(mail)
    return found


def best(world: World) -> Edition | None:
    return questions.edition(world.opened[-1], BEST)


def plain(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def test_four_weeks_bring_four_issues_or_the_best_of_them_and_nobody_gets_both(
    mixed: World,
) -> None:
    four_weeks(mixed)
    got = mails(mixed)
    assert Counter({name: len(letters) for name, letters in got.items()}) == Counter(
        ada=4, emmy=4, grace=1, paula=1
    )
    english, german = got["grace"][0], got["paula"][0]
    assert english["Subject"].startswith("The best of four weeks: Post 2 of the week to 2026-06-12")
    assert german["Subject"].startswith("Das Beste aus vier Wochen: ")
    assert "The best of four weeks" in plain(english).split("Read online")[0]
    told = plain(english)
    assert all(f"Post {n} of the week to {day}" in told for n in range(3) for day in FRIDAYS)
    assert "https://digest.example/archive" in told
    assert "https://digest.example/f/" not in told
    assert english["List-Unsubscribe"]
    sent = mixed.accepted
    again = mixed.run(f"{FRIDAYS[-1]}T09:00")
    assert (mixed.accepted, again.sent) == (sent, ())
    assert again.best_of is not None
    assert again.best_of.state is EditionState.SENT


def test_everybody_is_counted_once_and_the_archive_shows_the_weeks_alone(mixed: World) -> None:
    four_weeks(mixed)
    app = mixed.opened[-1]
    listed = [(one.period, one.number) for one in questions.all_editions(app)]
    assert listed == [
        (BEST, 1),
        *[(f"2026-W{week}", number) for week, number in ((24, 4), (23, 3), (22, 2), (21, 1))],
    ]
    made = best(mixed)
    assert made is not None
    with app.database.read() as session:
        assert (made.candidates, ledger.excluded(session, made.id)) == (2, {"weekly": 2})
        shown = records(session, app.newsletter)
        issue = editions.issue_of(session, made.id)
    assert [record.issue.period for record in shown] == [f"2026-W{n}" for n in (24, 23, 22, 21)]
    assert issue is not None
    assert issue.is_best_of
    assert len(issue.entries) == 12


def test_a_best_of_that_waits_for_approval_goes_when_it_is_given(mixed: World) -> None:
    four = dict.fromkeys(FRIDAYS[:-1])
    for day in four:
        publish(mixed, until=day)
        mixed.run(f"{day}T07:00")
    mixed.settings["schedule"] = {"approval": "manual"}
    publish(mixed, until=FRIDAYS[-1])
    done = mixed.run(LAST)
    assert (done.edition and done.edition.state, done.best_of) == (EditionState.HELD, None)
    app = mixed.opened[-1]
    approval.approve(app, questions.edition_named(app, "2026-W24"))
    done = mixed.run(LAST)
    assert done.edition is not None
    assert done.edition.state is EditionState.SENT
    assert done.best_of is not None
    assert done.best_of.state is EditionState.HELD
    assert "grace" not in mails(mixed)
    approval.approve(app, done.best_of)
    mixed.run(LAST)
    assert {name: len(letters) for name, letters in mails(mixed).items()} == {
        "ada": 4,
        "emmy": 4,
        "grace": 1,
        "paula": 1,
    }


def test_a_last_week_without_posts_and_a_withdrawn_issue_leave_the_best_of_the_others(
    mixed: World,
) -> None:
    for day in FRIDAYS[:3]:
        publish(mixed, until=day)
        mixed.run(f"{day}T07:00")
    app = mixed.opened[-1]
    with app.database.begin() as session:
        first = editions.find(session, app.newsletter, period="2026-W21")
        assert first is not None
        editions.move(
            session, first, to=EditionState.WITHDRAWN, reason="a test", now=app.clock.now()
        )
    done = mixed.run(LAST)
    assert done.edition is not None
    assert done.edition.state is EditionState.EMPTY
    told = plain(mails(mixed)["grace"][0])
    assert [day for day in FRIDAYS if f"of the week to {day}" in told] == list(FRIDAYS[1:3])


def test_without_monthly_readers_there_is_no_best_of_and_who_changes_later_waits_for_the_next(
    world: World,
) -> None:
    world.blog("plain", at="2026-05-01T12:00")
    world.readers("ada@example.org")
    four_weeks(world)
    assert best(world) is None
    monthly(world, "ada@example.org")
    world.run(f"{FRIDAYS[-1]}T08:00")
    assert bestof.due(world.opened[-1]) == []
    assert len(mails(world)["ada"]) == 4
