"""The APIs of mail providers on loopback: each reads, checks and answers as its provider documents.

What is written for a reader is what the provider would have sent: every host fills the words as its
own template language says, so that a test sees what arrives.
"""

import base64
import contextlib
import json
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.parser import BytesParser
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from mailtalk import CERTIFICATE, TLS

from digest.providers.endpoint import ApiSettings
from digest.providers.registry import CarrierSettings
from digest.providers.sigv4 import Signer

SECRET = "s3cret-Key_of.the+account"  # noqa: S105 - of no account
BAD = "bad"  # the part before the @ of an address that every provider refuses


@dataclass(frozen=True, kw_only=True)
class Taken:
    """One letter as its reader gets it, and the key that events would name."""

    recipient: str
    subject: str
    text: str
    html: str
    headers: Mapping[str, str]
    key: str


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request."""

    method: str
    path: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    def json(self) -> Any:
        """Read the body."""
        return json.loads(self.body)


@dataclass(frozen=True, kw_only=True)
class Said:
    """One answer, and who was taken with it."""

    status: int = 200
    body: Any = ""
    taken: tuple[Taken, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        """Write the body."""
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


Act = Callable[["ProviderHost", Asked, BaseHTTPRequestHandler], None]
"""Deals with one request in the place of the provider."""


def answer(status: int, body: Any = "", **headers: str) -> Act:
    """Answer so, and take nobody; underscores in header names stand for dashes."""
    lines = {name.replace("_", "-"): value for name, value in headers.items()}
    said = Said(status=status, body=body, headers=lines)
    return lambda host, _, talk: host.say(said, talk)


def echo(status: int) -> Act:
    """Answer with what was asked, key and addresses included."""

    def act(host: "ProviderHost", asked: Asked, talk: BaseHTTPRequestHandler) -> None:
        words = f"{dict(asked.headers)} {asked.body[:2000]!r}"
        host.say(Said(status=status, body=host.party.complaint(words)), talk)

    return act


def take_and(then: Act) -> Act:
    """Take everybody who can be taken, then do something else than saying so."""

    def act(host: "ProviderHost", asked: Asked, talk: BaseHTTPRequestHandler) -> None:
        host.keep(host.party.deal(asked).taken)
        then(host, asked, talk)

    return act


def hang_up(_: "ProviderHost", __: Asked, talk: BaseHTTPRequestHandler) -> None:
    """Close without an answer."""
    talk.close_connection = True
    talk.connection.shutdown(socket.SHUT_RDWR)


def babble(_: "ProviderHost", __: Asked, talk: BaseHTTPRequestHandler) -> None:
    """Answer with what is not HTTP."""
    talk.wfile.write(b"\x00\x01 this is no answer\r\n\r\n")
    hang_up(_, __, talk)


def half(_: "ProviderHost", __: Asked, talk: BaseHTTPRequestHandler) -> None:
    """Begin an answer, and close."""
    talk.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n[{")
    hang_up(_, __, talk)


def silence(host: "ProviderHost", _: Asked, __: BaseHTTPRequestHandler) -> None:
    """Say nothing until the test is over."""
    host.over.wait(30)


class ProviderHost:
    """One provider's API; use it as a context manager.

    ``acts`` deal with the next requests that hand letters over, one each; None leaves one to the
    provider. ``largest`` is the most letters that one request may have before it is too large.
    """

    def __init__(
        self,
        kind: str,
        *,
        acts: list[Act | None] | None = None,
        largest: int = 0,
        tls: bool = False,
    ) -> None:
        self.party = PARTIES[kind]()
        self.kind = kind
        self.acts = acts or []
        self.largest = largest
        self.taken: list[Taken] = []
        self.asked: list[Asked] = []
        self.over = threading.Event()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.tls = tls
        if tls:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(CERTIFICATE, TLS / "key.pem")
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def stop_listening(self) -> None:
        """Take no connection any more; those that stand go on."""
        self._server.socket.shutdown(socket.SHUT_RDWR)

    @property
    def url(self) -> str:
        """Where it listens."""
        place = "https://localhost" if self.tls else "http://127.0.0.1"
        return f"{place}:{self._server.server_address[1]}"

    def settings(self, *, secret: str = SECRET, **limits: float) -> CarrierSettings:
        """Return the settings of a carrier that comes here."""
        plain = CarrierSettings(kind=self.kind)
        own = getattr(plain, self.kind)
        changed = type(own)(url=self.url, **self.party.account(secret))
        patient: dict[str, float] = {"connect": 20, "request": 20, "answer": 20, **limits}
        api = ApiSettings(**patient)  # type: ignore[arg-type]
        return CarrierSettings(**{"kind": self.kind, self.kind: changed, "api": api})

    def keep(self, taken: tuple[Taken, ...]) -> None:
        """Keep what was taken."""
        with self._lock:
            self.taken += taken

    def deal(self, asked: Asked, talk: BaseHTTPRequestHandler) -> None:
        """Deal with one request."""
        with self._lock:
            self.asked.append(asked)
            act = self.acts.pop(0) if self.acts and asked.method == "POST" else None
        if act:
            act(self, asked, talk)
        elif not self.party.knows(asked):
            self.say(Said(status=401, body=self.party.complaint("wrong key")), talk)
        elif asked.method == "GET":
            self.say(Said(body={"name": "the account"}), talk)
        else:
            said = self.party.deal(asked)
            if 0 < self.largest < len(said.taken):
                said = Said(status=413, body=self.party.complaint("too large"))
            self.keep(said.taken)
            self.say(said, talk)

    def say(self, said: Said, talk: BaseHTTPRequestHandler) -> None:
        """Answer."""
        content = said.content()
        talk.send_response(said.status)
        for name, value in {**said.headers, "Content-Length": str(len(content))}.items():
            talk.send_header(name, value)
        talk.end_headers()
        talk.wfile.write(content)


def _handler(host: ProviderHost) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except OSError:
                self.close_connection = True

        def finish(self) -> None:
            with contextlib.suppress(OSError):  # the other side may be gone
                super().finish()

        def do_GET(self) -> None:
            self._deal("GET")

        def do_POST(self) -> None:
            self._deal("POST")

        def _deal(self, method: str) -> None:
            size = int(self.headers.get("Content-Length", 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(size)
            if len(body) < size:  # broken off: nobody can obey it
                return
            host.deal(Asked(method=method, path=self.path, headers=headers, body=body), self)
            self.wfile.flush()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


def _is_bad(address: str) -> bool:
    return address.partition("@")[0] == BAD


def _address(mailbox: str) -> str:
    return mailbox.rpartition("<")[2].rstrip(">")


class _Postmark:
    """https://postmarkapp.com/developer/api/email-api."""

    def account(self, secret: str) -> dict[str, Any]:
        return {"token": secret}

    def knows(self, asked: Asked) -> bool:
        return asked.headers.get("x-postmark-server-token") == SECRET

    def complaint(self, text: str) -> Any:
        return {"ErrorCode": 10, "Message": text}

    def deal(self, asked: Asked) -> Said:
        assert asked.path == "/email/batch"
        letters = asked.json()
        assert len(letters) <= 500
        taken = tuple(self._take(one) for one in letters if not _is_bad(_address(one["To"])))
        return Said(body=[self._fate(one) for one in letters], taken=taken)

    def _take(self, one: dict[str, Any]) -> Taken:
        assert (one["TrackOpens"], one["TrackLinks"]) == (False, "None")
        headers = {line["Name"]: line["Value"] for line in one["Headers"]}
        wanted = "broadcast" if "List-Unsubscribe" in headers else "outbound"
        assert one["MessageStream"] == wanted
        return Taken(
            recipient=_address(one["To"]),
            subject=one["Subject"],
            text=one["TextBody"],
            html=one.get("HtmlBody", ""),
            headers=headers,
            key=one["Metadata"]["delivery"],
        )

    def _fate(self, one: dict[str, Any]) -> dict[str, Any]:
        if _is_bad(_address(one["To"])):
            words = f"Found inactive addresses: {_address(one['To'])}."
            return {"ErrorCode": 406, "Message": words}
        return {"ErrorCode": 0, "Message": "OK", "MessageID": "b7bc2f4a", "To": one["To"]}


