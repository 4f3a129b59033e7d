"""A reader's own pages over HTTP: who gets in, what a form changes, and what it never tells."""

from dataclasses import replace
from datetime import timedelta

import pytest
from guest import Guest
from people import ADA, GRACE, NOW, subscribe
from sqlalchemy import select

from digest.posts.topics import TopicSettings
from digest.tables import NoticeRow
from digest.web.site import SiteSettings
from storage.database import Database
from subscribers import consent, preferences
from subscribers.preferences import Preferences
from subscribers.tables import Format, Pace, SubscriberRow
from subscribers.tokens import Purpose

HOUR = timedelta(hours=1)
TOPICS = TopicSettings(topics={"Storage": ("databases",), "AI & agents": ("ai",), "Security": ()})


@pytest.fixture
def guest(database: Database) -> Guest:
    settings = SiteSettings(topics=TOPICS, languages=("en", "de"), paces=("weekly", "monthly"))
    return Guest(database, settings=settings)


@pytest.fixture
def ada(database: Database) -> int:
    with database.begin() as session:
        return subscribe(session, ADA)[0]


def me(guest: Guest, subscriber_id: int) -> str:
    return guest.link("me", subscriber_id, Purpose.MANAGE, until=NOW + HOUR)


def chosen(guest: Guest, subscriber_id: int) -> Preferences:
    with guest.database.read() as session:
        return preferences.look(
            session, subscriber_id=subscriber_id, now=guest.clock.now()
        ).preferences


def notices(guest: Guest) -> list[tuple[str, str | None, str]]:
    with guest.database.read() as session:
        rows = session.scalars(select(NoticeRow).order_by(NoticeRow.id))
        return [(row.kind, row.email, row.state) for row in rows]


def test_the_choices_of_the_form_are_kept_with_what_they_were(guest: Guest, ada: int) -> None:
    page = guest.get(me(guest, ada))
    assert page.text.count('type="checkbox"') == page.text.count(" checked") - 3 == 3
    saved = guest.press(
        me(guest, ada),
        "Save",
        topic=["storage", "security"],
        pace="monthly",
        language="de",
        format="text",
    )
    assert "Saved." in saved.text
    assert chosen(guest, ada) == Preferences(
        topics=("security", "storage"), pace=Pace.MONTHLY, language="de", format=Format.TEXT
    )
    with guest.database.read() as session:
        event = consent.latest(session, subscriber_id=ada)
    assert event is not None
    assert event.evidence["before"]["topics"] is None
    assert event.evidence["after"]["topics"] == ["security", "storage"]
    assert ADA.email not in saved.text


def test_saving_what_is_so_already_is_no_event(guest: Guest, ada: int) -> None:
    every = ["storage", "ai-and-agents", "security"]
    for _ in range(2):
        guest.press(me(guest, ada), "Save", topic=every, pace="weekly", language="en")
    assert chosen(guest, ada) == Preferences()
    assert guest.events(ada) == ["added"]


def test_no_topic_at_all_is_refused_with_words_and_what_was_chosen(guest: Guest, ada: int) -> None:
    answer = guest.ask("POST", me(guest, ada), data={"pace": "weekly"})
    assert answer.status_code == 422
    assert "Choose at least one topic, or unsubscribe." in answer.text
    assert 'role="alert"' in answer.text
    assert guest.events(ada) == ["added"]


def test_what_no_form_of_ours_sends_changes_nothing(guest: Guest, ada: int) -> None:
    for form, words in (
        ({"topic": "cooking"}, "Choose at least one topic"),
        ({"topic": "storage", "pace": "hourly"}, "Choose how often."),
        ({"topic": "storage", "language": "xx"}, "Choose one of the languages."),
        ({"topic": "storage", "format": "pdf"}, "Choose one of the two forms."),
    ):
        answer = guest.ask("POST", me(guest, ada), data=form)
        assert answer.status_code == 422
        assert words in answer.text
    assert chosen(guest, ada) == Preferences()
    assert guest.events(ada) == ["added"]


def test_where_there_is_one_answer_nothing_is_asked_and_nothing_lost(
    database: Database, ada: int
) -> None:
    kept = Preferences(topics=("old",), pace=Pace.MONTHLY, language="de-AT")
    with database.begin() as session:
        preferences.change(session, subscriber_id=ada, to=kept, now=NOW, source="test")
    guest = Guest(database, settings=SiteSettings(languages=("de",)))
    page = guest.get(me(guest, ada))
    for absent in ('name="topic"', 'name="pace"', 'name="language"'):
        assert absent not in page.text
    guest.press(me(guest, ada), "Save", format="text")
    assert chosen(guest, ada) == replace(kept, format=Format.TEXT)


