"""What is asked of an identity provider's settings, and what counts of what it says."""

from datetime import timedelta
from typing import Any

import pytest
from people import KEYRING, NOW

from digest.accounts.oidc.attempt import Attempt
from digest.accounts.oidc.errors import ProviderError
from digest.accounts.oidc.metadata import Metadata, address_of
from digest.accounts.oidc.pending import Pending
from digest.accounts.oidc.settings import OidcSettings
from digest.accounts.oidc.vouched import Vouched
from digest.accounts.roles import Role
from digest.accounts.secured import is_secured
from digest.errors import ConfigurationError

ISSUER = "https://login.example.org/realms/staff"


@pytest.mark.parametrize(
    ("url", "secured"),
    [
        ("https://login.example.org", True),
        ("http://localhost:8080/a", True),
        ("http://[::1]/", True),
        ("http://login.example.org", False),
        ("http://localhost.evil.example/", False),
        ("https://", False),
        ("javascript:alert(1)", False),
        ("https://[", False),
    ],
)
def test_only_https_and_this_machine_are_safe_from_readers_on_the_way(
    url: str, *, secured: bool
) -> None:
    assert is_secured(url) is secured


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"issuer": "http://login.example.org"}, "issuer"),
        ({"issuer": f"{ISSUER}?tenant=1"}, "issuer"),
        ({"issuer": ISSUER}, "client_id is missing"),
        ({"issuer": ISSUER, "client_id": "x", "scopes": ("email",)}, "openid"),
        ({"issuer": ISSUER, "client_id": "x", "claim": ""}, "claim"),
        ({"only": True}, "let nobody in"),
        ({"roles": {"writers": "writer"}}, "is no role"),
        ({"allow_networks": ("10.0.0.0/33",)}, "allow_networks"),
    ],
)
def test_settings_that_cannot_work_are_refused_with_their_name(
    settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigurationError, match=words):
        OidcSettings(**settings)


def test_an_attempt_is_known_by_its_state_alone_and_ends() -> None:
    attempt = Attempt.begin(KEYRING, after="/console/issues?a=1.2", now=NOW)
    marks = {attempt.state, attempt.nonce, attempt.verifier, attempt.challenge}
    assert len(marks) == 4
    assert not any(mark in attempt.kept for mark in marks)
    assert 43 <= len(attempt.verifier) <= 128  # RFC 7636 4.1
    assert attempt.after == "/console/issues?a=1.2"
    for later, answered in ((0, True), (599, True), (600, False), (-1, False)):
        moment = NOW + timedelta(seconds=later)
        assert attempt.is_answered_by(attempt.state, now=moment) is answered
    other = Attempt.begin(KEYRING, after="/console/issues?a=1.2", now=NOW)
    assert not attempt.is_answered_by(other.state, now=NOW)
    bent = Attempt(kept=f"{attempt.kept}x", keyring=KEYRING)
    assert not bent.is_answered_by(attempt.state, now=NOW)
    assert not Attempt(kept="", keyring=KEYRING).is_answered_by("", now=NOW)


def test_who_waits_for_a_code_cannot_become_somebody_else() -> None:
    sealed = Pending(account_id=7, after="/console/").sealed(KEYRING, now=NOW)
    assert Pending.opened(sealed, keyring=KEYRING, now=NOW) == Pending(
        account_id=7, after="/console/"
    )
    assert Pending.opened(sealed.replace(".7.", ".8."), keyring=KEYRING, now=NOW) is None
    assert Pending.opened("", keyring=KEYRING, now=NOW) is None
    late = NOW + timedelta(minutes=5)
    assert Pending.opened(sealed, keyring=KEYRING, now=late) is None


def test_the_discovery_document_stands_below_the_issuer() -> None:
    wanted = f"{ISSUER}/.well-known/openid-configuration"
    assert address_of(ISSUER) == address_of(f"{ISSUER}/") == wanted


@pytest.mark.parametrize("content", [b"", b"[]", b"<html>", b"[" * 100_000, b"{}"])
def test_what_is_no_discovery_document_says_what_to_do(content: bytes) -> None:
    with pytest.raises(ProviderError, match="issuer"):
        Metadata.read(content, issuer=ISSUER)


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (["writers"], Role.EDITOR),
        (["heads", "writers"], Role.ADMIN),
        ("writers", Role.EDITOR),
        (["Writers"], None),
        ([{"name": "heads"}, None, 1], None),
        (None, None),
    ],
)
def test_of_all_groups_the_highest_role_counts(groups: object, role: Role | None) -> None:
    settings = OidcSettings(roles={"writers": "editor", "heads": "admin"})
    person = Vouched(issuer=ISSUER, subject="1", claims={"groups": groups})
    assert person.role(settings) is role
