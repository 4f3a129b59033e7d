"""Sign-up over HTTP: nobody joins who did not ask, nobody learns who has, no machine confirms."""

import re
import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from people import ADA, EMMY, GRACE, HEDY, KEYRING, NOW, subscribe
from sqlalchemy import event, func, select
from visitor import Visitor, Wristwatch, site_of

from digest.calendar import ScheduleSettings, next_due
from digest.editions import store as editions
from digest.editions.issue import NewsletterSettings
from digest.editions.state import EditionState
from digest.joining import SignupLimits, SignupSettings
from digest.pages import WebSettings
from digest.posts.topics import TopicSettings
from digest.tables import (
    Base,
    BudgetRow,
    ConfirmationRow,
    ConsentEventRow,
    NoticeRow,
    SubscriberRow,
)
from storage.database import Database
from subscribers import consent, suppression
from subscribers.suppression import Reason
from subscribers.tokens import Purpose

PATIENT = SignupSettings(minimum_seconds=0)


@pytest.fixture
def clock() -> Wristwatch:
    return Wristwatch.starting_at(NOW)


@pytest.fixture
def app(database: Database, clock: Wristwatch) -> Any:
    return site_of(database, clock=clock, signup=PATIENT)


@pytest.fixture
def visitor(app: Any) -> Visitor:
    return Visitor(app)


def confirmation(database: Database) -> ConfirmationRow:
    with database.read() as session:
        return session.scalars(select(ConfirmationRow).order_by(ConfirmationRow.id.desc())).one()


def link(database: Database) -> str:
    """Make the link of the latest letter."""
    row = confirmation(database)
    return f"/c/{KEYRING.sign(row.id, purpose=Purpose.CONFIRM, until=row.expires_at)}"


def code(database: Database) -> str:
    """Make the code of the latest letter."""
    row = confirmation(database)
    return KEYRING.code(row.id, at=row.requested_at)


def statuses(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(SubscriberRow.status).order_by(SubscriberRow.id)))


def notices(database: Database) -> list[tuple[str, str]]:
    with database.read() as session:
        rows = session.execute(select(NoticeRow.kind, NoticeRow.state).order_by(NoticeRow.id))
        return [(kind, state) for kind, state in rows]


def kinds(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(ConsentEventRow.kind).order_by(ConsentEventRow.id)))


def everything(database: Database) -> dict[str, int]:
    """Sum up every row of every table: any change shows."""
    with database.read() as session:
        return {
            table.name: hash(tuple(map(str, session.execute(select(table)).all())))
            for table in Base.metadata.sorted_tables
        }


def test_signing_up_changes_nothing_before_it_is_confirmed(
    database: Database, visitor: Visitor
) -> None:
    answer = visitor.sign_up(ADA.email)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sent"
    page = visitor.follow(answer)
    assert f"We sent an email to {ADA.email}." in page.text
    assert "Sent at 08:00. It can be sent once more tomorrow from 08:00." in page.text
    assert statuses(database) == ["pending"]
    assert notices(database) == [("confirm", "pending")]


def test_the_link_confirms_at_once_in_the_browser_that_asked_and_by_a_button_elsewhere(
    database: Database, app: Any, visitor: Visitor
) -> None:
    visitor.sign_up(ADA.email)
    stranger = Visitor(app)
    page = stranger.ask("GET", link(database))
    assert page.status_code == 200
    assert page.text.count("<button") == 1
    assert statuses(database) == ["pending"]
    done = visitor.ask("GET", link(database), headers={"Sec-Fetch-Mode": "navigate"})
    assert done.status_code == 303
    assert statuses(database) == ["confirmed"]
    welcome = visitor.follow(done)
    assert "Confirmed. Your first issue comes on Friday, 19 June 2026." in welcome.text
    assert 'href="/me/' in welcome.text
    again = stranger.ask("POST", link(database))
    assert "was already confirmed on 12 June 2026" in again.text
    assert "/me/" not in again.text
    assert kinds(database) == ["requested", "confirmed"]


