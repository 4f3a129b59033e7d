"""The sender's domain in DNS: every way in which it fails to vouch for its mail, with the cure."""

from dataclasses import dataclass, field

import pytest

from digest.checks.domain import Sending, check_domain
from digest.checks.finding import Finding
from digest.checks.resolver import NoAnswerError, SystemResolver

KEY = ("digest._domainkey.good-news.org", "v=DKIM1; k=rsa; p=MIIB")


@dataclass
class Zone:
    """A DNS of its own: the records that it has, and nothing else."""

    texts: dict[str, list[str]] = field(default_factory=dict)
    hosts: dict[str, list[str]] = field(default_factory=dict)
    reverse: dict[str, list[str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def txt(self, name: str) -> list[str]:
        """Return what the zone says."""
        self.asked.append(name)
        return self.texts.get(name, [])

    def addresses(self, name: str) -> list[str]:
        """Return the addresses of a name."""
        return self.hosts.get(name, [])

    def names(self, address: str) -> list[str]:
        """Return the names of an address."""
        return self.reverse.get(address, [])


def good() -> Zone:
    return Zone(
        texts={
            "good-news.org": ["hello=1", "v=spf1 include:mail.example.net -all"],
            "mail.example.net": ["v=spf1 ip4:192.0.2.0/24 -all"],
            KEY[0]: ["v=DKIM1; k=rsa; p=MI IB"],
            "_dmarc.good-news.org": ["v=DMARC1; p=none"],
        },
        hosts={"relay.example.net": ["192.0.2.7"], "out7.example.net": ["192.0.2.7"]},
        reverse={"192.0.2.7": ["out7.example.net"]},
    )


def report(zone: Zone, *, domain: str = "good-news.org") -> list[Finding]:
    sending = Sending(
        from_domain=domain,
        return_domain="good-news.org",
        keys=(KEY,),
        relay="relay.example.net",
    )
    return list(check_domain(sending, resolver=zone))


def test_d13_a_domain_that_vouches_for_its_mail_is_all_well() -> None:
    found = report(good())
    assert [finding.sentence.partition(":")[0] for finding in found] == [
        "SPF", "DKIM", "DMARC", "PTR",
    ]  # fmt: skip
    assert {finding.level for finding in found} == {"ok"}


def test_the_policy_of_the_domain_above_counts() -> None:
    assert {finding.level for finding in report(good(), domain="mail.good-news.org")} == {"ok"}


@pytest.mark.parametrize(
    ("name", "texts", "sentence", "cure"),
    [
        ("good-news.org", [], "SPF: good-news.org has no record", "v=spf1 include:"),
        ("good-news.org", ["v=spf1 -all", "v=spf1 ~all"], "has 2 records", "into one"),
        ("good-news.org", ["v=spf1 +all"], "whole world", "-all"),
        ("good-news.org", ["v=spf1 all"], "whole world", "-all"),
        (
            "good-news.org",
            ["v=spf1 " + " ".join(f"include:s{n}.example.net" for n in range(11)) + " -all"],
            "asks for 11 other records",
            "includes",
        ),
        (KEY[0], [], "DKIM: digest._domainkey.good-news.org has no record", KEY[1]),
        (KEY[0], ["v=DKIM1; p=OTHER"], "another key", KEY[1]),
        ("_dmarc.good-news.org", [], "DMARC: good-news.org has no record", "v=DMARC1; p=none"),
        ("_dmarc.good-news.org", ["v=DMARC1; p=perhaps"], "cannot be understood", "v=DMARC1"),
        ("_dmarc.good-news.org", ["v=DMARC1; p=none"] * 2, "cannot be understood", "v=DMARC1"),
    ],
)
def test_d13_what_is_missing_is_an_error_that_says_what_to_publish(
    name: str, texts: list[str], sentence: str, cure: str
) -> None:
    zone = good()
    zone.texts[name] = texts
    (finding,) = [finding for finding in report(zone) if finding.level == "error"]
    assert sentence in finding.sentence
    assert cure in finding.cure


def test_records_that_include_each_other_come_to_an_end() -> None:
    zone = good()
    zone.texts["mail.example.net"] = ["v=spf1 include:good-news.org include:mail.example.net -all"]
    assert [f.level for f in report(zone) if f.sentence.startswith("SPF")] == ["ok"]


def test_a_server_whose_address_has_no_name_is_a_warning() -> None:
    zone = good()
    zone.reverse["192.0.2.7"] = ["elsewhere.example.net"]
    (finding,) = [finding for finding in report(zone) if finding.level == "warning"]
    assert "192.0.2.7 of relay.example.net has no name that leads back" in finding.sentence


def test_when_dns_does_not_answer_one_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(_: SystemResolver, name: str, kind: str) -> list[str]:
        raise NoAnswerError(f"DNS does not answer for {name} {kind}")

    monkeypatch.setattr(SystemResolver, "_ask", silent)
    sending = Sending(from_domain="good-news.org", return_domain="good-news.org")
    (finding,) = check_domain(sending, resolver=SystemResolver())
    assert finding.level == "warning"
    assert "not all checked" in finding.sentence


def test_a_domain_that_nobody_can_own_is_not_asked_about() -> None:
    zone = Zone()
    assert report(zone, domain="digest.example") == []
    assert zone.asked == []
