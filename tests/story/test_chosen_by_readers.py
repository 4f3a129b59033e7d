"""What readers chose decides what arrives: language, topics, text alone, and how often."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import select, update
from world import World

from digest import planning, weekly
from digest.delivery import ledger
from digest.delivery.audit import audit
from digest.editions.drafts import OwnWords, keep_words, take_up
from digest.editions.state import EditionState
from digest.errors import UsageError
from digest.render.compose import Composer
from digest.tables import DeliveryRow, SourceRow, SubscriberRow, VariantRow
from digest.weekly import Week

FRIDAY = "2026-06-12T07:00"
WORDS = {"storage": "Counting cold reads", "operations": "Who paged whom", "networking": "QUIC"}


@pytest.fixture
def topical(world: World) -> World:
    """Give a world with a blog for each of three topics, in two languages."""
    world.settings["email"] = {"languages": ("en", "de")}
    for topic, title in WORDS.items():
        world.blog(topic, (title, "2026-06-09T10:00"))
    with world.app(FRIDAY).database.begin() as session:
        session.execute(update(SourceRow).values(topic=SourceRow.name))
    return world


def choose(world: World, email: str, *, language: str = "en", **wishes: str | None) -> None:
    """Put a reader on the list who chose."""
    world.readers(email, language=language)
    wishes = {"topics": None, **wishes}
    with world.app(FRIDAY).database.begin() as session:
        session.execute(update(SubscriberRow).where(SubscriberRow.email == email).values(**wishes))


def received(world: World) -> dict[str, EmailMessage]:
    return {
        taken.recipient.partition("@")[0]: message_from_bytes(taken.message, policy=policy.default)
        for taken in world.mail.accepted
    }


def told(message: EmailMessage, kind: str) -> set[str]:
    """Name the topics whose post stands in this part of a message."""
    part = message.get_body((kind,))
    content = part.get_content() if part else ""
    return {topic for topic, title in WORDS.items() if title in content}


def test_each_reader_gets_the_topics_the_language_and_the_form_they_chose(
    topical: World,
) -> None:
    choose(topical, "all@example.org")
    choose(topical, "some@example.org", topics="operations,storage")
    choose(topical, "both@example.org", topics="networking,sailing", language="de")
    choose(topical, "bare@example.org", topics="storage", format="text")
    choose(topical, "none@example.org", topics="sailing")
    choose(topical, "slow@example.org", pace="monthly")
    topical.run(FRIDAY)
    mails = received(topical)
    assert {name: told(mail, "plain") for name, mail in mails.items()} == {
        "all": set(WORDS),
        "some": {"operations", "storage"},
        "both": {"networking"},
        "bare": {"storage"},
        "slow": set(WORDS),  # the best of the four weeks that end with this one
    }
    assert told(mails["some"], "html") == {"operations", "storage"}
    assert "abmelden" in mails["both"].get_body(("plain",)).get_content().lower()  # type: ignore[union-attr]
    assert mails["bare"].get_content_type() == "text/plain"
    app = topical.app(FRIDAY)
    with app.database.read() as session:
        assert ledger.excluded(session, 1) == {"monthly": 1, ledger.NO_POST: 1}
        assert audit(session) == []


def test_a_content_is_rendered_once_however_many_want_it(
    topical: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(12):
        topics = ("storage", "operations,storage", None)[number % 3]
        form = "text" if number % 2 else "html"
        choose(topical, f"reader{number}@example.org", topics=topics, format=form)
    rendered: list[tuple[str, tuple[str, ...] | None]] = []
    compose = Composer.compose

    def counting(self: Composer, *args: object, **asked: object) -> object:
        rendered.append((asked["language"], asked.get("topics")))  # type: ignore[arg-type]
        return compose(self, *args, **asked)  # type: ignore[arg-type]

    monkeypatch.setattr(Composer, "compose", counting)
    topical.run(FRIDAY)
    assert sorted(rendered, key=str) == sorted(
        [("en", None), ("de", None), ("en", ("storage",)), ("en", ("operations", "storage"))],
        key=str,
    )
    with topical.app(FRIDAY).database.read() as session:
        kept = session.execute(select(VariantRow.language, VariantRow.topics, VariantRow.format))
        assert sorted(map(str, kept)) == sorted(
            map(
                str,
                [
                    ("de", None, "html"),
                    *[
                        ("en", topics, form)
                        for topics in (None, "storage", "operations,storage")
                        for form in ("html", "text")
                    ],
                ],
            )
        )


def test_a_choice_made_in_the_moment_of_the_freeze_is_served_with_more(
    topical: World,
) -> None:
    choose(topical, "ada@example.org", topics="storage")
    app = topical.app(FRIDAY)
    edition = weekly.open_due(app)
    assert edition is not None
    weekly.fetch(app)
    planned = planning.complete(app, planning.plan(app, planning.period_of(app, edition)))
    choose(topical, "grace@example.org", topics="networking", language="de")
    weekly.freeze(app, edition, planned)
    with app.database.read() as session:
        rows = session.execute(
            select(SubscriberRow.email, VariantRow.language, VariantRow.topics)
            .join(DeliveryRow, DeliveryRow.subscriber_id == SubscriberRow.id)
            .join(VariantRow, VariantRow.id == DeliveryRow.variant_id)
        )
        assert set(map(tuple, rows)) == {
            ("ada@example.org", "en", "storage"),
            ("grace@example.org", "de", None),
        }


def test_rare_choices_are_folded_and_the_operator_is_told(topical: World) -> None:
    topical.settings["email"] = {"languages": ("en",), "variants": 1}
    choose(topical, "ada@example.org", topics="storage")
    done = topical.run(FRIDAY)
    assert told(received(topical)["ada"], "plain") == set(WORDS)
    assert any("1 readers with rare choices" in note for note in done.notes)


def test_a_broken_template_costs_the_looks_and_the_operator_is_told(
    topical: World, tmp_path: Path
) -> None:
    folder = tmp_path / "templates"
    template = folder / "edition" / "weekly" / "issue.mjml.j2"
    template.parent.mkdir(parents=True)
    template.write_text("<mjml><mj-body>\n{{ issue.nothing }}", encoding="utf-8")
    topical.settings["app"] = {
        "templates": str(folder),
        "state": str(topical.folder / "state"),
    }
    choose(topical, "ada@example.org")
    done: Week = topical.run(FRIDAY)
    assert done.edition is not None
    assert done.edition.state is EditionState.SENT
    assert told(received(topical)["ada"], "html") == set(WORDS)
    assert any("edition/weekly/issue.mjml.j2:2" in note for note in done.notes)


def test_a_persons_subject_and_introduction_are_what_readers_get(topical: World) -> None:
    choose(topical, "ada@example.org")
    app = topical.app(FRIDAY)
    edition = weekly.open_due(app)
    assert edition is not None
    with app.database.begin() as session:
        words = OwnWords(subject="Three on reading less", introduction="Read the second first.")
        keep_words(session, take_up(session, edition), words)
    topical.run(FRIDAY)
    mail = received(topical)["ada"]
    assert mail["Subject"] == "Three on reading less"
    assert "Read the second first." in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    with app.database.begin() as session, pytest.raises(UsageError, match="sealed"):
        take_up(session, edition)


def test_no_subject_comes_twice_in_eight_weeks(topical: World) -> None:
    choose(topical, "ada@example.org")
    topical.run(FRIDAY)
    topical.blog("again", ("Counting cold reads", "2026-06-16T10:00"))
    topical.run("2026-06-19T07:00")
    subjects = [
        str(message_from_bytes(taken.message, policy=policy.default)["Subject"])
        for taken in topical.mail.accepted
    ]
    assert len(set(subjects)) == 2
