"""The demo's inbox: what came is listed and shown, and nothing in a mail can act."""

import asyncio
import smtplib
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from digest.demo.inbox import CLIPPED_AT, LISTED, inbox
from digest.demo.mailbox import Mailbox, Message
from digest.demo.opened import open_message


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    with Mailbox(tmp_path / "mail") as running:
        yield running


def deliver(mailbox: Mailbox, content: bytes, *, to: str = "ada@example.org") -> None:
    with smtplib.SMTP("127.0.0.1", mailbox.port, timeout=20) as client:
        client.sendmail("news@digest.test", [to], content)


def letter(subject: str = "Twelve posts", *, html: str | None = None, **headers: str) -> bytes:
    message = EmailMessage()
    for name, value in {"From": "Digest <news@digest.test>", **headers}.items():
        message[name] = value
    message["Subject"] = subject
    message.set_content("Good morning.\n")
    if html is not None:
        message.add_alternative(html, subtype="html")
    return message.as_bytes(policy=SMTP)


Get = Callable[..., httpx.Response]


@pytest.fixture
def get(mailbox: Mailbox) -> Get:
    """Ask the inbox for a page, through the whole of FastAPI."""
    app = FastAPI()
    app.include_router(inbox(mailbox, public_url="https://digest.example"))

    def ask(path: str, **query: str) -> httpx.Response:
        async def talk() -> httpx.Response:
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://demo") as client:
                return await client.get(path, params=query)

        return asyncio.run(talk())

    return ask


HTML = """<!doctype html><html><head><style>
@media (prefers-color-scheme: dark) { body { background: #000 } }
@media screen and (prefers-color-scheme:light) { body { background: #fff } }
</style></head><body><div>Also: A; B\u034f\u200c\u00a0\u034f\u200c\u00a0</div><p>Body</p>
<script>alert(1)</script></body></html>"""


def test_an_empty_inbox_looks_again_by_itself_and_a_full_one_does_not(
    get: Get, mailbox: Mailbox
) -> None:
    assert 'http-equiv="refresh" content="5"' in get("/mail").text
    deliver(mailbox, letter())
    page = get("/mail")
    assert page.status_code == 200
    assert "refresh" not in page.text


def test_the_list_shows_sender_reader_subject_and_preheader(get: Get, mailbox: Mailbox) -> None:
    deliver(mailbox, letter("Grüße aus dem Maschinenraum", html=HTML))
    page = get("/mail").text
    assert '<bdi class="sender">Digest</bdi>' in page
    assert '<bdi class="reader">ada@example.org</bdi>' in page
    assert '<span class="subject" dir="auto">Grüße aus dem Maschinenraum</span>' in page
    assert '<span class="preheader" dir="auto">Also: A; B</span>' in page


def test_two_mails_with_one_subject_are_both_listed_the_newest_first(
    get: Get, mailbox: Mailbox
) -> None:
    deliver(mailbox, letter("Same"), to="ada@example.org")
    deliver(mailbox, letter("Same"), to="grace@example.org")
    page = get("/mail").text
    assert page.count('<span class="subject" dir="auto">Same</span>') == 2
    assert 0 < page.index('href="/mail/2?') < page.index('href="/mail/1?')
    assert "2 mails" in page


def test_hostile_headers_stay_text(get: Get, mailbox: Mailbox) -> None:
    sender = '"<b onclick=x>Mallory</b>" <m@example.org>'
    content = letter("<script>alert(1)</script>", **{"X-Note": "</td><img src=x>"})
    deliver(mailbox, content.replace(b"Digest <news@digest.test>", sender.encode()))
    for show in ("text", "headers", "source"):
        page = get("/mail/1", show=show).text
        assert "<script" not in page
        assert "<b onclick" not in page
        assert "<img" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert "&lt;b onclick=x&gt;Mallory&lt;/b&gt;" in page


