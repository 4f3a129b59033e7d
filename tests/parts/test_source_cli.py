"""The commands about sources: what an operator sees, what is kept, and what is refused."""

import os
import pty
from collections.abc import Callable

import pytest
from newsroom import FRIDAY, MONDAY, Ended, Newsroom
from shapes import documented, fits

from digest.sources import opml

Call = Callable[..., Ended]

LIST = """<opml version="1.0"><body>
<outline text="Plain & simple" xmlUrl="http://plain.example/feed?a=1&b=2"/>
<outline text="Storage"><outline text="Cold" xmlUrl="https://cold.example/feed"/></outline>
<outline text="Cold again" xmlUrl="http://www.cold.example/feed/"/>
<outline text="Nothing"/>
<outline text="Cold" xmlUrl="https://another.example/feed"/>
</body></opml>"""


def listing(*titles: str, head: str = "", dated: bool = True) -> str:
    cards = "".join(
        f'<article class="post"><h2><a href="/blog/{number}">{title}</a></h2>'
        + (f'<time datetime="2026-06-{number:02}">{number} June 2026</time>' if dated else "")
        + "<p>What we learned about this, in a few words and figures.</p></article>"
        for number, title in enumerate(titles, 1)
    )
    return (
        f'<!doctype html><html lang="en"><head><title>Plain</title>{head}</head>'
        f"<body><main>{cards}</main></body></html>"
    )


TITLES = ("Counting cold reads", "Queues that push back", "What a fsync costs", "Reading a plan")


# Adding


def test_adding_a_blog_finds_its_feed_and_shows_what_it_brings(room: Newsroom, call: Call) -> None:
    room.blog("cold-reads", "warm-reads", path="/blog/feed.xml")
    named = '<link rel="alternate" type="application/rss+xml" href="feed.xml">'
    page = room.web.serve("/blog/", listing(*TITLES, head=named))
    told = call("source", "add", page, "--topic", "Storage", "--at", MONDAY).out.splitlines()
    assert told[0] == "added 127.0.0.1-blog"
    assert told[1] == f"  read as feed: {room.web.url('/blog/feed.xml')}"
    assert told[2] == "  Plain: 2 posts, too few dates to tell how often it has new posts"
    assert told[3:5] == ["  2026-06-09  cold-reads", "  2026-06-09  warm-reads"]
    assert told[-1] == "Next: digest fetch, then digest issue show"
    (source,) = call("source", "list", "--json").data
    assert (source["url"], source["kind"]) == (room.web.url("/blog/feed.xml"), "feed")
    assert "127.0.0.1-blog is there already\n" in call("source", "add", page).out


def test_a_blog_without_a_feed_is_read_by_its_page_from_then_on(room: Newsroom, call: Call) -> None:
    page = room.web.serve("/blog/", listing(*TITLES))
    told = call("source", "add", page, "--name", "plain", "--at", FRIDAY).out
    assert "read as listing" in told
    assert "Plain: 4 posts, about 7 posts a week" in told
    assert "2026-06-04  Reading a plan\n  2026-06-03  What a fsync costs" in told
    (fetched,) = call("fetch", "--json", "--at", FRIDAY).data
    assert (fetched["state"], fetched["new"]) == ("new posts", 4)


def test_without_a_date_in_the_list_the_posts_own_pages_tell_it(room: Newsroom, call: Call) -> None:
    page = room.web.serve("/blog/", listing(*TITLES, dated=False))
    for number, title in enumerate(TITLES, 1):
        room.web.serve(
            f"/blog/{number}",
            f'<html><head><meta property="article:published_time" content="2026-05-{number:02}">'
            f"<title>{title}</title></head><body><article><h1>{title}</h1>"
            f"<p>{'Words of the post. ' * 50}</p></article></body></html>",
        )
    posts = call("source", "test", page, "--json").data["posts"]
    assert [post["date"] for post in posts] == [f"2026-05-{number:02}" for number in range(1, 5)]


def test_what_cannot_be_read_is_not_added_and_costs_no_other(room: Newsroom, call: Call) -> None:
    good, bad = room.blog("cold-reads"), room.web.url("/nothing")
    ended = call("source", "add", good, bad, code=4)
    assert f"not added: {bad}\n  {bad}: the site answered 404" in ended.out
    assert [one["url"] for one in call("source", "list", "--json").data] == [good]
    alone = call("source", "add", bad, "--json", code=1)
    assert fits(alone.data, documented("source", "add"))
    assert (alone.data[0]["source"], alone.data[0]["new"]) == (None, False)


def test_an_operator_who_says_what_it_is_may_add_what_is_away_today(
    room: Newsroom, call: Call
) -> None:
    bad = room.web.url("/nothing")
    ended = call("source", "add", bad, "--kind", "sitemap")
    assert "added 127.0.0.1-nothing\n" in ended.out
    assert "404" in ended.out
    (source,) = call("source", "list", "--json").data
    assert (source["kind"], source["state"]) == ("sitemap", "never read")