class _Sendgrid:
    """https://www.twilio.com/docs/sendgrid/api-reference/mail-send."""

    def account(self, secret: str) -> dict[str, Any]:
        return {"key": secret}

    def knows(self, asked: Asked) -> bool:
        return asked.headers.get("authorization") == f"Bearer {SECRET}"

    def complaint(self, text: str) -> Any:
        return {"errors": [{"message": text, "field": None}]}

    def deal(self, asked: Asked) -> Said:
        assert asked.path == "/v3/mail/send"
        said = asked.json()
        readers = said["personalizations"]
        assert len(readers) <= 1000
        for place, reader in enumerate(readers):
            if _is_bad(reader["to"][0]["email"]):
                words = "Does not contain a valid address."
                at = f"personalizations.{place}.to.0.email"
                return Said(status=400, body={"errors": [{"message": words, "field": at}]})
        return Said(status=202, taken=tuple(self._take(said, one) for one in readers))

    def _take(self, said: dict[str, Any], reader: dict[str, Any]) -> Taken:
        assert not any(one["enable"] for one in said["tracking_settings"].values())

        def fill(text: str) -> str:
            for tag, value in reader["substitutions"].items():
                text = text.replace(tag, value)
            return text

        content = {part["type"]: fill(part["value"]) for part in said["content"]}
        return Taken(
            recipient=reader["to"][0]["email"],
            subject=fill(said["subject"]),
            text=content["text/plain"],
            html=content.get("text/html", ""),
            headers=reader["headers"],
            key=reader["custom_args"]["delivery"],
        )


