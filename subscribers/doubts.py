"""Doubts about an address that is one: a slip of the pen, a shared mailbox, a throw-away one."""

from functools import lru_cache

from rapidfuzz.distance import OSA

from subscribers.addresses import Mailbox

# RFC 2142, and what small companies add to it: somebody reads it, but who agreed?
_ROLES = """
    abuse accounting accounts admin administrator all billing careers compliance contact dev devnull
    dns enquiries everyone feedback finance ftp hello help helpdesk hostmaster hr info inquiries it
    jobs list mail mailer-daemon marketing media news newsletter no-reply noc noreply office orders
    postmaster press privacy root sales security service spam staff subscribe support sysadmin team
    tech test undisclosed-recipients unsubscribe usenet uucp webmaster www
"""
_THROW_AWAY = """
    10minutemail.com byom.de dispostable.com fakeinbox.com getnada.com guerrillamail.com maildrop.cc
    mailinator.com mailnesia.com mintemail.com mohmal.com mytemp.email sharklasers.com spam4.me
    spamgourmet.com temp-mail.org tempmail.com tempr.email throwawaymail.com trash-mail.com
    trashmail.com wegwerfmail.de yopmail.com
"""
_SHARED, _THROWN_AWAY = frozenset(_ROLES.split()), frozenset(_THROW_AWAY.split())
_LARGE = (
    "gmail.com", "googlemail.com", "hotmail.com", "outlook.com", "yahoo.com", "icloud.com",
    "proton.me", "protonmail.com", "fastmail.com", "web.de", "gmx.de", "gmx.net", "t-online.de",
)  # fmt: skip
# One letter away from a large one, and no slip.
_REAL = frozenset({*_LARGE, "mail.com", "ymail.com", "email.com", "gmx.at", "gmx.com", "gmx.ch"})


def doubts(mailbox: Mailbox) -> tuple[str, ...]:
    """Say what a person may want to look at; it is never a reason to refuse the address."""
    return doubts_about(mailbox.local, mailbox.domain)


def doubts_about(local: str, domain: str) -> tuple[str, ...]:
    """Say the same of the two parts of an address."""
    about_domain = _about_domain(domain)
    local = local.lower().partition("+")[0]
    if local in _SHARED:
        return (f"{local}@ is read by more than one person", *about_domain)
    return about_domain


@lru_cache(maxsize=4096)
def _about_domain(domain: str) -> tuple[str, ...]:
    if domain in _THROWN_AWAY:
        return (f"{domain} gives addresses to be thrown away",)
    if domain in _REAL:
        return ()
    large = meant(domain)
    return (f"{domain} may be a slip for {large}",) if large else ()


def meant(domain: str) -> str | None:
    """Return the large domain, one letter away, that was perhaps meant."""
    if domain in _REAL:
        return None
    near = (large for large in _LARGE if OSA.distance(domain, large, score_cutoff=1) <= 1)
    return next(near, None)
