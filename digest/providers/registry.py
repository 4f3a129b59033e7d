"""Which carriers there are, and how one is made from its settings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from digest.clock import Clock
from digest.errors import ConfigurationError
from digest.failpoint import Failpoint
from digest.limits import CountOrNone
from digest.providers.brevo import Brevo, BrevoSettings
from digest.providers.capabilities import Capabilities, Needs, require
from digest.providers.carrier import Carrier
from digest.providers.doomed import DoomedCarrier, dial_to
from digest.providers.endpoint import ApiSettings, Base, is_loopback
from digest.providers.folder import FolderCarrier, FolderSettings
from digest.providers.line import Dial
from digest.providers.lmtp import LmtpCarrier, LmtpSettings
from digest.providers.mailgun import Mailgun, MailgunSettings
from digest.providers.mailjet import Mailjet, MailjetSettings
from digest.providers.memory import MemoryCarrier
from digest.providers.party import Party
from digest.providers.postmark import Postmark, PostmarkSettings
from digest.providers.resend import Resend, ResendSettings
from digest.providers.sendgrid import Sendgrid, SendgridSettings
from digest.providers.ses import Ses, SesSettings
from digest.providers.session import SmtpSettings
from digest.providers.smtp import SmtpCarrier
from digest.providers.sparkpost import Sparkpost, SparkpostSettings
from digest.providers.wire import dial


@dataclass(frozen=True, kw_only=True)
class CarrierSettings:
    """Which carrier takes the letters, and the settings of each.

    ``letters_per_minute`` is the most that it takes from all senders together; 0: any number.
    """

    kind: str = "smtp"
    letters_per_minute: CountOrNone = 0
    smtp: SmtpSettings = field(default_factory=SmtpSettings)
    lmtp: LmtpSettings = field(default_factory=LmtpSettings)
    folder: FolderSettings = field(default_factory=FolderSettings)
    api: ApiSettings = field(default_factory=ApiSettings)
    ses: SesSettings = field(default_factory=SesSettings)
    postmark: PostmarkSettings = field(default_factory=PostmarkSettings)
    sendgrid: SendgridSettings = field(default_factory=SendgridSettings)
    mailgun: MailgunSettings = field(default_factory=MailgunSettings)
    resend: ResendSettings = field(default_factory=ResendSettings)
    brevo: BrevoSettings = field(default_factory=BrevoSettings)
    mailjet: MailjetSettings = field(default_factory=MailjetSettings)
    sparkpost: SparkpostSettings = field(default_factory=SparkpostSettings)

    def __post_init__(self) -> None:
        """Refuse a kind that does not exist."""
        if self.kind not in KINDS:
            near = get_close_matches(self.kind, KINDS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(KINDS)}"
            raise ConfigurationError(f"[carrier] kind = {self.kind!r} does not exist; {hint}")


PARTIES: Mapping[str, Callable[[CarrierSettings, Base, Clock], Party]] = {
    "ses": lambda settings, base, clock: Ses(settings.ses, base=base, clock=clock),
    "postmark": lambda settings, *_: Postmark(settings.postmark),
    "sendgrid": lambda settings, *_: Sendgrid(settings.sendgrid),
    "mailgun": lambda settings, *_: Mailgun(settings.mailgun),
    "resend": lambda settings, *_: Resend(settings.resend),
    "brevo": lambda settings, *_: Brevo(settings.brevo),
    "mailjet": lambda settings, *_: Mailjet(settings.mailjet),
    "sparkpost": lambda settings, *_: Sparkpost(settings.sparkpost),
}

KINDS: Mapping[str, Callable[[CarrierSettings, Clock, Dial], Carrier]] = {
    "smtp": lambda settings, _, dial: SmtpCarrier(settings.smtp, dial=dial),
    "lmtp": lambda settings, _, dial: LmtpCarrier(settings.lmtp, dial=dial),
    "folder": lambda settings, *_: FolderCarrier(settings.folder),
    "memory": lambda *_: MemoryCarrier(),
    **dict.fromkeys(PARTIES, lambda settings, clock, _: _api_carrier(settings, clock=clock)),
}

_KNOWN: tuple[type[Carrier] | type[Party], ...] = (
    SmtpCarrier,
    LmtpCarrier,
    FolderCarrier,
    MemoryCarrier,
    Ses,
    Postmark,
    Sendgrid,
    Mailgun,
    Resend,
    Brevo,
    Mailjet,
    Sparkpost,
)
CAPABILITIES: Mapping[str, Capabilities] = {known.name: known.capabilities for known in _KNOWN}


def build(
    settings: CarrierSettings, *, clock: Clock | None = None, failpoint: Failpoint | None = None
) -> Carrier:
    """Make the carrier; one that asks an API waits and looks at the time by ``clock``.

    One with a ``failpoint`` kills this process there. Raises `ConfigurationError` for settings
    that cannot work.
    """
    make = KINDS[settings.kind]
    if failpoint is None:
        return make(settings, clock or Clock(), dial)
    carrier = make(settings, clock or Clock(), dial_to(failpoint))
    return DoomedCarrier(carrier, failpoint=failpoint)


def build_all(
    settings: Mapping[str, CarrierSettings],
    *,
    needs: Needs,
    clock: Clock,
    failpoint: Failpoint | None = None,
) -> dict[str, Carrier]:
    """Make every carrier by its name; refuse one that cannot say what the settings ask for."""
    carriers = {}
    for name, own in settings.items():
        carrier = build(own, clock=clock, failpoint=failpoint)
        require(carrier.capabilities, of=carrier.name, needs=needs)
        carriers[name] = carrier
    return carriers


def leaves_machine(settings: CarrierSettings) -> bool:
    """Tell whether letters are handed to another machine."""
    if settings.kind in PARTIES:
        return not is_loopback(api_base(settings).host)
    hosts = {"smtp": settings.smtp.host, "lmtp": settings.lmtp.host}
    return settings.kind in hosts and not is_loopback(hosts[settings.kind])


def api_base(settings: CarrierSettings) -> Base:
    """Return where the API of this kind is; raises `ConfigurationError` for a wrong address."""
    if settings.kind == "ses":
        return Base.read(settings.ses.endpoint, key="[carrier.ses] url")
    return Base.read(getattr(settings, settings.kind).url, key=f"[carrier.{settings.kind}] url")


def _api_carrier(settings: CarrierSettings, *, clock: Clock) -> Carrier:
    from digest.providers.api import ApiCarrier  # noqa: PLC0415 - HTTP is loaded for nobody else

    base = api_base(settings)
    party = PARTIES[settings.kind](settings, base, clock)
    return ApiCarrier(party, base=base, settings=settings.api, clock=clock)
