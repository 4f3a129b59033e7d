"""What comes back, on both databases: kept once, matched, and followed by what it asks for."""

import asyncio
import json
import random
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from books import claim, register, send_to
from hook_posts import PROVIDERS, Amazon, Told, hooks, post
from people import ADA, GRACE, KEYRING, NOW, subscribe
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from visitor import Visitor, site_of

from digest import forget, reactions
from digest.clock import Clock
from digest.delivery import ledger, moves
from digest.delivery.moves import Result
from digest.delivery.state import DeliveryState
from digest.disclosure import disclose
from digest.mail.event import WATCHING, Kind, MailEvent
from digest.mail.outcome import Outcome, Stage, Verdict
from digest.reacting import ReactionSettings
from digest.tables import (
    DeliveryRow,
    EditionRow,
    EventRow,
    NoticeRow,
    OrphanRow,
    VariantRow,
)
from digest.web.intake import Intake
from storage.database import Database
from subscribers import audience, suppression
from subscribers.suppression import Reason
from subscribers.tables import Status, SubscriberRow
from subscribers.tokens import Keyring
from subscribers.unsubscribe import unsubscribe

SETTINGS = ReactionSettings(refusals=3)
WEEK = timedelta(days=7)


def event(kind: Kind, key: str, id_: str = "", **more: Any) -> MailEvent:
    return MailEvent(kind=kind, source="postmark", delivery_key=key, event_id=id_, at=NOW, **more)


def take(database: Database, *told: MailEvent, now: datetime = NOW) -> int:
    """Take events as a webhook does; return how many were new."""
    with database.begin() as session:
        return len(reactions.take(session, told, now=now, settings=SETTINGS, keyring=KEYRING))


def catch_up(database: Database, *, now: datetime = NOW) -> int:
    """Take up orphans; return how many were new."""
    with database.begin() as session:
        return len(reactions.catch_up(session, now=now, settings=SETTINGS, keyring=KEYRING))


def issues(database: Database, *, weeks: int = 1) -> list[str]:
    """Send so many weekly issues to one reader; return the keys of the letters."""
    keys = []
    with database.begin() as session:
        (reader,) = subscribe(session, ADA, now=NOW - timedelta(days=90))
        for number in range(weeks):
            due = NOW - (weeks - 1 - number) * WEEK
            edition = EditionRow(
                newsletter="n", period=f"2026-W{10 + number}", state="sent", opens_at=due - WEEK,
                closes_at=due, due_at=due, created_at=due, frozen_at=due,
            )  # fmt: skip
            session.add(edition)
            session.flush()
            variant = VariantRow(
                edition_id=edition.id, language="en", subject="S", html="", text="", sha256="0"
            )
            session.add(variant)
            session.flush()
            ledger.write(session, edition.id, otherwise={"en": variant.id}, now=due)
            letter = session.scalars(
                select(DeliveryRow).where(DeliveryRow.edition_id == edition.id)
            ).one()
            letter.state = "accepted"
            keys.append(f"2026-w{10 + number}.{letter.id}")
        assert reader
    return keys


@dataclass(frozen=True)
class End:
    """How one reader stands in the end."""

    status: str
    suppressed: str | None
    standing: tuple[str, ...]
    mailed: bool


def end_of(session: Session) -> End:
    """Return how the one reader stands."""
    session.flush()
    reader = session.scalars(select(SubscriberRow)).one()
    found = suppression.find(session, mailbox_keys=[reader.mailbox_key])
    kinds = session.scalars(select(EventRow.kind).order_by(EventRow.kind))
    return End(
        status=reader.status,
        suppressed=str(found.reason) if found else None,
        standing=tuple(kinds),
        mailed=bool(audience.wanted_among(session, [reader.id])),
    )


def end(database: Database) -> End:
    with database.read() as session:
        return end_of(session)


def after_all(database: Database, order: Iterable[MailEvent]) -> tuple[End, list[str | None]]:
    """Tell these one by one and some twice; return the end and the decisions, leave no trace."""
    with database.begin() as session:
        for number, one in enumerate(order):
            reactions.take(session, [one] * (1 + number % 2), now=NOW, settings=SETTINGS)
        end = end_of(session)
        decided = [*session.scalars(select(EventRow.decision).order_by(EventRow.id))]
        session.rollback()
    return end, decided


