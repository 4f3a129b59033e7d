"""An issue rendered: its anatomy, its languages, its size, and what hostile words do to it."""

import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from press import HOSTILE, composer, issue, personaliser, post, reader

from digest.calendar import ScheduleSettings
from digest.editions.issue import Also, Earlier, Issue, NewsletterSettings, Surplus
from digest.errors import ConfigurationError, TemplateError
from digest.mail.headers import clean
from digest.mail.quoted import encode
from digest.render.composed import ComposedIssue
from digest.render.environment import make_environment, render
from digest.render.lint import lint
from digest.render.settings import EmailSettings
from digest.render.theme import load_theme
from digest.render.titles import display_title
from digest.shipped import shipped_templates

MakeFile = Callable[[str, str], Path]
ARABIC = Path(__file__).parents[1] / "fixtures" / "templates"
COMPOSER = composer()


def composed(of: Issue | None = None, *, language: str = "en") -> ComposedIssue:
    return COMPOSER.compose(of or issue(), language=language)


def words_of(html: str) -> str:
    """Return the words a reader sees, without blanks."""
    visible = re.sub(r"<(style|title)\b.*?</\1>|<!--.*?-->", "", html, flags=re.DOTALL)
    return "".join(unescape(re.sub(r"<[^>]*>", "", visible)).split())


def test_the_text_part_is_this() -> None:
    text = composed(issue(sample := issue().posts[:3], surplus=())).text
    assert len(sample) == 3
    head, _, rest = text.partition(
        "========================================================================\n"
    )
    assert head == (
        "THE WEEKLY DIVE\nIssue 24 · Friday, 12 June 2026\nRead online: https://digest.example/24\n"
    )
    assert rest.startswith(
        "\n"
        "Two posts measure what a cache saves.\n"
        "\n"
        "Both find less than hoped.\n"
        "\n"
        "3 new posts from 2 blogs · 6 minutes of reading\n"
        "\n"
        "\n"
        "THE LEAD · STORAGE\n"
        "------------------\n"
        "\n"
        "Counting Cold Reads\n"
        "  A year of disk traces, and a setting that explains half.\n"
        "  Field Log · 9 June · 1 min\n"
        "  https://plain-systems.example/posts/1?ref=a&part=b\n"
        "\n"
        "\n"
        "STORAGE (2)\n"
        "-----------\n"
        "\n"
        "* Snapshots at Noon — What a Busy Hour Does to Copy-on-Write\n"
        "  Latency doubles.\n"
        "  Plain Systems · 2 min\n"
        "  https://plain-systems.example/posts/2?ref=a&part=b\n"
        "\n"
    )  # fmt: skip
    assert "Unsubscribe:\n  x" in rest
    assert rest.endswith("Digest, 1 Example Street, 12345 Exampletown\n")


def test_subject_and_preheader_name_the_first_four_posts() -> None:
    mail = composed()
    assert mail.subject == "Counting Cold Reads"
    preheader = re.search(r'<div class="preheader"[^>]*>([^<]+)<', mail.html)
    assert preheader
    second, third, fourth = (display_title(item.title).short for item in issue().posts[1:4])
    assert preheader[1] == f"Also: {second}; {third}; {fourth}"
    assert unescape(mail.html).count("\u034f\u200c\u00a0") == 60
    assert "\u034f" not in mail.text


def test_stats_and_topics_count_every_post() -> None:
    text = composed().text
    assert "10 new posts from 3 blogs · at least 43 minutes of reading" in text
    assert "Storage 4 · Operations 3 · Netzwerk 1 · Networking 1 · More posts 1" in text
    assert "MORE POSTS (1)" in text
    assert "4 more from Field Log" in text


def test_headings_go_down_one_step_at_a_time() -> None:
    levels = [int(level) for level in re.findall(r"<h([1-6])\b", composed().html)]
    assert levels[:3] == [1, 2, 2]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert levels.count(1) == 1


def test_without_topics_there_is_one_section_and_no_topic_line() -> None:
    posts = [replace(item, topic=None) for item in issue().posts]
    text = composed(issue(posts)).text
    assert "NEW POSTS (9)" in text
    assert "THE LEAD\n--------" in text
    assert "More posts" not in text


