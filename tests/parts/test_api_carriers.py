"""What every carrier over a provider's API promises, asked of each against a host of its kind."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.utils import format_datetime
from functools import cache
from html import unescape
from http.server import BaseHTTPRequestHandler

import pytest
from mailhost import CERTIFICATE, letter_to
from press import composer, issue, personaliser, post, reader
from provider_hosts import (
    BAD,
    SECRET,
    Act,
    Asked,
    ProviderHost,
    answer,
    babble,
    echo,
    half,
    hang_up,
    silence,
    take_and,
)

from digest.clock import Clock
from digest.errors import ConfigurationError
from digest.mail.letter import Letter
from digest.mail.outcome import Outcome, Stage, Verdict
from digest.providers.api import ApiCarrier
from digest.providers.capabilities import Needs, require
from digest.providers.carrier import Carrier, Dot
from digest.providers.endpoint import Base
from digest.providers.party import Answer, Reading
from digest.providers.postmark import Postmark
from digest.providers.registry import PARTIES, CarrierSettings, build, leaves_machine
from digest.render.personal import Personaliser

KINDS = list(PARTIES)
NOW = datetime(2026, 6, 15, 5, 0, tzinfo=UTC)
KNOWS_AGAIN = {"resend", "brevo"}  # a request that was made before
ONE_BY_ONE = {"ses"}
WHOLE = {"postmark", "resend", "mailjet"}  # letters, each with a fate of its own
HOSTILE = "{{7*7}} {% raw %} {#x#} {{{a}}} %recipient.email% [[var:name]] -x_email- <b>&amp;</b>"


@dataclass(frozen=True)
class Timeless(Clock):
    """A clock that is moved on by waiting, and by nothing else."""

    waits: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        """Return the morning of the issue, and what was waited."""
        return NOW + timedelta(seconds=sum(self.waits))

    def monotonic(self) -> float:
        """Return what was waited."""
        return sum(self.waits)

    def sleep(self, seconds: float) -> None:
        """Wait in no time."""
        self.waits.append(seconds)


@dataclass(frozen=True)
class Hasty(Clock):
    """A clock that runs, but on which no pause takes time."""

    def sleep(self, seconds: float) -> None:
        """Go on at once."""


class Walk:
    """One carrier, its host, and a conversation in which every dot is noted."""

    def __init__(
        self, host: ProviderHost, *, clock: Clock | None = None, answer: float = 20
    ) -> None:
        self.host = host
        self.clock = Timeless() if clock is None else clock
        self.carrier: Carrier = build(host.settings(answer=answer), clock=self.clock)
        self.connection = self.carrier.connect()
        self.dots: Counter[str] = Counter()

    def dot(self, letter: Letter) -> bool:
        """Note that a letter may be taken."""
        self.dots[letter.recipient] += 1
        return True

    def send(self, letters: Sequence[Letter], *, dot: Dot | None = None) -> dict[str, Outcome]:
        """Hand over, and return what became of each by the reader's address."""
        fates = self.connection.hand_over(iter(letters), dot=dot or self.dot)
        return {letter.recipient: outcome for letter, outcome in fates}

    @property
    def waits(self) -> list[float]:
        """How long it waited, each time."""
        assert isinstance(self.clock, Timeless)
        return self.clock.waits


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Name each provider in turn."""
    return str(request.param)


@pytest.fixture
def walk(kind: str) -> Iterator[Walk]:
    """Come to each provider, which does what it says."""
    with ProviderHost(kind) as host:
        walk = Walk(host)
        yield walk
        walk.connection.close()


@cache
def writer(*, hostile: bool = False) -> Personaliser:
    """Compose one issue; with ``hostile``, one whose posts try every provider's own marks."""
    posts = [post(1, title=HOSTILE, summary=HOSTILE)] if hostile else None
    of = issue(posts)
    composed = composer().compose(of, language="en")
    return personaliser(composed, of=of)


def letters_for(carrier: Carrier, *who: str, of: Personaliser | None = None) -> list[Letter]:
    """Write letters of one issue as this carrier takes them."""
    of = of or writer()
    write = of.to_fill if carrier.capabilities.takes == "sheet" else of.letter
    return [
        write(reader(number, email=f"{name}@reader.test"), key=f"2026-w24.{number}")
        for number, name in enumerate(who, start=1)
    ]


