"""The post office: every notice once, named when nobody can know, and no secret kept."""

import re
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from itertools import pairwise

import pytest
from people import ADA, EMMY, KEYRING, NOW, subscribe
from sqlalchemy import select
from visitor import Wristwatch

from digest import forget, welcome
from digest.calendar import ScheduleSettings
from digest.delivery import tray
from digest.delivery.notices import PostOffice
from digest.delivery.retry import RetrySettings
from digest.editions.issue import NewsletterSettings
from digest.joining import SignupSettings
from digest.mail.letter import Letter
from digest.mail.mime import SenderSettings
from digest.mail.notice import Notice, NoticeKind
from digest.mail.outcome import Outcome, Stage, Verdict
from digest.pages import WebSettings
from digest.providers.capabilities import EVERYTHING, Capabilities
from digest.providers.carrier import Connection, Dot, Fate
from digest.render.notices import NoticeWriter
from digest.render.theme import load_theme
from digest.tables import Base, ConfirmationRow, NoticeRow, SubscriberRow
from digest.welcome import Wanted
from storage.database import Database
from subscribers import consent, directory, returned, suppression
from subscribers.preferences import Preferences
from subscribers.returned import Addressee
from subscribers.settings import RetentionSettings
from subscribers.signup import Application
from subscribers.suppression import Reason
from subscribers.tokens import Purpose
from subscribers.unsubscribe import unsubscribe

ACCEPTED = Outcome(verdict=Verdict.ACCEPTED, stage=Stage.DOT, code=250, text="2.0.0 queued as 7")
THEME = load_theme("weekly")


class Killed(BaseException):
    """The process dies here."""


@dataclass
class Counter:
    """A counter at which letters are handed over; it answers as it was told."""

    answers: list[Outcome | str] = field(default_factory=list)
    meanwhile: Callable[[], object] = bool  # what happens while the text is handed over
    afterwards: Callable[[], object] = bool  # what happens while the answer is awaited
    letters: list[Letter] = field(default_factory=list)
    name: str = "counter"
    capabilities: Capabilities = EVERYTHING

    def connect(self) -> Connection:
        """Stand at the counter."""
        return self

    def check(self) -> str | None:
        """Find nothing in the way."""
        return None

    def hand_over(self, letters: Iterable[Letter], *, dot: Dot) -> Iterator[Fate]:
        """Take letters (see `Connection.hand_over`)."""
        for letter in letters:
            answer = self.answers.pop(0) if self.answers else ACCEPTED
            if answer == "killed before the dot":
                raise Killed
            self.meanwhile()
            if not dot(letter):
                yield letter, Outcome(verdict=Verdict.WITHDRAWN, stage=Stage.TEXT, counted=False)
                continue
            if answer == "killed after the dot":
                raise Killed
            assert isinstance(answer, Outcome)
            if answer.verdict is Verdict.ACCEPTED:
                self.letters.append(letter)
            self.afterwards()
            yield letter, answer

    def close(self) -> None:
        """Leave."""


@pytest.fixture
def clock() -> Wristwatch:
    return Wristwatch.starting_at(NOW)


@pytest.fixture
def counter() -> Counter:
    return Counter()


def writer(signup: SignupSettings | None = None) -> NoticeWriter:
    return NoticeWriter(
        newsletter=NewsletterSettings(),
        sender=SenderSettings(),
        web=WebSettings(public_url="https://digest.example.org"),
        schedule=ScheduleSettings(),
        signup=signup or SignupSettings(),
        keyring=KEYRING,
        theme=THEME,
    )


@pytest.fixture
def office(database: Database, clock: Wristwatch, counter: Counter) -> Callable[[], PostOffice]:
    """Open post offices: each is a process of its own."""

    def open_one() -> PostOffice:
        return PostOffice(
            database,
            build=lambda: counter,
            write=writer().write,
            retry=RetrySettings(),
            clock=clock,
            stop=threading.Event(),
        )

    return open_one


