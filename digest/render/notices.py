"""Writes notices: short letters with one button, in the reader's language, without advertising."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from digest.calendar import ScheduleSettings
from digest.editions.issue import NewsletterSettings
from digest.joining import SignupSettings
from digest.mail.headers import wire_address
from digest.mail.letter import Letter
from digest.mail.mime import SenderSettings
from digest.mail.notice import Notice, NoticeKind
from digest.mail.returnpath import ReturnPath
from digest.mail.single import Single, write_single
from digest.pages import WebSettings
from digest.posts.language import direction
from digest.render.environment import Sandbox, make_environment, render
from digest.render.moments import written_time
from digest.render.recommend import told_of
from digest.render.sentences import rhythm
from digest.render.theme import Theme
from digest.render.words import Words
from subscribers.tokens import Keyring, Purpose

_SUBJECTS: dict[NoticeKind, str] = {
    NoticeKind.CONFIRM: "Confirm your subscription: %(code)s",
    NoticeKind.REMINDER: "Reminder: confirm your subscription: %(code)s",
    NoticeKind.EXISTS: "Your subscription exists already",
    NoticeKind.LINK: "Your link to your subscription",
    NoticeKind.ADDRESS: "Confirm your new address: %(code)s",
    NoticeKind.MOVED: "Your address was changed",
    NoticeKind.WELCOME: "Welcome to %(newsletter)s",
}
_WITH_ISSUE = "Welcome: the latest issue"
_FINAL = (
    "Not you? Do nothing: you will get no further email, and the address is deleted after 7 days."
)
_REMINDED = "Not you? Do nothing: one reminder may follow, and the address is deleted after 7 days."


@dataclass(frozen=True, kw_only=True)
class Written:
    """A notice ready to be handed over; ``copy`` is its text without link and code, as evidence."""

    letter: Letter
    message_id: str
    subject: str
    copy: str


@dataclass(frozen=True, kw_only=True)
class NoticeWriter:
    """Writes the letters of one installation; safe to share between threads.

    Files of ``folder`` (the operator's) win over the shipped ones. ``sign`` is DKIM's.
    """

    newsletter: NewsletterSettings
    sender: SenderSettings
    web: WebSettings
    schedule: ScheduleSettings
    signup: SignupSettings
    keyring: Keyring
    theme: Theme
    folder: Path | None = None
    sign: Callable[[bytes], bytes] | None = None

    def write(self, notice: Notice) -> Written:
        """Write a notice; the same one gives the same bytes, however often it is tried.

        Raises `TemplateError`, and `UnfitError` for an address that cannot be written into a mail.
        """
        language = self.theme.translations.match(notice.language) or self.newsletter.language
        words = self.theme.words_for(language)
        values = self._values(notice, words)
        environment = make_environment(self.folder, language=words.sentences)
        values["subject"] = self._subject(notice, words, values)
        values["preheader"] = values["subject"]
        text = self._render(environment, notice.kind, "txt", values)
        html = self._render(environment, notice.kind, "html", values)
        return self._letter(notice, subject=values["subject"], text=text, html=html, values=values)

    def _render(
        self, environment: Sandbox, kind: NoticeKind, form: str, values: dict[str, Any]
    ) -> str:
        return render(environment, f"notices/{kind}.{form}.j2", **values)

    def _subject(self, notice: Notice, words: Words, values: dict[str, Any]) -> str:
        blanks = {"code": values["code"], "newsletter": self.newsletter.name}
        subject = _WITH_ISSUE if notice.facts.get("latest") else _SUBJECTS[notice.kind]
        return words.sentences.gettext(subject) % blanks

    def _values(self, notice: Notice, words: Words) -> dict[str, Any]:
        zone = ZoneInfo(self.schedule.zone)
        at, end = notice.created_at.astimezone(zone), notice.expires_at.astimezone(zone)
        reminded = self.signup.reminder and notice.kind is NoticeKind.CONFIRM
        return {
            "language": words.language,
            "direction": direction(words.language),
            "newsletter": self.newsletter,
            "colours": self.theme.colours,
            "fonts": self.theme.fonts,
            "address": notice.email,
            "rhythm": rhythm(words, at.date(), schedule=self.schedule),
            "host": urlsplit(self.web.public_url).hostname,
            "day": words.day(at.date(), pattern="long"),
            "time": written_time(at, zone=zone, language=words.language),
            "end_day": words.day(end.date(), pattern="long"),
            "end_time": written_time(end, zone=zone, language=words.language),
            "not_you": words.sentences.gettext(_REMINDED if reminded else _FINAL),
            "code": self._code(notice),
            "url": self._url(notice),
            "leave_url": self._leave_url(notice),
            "archive_url": self.web.archive_url,
            **told_of(notice.facts, web=self.web, words=words),
        }

    def _code(self, notice: Notice) -> str:
        """Return the six digits as people read them: "482 913"."""
        if notice.confirmation_id is None or notice.requested_at is None:
            return ""
        code = self.keyring.code(notice.confirmation_id, at=notice.requested_at)
        return f"{code[:3]} {code[3:]}"

    def _url(self, notice: Notice) -> str:
        """Return where the button leads; nothing where only the code is to confirm."""
        match notice.kind:
            case NoticeKind.LINK:
                token = self.keyring.sign(
                    notice.subscriber_id, purpose=Purpose.MANAGE, until=notice.expires_at
                )
                return self.web.manage_url(token)
            case NoticeKind.EXISTS:
                token = self.keyring.sign(notice.subscriber_id, purpose=Purpose.ASK)
                return self.web.ask_url(token)
            case NoticeKind.WELCOME:
                return self.web.archive_url
        return self._confirmation_url(notice)

    def _confirmation_url(self, notice: Notice) -> str:
        if notice.confirmation_id is None:
            raise ValueError(f"a notice of kind {notice.kind} needs a confirmation")
        is_done = notice.kind is NoticeKind.MOVED
        token = self.keyring.sign(
            notice.confirmation_id,
            purpose=Purpose.MOVE_BACK if is_done else Purpose.CONFIRM,
            until=notice.expires_at,
        )
        if is_done:
            return self.web.move_back_url(token)
        if notice.kind is NoticeKind.ADDRESS:
            return self.web.address_url(token)
        return "" if self.signup.confirm == "code" else self.web.confirm_url(token)

    def _leave_url(self, notice: Notice) -> str:
        token = self.keyring.sign(notice.subscriber_id, purpose=Purpose.UNSUBSCRIBE)
        return self.web.unsubscribe_url(token)

    def _letter(
        self, notice: Notice, *, subject: str, text: str, html: str, values: dict[str, Any]
    ) -> Written:
        key = f"n.{notice.id}"
        address = wire_address(notice.email)
        words = Single(
            newsletter=self.newsletter.name,
            subject=subject,
            text=text,
            html=html,
            date=notice.created_at,
        )
        returns = ReturnPath(domain=self.sender.return_domain, keyring=self.keyring)
        message = write_single(words, sender=self.sender, key=key, name=None, address=address)
        letter = Letter(
            key=key,
            sender=returns.address(key),
            recipient=address,
            parts=(self.sign(message) if self.sign else message,),
            dotless=True,
        )
        return Written(
            letter=letter,
            message_id=f"<{key}@{self.sender.domain}>",
            subject=_hidden(subject, values),
            copy=_hidden(text, values),
        )


def _hidden(text: str, values: dict[str, Any]) -> str:
    """Take the link and the code out: they are secrets, and their copy is kept."""
    for name in ("url", "leave_url", "code"):
        if values[name]:
            text = text.replace(values[name], f"[{name}]")
    return text
