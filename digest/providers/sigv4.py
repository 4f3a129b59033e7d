"""AWS Signature Version 4 over one request: pure."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote

_ALGORITHM = "AWS4-HMAC-SHA256"
_UNRESERVED = "-_.~"


@dataclass(frozen=True, kw_only=True)
class Signer:
    """The keys of an account, and the service and region that they are to open.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
    """

    access_key: str
    secret_key: str
    region: str
    service: str
    session_token: str = ""

    def headers(
        self,
        method: str,
        *,
        target: str,
        headers: Mapping[str, str],
        body: bytes,
        at: datetime,
    ) -> dict[str, str]:
        """Return the headers to add to a request: X-Amz-Date, the token if any, Authorization.

        ``target`` is the path, already encoded, with its query; ``headers`` have Host and whatever
        else is to be signed. ``at`` is aware, and within 5 minutes of Amazon's clock.
        """
        moment = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        added = {"X-Amz-Date": moment}
        if self.session_token:
            added["X-Amz-Security-Token"] = self.session_token
        lines = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
        lines |= {name.lower(): value for name, value in added.items()}
        signed = ";".join(sorted(lines))
        path, _, query = target.partition("?")
        canonical = "\n".join(
            (
                method,
                quote(path, safe=f"/{_UNRESERVED}") or "/",
                _canonical_query(query),
                *(f"{name}:{lines[name]}" for name in sorted(lines)),
                "",
                signed,
                hashlib.sha256(body).hexdigest(),
            )
        )
        scope = f"{moment[:8]}/{self.region}/{self.service}/aws4_request"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        text = f"{_ALGORITHM}\n{moment}\n{scope}\n{digest}"
        signature = hmac.new(self._key(moment[:8]), text.encode(), hashlib.sha256).hexdigest()
        credential = f"Credential={self.access_key}/{scope}"
        value = f"{_ALGORITHM} {credential}, SignedHeaders={signed}, Signature={signature}"
        return {**added, "Authorization": value}

    def _key(self, day: str) -> bytes:
        """Derive the key of one day."""
        key = f"AWS4{self.secret_key}".encode()
        for word in (day, self.region, self.service, "aws4_request"):
            key = hmac.digest(key, word.encode(), "sha256")
        return key


def _canonical_query(query: str) -> str:
    pairs = sorted(
        (quote(name, safe=_UNRESERVED), quote(value, safe=_UNRESERVED))
        for name, value in parse_qsl(query, keep_blank_values=True)
    )
    return "&".join(f"{name}={value}" for name, value in pairs)
