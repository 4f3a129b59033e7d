"""Whole weeks: from blogs to inboxes, with everything real but the distance."""

import threading
from email import message_from_bytes, policy

from sqlalchemy import update
from world import World

from digest import approval, questions, weekly
from digest.delivery.state import DeliveryState
from digest.editions import store
from digest.editions.state import EditionState
from digest.editions.store import Edition
from digest.tables import VariantRow
from digest.weekly import Week
from subscribers import unsubscribe

FRIDAY = "2026-06-12T07:00"
NEXT_FRIDAY = "2026-06-19T07:00"


def texts(world: World) -> list[str]:
    """Return the decoded text parts of all letters that the mail host took."""
    found = []
    for taken in world.mail.accepted:
        part = message_from_bytes(taken.message, policy=policy.default).get_body(("plain",))
        assert part is not None
        found.append(part.get_content())
    return found


def titles_mailed(world: World, *titles: str) -> dict[str, int]:
    return {title: sum(title in text for text in texts(world)) for title in titles}


def test_a_whole_week_reaches_every_reader_once(world: World) -> None:
    world.blog("plain", ("Counting cold reads", "2026-06-09T10:00"), ("Old", "2026-05-01T10:00"))
    world.blog("field", ("Snapshots & <T> at noon", "2026-06-08T10:00"))
    world.readers("ada@example.org", "grace@example.org", "mary@example.org")
    done = world.run(FRIDAY)
    assert done.edition is not None
    assert (done.edition.state, done.edition.number) == (EditionState.SENT, 1)
    assert sorted(taken.recipient for taken in world.mail.accepted) == [
        "ada@example.org",
        "grace@example.org",
        "mary@example.org",
    ]
    assert titles_mailed(world, "Counting cold reads", "Snapshots & <T> at noon", "Old") == {
        "Counting cold reads": 3,
        "Snapshots & <T> at noon": 3,
        "Old": 0,
    }


def test_every_letter_can_be_left_with_one_click(world: World) -> None:
    world.blog("plain", ("Counting cold reads", "2026-06-09T10:00"))
    world.readers("ada@example.org")
    world.run(FRIDAY)
    message = message_from_bytes(world.mail.accepted[0].message, policy=policy.default)
    https, mailto = str(message["List-Unsubscribe"]).split(", ")
    assert https.startswith("<https://digest.example/u/")
    assert mailto.startswith("<mailto:")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    body = message.get_body(("plain",))
    assert body is not None
    assert https.strip("<>") in body.get_content()


def test_a_second_run_has_nothing_to_do(world: World) -> None:
    world.blog("plain", ("Counting cold reads", "2026-06-09T10:00"))
    world.readers("ada@example.org")
    world.run(FRIDAY)
    again = world.run("2026-06-12T07:10")
    assert again.sent == ()
    assert world.accepted == 1
    app = world.app("2026-06-12T07:10")
    assert questions.nothing_to_do(app, again.edition).startswith(
        "nothing to do: issue 1 (2026-W24) is sent; next is 2026-W25, due Fri 19 Jun 2026"
    )


def test_before_the_slot_nothing_is_opened(world: World) -> None:
    world.blog("plain", ("Counting cold reads", "2026-06-09T10:00"), at="2026-06-08T12:00")
    world.readers("ada@example.org")
    done = world.run("2026-06-12T06:59")
    assert done.edition is None
    assert world.accepted == 0


def test_a_post_seen_after_the_freeze_goes_into_the_next_issue_once(world: World) -> None:
    world.blog("plain", ("First", "2026-06-09T10:00"))
    world.readers("ada@example.org")
    world.run(FRIDAY)
    world.blog("plain", ("First", "2026-06-09T10:00"), ("Seen late", "2026-06-10T10:00"))
    world.run(NEXT_FRIDAY)
    world.run("2026-06-26T07:00")
    assert titles_mailed(world, "First", "Seen late") == {"First": 1, "Seen late": 1}


