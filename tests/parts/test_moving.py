"""A subscription that moves to another address: asked for, confirmed, told, and taken back."""

import re
from datetime import timedelta

import pytest
from guest import Guest
from people import ADA, EMMY, GRACE, KEYRING, NOW, Character, subscribe
from sqlalchemy import select

from digest import forget
from digest.clock import Clock
from digest.tables import NoticeRow
from storage.database import Database
from subscribers import consent, directory, preferences, suppression
from subscribers.preferences import Preferences
from subscribers.settings import RetentionSettings
from subscribers.suppression import Reason
from subscribers.tables import ConfirmationRow, Status, SubscriberRow
from subscribers.tokens import Keyring, Purpose
from subscribers.unsubscribe import unsubscribe

NEW = Character(name="Ada", email="ada@new.example")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def guest(database: Database) -> Guest:
    return Guest(database)


@pytest.fixture
def ada(database: Database) -> int:
    with database.begin() as session:
        return subscribe(session, ADA)[0]


def at(guest: Guest, later: timedelta) -> Guest:
    return Guest(guest.database, clock=Clock.starting_at(NOW + later))


def own(guest: Guest, subscriber_id: int) -> str:
    return guest.link("me", subscriber_id, Purpose.MANAGE, until=NOW + HOUR) + "/address"


def ask(guest: Guest, subscriber_id: int, email: str = NEW.email) -> str:
    """Name an address; return the path of the page that waits for the code."""
    answer = guest.ask("POST", own(guest, subscriber_id), data={"email": email})
    assert answer.status_code == 303
    return answer.headers["location"]


def code(guest: Guest) -> str:
    """Return the digits of the only move there is."""
    with guest.database.read() as session:
        row = session.scalars(select(ConfirmationRow)).one()
    return KEYRING.code(row.id, at=row.requested_at)


def confirm_link(guest: Guest, move: int = 1) -> str:
    return guest.link("a", move, Purpose.CONFIRM, until=NOW + 2 * DAY)


def back_link(guest: Guest, move: int = 1) -> str:
    return guest.link("b", move, Purpose.MOVE_BACK, until=NOW + 7 * DAY)


def email_of(guest: Guest, subscriber_id: int) -> str | None:
    with guest.database.read() as session:
        return directory.get(session, subscriber_id=subscriber_id).email


def letters(guest: Guest) -> list[tuple[str, str | None, int]]:
    with guest.database.read() as session:
        rows = session.scalars(select(NoticeRow).order_by(NoticeRow.id))
        return [(row.kind, row.email, row.subscriber_id) for row in rows]


def test_nothing_changes_before_the_new_address_answers_with_the_code(
    guest: Guest, ada: int
) -> None:
    wanted = Preferences(topics=("storage",), language="de")
    with guest.database.begin() as session:
        preferences.change(session, subscriber_id=ada, to=wanted, now=NOW, source="test")
    page = ask(guest, ada)
    assert "We sent an email to ada@new.example." in guest.get(page).text
    assert letters(guest) == [("address", NEW.email, ada)]
    assert email_of(guest, ada) == ADA.email
    digits = code(guest)
    moved = guest.press(page, "Use the new address", code=f"{digits[:3]} {digits[3:]}")
    assert "Your issues go to a***@new.example now." in moved.text
    assert email_of(guest, ada) == NEW.email
    assert letters(guest)[1:] == [("moved", ADA.email, ada)]
    assert guest.events(ada) == ["added", "changed", "moved"]
    with guest.database.read() as session:
        reader = preferences.look(session, subscriber_id=ada, now=NOW)
        assert directory.find(session, mailbox=NEW.mailbox, keyring=KEYRING) is not None
        assert directory.find(session, mailbox=ADA.mailbox, keyring=KEYRING) is None
    assert reader.preferences == wanted


def test_the_link_shows_a_button_and_works_as_often_as_it_is_pressed(
    guest: Guest, ada: int
) -> None:
    ask(guest, ada)
    assert guest.get(confirm_link(guest)).text.count("<button") == 1
    assert email_of(guest, ada) == ADA.email
    for _ in range(3):
        assert guest.ask("POST", confirm_link(guest)).status_code == 303
    assert "Your issues go to a***@new.example now." in guest.get(confirm_link(guest)).text
    assert guest.events(ada) == ["added", "moved"]
    assert [kind for kind, _, _ in letters(guest)] == ["address", "moved"]


