"""Which posts share a card, which one leads it, and which older post is named beside it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from digest.editions.cards import Card, arrange
from digest.posts.post import Decision, Post

OPENS = datetime(2026, 6, 5, tzinfo=UTC)
TUESDAY = datetime(2026, 6, 9, 12, 0, tzinfo=UTC)

QUEUES = (
    "Backpressure in message queues: bounded brokers under load",
    "A bounded message queue sheds load with backpressure before the broker fills its disk.",
)
BROKERS = (
    "Why our message broker needed backpressure on bounded queues",
    "The broker filled its disk, so producers of each message queue now feel backpressure.",
)
OTHERS = (
    ("Sourdough at altitude", "Flour, water and thinner air change how a loaf proves and bakes."),
    ("Tuning a violin by ear", "Fifths beat slowly when the strings of the instrument agree."),
    ("Reading a tide table", "Harbour pilots add the moon to the wind and subtract the draught."),
)


def post(number: int, words: tuple[str, str], **facts: Any) -> Post:
    usual: dict[str, Any] = {
        "id": number,
        "source_id": number,
        "source": f"Blog {number}",
        "url": f"https://blog{number}.example/",
        "title": words[0],
        "summary": words[1],
        "first_seen_at": TUESDAY,
        "published_at": TUESDAY - timedelta(minutes=number),
    }
    return Post(**usual | facts)


WEEK = (post(1, OTHERS[0]), post(2, QUEUES), post(3, OTHERS[1]), post(4, BROKERS, minutes=9))
OLD = post(9, QUEUES, published_at=TUESDAY - timedelta(days=400))


def cards(*others: Post, chosen: tuple[Post, ...] = WEEK, mailed: frozenset[int]) -> list[Card]:
    return list(arrange(chosen, others=others, mailed=mailed, before=OPENS))


def test_posts_on_one_topic_share_a_card_where_the_first_of_them_stood() -> None:
    first, second, third = cards(mailed=frozenset())
    assert (first.posts, third.posts) == ((WEEK[0],), (WEEK[2],))
    assert second == Card(lead=WEEK[3], also=(WEEK[1],))  # the longer read leads


def test_every_post_stands_on_one_card_whatever_the_order_of_the_others() -> None:
    others = [post(20 + n, words) for n, words in enumerate(OTHERS)]
    usual = cards(*others, mailed=frozenset())
    assert sorted(p.id for card in usual for p in card.posts) == [1, 2, 3, 4]
    Random(7).shuffle(others)
    assert cards(*others, mailed=frozenset()) == usual


def test_an_older_post_is_named_when_readers_had_it_or_it_is_of_the_same_house_or_hand() -> None:
    def earlier(old: Post, *, mailed: frozenset[int] = frozenset()) -> Post | None:
        return cards(old, chosen=(replace(WEEK[1], author="Kim Doe"),), mailed=mailed)[0].earlier

    assert earlier(OLD) is None
    for related in (replace(OLD, source_id=2), replace(OLD, author="Kim Doe")):
        assert earlier(related) == related
    assert earlier(OLD, mailed=frozenset({9})) == OLD


def test_what_may_not_be_mailed_or_is_of_this_week_is_never_named() -> None:
    unfit: tuple[dict[str, Any], ...] = (
        {"held": "its title is cut"},
        {"alarm": "flood"},
        {"decision": Decision.DROPPED},
        {"title": ""},
        {"published_at": OPENS + timedelta(hours=1)},
    )
    for facts in unfit:
        old = replace(OLD, source_id=2, **facts)
        assert cards(old, chosen=WEEK[1:2], mailed=frozenset({9}))[0].earlier is None, facts