def decisions(database: Database) -> list[str | None]:
    with database.read() as session:
        return [*session.scalars(select(EventRow.decision).order_by(EventRow.id))]


def count(database: Database, table: Any) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_d12_a_hard_bounce_and_a_complaint_suppress_at_once(database: Database) -> None:
    (key,) = issues(database)
    for kind, status, reason in (
        (Kind.HARD_BOUNCED, Status.BOUNCED, Reason.BOUNCE),
        (Kind.COMPLAINED, Status.COMPLAINED, Reason.COMPLAINT),
        (Kind.UNSUBSCRIBED, Status.UNSUBSCRIBED, None),
    ):
        after, decided = after_all(database, [event(kind, key, code="550 5.1.1")])
        assert after == End(status, reason, (kind,), mailed=False)
        assert decided == [f"suppressed: {reason}" if reason else "unsubscribed"]


def test_d12_everything_else_is_kept_and_touches_nobody(database: Database) -> None:
    (key,) = issues(database)
    suppressing = {Kind.HARD_BOUNCED, Kind.COMPLAINED, Kind.UNSUBSCRIBED}
    for kind in {*Kind} - suppressing - WATCHING:
        after, decided = after_all(database, [event(kind, key)])
        assert after == End(Status.CONFIRMED, None, (kind,), mailed=True)
        assert decided == [None]


def test_what_somebody_reads_is_not_kept(database: Database) -> None:
    (key,) = issues(database)
    assert take(database, event(Kind.OPENED, key), event(Kind.CLICKED, key)) == 0
    assert count(database, EventRow) == count(database, OrphanRow) == 0


def test_r25_a_hard_bounce_for_policy_touches_nobody(database: Database) -> None:
    (key,) = issues(database)
    for words in ("550 5.7.1 blocked by policy", "550-5.7.26 unauthenticated"):
        told = event(Kind.HARD_BOUNCED, key, code=words[:3], detail=words)
        after, _ = after_all(database, [told])
        assert after == End(Status.CONFIRMED, None, ("refused",), mailed=True)


def test_f15_many_refusals_pause_the_issue_and_touch_nobody(database: Database) -> None:
    edition = send_to(database, readers=5)
    with database.begin() as session:
        ids = [*session.scalars(select(DeliveryRow.id))]
    keys = [f"{edition.period.lower()}.{id_}" for id_ in ids]
    for number, key in enumerate(keys[:3], 1):
        again = event(Kind.REFUSED, key, "e1", code="554 5.7.1")
        take(database, replace(again, event_id=key), replace(again, event_id=f"{key} told again"))
        with database.read() as session:
            row = session.get_one(EditionRow, edition.id)
        assert row.state == ("paused" if number == SETTINGS.refusals else "sending")
    assert row.reason
    assert row.reason.startswith("3 letters were refused for reasons of ours (554 5.7.1")
    take(database, event(Kind.REFUSED, keys[4], "late"))  # paused already
    with database.read() as session:
        assert set(session.scalars(select(SubscriberRow.status))) == {"confirmed"}


def test_fault_26_an_event_that_is_told_fifty_times_at_once_is_one(database: Database) -> None:
    (key,) = issues(database)
    told = event(Kind.HARD_BOUNCED, key, "e1")

    def again(_: int) -> int:
        return database.together(
            lambda session: len(reactions.take(session, [told] * 3, now=NOW, settings=SETTINGS))
        )

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(again, range(50))) == 1
    assert count(database, EventRow) == 1


def test_an_event_without_an_id_is_known_by_what_it_says(database: Database) -> None:
    (key,) = issues(database)
    told = event(Kind.DEFERRED, key, code="451")
    assert [take(database, told), take(database, told)] == [1, 0]
    assert take(database, replace(told, at=NOW - timedelta(hours=1))) == 1


TELLING = (
    Kind.ACCEPTED,
    Kind.SOFT_BOUNCED,
    Kind.DELIVERED,
    Kind.HARD_BOUNCED,
    Kind.COMPLAINED,
    Kind.UNSUBSCRIBED,
)


