"""Which providers' webhooks there are, and how each is made from its settings."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from digest.errors import ConfigurationError
from digest.providers.hooks.brevo import BrevoHook
from digest.providers.hooks.hook import Fetch, Hook
from digest.providers.hooks.mailgun import MailgunHook
from digest.providers.hooks.mailjet import MailjetHook
from digest.providers.hooks.postmark import PostmarkHook
from digest.providers.hooks.resend import ResendHook
from digest.providers.hooks.settings import HookSettings
from digest.providers.hooks.sparkpost import SparkpostHook


def _ses(settings: HookSettings, fetch: Fetch) -> Hook | None:
    if not settings.ses.topics:
        return None
    with _needing_cryptography("ses"):
        from digest.providers.hooks.ses import SesHook
    return SesHook(settings.ses, fetch=fetch)


def _sendgrid(settings: HookSettings, _: Fetch) -> Hook | None:
    if not (settings.sendgrid.key or settings.sendgrid.passwords):
        return None
    with _needing_cryptography("sendgrid"):
        from digest.providers.hooks.sendgrid import SendgridHook
    return SendgridHook(settings.sendgrid)


@contextmanager
def _needing_cryptography(name: str) -> Iterator[None]:
    """Say what to install where the signatures of a provider cannot be checked."""
    try:
        yield
    except ImportError as error:
        raise ConfigurationError(
            f"[hooks.{name}] needs a package that is missing ({error.name});"
            " run: pip install weekly-digest[webhooks]"
        ) from error


_MAKE: Mapping[str, Callable[[HookSettings, Fetch], Hook | None]] = {
    "ses": _ses,
    "postmark": lambda of, _: PostmarkHook(of.postmark) if of.postmark.passwords else None,
    "sendgrid": _sendgrid,
    "mailgun": lambda of, _: MailgunHook(of.mailgun) if of.mailgun.key else None,
    "resend": lambda of, _: (
        ResendHook(of.resend) if of.resend.secret or of.resend.passwords else None
    ),
    "brevo": lambda of, _: BrevoHook(of.brevo) if of.brevo.passwords else None,
    "mailjet": lambda of, _: MailjetHook(of.mailjet) if of.mailjet.passwords else None,
    "sparkpost": lambda of, _: SparkpostHook(of.sparkpost) if of.sparkpost.passwords else None,
}
NAMES = tuple(_MAKE)


def build(settings: HookSettings, *, fetch: Fetch) -> dict[str, Hook]:
    """Return the hooks that are open, by the names of their providers.

    Raises `ConfigurationError` for a key that cannot be one.
    """
    made = {name: make(settings, fetch) for name, make in _MAKE.items()}
    return {name: hook for name, hook in made.items() if hook is not None}