def test_a_post_of_the_sending_morning_waits_for_its_own_issue(world: World) -> None:
    world.blog("plain", ("First", "2026-06-09T10:00"), ("Dawn", "2026-06-12T05:00"))
    world.readers("ada@example.org")
    world.run(FRIDAY)
    assert titles_mailed(world, "Dawn") == {"Dawn": 0}
    world.run(NEXT_FRIDAY)
    assert titles_mailed(world, "First", "Dawn") == {"First": 1, "Dawn": 1}


def test_an_edited_post_is_not_mailed_again(world: World) -> None:
    world.blog("plain", ("First", "2026-06-09T10:00"))
    world.readers("ada@example.org")
    world.run(FRIDAY)
    world.blog("plain", ("First", "2026-06-16T10:00"), ("Second", "2026-06-16T10:00"))
    world.run(NEXT_FRIDAY)
    assert titles_mailed(world, "First", "Second") == {"First": 1, "Second": 1}


def test_an_empty_week_sends_nothing_and_says_so(world: World) -> None:
    world.blog("plain", ("Old", "2026-05-01T10:00"))
    world.readers("ada@example.org")
    for at in (FRIDAY, "2026-06-12T07:10"):
        done = world.run(at)
        assert done.edition is not None
        assert (done.edition.state, done.edition.reason) == (EditionState.EMPTY, "no new posts")
    assert world.accepted == 0


def test_too_few_posts_wait_and_come_with_the_next(world: World) -> None:
    world.settings["selection"] = {"minimum": 2}
    world.blog("plain", ("First", "2026-06-09T10:00"))
    world.readers("ada@example.org")
    assert "fewer than [selection] minimum = 2" in str(edition(world.run(FRIDAY)).reason)
    world.blog("plain", ("First", "2026-06-09T10:00"), ("Second", "2026-06-16T10:00"))
    assert edition(world.run(NEXT_FRIDAY)).number == 1  # the empty week took no number
    assert titles_mailed(world, "First", "Second") == {"First": 1, "Second": 1}


def edition(done: Week) -> Edition:
    assert done.edition is not None
    return done.edition


def test_a_missed_slot_is_caught_up_once_inside_the_limit(world: World) -> None:
    world.blog("plain", ("First", "2026-06-09T10:00"))
    world.readers("ada@example.org")
    assert edition(world.run("2026-06-12T19:00")).state is EditionState.SENT
    world.run("2026-06-12T20:00")
    assert world.accepted == 1


def test_a_slot_missed_by_days_waits_for_a_person(world: World) -> None:
    world.blog("plain", ("First", "2026-06-09T10:00"))
    world.readers("ada@example.org")
    late = edition(world.run("2026-06-15T09:00"))
    assert late.state is EditionState.HELD
    assert late.reason == "its slot was missed by 3 days; approve it to send it now"
    assert world.accepted == 0
    app = world.app("2026-06-15T10:00")
    approval.approve(app, late)
    assert edition(world.run("2026-06-15T10:00")).state is EditionState.SENT
    assert world.accepted == 1


def test_a_draft_that_was_left_lying_waits_for_a_person_too(world: World) -> None:
    world.blog("plain", ("First", "2026-06-09T10:00"))
    world.readers("ada@example.org")
    weekly.open_due(world.app(FRIDAY))  # and the process died before it went on
    late = edition(world.run("2026-06-15T09:00"))
    assert late.state is EditionState.HELD
    assert "missed by 3 days" in str(late.reason)
    assert world.accepted == 0


def test_manual_approval_waits_and_a_changed_issue_breaks_the_seal(world: World) -> None:
    world.settings["schedule"] = {"approval": "manual"}
    world.blog("plain", ("First", "2026-06-09T10:00"))
    world.readers("ada@example.org")
    held = edition(world.run(FRIDAY))
    assert held.state is EditionState.HELD
    approved = approval.approve(world.app(FRIDAY), held)
    assert approved.state is EditionState.APPROVED
    world.blog("plain", ("First", "2026-06-09T10:00"), ("Second", "2026-06-10T10:00"))
    weekly.fetch(world.app("2026-06-12T07:20"), due_only=False)
    again = edition(world.run("2026-06-12T07:30"))
    assert again.state is EditionState.HELD
    assert "changed since it was approved" in str(again.reason)
    approval.approve(world.app("2026-06-12T07:40"), again)
    assert edition(world.run("2026-06-12T07:50")).state is EditionState.SENT
    assert titles_mailed(world, "First", "Second") == {"First": 1, "Second": 1}


