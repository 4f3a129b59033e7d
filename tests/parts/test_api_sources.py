"""The APIs of Ghost and WordPress: what they tell of a post, and how they fail."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from digest.posts.origin import DateOrigin
from digest.posts.post import FetchedPost
from digest.sources.adapter import Adapter, Page, Reading, UnreadableError
from digest.sources.api import read_ghost, read_wordpress
from digest.sources.state import State

KEY = "22444f78447824223cefc48062"
GHOST = f"https://kran.example/ghost/api/content/posts/?key={KEY}&include=tags,authors&page=1"
WORDPRESS = "https://werft.example/wp-json/wp/v2/posts?_embed&per_page=20"


def ghost(*posts: dict[str, Any], **meta: Any) -> Reading:
    body = {"posts": list(posts), "meta": {"pagination": meta}}
    return read_ghost(Page(url=GHOST, content=json.dumps(body).encode()))


def wordpress(*posts: dict[str, Any], **headers: str) -> Reading:
    content = json.dumps(list(posts)).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return read_wordpress(Page(url=WORDPRESS, content=content, headers=named))


# Ghost

CRANES: dict[str, Any] = {
    "id": "64b1",
    "uuid": "7d8f",
    "title": "Cranes & List<String>",
    "slug": "cranes",
    "html": "<p>One two three <b>four</b>.</p>",
    "url": "https://kran.example/cranes/",
    "visibility": "public",
    "published_at": "2026-06-11T07:30:00.000+02:00",
    "updated_at": "2026-06-15T07:30:00.000+02:00",
    "custom_excerpt": None,
    "excerpt": "How cranes lift <5 tons & more",
    "reading_time": 7,
    "tags": [
        {"name": "Harbour", "slug": "harbour", "visibility": "public"},
        {"name": "#wide", "slug": "hash-wide", "visibility": "internal"},
        {"name": "Steel", "slug": "steel", "visibility": "public"},
    ],
    "primary_author": {"name": "Mara Lindqvist"},
    "authors": [{"name": "Mara Lindqvist"}, {"name": "Teo Abara"}],
}


def test_ghost_tells_all_of_a_post() -> None:
    assert ghost(CRANES).posts == (
        FetchedPost(
            url="https://kran.example/cranes/",
            title="Cranes & List<String>",
            guid="64b1",
            summary="How cranes lift <5 tons & more",
            author="Mara Lindqvist, Teo Abara",
            tags=("Harbour", "Steel"),
            published_at=datetime(2026, 6, 11, 5, 30, tzinfo=UTC),
            dated_by=DateOrigin.API,
            words=4,
            minutes=7,
        ),
    )


def test_the_authors_own_excerpt_is_better_than_the_beginning_of_the_text() -> None:
    (post,) = ghost({**CRANES, "custom_excerpt": "In short: slowly."}).posts
    assert post.summary == "In short: slowly."


def test_the_free_beginning_of_a_members_only_post_is_not_counted_as_its_text() -> None:
    (post,) = ghost({**CRANES, "access": False}).posts
    assert (post.words, post.minutes) == (None, 7)


def test_ghost_tells_how_many_posts_there_are_and_where_the_list_goes_on() -> None:
    found = ghost(CRANES, page=1, pages=3, total=41, next=2, prev=None)
    assert found.count == 41
    assert found.next_url == GHOST.replace("page=1", "page=2")
    assert ghost(CRANES, page=3, total=41, next=None).next_url is None


def test_a_ghost_post_with_nothing_but_an_address_and_a_title_is_a_post() -> None:
    bare = {"title": "Bare", "url": "https://kran.example/bare/", "reading_time": 0}
    assert ghost(bare).posts == (FetchedPost(url="https://kran.example/bare/", title="Bare"),)


# WordPress

ROPES: dict[str, Any] = {
    "id": 123,
    "date": "2026-06-11T00:30:00",
    "date_gmt": "2026-06-10T22:30:00",
    "guid": {"rendered": "https://werft.example/?p=123"},
    "link": "https://werft.example/2026/06/ropes/",
    "type": "post",
    "status": "publish",
    "title": {"rendered": "Ropes &#8230; <em>old</em> &amp; new"},
    "content": {"rendered": "<p>One two three.</p>\n", "protected": False},
    "excerpt": {"rendered": "<p>What holds a ship &hellip;</p>\n", "protected": False},
    "author": 4,
    "_embedded": {
        "author": [{"id": 4, "name": "Ines Okafor"}],
        "wp:term": [
            [
                {"taxonomy": "category", "name": "Ships &amp; more", "slug": "ships"},
                {"taxonomy": "category", "name": "Uncategorized", "slug": "uncategorized"},
            ],
            [{"taxonomy": "post_tag", "name": "rope", "slug": "rope"}],
        ],
    },
}


def test_wordpress_tells_all_of_a_post() -> None:
    assert wordpress(ROPES).posts == (
        FetchedPost(
            url="https://werft.example/2026/06/ropes/",
            title="Ropes … old & new",
            guid="https://werft.example/?p=123",
            summary="What holds a ship …",
            author="Ines Okafor",
            tags=("Ships & more", "rope"),
            published_at=datetime(2026, 6, 10, 22, 30, tzinfo=UTC),
            dated_by=DateOrigin.API,
            words=3,
        ),
    )


def test_without_the_time_in_utc_the_local_day_is_what_is_known() -> None:
    (post,) = wordpress({**ROPES, "date_gmt": None}).posts
    assert (post.published_at, post.published_on) == (None, date(2026, 6, 11))
    (other,) = wordpress({**ROPES, "date_gmt": "0000-00-00T00:00:00"}).posts
    assert other.published_on == date(2026, 6, 11)


def test_a_post_is_read_without_what_was_not_embedded() -> None:
    plain = {name: value for name, value in ROPES.items() if name != "_embedded"}
    refused = {**ROPES, "_embedded": {"author": [{"code": "rest_user_invalid_id"}]}}
    for item in (plain, refused):
        (post,) = wordpress(item).posts
        assert (post.author, post.tags) == (None, ())


def test_wordpress_tells_in_headers_where_the_list_goes_on() -> None:
    address = "https://werft.example/wp-json/wp/v2/posts?_embed&per_page=20&page="
    found = wordpress(
        ROPES, link=f'<{address}1>; rel="prev", <{address}3>; rel="next"', x_wp_total="41"
    )
    assert (found.next_url, found.count) == (f"{address}3", 41)
    assert wordpress(ROPES).next_url is None


# Both


@pytest.mark.parametrize("read", [read_ghost, read_wordpress])
def test_no_posts_yet_is_no_trouble(read: Adapter) -> None:
    empty = b'{"posts": []}' if read is read_ghost else b"[]"
    assert read(Page(url=GHOST, content=empty)) == Reading(posts=())


ODD: list[Any] = [None, 7, "x", [], {}, [None], [7], {"name": 7}, True, -1, "\ud800", "\x00"]


def test_whatever_stands_in_a_field_the_other_posts_are_read() -> None:
    for value in ODD:
        for name in CRANES:
            assert "64b2" in [p.guid for p in ghost({**CRANES, name: value}, GOOD_GHOST).posts], (
                name
            )
        for name in ROPES:
            found = wordpress({**ROPES, name: value}, GOOD_WORDPRESS)
            assert "Fenders" in [post.title for post in found.posts], name


GOOD_GHOST = {**CRANES, "id": "64b2", "url": "https://kran.example/other/"}
GOOD_WORDPRESS = {**ROPES, "title": {"rendered": "Fenders"}, "link": "https://werft.example/f/"}
GHOST_ERROR = {
    "errors": [
        {
            "message": f"Unknown Content API Key {KEY}",
            "context": GHOST,
            "type": "UnauthorizedError",
            "code": "UNKNOWN_CONTENT_API_KEY",
        }
    ]
}


@pytest.mark.parametrize(
    ("body", "state"),
    [
        (b"", State.MALFORMED),
        (b'{"posts": [{"title": "cut', State.MALFORMED),
        (b'[{"title": {"rendered": "cut', State.MALFORMED),
        (b"\xff\xfe\x00", State.MALFORMED),
        (b"[" * 100_000, State.MALFORMED),
        (b"<!DOCTYPE html><title>Sign in</title>", State.NOT_A_FEED),
        (b"<br />\n<b>Warning</b>: something is wrong []", State.NOT_A_FEED),
        (b'{"version": "https://jsonfeed.org/version/1.1", "items": []}', State.NOT_A_FEED),
        (b'[1, 2, "three"]', State.NOT_A_FEED),
        (b'"text"', State.NOT_A_FEED),
        (json.dumps(GHOST_ERROR).encode(), State.HTTP_ERROR),
        (
            b'{"code":"rest_no_route","message":"No route","data":{"status":404}}',
            State.NOT_FOUND,
        ),
        (b'{"code":"rest_busy","message":"x","data":{"status":503}}', State.SERVER_ERROR),
        (f'{{"code":"no {KEY} here","message":"x"}}'.encode(), State.HTTP_ERROR),
    ],
)
@pytest.mark.parametrize("read", [read_ghost, read_wordpress])
def test_trouble_has_a_name_and_never_shows_the_key(
    read: Adapter, body: bytes, state: State
) -> None:
    with pytest.raises(UnreadableError) as caught:
        read(Page(url=GHOST, content=body))
    assert caught.value.state == state
    assert KEY not in str(caught.value)
    assert "key=" not in str(caught.value)