def test_an_issue_that_left_before_its_slot_is_nobodys_first_one(
    database: Database, visitor: Visitor
) -> None:
    newsletter, week = NewsletterSettings().slug, next_due(ScheduleSettings(), NOW)
    with database.begin() as session:
        edition = editions.open_edition(session, newsletter, period=week, now=NOW)
        editions.move(session, edition, to=EditionState.FROZEN, now=NOW)
    visitor.sign_up(ADA.email)
    done = visitor.ask("GET", link(database), headers={"Sec-Fetch-Mode": "navigate"})
    assert "Your first issue comes on Friday, 26 June 2026." in visitor.follow(done).text


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", {}),
        ("OPTIONS", {}),
        ("GET", {"Sec-Purpose": "prefetch"}),
        ("GET", {"Sec-Purpose": "prefetch;prerender"}),
        ("GET", {"Purpose": "prefetch"}),
        ("GET", {"X-Moz": "prefetch"}),
        ("GET", {"Sec-Fetch-Mode": "no-cors"}),
    ],
)
def test_even_with_the_cookie_only_a_person_who_goes_there_confirms(
    database: Database, visitor: Visitor, method: str, headers: dict[str, str]
) -> None:
    visitor.sign_up(ADA.email)
    visitor.ask(method, link(database), headers=headers)
    assert statuses(database) == ["pending"]


def test_the_cookie_of_another_request_or_of_another_time_confirms_nothing(
    database: Database, app: Any, visitor: Visitor, clock: Wristwatch
) -> None:
    other = Visitor(app)
    other.sign_up(GRACE.email)
    with database.read() as session:
        theirs = session.scalars(select(ConfirmationRow)).one()
        token = KEYRING.sign(theirs.id, purpose=Purpose.CONFIRM, until=theirs.expires_at)
    visitor.sign_up(ADA.email)
    visitor.ask("GET", f"/c/{token}")
    forged = Visitor(app, cookies=dict.fromkeys(visitor.cookies, f"{theirs.id}.x"))
    forged.ask("GET", f"/c/{token}")
    # A link is no cookie: its token was made for something else.
    Visitor(app, cookies=dict.fromkeys(visitor.cookies, token)).ask("GET", f"/c/{token}")
    assert statuses(database) == ["pending", "pending"]
    clock.wind(hours=48)
    assert "Send a new link" in other.ask("GET", f"/c/{token}").text
    assert statuses(database) == ["pending", "pending"]


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(visitor: Visitor) -> None:
    cookie = visitor.sign_up(ADA.email).headers["set-cookie"]
    assert cookie.startswith("__Host-signup=")
    for word in ("HttpOnly", "SameSite=lax", "Secure", "Path=/", "Max-Age=172800"):
        assert word in cookie


@pytest.mark.parametrize("typed", ["{}", " {} ", "{0:.3} {0:3.3}"])
def test_the_code_confirms_on_the_page_whose_request_it_belongs_to(
    database: Database, visitor: Visitor, typed: str
) -> None:
    visitor.sign_up(ADA.email)
    digits = code(database)
    spaced = typed.format(digits) if typed != "{0:.3} {0:3.3}" else f"{digits[:3]} {digits[3:]}"
    answer = visitor.ask("POST", "/sent/code", data={"code": spaced})
    assert answer.status_code == 303
    assert "Confirmed." in visitor.follow(answer).text
    assert statuses(database) == ["confirmed"]


def test_a_code_without_its_request_fails(database: Database, app: Any, visitor: Visitor) -> None:
    visitor.sign_up(ADA.email)
    digits = code(database)
    stranger = Visitor(app)
    assert stranger.ask("POST", "/sent/code", data={"code": digits}).status_code == 422
    stranger.sign_up(GRACE.email)
    assert stranger.ask("POST", "/sent/code", data={"code": digits}).status_code == 422
    assert statuses(database) == ["pending", "pending"]


def test_the_code_opens_nothing_once_its_request_was_used(
    database: Database, app: Any, visitor: Visitor
) -> None:
    """And nobody learns by it that it was used: what it says is said of a wrong one, and counts."""
    visitor.sign_up(ADA.email)
    digits = code(database)
    Visitor(app).ask("POST", link(database))
    told = [visitor.ask("POST", "/sent/code", data={"code": digits}) for _ in range(5)]
    assert [answer.status_code for answer in told] == [422] * 5
    assert "4 tries left" in told[0].text
    assert "only the link" in told[-1].text
    assert "/me/" not in "".join(answer.text for answer in told)