def verdicts(fates: dict[str, Outcome]) -> Counter[Verdict]:
    """Count what became of how many."""
    return Counter(outcome.verdict for outcome in fates.values())


def crowd(count: int) -> list[str]:
    """Name so many readers."""
    return [f"r{number}" for number in range(count)]


def with_acts(kind: str, *acts: Act | None) -> Iterator[Walk]:
    """Come to a provider that does these things first."""
    with ProviderHost(kind, acts=list(acts)) as host:
        walk = Walk(host)
        yield walk
        walk.connection.close()


def test_each_reader_gets_the_same_words_as_by_smtp_with_links_of_their_own(walk: Walk) -> None:
    fates = walk.send(letters_for(walk.carrier, "ada", "ben", "cay"))
    assert verdicts(fates) == {Verdict.ACCEPTED: 3}
    assert [one.recipient for one in walk.host.taken] == list(fates)
    for number, taken in enumerate(walk.host.taken, start=1):
        wanted = letters_by_smtp(number, taken.recipient)
        assert taken.subject == wanted[0]
        assert visible(taken.text) == visible(wanted[1])
        assert visible(unescape(taken.html)) == visible(unescape(wanted[2]))
        own = f"/u/{number}.AbCdEfGhIjKlMnOpQrStUv>"
        assert own in taken.headers["List-Unsubscribe"]
        for name in ("List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Precedence"):
            assert taken.headers[name] == wanted[3][name]
        assert taken.key == f"2026-w24.{number}"


def letters_by_smtp(number: int, address: str) -> tuple[str, str, str, dict[str, str]]:
    letter = writer().letter(reader(number, email=address), key=f"2026-w24.{number}")
    message = message_from_bytes(letter.message, policy=policy.default)
    text, html = (
        part.get_content().replace("\r\n", "\n")
        for kind in ("plain", "html")
        if (part := message.get_body((kind,)))
    )
    return message["Subject"], text, html, {name: str(value) for name, value in message.items()}