class _Mailgun:
    """https://documentation.mailgun.com/docs/mailgun/user-manual/sending-messages/batch-sending."""

    def account(self, secret: str) -> dict[str, Any]:
        return {"key": secret, "domain": "digest.example"}

    def knows(self, asked: Asked) -> bool:
        basic = base64.b64encode(f"api:{SECRET}".encode()).decode()
        return asked.headers.get("authorization") == f"Basic {basic}"

    def complaint(self, text: str) -> Any:
        return {"message": text}

    def deal(self, asked: Asked) -> Said:
        assert asked.path == "/v3/digest.example/messages"
        fields = [*_form(asked)]
        single = dict(fields)
        readers = [_address(value) for name, value in fields if name == "to"]
        assert len(readers) <= 1000
        if any(map(_is_bad, readers)):
            words = "'to' parameter is not a valid address. please check documentation"
            return Said(status=400, body={"message": words})
        variables = json.loads(single.get("recipient-variables", "{}"))
        taken = tuple(self._take(single, one, variables.get(one, {})) for one in readers)
        return Said(body={"id": "<1@digest.example>", "message": "Queued. Thank you."}, taken=taken)

    def _take(self, fields: dict[str, str], reader: str, variables: dict[str, str]) -> Taken:
        assert fields["o:tracking"] == "no"

        def fill(text: str) -> str:
            return re.sub(r"%recipient\.(\w+)%", lambda m: variables.get(m[1], ""), text)

        return Taken(
            recipient=reader,
            subject=fill(fields["subject"]),
            text=fill(fields["text"]),
            html=fill(fields.get("html", "")),
            headers={name[2:]: fill(value) for name, value in fields.items() if name[:2] == "h:"},
            key=fill(fields["v:delivery"]),
        )


def _form(asked: Asked) -> Iterator[tuple[str, str]]:
    head = f"Content-Type: {asked.headers['content-type']}\r\n\r\n".encode()
    parsed = BytesParser(policy=policy.HTTP).parsebytes(head + asked.body)
    for part in parsed.iter_parts():
        name = part.get_param("name", header="content-disposition")
        yield str(name), bytes(part.get_payload(decode=True)).decode()


class _Resend:
    """https://resend.com/docs/api-reference/emails/send-batch-emails."""

    def __init__(self) -> None:
        self._answers: dict[str, tuple[bytes, Said]] = {}

    def account(self, secret: str) -> dict[str, Any]:
        return {"key": secret}

    def knows(self, asked: Asked) -> bool:
        return asked.headers.get("authorization") == f"Bearer {SECRET}"

    def complaint(self, text: str) -> Any:
        return {"name": "validation_error", "message": text}

    def deal(self, asked: Asked) -> Said:
        assert asked.path == "/emails/batch"
        assert asked.headers["x-batch-validation"] == "permissive"
        key = asked.headers["idempotency-key"]
        assert 0 < len(key) <= 256
        if key in self._answers:
            body, said = self._answers[key]
            assert body == asked.body, "the same key with another payload"
            return Said(body=said.body)
        said = self._deal(asked.json())
        self._answers[key] = (asked.body, said)
        return said

    def _deal(self, letters: list[dict[str, Any]]) -> Said:
        assert len(letters) <= 100
        good = [one for one in letters if not _is_bad(_address(one["to"][0]))]
        words = (
            "Invalid `to` field. The email address needs to follow the `email@example.com` format"
        )
        faults = [
            {"index": place, "message": words}
            for place, one in enumerate(letters)
            if _is_bad(_address(one["to"][0]))
        ]
        body = {"data": [{"id": "ae2014de"} for _ in good], "errors": faults}
        return Said(body=body, taken=tuple(map(self._take, good)))

    def _take(self, one: dict[str, Any]) -> Taken:
        for tag in one["tags"]:
            assert re.fullmatch(r"[A-Za-z0-9_-]{1,256}", tag["value"])
        return Taken(
            recipient=_address(one["to"][0]),
            subject=one["subject"],
            text=one["text"],
            html=one.get("html", ""),
            headers=one["headers"],
            key=one["headers"]["X-Delivery"],
        )


