"""Each stage at which a carrier may stop has a cure that names the keys to change."""

import pytest

from digest.checks.carrier import cure_of


@pytest.mark.parametrize(
    ("trouble", "name", "words"),
    [
        ("tls: the server does not offer STARTTLS", "", 'set [carrier.smtp] security to "tls"'),
        ("tls: certificate verify failed", "", "set ca_file in [carrier.smtp]"),
        ("connect: Connection refused", "", "check host and port in [carrier.smtp]"),
        ("greeting: 554 go away", "", "check port and helo_name in [carrier.smtp]"),
        ("auth: 535 no", "spare", "set username and password in [carriers.spare.smtp]"),
        ("Postmark answers 500", "", ""),
    ],
)
def test_what_a_carrier_stops_at_has_a_cure(trouble: str, name: str, words: str) -> None:
    cure = cure_of(trouble, name=name, kind="smtp")
    assert cure.startswith(words)
    assert bool(cure) == bool(words)