def test_the_sixth_try_fails_even_if_it_is_right(database: Database, visitor: Visitor) -> None:
    visitor.sign_up(ADA.email)
    digits = code(database)
    wrong = f"{(int(digits) + 1) % 1_000_000:06}"
    told = [visitor.ask("POST", "/sent/code", data={"code": wrong}).text for _ in range(5)]
    for page, words in zip(
        told,
        ("4 tries left", "3 tries left", "2 tries left", "1 try left", "only the link"),
        strict=True,
    ):
        assert words in page
        assert 'role="alert"' in page
    assert visitor.ask("POST", "/sent/code", data={"code": digits}).status_code == 422
    assert statuses(database) == ["pending"]
    visitor.ask("POST", link(database))
    assert statuses(database) == ["confirmed"]


def test_whoever_enters_a_strangers_address_gets_no_more_tries_and_no_link_of_theirs(
    database: Database, app: Any, visitor: Visitor
) -> None:
    """A shared request must not open the reader's own page to whoever asked first."""
    attacker = Visitor(app)
    attacker.sign_up(ADA.email)
    for _ in range(3):
        attacker.ask("POST", "/sent/code", data={"code": "000000"})
    visitor.sign_up(ADA.email)
    with database.read() as session:
        assert session.scalars(select(ConfirmationRow.tries_left)).all() == [2]
    visitor.ask("POST", link(database))
    page = attacker.ask("GET", "/sent")
    assert "We sent an email to" in page.text
    assert "/me/" not in page.text


@pytest.mark.parametrize("mode", ["button", "code"])
def test_stricter_ways_to_confirm(database: Database, mode: Any) -> None:
    """S1: with "button" not even the cookie lets a GET confirm; with "code" no link does."""
    visitor = Visitor(site_of(database, signup=SignupSettings(minimum_seconds=0, confirm=mode)))
    visitor.sign_up(ADA.email)
    visitor.ask("GET", link(database))
    assert statuses(database) == ["pending"]
    visitor.ask("POST", link(database))
    assert statuses(database) == ["confirmed" if mode == "button" else "pending"]
    visitor.ask("POST", "/sent/code", data={"code": code(database)})
    assert statuses(database) == ["confirmed"]


def test_s1_looking_a_hundred_times_at_every_page_changes_no_row(
    database: Database, app: Any, visitor: Visitor
) -> None:
    visitor.sign_up(ADA.email)
    stranger, before = Visitor(app), everything(database)
    paths = ["/", "/subscribe", "/sent", "/sent/again", "/sent/code", link(database), "/c/x"]
    paths += [f"{link(database)}/again", "/welcome/x"]
    for method in ("GET", "HEAD", "OPTIONS"):
        for path in paths:
            for _ in range(100 if path == link(database) and method == "GET" else 2):
                stranger.ask(method, path)
    assert everything(database) == before


def test_s2_a_scanner_that_follows_every_link_confirms_none_of_a_thousand(
    database: Database, app: Any
) -> None:
    """It opens each link at once, with and without prefetch, and every link on the page."""
    with database.begin() as session:
        subscribe(session, ADA)
        session.add_all(
            ConfirmationRow(
                subscriber_id=1,
                purpose="signup",
                email=f"reader{n}@example.org",
                mailbox_key="k",
                wishes={},
                requested_at=NOW + timedelta(seconds=1),
                expires_at=NOW + timedelta(hours=48),
                tries_left=5,
            )
            for n in range(1000)
        )
    scanner = Visitor(app)
    page = ""
    for number in range(1, 1001):
        token = KEYRING.sign(number, purpose=Purpose.CONFIRM, until=NOW + timedelta(hours=48))
        page = scanner.ask("GET", f"/c/{token}").text
    for path in re.findall(r'href="(/[^"]*|\?[^"]*)"', page):
        scanner.ask("GET", path if path.startswith("/") else f"/c/x{path}")
    with database.read() as session:
        used = select(func.count()).where(ConfirmationRow.used_at.is_not(None))
        assert session.scalar(used) == 0
    assert kinds(database) == ["added"]