def test_the_same_blog_by_http_and_https_is_one_source(room: Newsroom, call: Call) -> None:
    call("source", "add", room.blog("cold-reads"), "--name", "plain")
    secure = room.web.url("/feed.xml").replace("http://", "https://")
    told = call("source", "add", secure, "--kind", "feed").out
    assert told.startswith("plain is there already\n")


def test_a_name_that_is_taken_is_refused_and_nothing_is_added(room: Newsroom, call: Call) -> None:
    call("source", "add", room.blog("cold-reads"), "--name", "plain")
    other = room.blog("warm-reads", path="/other.xml")
    assert "choose another --name" in call("source", "add", other, "--name", "plain", code=2).err
    assert len(call("source", "list", "--json").data) == 1


@pytest.mark.parametrize(("answer", "count"), [("n", 0), ("y", 1)])
def test_on_a_terminal_a_person_sees_it_first_and_is_asked(
    room: Newsroom, call: Call, answer: str, count: int
) -> None:
    master, slave = pty.openpty()
    process = room.start("source", "add", room.blog("cold-reads"), stdin=slave)
    os.write(master, f"{answer}\n".encode())
    out, err = process.communicate(timeout=60)
    os.close(slave)
    os.close(master)
    assert process.returncode == 0
    assert "  2026-06-09  cold-reads" in err
    assert "Follow this?" in err
    assert ("added 127.0.0.1" in out) == bool(count)
    assert len(call("source", "list", "--json").data) == count


# Testing


def test_a_test_tells_all_of_each_post_and_keeps_nothing(room: Newsroom, call: Call) -> None:
    before = room.rows()
    cut = "Why the write-ahead log of the billing database outgrew every disk that we ha…"
    room.web.serve(
        "/feed.xml",
        "<rss version='2.0'><channel><title>Plain</title><language>en</language><item>"
        f"<title>{cut}</title><link>https://plain.example/1</link><author>Ada</author>"
        "<category>storage</category><pubDate>Tue, 09 Jun 2026 10:00:00 +0000</pubDate>"
        "<description>It grew and grew, for a reason that we did not see. Read more</description>"
        "</item></channel></rss>",
    )
    ended = call("source", "test", room.web.url("/feed.xml"), "--json")
    assert fits(ended.data, documented("source", "test"))
    assert (ended.data["kind"], ended.data["state"]) == ("feed", "new posts")
    (post,) = ended.data["posts"]
    assert post == {
        "title": cut,
        "url": "https://plain.example/1",
        "date": "2026-06-09T10:00:00+00:00",
        "excerpt": "It grew and grew, for a reason that we did not see.",
        "tags": ["storage"],
        "author": "Ada",
        "reading_minutes": None,
        "language": "en",
        "hygiene": "held",
        "rules": ["read more"],
        "held": "its title is cut",
    }
    text = call("source", "test", room.web.url("/feed.xml")).out
    assert f"  2026-06-09  {cut}  (held: its title is cut)" in text
    assert "  tags: Storage 1\n" in text
    assert room.rows() == before


def test_a_saved_page_is_tested_without_the_network(room: Newsroom, call: Call) -> None:
    (room.folder / "page.html").write_text(listing(*TITLES), encoding="utf-8")
    from_file = ("source", "test", "--file", "page.html", "--url", "https://plain.example/blog/")
    data = call(*from_file, "--json").data
    assert fits(data, documented("source", "test"))
    assert data["kind"] == "listing"
    assert [post["title"] for post in data["posts"]] == list(TITLES)
    assert data["posts"][0]["url"] == "https://plain.example/blog/1"
    assert "not a feed" in call(*from_file, "--kind", "feed", "--json", code=1).out
    assert room.web.asked == []
    room.database_url = "sqlite:////nowhere/none.sqlite3"
    room.configure()
    assert call(*from_file, "--json").data == data  # before there is a database


@pytest.mark.parametrize(
    ("path", "state"), [("/nothing", "not found"), ("/hello", "no posts found")]
)
def test_a_test_that_fails_names_the_state(
    room: Newsroom, call: Call, path: str, state: str
) -> None:
    room.web.serve("/hello", "<!doctype html><html><body><p>Hello there.</p></body></html>")
    ended = call("source", "test", room.web.url(path), "--json", code=1)
    assert fits(ended.data, documented("source", "test"))
    assert (ended.data["state"], ended.data["kind"], ended.data["posts"]) == (state, None, [])
    assert str(ended.data["trouble"]) in call("source", "test", room.web.url(path), code=1).out