def ask(
    database: Database,
    *,
    kind: NoticeKind = NoticeKind.CONFIRM,
    hours: int = 48,
    language: str = "en",
) -> None:
    """Put a notice to Ada into the tray."""
    with database.begin() as session:
        (ada,) = subscribe(session, ADA)
        row = session.scalars(select(ConfirmationRow)).first()
        if row is None:
            row = ConfirmationRow(
                subscriber_id=ada,
                purpose="signup",
                email=ADA.email,
                mailbox_key="k",
                wishes={},
                requested_at=NOW,
                expires_at=NOW + timedelta(hours=48),
                tries_left=5,
            )
            session.add(row)
            session.flush()
        wanted = Wanted(
            kind=kind,
            subscriber_id=ada,
            confirmation_id=row.id,
            email=ADA.email,
            language=language,
            expires_at=NOW + timedelta(hours=hours),
        )
        assert welcome.ask(session, wanted, now=NOW)


def clear(database: Database) -> None:
    """Make the database new."""
    Base.metadata.drop_all(database.engine)
    Base.metadata.create_all(database.engine)


def fate(database: Database) -> tuple[str, str | None, str | None]:
    with database.read() as session:
        row = session.scalars(select(NoticeRow)).one()
        return row.state, row.code, row.reason


def test_a_notice_goes_out_once_and_leaves_its_proof(
    database: Database, office: Callable[[], PostOffice], counter: Counter
) -> None:
    ask(database)
    for _ in range(3):
        office().work()
    assert len(counter.letters) == 1
    assert fate(database) == ("accepted", "250", None)
    with database.read() as session:
        proof = consent.history(session, subscriber_id=1)[-1]
    assert proof.kind == "mailed"
    assert proof.evidence["message_id"] == "<n.1@digest.example>"
    assert proof.evidence["answer"] == "250 2.0.0 queued as 7"
    (letter,) = counter.letters
    assert proof.evidence["message_id"].encode() in letter.message


def test_s5_the_proof_and_the_row_hold_neither_link_nor_code(
    database: Database, office: Callable[[], PostOffice], counter: Counter
) -> None:
    ask(database)
    office().work()
    text = str(message_of(counter.letters[0]).get_body(("plain",)))
    link = re.search(r"/c/(\S+)", text)
    digits = re.search(r"(\d{3}) (\d{3})\n", text)
    assert link
    assert digits
    with database.read() as session:
        kept = str(consent.history(session, subscriber_id=1)) + str(
            [vars(row) for row in session.scalars(select(NoticeRow))]
        )
    for secret in (link[1], digits[0].strip(), digits[1] + digits[2]):
        assert secret not in kept


def test_killed_before_the_dot_it_goes_out_later_and_killed_after_it_it_is_named(
    database: Database, office: Callable[[], PostOffice], counter: Counter, clock: Wristwatch
) -> None:
    ask(database)
    counter.answers = ["killed before the dot"]
    with pytest.raises(Killed):
        office().work()
    assert fate(database)[0] == "claimed"
    assert office().work() == {}
    clock.wind(minutes=3)
    counter.answers = ["killed after the dot"]
    with pytest.raises(Killed):
        office().work()
    assert fate(database)[0] == "committing"
    clock.wind(minutes=3)
    assert office().work() == {}
    assert fate(database)[::2] == (
        "unknown",
        "the sender died between the final dot and the answer",
    )
    assert counter.letters == []
    with database.read() as session:
        assert tray.in_words(session) == "1 unknown; of which unknown: 1"


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Outcome(verdict=Verdict.REFUSED, stage=Stage.RCPT, code=550), "rejected"),
        (Outcome(verdict=Verdict.RETRY, stage=Stage.RCPT, code=451), "deferred"),
        (Outcome(verdict=Verdict.UNKNOWN, stage=Stage.REPLY), "unknown"),
        (Outcome(verdict=Verdict.CONFIG, stage=Stage.AUTH, counted=False), "pending"),
        (Outcome(verdict=Verdict.RETRY, stage=Stage.CONNECT, counted=False), "pending"),
    ],
)
def test_each_answer_has_its_state(
    database: Database,
    office: Callable[[], PostOffice],
    counter: Counter,
    answer: Outcome,
    state: str,
) -> None:
    ask(database)
    counter.answers = [answer]
    office().work()
    assert fate(database)[0] == state