def test_s5_no_link_code_or_cookie_stands_in_the_database(
    database: Database, visitor: Visitor
) -> None:
    visitor.sign_up(ADA.email)
    (cookie,) = visitor.cookies.values()
    secrets = [link(database).removeprefix("/c/"), code(database), cookie.strip('"')]
    visitor.ask("POST", link(database))
    with database.read() as session:
        held = "".join(
            str(session.execute(select(table)).all()) for table in Base.metadata.sorted_tables
        )
    assert ADA.email in held
    assert [secret for secret in secrets if secret in held] == []


def four_kinds(database: Database, app: Any, clock: Wristwatch) -> dict[str, str]:
    """Prepare one address of each kind that a sign-up may meet."""
    with database.begin() as session:
        subscribe(session, GRACE)
        (key, *_) = KEYRING.mailbox_keys(HEDY.mailbox.canonical)
        suppression.suppress(session, mailbox_key=key, reason=Reason.OPERATOR, now=NOW)
    Visitor(app, ip="198.51.100.7").sign_up(EMMY.email)
    clock.wind(minutes=5)
    return {"new": ADA.email, "confirmed": GRACE.email, "pending": EMMY.email, "barred": HEDY.email}


def test_s4_the_answers_for_every_kind_of_address_are_alike(
    database: Database, app: Any, clock: Wristwatch
) -> None:
    told: Counter[str] = Counter()
    kinds_of = four_kinds(database, app, clock)
    for email in kinds_of.values():
        visitor = Visitor(app)
        answer = visitor.sign_up(email)
        pages = [answer, visitor.follow(answer)]
        pages += [
            visitor.ask("POST", "/sent/code", data={"code": "1"}),
            visitor.ask("GET", "/sent"),
        ]
        (cookie,) = visitor.cookies.values()
        whole = "\n".join(f"{p.status_code} {sorted(p.headers.items())} {p.text}" for p in pages)
        name = re.compile(r"content-length', '\d+'")
        whole = name.sub("", whole.replace(email, "X").replace(cookie, "C"))
        told[re.sub(r'value="[^"]*"', "", whole)] += 1
    assert list(told.values()) == [len(kinds_of)]


def test_s4_every_kind_of_address_costs_the_same_statements(
    database: Database, app: Any, clock: Wristwatch
) -> None:
    """Counting what the database is asked to do cannot be upset by a busy machine."""
    counted: dict[str, Counter[str]] = {}
    for kind, email in four_kinds(database, app, clock).items():
        verbs: Counter[str] = Counter()
        counted[kind] = verbs

        def count(_c: Any, _u: Any, sql: str, *_rest: Any, verbs: Counter[str] = verbs) -> None:
            verbs[" ".join(sql.split()[:1])] += 1

        event.listen(database.engine, "before_cursor_execute", count)
        Visitor(app).sign_up(email)
        event.remove(database.engine, "before_cursor_execute", count)
    totals = {kind: sum(verbs.values()) for kind, verbs in counted.items()}
    assert len(set(totals.values())) == 1, counted
    writes = {kind: sum(verbs[v] for v in ("INSERT", "UPDATE")) for kind, verbs in counted.items()}
    assert len(set(writes.values())) == 1, counted


def test_s3_a_thousand_requests_for_one_address_from_a_thousand_networks_send_one_letter(
    database: Database,
) -> None:
    """Through the real form behind a proxy of ours, with room in the budget of the domain."""
    limits = SignupLimits(per_domain=10_000)
    settings = SignupSettings(minimum_seconds=0, limits=limits)
    web = WebSettings(trusted_proxies=("192.0.2.1",))
    visitor = Visitor(site_of(database, signup=settings, web=web), ip="192.0.2.1")
    signed = visitor.form()
    for n in range(1000 if database.is_sqlite else 100):
        form = {"email": ADA.email, "form": signed}
        of = {"X-Forwarded-For": f"6.6.6.6, 10.{n % 250}.{n // 250}.9"}
        assert visitor.ask("POST", "/subscribe", data=form, headers=of).status_code == 303
    assert Counter(notices(database))["confirm", "pending"] == 1
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(ConfirmationRow)) == 1
        events = session.scalar(select(func.count()).select_from(ConsentEventRow))
        assert events == SignupLimits().per_address