def test_a_held_issue_stays_and_its_posts_come_with_the_next(world: World) -> None:
    world.blog("plain", ("First", "2026-06-09T10:00"))
    world.readers("ada@example.org")
    app = world.app("2026-06-11T18:00")
    weekly.fetch(app)
    period = questions.current_period(app)
    held = approval.hold(app, weekly.open_for_person(app, period), reason="not this week")
    assert edition(world.run(FRIDAY)).id == held.id
    assert world.accepted == 0
    world.blog("plain", ("First", "2026-06-09T10:00"), ("Second", "2026-06-16T10:00"))
    world.run(NEXT_FRIDAY)
    assert titles_mailed(world, "First", "Second") == {"First": 1, "Second": 1}


def test_who_leaves_between_freeze_and_turn_is_not_mailed(world: World) -> None:
    world.settings["delivery"] = {"connections": 1, "batch": 10}
    world.blog("plain", ("First", "2026-06-09T10:00"))
    world.readers("ada@example.org", "grace@example.org", "mary@example.org")
    app = world.app(FRIDAY)

    def leave(_taken: object) -> None:
        with app.database.begin() as session:
            for reader in (2, 3):
                unsubscribe.unsubscribe(
                    session,
                    subscriber_id=reader,
                    source="one click",
                    now=app.clock.now(),
                    evidence={},
                )

    world.mail.on_accept = leave
    done = world.run(FRIDAY)
    assert [taken.recipient for taken in world.mail.accepted] == ["ada@example.org"]
    ((_, report),) = done.sent
    assert dict(report.counts) == {DeliveryState.ACCEPTED: 1, DeliveryState.SKIPPED: 2}
    assert edition(done).state is EditionState.SENT


def test_german_readers_get_german(world: World) -> None:
    world.settings["email"] = {"languages": ["en", "de"]}
    world.blog("plain", ("First", "2026-06-09T10:00"))
    world.readers("ada@example.org")
    world.readers("emmy@example.org", language="de")
    world.readers("curie@example.org", language="fr")
    world.run(FRIDAY)
    german = {
        taken.recipient
        for taken, text in zip(world.mail.accepted, texts(world), strict=True)
        if "Ausgabe 1" in text
    }
    assert german == {"emmy@example.org"}


def test_eight_doors_at_once_make_one_issue_and_one_letter_each(world: World) -> None:
    world.settings["database"] = {"url": world.database_url, "busy_timeout": 60}
    world.blog("plain", ("First", "2026-06-09T10:00"))
    world.readers(*(f"reader{n}@example.org" for n in range(30)))
    apps = [world.app(FRIDAY) for _ in range(8)]
    barrier = threading.Barrier(8)
    failures: list[BaseException] = []

    def go(number: int) -> None:
        barrier.wait()
        try:
            weekly.run(apps[number])
        except BaseException as error:  # noqa: BLE001 - reported by the test
            failures.append(error)

    threads = [threading.Thread(target=go, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(taken.recipient for taken in world.mail.accepted) == sorted(
        f"reader{n}@example.org" for n in range(30)
    )
    world.prove()
    with apps[0].database.read() as session:
        assert [e.state for e in store.all_editions(session, "weekly-dive")] == [EditionState.SENT]


def test_a_changed_row_breaks_the_seal_and_nothing_is_sent(world: World) -> None:
    world.blog("plain", ("First", "2026-06-09T10:00"))
    world.readers("ada@example.org")
    app = world.app(FRIDAY)
    weekly.fetch(app)
    due = weekly.open_due(app)
    assert due is not None
    frozen = weekly.settle(app, due)
    with app.database.begin() as session:
        session.execute(update(VariantRow).values(subject="Buy this"))
    report = weekly.deliver(app, frozen)
    assert report.state is EditionState.PAUSED
    assert "the seal is broken" in str(report.trouble)
    assert world.accepted == 0
    world.blog("plain", ("First", "2026-06-09T10:00"), ("Second", "2026-06-16T10:00"))
    assert edition(world.run(NEXT_FRIDAY)).state is EditionState.SENT  # it stops no other