def test_fault_27_events_in_any_order_and_number_give_the_same_end(database: Database) -> None:
    keys = issues(database, weeks=4)
    orders = random.Random(27).sample([*permutations(TELLING)], 24)
    told: dict[Kind, Sequence[MailEvent]] = {
        kind: [event(kind, key, f"{kind} {key}") for key in keys[:2]] for kind in TELLING
    }
    ends = {
        after_all(database, [one for kind in order for one in told[kind]])[0] for order in orders
    }
    assert ends == {End("complained", "complaint", tuple(sorted([*TELLING] * 2)), mailed=False)}


def test_fault_27_soft_bounces_in_any_order_give_the_same_end(
    database: Database,
) -> None:
    keys = issues(database, weeks=4)
    soft = [event(Kind.SOFT_BOUNCED, key, f"soft {key}") for key in keys]
    for last, mailed in ((keys[3], True), (keys[0], False)):
        late = event(Kind.DELIVERED, last, f"delivered {last}")
        orders = [*permutations([*soft, late])][::9]
        ends = {after_all(database, order)[0] for order in orders}
        assert {one.mailed for one in ends} == {mailed}
        assert len(ends) == 1


def test_r27_a_mailbox_that_takes_nothing_for_three_issues_gets_no_more(
    database: Database,
) -> None:
    kinds = {
        "s": Kind.SOFT_BOUNCED,
        "d": Kind.DELIVERED,
        "r": Kind.REFUSED,
        "p": Kind.DROPPED,
    }
    keys = issues(database, weeks=4)
    for heard, mailed in (
        ("sss", False),
        ("ss", True),  # too few
        ("sds", True),  # a delivery between
        ("dsss", False),
        ("sssd", True),
        ("srs", True),  # a refusal of ours is not theirs
        ("spp", False),  # the provider does not even try
        ("s-ss", False),  # of one nothing was heard
    ):
        told = [
            event(kinds[word], key) for key, word in zip(keys, heard, strict=False) if word in kinds
        ]
        after, decided = after_all(database, told)
        assert (after.mailed, after.status) == (mailed, "confirmed" if mailed else "bounced"), heard
        assert (decided[-1] == "suppressed: bounce") is not mailed


def test_r27_three_issues_within_two_weeks_are_not_enough(database: Database) -> None:
    keys = issues(database, weeks=3)
    with database.begin() as session:
        session.execute(update(EditionRow).where(EditionRow.id == 1).values(due_at=NOW - WEEK))
    take(database, *(event(Kind.SOFT_BOUNCED, key) for key in keys))
    assert end(database).mailed


def test_who_agreed_anew_is_judged_by_the_issues_after_that(database: Database) -> None:
    *old, last = issues(database, weeks=3)
    with database.begin() as session:
        session.execute(update(SubscriberRow).values(confirmed_at=NOW - timedelta(days=1)))
    take(database, *(event(Kind.SOFT_BOUNCED, key) for key in (*old, last)))
    assert end(database).mailed


def test_an_event_proves_that_an_unknown_letter_was_taken(database: Database) -> None:
    (key,) = issues(database)
    for kind in (Kind.DELIVERED, Kind.HARD_BOUNCED, Kind.SOFT_BOUNCED):
        with database.begin() as session:
            session.execute(update(DeliveryRow).values(state="unknown", ended_at=None))
        take(database, event(kind, key, str(kind)))
        with database.read() as session:
            row = session.scalars(select(DeliveryRow)).one()
        assert (row.state, row.ended_at) == ("accepted", NOW)
        assert row.reason == "what came back about it proves that it was taken"


def test_an_event_never_changes_any_other_state(database: Database) -> None:
    (key,) = issues(database)
    for state in {*DeliveryState} - {DeliveryState.UNKNOWN}:
        with database.begin() as session:
            session.execute(update(DeliveryRow).values(state=state))
        take(database, event(Kind.DELIVERED, key, str(state)))
        with database.read() as session:
            assert session.scalar(select(DeliveryRow.state)) == state


