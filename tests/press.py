"""A sample issue, a composer for it, and words that try to break out of a mail."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from people import KEYRING

from digest.calendar import ScheduleSettings
from digest.editions.issue import Issue, IssuePost, NewsletterSettings, Surplus
from digest.mail.mime import SenderSettings
from digest.mail.returnpath import ReturnPath
from digest.render.compose import Composer
from digest.render.composed import ComposedIssue
from digest.render.personal import Personaliser
from digest.render.settings import EmailSettings
from digest.render.slots import Slot
from digest.render.theme import load_theme
from subscribers.person import Person

PUBLIC_URL = "https://digest.example"
LINKS = {Slot.UNSUBSCRIBE_URL: "u", Slot.MANAGE_URL: "l", Slot.PAUSE_URL: "p"}
MONDAY = datetime(2026, 6, 15, 5, 0, tzinfo=UTC)

POSTS = (
    ("Counting Cold Reads", "A year of disk traces, and a setting that explains half.", "Storage"),
    ("Snapshots at Noon — What a Busy Hour Does to Copy-on-Write", "Latency doubles.", "Storage"),
    ("The Second Replica Is Never Read", "We moved it and nobody noticed.", "Storage"),
    ("Erasure Codes for the Impatient (2026)", None, "Storage"),
    ("Who Paged Whom: Ten Months of Alerts, Sorted by Whether Anybody Did Anything About Them",
     "A third of all pages led to no action.", "Operations"),
    ("Runbooks That Run", "Each step became a function. The wiki became a table.", "Operations"),
    ("AT&T <3 {{7*7}} </mj-text> a < b", "Literal & plain.", "Operations"),
    ("Was ein Pufferspeicher verschweigt", "Drei Messungen, zwei davon falsch.", "Netzwerk"),
    ("QUIC Behind a Load Balancer That Has Never Heard of It", "It works. Slowly.", "Networking"),
    ("Notes on a Retransmission", "One packet, four days.", None),
)  # fmt: skip


def post(number: int, *, title: str = "A post", **values: object) -> IssuePost:
    """Make one post; its address is its own."""
    given = {
        "post_id": number,
        "url": f"https://plain-systems.example/posts/{number}?ref=a&part=b",
        "title": title,
        "source": "Plain Systems",
        **values,
    }
    return IssuePost(**given)  # type: ignore[arg-type] # the caller's values


def sample_posts() -> tuple[IssuePost, ...]:
    """Make ten believable posts of three blogs, one in German."""
    blogs = ("Plain Systems", "Field Log", "Netzblatt")
    return tuple(
        post(
            number,
            title=title,
            summary=summary,
            topic=topic,
            source=blogs[2] if topic == "Netzwerk" else blogs[number % 2],
            language="de" if topic == "Netzwerk" else "en-GB",
            author="Jo Writer" if number % 3 == 0 else None,
            day=date(2026, 6, 8 + number % 4) if number % 2 else None,
            minutes=number if number % 4 else None,
        )
        for number, (title, summary, topic) in enumerate(POSTS, start=1)
    )


def issue(
    posts: Sequence[IssuePost] | None = None,
    *,
    newsletter: NewsletterSettings | None = None,
    introduction: str
    | None = "Two posts measure what a cache saves.\n\nBoth find less than hoped.",
    surplus: tuple[Surplus, ...] = (Surplus(source="Field Log", posts=4),),
) -> Issue:
    """Make issue 24, of Friday, 12 June 2026."""
    return Issue(
        newsletter=newsletter or NewsletterSettings(),
        period="2026-W24",
        number=24,
        day=date(2026, 6, 12),
        posts=tuple(sample_posts() if posts is None else posts),
        surplus=surplus,
        introduction=introduction,
    )


def composer(folder: Path | None = None, *, full_posts: int = 12) -> Composer:
    """Build a composer with the shipped theme; files in ``folder`` win."""
    return Composer(
        theme=load_theme("weekly", folder=folder),
        settings=EmailSettings(full_posts=full_posts),
        schedule=ScheduleSettings(),
        public_url=PUBLIC_URL,
    )


def personaliser(
    composed: ComposedIssue,
    *,
    of: Issue,
    sender: SenderSettings | None = None,
    sign: Callable[[bytes], bytes] | None = None,
    unsubscribe_url: str | None = None,
) -> Personaliser:
    """Build a personaliser whose links name the subscriber, but for one that is given."""
    links: dict[Slot, Callable[[int], str]] = {
        slot: f"{PUBLIC_URL}/{path}/{{}}.AbCdEfGhIjKlMnOpQrStUv".format
        for slot, path in LINKS.items()
    }
    if unsubscribe_url is not None:
        links[Slot.UNSUBSCRIBE_URL] = lambda _subscriber: unsubscribe_url
    sender = sender or SenderSettings()
    return Personaliser(
        composed,
        issue=of,
        sender=sender,
        return_path=ReturnPath(domain=sender.return_domain, keyring=KEYRING).address,
        public_url=PUBLIC_URL,
        links=links,
        dated=MONDAY,
        zone=UTC,
        sign=sign,
    )


def reader(number: int = 1, *, email: str = "ada@example.org", name: str | None = "Ada") -> Person:
    """Make a reader who confirmed on 3 May 2026."""
    return Person(
        subscriber_id=number,
        email=email,
        name=name,
        language="en",
        confirmed_at=datetime(2026, 5, 3, 12, 0, tzinfo=UTC),
    )


_CONTROLS = tuple(f"ctrl{chr(code)}end" for code in (*range(32), *range(0x7F, 0xA0)))
_ODD = tuple(
    f"odd{chr(code)}end"
    for code in (
        0xAD, 0x34F, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2028, 0x2029, 0x202A, 0x202D, 0x202E,
        0x2060, 0x2066, 0x2069, 0xD800, 0xDFFF, 0xE000, 0xFDD0, 0xFDEF, 0xFEFF, 0xFFFC, 0xFFFD,
        0xFFFE, 0xFFFF, 0x1F600, 0x1FFFE, 0xE0001, 0x10FFFF,
    )
)  # fmt: skip
_LONG = (
    "long " * 1000, "x" * 5000, "ü" * 5000, "漢字" * 2500, "🎉" * 1200, ". " * 2500, "=?" * 2500,
    "a" + "\u0301" * 400, "(" * 5000, "&" * 5000, '"' * 5000, "\\" * 5000,
)  # fmt: skip
_MARKUP = (
    "AT&T", "<3", "a < b", "a > b", "x <3 y", "1 << 2", "&amp;", "&#60;b&#62;", "&#x0;", "&lt;",
    "&",     "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<b>", "</b>",
    "</p></td></table>",
    "</mj-text>", "</mj-text><mj-include path='/etc/passwd' />", "<mj-raw>", "</mjml>", "]]>",
    "<![CDATA[x]]>", "<!-- x", "-->", "<!>", "<![>", "<![if mso]>", "<!--[if mso]>", "<?xml?>", "<",
    ">", '"><svg onload=x>', "'><iframe>", "javascript:alert(1)", "@import url(//x)", "</style>",
    "</title>", "<a href=x>", "<br/>", "<textarea>", "<!DOCTYPE x>", "<p", "< p>", "</", "<0>",
)  # fmt: skip
_TEMPLATES = (
    "{{7*7}}", "{{ 7 * 7 }}", "{% x %}", "{# x #}", "{{", "}}", "{%", "%}", "{{ self }}", "${7*7}",
    "{{ ''.__class__.__mro__ }}", "{0}", "{n.__class__}", "%s", "%(x)s", "%n", "\\N{DASH}",
    "\\u0000",     "{% raw %}", "{% include 'x' %}", "#{7*7}", "{unclosed", "{}", "*|EMAIL|*",
    "xEMAILx", "[[x]]",
)  # fmt: skip
_HEADERS = (
    "x\r\nBcc: evil@example.com", "x\nBcc: evil@example.com", "x\rBcc: evil@example.com",
    "x\r\n\r\n<html>", "=?utf-8?q?hello=0D=0ABcc:_evil=40x?=", "=?utf-8?b?DQpCY2M6IHg=?=", "=?",
    "?=", "=?x?y?z?=", "=?utf-8?q?a?= =?utf-8?q?b?=", "a\x0bBcc: x", "a\x0cBcc: x", "a\x85Bcc: x",
    "a, b",
    "a; b", "Ada <ada@evil.example>", "ada@evil.example", '"Ada"', "\\", '"', "O'Brien",
    "(comment)",     "Dr. A. B. Lovelace", "a:b", "x\r\n Bcc: y", "\r\n.\r\n", ".", "..", ". dot",
    "From me",
    "From ",     ">From", "--=_boundary", "=", "=3D", "=\r\n", " leading", "trailing ",
    "tab\tbed", "   ",
    "Ünïcødé",
)  # fmt: skip
_SCRIPTS = (
    "مرحبا (بالعالم).", "שלום, עולם!", "日本語のタイトル", "한국어 제목", "Привет, мир", "Ελληνικά",
    "ไทย", "हिन्दी", "👩‍👩‍👧‍👦 family", "🏳️‍🌈", "e\u0301e\u0301", "ﷺ", "Z͑ͫ̓ͪ̂ͫa̴l̡g̵o", "½ ¾ ²",
    "\u202ereversed\u202c", "№ 5", "ǅ", "ß ẞ", "İi",
    "🎉", "• bullet", "- dash", "* star", "1. one", "C# and .NET", "#100DaysOfCode",
)  # fmt: skip

_BLANKS = tuple(
    f"wide{chr(code)}end"
    for code in (0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000, 0x180E, 0x2800)
)
_DIRECTIONS = tuple(
    f"{before}{words}{after}"
    for before, after in (
        ("\u202b", "\u202c"),
        ("\u2067", "\u2069"),
        ("\u200f", ""),
        ("", "\u061c"),
    )
    for words in (
        "abc (def).",
        "שלום C++ 2026!",
        "100% من AT&T",
        "\u200fa < b \u200f",
        "ـــ 12:30 ـــ",
    )
)
_MARKS = tuple(
    f"{base}{mark * times}"
    for base, mark, times in (
        ("a", "\u0301", 1), ("A", "\u030a", 40), ("x", "\u20dd", 3), ("क", "\u094d", 5),
        ("o", "\u0338", 2), ("\u0301", "\u0301", 9), ("1", "\ufe0f\u20e3", 1),
        ("👩", "\u200d🔬", 4),
        ("🇪", "🇺", 1), ("🇪", "", 1), ("☎", "\ufe0e", 2), ("가", "\u11a8", 3), ("ᄀ", "\u1161", 1),
    )
)  # fmt: skip
_CODED = tuple(
    f"{before}=?{charset}?{form}?{said}?={after}"
    for charset in ("utf-8", "iso-2022-jp", "utf-7", "x-unknown", "us-ascii*en")
    for form, said in (("q", "=0D=0ABcc:_a=40b.c"), ("b", "DQpCY2M6IGFAYi5j"), ("B", "!!"))
    for before, after in (("", ""), ("a ", " b"), ('"', '"'))
)
_LINES = tuple(
    f"{head}{end}{tail}"
    for end in ("\r", "\n", "\r\n", "\n\r", "\r\r\n", "\v", "\f", "\x85", "\u2028", "\u2029")
    for head, tail in (("title", ".\r\nQUIT"), ("a", "\tContinued: b"), ("", "."))
)
_ADDRESSES = (
    "https://plain.example/?a=1&b=2", "http://[::1]/", "HTTPS://EXAMPLE.ORG/", "mailto:a@b.example",
    "//host/path", "file:///etc/passwd", "data:text/html,<b>x</b>", "vbscript:x", "ftp://x/",
    "\\\\host\\share",
    "www.example.org.", "https://user:pass@host/", "https://exa mple/",
    "https://ex.example/\u202ex",
)  # fmt: skip
_CODE = (
    "'; DROP TABLE reader; --", '" OR ""="', "1;SELECT 1", "$(reboot)", "`reboot`", "; rm -rf /",
    "|| true",
    '=HYPERLINK("x")', "+1+1", "-2+3", "@SUM(A1)", "../../../etc/passwd", "C:\\NUL", "CON", "NaN",
    "null", "None", "undefined", "true", "0", "-0", "1e309", "٣", "½", "Ⅻ", "0x0",
    "\U0001d7d9\U0001d7da", "\\r\\n",
    "\\x0d\\x0a", "%0d%0aBcc:%20x", "%00", "&#13;&#10;Bcc: x", "&NewLine;", "&zwj;",
    "&nbsp;x&nbsp;",
    "std::vector<int> && auto", "a[0] = b; // c", "/* x */", "<?php echo 1 ?>", "<%= 1 %>",
    "#!/bin/sh",
    "<Component {...props} />", "λ x. x", "∀x: ⌈x⌉", "x := <-ch", "if (a<b) {{ c }}", "--",
    "----", "- - -",
    "===", "***", "```", "~~~", "> quoted", ">> twice", "| a | b |", "[a](javascript:x)", "![x](y)",
)  # fmt: skip

HOSTILE: tuple[str, ...] = tuple(dict.fromkeys((
    *_MARKUP, *_TEMPLATES, *_HEADERS, *_SCRIPTS, *_CONTROLS, *_ODD, *_LONG, *_BLANKS, *_DIRECTIONS,
    *_MARKS, *_CODED, *_LINES, *_ADDRESSES, *_CODE,
)))  # fmt: skip
"""More than 400 strings that feeds and forms have held, or could."""
