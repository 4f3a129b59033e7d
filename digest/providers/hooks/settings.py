"""What proves that a webhook comes from its provider; without any it is shut."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class PasswordHookSettings:
    """For providers that sign nothing: ``passwords`` are pairs as ``name:password``.

    A request must bring one of them, so that a new one can be set before the old one goes.
    """

    passwords: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, kw_only=True)
class SesHookSettings:
    """For Amazon SES: ``topics`` are the ARNs of the SNS topics that may tell of letters.

    Others are refused, whoever signs. ``passwords``, where there are any, are asked for besides.
    """

    topics: tuple[str, ...] = ()
    passwords: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, kw_only=True)
class SendgridHookSettings:
    """For SendGrid: ``key`` is the verification key of the signed event webhook.

    ``passwords``, where there are any, are asked for besides.
    """

    key: str = ""
    passwords: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, kw_only=True)
class MailgunHookSettings:
    """For Mailgun: ``key`` is the webhook signing key of the account.

    ``passwords``, where there are any, are asked for besides.
    """

    key: str = field(default="", repr=False)
    passwords: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, kw_only=True)
class ResendHookSettings:
    """For Resend: ``secret`` is the signing secret of the webhook, as ``whsec_...``.

    ``passwords``, where there are any, are asked for besides.
    """

    secret: str = field(default="", repr=False)
    passwords: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, kw_only=True)
class HookSettings:
    """The webhooks, by provider."""

    ses: SesHookSettings = field(default_factory=SesHookSettings)
    postmark: PasswordHookSettings = field(default_factory=PasswordHookSettings)
    sendgrid: SendgridHookSettings = field(default_factory=SendgridHookSettings)
    mailgun: MailgunHookSettings = field(default_factory=MailgunHookSettings)
    resend: ResendHookSettings = field(default_factory=ResendHookSettings)
    brevo: PasswordHookSettings = field(default_factory=PasswordHookSettings)
    mailjet: PasswordHookSettings = field(default_factory=PasswordHookSettings)
    sparkpost: PasswordHookSettings = field(default_factory=PasswordHookSettings)