def test_a_request_holds_as_many_readers_as_the_provider_takes(walk: Walk) -> None:
    most = walk.carrier.capabilities.batch
    count = min(2 * most + 1, 120) if most < 500 else most + 1
    fates = walk.send(letters_for(walk.carrier, *crowd(count)))
    assert verdicts(fates) == {Verdict.ACCEPTED: count}
    assert len(walk.host.asked) == -(-count // most)
    assert Counter(one.recipient for one in walk.host.taken) == walk.dots == Counter(fates.keys())


def test_letters_of_several_variants_do_not_mix_their_words(walk: Walk) -> None:
    first = letters_for(walk.carrier, *crowd(6))
    second = letters_for(walk.carrier, *crowd(12), of=writer(hostile=True))[6:]
    mixed = [letter for pair in zip(first, second, strict=True) for letter in pair]
    assert verdicts(walk.send(mixed)) == {Verdict.ACCEPTED: 12}
    by_reader = {one.recipient: one.text for one in walk.host.taken}
    assert [one for one in by_reader if "7*7}} {%" in visible(by_reader[one])] == [
        letter.recipient for letter in second
    ]


def test_what_a_blog_writes_is_never_read_as_a_mark_of_the_provider(walk: Walk) -> None:
    of = writer(hostile=True)
    assert verdicts(walk.send(letters_for(walk.carrier, "ada", "ben", of=of))) == {
        Verdict.ACCEPTED: 2
    }
    for taken in walk.host.taken:
        assert HOSTILE in visible(taken.text)
        assert HOSTILE in visible(unescape(taken.html))
        assert "AbCdEfGhIjKlMnOpQrStUv" in taken.text


def visible(text: str) -> str:
    """Return text as it looks."""
    return " ".join(text.replace("\N{WORD JOINER}", "").split())


def test_one_reader_twice_gets_two_letters(walk: Walk) -> None:
    first, second = letters_for(walk.carrier, "ada", "ada")
    fates = list(walk.connection.hand_over([first, second], dot=walk.dot))
    assert [outcome.verdict for _, outcome in fates] == [Verdict.ACCEPTED] * 2
    assert sorted(one.key for one in walk.host.taken) == ["2026-w24.1", "2026-w24.2"]


def test_a_message_in_bytes_arrives_too(walk: Walk) -> None:
    message = (
        b"From: Digest <digest@digest.example>\r\nTo: ada@reader.test\r\n"
        b"Subject: Please confirm\r\n"
        b"Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n\r\nIs it you? {{7*7}}\r\n"
    )
    letter = letter_to("ada@reader.test", message=message)
    fates = walk.send([letter])
    assert verdicts(fates) == {Verdict.ACCEPTED: 1}
    (taken,) = walk.host.taken
    assert (taken.subject, visible(taken.text)) == ("Please confirm", "Is it you? {{7*7}}")
    assert (taken.html, taken.key) == ("", letter.key)
    assert taken.headers["Auto-Submitted"] == "auto-generated"


def test_dots_are_asked_before_the_request_and_only_those_granted_go(walk: Walk) -> None:
    seen: list[int] = []

    def dot(letter: Letter) -> bool:
        seen.append(len(walk.host.asked))
        return not letter.recipient.startswith("ben")

    fates = walk.send(letters_for(walk.carrier, "ada", "ben", "cay"), dot=dot)
    assert {one: fate.verdict for one, fate in fates.items()} == {
        "ada@reader.test": Verdict.ACCEPTED,
        "ben@reader.test": Verdict.WITHDRAWN,
        "cay@reader.test": Verdict.ACCEPTED,
    }
    assert {one.recipient for one in walk.host.taken} == {"ada@reader.test", "cay@reader.test"}
    assert seen == ([0, 1, 1] if walk.host.kind in ONE_BY_ONE else [0, 0, 0])


def test_an_error_of_the_books_comes_through_and_nothing_leaves(walk: Walk) -> None:
    class BookkeepingError(Exception):
        pass

    def dot(_: Letter) -> bool:
        raise BookkeepingError

    with pytest.raises(BookkeepingError):
        walk.send(letters_for(walk.carrier, "ada", "ben"), dot=dot)
    assert walk.host.taken == []
    assert verdicts(walk.send(letters_for(walk.carrier, "cay"))) == {Verdict.ACCEPTED: 1}


def test_one_bad_address_is_refused_and_the_others_arrive_once(walk: Walk) -> None:
    if walk.host.kind in ONE_BY_ONE:
        pytest.skip("says nothing about a recipient at once; its events do")
    fates = walk.send(letters_for(walk.carrier, *crowd(6), BAD, "zoe"))
    assert verdicts(fates) == {Verdict.ACCEPTED: 7, Verdict.REFUSED: 1}
    refused = fates[f"{BAD}@reader.test"]
    assert refused.verdict is Verdict.REFUSED
    assert refused.counted
    assert f"{BAD}@" not in refused.text
    assert refused.text
    assert max(Counter(one.recipient for one in walk.host.taken).values()) == 1
    assert max(walk.dots.values()) == 1
    if walk.host.kind in WHOLE:
        assert len(walk.host.asked) == 1


@pytest.mark.parametrize("status", [401, 403, 404, 400])
def test_a_refusal_of_ours_stops_everybody_and_touches_nobody(kind: str, status: int) -> None:
    for walk in with_acts(kind, answer(status, {"message": "no"})):
        fates = walk.send(letters_for(walk.carrier, "ada"))
        assert verdicts(fates) == {Verdict.CONFIG: 1}
        (outcome,) = fates.values()
        assert (outcome.stage, outcome.code, outcome.counted) == (Stage.REQUEST, status, False)
        assert walk.host.taken == []


def test_a_wrong_key_is_a_fault_of_the_settings_and_is_never_shown(kind: str) -> None:
    with ProviderHost(kind) as host:
        wrong = "Wr0ng-Key"
        carrier = build(host.settings(secret=wrong), clock=Timeless())
        connection = carrier.connect()
        letters = letters_for(carrier, "ada", "ben")
        fates = [fate for _, fate in connection.hand_over(letters, dot=lambda _: True)]
        assert {fate.verdict for fate in fates} == {Verdict.CONFIG}
        assert wrong not in str(fates)
        trouble = carrier.check()
        assert trouble
        assert "401" in trouble
        assert "check the key" in trouble
        assert wrong not in repr(carrier.__dict__)
        assert host.taken == []
        connection.close()


def test_the_check_needs_the_key_and_hands_nothing_over(walk: Walk) -> None:
    assert walk.carrier.check() is None
    assert [(one.method, one.body) for one in walk.host.asked] == [("GET", b"")]
    assert SECRET not in str(walk.carrier.check())


def test_keys_and_addresses_of_an_answer_are_not_repeated(kind: str) -> None:
    for status in (400, 401, 500):
        for walk in with_acts(kind, *[echo(status)] * 4):
            fates = walk.send(letters_for(walk.carrier, "ada", "ben"))
            texts = " ".join(outcome.text for outcome in fates.values())
            assert SECRET not in texts
            assert "@reader.test" not in texts
            assert "\n" not in texts


def test_a_request_that_is_too_large_is_halved_until_it_fits(kind: str) -> None:
    if kind in ONE_BY_ONE:
        pytest.skip("one letter cannot be halved")
    with ProviderHost(kind, largest=3) as host:
        walk = Walk(host)
        fates = walk.send(letters_for(walk.carrier, *crowd(10)))
        assert verdicts(fates) == {Verdict.ACCEPTED: 10}
        assert set(walk.dots.values()) == {1}
        assert max(Counter(one.recipient for one in host.taken).values()) == 1
        walk.connection.close()


def test_a_letter_that_is_too_large_by_itself_is_our_fault(kind: str) -> None:
    for walk in with_acts(kind, answer(413)):
        fates = walk.send(letters_for(walk.carrier, "ada"))
        assert verdicts(fates) == {Verdict.CONFIG: 1}


@pytest.mark.parametrize("said", [{"Retry_After": "1"}, {"Retry_After": "soon"}, {}])
def test_a_provider_that_asks_for_a_moment_is_given_it(kind: str, said: dict[str, str]) -> None:
    for walk in with_acts(kind, answer(429, **said), answer(503, **said)):
        fates = walk.send(letters_for(walk.carrier, "ada"))
        assert verdicts(fates) == {Verdict.ACCEPTED: 1}
        first, second = walk.waits
        assert 1 <= first <= 1.5
        assert second > 0
        assert walk.dots == {"ada@reader.test": 3}, "each time: the lease may be over"
        assert len(walk.host.taken) == 1


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("7", 7), (format_datetime(NOW + timedelta(seconds=20), usegmt=True), 20)],
)
def test_one_that_asks_for_longer_is_not_waited_for_with_letters_in_hand(
    kind: str, said: str, seconds: float
) -> None:
    """Whoever gave us the letters waits without them; no other connection asks meanwhile."""
    for walk in with_acts(kind, answer(429, Retry_After=said)):
        (ada,) = walk.send(letters_for(walk.carrier, "ada")).values()
        assert (ada.verdict, ada.counted) == (Verdict.RETRY, False)
        assert seconds <= (ada.retry_after or 0) <= seconds + 0.5
        other = walk.carrier.connect()
        fates = [*other.hand_over(letters_for(walk.carrier, "ben"), dot=walk.dot)]
        assert [(one.verdict, one.counted) for _, one in fates] == [(Verdict.RETRY, False)]
        assert (len(walk.host.asked), walk.waits) == (1, [])
        walk.waits.append(seconds + 1)
        assert verdicts(walk.send(letters_for(walk.carrier, "ada"))) == {Verdict.ACCEPTED: 1}


