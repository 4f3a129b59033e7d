"""Golden mails: 0 to 88 posts in three languages, in full and by title, from all sides."""

import re
from dataclasses import dataclass, replace
from functools import cache
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from press import HOSTILE, issue, personaliser, post, reader

from digest.calendar import ScheduleSettings
from digest.editions.issue import Issue, NewsletterSettings
from digest.errors import TemplateError, UnfitError
from digest.mail.headers import clean
from digest.mail.quoted import encode
from digest.render.compose import Composer
from digest.render.composed import ComposedIssue
from digest.render.contrast import too_faint
from digest.render.features import unsupported
from digest.render.lenses import no_styles
from digest.render.links import link
from digest.render.lint import lint
from digest.render.sample import sample_issue
from digest.render.settings import EmailSettings
from digest.render.slots import Slot, marker
from digest.render.theme import load_theme
from digest.render.titles import display_title

FOLDER = Path(__file__).parents[1] / "fixtures" / "templates"
PUBLIC_URL = "https://digest.example"
KB = 1_000
FULL, TITLES = 1_000, 12
COUNTS = (1, 10, 20, 40, 88)
LANGUAGES = ("en", "de", "ar")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def composer(*, full: int, theme: str = "weekly", budget: int = 90_000) -> Composer:
    return Composer(
        theme=_theme(theme),
        settings=EmailSettings(full_posts=full, budget=budget),
        schedule=ScheduleSettings(),
        public_url=PUBLIC_URL,
    )


_theme = cache(lambda name: load_theme(name, folder=FOLDER))


@cache
def long_issue(count: int) -> Issue:
    """Return an issue whose posts are as long as they may be: 240 characters of summary."""
    sample = sample_issue(NewsletterSettings(), posts=count)
    summary = "Seven traces of a year were read. One setting explains half of what they show. " * 3
    return replace(
        sample,
        posts=tuple(
            replace(
                one, title=f"{one.title} {place}", summary=summary[:237] if one.summary else None
            )
            for place, one in enumerate(sample.posts)
        ),
    )


@dataclass(frozen=True)
class Golden:
    """One of them: how many posts, in which language, how many of them in full."""

    count: int
    language: str
    full: int

    def __str__(self) -> str:
        return f"{self.count}-{self.language}-{'full' if self.full == FULL else 'titles'}"


GOLDEN = [Golden(c, tag, full) for c in COUNTS for tag in LANGUAGES for full in (FULL, TITLES)]
each = pytest.mark.parametrize("golden", GOLDEN, ids=str)


@cache
def mail(golden: Golden) -> ComposedIssue:
    return composer(full=golden.full).compose(long_issue(golden.count), language=golden.language)


@each
def test_b10_every_mail_keeps_its_size_and_passes_all_checks(golden: Golden) -> None:
    composed = mail(golden)
    most = {1: 35, 10: 45, 20: 60, 40: 75, 88: 95}[golden.count] * KB
    assert len(encode(composed.html)) <= most
    assert [str(one) for one in lint(long_issue(golden.count), composed) if one.is_error] == []


def test_b10_what_does_not_fit_is_counted_and_linked() -> None:
    of = long_issue(88)
    composed = composer(full=FULL, budget=40_000).compose(of, language="en")
    assert len(encode(composed.html)) <= 40_000
    assert composed.folded > 0
    assert f"{composed.folded} more posts online" in composed.html
    assert "Unsubscribe" in composed.html
    assert [str(one) for one in lint(of, composed) if one.is_error] == []
    for one in of.entries:
        assert link(one.url) in composed.text.split()


def test_a_week_without_posts_is_no_issue() -> None:
    with pytest.raises(UnfitError, match="without posts"):
        composer(full=FULL).compose(issue([]), language="en")


