"""Writes the mails to the operator: plain text, with a link to the page and nothing to press."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digest.mail.headers import wire_address
from digest.mail.letter import Letter
from digest.mail.mime import SenderSettings
from digest.mail.returnpath import ReturnPath
from digest.mail.single import Single, write_single
from digest.render.environment import make_environment, render
from subscribers.tokens import Keyring


@dataclass(frozen=True, kw_only=True)
class Message:
    """One thing to tell: its subject, some sentences, a page to open and a command to give."""

    subject: str
    lines: Sequence[str]
    url: str
    command: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class AlertWriter:
    """Writes for one installation; the operator's ``folder`` wins over the shipped template."""

    newsletter: str
    sender: SenderSettings
    keyring: Keyring
    folder: Path | None = None
    sign: Callable[[bytes], bytes] | None = None

    def write(self, message: Message, *, key: str, to: str) -> Letter:
        """Write it to one address; the same ``key`` gives the same Message-ID.

        Raises `TemplateError`, and `UnfitError` for an address that cannot be written into a mail.
        """
        address = wire_address(to)
        words = Single(
            newsletter=self.newsletter,
            subject=f"[{self.newsletter}] {message.subject}",
            text=self._text(message),
            html="",
            date=message.at,
        )
        returns = ReturnPath(domain=self.sender.return_domain, keyring=self.keyring)
        written = write_single(words, sender=self.sender, key=key, name=None, address=address)
        return Letter(
            key=key,
            sender=returns.address(key),
            recipient=address,
            parts=(self.sign(written) if self.sign else written,),
            dotless=True,
        )

    def _text(self, message: Message) -> str:
        return render(
            make_environment(self.folder),
            "alerts/alert.txt.j2",
            newsletter=self.newsletter,
            title=message.subject,
            lines=message.lines,
            url=message.url,
            command=message.command,
        )