def test_s5_check_21_no_link_of_an_issue_opens_a_readers_own_pages(guest: Guest, ada: int) -> None:
    ways = [("GET", ""), ("POST", ""), ("GET", "/address"), ("POST", "/address")]
    ways += [("GET", "/privacy"), ("GET", "/data.json"), ("GET", "/erase"), ("POST", "/erase")]
    ways += [("POST", "/pause"), ("POST", "/resume"), ("POST", "/return")]
    for purpose in (Purpose.UNSUBSCRIBE, Purpose.PAUSE, Purpose.ASK):
        for method, below in ways:
            answer = guest.ask(method, guest.link("me", ada, purpose) + below)
            assert answer.status_code == 403
            assert "example.org" not in answer.text
    assert guest.events(ada) == ["added"]
    assert chosen(guest, ada) == Preferences()
    assert notices(guest) == []


def test_check_21_a_fresh_link_dies_after_one_hour_and_offers_another(
    guest: Guest, ada: int
) -> None:
    path = me(guest, ada)
    assert guest.get(path).status_code == 200
    late = Guest(guest.database, clock=type(guest.clock).starting_at(NOW + HOUR))
    answer = late.get(path)
    assert answer.status_code == 403
    assert "This link has ended" in answer.text
    again = late.get(answer.text.partition('class="button" href="')[2].partition('"')[0])
    assert "We send a link to a***@example.org. It works for one hour." in again.text


def test_check_21_tokens_are_good_for_one_thing_and_one_person(guest: Guest, ada: int) -> None:
    with guest.database.begin() as session:
        (grace,) = subscribe(session, GRACE)
    other = guest.ask("POST", me(guest, grace), data={"topic": "storage"})
    assert other.status_code == 303
    assert chosen(guest, ada) == Preferences()
    for path in ("u", "p", "l", "a", "b"):
        token = me(guest, ada).rpartition("/")[2]
        assert guest.get(f"/{path}/{token}").status_code == 404


def test_a_fresh_link_goes_to_the_readers_own_address_three_times_a_day(
    guest: Guest, ada: int
) -> None:
    path = guest.link("l", ada, Purpose.ASK)
    answers = {guest.press(path, "Send the link").text for _ in range(9)}
    assert len(answers) == 1
    assert "On its way to a***@example.org." in answers.pop()
    states = [
        state for kind, email, state in notices(guest) if (kind, email) == ("link", ADA.email)
    ]
    assert states == ["pending"] * 3  # what is not sent leaves no row: it can be asked without end


def test_whoever_was_taken_off_the_list_gets_no_link_and_is_not_told(
    guest: Guest, ada: int
) -> None:
    with guest.database.begin() as session:
        session.get_one(SubscriberRow, ada).status = "complained"
    page = guest.press(guest.link("l", ada, Purpose.ASK), "Send the link")
    assert "On its way to" in page.text
    assert notices(guest) == []


def test_a_pause_is_one_button_and_its_undo(guest: Guest, ada: int) -> None:
    path = guest.link("p", ada, Purpose.PAUSE)
    page = guest.get(path)
    assert page.text.count("<button") == 1
    assert "10 July 2026" in page.text
    paused = guest.press(path, "Pause for 4 weeks")
    assert "Paused. a***@example.org gets no issue until 10 July 2026." in paused.text
    guest.ask("POST", f"{path}/pause")
    assert guest.events(ada) == ["added", "changed"]
    undone = guest.press(path, "Undo")
    assert "Undone." in undone.text
    assert guest.events(ada) == ["added", "changed", "changed"]
    assert guest.get(path).text.count("<button") == 1


def test_check_22_leaving_can_be_undone_with_every_choice_as_it_was(guest: Guest, ada: int) -> None:
    wanted = Preferences(topics=("security",), pace=Pace.MONTHLY, language="de", format=Format.TEXT)
    with guest.database.begin() as session:
        preferences.change(session, subscriber_id=ada, to=wanted, now=NOW, source="test")
    path = guest.link("u", ada, Purpose.UNSUBSCRIBE)
    guest.press(path, "Unsubscribe")
    undone = guest.press(path, "Undo")
    assert "gets issues again, with everything as it was." in undone.text
    assert chosen(guest, ada) == wanted
    with guest.database.read() as session:
        event = consent.latest(session, subscriber_id=ada)
    assert event is not None
    assert event.kind == "resubscribed"
    assert event.evidence["preferences"] == wanted.as_evidence()


