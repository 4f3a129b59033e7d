"""Which addresses a fetch may reach."""

from ipaddress import ip_address

import pytest

from digest.network import is_public, may_connect, networks

NOT_PUBLIC = [
    "0.0.0.0",  # noqa: S104 - nothing binds to it
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_addresses_off_the_open_web_are_refused(text: str) -> None:
    assert not is_public(ip_address(text))
    assert not may_connect(text, 443)


@pytest.mark.parametrize("text", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "2a00:1450::1"])
def test_addresses_of_the_open_web_are_reached(text: str) -> None:
    assert is_public(ip_address(text))
    assert may_connect(text, 80)
    assert may_connect(text, 443)


@pytest.mark.parametrize("port", [22, 25, 6379, 8080])
def test_other_ports_than_the_webs_are_refused(port: int) -> None:
    assert not may_connect("8.8.8.8", port)


def test_an_allowed_network_opens_on_any_port_and_opens_nothing_else() -> None:
    allowed = networks(["10.0.0.0/8", "fd00::/8"])
    assert may_connect("10.1.2.3", 8080, allowed=allowed)
    assert may_connect("fd00::5", 80, allowed=allowed)
    assert not may_connect("192.168.1.1", 80, allowed=allowed)
    assert not may_connect("::ffff:10.1.2.3", 80, allowed=allowed)


def test_an_allowed_wrapper_does_not_open_what_it_wraps() -> None:
    nat64 = networks(["64:ff9b::/96"])
    assert may_connect("64:ff9b::808:808", 443, allowed=nat64)
    assert not may_connect("64:ff9b::7f00:1", 443, allowed=nat64)
    everything = networks(["::/0"])
    for text in ("2002:7f00:1::", "::127.0.0.1", "::ffff:0:127.0.0.1", "2001:0:7f00:1::"):
        assert not may_connect(text, 443, allowed=everything)


def test_ipv6_loopback_can_be_allowed() -> None:
    assert may_connect("::1", 8000, allowed=networks(["::1/128"]))


def test_a_network_with_a_typing_mistake_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0/8"):
        networks(["10.0.0/8"])
