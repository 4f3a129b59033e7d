"""Which providers' webhooks there are, and how each is made from its settings."""

from collections.abc import Callable, Mapping

from digest.providers.hooks.brevo import BrevoHook
from digest.providers.hooks.hook import Hook
from digest.providers.hooks.mailgun import MailgunHook
from digest.providers.hooks.mailjet import MailjetHook
from digest.providers.hooks.postmark import PostmarkHook
from digest.providers.hooks.resend import ResendHook
from digest.providers.hooks.sendgrid import SendgridHook
from digest.providers.hooks.ses import SesHook
from digest.providers.hooks.settings import HookSettings
from digest.providers.hooks.sns import Fetch
from digest.providers.hooks.sparkpost import SparkpostHook

_MAKE: Mapping[str, Callable[[HookSettings, Fetch], Hook | None]] = {
    "ses": lambda of, fetch: SesHook(of.ses, fetch=fetch) if of.ses.topics else None,
    "postmark": lambda of, _: PostmarkHook(of.postmark) if of.postmark.passwords else None,
    "sendgrid": lambda of, _: (
        SendgridHook(of.sendgrid) if of.sendgrid.key or of.sendgrid.passwords else None
    ),
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