def test_a_provider_that_asks_for_an_hour_is_left_alone(kind: str) -> None:
    for walk in with_acts(kind, answer(429, Retry_After="3600")):
        fates = walk.send(letters_for(walk.carrier, "ada"))
        assert verdicts(fates) == {Verdict.RETRY: 1}
        later = walk.send(letters_for(walk.carrier, "ben"))
        assert verdicts(later) == {Verdict.RETRY: 1}
        assert "left alone" in later["ben@reader.test"].text
        assert walk.dots == {"ada@reader.test": 1}, "nobody's dot is asked for a request not made"
        assert len(walk.host.asked) == 1
        walk.waits.append(3601)
        assert verdicts(walk.send(letters_for(walk.carrier, "ben"))) == {Verdict.ACCEPTED: 1}


def test_one_that_never_has_time_puts_everybody_off(kind: str) -> None:
    for walk in with_acts(kind, *[answer(429)] * 4):
        fates = walk.send(letters_for(walk.carrier, "ada"))
        assert verdicts(fates) == {Verdict.RETRY: 1}
        assert fates["ada@reader.test"].counted
        assert walk.host.taken == []


@pytest.mark.parametrize("then", [hang_up, babble, half, answer(500), answer(502)])
def test_a_lost_answer_never_makes_a_second_copy(kind: str, then: Act) -> None:
    for walk in with_acts(kind, take_and(then)):
        fates = walk.send(letters_for(walk.carrier, "ada"))
        wanted = Verdict.ACCEPTED if kind in KNOWS_AGAIN else Verdict.UNKNOWN
        assert verdicts(fates) == {wanted: 1}
        assert len(walk.host.taken) == 1
        times = 2 if kind in KNOWS_AGAIN else 1
        assert len(walk.host.asked) == times
        assert walk.dots == {"ada@reader.test": times}, "each time: the lease may be over"