def test_f17_an_event_that_is_faster_than_the_lost_answer_settles_it_too(
    database: Database,
) -> None:
    edition = send_to(database, readers=2)
    lost, dead = claim(database, edition, worker=register(database), limit=2)
    with database.begin() as session:
        moves.intend(session, [lost, dead])
    for one in (lost, dead):
        take(database, event(Kind.DELIVERED, f"{edition.period.lower()}.{one.delivery_id}"))
    unclear = Outcome(verdict=Verdict.UNKNOWN, stage=Stage.REQUEST)
    with database.begin() as session:
        moves.settle(session, [Result(claim=lost, outcome=unclear)], now=NOW)
        assert ledger.recover(session, 1, now=NOW) == 0
    with database.read() as session:
        assert set(session.scalars(select(DeliveryRow.state))) == {"accepted"}


def test_fault_29_an_event_of_an_unknown_letter_is_matched_later(
    database: Database,
) -> None:
    (key,) = issues(database)
    number = int(key.partition(".")[2])
    early = event(Kind.HARD_BOUNCED, f"2026-w11.{number + 1}", "e1")
    assert take(database, early, replace(early, delivery_key=None, event_id="e2")) == 0
    assert (
        take(database, replace(early, delivery_key=key.replace("w10", "w09"), event_id="e3")) == 0
    )
    assert count(database, OrphanRow) == 3
    with database.begin() as session:
        edition = EditionRow(
            newsletter="n", period="2026-W11", state="sending", opens_at=NOW, closes_at=NOW,
            due_at=NOW, created_at=NOW,
        )  # fmt: skip
        session.add(edition)
        session.flush()
        first = session.scalars(select(DeliveryRow)).one()
        session.add(
            DeliveryRow(
                id=number + 1, edition_id=edition.id, subscriber_id=first.subscriber_id,
                mailbox_key=first.mailbox_key, variant_id=first.variant_id, state="accepted",
            )
        )  # fmt: skip
    assert catch_up(database) == 1
    assert end(database).status == "bounced"
    assert take(database, early) == 0  # it was heard before
    catch_up(database, now=NOW + timedelta(days=31))
    assert count(database, OrphanRow) == 0


def test_a_bounce_of_an_address_that_they_left_touches_nobody(database: Database) -> None:
    (key,) = issues(database)
    with database.begin() as session:
        session.execute(update(SubscriberRow).values(mailbox_key="f" * 20, email="new@example.org"))
    take(database, event(Kind.HARD_BOUNCED, key), event(Kind.COMPLAINED, key))
    assert end(database).mailed
    assert decisions(database) == ["nothing: this is not their address any more"] * 2


def notice(database: Database, email: str) -> str:
    with database.begin() as session:
        row = NoticeRow(
            kind="welcome", subscriber_id=1, email=email, language="en", created_at=NOW,
            expires_at=NOW, state="accepted",
        )  # fmt: skip
        session.add(row)
        session.flush()
        return f"n.{row.id}"


def test_an_event_proves_that_an_unknown_notice_was_taken(database: Database) -> None:
    issues(database)
    key = notice(database, ADA.email)
    for state, after in (("unknown", "accepted"), ("failed", "failed")):
        with database.begin() as session:
            session.execute(update(NoticeRow).values(state=state))
        take(database, event(Kind.DELIVERED, key, state))
        with database.read() as session:
            row = session.scalars(select(NoticeRow)).one()
        assert row.state == after
    assert row.reason == "what came back about it proves that it was taken"


def test_a_notice_that_bounces_counts_for_the_address_it_went_to(database: Database) -> None:
    issues(database)
    for email, status in ((ADA.email, "bounced"), ("a@b.example", "confirmed")):
        key = notice(database, email)
        assert after_all(database, [event(Kind.HARD_BOUNCED, key)])[0].status == status


def test_a_complaint_says_more_than_leaving_and_an_erased_person_stays_erased(
    database: Database,
) -> None:
    (key,) = issues(database)
    with database.begin() as session:
        unsubscribe(session, subscriber_id=1, now=NOW, source="page")
    take(database, event(Kind.COMPLAINED, key, "e1"))
    assert end(database).status == "complained"
    with database.begin() as session:
        forget.erase(session, subscriber_id=1, now=NOW, source="mail")
    take(database, event(Kind.HARD_BOUNCED, key, "e2"))
    assert end(database).status == "erased"