def test_an_issue_of_one_post_is_an_issue() -> None:
    single = issue([post(1, title="Counting Cold Reads")], introduction=None, surplus=())
    mail = composed(single)
    assert "1 new post from 1 blog\n" in mail.text
    assert list(lint(single, mail)) == []


def test_posts_beyond_the_full_ones_stand_by_their_short_title() -> None:
    posts = [
        post(n, title=f"Post number {n} of many — and a subtitle", summary="Sum.")
        for n in range(1, 21)
    ]
    mail = composed(issue(posts))
    assert mail.text.count("Sum.") == 12
    assert (
        "* Post number 13 of many · Plain Systems\n  https://plain-systems.example/posts/13?"
        in mail.text
    )
    assert mail.html.count("and a subtitle") == 12 + 1  # the lead's button names its post too
    assert list(lint(issue(posts), mail)) == []


def test_german_mail_is_german_throughout() -> None:
    mail = composed(language="de")
    assert '<html lang="de" dir="ltr"' in mail.html
    for words in (
        "Ausgabe 24 · Freitag, 12. Juni 2026",
        "10 neue Beiträge aus 3 Blogs",
        "Eine E-Mail pro Woche, freitags früh.",
        "4 weitere von Field Log",
        "9. Juni · 1 Min.",
    ):
        assert words in mail.text
        assert "".join(words.split()) in words_of(mail.html)
    assert not re.search(r"\b(June|posts from|Unsubscribe|Read the post)\b", mail.text)


@pytest.mark.parametrize(
    ("schedule", "sentence"),
    [
        (ScheduleSettings(), "One email a week, on Friday morning."),
        (ScheduleSettings(cron="30 19 * * MON,THU"), "One email a week, on Monday evening."),
        (ScheduleSettings(cron="0 12 * * *", cadence="day"), "One email a day, in the afternoon."),
        (ScheduleSettings(cron="0 7 1 * *", cadence="month"), "One email a month."),
    ],
)
def test_the_cadence_is_what_the_schedule_does(schedule: ScheduleSettings, sentence: str) -> None:
    mail = replace(COMPOSER, schedule=schedule).compose(issue(), language="en")
    assert sentence in mail.text
    assert sentence in mail.html


def test_a_post_in_another_language_is_marked_wherever_it_stands() -> None:
    german = post(1, title="Was bleibt", summary="Wenig.", language="de")
    full = post(2, title="Und dann", summary="Viel.", language="ar")
    british = post(3, title="Colour", language="en-GB")
    mail = composer(full_posts=2).compose(issue([german, full, british]), language="en")
    assert len(re.findall(r'<(?:h2|p)\b[^>]*lang="de" dir="ltr"', mail.html)) == 3
    assert len(re.findall(r'<(?:h3|p)\b[^>]*lang="ar" dir="rtl"', mail.html)) == 3
    assert "en-GB" not in mail.html


def test_both_parts_of_a_right_to_left_mail_are_complete() -> None:
    of = issue([post(1, title="الذاكرة"), *issue().posts[1:]])
    mail = composer(ARABIC).compose(of, language="ar")
    assert '<html lang="ar" dir="rtl"' in mail.html
    assert "text-align:right" in mail.html
    assert "إلغاء الاشتراك:" in mail.text
    assert '<span dir="ltr">Plain Systems</span>' in mail.html
    assert list(lint(of, mail)) == []


def test_every_colour_is_there_in_all_three_dark_layers() -> None:
    html = composed().html
    style = "".join(re.findall(r"<style.*?</style>", html, re.DOTALL))
    media = style[style.index("prefers-color-scheme") :].partition("[data-ogs")[0]
    used = set(
        re.findall(
            r"\b(?:text|fill|line)-[a-z]+", re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL)
        )
    )
    coloured = {name for name in used if re.search(rf"\.{name}\b", style)}
    assert {"text-ink", "text-muted", "fill-card", "fill-btn", "line-under"} <= coloured
    for name in coloured:
        assert re.search(rf"\.{name}\b[^}}]*!important", media)
        assert re.search(rf"\[data-ogs[cb]\] \.{name}\b[^}}]*!important", style)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_colour_can_be_read_on_every_ground(scheme: str) -> None:
    colours = {
        use: {n: getattr(c, scheme) for n, c in t.items()}
        for use, t in COMPOSER.theme.colours.items()
    }
    for ground in ("page", "card", "tint"):
        for name in ("ink", "body", "muted", "accent"):
            assert contrast(colours["text"][name], colours["fill"][ground]) >= 4.5, (name, ground)
    assert contrast(colours["text"]["btnink"], colours["fill"]["btn"]) >= 4.5


