"""Whether the sender's domain vouches for its mail: SPF, DKIM, DMARC, and the relay's name."""

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass

from digest.checks.finding import Finding, is_placeholder
from digest.checks.resolver import NoAnswerError, Resolver

_MOST_LOOKUPS = 10  # RFC 7208 4.6.4
_ASKS = re.compile(r"[+?~-]?(include:|a\b|mx\b|ptr\b|exists:|redirect=)", re.IGNORECASE)
_NEXT = re.compile(r"[+?~-]?(?:include:|redirect=)(\S+)", re.IGNORECASE)
_POLICIES = frozenset({"none", "quarantine", "reject"})


@dataclass(frozen=True, kw_only=True)
class Sending:
    """How mail leaves: the domains in it, the DNS records our keys need, and the mail server.

    ``keys`` are (name, text) of TXT records. ``relay`` is empty where letters stay on this machine.
    """

    from_domain: str
    return_domain: str
    keys: tuple[tuple[str, str], ...] = ()
    relay: str = ""


def check_domain(sending: Sending, *, resolver: Resolver) -> Iterator[Finding]:
    """Look the domain up; when DNS does not answer, one finding says so and the rest is open."""
    if is_placeholder(sending.from_domain):
        return
    try:
        yield from _spf(sending.return_domain, resolver)
        yield from _dkim(sending, resolver)
        yield from _dmarc(sending.from_domain, resolver)
        yield from _relay(sending.relay, resolver)
    except NoAnswerError as error:
        yield Finding(
            level="warning",
            sentence=f"domain: {error}; SPF, DKIM, DMARC and PTR are not all checked",
            cure="run it again where DNS answers",
        )


def _spf(domain: str, resolver: Resolver) -> Iterator[Finding]:
    """Check R1 of our rules: one record, which ends, and asks for at most ten others."""
    records = _records(resolver.txt(domain), "v=spf1")
    cure = f"publish at {domain} TXT: v=spf1 include:YOUR-MAIL-PROVIDER -all"
    if not records:
        yield Finding(level="error", sentence=f"SPF: {domain} has no record", cure=cure)
    elif len(records) > 1:
        sentence = f"SPF: {domain} has {len(records)} records, which counts as none"
        yield Finding(level="error", sentence=sentence, cure="put them into one")
    elif re.search(r"(^|\s)\+?all\b", records[0]):
        sentence = f"SPF: {domain} lets the whole world send in its name"
        yield Finding(level="error", sentence=sentence, cure="end it with -all")
    elif (asked := _lookups(records[0], resolver, seen={domain})) > _MOST_LOOKUPS:
        sentence = f"SPF: {domain} asks for {asked} other records, and {_MOST_LOOKUPS} are allowed"
        yield Finding(level="error", sentence=sentence, cure="take includes out")
    else:
        yield Finding(level="ok", sentence=f"SPF: {domain} says who may send ({asked} lookups)")


def _lookups(record: str, resolver: Resolver, *, seen: set[str]) -> int:
    """Count the terms that ask DNS, those of included records too."""
    count = sum(1 for term in record.split()[1:] if _ASKS.match(term))
    for domain in _NEXT.findall(record):
        if domain not in seen and count <= _MOST_LOOKUPS and "%" not in domain:
            seen.add(domain)
            for other in _records(resolver.txt(domain), "v=spf1")[:1]:
                count += _lookups(other, resolver, seen=seen)
    return count


def _dkim(sending: Sending, resolver: Resolver) -> Iterator[Finding]:
    for name, text in sending.keys:
        published = {_tag(record, "p") for record in resolver.txt(name)}
        cure = f"publish at {name} TXT: {text}"
        if not published:
            yield Finding(level="error", sentence=f"DKIM: {name} has no record", cure=cure)
        elif _tag(text, "p") not in published:
            sentence = f"DKIM: {name} has another key than the one that signs"
            yield Finding(level="error", sentence=sentence, cure=cure)
        else:
            yield Finding(level="ok", sentence=f"DKIM: {name} has the key that signs")


def _dmarc(domain: str, resolver: Resolver) -> Iterator[Finding]:
    """Look at the domain, then at the ones above it (RFC 9989 walks up the tree)."""
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        place = ".".join(labels[start:])
        records = _records(resolver.txt(f"_dmarc.{place}"), "v=dmarc1")
        if len(records) == 1 and _tag(records[0], "p").lower() in _POLICIES:
            yield Finding(
                level="ok", sentence=f"DMARC: {place} has the policy {_tag(records[0], 'p')}"
            )
            return
        if records:
            sentence = f"DMARC: what _dmarc.{place} says cannot be understood"
            yield Finding(level="error", sentence=sentence, cure=_dmarc_cure(place))
            return
    sentence = f"DMARC: {domain} has no record; Gmail, Yahoo and Microsoft ask for one"
    yield Finding(level="error", sentence=sentence, cure=_dmarc_cure(domain))


def _dmarc_cure(domain: str) -> str:
    return f"publish at _dmarc.{domain} TXT: v=DMARC1; p=none; rua=mailto:postmaster@{domain}"


def _relay(host: str, resolver: Resolver) -> Iterator[Finding]:
    """Check that each address of the mail server has a name that leads back to it (R4)."""
    if not host:
        return
    for address in _addresses(host, resolver):
        names = resolver.names(address)
        if any(address in resolver.addresses(name) for name in names):
            yield Finding(level="ok", sentence=f"PTR: {address} is {names[0]}, and back")
        else:
            yield Finding(
                level="warning",
                sentence=f"PTR: {address} of {host} has no name that leads back to it",
                cure="if it is what receivers see, have its provider set the reverse name",
            )


def _addresses(host: str, resolver: Resolver) -> list[str]:
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        return resolver.addresses(host)


def _records(texts: list[str], start: str) -> list[str]:
    found = [text for text in texts if re.match(rf"{re.escape(start)}(\s|;|$)", text.lower())]
    return [" ".join(text.split()) for text in found]


def _tag(record: str, name: str) -> str:
    """Return a tag's value from a record of the form "v=...; p=...", without blanks."""
    for part in record.split(";"):
        key, _, value = part.partition("=")
        if key.strip().lower() == name:
            return "".join(value.split())
    return ""