@pytest.mark.parametrize("kind", [Kind.COMPLAINED, Kind.HARD_BOUNCED, Kind.DELIVERED])
def test_what_names_another_mailbox_is_about_somebody_elses_letter(
    database: Database, kind: Kind
) -> None:
    """A copy of the installation, or another newsletter, gives its letters the same keys."""
    early = event(kind, "2026-w10.1", "early", recipient=GRACE.email)
    assert take(database, early) == 0
    (key,) = issues(database)
    assert key == early.delivery_key
    with database.begin() as session:
        session.execute(update(DeliveryRow).values(state="unknown", ended_at=None))
    for number, letter in enumerate((key, notice(database, ADA.email))):
        assert take(database, event(kind, letter, f"e{number}", recipient=GRACE.email)) == 0
    assert catch_up(database) == 0
    assert end(database) == End("confirmed", None, (), mailed=True)
    assert (count(database, EventRow), count(database, OrphanRow)) == (0, 3)
    with database.read() as session:
        assert session.scalar(select(DeliveryRow.state)) == "unknown"


def test_a_mailbox_is_the_same_however_it_is_written_and_under_an_old_secret(
    database: Database,
) -> None:
    early = event(Kind.DEFERRED, "2026-w10.1", "early", recipient=ADA.email.upper())
    assert take(database, early) == 0
    (key,) = issues(database)
    assert catch_up(database) == 1
    changed = Keyring((b"a new secret", *KEYRING.secrets))
    for number, letter in enumerate((key, notice(database, ADA.email))):
        for named in (ADA.email.upper(), f"Ada <{ADA.email}>", "withheld", None):
            one = event(Kind.DEFERRED, letter, f"{number} {named}", recipient=named)
            with database.begin() as session:
                heard = reactions.take(session, [one], now=NOW, settings=SETTINGS, keyring=changed)
            assert len(heard) == 1
            assert take(database, one) == 0
    assert count(database, OrphanRow) == 0


def test_who_moved_before_their_turn_is_mailed_at_the_new_address(database: Database) -> None:
    (key,) = issues(database)
    with database.begin() as session:
        new = KEYRING.mailbox_keys(GRACE.mailbox.canonical)[0]
        session.execute(update(SubscriberRow).values(mailbox_key=new, email=GRACE.email))
    assert take(database, event(Kind.DELIVERED, key, recipient=GRACE.email)) == 1


def test_a_bounce_that_amazon_tells_may_name_whom_it_was_forwarded_to(database: Database) -> None:
    (key,) = issues(database)
    told = replace(event(Kind.HARD_BOUNCED, key, "e1", recipient=GRACE.email), source="ses")
    assert take(database, told, replace(told, kind=Kind.COMPLAINED, event_id="e2")) == 1
    assert end(database).status == "bounced"


def test_no_address_is_kept_and_the_person_may_see_everything(database: Database) -> None:
    (key,) = issues(database)
    words = f"550 5.1.1 <{ADA.email}>: no such user"
    take(
        database, event(Kind.HARD_BOUNCED, key, detail=words, code="550 5.1.1", recipient=ADA.email)
    )
    take(database, event(Kind.HARD_BOUNCED, "2020-w01.1", detail=words, recipient=ADA.email))
    with database.read() as session:
        rows = [*session.scalars(select(EventRow)), *session.scalars(select(OrphanRow))]
        shown = disclose(session, subscriber_id=1)["returned"]
    assert len(rows) == 2
    assert not any(ADA.email in str(vars(row)) for row in rows)
    assert [one["decision"] for one in shown] == ["suppressed: bounce"]
    assert shown[0]["answer"] == "550 5.1.1 <(address)>: no such user"


@pytest.fixture
def visitor(database: Database) -> Visitor:
    return Visitor(site_of(database, hooks=hooks(), reactions=SETTINGS))