class _Brevo:
    """https://developers.brevo.com/docs/batch-send-transactional-emails."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def account(self, secret: str) -> dict[str, Any]:
        return {"key": secret}

    def knows(self, asked: Asked) -> bool:
        return asked.headers.get("api-key") == SECRET

    def complaint(self, text: str) -> Any:
        return {"code": "unauthorized", "message": text}

    def deal(self, asked: Asked) -> Said:
        assert asked.path == "/v3/smtp/email"
        said = asked.json()
        name = said["headers"]["idempotencyKey"]
        assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", name)
        if name in self._seen:
            return Said(status=400, body={"code": "duplicate_parameter", "message": "seen"})
        versions = said["messageVersions"]
        assert len(versions) <= 1000
        if any(_is_bad(one["to"][0]["email"]) for one in versions):
            words = {"code": "invalid_parameter", "message": "email is not valid in to"}
            return Said(status=400, body=words)
        self._seen.add(name)
        names = {"messageIds": [f"<{place}@smtp-relay>" for place in range(len(versions))]}
        return Said(status=201, body=names, taken=tuple(self._take(said, one) for one in versions))

    def _take(self, said: dict[str, Any], version: dict[str, Any]) -> Taken:
        def fill(text: str) -> str:
            text = re.sub(r"\{\{params\.(\w+)\}\}", lambda m: version["params"].get(m[1], ""), text)
            return re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", "", text)

        assert all(value.isascii() for value in version["headers"].values())
        return Taken(
            recipient=version["to"][0]["email"],
            subject=fill(said["subject"]),
            text=fill(said["textContent"]),
            html=fill(said.get("htmlContent", "")),
            headers=version["headers"],
            key=version["headers"]["X-Mailin-custom"],
        )


class _Mailjet:
    """https://dev.mailjet.com/email/guides/send-api-v31/."""

    def account(self, secret: str) -> dict[str, Any]:
        return {"key": "public-half", "secret": secret}

    def knows(self, asked: Asked) -> bool:
        basic = base64.b64encode(f"public-half:{SECRET}".encode()).decode()
        return asked.headers.get("authorization") == f"Basic {basic}"

    def complaint(self, text: str) -> Any:
        return {"ErrorIdentifier": "D4DF574C", "StatusCode": 401, "ErrorMessage": text}

    def deal(self, asked: Asked) -> Said:
        assert asked.path == "/v3.1/send"
        letters = asked.json()["Messages"]
        assert len(letters) <= 50
        fates = [self._fate(one["To"][0]["Email"]) for one in letters]
        good = [one for one in letters if not _is_bad(one["To"][0]["Email"])]
        status = 200 if len(good) == len(letters) else 400
        return Said(status=status, body={"Messages": fates}, taken=tuple(map(self._take, good)))

    def _fate(self, reader: str) -> dict[str, Any]:
        if not _is_bad(reader):
            return {"Status": "success", "To": [{"Email": reader, "MessageID": 1}]}
        fault = {
            "ErrorIdentifier": "88b5ca9f",
            "ErrorCode": "mj-0013",
            "StatusCode": 400,
            "ErrorMessage": f'"{reader}" is an invalid email address.',
            "ErrorRelatedTo": ["To[0].Email"],
        }
        return {"Status": "error", "Errors": [fault]}

    def _take(self, one: dict[str, Any]) -> Taken:
        assert (one["TrackOpens"], one["TrackClicks"]) == ("disabled", "disabled")

        def fill(text: str) -> str:
            return re.sub(r"\[\[\w+:.*?\]\]", "", text)

        return Taken(
            recipient=one["To"][0]["Email"],
            subject=fill(one["Subject"]),
            text=fill(one["TextPart"]),
            html=fill(one.get("HTMLPart", "")),
            headers=one["Headers"],
            key=one["CustomID"],
        )