def test_s3_a_new_letter_for_an_old_link_is_refused_with_the_time_to_wait(
    database: Database, clock: Wristwatch
) -> None:
    settings = SignupSettings(minimum_seconds=0, limits=SignupLimits(in_all=1))
    visitor = Visitor(site_of(database, clock=clock, signup=settings))
    visitor.sign_up(ADA.email)
    old = link(database)
    clock.wind(hours=72)
    assert Visitor(visitor.app).sign_up(GRACE.email).status_code == 303
    answer = visitor.ask("POST", f"{old}/again")
    assert answer.status_code == 429
    assert "Too many sign-ups in this hour." in answer.text
    assert 3500 <= int(answer.headers["retry-after"]) <= 3600


@pytest.mark.parametrize(
    ("limits", "ips", "emails"),
    [
        ({"per_ip": 3}, ["192.0.2.1"] * 9, None),
        ({"per_network": 3}, [f"192.0.2.{n}" for n in range(9)], None),
        ({"per_network": 3}, [f"2001:db8:1:{n}::1" for n in range(9)], None),
        ({"per_domain": 3}, [f"10.{n}.0.1" for n in range(9)], None),
        (
            {"in_all": 3},
            [f"10.{n}.0.1" for n in range(9)],
            [f"x@d{n}.example.org" for n in range(9)],
        ),
    ],
)
def test_s3_each_budget_ends_for_an_hour_and_says_until_when(
    database: Database,
    clock: Wristwatch,
    limits: dict[str, int],
    ips: list[str],
    emails: list[str] | None,
) -> None:
    settings = SignupSettings(minimum_seconds=0, limits=SignupLimits(**limits))
    app = site_of(database, clock=clock, signup=settings)
    emails = emails or [f"reader{n}@example.org" for n in range(9)]
    answers = [Visitor(app, ip=ip).sign_up(email) for ip, email in zip(ips, emails, strict=True)]
    assert [answer.status_code for answer in answers] == [303] * 3 + [429] * 6
    assert "Too many sign-ups in this hour. Try again at 09:00." in answers[-1].text
    german = Visitor(app, ip=ips[-1]).ask(
        "POST", "/subscribe?lang=de", data={"email": emails[-1], "form": Visitor(app).form()}
    )
    assert "Zu viele Anmeldungen in dieser Stunde. Bitte um 09:00 Uhr noch einmal." in german.text
    assert int(answers[-1].headers["retry-after"]) <= 3600
    assert len(statuses(database)) == 3
    clock.wind(hours=1, seconds=5)
    assert Visitor(app, ip=ips[0]).sign_up(emails[-1]).status_code == 303


def test_budgets_tell_neither_address_nor_network(database: Database, app: Any) -> None:
    Visitor(app, ip="192.0.2.77").sign_up(ADA.email)
    with database.read() as session:
        names = " ".join(session.scalars(select(BudgetRow.name)))
    for secret in ("ada", "example", "192", "0.2"):
        assert secret not in names


def test_a_letter_goes_out_once_a_day_and_three_times_in_all(
    database: Database, app: Any, clock: Wristwatch
) -> None:
    visitor = Visitor(app)
    visitor.sign_up(ADA.email)
    for _ in range(5):
        clock.wind(hours=24, seconds=1)
        visitor.sign_up(ADA.email)
    assert Counter(notices(database))["confirm", "pending"] == 3


def test_asking_again_after_a_day_makes_a_new_link_beside_the_old_one(
    database: Database, visitor: Visitor, clock: Wristwatch
) -> None:
    visitor.sign_up(ADA.email)
    old = link(database)
    assert "Send again" not in visitor.ask("GET", "/sent").text
    clock.wind(hours=24, seconds=1)
    assert "Send again" in visitor.ask("GET", "/sent").text
    assert visitor.ask("POST", "/sent/again").status_code == 303
    assert notices(database) == [("confirm", "pending")] * 2
    visitor.ask("POST", old)
    assert statuses(database) == ["confirmed"]


