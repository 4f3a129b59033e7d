"""An identity provider on loopback (OpenID Connect) that vouches for whoever a test says."""

import hmac
import json
import threading
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from secrets import token_urlsafe
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, Key, RSAKey

from digest.clock import Clock

CLIENT_ID, CLIENT_SECRET = "digest at work", "a secret: of both + % sides"
ANNA = {"sub": "248289761001", "email": "Anna@example.org", "email_verified": True, "name": "Anna"}


@cache
def rsa_key(kid: str = "first") -> RSAKey:
    """Return a key; made once, as that takes a while."""
    return RSAKey.generate_key(2048, {"kid": kid})


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What somebody was sent to the provider with, until its code is exchanged."""

    query: Mapping[str, str]
    claims: Mapping[str, Any]


@dataclass
class IdentityProvider:
    """Vouches for whoever it is told to; a client must keep to all that the protocol asks.

    ``sign`` makes a token of claims. ``metadata`` is what it says otherwise of itself, ``method``
    how it knows its clients; it shows ``keys``, and tells ``userinfo`` where that is asked for.
    """

    clock: Clock
    keys: list[Key] = field(default_factory=lambda: [rsa_key()])
    metadata: dict[str, Any] = field(default_factory=dict)
    method: str = "client_secret_basic"
    userinfo: dict[str, Any] = field(default_factory=lambda: {"sub": ANNA["sub"]})
    asked: list[str] = field(default_factory=list)
    _codes: dict[str, Asked] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Take a port; what signs is the first key, as long as nobody says otherwise."""
        self.sign: Callable[[dict[str, Any]], str] = self.signed
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def issuer(self) -> str:
        """What it calls itself."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/realms/staff"

    def settings(self, more: str = "") -> str:
        """Return the section of config.toml that names it."""
        return f"""
[console.oidc]
issuer = "{self.issuer}"
client_id = "{CLIENT_ID}"
client_secret = "{CLIENT_SECRET}"
allow_networks = ["127.0.0.0/8"]
{more}
"""

    def authorize(self, address: str, claims: Mapping[str, Any]) -> str:
        """Sign somebody in who was sent to this address; return where their browser is sent to."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert address.startswith(f"{self.issuer}/authorize?")
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT_ID
        assert query["code_challenge_method"] == "S256"
        assert "openid" in query["scope"].split()
        code = token_urlsafe()
        self._codes[code] = Asked(query=query, claims=claims)
        back = {"state": query["state"], "code": code, "iss": self.issuer}
        return f"{query['redirect_uri']}?{urlencode(back)}"

    def signed(self, claims: dict[str, Any], *, key: Key | None = None, alg: str = "RS256") -> str:
        """Sign claims as an ID token."""
        key = key or self.keys[0]
        return jwt.encode({"alg": alg, "kid": key.kid}, claims, key, algorithms=[alg])

    def _tokens(self, form: Mapping[str, str], authorization: str) -> dict[str, str] | None:
        """Exchange a code, once, for whoever began the attempt and is this client."""
        pair = f"{urlencode({'': CLIENT_ID})[1:]}:{urlencode({'': CLIENT_SECRET})[1:]}"
        shown = {
            "client_secret_basic": b64decode(authorization.removeprefix("Basic ")).decode(),
            "client_secret_post": f"{form.get('client_id')}:{form.get('client_secret')}",
            "none": form.get("client_id"),
        }
        expected = {"client_secret_basic": pair, "none": CLIENT_ID}
        if shown[self.method] != expected.get(self.method, f"{CLIENT_ID}:{CLIENT_SECRET}"):
            return None
        asked = self._codes.pop(form.get("code", ""), None)
        if asked is None or asked.query["redirect_uri"] != form["redirect_uri"]:
            return None
        digest = sha256(form["code_verifier"].encode()).digest()
        if _unpadded(digest) != asked.query["code_challenge"]:
            return None
        now = int(self.clock.now().timestamp())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": asked.query["nonce"],
            **asked.claims,
        }
        told = {name: value for name, value in claims.items() if value is not None}
        return {"id_token": self.sign(told), "access_token": "at-1", "token_type": "Bearer"}

    def _described(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "token_endpoint_auth_methods_supported": [self.method],
            "authorization_response_iss_parameter_supported": True,
            **self.metadata,
        }

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Go down."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.removeprefix("/realms/staff")
                provider.asked.append(path)
                if path.startswith("/authorize?"):
                    self.send_response(303)
                    back = provider.authorize(f"{provider.issuer}{path}", ANNA)
                    self.send_header("Location", back)
                    self.end_headers()
                    return
                shown = [key.as_dict(private=False) for key in provider.keys]
                pages = {
                    "/.well-known/openid-configuration": provider._described(),
                    "/keys": {"keys": [*shown, {"kty": "AKP", "alg": "ML-DSA-44", "pub": "x"}]},
                }
                if path == "/userinfo" and self.headers["Authorization"] == "Bearer at-1":
                    pages[path] = provider.userinfo
                self._answer(pages.get(path), missing=404)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {name: values[0] for name, values in parse_qs(body).items()}
                if self.path.endswith("/moved"):
                    self.send_response(307)
                    self.send_header("Location", f"{provider.issuer}/token")
                    self.end_headers()
                    return
                tokens = provider._tokens(form, self.headers.get("Authorization", ""))
                self._answer(tokens, missing=400)

            def _answer(self, found: Mapping[str, Any] | None, *, missing: int) -> None:
                body = json.dumps(found or {"error": "invalid_grant"}).encode()
                self.send_response(missing if found is None else 200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
                """Keep the tests' output clean."""

        return Handler


def unsigned(claims: Mapping[str, Any]) -> str:
    """Write a token that nobody signed."""
    return f"{_written({'alg': 'none'})}.{_written(claims)}."


def signed_by_the_public_key(claims: Mapping[str, Any], *, key: RSAKey) -> str:
    """Sign with what everybody knows, as if it were a secret: an old way to be believed."""
    text = f"{_written({'alg': 'HS256', 'kid': key.kid})}.{_written(claims)}"
    mark = hmac.digest(key.as_pem(private=False), text.encode(), "sha256")
    return f"{text}.{_unpadded(mark)}"


def _written(part: Mapping[str, Any]) -> str:
    return _unpadded(json.dumps(part).encode())


def _unpadded(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def curve_key(kid: str = "curve") -> ECKey:
    """Return a key for ES256."""
    return ECKey.generate_key("P-256", {"kid": kid})