@pytest.mark.parametrize("kind", sorted(KNOWS_AGAIN))
@pytest.mark.parametrize(
    "then",
    [
        pytest.param([answer(429, Retry_After="3600")], id="asked to wait"),
        pytest.param([answer(429)] * 3, id="asked to wait again and again"),
        pytest.param([answer(401)], id="locked out"),
        pytest.param([answer(413)], id="called too large"),
        pytest.param([answer(400, {"message": "Invalid `to` in to"})], id="called wrong"),
        pytest.param([hang_up] * 3, id="never answered"),
    ],
)
def test_a_doubt_is_only_ended_by_the_answer_to_the_same_request(
    kind: str, then: list[Act]
) -> None:
    for walk in with_acts(kind, take_and(hang_up), *then):
        fates = walk.send(letters_for(walk.carrier, "ada"))
        assert verdicts(fates) == {Verdict.UNKNOWN: 1}
        assert len(walk.host.taken) == 1


@dataclass(frozen=True)
class Asleep(Timeless):
    """A clock of a machine that sleeps at the first pause: nothing but the time of day goes on."""

    slept: timedelta = timedelta()

    def now(self) -> datetime:
        """Return the time of day."""
        return super().now() + (self.slept if self.waits else timedelta())


@pytest.mark.parametrize("kind", sorted(KNOWS_AGAIN))
@pytest.mark.parametrize(("share", "times"), [(0.7, 2), (0.9, 1), (16, 1)])
def test_a_request_is_made_once_more_only_while_it_is_surely_known(
    kind: str, share: float, times: int
) -> None:
    hours = {"resend": 24, "brevo": 0.5}[kind]
    with ProviderHost(kind, acts=[take_and(hang_up)]) as host:
        walk = Walk(host, clock=Asleep(slept=timedelta(hours=share * hours)))
        (ada,) = walk.send(letters_for(walk.carrier, "ada")).values()
        walk.connection.close()
    assert ada.verdict is (Verdict.ACCEPTED if times > 1 else Verdict.UNKNOWN)
    assert len(host.asked) == times
    assert len(host.taken) == 1


@pytest.mark.parametrize("kind", sorted(KNOWS_AGAIN))
@pytest.mark.parametrize(
    ("then", "verdict"), [(hang_up, Verdict.UNKNOWN), (answer(429), Verdict.RETRY)]
)
def test_letters_that_may_be_somebody_elses_by_now_are_not_asked_for_again(
    kind: str, then: Act, verdict: Verdict
) -> None:
    dots = [True, True, True, False]
    for walk in with_acts(kind, then):
        fates = walk.send(letters_for(walk.carrier, "ada", "ben"), dot=lambda _: dots.pop(0))
        assert verdicts(fates) == {verdict: 2}
        assert len(walk.host.asked) == 1
        assert dots == []


@pytest.mark.parametrize("kind", sorted(KNOWS_AGAIN))
def test_a_doubt_outlives_a_host_that_went_away(kind: str) -> None:
    def go_away(host: ProviderHost, asked: Asked, talk: BaseHTTPRequestHandler) -> None:
        host.stop_listening()
        hang_up(host, asked, talk)

    for walk in with_acts(kind, take_and(go_away)):
        assert verdicts(walk.send(letters_for(walk.carrier, "ada"))) == {Verdict.UNKNOWN: 1}