def test_an_expired_link_offers_a_new_one_and_a_damaged_one_the_form(
    database: Database, app: Any, visitor: Visitor, clock: Wristwatch
) -> None:
    visitor.sign_up(ADA.email)
    old = link(database)
    clock.wind(hours=49)
    page = Visitor(app).ask("GET", old)
    assert page.status_code == 404
    assert "this one is from 12 June 2026" in page.text
    assert ADA.email not in page.text
    answer = Visitor(app).ask("POST", f"{old}/again")
    assert answer.headers["location"] == "/sent"
    assert notices(database) == [("confirm", "pending")] * 2
    damaged = Visitor(app).ask("GET", old[:-2])
    assert damaged.status_code == 404
    assert "Enter your address once more" in damaged.text


def test_a_link_that_was_used_before_somebody_left_offers_the_form(
    database: Database, visitor: Visitor
) -> None:
    visitor.sign_up(ADA.email)
    visitor.ask("POST", link(database))
    leave = KEYRING.sign(confirmation(database).subscriber_id, purpose=Purpose.UNSUBSCRIBE)
    visitor.ask("POST", f"/u/{leave}")
    page = visitor.ask("POST", link(database))
    assert "You have unsubscribed" in page.text
    assert statuses(database) == ["unsubscribed"]


@pytest.mark.parametrize(
    ("reason", "letter", "after"),
    [
        (Reason.BOUNCE, "confirm", "confirmed"),
        (Reason.ERASURE, "confirm", "confirmed"),
        (Reason.COMPLAINT, "confirm", "confirmed"),
        (Reason.OPERATOR, "confirm", "pending"),
    ],
)
def test_a_new_opt_in_lifts_every_suppression_but_the_operators(
    database: Database, visitor: Visitor, reason: Reason, letter: str, after: str
) -> None:
    (key, *_) = KEYRING.mailbox_keys(ADA.mailbox.canonical)
    with database.begin() as session:
        suppression.suppress(session, mailbox_key=key, reason=reason, now=NOW)
    visitor.sign_up(ADA.email)
    barred = reason is Reason.OPERATOR
    assert notices(database) == [(letter, "skipped" if barred else "pending")]
    visitor.ask("POST", link(database))
    assert statuses(database) == [after]
    with database.read() as session:
        assert (suppression.find(session, mailbox_keys=[key]) is not None) is barred


def test_whoever_is_a_reader_gets_a_letter_that_says_so_once_in_a_week(
    database: Database, app: Any, clock: Wristwatch
) -> None:
    with database.begin() as session:
        subscribe(session, EMMY)
    for _ in range(3):
        Visitor(app).sign_up(EMMY.email)
        clock.wind(days=1)
    assert Counter(notices(database)) == {("exists", "pending"): 1, ("exists", "skipped"): 2}
    with database.read() as session:
        assert session.scalars(select(NoticeRow.language)).first() == "de"


def test_a_stranger_who_enters_a_readers_address_does_not_spoil_their_undo(
    database: Database, visitor: Visitor
) -> None:
    with database.begin() as session:
        (ada,) = subscribe(session, ADA)
    leave = f"/u/{KEYRING.sign(ada, purpose=Purpose.UNSUBSCRIBE)}"
    visitor.ask("POST", leave)
    visitor.sign_up(ADA.email)
    assert "Undo" in visitor.ask("GET", leave).text


def test_a_slip_of_the_pen_is_asked_about_and_never_refused(
    database: Database, visitor: Visitor
) -> None:
    page = visitor.sign_up("max@gmial.com")
    assert "max@gmial.com: did you mean max@gmail.com?" in page.text
    assert 'value="max@gmail.com"' in page.text
    assert statuses(database) == []
    assert visitor.sign_up("max@gmail.com", keep="max@gmial.com").status_code == 303
    assert confirmation(database).email == "max@gmial.com"


