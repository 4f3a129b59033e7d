"""A week with every kind of trouble: a page as a source, a rebuilt site, a title that is cut."""

import re
from email import message_from_bytes, policy

import pytest
from world import World

from digest import approval, editing, questions, roster, weekly
from digest.editions.state import EditionState
from digest.editions.store import Edition
from digest.posts.post import Decision
from digest.sources.health import Word
from digest.sources.shelf import NewSource
from digest.sources.watch import Alarm
from digest.weekly import Week

FRIDAY = "2026-06-12T07:00"
NEXT_FRIDAY = "2026-06-19T07:00"
WHOLE = "What a Hundred Nights of Queue Lengths Taught Us About Paging People"
CUT = "What a Hundred Nights of Queue Lengths Taught Us About Paging Peo…"
LEAK = "Certainly! Here is the article: --- Wax hardens in the cold. We timed it."


def listing(*posts: tuple[str, str, str]) -> str:
    """Write a page that lists (title, day, summary), as a small blog without a feed does."""
    cards = "".join(
        f'<article class="post"><h2><a href="/notes/{re.sub(r"[^a-z0-9]+", "-", title.lower())}/">'
        f'{title}</a></h2><time datetime="{day}">{day}</time><p>{summary}</p></article>'
        for title, day, summary in posts
    )
    return (
        '<!DOCTYPE html><html lang="en"><head><title>Harbour Notes</title></head><body>'
        f"<main>{cards}</main></body></html>"
    )


OLD = tuple((f"Harbour note number {n}", f"2026-0{n}-11", "Old words.") for n in (5, 4, 3, 2))


def publish(world: World, *posts: tuple[str, str, str]) -> None:
    """Put the page on the web, and follow it as a listing page."""
    url = world.web.serve("/notes/", listing(*posts, *OLD), headers={"Content-Type": "text/html"})
    source = NewSource(url=url, kind="listing", name="harbour")
    roster.add_sources(world.app("2026-06-01T12:00"), [source])


def rebuilt(prefix: str) -> list[tuple[str, str]]:
    """Return an archive of twelve months, under other names."""
    return [(f"{prefix} {n} of the archive", f"2025-{n:02}-03T10:00") for n in range(1, 13)]


def letters(world: World) -> str:
    parts = [
        message_from_bytes(taken.message, policy=policy.default).get_body(("plain",))
        for taken in world.mail.accepted
    ]
    return "\n".join(part.get_content() for part in parts if part)


def edition(done: Week) -> Edition:
    assert done.edition is not None
    return done.edition


def test_a_week_with_a_page_a_rebuilt_site_and_a_cut_title(world: World) -> None:
    publish(world)
    world.blog("archive", *rebuilt("Chapter"))
    world.readers("ada@example.org")
    weekly.fetch(world.app("2026-06-05T12:00"))
    publish(
        world, (CUT, "2026-06-10", "A study."), ("Timing wax in a cold shed", "2026-06-09", LEAK)
    )
    world.blog("archive", *rebuilt("Part"))

    held = world.run(FRIDAY)
    assert edition(held).state is EditionState.HELD
    assert "(its title is cut) would be in it" in str(edition(held).reason)
    assert [(one.source, one.alarm, one.held) for one in held.quarantined] == [
        ("archive", Alarm.REPLAY, 12)
    ]
    assert world.accepted == 0

    app = world.app("2026-06-12T07:30")
    (waiting,) = editing.waiting(app)
    editing.edit(app, str(waiting.id), title=WHOLE, summary=None)
    approval.approve(app, edition(held))
    assert edition(world.run("2026-06-12T07:40")).state is EditionState.SENT
    mail = letters(world)
    assert WHOLE in mail.replace("\n  ", " ")
    assert "Wax hardens in the cold. We timed it." in mail
    assert "Certainly" not in mail
    assert "Part 1 of" not in mail


def test_quarantined_posts_come_with_the_next_issue_once_they_are_taken(world: World) -> None:
    world.blog("quay", *rebuilt("Chapter"))
    world.readers("ada@example.org")
    weekly.fetch(world.app("2026-06-05T12:00"))
    flood = [(f"Night {n} of the queue", "2026-06-09T10:00") for n in range(14)]
    world.blog("quay", *flood, *rebuilt("Chapter"))
    world.blog("pier", ("A quiet post", "2026-06-09T10:00"))
    done = world.run(FRIDAY)
    assert edition(done).state is EditionState.SENT
    assert [one.alarm for one in done.quarantined] == [Alarm.SAME_DATE]
    assert "Night" not in letters(world)
    app = world.app("2026-06-13T12:00")
    assert questions.health_of(app)["quay"].word is Word.QUARANTINED
    assert len(editing.release(app, "quay", take=True)) == 14
    assert questions.health_of(app)["quay"].word is not Word.QUARANTINED
    again = world.run(NEXT_FRIDAY)
    assert again.quarantined == ()
    assert "Night 3 of the queue" in letters(world)


@pytest.mark.parametrize(
    "settings",
    [{"hygiene": {"held": "skip"}}, {"schedule": {"approval": "auto"}}],
    ids=["skip", "auto"],
)
def test_a_held_post_can_be_left_out_without_a_person(
    world: World, settings: dict[str, dict[str, str]]
) -> None:
    world.settings |= settings
    publish(world, (CUT, "2026-06-10", "A study."), ("A whole title", "2026-06-09", "Words."))
    world.readers("ada@example.org")
    assert edition(world.run(FRIDAY)).state is EditionState.SENT
    assert "A whole title" in letters(world)
    assert "Hundred Nights" not in letters(world)


def test_an_issue_of_nothing_but_a_held_post_waits_too(world: World) -> None:
    publish(world, (CUT, "2026-06-10", "A study."))
    world.readers("ada@example.org")
    assert edition(world.run(FRIDAY)).state is EditionState.HELD
    app = world.app("2026-06-12T07:30")
    (waiting,) = editing.waiting(app)
    editing.decide(app, [waiting.url], decision=Decision.TAKEN)
    approval.approve(app, edition(world.run("2026-06-12T07:35")))
    assert edition(world.run("2026-06-12T07:40")).state is EditionState.SENT
    assert world.accepted == 1