def send(visitor: Visitor, provider: str, told: Told) -> int:
    asked = post(provider, told)
    answer = visitor.ask(
        "POST", f"/webhooks/{provider}", content=asked.body, headers=dict(asked.headers)
    )
    return answer.status_code


def test_s11_a_proved_request_is_taken_and_a_forged_one_changes_nothing(
    database: Database, visitor: Visitor
) -> None:
    (key,) = issues(database)
    for number, provider in enumerate(PROVIDERS, 1):
        bare = post(provider, Told(key=key))
        for body, headers, status in (
            (b"[]", {}, 401),
            (bare.body.replace(b'"e1"', b'"e2"'), {"authorization": "Basic Zm9vOmJhcg=="}, 401),
            (b"x" * 1_048_577, {}, 413),
        ):
            answer = visitor.ask("POST", f"/webhooks/{provider}", content=body, headers=headers)
            assert answer.status_code == status
        assert count(database, EventRow) == number - 1
        assert send(visitor, provider, Told(key=key)) == 200
        assert send(visitor, provider, Told(key=key)) == 200
        assert count(database, EventRow) == number
        assert end(database).suppressed == "bounce"
    assert count(database, OrphanRow) == 0


def test_what_sendgrid_tells_again_under_another_id_is_the_same(
    database: Database, visitor: Visitor
) -> None:
    (key,) = issues(database)
    for number in range(3):
        assert send(visitor, "sendgrid", Told(key=key, id=f"id of try {number}")) == 200
    assert count(database, EventRow) == 1
    assert send(visitor, "sendgrid", Told(key=key, at=NOW + timedelta(seconds=1))) == 200
    assert count(database, EventRow) == 2


def test_a_hook_that_is_not_open_has_no_page(database: Database, visitor: Visitor) -> None:
    assert visitor.ask("POST", "/webhooks/mandrill", content=b"{}").status_code == 404
    assert visitor.ask("GET", "/webhooks/postmark").status_code == 405
    shut = Visitor(site_of(database))
    assert send(shut, "postmark", Told()) == 404


def test_what_is_proved_and_not_understood_is_said(visitor: Visitor) -> None:
    asked = post("postmark", Told())
    answer = visitor.ask("POST", "/webhooks/postmark", content=b"{", headers=dict(asked.headers))
    assert (answer.status_code, answer.text) == (400, "this request cannot be read\n")


def test_when_amazon_does_not_answer_it_is_asked_to_tell_again(
    database: Database,
) -> None:
    class Silent(Amazon):
        def __call__(self, url: str) -> bytes:
            raise TimeoutError(url)

    visitor = Visitor(site_of(database, hooks=hooks(Silent())))
    assert send(visitor, "ses", Told()) == 503
    assert count(database, OrphanRow) == 0


def test_a_mailgun_token_counts_once_whatever_the_body_says(
    database: Database, visitor: Visitor
) -> None:
    (key,) = issues(database)
    asked = post("mailgun", Told(event="delivered", key=key))
    forged = json.loads(asked.body)
    forged["event-data"]["event"] = "complained"
    for body in (asked.body, json.dumps(forged).encode()):
        visitor.ask("POST", "/webhooks/mailgun", content=body, headers=dict(asked.headers))
    assert end(database) == End("confirmed", None, ("delivered",), mailed=True)


def test_one_request_that_cannot_be_kept_does_not_hinder_the_others(database: Database) -> None:
    (key,) = issues(database)
    clock = Clock.starting_at(NOW)
    intake = Intake(database, clock=clock, settings=SETTINGS, keyring=KEYRING)
    good = [event(Kind.DEFERRED, key, f"good {number}") for number in range(12)]
    broken = event(Kind.DEFERRED, key, message_id=7)  # no text: the database takes no such row

    def bring(told: MailEvent) -> bool:
        try:
            asyncio.run(intake.bring([told]))
        except Exception:  # noqa: BLE001 - whatever it is, it must be told
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        kept = [*threads.map(bring, [*good[:6], broken, *good[6:]])]
    assert kept == [True] * 6 + [False] + [True] * 6
    assert count(database, EventRow) == len(good)