def test_d11_what_was_put_off_is_tried_again_while_it_is_of_use(
    database: Database, office: Callable[[], PostOffice], counter: Counter, clock: Wristwatch
) -> None:
    ask(database, kind=NoticeKind.LINK, hours=1)
    put_off = Outcome(verdict=Verdict.RETRY, stage=Stage.RCPT, code=451)
    counter.answers = [put_off] * 9
    one = office()
    for _ in range(8):
        one.work()
        clock.wind(minutes=12)
    assert fate(database)[0] in {"failed", "skipped"}
    assert 2 <= 9 - len(counter.answers) <= 4
    assert counter.letters == []


def test_a_notice_that_nobody_needs_any_more_is_withdrawn_before_the_dot(
    database: Database, office: Callable[[], PostOffice], counter: Counter
) -> None:
    ask(database)
    with database.begin() as session:
        session.scalars(select(ConfirmationRow)).one().used_at = NOW
    office().work()
    assert fate(database)[0] == "skipped"
    assert counter.letters == []


@pytest.mark.parametrize(("minutes", "holds"), [(1, True), (3, False)])
def test_an_intent_that_is_asked_again_holds_as_long_as_the_notice_is_ours(
    database: Database,
    office: Callable[[], PostOffice],
    counter: Counter,
    clock: Wristwatch,
    minutes: int,
    holds: bool,  # noqa: FBT001 - a case of the table
) -> None:
    seen: list[bool] = []

    def hand_over(letters: Iterable[Letter], *, dot: Dot) -> Iterator[Fate]:
        for letter in letters:
            seen.append(dot(letter))
            clock.wind(minutes=minutes)
            seen.append(dot(letter))
            yield letter, ACCEPTED

    counter.hand_over = hand_over  # type: ignore[method-assign]
    ask(database)
    office().work()
    assert seen == [True, holds]
    assert fate(database)[0] == "accepted"


def befall(database: Database, what: str) -> None:
    """Have this happen to Ada."""
    with database.begin() as session:
        row = session.scalars(select(SubscriberRow)).one()
        if what == "leaves":
            unsubscribe(session, subscriber_id=row.id, now=NOW, source="one click")
        elif what == "is taken off":
            directory.take_off(session, subscriber_id=row.id, now=NOW, source="the operator")
        elif what == "complains":
            ada = Addressee(subscriber_id=row.id, email=ADA.email)
            returned.complained(session, ada, now=NOW, detail="a report")
        else:
            key = row.mailbox_key if what == "is barred" else "k"
            suppression.suppress(session, mailbox_key=key, reason=Reason.OPERATOR, now=NOW)


@pytest.mark.parametrize("when", ["before", "meanwhile"])
@pytest.mark.parametrize(
    ("kind", "ends", "does_not"),
    [
        (NoticeKind.WELCOME, ["leaves", "is taken off", "complains", "is barred"], []),
        (NoticeKind.LINK, ["is taken off", "complains", "is barred"], ["leaves"]),
        (NoticeKind.CONFIRM, ["is barred"], ["leaves", "complains"]),
        (NoticeKind.REMINDER, ["is barred"], ["leaves"]),
        (NoticeKind.EXISTS, ["is barred"], ["leaves"]),
        (NoticeKind.ADDRESS, ["has the new address barred"], ["is barred", "leaves"]),
        (NoticeKind.MOVED, [], ["leaves", "is taken off", "complains", "is barred"]),
    ],
)
def test_a_notice_goes_to_nobody_who_must_not_get_it_any_more(
    database: Database,
    office: Callable[[], PostOffice],
    counter: Counter,
    kind: NoticeKind,
    ends: list[str],
    does_not: list[str],
    when: str,
) -> None:
    for what in (*ends, *does_not):
        ask(database, kind=kind)
        if when == "before":
            befall(database, what)
        counter.meanwhile = partial(befall, database, what) if when == "meanwhile" else bool
        office().work()
        state, _, reason = fate(database)
        assert (state, bool(reason)) == (("skipped", True) if what in ends else ("accepted", False))
        assert len(counter.letters) == (what in does_not), what
        counter.letters.clear()
        clear(database)


REFUSED = Outcome(verdict=Verdict.REFUSED, stage=Stage.RCPT, text=f"<{ADA.email}>: no such user")


