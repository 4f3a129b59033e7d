"""`digest rehearse`: an issue meets faults and deaths, and nothing real is touched."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from mailhost import letter_to
from newsroom import FRIDAY, MONDAY, SAID_YES, Newsroom, newsroom

from digest.cli.rehearse import share_of
from digest.errors import UsageError
from digest.failpoint import Step
from digest.mail.outcome import Verdict
from digest.providers.session import SmtpSettings
from digest.providers.smtp import SmtpCarrier
from digest.rehearsal.faults import Fault, Faults
from digest.rehearsal.play import deaths
from digest.rehearsal.sink import sink

Capture = pytest.CaptureFixture[str]

READERS = 60


@pytest.fixture
def room(database_url: str, tmp_path: Path, capsys: Capture) -> Iterator[Newsroom]:
    with newsroom(tmp_path, database_url=database_url) as room:
        room.call(capsys, "source", "add", room.blog("Cold reads"), "--at", MONDAY)
        room.call(capsys, "subscriber", "add", "ada@example.org", *SAID_YES)
        room.call(capsys, "fetch", "--at", FRIDAY)
        yield room


def test_a_rehearsal_with_deaths_and_faults_loses_nobody_and_touches_nothing(
    room: Newsroom, capsys: Capture
) -> None:
    before = room.rows()
    size = ("--readers", str(READERS), "--fail", "20%", "--kills", "2")
    score = room.call(capsys, "rehearse", *size, "--at", FRIDAY, "--json").data
    assert (score["lost"], score["doubled"], score["findings"]) == (0, 0, [])
    assert score["period"] == "2026-W24"
    assert sum(score["states"].values()) == score["readers"] == READERS
    assert score["kills"] == 2
    assert sum(score["faults"].values()) >= READERS // 20
    assert score["accepted"] + score["unknown"] == READERS
    assert score["rate"] > 0
    assert room.rows() == before
    assert room.mail.commands == []


def test_an_issue_without_posts_is_not_rehearsed(room: Newsroom, capsys: Capture) -> None:
    ended = room.call(capsys, "rehearse", "2026-W20", "--at", FRIDAY, code=2)
    assert "too few posts" in ended.err


def test_the_sink_counts_what_it_took_and_each_fault_comes_once() -> None:
    recipients = [f"reader{n}@example.org" for n in range(40)]
    with sink(fail=1.0, seed=3) as server:
        settings = SmtpSettings(host="127.0.0.1", port=server.port, security="none")
        connection = SmtpCarrier(settings).connect()
        known: Counter[str] = Counter()
        waiting = recipients
        for _ in range(5):
            letters = [letter_to(recipient) for recipient in waiting]
            waiting = []
            for letter, outcome in connection.hand_over(letters, dot=lambda _: True):
                known[letter.recipient] += outcome.verdict is Verdict.ACCEPTED
                if outcome.verdict is Verdict.RETRY:
                    waiting.append(letter.recipient)
        connection.close()
    assert waiting == []
    assert all(server.taken[one] >= known[one] for one in recipients)
    assert max(server.taken.values()) == 1
    assert set(server.faults) > {Fault.PUT_OFF, Fault.BUSY}


def test_faults_fall_on_the_same_letters_each_time_and_on_as_many_as_were_asked_for() -> None:
    readers = [f"reader{n}@example.org" for n in range(5000)]
    first, again = ([Faults(share=0.05, seed=1).of(one) for one in readers] for _ in range(2))
    assert first == again
    assert 200 < sum(fault is not None for fault in first) < 300
    assert {fault for one in readers if (fault := Faults(share=1.0, seed=1).of(one))} == set(Fault)
    assert [Faults(share=0.0, seed=1).of(one) for one in readers] == [None] * 5000


def test_deaths_are_spread_over_all_steps() -> None:
    planned = deaths(16, letters=1000)
    assert Counter(death.step for death in planned) == dict.fromkeys(Step, 2)
    assert all(1 <= death.turn <= 1000 // 17 for death in planned)


@pytest.mark.parametrize(
    ("words", "share"), [("5%", 0.05), ("0.05", 0.05), ("0", 0.0), ("100%", 1.0)]
)
def test_a_share_is_written_as_a_percentage_or_a_fraction(words: str, share: float) -> None:
    assert share_of(words) == pytest.approx(share)


@pytest.mark.parametrize("words", ["five", "101%", "-1%", "nan", ""])
def test_what_is_no_share_is_refused(words: str) -> None:
    with pytest.raises(UsageError, match="is no share"):
        share_of(words)