def test_the_pages_allow_nothing_but_their_style_and_their_frame(
    get: Get, mailbox: Mailbox
) -> None:
    deliver(mailbox, letter(html=HTML))
    page = get("/mail/1")
    policy = page.headers["content-security-policy"].split("; ")
    assert set(policy) == {
        "default-src 'none'",
        "style-src 'self'",
        "frame-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    }
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "<script" not in page.text
    assert "<style" not in page.text
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page.text
    style = get("/mail/inbox.css")
    assert (style.status_code, style.headers["content-type"]) == (200, "text/css; charset=utf-8")


def test_the_frame_is_caged_even_when_opened_alone(get: Get, mailbox: Mailbox) -> None:
    deliver(mailbox, letter(html=HTML))
    policy = get("/mail/1/frame").headers["content-security-policy"].split("; ")
    assert "default-src 'none'" in policy
    assert "style-src 'unsafe-inline'" in policy
    assert "img-src 'self'" in policy
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert "script" not in " ".join(policy)


@pytest.mark.parametrize(
    ("scheme", "dark", "light"),
    [("dark", "(min-width:0)", "(max-width:0)"), ("light", "(max-width:0)", "(min-width:0)")],
)
def test_the_frame_shows_the_colours_asked_for_not_those_of_this_computer(
    get: Get, mailbox: Mailbox, scheme: str, dark: str, light: str
) -> None:
    deliver(mailbox, letter(html=HTML))
    page = get("/mail/1/frame", scheme=scheme).text
    assert "prefers-color-scheme" not in page
    assert f"@media {dark} {{ body {{ background: #000" in page
    assert f"@media screen and {light} {{ body {{ background: #fff" in page
    assert f"color-scheme:only {scheme}" in page


def test_a_switch_keeps_what_the_others_say(get: Get, mailbox: Mailbox) -> None:
    deliver(mailbox, letter(html=HTML))
    page = get("/mail/1", width="phone", scheme="dark").text
    assert 'src="/mail/1/frame?scheme=dark"' in page
    assert 'class="stage phone dark"' in page
    assert 'href="/mail/1?show=text&amp;width=phone&amp;scheme=dark"' in page
    assert 'href="/mail/1?show=html&amp;width=phone&amp;scheme=light"' in page


def test_a_mail_without_html_is_shown_as_text(get: Get, mailbox: Mailbox) -> None:
    deliver(mailbox, letter())
    page = get("/mail/1").text
    assert "Good morning." in page
    assert "<iframe" not in page
    assert ">HTML</a>" not in page
    assert get("/mail/1/frame").status_code == 404


def test_headers_and_source_are_shown(get: Get, mailbox: Mailbox) -> None:
    deliver(mailbox, letter("Grüße", html=HTML))
    assert (
        '<th scope="row">Subject</th><td dir="auto">Grüße</td>'
        in get("/mail/1", show="headers").text
    )
    assert "Subject: =?utf-8?" in get("/mail/1", show="source").text


def test_a_mail_that_gmail_would_cut_says_so(get: Get, mailbox: Mailbox) -> None:
    deliver(mailbox, letter(html=HTML))
    deliver(mailbox, letter(html=HTML + "<p>word</p>\n" * (CLIPPED_AT // 12)))
    assert "Gmail clips at 102 KB" in get("/mail/1").text
    assert "Gmail clips this" in get("/mail/2").text


def test_unknown_mails_and_lenses_are_refused(get: Get, mailbox: Mailbox) -> None:
    deliver(mailbox, letter())
    assert get("/mail/2").status_code == 404
    assert get("/mail/0").status_code == 404
    assert get("/mail/1", show="<script>").status_code == 422


def test_a_long_list_names_the_rest(get: Get, mailbox: Mailbox) -> None:
    for number in range(LISTED + 2):
        mailbox.keep(letter(f"no {number}"), sender="", recipients=("ada@example.org",))
    page = get("/mail").text
    assert page.count('<span class="subject"') == LISTED
    assert "2 older mails are files in the folder." in page


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\r\n\r\n",
        b"Subject: \xff\xfe raw\r\nFrom: \x80 <a\r\n\r\nbody",
        b"Subject: =?utf-8?b?!!!?= =?nonsense?q?x?=\r\n\r\nbody",
        b"Subject: =?x-nowhere?q?abc?=\r\nContent-Type: text/html; charset=x-nowhere\r\n\r\n<p>hi",
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: text/html\r\n\r\n",
        b"Content-Type: multipart/alternative\r\n\r\nno boundary",
        b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%",
    ],
)
def test_broken_mails_are_shown_all_the_same(get: Get, mailbox: Mailbox, content: bytes) -> None:
    mailbox.keep(content, sender="", recipients=("ada@example.org",))
    for show in ("html", "text", "headers", "source"):
        assert get("/mail/1", show=show).status_code == 200


def test_a_preheader_is_cut_like_on_a_phone() -> None:
    content = letter(html=f"<html><body>{'word ' * 100}</body></html>")
    opened = open_message(Message(number=1, sender="", recipients=(), content=content))
    assert len(opened.preheader) <= 140
    assert opened.preheader.endswith("word…")


def test_the_frame_of_a_fragment_is_still_decided() -> None:
    content = letter(html="<p>no head</p>")
    opened = open_message(Message(number=1, sender="", recipients=(), content=content))
    assert opened.in_scheme("dark").strip().startswith("<p>no head</p>")
    assert "color-scheme:only dark" in opened.in_scheme("dark")
