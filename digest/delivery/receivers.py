"""Who takes the mail of a domain: the large providers, by their domains and their MX. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Receiver:
    """One provider: the ends of its MX names, and its own domains.

    A domain that ends with a dot stands for itself in every country: "yahoo." is yahoo.de, too.
    """

    name: str
    exchanges: tuple[str, ...]
    domains: tuple[str, ...] = ()


RECEIVERS = (
    Receiver("gmail", ("google.com", "googlemail.com"), ("gmail.com", "googlemail.com")),
    Receiver(
        "outlook.com",
        ("olc.protection.outlook.com",),
        ("outlook.", "hotmail.", "live.", "msn.com", "passport.com", "windowslive.com"),
    ),
    Receiver("microsoft-365", ("mail.protection.outlook.com", "mx.microsoft")),
    Receiver(
        "yahoo",
        ("yahoodns.net", "yahoo.com"),
        ("yahoo.", "ymail.com", "rocketmail.com", "aol.", "aim.com", "myyahoo.com"),
    ),
    Receiver("icloud", ("mail.icloud.com",), ("icloud.com", "me.com", "mac.com")),
    Receiver(
        "gmx",
        ("gmx.net", "web.de", "mail.com", "mx-ha.gmx.net", "mx-ha.web.de"),
        ("gmx.", "web.de", "mail.com", "email.de", "caramail."),
    ),
    Receiver("ionos", ("kundenserver.de", "ionos.com", "ionos.de", "1and1.com", "perfora.net")),
    Receiver("t-online", ("t-online.de",), ("t-online.de", "magenta.de")),
    Receiver("freenet", ("freenet.de",), ("freenet.de", "freenetmail.de")),
    Receiver("strato", ("rzone.de",)),
    Receiver("posteo", ("posteo.de",), ("posteo.de", "posteo.net", "posteo.org", "posteo.eu")),
    Receiver("mailbox.org", ("mailbox.org",), ("mailbox.org",)),
    Receiver(
        "proton", ("protonmail.ch",), ("proton.me", "protonmail.com", "protonmail.ch", "pm.me")
    ),
    Receiver("fastmail", ("messagingengine.com",), ("fastmail.com", "fastmail.fm")),
    Receiver("zoho", ("zoho.com", "zoho.eu", "zoho.in"), ("zoho.com", "zohomail.com")),
    Receiver("yandex", ("yandex.net", "yandex.ru"), ("yandex.", "ya.ru")),
    Receiver("mail.ru", ("mail.ru",), ("mail.ru", "bk.ru", "list.ru", "inbox.ru")),
    Receiver("orange", ("orange.fr", "wanadoo.fr", "orange.pl"), ("orange.fr", "wanadoo.fr")),
    Receiver("free", ("free.fr",), ("free.fr",)),
    Receiver("laposte", ("laposte.net",), ("laposte.net",)),
    Receiver("sfr", ("sfr.fr", "sfr.net"), ("sfr.fr", "neuf.fr", "cegetel.net")),
    Receiver("ovh", ("ovh.net", "ovh.ca")),
    Receiver("gandi", ("gandi.net",)),
    Receiver("libero", ("libero.it", "iol.it"), ("libero.it", "virgilio.it", "iol.it")),
    Receiver("aruba", ("aruba.it",)),
    Receiver("seznam", ("seznam.cz",), ("seznam.cz", "email.cz", "post.cz")),
    Receiver("wp", ("wp.pl", "o2.pl"), ("wp.pl", "o2.pl", "tlen.pl")),
    Receiver(
        "onet", ("onet.pl", "poczta.onet.pl"), ("onet.pl", "op.pl", "vp.pl", "poczta.onet.pl")
    ),
    Receiver("bluewin", ("bluewin.ch",), ("bluewin.ch",)),
    Receiver("infomaniak", ("infomaniak.ch",)),
    Receiver("ziggo", ("ziggo.nl", "upcmail.net"), ("ziggo.nl", "upcmail.nl")),
    Receiver(
        "kpn", ("kpnmail.nl", "kpn.com"), ("kpnmail.nl", "planet.nl", "hetnet.nl", "xs4all.nl")
    ),
    Receiver("telenet", ("telenet-ops.be", "telenet.be"), ("telenet.be",)),
    Receiver("bt", ("cpcloud.co.uk", "bt.com"), ("btinternet.com", "btopenworld.com")),
    Receiver("comcast", ("comcast.net",), ("comcast.net",)),
    Receiver("spectrum", ("charter.net", "rr.com"), ("charter.net", "spectrum.net")),
    Receiver("cox", ("cox.net",), ("cox.net",)),
    Receiver("rackspace", ("emailsrvr.com",)),
    Receiver("godaddy", ("secureserver.net",)),
    Receiver("hostinger", ("hostinger.com", "titan.email")),
    Receiver("namecheap", ("privateemail.com", "registrar-servers.com")),
    Receiver("cloudflare", ("mx.cloudflare.net",)),
    Receiver("amazon", ("amazonaws.com",)),
    Receiver("mimecast", ("mimecast.com", "mimecast.co.za")),
    Receiver("proofpoint", ("pphosted.com", "ppe-hosted.com")),
    Receiver("barracuda", ("barracudanetworks.com",)),
    Receiver("cisco", ("iphmx.com",)),
    Receiver("sophos", ("sophos.com", "hydra.sophos.com")),
    Receiver("trendmicro", ("trendmicro.com", "trendmicro.eu")),
    Receiver("symantec", ("messagelabs.com",)),
    Receiver("hornetsecurity", ("hornetsecurity.com", "antispameurope.com")),
    Receiver("retarus", ("retarus.com",)),
    Receiver("qq", ("qq.com",), ("qq.com", "foxmail.com")),
    Receiver("netease", ("netease.com", "163.com", "126.com"), ("163.com", "126.com", "yeah.net")),
    Receiver("naver", ("naver.com",), ("naver.com",)),
    Receiver("uol", ("uol.com.br",), ("uol.com.br", "bol.com.br")),
)

_IN_ANY_COUNTRY = 2  # labels at most behind a name that stands in every country, as in yahoo.co.uk


def domain_of(email: str) -> str:
    """Return the domain of an address, in lower case."""
    return email.rpartition("@")[2].lower()


def known(domain: str) -> str | None:
    """Return the provider whose own domain this is; None for all others."""
    name, _, country = domain.partition(".")
    if country.count(".") < _IN_ANY_COUNTRY and (found := _own().get(f"{name}.")):
        return found
    return _own().get(domain)


def by_exchange(exchanges: Iterable[str]) -> str | None:
    """Return the provider at the first of these MX names that belongs to one."""
    for host in exchanges:
        labels = host.lower().rstrip(".").split(".")
        for start in range(len(labels)):  # the longest end first
            if found := _ends().get(".".join(labels[start:])):
                return found
    return None


@cache
def _own() -> Mapping[str, str]:
    return {domain: one.name for one in RECEIVERS for domain in one.domains}


@cache
def _ends() -> Mapping[str, str]:
    return {end: one.name for one in RECEIVERS for end in one.exchanges}