def test_check_20_after_five_wrong_codes_even_the_right_one_is_refused(
    guest: Guest, ada: int
) -> None:
    page = ask(guest, ada)
    right = code(guest)
    wrong = f"{(int(right) + 1) % 1_000_000:06}"
    answers = [guest.ask("POST", page, data={"code": wrong}) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {422}
    assert "Tries left: 4." in answers[0].text
    assert "Now only the link in the email works." in answers[4].text
    assert guest.ask("POST", page, data={"code": right}).status_code == 422
    assert email_of(guest, ada) == ADA.email
    guest.press(confirm_link(guest), "Use the new address")
    assert email_of(guest, ada) == NEW.email


def test_check_20_a_code_is_good_for_its_own_move_and_reader_only(guest: Guest, ada: int) -> None:
    with guest.database.begin() as session:
        (grace,) = subscribe(session, GRACE)
    page = ask(guest, ada)
    strange = page.replace(own(guest, ada), own(guest, grace))
    assert guest.get(strange).status_code == 404
    assert guest.ask("POST", strange, data={"code": code(guest)}).status_code == 404
    assert email_of(guest, ada) == ADA.email


def test_what_cannot_be_an_address_is_refused_and_stays_in_the_field(
    guest: Guest, ada: int
) -> None:
    for typed, words in (
        ("not an address", "This is not an email address."),
        ("a@b\r\nBcc: x@example.org", "This is not an email address."),
        ("", "This is not an email address."),
        ("x" * 1000 + "@example.org", "This is not an email address."),
        (ADA.email, "Your issues go to this address already."),
    ):
        answer = guest.ask("POST", own(guest, ada), data={"email": typed})
        assert answer.status_code == 422
        assert words in answer.text
        assert 'aria-invalid="true"' in answer.text
    assert letters(guest) == []


def test_strangers_get_few_letters_from_somebody_with_a_link(guest: Guest, ada: int) -> None:
    for number in range(6):
        form = {"email": f"victim{number % 4}@example.com"}
        answer = guest.ask("POST", own(guest, ada), data=form)
    assert answer.status_code == 303  # the second was asked for before: nothing new is sent
    refused = guest.ask("POST", own(guest, ada), data={"email": "victim9@example.com"})
    assert "You have named three addresses today." in refused.text
    assert len(letters(guest)) == 3


@pytest.mark.parametrize(
    ("status", "barrier", "letter"),
    [
        (Status.CONFIRMED, None, "exists"),
        (Status.UNSUBSCRIBED, None, "address"),
        (Status.COMPLAINED, None, None),
        (None, Reason.ERASURE, "address"),
        (None, Reason.COMPLAINT, None),
        (None, Reason.OPERATOR, None),
    ],
)
def test_the_page_does_not_tell_who_has_the_new_address_already(
    guest: Guest, ada: int, status: Status | None, barrier: Reason | None, letter: str | None
) -> None:
    with guest.database.begin() as session:
        if status:
            (holder,) = subscribe(session, NEW)
            session.get_one(SubscriberRow, holder).status = status
        if barrier:
            key = KEYRING.mailbox_keys(NEW.mailbox.canonical)[0]
            suppression.suppress(session, mailbox_key=key, reason=barrier, now=NOW)
    page = guest.get(ask(guest, ada)).text
    free = guest.get(ask(guest, ada, "free@new.example")).text
    assert _plain(page, NEW.email) == _plain(free, "free@new.example")
    assert [kind for kind, email, _ in letters(guest) if email == NEW.email] == (
        [letter] if letter else []
    )


def _plain(page: str, email: str) -> str:
    return re.sub(r"/address/\d+", "/address/N", page.replace(email, "EMAIL"))


def test_an_address_that_somebody_left_can_be_moved_to_and_given_back(
    guest: Guest, ada: int
) -> None:
    with guest.database.begin() as session:
        (old,) = subscribe(session, NEW)
        unsubscribe(session, subscriber_id=old, now=NOW, source="test")
    ask(guest, ada)
    guest.press(confirm_link(guest), "Use the new address")
    assert (email_of(guest, ada), email_of(guest, old)) == (NEW.email, None)
    guest.press(back_link(guest), "Back to the old address")
    assert (email_of(guest, ada), email_of(guest, old)) == (ADA.email, NEW.email)


def test_an_address_that_gets_issues_by_now_is_not_taken_over(guest: Guest, ada: int) -> None:
    ask(guest, ada)
    with guest.database.begin() as session:
        subscribe(session, NEW)
    answer = guest.press(confirm_link(guest), "Use the new address")
    assert "This address has a subscription of its own." in answer.text
    assert email_of(guest, ada) == ADA.email


def test_the_old_address_can_take_it_back_for_seven_days(guest: Guest, ada: int) -> None:
    ask(guest, ada)
    guest.press(confirm_link(guest), "Use the new address")
    late = at(guest, 7 * DAY)
    assert late.get(back_link(late)).status_code == 404
    in_time = at(guest, 7 * DAY - HOUR)
    page = in_time.get(back_link(in_time))
    assert "goes to a***@new.example instead of a***@example.org." in page.text
    undone = in_time.press(back_link(in_time), "Back to the old address")
    assert "Your issues go to the old address again." in undone.text
    in_time.ask("POST", back_link(in_time))
    assert email_of(guest, ada) == ADA.email
    assert guest.events(ada) == ["added", "moved", "moved"]
    assert "taken back" in guest.get(confirm_link(guest)).text


def test_a_new_secret_spoils_no_way_back(guest: Guest, ada: int) -> None:
    """Whether it is changed before the new address answers, or after."""
    ask(guest, ada)
    secrets = (b"the secret of the year after", b"the secret of next year", *KEYRING.secrets)
    later = Guest(guest.database, keyring=Keyring(secrets[1:]))
    later.press(confirm_link(guest), "Use the new address")
    latest = Guest(guest.database, keyring=Keyring(secrets))
    latest.ask("POST", back_link(guest))
    assert email_of(guest, ada) == ADA.email


def test_who_came_to_the_old_address_under_a_new_secret_keeps_it(guest: Guest, ada: int) -> None:
    ask(guest, ada)
    guest.press(confirm_link(guest), "Use the new address")
    renewed = Guest(guest.database, keyring=Keyring((b"the secret of next year", *KEYRING.secrets)))
    with guest.database.begin() as session:
        directory.add(
            session, mailbox=ADA.mailbox, keyring=renewed.keyring, source="agreed anew", now=NOW
        )
    renewed.ask("POST", back_link(guest))
    assert email_of(guest, ada) == NEW.email


def test_what_has_moved_on_since_is_not_taken_back(guest: Guest, ada: int) -> None:
    ask(guest, ada)
    guest.press(confirm_link(guest), "Use the new address")
    ask(guest, ada, "ada@newest.example")
    guest.press(confirm_link(guest, 2), "Use the new address")
    answer = guest.press(back_link(guest), "Back to the old address")
    assert "This can no longer be taken back" in answer.text
    assert email_of(guest, ada) == "ada@newest.example"


def test_a_move_that_is_over_is_forgotten_by_the_retention(guest: Guest, ada: int) -> None:
    def left(after: timedelta) -> list[str | None]:
        forget.expired(guest.database, settings=RetentionSettings(), now=NOW + after)
        with guest.database.read() as session:
            rows = session.scalars(select(ConfirmationRow).order_by(ConfirmationRow.id)).all()
        assert all(row.email or not (row.wishes or row.mailbox_key) for row in rows)
        return [row.email for row in rows]

    ask(guest, ada)
    guest.press(confirm_link(guest), "Use the new address")
    ask(guest, ada, "never@answered.example")
    assert left(DAY) == [NEW.email, "never@answered.example"]
    assert left(2 * DAY + HOUR) == [NEW.email, None]
    assert left(7 * DAY + HOUR) == [None, None]
    assert guest.get(confirm_link(guest)).status_code == 404


def test_the_letters_of_a_move_are_forgotten_with_it(guest: Guest, ada: int) -> None:
    def left(after: timedelta) -> list[tuple[str, str | None, str | None]]:
        forget.expired(guest.database, settings=RetentionSettings(), now=NOW + after)
        with guest.database.read() as session:
            rows = session.scalars(select(NoticeRow).order_by(NoticeRow.id)).all()
        return [(row.kind, row.email, row.reason) for row in rows]

    ask(guest, ada)
    guest.press(confirm_link(guest), "Use the new address")
    ask(guest, ada, "never@answered.example")
    with guest.database.begin() as session:
        for row in session.scalars(select(NoticeRow)):
            row.state, row.reason, row.ended_at = "rejected", f"550 <{row.email}>: no", NOW
    kinds = ["address", "moved", "address"]
    assert [kind for kind, _, _ in left(DAY)] == kinds
    assert [email for _, email, _ in left(DAY)] == [NEW.email, ADA.email, "never@answered.example"]
    assert left(2 * DAY + HOUR)[2] == ("address", None, None)
    assert left(2 * DAY + HOUR)[1][1] == ADA.email
    assert left(7 * DAY + HOUR) == [(kind, None, None) for kind in kinds]


def test_a_token_of_a_move_opens_nothing_else(guest: Guest, ada: int) -> None:
    ask(guest, ada)
    token = confirm_link(guest).rpartition("/")[2]
    for path in (f"/b/{token}", f"/u/{token}", f"/p/{token}", f"/l/{token}", f"/me/{token}"):
        assert guest.get(path).status_code == 404
    with guest.database.begin() as session:
        subscribe(session, EMMY)
    assert guest.get(confirm_link(guest, 99)).status_code == 404
    with guest.database.read() as session:
        assert [e.kind for e in consent.history(session, subscriber_id=ada)] == ["added"]