@pytest.mark.parametrize("answer", [ACCEPTED, REFUSED])
def test_an_answer_after_the_erasure_brings_nothing_back(
    database: Database, office: Callable[[], PostOffice], counter: Counter, answer: Outcome
) -> None:
    def erase() -> None:
        with database.begin() as session:
            forget.erase(session, subscriber_id=1, now=NOW, source="by request")

    ask(database)
    counter.answers, counter.afterwards = [answer], erase
    office().work()
    with database.read() as session:
        told = [(event.kind, event.evidence) for event in consent.history(session, subscriber_id=1)]
        notice = session.scalars(select(NoticeRow)).one()
    assert ADA.email not in f"{told} {notice.email} {notice.reason} {notice.facts}"
    assert (("mailed", {"confirmation": 1}) in told) == (answer is ACCEPTED)
    assert notice.state in {"accepted", "rejected"}


@pytest.mark.parametrize("is_last", [True, False])
def test_an_answer_about_whoever_was_deleted_meanwhile_stops_nobody(
    database: Database, office: Callable[[], PostOffice], counter: Counter, *, is_last: bool
) -> None:
    """Of the last notice a row without a word in it is left, so that no other gets its number."""
    with database.begin() as session:
        wanted = Application(mailbox=ADA.mailbox, wishes=Preferences(), source="form")
        welcome.apply(session, wanted, keyring=KEYRING, now=NOW)
        if not is_last:
            (emmy,) = subscribe(session, EMMY)
            row = NoticeRow(kind="welcome", subscriber_id=emmy, language="en", state="skipped")
            row.created_at = row.expires_at = NOW
            session.add(row)
    later = NOW + timedelta(days=8)
    settings = RetentionSettings()
    counter.afterwards = partial(forget.expired, database, settings=settings, now=later)
    office().work()
    assert len(counter.letters) == 1
    with database.read() as session:
        assert (session.get(NoticeRow, 1) is not None) == is_last
        assert consent.history(session, subscriber_id=1) == []


def test_a_notice_that_cannot_be_written_stops_no_other(
    database: Database, office: Callable[[], PostOffice], counter: Counter
) -> None:
    ask(database)
    ask(database, kind=NoticeKind.EXISTS)
    with database.begin() as session:
        session.get_one(NoticeRow, 1).email = "no address"
    office().work()
    assert len(counter.letters) == 1
    with database.read() as session:
        states = session.scalars(select(NoticeRow.state).order_by(NoticeRow.id)).all()
    assert states == ["failed", "accepted"]