def test_a_recipe_of_the_configuration_reads_an_odd_page(room: Newsroom, call: Call) -> None:
    rows = "".join(f"<tr><td class=n>{n} May 2026<td><b>Post {n}</b> <a href=/post/{n}>go</a>"
                   for n in (9, 8))  # fmt: skip
    page = room.web.serve("/odd", f"<table>{rows}</table>")
    room.configure('[recipes."odd one"]\npost = "tr"\ntitle = "b"\nlink = "a"\ndate = ".n"\n')
    data = call("source", "test", page, "--recipe", "odd one", "--json").data
    assert [(post["title"], post["date"]) for post in data["posts"]] == [
        ("Post 9", "2026-05-09"),
        ("Post 8", "2026-05-08"),
    ]
    assert "read as listing" in call("source", "add", page, "--name", "odd one").out
    assert "no recipe for 'even'" in call("source", "test", page, "--recipe", "even", code=2).err


@pytest.mark.parametrize(
    ("recipe", "complaint"),
    [
        ('[recipes.a]\npost = "li"\ntilte = "h3"', "tilte is unknown; did you mean title?"),
        ('[recipe.a]\npost = "li"', "[recipe] is unknown; did you mean recipes?"),
        ('[recipes]\na = "li"', "[recipes] a is a section: write [recipes.a]"),
        ("[recipes.a]\npost = 3", "[recipes.a] post has a wrong type"),
        ('[recipes.a]\npost = "li[["', '"li[[" is no CSS selector'),
        ('[recipes.a]\ntitle = "h3"', "[recipes.a] post"),
    ],
)  # fmt: skip
def test_a_wrong_recipe_is_named_with_its_place(
    room: Newsroom, call: Call, recipe: str, complaint: str
) -> None:
    room.configure(recipe)
    ended = call("source", "list", code=2)
    assert complaint in ended.err
    assert "config.toml:" in ended.err


# Lists


def test_a_list_is_imported_and_each_line_accounted_for(room: Newsroom, call: Call) -> None:
    (room.folder / "list.opml").write_text(LIST, encoding="utf-8")
    dry = call("source", "import", "list.opml", "--dry-run", code=4)
    assert dry.out.startswith("3 of 5 would be added\n")
    assert call("source", "list", "--json").data == []
    ended = call("source", "import", "list.opml", "--json", code=4)
    assert fits(ended.data, documented("source", "import"))
    assert [(one["line"], one["name"], one["outcome"]) for one in ended.data] == [
        (2, "Plain & simple", "added"),
        (3, "Cold", "added"),
        (4, "Cold again", "double of line 3"),
        (5, "Nothing", "refused: it has no address of a feed"),
        (6, "Cold", "added"),
    ]
    names = [one["source"] for one in call("source", "list", "--json").data]
    assert names == ["Cold", "Cold-2", "Plain & simple"]
    again = call("source", "import", "list.opml", code=4).out
    assert "0 of 5 added\n  line 2: Plain & simple: known\n" in again
    assert len(call("source", "list", "--json").data) == 3
    assert room.web.asked == []


def test_what_is_exported_can_be_imported(room: Newsroom, call: Call) -> None:
    (room.folder / "list.opml").write_text(LIST, encoding="utf-8")
    call("source", "import", "list.opml", code=4)
    call("source", "add", "https://127.0.0.1:1/", "--kind", "listing", "--name", "by page")
    assert "would write 4 sources" in call("source", "export", "mine.opml", "--dry-run").out
    assert not (room.folder / "mine.opml").exists()
    assert fits(
        call("source", "export", "mine.opml", "--json").data, documented("source", "export")
    )
    written = (room.folder / "mine.opml").read_bytes()
    assert {(one.name, one.kind, one.topic) for one in opml.read(written)} == {
        ("Plain & simple", "feed", None),
        ("Cold", "feed", "Storage"),
        ("Cold-2", "feed", None),
        ("by page", "listing", None),
    }
    assert call("source", "export").out.encode() == written
    known = call("source", "import", "mine.opml", "--json").data
    assert {one["outcome"] for one in known} == {"known"}
    assert "is there already" in call("source", "export", "mine.opml", code=2).err


MISTAKES = (
    (("source", "import", "gone.opml"), "gone.opml cannot be read"),
    (("source", "import", "config.toml"), "names no feed"),
    (("source", "test"), "name one address"),
    (("source", "test", "https://a.example", "--url", "https://b.example"), "name one address"),
    (("source", "test", "--file", "gone.html", "--url", "https://a.example"), "cannot be read"),
    (("source", "test", "--file", "config.toml", "--url", "a.example"), "is no web address"),
    (("source", "add", "https://a.example", "--kind", "magic"), "magic"),
)


def test_a_mistake_is_exit_2_and_nothing_is_written(room: Newsroom, call: Call) -> None:
    before = room.rows()
    for arguments, sentence in MISTAKES:
        ended = call(*arguments, code=2)
        assert sentence in ended.err, arguments
        assert ended.out == ""
    assert room.rows() == before