@pytest.mark.parametrize(
    "typed",
    ["", " ", "ada", "ada@", "@example.org", "ada@@example.org", "ada@example", "a b@example.org",
     "ada@example.org\r\nBcc: x@example.com", "ada\x00@example.org", '"a b"@example.org',
     "ada@[192.0.2.1]", "x" * 66 + "@example.org", "ada@ex\u0430mple.org", "a@" + "b" * 99 + ".org",
     "<script>@example.org"],
)  # fmt: skip
def test_what_is_no_address_comes_back_with_what_was_typed(
    database: Database, visitor: Visitor, typed: str
) -> None:
    page = visitor.sign_up(typed)
    assert page.status_code == 422
    assert "does not look like an email address" in page.text
    assert 'aria-invalid="true"' in page.text
    assert 'href="#email"' in page.text
    assert "<script>" not in page.text
    assert statuses(database) == []


def test_an_address_at_an_idn_domain_is_kept_as_a_label(
    database: Database, visitor: Visitor
) -> None:
    visitor.sign_up("ada@b\u00fccher.example.org")
    assert confirmation(database).email == "ada@xn--bcher-kva.example.org"


def test_machines_fall_into_the_trap_the_clock_and_the_signed_form(database: Database) -> None:
    visitor = Visitor(site_of(database, signup=SignupSettings(minimum_seconds=30)))
    fast = visitor.sign_up(ADA.email)
    assert "press the button once more" in fast.text
    assert visitor.sign_up(ADA.email, website="https://spam.example").status_code == 303
    unsigned = visitor.ask("POST", "/subscribe", data={"email": ADA.email})
    assert unsigned.status_code == 200
    assert f'value="{ADA.email}"' in unsigned.text
    forged = visitor.ask("POST", "/subscribe", data={"email": ADA.email, "form": "abc.def"})
    assert forged.status_code == 200
    assert statuses(database) == []


def test_a_form_that_lay_open_too_long_is_asked_for_once_more(
    database: Database, visitor: Visitor, clock: Wristwatch
) -> None:
    page = visitor.ask("GET", "/")
    token = re.search(r'name="form" value="([^"]+)"', page.text)
    assert token
    clock.wind(hours=2)
    answer = visitor.ask("POST", "/subscribe", data={"email": ADA.email, "form": token[1]})
    assert "press the button once more" in answer.text
    assert statuses(database) == []


@pytest.mark.parametrize(
    ("keep", "ip"), [("full", "192.0.2.77"), ("cut", "192.0.2.0/24"), ("none", None)]
)
def test_the_evidence_holds_who_when_where_and_the_very_words(
    database: Database, clock: Wristwatch, keep: Any, ip: str | None
) -> None:
    settings = SignupSettings(minimum_seconds=0, keep_ip=keep)
    visitor = Visitor(site_of(database, clock=clock, signup=settings), ip="192.0.2.77")
    page = visitor.ask("GET", "/")
    visitor.sign_up(" Ada <ADA@example.org> ")
    clock.wind(minutes=3)
    visitor.ask("POST", link(database), headers={"User-Agent": "Reader/1.0"})
    with database.read() as session:
        asked, confirmed = consent.history(session, subscriber_id=1)
    told = asked.evidence["consent"]
    assert told["text"] in page.text
    assert told["language"] == "en"
    assert len(told["version"]) == 12
    assert asked.evidence["address"] == "Ada <ADA@example.org>"
    assert asked.evidence["form"] == "https://digest.example/subscribe"
    assert asked.evidence.get("ip") == ip
    assert (
        confirmed.source == "confirmed by link in the same browser" or "button" in confirmed.source
    )
    assert confirmed.evidence["user_agent"] == "Reader/1.0"
    assert confirmed.evidence.get("ip") == ip
    assert confirmed.evidence["confirmation"] == asked.evidence["confirmation"]
    assert confirmed.at - asked.at >= timedelta(minutes=3)