class _Sparkpost:
    """https://developers.sparkpost.com/api/transmissions/ and .../api/template-language/."""

    def account(self, secret: str) -> dict[str, Any]:
        return {"key": secret, "their_unsubscribe": True}

    def knows(self, asked: Asked) -> bool:
        return asked.headers.get("authorization") == SECRET

    def complaint(self, text: str) -> Any:
        return {"errors": [{"message": text}]}

    def deal(self, asked: Asked) -> Said:
        assert asked.path == "/api/v1/transmissions"
        said = asked.json()
        readers = said["recipients"]
        if any(_is_bad(one["address"]["email"]) for one in readers):
            fault = {"code": "5002", "message": "Invalid recipient", "description": "not valid"}
            return Said(status=400, body={"errors": [fault]})
        counts = {
            "total_rejected_recipients": 0,
            "total_accepted_recipients": len(readers),
            "id": "11668787484950529",
        }
        taken = tuple(self._take(said, one) for one in readers)
        return Said(body={"results": counts}, taken=taken)

    def _take(self, said: dict[str, Any], reader: dict[str, Any]) -> Taken:
        assert said["options"] == {"open_tracking": False, "click_tracking": False}
        content, values = said["content"], reader["substitution_data"]
        macros = {"opening_double_curly()": "{{", "closing_double_curly()": "}}"}

        def fill(text: str, *, quote: Callable[[str], str] = str) -> str:
            def put(mark: re.Match[str]) -> str:
                if mark["plain"]:
                    return str(values.get(mark["plain"], ""))
                name = mark["quoted"].strip()
                return macros.get(name) or quote(str(values.get(name, "")))

            return re.sub(r"\{\{\{(?P<plain>\w+)\}\}\}|\{\{(?P<quoted>.*?)\}\}", put, text)

        return Taken(
            recipient=reader["address"]["email"],
            subject=fill(content["subject"]),
            text=fill(content["text"]),
            html=fill(content.get("html", ""), quote=escape),
            headers={name: fill(value) for name, value in content["headers"].items()},
            key=reader["metadata"]["delivery"],
        )


class _Ses:
    """https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html."""

    def account(self, secret: str) -> dict[str, Any]:
        return {"access_key": "AKIDEXAMPLE", "secret_key": secret, "region": "eu-central-1"}

    def knows(self, asked: Asked) -> bool:
        signer = Signer(
            access_key="AKIDEXAMPLE", secret_key=SECRET, region="eu-central-1", service="ses"
        )
        at = datetime.strptime(asked.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        signed = {"Host": asked.headers["host"]}
        if asked.body:
            signed["Content-Type"] = asked.headers["content-type"]
        wanted = signer.headers(
            asked.method, target=asked.path, headers=signed, body=asked.body, at=at
        )
        return asked.headers["authorization"] == wanted["Authorization"]

    def complaint(self, text: str) -> Any:
        return {"message": text}

    def deal(self, asked: Asked) -> Said:
        assert asked.path == "/v2/email/outbound-emails"
        said = asked.json()
        raw = base64.b64decode(said["Content"]["Raw"]["Data"])
        message = message_from_bytes(raw, policy=policy.default)
        text, html = message.get_body(("plain",)), message.get_body(("html",))
        (recipient,) = said["Destination"]["ToAddresses"]
        taken = Taken(
            recipient=recipient,
            subject=str(message["Subject"]),
            text=text.get_content().replace("\r\n", "\n") if text else "",
            html=html.get_content().replace("\r\n", "\n") if html else "",
            headers={name: str(value) for name, value in message.items()},
            key=said["EmailTags"][0]["Value"],
        )
        return Said(body={"MessageId": "0102018f"}, taken=(taken,))


PARTIES: Mapping[str, Callable[[], Any]] = {
    "ses": _Ses,
    "postmark": _Postmark,
    "sendgrid": _Sendgrid,
    "mailgun": _Mailgun,
    "resend": _Resend,
    "brevo": _Brevo,
    "mailjet": _Mailjet,
    "sparkpost": _Sparkpost,
}
