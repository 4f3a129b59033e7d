"""What a person decides about an issue: who is in, who leads, in which order, and what changed."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from press import issue, post

from digest.calendar import Period
from digest.editions.cards import Card
from digest.editions.difference import difference
from digest.editions.draft import Draft, lay_cards, lay_posts, noted
from digest.editions.issue import Also, Issue, Surplus
from digest.editions.places import moved, places, put
from digest.posts.post import Post
from digest.selection import Reason, Refusal, Selection, SelectionRules, overruled, select

SEEN = datetime(2026, 6, 9, tzinfo=UTC)
WEEK = Period(
    name="2026-W25",
    first_day=date(2026, 6, 8),
    end_day=date(2026, 6, 22),
    opens_at=datetime(2026, 6, 8, tzinfo=UTC),
    closes_at=datetime(2026, 6, 22, tzinfo=UTC),
    due_at=datetime(2026, 6, 22, tzinfo=UTC),
)


def known(number: int, **values: object) -> Post:
    given = {
        "id": number,
        "source_id": 1,
        "source": "Plain",
        "url": f"https://plain.example/{number}",
        "title": f"Post {number}",
        "first_seen_at": SEEN,
        "published_at": SEEN.replace(day=20 - number),
        **values,
    }
    return Post(**given)  # type: ignore[arg-type] # the caller's values


def cards(*numbers: int) -> list[Card]:
    return [Card(lead=known(number)) for number in numbers]


def leads(laid: tuple[Card, ...]) -> list[int]:
    return [card.lead.id for card in laid]


def topical(*topics: str | None) -> Issue:
    return issue([post(n, title=f"Post {n}", topic=t) for n, t in enumerate(topics, start=1)])


def test_decisions_survive_being_kept() -> None:
    draft = Draft().including(4).skipping(2).ordered([3, 1]).noting(1, "Read this.").leading(1)
    assert Draft.from_json(draft.to_json()) == draft
    assert Draft.from_json({}) == Draft()


def test_to_include_takes_back_to_skip_and_the_other_way_round() -> None:
    assert Draft().skipping(1).including(1) == Draft(included=(1,))
    assert Draft().including(1).leading(1).skipping(1) == Draft(skipped=(1,))
    assert Draft().including(1).skipping(2).taking_back(1).taking_back(2) == Draft()
    assert Draft().noting(1, "Now.").noting(1, "") == Draft()


def test_a_persons_order_comes_first_and_the_lead_before_it() -> None:
    assert leads(lay_cards(cards(1, 2, 3, 4), draft=Draft(order=(3, 1)))) == [3, 1, 2, 4]
    assert leads(lay_cards(cards(1, 2, 3), draft=Draft(lead=2, order=(3, 2, 1)))) == [2, 3, 1]
    assert leads(lay_cards(cards(1, 2), draft=Draft(lead=9, order=(8, 7)))) == [1, 2]


def test_a_lead_that_shares_a_card_leads_its_card() -> None:
    shared = Card(lead=known(1), also=(known(2), known(3)), earlier=known(9))
    (first, _) = lay_cards([*cards(5), shared], draft=Draft(lead=3))
    assert [one.id for one in first.posts] == [3, 1, 2]
    assert first.earlier == known(9)


def test_a_note_stands_under_the_card_of_its_post() -> None:
    card = replace(post(1), also=(Also(post_id=2, url="https://a.example", title="A", source="A"),))
    draft = Draft(notes={2: "Both are right.", 7: "Of another issue."})
    assert [one.why for one in noted([card, post(3)], draft=draft)] == ["Both are right.", None]
    assert lay_posts([post(1), post(2)], draft=Draft(skipped=(1,))) == (post(2),)


def test_a_persons_word_stands_above_the_rules_but_not_above_unfit_words() -> None:
    cut = known(6, held="its title is cut")
    chosen = Selection(
        chosen=(known(1), known(2)),
        refused=(
            Refusal(post=known(3), reason=Reason.TOO_OLD),
            Refusal(post=known(4), reason=Reason.SOURCE_CAP),
            Refusal(post=cut, reason=Reason.HELD),
        ),
        enough=True,
        fit=(known(1), known(2), known(4), cut),
        awaited=(cut,),
    )
    two = SelectionRules(per_source=2, per_issue=0, minimum=3)
    decided = overruled(chosen, rules=two, included={3, 6}, skipped={1})
    assert [one.id for one in decided.chosen] == [2, 3]
    assert {r.post.id: r.reason for r in decided.refused} == {
        1: Reason.SKIPPED,
        4: Reason.SOURCE_CAP,
        6: Reason.HELD,
    }
    assert not decided.enough
    both = overruled(chosen, rules=two, included={3}, skipped={3})
    assert both.chosen == chosen.chosen


@pytest.mark.parametrize(
    ("included", "skipped", "ids"),
    [
        ((), (), (1, 2, 3)),
        ((), (1,), (2, 3, 4)),  # the next one takes its place
        ((), (1, 3), (2, 4, 5)),
        ((), (5,), (1, 2, 3)),  # what was not in it makes no room
        ((5,), (), (1, 2, 3, 5)),  # what is included pushes none out
        ((5,), (1,), (2, 3, 5)),  # and takes the room before the rules do
        ((5,), (1, 2), (3, 4, 5)),
        ((), (1, 2, 3, 4, 5), ()),
    ],
)
def test_a_skipped_post_makes_room(
    included: tuple[int, ...], skipped: tuple[int, ...], ids: tuple[int, ...]
) -> None:
    three = SelectionRules(per_issue=3)
    posts = [known(number) for number in range(1, 6)]
    chosen = select(posts, rules=three, period=WEEK, seen_since=None)
    decided = overruled(chosen, rules=three, included=included, skipped=skipped)
    assert tuple(one.id for one in decided.chosen) == ids
    reasons = {refusal.post.id: refusal.reason for refusal in decided.refused}
    assert sorted([*ids, *reasons]) == [1, 2, 3, 4, 5]
    assert {id_ for id_ in reasons if reasons[id_] is Reason.SKIPPED} == set(skipped)


def test_what_waits_for_a_person_is_asked_about_when_there_is_room_for_it() -> None:
    one = SelectionRules(per_issue=1)
    posts = [known(1), known(2, held="its title is cut"), known(3)]
    chosen = select(posts, rules=one, period=WEEK, seen_since=None)
    assert chosen.awaited == ()
    decided = overruled(chosen, rules=one, included=(), skipped={1})
    assert [post.id for post in decided.awaited] == [2]
    assert [post.id for post in decided.chosen] == [3]
    assert overruled(chosen, rules=one, included=(), skipped={1, 2}).awaited == ()


def test_places_are_those_of_the_mail() -> None:
    row = places(topical("B", "A", "B", None, "A", "C"), full=5)
    assert [(place.part, place.topic, place.post.post_id) for place in row] == [
        ("lead", None, 1),
        ("topic", "A", 2),
        ("topic", "A", 5),
        ("topic", "B", 3),
        ("topic", None, 4),
        ("brief", None, 6),
    ]


@pytest.mark.parametrize(
    ("post_id", "by", "order"),
    [
        (5, -1, (1, 5, 2, 3, 4, 6)),  # within its topic
        (2, -1, (2, 1, 5, 3, 4, 6)),  # becomes the lead
        (3, -1, (1, 3, 2, 5, 4, 6)),  # the whole topic goes above the other
        (5, 1, (1, 3, 2, 5, 4, 6)),  # and below it
        (6, -1, (1, 2, 5, 3, 6, 4)),  # from a title only into full
        (1, -1, (1, 2, 5, 3, 4, 6)),  # nothing is above the lead
        (6, 1, (1, 2, 5, 3, 4, 6)),
    ],
)
def test_a_step_moves_a_post_or_past_a_border_its_topic(
    post_id: int, by: int, order: tuple[int, ...]
) -> None:
    row = places(topical("B", "A", "B", None, "A", "C"), full=5)
    assert moved(row, post_id=post_id, by=by) == order


def test_a_post_can_be_put_at_any_place() -> None:
    row = places(topical("A", "A", "A"), full=12)
    assert put(row, post_id=3, place=1) == (3, 1, 2)
    assert put(row, post_id=1, place=3) == (2, 3, 1)


@given(order=st.permutations(range(1, 8)), by=st.sampled_from([-1, 1]), who=st.integers(1, 7))
def test_no_step_loses_or_doubles_a_post(order: list[int], by: int, who: int) -> None:
    topics = {1: "A", 2: "A", 3: "B", 4: "B", 5: None, 6: "C", 7: "A"}
    row = places(issue([post(n, topic=topics[n]) for n in order]), full=5)
    assert sorted(moved(row, post_id=who, by=by)) == sorted(order)


def test_the_difference_names_what_was_added_removed_moved_and_reworded() -> None:
    before = replace(topical("A", "A", "A", "A"), introduction="Two measure.")
    one, two, three, four = before.posts
    after = replace(
        before,
        subject="Another",
        preheader="Beside it",
        introduction=None,
        posts=(
            four,
            one,
            replace(two, title="Whole", summary="New words.", why="Read it."),
            post(9, title="Late"),
        ),
    )
    said = difference(before, after)
    assert said == (
        "the introduction is gone: 'Two measure.'",
        "the subject is new: 'Another'",
        "the preheader is new: 'Beside it'",
        "added: 'Late' [Plain Systems, post 9]",
        "removed: 'Post 3' [Plain Systems, post 3]",
        "the lead is 'Post 4' [Plain Systems, post 4]; it was 'Post 1' [Plain Systems, post 1]",
        "moved up: 'Post 4' [Plain Systems, post 4]",
        "'Whole' [Plain Systems, post 2]: its title is 'Whole'; it was 'Post 2'",
        "'Whole' [Plain Systems, post 2]: its excerpt is new: 'New words.'",
        "'Whole' [Plain Systems, post 2]: its note is new: 'Read it.'",
    )
    assert three.title in str(said)


def test_two_posts_with_one_title_are_told_apart() -> None:
    before = issue([post(1, title="Part"), post(2, title="Part"), post(3)])
    after = replace(before, posts=(before.posts[0], before.posts[2]))
    assert difference(before, after) == ("removed: 'Part' [Plain Systems, post 2]",)
    assert known(2, title="Part").named == "'Part' (post 2, Plain)"


CHANGES = (
    {"subject": "x"},
    {"preheader": "x"},
    {"introduction": ""},
    {"number": 25},
    {"surplus": (Surplus(source="Field Log", posts=5),)},
    {"posts": tuple(reversed(topical("A", "A").posts))},
    {"posts": (replace(topical("A").posts[0], minutes=0), topical("A", "A").posts[1])},
    {"posts": (replace(topical("A").posts[0], summary=""), topical("A", "A").posts[1])},
    {"is_best_of": True},
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_every_change_that_breaks_the_seal_is_told(change: dict[str, object]) -> None:
    before = topical("A", "A")
    after = replace(before, **change)  # type: ignore[arg-type] # a field of it
    assert before.seal != after.seal
    assert difference(before, after)
    assert difference(after, after) == ()
