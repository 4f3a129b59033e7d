"""Several carriers from config.toml to the doctor, and domains from DNS to the table."""

import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from newsroom import newsroom
from people import NOW
from sqlalchemy import select

from digest import carriage
from digest.app import App
from digest.checks.receivers import look_up
from digest.checks.resolver import NoAnswerError
from digest.clock import Clock
from digest.config import Configuration, load
from digest.delivery import domains, flows
from digest.delivery.routes import MAIN
from digest.errors import ConfigurationError
from digest.providers.folder import FolderSettings
from digest.providers.registry import CarrierSettings
from digest.tables import MailDomainRow
from storage.database import Database
from storage.settings import DatabaseSettings

MakeFile = Callable[[str, str], Path]

TWO = """
[carriers.relay-b]
letters_per_minute = 60
[carriers.relay-b.smtp]
host = "relay.example.net"
ca_file = "relay.pem"

[[routes]]
domains = ["t-online.de", "*.example"]
carrier = "relay-b"

[failover]
to = ["relay-b"]
"""


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("DIGEST_")]:
        monkeypatch.delenv(name)


def test_a_second_carrier_has_the_keys_of_the_first(
    make_file: MakeFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_file("config.toml", TWO)
    secret = make_file("password", "canary\n")
    monkeypatch.setenv("DIGEST_CARRIERS__RELAY_B__SMTP__PASSWORD_FILE", str(secret))
    config = load(path)
    own = config.carriers["relay-b"]
    assert (own.smtp.host, own.smtp.password, own.smtp.port) == ("relay.example.net", "canary", 587)
    assert own.smtp.ca_file == path.parent / "relay.pem"
    assert own.letters_per_minute == 60
    assert config.routes[0].domains == ("t-online.de", "*.example")
    assert "canary" not in repr(config)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[failover]\nto = ['b']\n", "config.toml:1: [failover] names a carrier that does not"),
        ("[[routes]]\ndomains = ['a']\ncarrier = 'b'\n", "[routes] names a carrier that does not"),
        (
            "[[routes]]\ndomain = ['a']\n",
            "it takes tables, each below [[routes]] and with domains, carrier",
        ),
        ("[carriers.b]\nkind = 'smpt'\n", "config.toml:2: [carriers.b] kind = 'smpt' does not"),
        ("[carriers.b.smtp]\nhots = 'x'\n", "config.toml:2: [carriers.b.smtp] hots is unknown"),
        ("[carriers.b.smtp]\nport = 0\n", "config.toml:2: [carriers.b.smtp] port = 0 cannot work"),
        ("[carriers.B_b]\nkind = 'smtp'\n", "[carriers] B_b is no name for a carrier"),
        ("[pace]\nreceivers = { gmail = 0 }\n", "config.toml:2: [pace] receivers"),
        ("[hours]\nopens = '07:00'\n", "[hours] opens and closes need each other"),
        ("[warmup]\nstart = 'soon'\n", "config.toml:2: [warmup] start = 'soon' is no day"),
    ],
)
def test_what_cannot_work_is_refused_with_its_line(
    make_file: MakeFile, text: str, message: str
) -> None:
    path = make_file("config.toml", text)
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    assert message in str(caught.value).replace(str(path), "config.toml")


def test_every_carrier_has_to_say_what_the_settings_ask_for() -> None:
    config = Configuration(
        sender={"bounce_domain": "bounce.example.org"},  # type: ignore[arg-type]
        carriers={"backup": CarrierSettings(kind="postmark")},
    )
    with pytest.raises(ConfigurationError, match="postmark"):
        carriage.carriers_of(config, clock=Clock(), failpoint=None)


def test_a_carrier_that_leaves_the_machine_is_noticed_wherever_it_stands(tmp_path: Path) -> None:
    here = CarrierSettings(kind="folder", folder=FolderSettings(path=tmp_path))
    away = CarrierSettings(kind="postmark")
    assert not carriage.leaves_machine(Configuration(carrier=here))
    assert carriage.leaves_machine(Configuration(carrier=here, carriers={"backup": away}))
    assert MAIN in carriage.settings_of(Configuration())


def test_the_doctor_asks_every_carrier(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with newsroom(tmp_path, database_url=database_url) as room:
        room.configure("[carriers.backup.smtp]\nhost = '127.0.0.1'\nport = 1\n")
        ended = room.call(capsys, "doctor", "--json", code=1)
    said = [one["sentence"] for one in ended.data if one["sentence"].startswith("carrier")]
    assert said[0] == "carrier smtp: it answers"
    assert said[1].startswith("carrier backup (smtp): connect: ")


def test_the_doctor_tells_who_takes_fewer_letters_for_now(
    database: Database, database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.begin() as session:
        now = datetime.now(UTC)
        flows.slow_down(session, ("", "gmail"), now=now, said="421 4.7.28 unusual rate")
    with newsroom(tmp_path, database_url=database_url) as room:
        ended = room.call(capsys, "doctor", "--json", code=None)
    (said,) = [one["sentence"] for one in ended.data if "gmail" in one["sentence"]]
    assert said.startswith("gmail takes 60 letters a minute from carrier smtp, since it said: 421")


class Names:
    """A name server that knows one domain, and is silent about another."""

    def exchanges(self, name: str) -> list[str]:
        """Return the MX of a domain."""
        if name == "silent.example":
            raise NoAnswerError(f"DNS does not answer for {name}")
        return {"firm.example": ["firm-example.mail.protection.outlook.com"]}.get(name, [])


def test_a_domain_that_was_met_is_looked_up_between_two_runs(
    database: Database, database_url: str
) -> None:
    names = {"firm.example", "silent.example", "own.example"}
    app = App(
        Configuration(database=DatabaseSettings(url=database_url)),
        clock=Clock.starting_at(NOW + timedelta(minutes=1)),
        stop=threading.Event(),
    )
    try:
        assert look_up(app, resolver=Names()) == 0
        with database.begin() as session:
            domains.receivers_of(session, names, now=NOW)
        assert look_up(app, resolver=Names()) == 3
        assert look_up(app, resolver=Names()) == 0
    finally:
        app.close()
    with database.read() as session:
        rows = session.scalars(select(MailDomainRow)).all()
    assert {row.domain: row.receiver for row in rows} == {
        "firm.example": "microsoft-365",
        "silent.example": "",  # it is asked again in some hours
        "own.example": "own.example",
    }