@pytest.mark.parametrize(
    ("trusted", "forwarded", "ip"),
    [
        ((), "203.0.113.9", "192.0.2.1"),
        (("10.0.0.0/8",), "203.0.113.9", "192.0.2.1"),
        (("192.0.2.0/24",), "203.0.113.9", "203.0.113.9"),
        (("192.0.2.1",), "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (("192.0.2.1", "203.0.113.9"), "6.6.6.6, 203.0.113.9", "6.6.6.6"),
        (("192.0.2.1",), "not an address", "192.0.2.1"),
        (("192.0.2.1",), "", "192.0.2.1"),
    ],
)
def test_s15_a_forwarded_address_counts_only_from_a_trusted_proxy(
    database: Database, trusted: tuple[str, ...], forwarded: str, ip: str
) -> None:
    app = site_of(
        database,
        signup=SignupSettings(minimum_seconds=0, keep_ip="full"),
        web=WebSettings(trusted_proxies=trusted),
    )
    page = Visitor(app, ip="192.0.2.1").ask("GET", "/")
    token = re.search(r'name="form" value="([^"]+)"', page.text)
    assert token
    Visitor(app, ip="192.0.2.1").ask(
        "POST",
        "/subscribe",
        data={"email": ADA.email, "form": token[1]},
        headers={"X-Forwarded-For": forwarded},
    )
    with database.read() as session:
        assert consent.history(session, subscriber_id=1)[0].evidence["ip"] == ip


def test_wishes_take_effect_when_they_are_confirmed(database: Database) -> None:
    topics = TopicSettings(topics={"Storage": ("databases",), "Operations": ("sre",)})
    visitor = Visitor(site_of(database, signup=PATIENT, topics=topics))
    assert "at least one topic" in visitor.sign_up(ADA.email, asked="1").text
    visitor.sign_up(ADA.email, asked="1", topic=["storage", "made-up"])
    visitor.ask("POST", link(database))
    with database.read() as session:
        row = session.scalars(select(SubscriberRow)).one()
    assert (row.topics, row.language, row.status) == ("storage", "en", "confirmed")


def test_two_who_confirm_at_once_are_one_reader_with_one_event(
    database: Database, app: Any, visitor: Visitor
) -> None:
    visitor.sign_up(ADA.email)
    path = link(database)
    told: list[str] = []

    def press() -> None:
        told.append(Visitor(app).ask("POST", path).headers.get("location", "").partition("?")[0])

    threads = [threading.Thread(target=press) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kinds(database) == ["requested", "confirmed"]
    assert sorted(where.split("/")[1:2] for where in told) == [[]] * 5 + [["welcome"]]


def test_a_confirmation_faster_than_a_person_is_marked(
    database: Database, app: Any, visitor: Visitor, clock: Wristwatch
) -> None:
    visitor.sign_up(ADA.email)
    with database.begin() as session:
        row = session.scalars(select(NoticeRow)).one()
        row.state, row.ended_at = "accepted", clock.now()
    Visitor(app).ask("POST", link(database))
    with database.read() as session:
        assert consent.history(session, subscriber_id=1)[-1].evidence["fast"] is True


@pytest.mark.parametrize(
    ("headers", "content", "status"),
    [
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"x" * 10_000_000, 413),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"nonsense", 400),
        ({"Content-Type": "application/json"}, b"{}", 422),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"email=%ff%fe%00", 422),
    ],
)
def test_a_body_that_no_form_sends_is_refused(
    database: Database, visitor: Visitor, headers: dict[str, str], content: bytes, status: int
) -> None:
    answer = visitor.ask("POST", "/subscribe", headers=headers, content=content)
    assert answer.status_code == status
    assert statuses(database) == []


def test_a_body_of_unknown_length_is_cut_off(database: Database, visitor: Visitor) -> None:
    async def endless() -> Any:
        for _ in range(40):
            yield b"x" * 65_536

    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert visitor.ask("POST", "/subscribe", headers=kind, content=endless()).status_code == 413
    assert statuses(database) == []


def test_the_pages_say_the_same_in_german(database: Database, visitor: Visitor) -> None:
    page = visitor.ask("GET", "/?lang=de")
    assert "Abonnieren" in page.text
    token = re.search(r'name="form" value="([^"]+)"', page.text)
    assert token
    answer = visitor.ask("POST", "/subscribe?lang=de", data={"email": ADA.email, "form": token[1]})
    assert answer.headers["location"] == "/sent?lang=de"
    assert "Sehen Sie in Ihr Postfach" in visitor.follow(answer).text
    with database.read() as session:
        assert session.scalars(select(NoticeRow.language)).one() == "de"
        told = consent.history(session, subscriber_id=1)[0].evidence["consent"]
    assert told["language"] == "de"
    assert told["text"].startswith("Schicken Sie mir")
