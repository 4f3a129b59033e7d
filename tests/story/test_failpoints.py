"""A sender dies at each step of a letter, and what its death costs is what was promised."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL

import pytest
from newsroom import Newsroom, newsroom
from press import issue

from digest import dispatch, questions
from digest.app import App
from digest.calendar import latest_due
from digest.clock import Clock
from digest.config import AppSettings, Configuration, load
from digest.delivery import ledger
from digest.delivery.audit import audit
from digest.delivery.state import DeliveryState
from digest.editions.store import Edition
from digest.errors import ConfigurationError
from digest.failpoint import Failpoint, Step
from digest.providers.registry import CarrierSettings
from digest.providers.session import SmtpSettings
from digest.rehearsal.stage import seal
from storage.settings import DatabaseSettings

READERS = 6
IN_FLIGHT = 4  # letters by BDAT that one conversation leaves unanswered
ONE_BY_ONE = ("SIZE 1000000", "8BITMIME")
IN_CHUNKS = (*ONE_BY_ONE, "PIPELINING", "CHUNKING")


@dataclass(frozen=True, kw_only=True)
class Death:
    """A death, and what is known after it of six letters that went one by one."""

    at: str
    accepted: int
    taken: int  # by the mail host, in truth
    unknown: int = 0

    def __str__(self) -> str:
        return self.at


DEATHS = (
    Death(at="before-claim", accepted=0, taken=0),
    Death(at="after-claim:3", accepted=2, taken=2),
    Death(at="after-rcpt:3", accepted=2, taken=2),
    Death(at="in-text:3", accepted=2, taken=2),
    Death(at="before-dot:3", accepted=2, taken=2, unknown=1),
    Death(at="after-dot:3", accepted=2, taken=3, unknown=1),
    Death(at="after-answer:3", accepted=3, taken=3),
    Death(at=f"after-result:{READERS}", accepted=READERS, taken=READERS),
)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """An issue that is sealed for six readers, and the mail host that it goes to."""

    room: Newsroom
    app: App
    edition: Edition

    def die(self, at: str) -> None:
        """Run a sender in a process of its own, which dies at this step."""
        sender = self.room.start(
            "worker", "--edition", self.edition.period, env={"DIGEST_FAILPOINT": at}
        )
        output = sender.communicate(timeout=120)
        assert sender.returncode == -SIGKILL, output

    def states(self) -> Counter[DeliveryState]:
        """Count the letters by state."""
        with self.app.database.read() as session:
            return Counter(ledger.counts(session, self.edition.id))

    def prove(self, *, unknown: int) -> None:
        """Finish the issue: everybody has one copy, or is named; nobody has two."""
        dispatch.deliver(self.app, self.edition)
        copies = Counter(taken.recipient for taken in self.room.mail.accepted)
        assert max(copies.values()) == 1
        with self.app.database.read() as session:
            assert audit(session) == []
        named = {one.email for one in questions.unserved(self.app, self.edition)}
        assert len(named) == unknown
        assert len(named | set(copies)) == READERS


@contextmanager
def scene(folder: Path, *, database_url: str, offers: Sequence[str]) -> Iterator[Scene]:
    """Seal an issue; one conversation hands it over."""
    with newsroom(folder, database_url=database_url, offers=offers) as room:
        room.configure("[delivery]\nconnections = 1")
        config = load(room.folder / "config.toml")
        app = App(config, clock=Clock(), stop=threading.Event())
        period = latest_due(config.schedule, app.clock.now())
        with closing(app):
            edition = seal(app, issue(), period=period, readers=READERS)
            yield Scene(room=room, app=app, edition=edition)


@pytest.mark.parametrize("death", DEATHS, ids=str)
def test_a_death_costs_what_was_promised_and_the_next_sender_serves_the_others(
    database_url: str, tmp_path: Path, death: Death
) -> None:
    with scene(tmp_path, database_url=database_url, offers=ONE_BY_ONE) as here:
        here.die(death.at)
        taken = here.room.mail.accepted
        assert here.room.mail.settles(lambda: len(taken) >= death.taken)
        assert here.app.sender.recover() == death.unknown
        states = here.states()
        assert states[DeliveryState.ACCEPTED] == death.accepted
        assert states[DeliveryState.UNKNOWN] == death.unknown
        assert states[DeliveryState.PENDING] == READERS - death.accepted - death.unknown
        assert len(taken) == death.taken
        here.prove(unknown=death.unknown)


@pytest.mark.parametrize("at", ["in-text:5", "before-dot:5", "after-dot:5", "after-answer:2"])
def test_with_letters_in_flight_a_death_costs_no_more_than_these(
    database_url: str, tmp_path: Path, at: str
) -> None:
    with scene(tmp_path, database_url=database_url, offers=IN_CHUNKS) as here:
        here.die(at)
        unknown = here.app.sender.recover()
        assert unknown <= IN_FLIGHT
        accepted = here.states()[DeliveryState.ACCEPTED]
        assert accepted <= len(here.room.mail.accepted) <= accepted + unknown
        here.prove(unknown=unknown)


def test_where_letters_leave_the_machine_no_sender_dies_on_purpose(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_FAILPOINT", "after-dot")
    config = Configuration(
        app=AppSettings(state=str(tmp_path)),
        carrier=CarrierSettings(smtp=SmtpSettings(host="relay.example")),
        database=DatabaseSettings(url=database_url),
    )
    with (
        closing(App(config, clock=Clock(), stop=threading.Event())) as app,
        pytest.raises(ConfigurationError, match="nothing was sent; unset it"),
    ):
        app.sender.recover()


def test_every_step_has_its_death() -> None:
    assert [death.at.partition(":")[0] for death in DEATHS] == list(Step)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("after-do", "did you mean after-dot"),
        ("noon", "there are before-claim, after-claim"),
        ("after-dot:0", "count from 1"),
        ("after-dot:x", "count from 1"),
    ],
)
def test_a_failpoint_that_does_not_exist_is_refused(words: str, complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        Failpoint.parse(words)