def test_a_reason_is_one_click_and_noted_once(guest: Guest, ada: int) -> None:
    path = guest.link("u", ada, Purpose.UNSUBSCRIBE)
    assert guest.ask("POST", f"{path}/why", data={"why": "often"}).status_code == 303
    assert guest.events(ada) == ["added"]
    guest.press(path, "Unsubscribe")
    guest.press(path, "Not my topics", why="nonsense")
    page = guest.press(path, "Not my topics", why="topics")
    assert "Thank you, we have noted it." in page.text
    guest.ask("POST", f"{path}/why", data={"why": "other"})
    with guest.database.read() as session:
        events = consent.history(session, subscriber_id=ada)
    assert [event.evidence.get("why") for event in events] == [None, None, "topics"]
    assert "Undone." in guest.press(path, "Undo").text


def test_less_instead_of_nothing_leads_by_mail_to_the_choices_and_back_in(
    guest: Guest, ada: int
) -> None:
    left = guest.press(guest.link("u", ada, Purpose.UNSUBSCRIBE), "Unsubscribe")
    assert "Less instead of nothing?" in left.text
    ask = "/l/" + left.text.partition('href="/l/')[2].partition('"')[0]
    guest.press(ask, "Send the link")
    assert notices(guest) == [("link", ADA.email, "pending")]
    page = guest.get(me(guest, ada))
    assert "a***@example.org gets no issues." in page.text
    assert 'type="radio"' not in page.text
    back = guest.press(me(guest, ada), "Get issues again")
    assert "Undone." in back.text
    assert 'type="radio"' in back.text


def test_whoever_left_changes_nothing_by_an_old_form(guest: Guest, ada: int) -> None:
    guest.press(guest.link("u", ada, Purpose.UNSUBSCRIBE), "Unsubscribe")
    for below in ("", "/pause", "/resume", "/address"):
        form = {"topic": "storage", "email": GRACE.email}
        answer = guest.ask("POST", me(guest, ada) + below, data=form)
        assert answer.status_code == 303
    assert guest.events(ada) == ["added", "unsubscribed"]


def test_after_erasure_no_link_of_any_kind_opens_anything(guest: Guest, ada: int) -> None:
    with guest.database.begin() as session:
        row = session.get_one(SubscriberRow, ada)
        row.email, row.status = None, "erased"
    paths = [guest.link("l", ada, Purpose.ASK), guest.link("p", ada, Purpose.PAUSE)]
    paths += [me(guest, ada) + below for below in ("", "/privacy", "/erase")]
    assert [guest.get(path).status_code for path in paths] == [404] * len(paths)


def test_check_16_looking_at_own_pages_changes_no_row(guest: Guest, ada: int) -> None:
    paths = [me(guest, ada) + below for below in ("", "/address", "/privacy", "/erase")]
    paths += [guest.link("l", ada, Purpose.ASK), guest.link("p", ada, Purpose.PAUSE)]
    actions = ("/pause", "/resume", "/return", "/why", "/leave", "/undo")
    for path in [*paths, *(me(guest, ada) + action for action in actions)]:
        for method in ("GET", "HEAD", "OPTIONS"):
            for _ in range(3):
                guest.ask(method, path, headers={"Sec-Purpose": "prefetch"})
    assert guest.events(ada) == ["added"]
    assert notices(guest) == []
    assert chosen(guest, ada) == Preferences()


def test_personal_pages_carry_the_headers_that_protect(guest: Guest, ada: int) -> None:
    paths = [me(guest, ada) + below for below in ("", "/address", "/privacy", "/data.json")]
    paths += [guest.link("l", ada, Purpose.ASK), guest.link("p", ada, Purpose.PAUSE)]
    for path in paths:
        headers = guest.get(path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-robots-tag"] == "noindex"
        assert headers["referrer-policy"] == "no-referrer"
        assert "script-src" not in headers["content-security-policy"]
        assert "default-src 'none'" in headers["content-security-policy"]


def test_a_language_that_was_chosen_stays_through_every_button(guest: Guest, ada: int) -> None:
    path = f"{guest.link('p', ada, Purpose.PAUSE)}?lang=de"
    paused = guest.press(path, "4 Wochen pausieren")
    assert "bekommt bis zum 10. Juli 2026 keine Ausgabe." in paused.text
    saved = guest.press(f"{me(guest, ada)}?lang=de", "Speichern", topic="storage")
    assert "Gespeichert." in saved.text