def contrast(one: str, other: str) -> float:
    """WCAG 2.1 contrast ratio of two colours written #rrggbb."""

    def luminance(colour: str) -> float:
        parts = (int(pair, 16) / 255 for pair in (colour[i : i + 2] for i in (1, 3, 5)))
        red, green, blue = (
            p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_mail_asks_nobody_for_anything() -> None:
    html = composed().html
    assert not re.search(r"<(img|link|script|form)\b|@import|url\(", html)
    hosts = set(re.findall(r"https?://([^/\"'<> ]+)", html)) - {"www.w3.org"}
    assert hosts == {"digest.example", "plain-systems.example"}


def test_layout_tables_say_that_they_are_none() -> None:
    html = re.sub(r"<!--.*?-->", "", composed().html, flags=re.DOTALL)
    tables = re.findall(r"<table[^>]*>\s*(?:<caption)?", html)
    assert [table for table in tables if 'role="presentation"' not in table] == [
        table for table in tables if table.endswith("<caption")
    ]
    assert html.count('<th class="blog" scope="row"') == html.count('class="bar fill-bar"') == 3
    assert "<!--[if mso" in composed().html


def test_the_same_issue_gives_the_same_bytes() -> None:
    assert composed() == composer().compose(issue(), language="en")


@pytest.mark.parametrize(("count", "most"), [(10, 46_000), (40, 68_000), (88, 100_000)])
def test_the_encoded_mail_stays_below_what_clients_clip(count: int, most: int) -> None:
    pool = issue().posts
    posts = [
        replace(
            pool[n % 10],
            post_id=n,
            url=f"https://plain-systems.example/2026/06/post-{n}",
            summary="Forty words, more or less. " * 8,
        )
        for n in range(count)
    ]  # fmt: skip
    mail = composed(issue(posts))
    assert len(encode(mail.html)) <= most
    assert not [f for f in lint(issue(posts), mail) if f.is_error]


def test_text_lines_have_72_columns_unless_they_are_addresses() -> None:
    many = issue(
        [
            post(n, title=word, summary=word, author=word, source=word[:200])
            for n, word in enumerate(HOSTILE)
        ]
    )
    for line in composer(full_posts=1000).compose(many, language="en").text.split("\n"):
        assert len(line) <= 72 or line.strip().startswith(("http", "x"))


def also(number: int, title: str, *, source: str = "Field Log") -> Also:
    """Make a post that stands on another one's card."""
    url = f"https://field-log.example/{number}?a=1&b=2"
    return Also(post_id=number, url=url, title=title, source=source)


@pytest.mark.parametrize("full_posts", [12, 1])
def test_posts_on_one_topic_are_linked_under_the_one_that_leads_them(full_posts: int) -> None:
    earlier = Earlier(url="https://plain.example/old", title="Colder reads", year=2024)
    card = {"also": (also(8, "Warm reads"), also(9, "Tepid reads")), "earlier": earlier}
    cards = [post(1, title="First", topic="Storage"), post(2, title="Hot", topic="Storage", **card)]
    for one in (issue(cards), issue(cards[::-1])):
        mail = composer(full_posts=full_posts).compose(one, language="en")
        assert list(lint(one, mail)) == []
        assert "4 new posts from 2 blogs" in mail.text
        assert (
            "  Also on this: Warm reads (Field Log)\n  https://field-log.example/8?a=1&b=2\n"
            "  Tepid reads (Field Log)\n  https://field-log.example/9?a=1&b=2\n"
            "  Earlier: Colder reads, 2024\n  https://plain.example/old\n"
        ) in mail.text
        assert (
            "Alsoonthis:Warmreads(FieldLog),Tepidreads(FieldLog)·Earlier:Colderreads,2024"
            in words_of(mail.html)
        )
        assert 'href="https://plain.example/old"' in mail.html
    assert "Auch dazu: Warm reads" in composed(issue(cards), language="de").text


def test_a_section_counts_the_posts_on_its_cards() -> None:
    cards = [
        post(1, title="First", topic="Operations"),
        post(2, title="Hot", topic="Storage", also=(also(8, "Warm reads"),)),
    ]
    text = composed(issue(cards)).text
    assert "Storage 2 · Operations 1" in text
    assert "STORAGE (2)" in text


def test_hostile_words_everywhere_at_once_are_shown_or_cleaned() -> None:
    hostile = issue(
        [
            post(
                n,
                title=word,
                summary=word,
                author=word,
                source=word,
                topic=word,
                language=word,
                also=(also(n, word, source=word),),
                earlier=Earlier(url=f"https://plain.example/{n}", title=word, year=2024),
            )
            for n, word in enumerate(HOSTILE, start=1)
        ],
        surplus=tuple(Surplus(source=word, posts=2) for word in HOSTILE),
        introduction="\n\n".join(HOSTILE),
    )
    mail = composer(full_posts=1000).compose(hostile, language="en")
    assert [
        str(f)
        for f in lint(hostile, mail)
        if f.is_error and "bytes" not in str(f) and "behind" not in str(f)
    ] == []
    seen, text = words_of(mail.html), "".join(mail.text.split())
    for word in HOSTILE:
        shown = "".join(clean(word).split())
        assert shown in seen
        assert shown in text


@pytest.mark.parametrize(
    "few",
    [HOSTILE[n : n + 40] for n in range(0, len(HOSTILE), 40)],
    ids=lambda few: repr(few[0][:12]),
)
def test_hostile_names_reach_the_letter_without_becoming_headers(few: tuple[str, ...]) -> None:
    for word in few:
        name = word if word.strip() else "Digest"  # an empty one is refused
        newsletter = NewsletterSettings(name=name, tagline=word, postal_address=word)
        mail_issue = issue([post(1, title=word), post(2, title=word)], newsletter=newsletter)
        mail = composed(mail_issue)
        letter = personaliser(mail, of=mail_issue).letter(reader(name=word), key="k")
        names = re.findall(rb"(?m)^([A-Za-z-]+):", letter.message.partition(b"\r\n\r\n")[0])
        assert len(names) == len(set(names)) == 16
        assert b"Bcc" not in names
        assert mail.subject == display_title(word).short or not display_title(word).whole


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(title=st.text(max_size=300), summary=st.text(max_size=600), source=st.text(max_size=80))
def test_no_text_stops_an_issue(title: str, summary: str, source: str) -> None:
    odd = issue(
        [post(1, title=title, summary=summary, source=source, topic=source), post(2, title=summary)]
    )
    mail = composed(odd)
    assert [str(f) for f in lint(odd, mail)] == []


@pytest.mark.parametrize(
    ("file", "content", "where"),
    [
        ("issue.mjml.j2", "<mjml>\n{% if %}\n</mjml>", r"edition/weekly/issue\.mjml\.j2:2: "),
        ("issue.mjml.j2", "\n\n{{ nothing }}", r"edition/weekly/issue\.mjml\.j2:3: .*nothing"),
        ("issue.mjml.j2", "<mjml><mj-body>", r"edition/weekly/issue\.mjml\.j2: MJML cannot read"),
        ("issue.mjml.j2", "{% include './no.j2' %}", "there is no template edition/weekly/no.j2"),
        ("issue.mjml.j2", "{% include '../../../../etc/passwd' %}", "there is no template"),
        ("issue.txt.j2", "a\n{{ 'a' * 1000000000 }}", r"issue\.txt\.j2:2: \* takes numbers"),
        ("issue.txt.j2", "{{ issue.__class__ }}", r"issue\.txt\.j2:1: .*unsafe"),
        ("issue.txt.j2", "{{ 1 / 0 }}", r"issue\.txt\.j2:1: division"),
        ("issue.txt.j2", "{{ range(9) }}", r"issue\.txt\.j2:1: .*called 'range'"),
        ("issue.txt.j2", "{{ 2 ** 100000 }}", r"issue\.txt\.j2:1: \*\* takes numbers"),
        ("paper.j2", "{% macro rule(a) %}\n{{ a.x }}{% endmacro %}", r"paper\.j2:2: .*'x'"),
        ("inline.css.j2", "\n{{ colours.text.nope.light }}", r"inline\.css\.j2:2: "),
        ("tokens.toml", "[text]\nink = ", "edition/weekly/tokens.toml: "),
        ("tokens.toml", '[text]\nink = { light = "#000" }', r"tokens\.toml: misses or does"),
        ("theme.toml", 'base = "weekly"', "the theme is based on itself"),
        ("theme.toml", 'bse = "weekly"', "a theme has no bse"),
    ],
)  # fmt: skip
def test_a_broken_template_names_its_file_and_line(
    make_file: MakeFile, file: str, content: str, where: str
) -> None:
    folder = make_file(f"edition/weekly/{file}", content).parents[2]
    with pytest.raises(TemplateError, match=where):
        composer(folder).compose(issue(), language="en")


def test_a_bad_post_is_named(make_file: MakeFile) -> None:
    posts = shipped_templates() / "edition" / "weekly" / "post.j2"
    picky = posts.read_text(encoding="utf-8").replace(
        "{{ title(post) }}", "{{ '<3 p' | safe if 'Runbooks' in post.title.main else title(post) }}"
    )
    folder = make_file("edition/weekly/post.j2", picky).parents[2]
    with pytest.raises(TemplateError, match="cannot read the post 'Runbooks That Run'"):
        composer(folder).compose(issue(), language="en")


def test_a_language_without_sentences_is_refused_with_the_cure() -> None:
    with pytest.raises(TemplateError, match="no sentences for the language 'xx'; copy"):
        composed(language="xx")
    assert composed(language="de-AT").language == "de-AT"


def test_a_reader_is_addressed_as_the_operator_chose() -> None:
    theme = load_theme("weekly", salutation="du")
    text = replace(COMPOSER, theme=theme).compose(issue(), language="de").text
    assert "Du erhältst diese E-Mail" in text
    assert "Alle Ausgaben" in text
    assert "Sie erhalten diese E-Mail" in composed(language="de").text


def test_an_operators_file_wins_and_the_rest_is_shipped(make_file: MakeFile) -> None:
    folder = make_file("edition/weekly/issue.txt.j2", "Only {{ issue.name }}.\n").parents[2]
    mail = composer(folder).compose(issue(), language="en")
    assert mail.text == "Only The Weekly Dive.\n"
    assert mail.html == composed().html


def test_text_templates_are_not_escaped_and_others_are(make_file: MakeFile) -> None:
    folder = make_file("a.txt.j2", "{{ x }}").parent
    make_file("a.mjml.j2", "{{ x }}")
    assert render(make_environment(folder), "a.txt.j2", x="<&>") == "<&>"
    assert render(make_environment(folder), "a.mjml.j2", x="<&>") == "&lt;&amp;&gt;"


def test_an_email_without_a_language_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="languages"):
        EmailSettings(languages=())


def test_the_line_of_topics_links_to_their_places_online_when_asked_to() -> None:
    settings = EmailSettings(toc="web")
    html = replace(COMPOSER, settings=settings).compose(issue(), language="en").html
    assert re.findall(r'href="https://digest.example/24#([^"]*)"', html) == [
        "storage", "operations", "netzwerk", "networking",
    ]  # fmt: skip
    assert "24#" not in composed().html
    assert "24#" not in replace(COMPOSER, settings=settings).compose(issue(), language="en").text
    assert (
        list(lint(issue(), replace(COMPOSER, settings=settings).compose(issue(), language="en")))
        == []
    )


def test_names_of_any_length_leave_room_for_the_posts() -> None:
    long = "endless " * 600
    posts = [
        post(n, title=f"T{n}", source=long, author=long, topic=f"{n} {long}") for n in range(9)
    ]
    mail = composed(issue(posts))
    assert len(encode(mail.html)) <= 90_000
    assert mail.folded == 0
