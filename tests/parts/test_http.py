"""The guarded web client, against a real server on loopback and a resolver that lies."""

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from internet import Internet

from digest.http import Client, FetchError
from digest.reading import HttpSettings
from digest.sources.state import State

LOOPBACK = ("127.0.0.0/8",)
TLS = Path(__file__).parents[1] / "fixtures" / "tls"


@pytest.fixture
def web() -> Iterator[Internet]:
    with Internet() as web:
        yield web


def client(resolve: dict[str, list[str]] | None = None, **settings: Any) -> Client:
    """Make a client that may reach loopback; ``resolve`` names hosts that do not exist."""
    defaults: dict[str, Any] = {"deadline": 5.0, "allow_networks": LOOPBACK}
    wanted = HttpSettings(**defaults | settings)
    if resolve is None:
        return Client(wanted)
    return Client(wanted, resolve=lambda host, _port: resolve[host])


def refusal(url: str, using: Client) -> FetchError:
    with pytest.raises(FetchError) as caught:
        using.get(url)
    assert State(caught.value.state).is_error
    return caught.value


def test_a_page_is_fetched_with_its_headers(web: Internet) -> None:
    url = web.serve("/feed.xml", "<rss/>", headers={"X-Colour": "green"}, etag='"1"')
    response = client().get(url)
    assert (response.status, response.url, response.content) == (200, url, b"<rss/>")
    assert response.headers["x-colour"] == "green"
    assert response.headers["etag"] == '"1"'
    assert response.permanent_url is None


def test_we_say_who_we_are_and_ask_for_gzip_only(web: Internet) -> None:
    client(user_agent="Digest/test").get(web.serve("/a"), headers={"If-None-Match": '"1"'})
    (asked,) = web.requests("/a")
    assert asked.headers["user-agent"] == "Digest/test"
    assert asked.headers["accept-encoding"] == "gzip"
    assert asked.headers["if-none-match"] == '"1"'


def test_a_compressed_page_is_unfolded(web: Internet) -> None:
    assert client().get(web.serve_gzip("/a", b"words " * 1000)).content == b"words " * 1000


def test_an_answer_with_an_error_status_is_returned_without_its_body(web: Internet) -> None:
    response = client().get(web.serve("/a", b"x" * 1000, status=503, headers={"Retry-After": "7"}))
    assert (response.status, response.content) == (503, b"")
    assert response.headers["retry-after"] == "7"


def test_not_modified_is_an_answer(web: Internet) -> None:
    url = web.serve("/a", "old", etag='"1"')
    assert client().get(url, headers={"If-None-Match": '"1"'}).status == 304


# Limits


def test_a_body_that_says_it_is_too_long_is_refused(web: Internet) -> None:
    assert refusal(web.serve("/a", b"x" * 1001), client(max_bytes=1000)).state == "too large"
    assert client(max_bytes=1001).get(web.url("/a")).content == b"x" * 1001
    unsent = web.serve("/b", stream=lambda: iter(()), headers={"Content-Length": "1001"})
    assert refusal(unsent, client(max_bytes=1000)).state == "too large"


def test_a_body_without_end_is_refused(web: Internet) -> None:
    assert refusal(web.endless("/a"), client()).state == "too large"


def test_a_bomb_is_refused(web: Internet) -> None:
    assert refusal(web.bomb("/a", unfolded=50_000_000), client()).state == "too large"


def test_headers_without_measure_are_refused(web: Internet) -> None:
    url = web.serve("/a", headers={f"X-{number}": "v" * 7000 for number in range(10)})
    assert refusal(url, client()).state == "too large"


def test_a_compression_that_was_not_asked_for_is_refused(web: Internet) -> None:
    for encoding in ("br", "zstd", "deflate", "gzip, gzip"):
        url = web.serve("/a", b"x", headers={"Content-Encoding": encoding})
        assert refusal(url, client()).state == "http error"


def test_a_compressed_body_that_was_cut_off_is_no_page(web: Internet) -> None:
    body = gzip.compress(b"words " * 1000)[:-9]
    url = web.serve("/a", body, headers={"Content-Encoding": "gzip"})
    assert refusal(url, client()).state == "unreachable"


def test_a_body_shorter_than_promised_is_no_page() -> None:
    with raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort") as url:
        assert refusal(url, client()).state == "unreachable"


@pytest.mark.parametrize("trick", ["drip", "silent"])
def test_the_deadline_holds_however_the_time_is_wasted(web: Internet, trick: str) -> None:
    url = web.drip("/a", pause=0.02) if trick == "drip" else web.silent("/a")
    assert_timed_out(url)