def test_two_post_offices_at_once_send_nothing_twice(
    database: Database, office: Callable[[], PostOffice], counter: Counter
) -> None:
    kinds = (NoticeKind.CONFIRM, NoticeKind.EXISTS, NoticeKind.MOVED, NoticeKind.WELCOME)
    for kind in kinds:
        ask(database, kind=kind)
    threads = [threading.Thread(target=office().work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(letter.key for letter in counter.letters) == ["n.1", "n.2", "n.3", "n.4"]


@pytest.mark.parametrize(
    ("kind", "steps", "sent"),
    [
        (NoticeKind.CONFIRM, [0, 1, 23, 25, 26, 50, 75, 100], 3),
        (NoticeKind.EXISTS, [0, 24, 100, 169], 2),
        (NoticeKind.LINK, [0, 1, 2, 3, 23, 25], 4),
        (NoticeKind.WELCOME, [0, 1000, 20_000], 1),
    ],
)
def test_d11_each_kind_has_its_limits(
    database: Database, kind: NoticeKind, steps: list[int], sent: int
) -> None:
    assert all(one < other for one, other in pairwise(steps))
    with database.begin() as session:
        (ada,) = subscribe(session, ADA)
        wanted = Wanted(
            kind=kind,
            subscriber_id=ada,
            email=ADA.email,
            language="en",
            expires_at=NOW + timedelta(days=3000),
        )
        granted = [
            welcome.ask(session, wanted, now=NOW + timedelta(hours=hours)) for hours in steps
        ]
    assert sum(granted) == sent
    with database.read() as session:
        assert session.scalars(select(NoticeRow.state)).all() == ["pending"] * sent


def notice(kind: NoticeKind, *, language: str = "en") -> Notice:
    return Notice(
        id=7,
        kind=kind,
        subscriber_id=3,
        confirmation_id=5,
        email=ADA.email,
        language=language,
        created_at=NOW,
        expires_at=NOW + timedelta(hours=48),
        requested_at=NOW,
    )


def message_of(letter: Letter) -> EmailMessage:
    return message_from_bytes(letter.message, policy=policy.default)


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("kind", list(NoticeKind))
def test_d11_every_notice_is_plain_automatic_and_says_who_and_why(
    kind: NoticeKind, language: str
) -> None:
    written = writer().write(notice(kind, language=language))
    message = message_of(written.letter)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["Precedence"] is None
    assert message["List-Unsubscribe"] is None
    assert message["To"] == ADA.email
    text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    html = message.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "1 Example Street" in text
    assert "1 Example Street" in html
    assert f'<html lang="{language}" dir="ltr">' in html
    for word in ("<img", "<script", "<link", "<form", "@import", "utm_", "{{", "%("):
        assert word not in html
        assert word not in text
    hosts = set(re.findall(r'(?:href|src)="https?://([^/"]+)', html))
    assert hosts == {"digest.example.org"}
    assert all(len(line) <= 72 or "https://" in line for line in text.splitlines())
    assert html.count("<table") == html.count('role="presentation"')
    assert len(written.letter.message) < 9_500


@pytest.mark.parametrize("language", ["en", "de"])
def test_d11_the_confirmation_has_link_and_code_and_no_post(language: str) -> None:
    message = message_of(writer().write(notice(NoticeKind.CONFIRM, language=language)).letter)
    code = KEYRING.code(5, at=NOW)
    shown = f"{code[:3]} {code[3:]}"
    token = KEYRING.sign(5, purpose=Purpose.CONFIRM, until=NOW + timedelta(hours=48))
    for part in ("plain", "html"):
        body = message.get_body((part,)).get_content()  # type: ignore[union-attr]
        assert shown in body
        assert f"https://digest.example.org/c/{token}" in body
    assert shown in message["Subject"]


def test_where_only_the_code_confirms_the_letter_has_no_link() -> None:
    strict = writer(SignupSettings(confirm="code"))
    message = strict.write(notice(NoticeKind.CONFIRM)).letter.message
    assert b"/c/" not in message
    assert KEYRING.code(5, at=NOW)[:3].encode() in message


def test_the_same_notice_gives_the_same_bytes() -> None:
    first, second = (writer().write(notice(NoticeKind.CONFIRM)).letter for _ in range(2))
    assert first == second


def test_no_language_mixes_with_another() -> None:
    german = writer().write(notice(NoticeKind.CONFIRM, language=EMMY.language)).copy
    for word in ("Type", "code there", "Someone", "confirm", "Not you"):
        assert word not in german


def test_another_carrier_takes_what_the_first_does_not_and_the_first_is_left_alone_meanwhile(
    database: Database, clock: Wristwatch, counter: Counter
) -> None:
    ask(database)
    down = Outcome(verdict=Verdict.RETRY, stage=Stage.CONNECT, text="refused", counted=False)
    counter.answers = [down] * 9
    stand_in = Counter(name="stand-in")
    office = PostOffice(
        database,
        build=lambda: counter,
        stand_ins=[lambda: stand_in],
        write=writer().write,
        retry=RetrySettings(),
        clock=clock,
        stop=threading.Event(),
    )
    office.work()
    office.work()
    assert fate(database)[0] == "accepted"
    assert (len(counter.letters), len(stand_in.letters)) == (0, 1)
    assert len(counter.answers) == 8


def test_a_notice_without_an_answer_is_given_to_no_other_carrier(
    database: Database, clock: Wristwatch, counter: Counter
) -> None:
    ask(database)
    counter.answers = [Outcome(verdict=Verdict.UNKNOWN, stage=Stage.REPLY, text="silence")]
    stand_in = Counter(name="stand-in")
    office = PostOffice(
        database,
        build=lambda: counter,
        stand_ins=[lambda: stand_in],
        write=writer().write,
        retry=RetrySettings(),
        clock=clock,
        stop=threading.Event(),
    )
    office.work()
    assert fate(database)[0] == "unknown"
    assert stand_in.letters == []