def test_an_answer_that_does_not_come_in_time_is_one_that_was_lost(kind: str) -> None:
    with ProviderHost(kind, acts=[take_and(silence)]) as host:
        walk = Walk(host, clock=Hasty(), answer=0.3)
        fates = walk.send(letters_for(walk.carrier, "ada"))
        wanted = Verdict.ACCEPTED if kind in KNOWS_AGAIN else Verdict.UNKNOWN
        assert verdicts(fates) == {wanted: 1}
        assert len(host.taken) == 1
        walk.connection.close()


def test_a_success_that_names_nobody_proves_nothing(kind: str) -> None:
    if kind == "sendgrid":
        pytest.skip("says nothing but 202, which is its promise")
    body = {"unheard": "of"}
    status = 201 if kind == "brevo" else 200
    for walk in with_acts(kind, *[answer(status, body)] * 4):
        fates = walk.send(letters_for(walk.carrier, "ada"))
        assert verdicts(fates) == {Verdict.UNKNOWN: 1}


@pytest.mark.parametrize("status", [203, 207])
def test_a_success_that_is_not_documented_may_have_been_one(kind: str, status: int) -> None:
    for walk in with_acts(kind, take_and(answer(status)), *[answer(status)] * 3):
        (ada,) = walk.send(letters_for(walk.carrier, "ada")).values()
        assert (ada.verdict, ada.code) == (Verdict.UNKNOWN, status)
        assert len(walk.host.taken) == 1


def test_a_host_that_cannot_be_reached_takes_no_dot(kind: str) -> None:
    with ProviderHost(kind) as host:
        walk = Walk(host)
    fates = walk.send(letters_for(walk.carrier, *crowd(5)))
    assert verdicts(fates) == {Verdict.RETRY: 5}
    assert {(one.stage, one.counted) for one in fates.values()} == {(Stage.CONNECT, False)}
    assert walk.dots == {}
    assert walk.carrier.check()


def test_a_host_that_cannot_prove_itself_gets_nothing() -> None:
    with ProviderHost("postmark", tls=True) as host:
        stranger = Walk(host)
        fates = stranger.send(letters_for(stranger.carrier, "ada", "ben"))
        assert {(one.verdict, one.stage) for one in fates.values()} == {(Verdict.CONFIG, Stage.TLS)}
        assert stranger.dots == {}
        assert host.asked == []
        plain = host.settings()
        known = replace(plain, api=replace(plain.api, ca_file=CERTIFICATE))
        connection = build(known, clock=Timeless()).connect()
        letters = letters_for(stranger.carrier, "ada", "ben")
        outcomes = [outcome for _, outcome in connection.hand_over(letters, dot=lambda _: True)]
        connection.close()
        assert [one.verdict for one in outcomes] == [Verdict.ACCEPTED] * 2


def test_a_connection_is_used_again_and_made_anew_when_it_ended(walk: Walk) -> None:
    for name in ("ada", "ben"):
        assert verdicts(walk.send(letters_for(walk.carrier, name))) == {Verdict.ACCEPTED: 1}
    walk.connection.close()
    assert verdicts(walk.send(letters_for(walk.carrier, "cay"))) == {Verdict.ACCEPTED: 1}
    assert len(walk.host.taken) == 3


def test_what_cannot_be_said_is_refused_before_anything_leaves(walk: Walk) -> None:
    capabilities = walk.carrier.capabilities
    for needs, can, words in (
        (Needs(signature=True), capabilities.signature, r"\[dkim\]"),
        (Needs(return_domain="b.example"), capabilities.return_path, "bounce_domain"),
        (Needs(), capabilities.one_click, "List-Unsubscribe-Post"),
    ):
        if can:
            require(capabilities, of=walk.carrier.name, needs=needs)
        else:
            with pytest.raises(ConfigurationError, match=words):
                require(capabilities, of=walk.carrier.name, needs=needs)


def test_a_carrier_without_its_key_is_not_built(kind: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"\[carrier\.{kind}\]") as caught:
        build(CarrierSettings(kind=kind))
    assert "FILE" in str(caught.value) or kind == "sparkpost"