def test_the_deadline_holds_while_headers_drip() -> None:
    with raw_server(b"HTTP/1.1 200 OK\r\nX-Slow: ", drip=b"x") as url:
        assert_timed_out(url)


def test_the_deadline_holds_over_all_redirects(web: Internet) -> None:
    web.serve("/b", before=lambda: time.sleep(0.3), status=302, headers={"Location": "/c"})
    web.serve("/c", before=lambda: time.sleep(0.3), status=302, headers={"Location": "/b"})
    assert_timed_out(web.url("/b"))


def test_the_deadline_holds_while_a_name_is_resolved() -> None:
    done = threading.Event()

    def resolve(_host: str, _port: int) -> list[str]:
        done.wait(10)
        return []

    slow = Client(HttpSettings(deadline=0.3), resolve=resolve)
    assert refusal("http://slow.example/", slow).state == "timed out"
    done.set()


def assert_timed_out(url: str) -> None:
    start = time.monotonic()
    assert refusal(url, client(deadline=0.5)).state == "timed out"
    assert time.monotonic() - start < 2.0


# Redirects


def test_redirects_are_followed_and_the_last_address_is_told(web: Internet) -> None:
    web.serve("/new/feed.xml", "<rss/>")
    web.redirect("/middle", "feed.xml?x=1")
    web.redirect("/new/middle", web.url("/new/feed.xml"))
    response = client().get(web.redirect("/old", "/new/middle"))
    assert (response.url, response.content) == (web.url("/new/feed.xml"), b"<rss/>")
    assert response.permanent_url is None


@pytest.mark.parametrize("status", [301, 308])
def test_a_move_for_good_is_told(web: Internet, status: int) -> None:
    web.serve("/new", "x")
    assert client().get(web.redirect("/old", "/new", status=status)).permanent_url == web.url(
        "/new"
    )


def test_only_the_permanent_part_of_a_way_is_permanent(web: Internet) -> None:
    web.serve("/today", "x")
    web.redirect("/new", "/today", status=302)
    response = client().get(web.redirect("/old", "/new", status=301))
    assert (response.url, response.permanent_url) == (web.url("/today"), web.url("/new"))
    web.redirect("/new", "/today", status=301)
    assert client().get(web.redirect("/old", "/new", status=302)).permanent_url is None


def test_a_circle_of_redirects_ends_at_the_cap(web: Internet) -> None:
    assert refusal(web.redirect("/a", "/a"), client()).state == "too many redirects"
    assert len(web.requests("/a")) == 6


@pytest.mark.parametrize(
    "target",
    [
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "ftp://quay.example/feed",
        "http://user:secret@quay.example/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://10.0.0.1/",
        "//[broken/",
    ],
)
def test_a_redirect_is_checked_like_the_first_address(web: Internet, target: str) -> None:
    caught = refusal(web.redirect("/a", target), client())
    assert caught.state == "address refused"
    assert "secret" not in str(caught)


def test_a_redirect_without_an_address_is_an_answer(web: Internet) -> None:
    assert client().get(web.serve("/a", status=302)).status == 302


def test_what_was_meant_for_one_host_is_not_told_to_another(web: Internet) -> None:
    names = {"one.example": ["127.0.0.1"], "two.example": ["127.0.0.1"]}
    web.serve("/b")
    web.redirect("/a", web.url("/b", host="two.example"))
    client(names).get(web.url("/a", host="one.example"), headers={"Authorization": "Bearer t"})
    assert web.requests("/a")[0].headers["authorization"] == "Bearer t"
    assert "authorization" not in web.requests("/b")[0].headers


# Addresses


def test_loopback_is_refused_unless_it_is_allowed(web: Internet) -> None:
    url = web.serve("/a")
    caught = refusal(url, client(allow_networks=()))
    assert caught.state == "address refused"
    assert "allow_networks" in str(caught)
    assert web.asked == []


@pytest.mark.parametrize(
    "host",
    ["2130706433", "0x7f000001", "0x7f.1", "127.1", "127.0.0.1", "localhost", "[::1]", "0"],
)
def test_every_spelling_of_loopback_is_refused(web: Internet, host: str) -> None:
    caught = refusal(web.url("/a", host=host), client(allow_networks=()))
    assert caught.state == "address refused"
    assert web.asked == []


