"""What feeds call links."""

import pytest

from digest.sources.links import usable_link

PAGE = "https://quay.example/blog/feed.xml"


def link(
    text: str | None, *, base: str = "https://quay.example/blog/", page: str = PAGE
) -> str | None:
    return usable_link(text, base=base, page_url=page)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://other.example/a?b=1&c=2#d", "https://other.example/a?b=1&c=2#d"),
        ("/posts/1", "https://quay.example/posts/1"),
        ("posts/1", "https://quay.example/blog/posts/1"),
        ("//cdn.example/x", "https://cdn.example/x"),
        ("\n  https://quay.example/a\n b ", "https://quay.example/a%20b"),
        ("https://quay.example/é", "https://quay.example/%C3%A9"),
        ("http://localhost:2368/post/", "https://quay.example/post/"),
        ("http://127.0.0.1:4000/post/", "https://quay.example/post/"),
        ("http://[::1]:4000/post/", "https://quay.example/post/"),
        ("http://0.0.0.0:4000/post/", "https://quay.example/post/"),
    ],
)
def test_a_link_becomes_an_address(text: str, address: str) -> None:
    assert link(text) == address


def test_localhost_stays_when_the_feed_itself_is_there() -> None:
    page = "http://127.0.0.1:8000/feed.xml"
    assert link("http://localhost:8000/post/", page=page) == "http://localhost:8000/post/"


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "javascript:alert(1)",
        "java\nscript:alert(1)",
        "\u2028javascript:alert(1)",
        "data:text/html,x",
        "mailto:ada@quay.example",
        "tag:quay.example,2026:1",
        "urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a",
        "file:///etc/passwd",
        "https://user:secret@quay.example/",
        "https://quay.example@evil.example/",
        "http://[broken/",
        "http://quay.example:99999/",
        "https://quay.example/" + "x" * 2048,
        "https://quay.example/" + "é" * 500,
    ],
)
def test_what_no_reader_can_open_is_no_link(text: str | None) -> None:
    assert link(text) is None


def test_a_relative_link_without_a_base_is_no_link() -> None:
    assert usable_link("/posts/1", base="", page_url="") is None
