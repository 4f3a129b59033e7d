"""Listing pages of our own making: what is a post, what is none, and where each fact stands."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from digest.errors import ConfigurationError
from digest.posts.origin import DateOrigin
from digest.sources import listing
from digest.sources.adapter import Page, Reading, UnreadableError
from digest.sources.recipe import Recipe
from digest.sources.state import State

HOME = "https://blog.example/notes/"
CARD = """<article class="post"><h2 class="post-title"><a href="/{0}/">{1}</a></h2>
<time datetime="2026-06-0{2}">June {2}, 2026</time><p class="post-excerpt">{1}, in a few words.</p>
</article>"""
THREE = "".join(
    CARD.format(slug, title, day)
    for slug, title, day in (
        ("cold-start", "Cold starts are a cache problem", 5),
        ("lease", "A lease is a promise with a date", 4),
        ("fsync", "What fsync forgot to tell you", 2),
    )
)
URLS = [f"https://blog.example/{slug}/" for slug in ("cold-start", "lease", "fsync")]


def read(body: str, *, head: str = "", lang: str = "en", url: str = HOME) -> Reading:
    markup = f'<!doctype html><html lang="{lang}"><head>{head}</head><body>{body}</body></html>'
    return listing.read(Page(url=url, content=markup.encode()))


def urls(reading: Reading) -> list[str]:
    return [post.url for post in reading.posts]


AROUND = {
    "a sign-up block": '<section class="newsletter"><h2><a href="/subscribe/">Get it</a></h2>'
    "</section>",
    "a start-here box": '<section class="start-here"><h2>Start here</h2><ul><li><a href="/stack/">'
    'Our stack in one picture</a></li><li><a href="/jobs/">Work with us</a></li></ul></section>',
    "a game": '<div id="game"><button>x</button><h3>Deploy the blocks</h3><p>Use the keys.</p>'
    "</div>",
    "a tag's own card": '<section class="post-card post-card-large"><h2 class="post-card-title">go'
    '</h2><div class="post-card-excerpt">A collection of 3 posts</div></section>',
    "a breadcrumb": '<nav class="crumbs"><a href="/">Home</a> <a href="/topics/">Topics</a></nav>',
    "recent comments": '<aside class="widget"><h3>Comments</h3><ul><li><a href="/lease/#c1">'
    "Ann on A lease is a promise</a></li></ul></aside>",
    "a cloud of tags": '<div class="tagcloud"><a href="/tags/go/">go</a><a href="/tags/db/">db</a>'
    "</div>",
    "statistics": "<p>This archive spans 3 posts from Jan 2016 to Apr 2026.</p>",
    "pages": '<nav class="pagination"><a href="/page/2/">2</a><a href="/page/3/">3</a></nav>',
    "an author": '<div class="author-box"><h3><a href="/author/ann/">Ann Lee</a></h3><p>Ann writes '
    "about storage, and about what happens when it is gone.</p></div>",
}


@pytest.mark.parametrize("name", AROUND)
def test_what_stands_around_the_list_is_no_post(name: str) -> None:
    assert urls(read(f"{AROUND[name]}<main>{THREE}</main>")) == URLS
    assert urls(read(f"<main>{THREE}</main>{AROUND[name]}")) == URLS


@pytest.mark.parametrize(
    "about", ["tag-newsletter", "category-search hentry", "tag-navigation", "category-popular"]
)
def test_what_a_post_is_about_does_not_make_it_a_part_of_the_page(about: str) -> None:
    cards = THREE.replace('article class="post"', f'div class="post {about}"')
    assert urls(read(f"<main>{cards.replace('</article>', '</div>')}</main>")) == URLS


def test_each_fact_stands_where_the_card_shows_it() -> None:
    card = """<article lang="de"><a rel="tag" href="/tag/speicher/">Speicher</a>
        <h2><a href="/platte/">Die Platte lügt</a></h2><span class="byline">von Ann Lee</span>
        <time datetime="2026-06-05T23:30:00+09:00">5. Juni</time><span>4 Min. Lesezeit</span>
        <p>Ein Satz, der etwas sagt. … <a class="read-more" href="/platte/">Weiterlesen</a></p>
        </article>"""
    post = read(f"<main>{card}{THREE}</main>").posts[0]
    assert (post.title, post.author, post.tags) == ("Die Platte lügt", "Ann Lee", ("Speicher",))
    assert (post.summary, post.minutes, post.language) == ("Ein Satz, der etwas sagt.", 4, "de")
    assert post.published_at == datetime(2026, 6, 5, 14, 30, tzinfo=UTC)


def test_a_day_is_not_shifted_and_the_language_of_the_page_is_the_pages() -> None:
    reading = read(f"<main>{THREE}</main>", lang="en-GB")
    assert [post.published_on for post in reading.posts] == [date(2026, 6, d) for d in (5, 4, 2)]
    assert reading.language == "en-GB"
    assert {post.language for post in reading.posts} == {None}


def test_a_post_that_is_shown_twice_is_one_and_keeps_its_place() -> None:
    hero = '<section class="featured"><h2><a href="/lease/">A lease is a promise</a></h2></section>'
    assert urls(read(f"<main>{hero}{THREE}</main>")) == URLS


def test_posts_may_go_by_their_numbers_even_where_these_look_like_years() -> None:
    numbers = ("archives/77", "archives/1984", "archives/2031", "posts/1999")
    cards = (CARD.format(slug, f"What we learned from {slug}", 5) for slug in numbers)
    found = read("".join(cards))
    assert [post.url for post in found.posts] == [f"https://blog.example/{n}/" for n in numbers]


def test_a_title_that_is_cut_is_taken_whole_from_the_label_of_its_link() -> None:
    card = CARD.format("long", "The routing of work…", 1).replace(
        "</article>",
        '<a href="/long/" aria-label="Read more about The routing of work, told twice">More</a>'
        "</article>",
    )
    assert read(f"<main>{THREE}{card}</main>").posts[-1].title == "The routing of work, told twice"


def test_an_overlay_is_the_link_of_a_title_that_is_none() -> None:
    cards = "".join(
        f'<article><h2>Post number {n} of ours</h2><a class="entry-link" aria-label="post link to '
        f'Post number {n} of ours" href="/p{n}/"></a></article>'
        for n in (1, 2)
    )
    assert urls(read(f"<main>{cards}</main>")) == [f"https://blog.example/p{n}/" for n in (1, 2)]


def test_relative_links_count_from_the_base() -> None:
    body = THREE.replace('href="/', 'href="')
    reading = read(f"<main>{body}</main>", head='<base href="https://cdn.example/b/">')
    assert urls(reading)[0] == "https://cdn.example/b/cold-start/"


@pytest.mark.parametrize(
    ("shown", "origin"),
    [
        ('<time datetime="2026-06-05">5 days ago</time>', DateOrigin.LIST_MARKUP),
        ("<p>June 5, 2026</p>", DateOrigin.LIST_TEXT),
        ("<p>Last updated June 9, 2026</p><p>Published June 5, 2026</p>", DateOrigin.LIST_TEXT),
        ("", DateOrigin.ADDRESS),
    ],
)
def test_the_place_of_the_date_is_told(shown: str, origin: DateOrigin) -> None:
    cards = "".join(
        f'<div><h2><a href="/2026/06/05/{slug}/">The story of {slug}</a></h2>{shown}</div>'
        for slug in ("one", "two", "three")
    )
    for post in read(f"<main>{cards}</main>").posts:
        assert (post.published_on, post.dated_by) == (date(2026, 6, 5), origin)


def test_the_place_may_be_the_heading_above_or_what_the_page_tells_machines() -> None:
    cards = "".join(
        f'<p><a href="/{slug}/">The story of {slug}</a> <i>Jun 5</i></p>' for slug in "abcde"
    )
    assert {p.dated_by for p in read(f"<main><h2>2026</h2>{cards}</main>").posts} == {
        DateOrigin.LIST_HEADING
    }
    told = {
        "@type": "Blog",
        "blogPost": [
            {"@type": "BlogPosting", "headline": title, "url": url, "datePublished": "2026-06-05"}
            for title, url in zip("abc", URLS, strict=True)
        ],
    }
    script = f'<script type="application/ld+json">{json.dumps(told)}</script>'
    assert {p.dated_by for p in read(script).posts} == {DateOrigin.LIST_JSON_LD}


def test_the_page_says_where_it_goes_on_and_how_many_posts_there_are() -> None:
    head = '<link rel="next" href="/notes/page/2/"><title>Notes</title>'
    reading = read(f"<main><p>A collection of 1,198 posts</p>{THREE}</main>", head=head)
    assert reading.next_url == "https://blog.example/notes/page/2/"
    assert (reading.count, reading.title) == (1_198, "Notes")


def test_the_shape_is_the_same_next_week_and_another_after_a_rebuild() -> None:
    before = read(f"<main>{THREE}</main>").shape
    new = CARD.format("new", "A new one every week", 9)
    assert read(f"<main>{new}{THREE}</main>").shape == before
    rebuilt = THREE.replace("article", "div").replace("h2", "h3")
    assert read(f'<main class="x"><section>{rebuilt}</section></main>').shape != before


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<main><h1>Sign in</h1><ul><li><a href='/reset'>Forgotten?</a></li></ul></main>",
        "<main><h1>Impressum</h1><p>Angaben gemäß <a href='/p5'>§ 5</a> TMG, wie es sein muss.</p>",
        "<nav><a href='/a/'>One place of ours</a><a href='/b/'>Another place of ours</a></nav>",
    ],
)
def test_a_page_without_posts_says_so(body: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        read(body)
    assert caught.value.state == State.NO_POSTS


POSTS: list[dict[str, Any]] = [
    {"slug": "cold-start", "title": "Cold starts", "publishedAt": "2026-06-05", "tags": ["go"]},
    {"slug": "lease", "title": "Leases", "publishedAt": "2026-06-04", "readingTime": "6 min read"},
]


def test_posts_that_stand_only_in_the_flight_payload_are_read_across_its_pieces() -> None:
    text = f"2:T5,a\nb:c5:{json.dumps(['$', '$L9', None, {'posts': POSTS}])}\n"
    pieces = (text[:60], text[60:])
    scripts = "".join(
        f"<script>self.__next_f.push({json.dumps([1, piece])})</script>" for piece in pieces
    )
    bars = '<main><div class="animate-pulse"></div></main>'
    reading = read(bars + scripts, url="https://blog.example/notes/page/2")
    assert urls(reading) == [f"https://blog.example/notes/{p['slug']}" for p in POSTS]
    assert (reading.posts[0].tags, reading.posts[1].minutes) == (("go",), 6)
    assert (reading.shape or "").startswith("flight")


def test_what_the_page_tells_machines_completes_what_it_shows() -> None:
    blog = {
        "@type": "Blog",
        "blogPost": [
            {"@type": "BlogPosting", "headline": "Leases", "url": "/lease/", "datePublished": d}
            for d in ["2026-06-04T08:00:00+02:00"]
        ],
    }
    shown = "".join(
        f'<article><h2><a href="/{slug}/">{slug} and more of it</a></h2></article>'
        for slug in ("cold-start", "lease")
    )
    script = f'<script type="application/ld+json">{json.dumps(blog)}</script>'
    posts = read(f"<main>{shown}</main>{script}").posts
    assert posts[0].published_at is None
    assert posts[1].published_at == datetime(2026, 6, 4, 6, 0, tzinfo=UTC)


ODD = """<div id="x">
<p class="r"><b>Leases</b> <i>4/6/2026</i> <u>Hold on.</u> <a href="/lease/">go</a></p>
<p class="r"><b>Cold starts</b> <i>25/6/2026</i> <u>Warm up.</u> <a href="/cold/">go</a></p>
</div>"""


def test_a_recipe_reads_what_no_rule_would_find() -> None:
    recipe = Recipe(post="#x .r", title="b", link="a", date="i", excerpt="u")
    reading = listing.read_with(Page(url=HOME, content=ODD.encode()), recipe=recipe)
    assert [(p.title, p.url, p.published_on, p.summary) for p in reading.posts] == [
        ("Leases", "https://blog.example/lease/", date(2026, 6, 4), "Hold on."),
        ("Cold starts", "https://blog.example/cold/", date(2026, 6, 25), "Warm up."),
    ]
    assert reading.shape == "recipe #x .r"


def test_a_recipe_that_finds_nothing_is_a_change_of_layout() -> None:
    with pytest.raises(UnreadableError, match="recipe"):
        listing.read_with(Page(url=HOME, content=ODD.encode()), recipe=Recipe(post=".gone"))


def test_a_selector_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(ConfigurationError, match=r'excerpt = "p\["'):
        Recipe(post="article", excerpt="p[")
    with pytest.raises(ConfigurationError, match="post"):
        Recipe(post=" ")