class Outline(HTMLParser):
    """Reads a mail as a program would: elements, headings, and the words in between."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._hidden = 0
        self.feed(_COMMENT.sub("", html))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, dict(attrs)))
        self._hidden += tag in {"style", "title"}

    def handle_endtag(self, tag: str) -> None:
        """Come out of what is not shown."""
        self._hidden -= tag in {"style", "title"}

    def handle_data(self, data: str) -> None:
        """Note what is shown."""
        if not self._hidden:
            self.words.append(data)

    def all(self, *tags: str) -> list[dict[str, str | None]]:
        """Return the attributes of all elements of these names."""
        return [attributes for tag, attributes in self.elements if tag in tags]


@each
def test_d7_every_title_and_link_stands_in_both_parts(golden: Golden) -> None:
    composed = mail(golden)
    outline = Outline(composed.html)
    packed, text = _packed("".join(outline.words)), _packed(composed.text)
    links = {a["href"] for a in outline.all("a")}
    lines = {line.strip() for line in composed.text.splitlines()}
    for one in long_issue(golden.count).entries:
        title = _packed(display_title(one.title).short.removesuffix("…"))
        assert title in packed
        assert title in text
        assert link(one.url) in links & lines
    unsubscribe = marker(Slot.UNSUBSCRIBE_URL, seal=long_issue(golden.count).seal)
    assert unsubscribe in links & lines


@each
def test_d8_the_mail_can_be_read_without_being_seen(golden: Golden) -> None:
    outline = Outline(mail(golden).html)
    html, first = outline.all("html")[0], outline.all("div")[0]
    rtl = golden.language == "ar"
    articles = [one for one in outline.all("div") if one.get("role") == "article"]
    for one in (html, articles[0] if articles else first):
        assert (one["lang"], one["dir"]) == (golden.language, "rtl" if rtl else "ltr")
    levels = [int(tag[1]) for tag, _ in outline.elements if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise([1, *levels]))
    data = [one for one in outline.all("table") if one.get("role") != "presentation"]
    assert len(data) == len(outline.all("caption")) <= 1
    assert all(one.get("scope") == "row" for one in outline.all("th"))
    assert all("dir" in one for one in outline.all("h2", "h3", "p") if "lang" in one)


@pytest.mark.parametrize("theme", ["weekly", "compact"])
def test_d8_every_text_can_be_read_in_light_and_dark(theme: str) -> None:
    assert list(too_faint(_theme(theme).colours)) == []


@each
def test_d9_only_what_mail_programs_know_is_used(golden: Golden) -> None:
    composed = mail(golden)
    assert list(unsupported(composed.html)) == []
    hosts = set(re.findall(r"https?://([^/\"'<> ]+)", composed.html)) - {"www.w3.org"}
    assert hosts == {"digest.example", "blog.example"}
    assert composed.html.startswith("<!DOCTYPE html>")
    assert not re.search(r"<(img|link|script|form|iframe)\b|@import|url\(", composed.html)


def test_every_colour_class_is_in_all_layers_and_outlook_has_its_branch() -> None:
    html = mail(Golden(20, "en", FULL)).html
    style = "".join(re.findall(r"<style.*?</style>", html, re.DOTALL))
    used = set(re.findall(r"\b(?:text|fill|line)-[a-z]+", no_styles(html)))
    coloured = {one for one in used if f".{one}" in style}
    assert len(coloured) >= 11
    media = style[style.index("prefers-color-scheme") :].partition("[data-ogs")[0]
    for name in coloured:
        assert re.search(rf"\.{name}\b[^}}]*!important", media)
        assert re.search(rf"\[data-ogs[cb]\] \.{name}\b[^}}]*!important", style)
    branch = re.findall(r"<!--\[if mso \| IE\]>(.*?)<!\[endif\]-->", html, re.DOTALL)
    widths = [int(width) for width in re.findall(r'width="(\d+)"', " ".join(branch))]
    assert widths
    assert max(widths) <= 600


@each
def test_the_text_part_has_72_columns_and_whole_addresses(golden: Golden) -> None:
    for line in mail(golden).text.splitlines():
        is_address = line.strip().startswith(("http", "x")) or ": http" in line
        assert len(line) <= 72 or is_address, line
        assert "\u034f" not in line


def test_the_same_issue_gives_the_same_bytes() -> None:
    golden = Golden(20, "de", FULL)
    fresh = composer(full=FULL).compose(long_issue(20), language="de")
    assert fresh == mail(golden)


def test_a_post_in_another_language_says_so_in_every_place() -> None:
    abroad = post(1, title="Was bleibt", summary="Wenig.", language="de", why="kept")
    for posts in ([abroad, post(2)], [post(2), abroad]):
        html = composer(full=FULL).compose(issue(posts), language="en").html
        found = re.findall(r'<(h2|h3|p)\b[^>]*lang="de" dir="ltr"', html)
        assert len(found) == 3, found


@pytest.mark.parametrize("part", ["title", "summary", "author", "source", "why", "topic"])
def test_b6_hostile_words_are_shown_or_cleaned_within_the_budget(part: str) -> None:
    few = [word for word in HOSTILE if len(word) < 300]
    for at in range(0, len(few), 60):
        words = few[at : at + 60]
        of = issue([post(1, title="Lead"), *(post(n, **{part: w}) for n, w in enumerate(words, 2))])
        composed = composer(full=FULL).compose(of, language="en")
        assert len(encode(composed.html)) <= 90_000
        assert [str(one) for one in lint(of, composed) if one.is_error] == []
        seen = _packed("".join(Outline(composed.html).words)) if not composed.folded else None
        text = _packed(composed.text)
        for word in words:
            shown = _packed(display_title(word).short if part == "title" else clean(word))
            assert shown.removesuffix("…") in text or part == "topic"  # capitals in a heading
            assert seen is None or shown.removesuffix("…") in seen


@pytest.mark.parametrize("title", ["x", "word " * 400, "x" * 2_000, "🎉" * 500, "e\u0301" * 1_000])
def test_b6_titles_of_one_and_of_two_thousand_characters_fit(title: str) -> None:
    of = issue([post(n, title=title, summary=title, source=title) for n in range(1, 13)])
    composed = composer(full=FULL).compose(of, language="en")
    assert len(encode(composed.html)) <= 100_000
    assert _packed(clean(title)) in _packed(composed.text)


@pytest.mark.parametrize(
    "title", ["AT&T", "<3", "a < b", "{{7*7}}", "</mj-text>", "{% raw %}", "<script>x</script>"]
)  # fmt: skip
def test_b7_markup_in_a_title_is_shown_as_it_is(title: str) -> None:
    of = issue([post(1, title=title), post(2, title=title)])
    composed = composer(full=FULL).compose(of, language="en")
    assert title in composed.text
    assert unescape(composed.html).count(title) >= 3  # the lead, its button's name, and the second
    assert "<script" not in composed.html


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "//x", ""]
)
def test_b7_what_is_no_web_address_is_no_link(url: str) -> None:
    of = issue([post(1, title="Lead"), post(2, title="Odd", url=url)])
    composed = composer(full=FULL).compose(of, language="en")
    hrefs = [str(one.get("href")) for one in Outline(composed.html).all("a")]
    assert all(one.startswith(("https://", "x")) for one in hrefs)
    assert any("no http(s) address" in str(one) for one in lint(of, composed))


def test_b11_a_broken_template_stops_with_file_and_line(tmp_path: Path) -> None:
    broken = tmp_path / "edition" / "weekly" / "footer.j2"
    broken.parent.mkdir(parents=True)
    broken.write_text("<p>\n{{ issue.nothing }}</p>", encoding="utf-8")
    press = replace(composer(full=FULL), theme=load_theme("weekly", folder=tmp_path))
    with pytest.raises(TemplateError, match=r"edition/weekly/footer\.j2:2: .*nothing"):
        press.compose(issue(), language="en")


def test_d5_a_letter_is_the_same_on_every_retry_and_another_for_everybody_else() -> None:
    of = issue()
    letters = personaliser(composer(full=12).compose(of, language="en"), of=of)
    first, again = (letters.letter(reader(1), key="k1").message for _ in range(2))
    other = letters.letter(reader(2), key="k2").message
    ids = [re.search(rb"(?mi)^message-id: *(\S+)", one) for one in (first, again, other)]
    found = [one[1] for one in ids if one]
    assert first == again
    assert len(found) == 3
    assert len(set(found)) == 2


def _packed(text: str) -> str:
    return "".join(text.split())