def test_only_a_host_elsewhere_leaves_this_machine(kind: str) -> None:
    assert leaves_machine(CarrierSettings(kind=kind))
    with ProviderHost(kind) as host:
        assert not leaves_machine(host.settings())


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://api.provider.example", "in clear"),
        ("ftp://127.0.0.1", "takes an address"),
        ("https://", "takes an address"),
        ("https://key@api.provider.example", "name or a password"),
        ("https://api.provider.example:0x1", "takes an address"),
        ("https://api.provider.example/?key=1", "takes an address"),
    ],
)
def test_an_address_that_would_betray_the_key_is_refused(url: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        Base.read(url, key="[carrier.postmark] url")


def test_a_key_with_a_line_end_is_refused() -> None:
    plain = CarrierSettings(kind="postmark")
    broken = replace(plain, postmark=replace(plain.postmark, token="abc\r\nX-Evil: 1"))  # noqa: S106
    with pytest.raises(ConfigurationError, match="copy it anew"):
        build(broken)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("resend", {"data": [], "errors": ["x"]}),
        ("resend", {"data": [], "errors": "x"}),
        ("resend", {"data": [], "errors": [None]}),
        ("resend", {"data": [], "errors": [{"index": 0.0, "message": "x"}]}),
        ("resend", {"data": [], "errors": [{"index": [], "message": "x"}]}),
        ("resend", {"data": {}, "errors": 1}),
        ("mailjet", {"Messages": [{"Status": "error", "Errors": [{"ErrorRelatedTo": 5}]}]}),
        ("mailjet", {"Messages": [{"Status": "error", "Errors": [{"ErrorRelatedTo": True}]}]}),
        ("mailjet", {"Messages": [{"Status": "error", "Errors": [{"StatusCode": [400]}]}]}),
        ("postmark", [{"ErrorCode": [406], "Message": 7}]),
        ("postmark", [None]),
        ("sparkpost", {"results": {"total_accepted_recipients": "1"}}),
        ("ses", {"MessageId": 7}),
        ("mailgun", {"id": {}, "message": []}),
    ],
)
def test_a_success_in_a_shape_of_its_own_proves_nothing(kind: str, body: object) -> None:
    for walk in with_acts(kind, *[answer(200, body)] * 4):
        assert verdicts(walk.send(letters_for(walk.carrier, "ada"))) == {Verdict.UNKNOWN: 1}


@pytest.mark.parametrize("body", ["", "[]", "null", '{"errors": 7, "message": []}', "\ud800"])
def test_a_refusal_in_a_shape_of_its_own_is_ours_whatever_it_says(kind: str, body: str) -> None:
    content = body.encode("utf-8", "surrogatepass").decode("latin-1")
    for walk in with_acts(kind, answer(404, content)):
        assert verdicts(walk.send(letters_for(walk.carrier, "ada"))) == {Verdict.CONFIG: 1}


def test_one_letter_that_is_refused_twice_hides_nobody() -> None:
    twice = [{"index": 0, "message": "Invalid `to`"}] * 2
    for walk in with_acts("resend", *[answer(200, {"data": [], "errors": twice})] * 4):
        fates = walk.send(letters_for(walk.carrier, "ada", "ben"))
        assert verdicts(fates) == {Verdict.UNKNOWN: 2}


@pytest.mark.parametrize("error", [TypeError, AttributeError, KeyError, IndexError])
def test_a_shape_that_nobody_thought_of_breaks_no_send(error: type[Exception]) -> None:
    class Careless(Postmark):
        def read(self, answer: Answer, *, letters: Sequence[Letter]) -> Reading:
            raise error(answer, letters)

    with ProviderHost("postmark") as host:
        settings, base = host.settings(), Base.read(host.url, key="url")
        party = Careless(settings.postmark)
        carrier = ApiCarrier(party, base=base, settings=settings.api, clock=Timeless())
        connection = carrier.connect()
        letters = letters_for(carrier, "ada", "ben")
        fates = [fate.verdict for _, fate in connection.hand_over(letters, dot=lambda _: True)]
        connection.close()
    assert fates == [Verdict.UNKNOWN] * 2