@pytest.mark.parametrize(
    "answers",
    [
        ["10.0.0.5"],
        ["169.254.169.254"],
        ["64:ff9b::7f00:1"],
        ["::ffff:127.0.0.1"],
        ["93.184.216.34", "10.0.0.5"],
        ["10.0.0.5", "93.184.216.34"],
    ],
)
def test_a_name_with_any_private_answer_is_never_connected(
    answers: list[str], connected: list[Any]
) -> None:
    caught = refusal("https://quay.example/", client({"quay.example": answers}, allow_networks=()))
    assert caught.state == "address refused"
    assert connected == []


def test_the_name_is_asked_once_and_the_judged_address_is_the_one_connected(
    web: Internet, connected: list[Any]
) -> None:
    asked: list[str] = []

    def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.2"] if len(asked) == 1 else ["10.0.0.5"]

    web.serve("/a", "x")
    using = Client(HttpSettings(allow_networks=LOOPBACK), resolve=rebinding)
    with pytest.raises(FetchError, match="cannot be read"):
        using.get(web.url("/a", host="quay.example"))  # nobody listens on 127.0.0.2
    assert asked == ["quay.example"]
    assert connected == [("127.0.0.2", web.port)]


def test_a_second_address_is_tried_when_the_first_does_not_answer(web: Internet) -> None:
    names = {"quay.example": ["127.0.0.2", "127.0.0.1"]}
    assert (
        client(names).get(web.serve("/a", "x").replace("127.0.0.1", "quay.example")).status == 200
    )
    assert web.asked[0].headers["host"] == f"quay.example:{web.port}"


def test_a_public_address_on_a_strange_port_is_refused(connected: list[Any]) -> None:
    names = {"quay.example": ["93.184.216.34"]}
    assert refusal("http://quay.example:6379/", client(names)).state == "address refused"
    assert connected == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "feed.xml",
        "//quay.example/",
        "http://",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://user:secret@quay.example/",
        "http://[broken/",
        "http://quay.example:99999/",
        "http://quay.example/\x00",
    ],
)
def test_what_is_no_address_of_the_web_is_refused(url: str, connected: list[Any]) -> None:
    caught = refusal(url, client({"quay.example": ["93.184.216.34"]}))
    assert caught.state == "address refused"
    assert "secret" not in str(caught)
    assert connected == []


@pytest.mark.parametrize("host", ["nowhere.invalid", "x" * 64 + ".example"])
def test_a_name_without_an_address_is_unreachable(host: str) -> None:
    def resolve(host: str, _port: int) -> list[str]:
        if len(host) > 63:
            host.encode("idna")
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    using = Client(HttpSettings(), resolve=resolve)
    assert refusal(f"http://{host}/feed?key=secret", using).state == "unreachable"


def test_a_closed_port_is_unreachable_and_the_error_keeps_the_key() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        caught = refusal(f"http://127.0.0.1:{taken.getsockname()[1]}/?key=secret", client())
    assert caught.state == "unreachable"
    assert "secret" not in str(caught)


def test_the_environment_sets_no_proxy(web: Internet, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert client().get(web.serve("/a", "x")).status == 200


# TLS


def test_a_certificate_must_come_from_someone_we_trust(tls_server: str) -> None:
    assert refusal(tls_server, client({"localhost": ["127.0.0.1"]})).state == "unreachable"


def test_a_trusted_certificate_is_checked_against_the_name_not_the_address(
    tls_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "certificate.pem"))
    names = {"localhost": ["127.0.0.1"], "other.example": ["127.0.0.1"]}
    assert client(names).get(tls_server).content == b"safe"
    other = tls_server.replace("localhost", "other.example")
    assert refusal(other, client(names)).state == "unreachable"


@pytest.fixture
def tls_server() -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "certificate.pem", TLS / "key.pem")
    web = Internet()
    web._server.socket = context.wrap_socket(
        web._server.socket, server_side=True, do_handshake_on_connect=False
    )
    with web:
        web.serve("/", "safe")
        yield f"https://localhost:{web.port}/"


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """List the addresses that are connected to; only loopback really is."""
    seen: list[Any] = []
    connect = socket.socket.connect

    def recording(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX:
            seen.append(address)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", recording)
    return seen


class raw_server:  # noqa: N801 - reads as a function
    """Answer the first connection with these bytes, then drip or hang up."""

    def __init__(self, answer: bytes, *, drip: bytes = b"") -> None:
        self._answer, self._drip = answer, drip
        self._ended = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self) -> None:
        peer, _ = self._socket.accept()
        with peer:
            peer.recv(65_536)
            try:
                peer.sendall(self._answer)
                while self._drip and not self._ended.wait(0.02):
                    peer.sendall(self._drip)
            except OSError:
                return  # the client hung up, as it should

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/"

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._socket.close()
