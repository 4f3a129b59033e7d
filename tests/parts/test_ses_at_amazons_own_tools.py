"""SES at Amazon's own signer (botocore), and at a server that checks signatures with it (moto)."""

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from digest.clock import Clock
from digest.mail.letter import Letter
from digest.mail.outcome import Verdict
from digest.providers.carrier import Carrier, deliver
from digest.providers.registry import CarrierSettings, build
from digest.providers.ses import SesSettings
from digest.providers.sigv4 import Signer

AT = datetime(2026, 6, 12, 7, 0, tzinfo=UTC)
ACCESS, SECRET = "AKIDEXAMPLE", "a/secret+of=nobody"
MAIL = b"From: digest@digest.example\r\nTo: ann@example.org\r\nSubject: \xc3\xbc\r\n\r\nHello.\r\n"


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("POST", "/v2/email/outbound-emails", b'{"Content": {"Raw": {"Data": "eA=="}}}'),
        ("GET", "/v2/email/account", b""),
        ("GET", "/v2/email/identities?PageSize=5&NextToken=a%2Fb%3D", b""),
        ("POST", "/under/a%20path/v2/email/outbound-emails", b"{}"),
    ],
)
@pytest.mark.parametrize("token", ["", "a/session+token=="])
def test_our_signature_is_the_one_of_botocore(
    method: str, target: str, body: bytes, token: str
) -> None:
    auth = pytest.importorskip("botocore.auth", reason="botocore is not installed")
    awsrequest = pytest.importorskip("botocore.awsrequest")
    credentials = pytest.importorskip("botocore.credentials")
    host = "email.eu-central-1.amazonaws.com"
    headers = {"Host": host, **({"Content-Type": "application/json"} if body else {})}
    ours = Signer(
        access_key=ACCESS, secret_key=SECRET, session_token=token, region="eu-central-1",
        service="ses",
    ).headers(method, target=target, headers=headers, body=body, at=AT)  # fmt: skip
    request = awsrequest.AWSRequest(method, f"https://{host}{target}", headers=headers, data=body)
    request.context["timestamp"] = AT.strftime("%Y%m%dT%H%M%SZ")
    for name in ("X-Amz-Date", "X-Amz-Security-Token"):
        if name in ours:
            request.headers[name] = ours[name]
    keys = credentials.Credentials(ACCESS, SECRET, token or None)
    signer = auth.SigV4Auth(keys, "ses", "eu-central-1")
    words = signer.string_to_sign(request, signer.canonical_request(request))
    assert ours["Authorization"].endswith(f"Signature={signer.signature(words, request)}")


@dataclass(frozen=True)
class Amazon:
    """A moto server that checks every signature, and a user's keys."""

    url: str
    access_key: str
    secret_key: str

    def carrier(self, *, secret_key: str = "") -> Carrier:
        """Build ours."""
        ses = SesSettings(
            access_key=self.access_key, secret_key=secret_key or self.secret_key, url=self.url
        )
        return build(CarrierSettings(kind="ses", ses=ses), clock=Clock())


@pytest.fixture(scope="module")
def amazon() -> Iterator[Amazon]:
    """Start the server; an identity and a user are made while it checks nothing."""
    server_of = pytest.importorskip(
        "moto.server", reason="moto is not installed"
    ).ThreadedMotoServer
    boto3 = pytest.importorskip("boto3", reason="boto3 is not installed")
    server = server_of(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"

    def client(service: str) -> Any:
        return boto3.client(
            service, endpoint_url=url, region_name="eu-central-1",
            aws_access_key_id=ACCESS, aws_secret_access_key=SECRET,
        )  # fmt: skip

    iam = client("iam")
    iam.create_user(UserName="digest")
    may = {"Effect": "Allow", "Action": "ses:*", "Resource": "*"}
    iam.put_user_policy(
        UserName="digest", PolicyName="send",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [may]}),
    )  # fmt: skip
    key = iam.create_access_key(UserName="digest")["AccessKey"]
    client("sesv2").create_email_identity(EmailIdentity="digest.example")
    _check_from_now_on(url)
    yield Amazon(url=url, access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])
    server.stop()


def _check_from_now_on(url: str) -> None:
    order = urllib.request.Request(  # noqa: S310 - a server of this test
        f"{url}/moto-api/reset-auth", data=b"0", headers={"Content-Type": "text/plain"}
    )
    urllib.request.urlopen(order).close()  # noqa: S310


def _outcome(carrier: Carrier) -> Any:
    connection = carrier.connect()
    letter = Letter(
        key="2026-w24.1", sender="b@digest.example", recipient="ann@example.org", parts=(MAIL,)
    )
    try:
        return deliver(connection, letter, intent=lambda: True)
    finally:
        connection.close()


def test_a_server_that_checks_signatures_takes_our_letter(amazon: Amazon) -> None:
    outcome = _outcome(amazon.carrier())
    assert outcome.verdict is Verdict.ACCEPTED, outcome


def test_a_server_that_checks_signatures_refuses_another_secret(amazon: Amazon) -> None:
    outcome = _outcome(amazon.carrier(secret_key="of somebody else"))  # noqa: S106 - of nobody
    assert (outcome.verdict, outcome.code) == (Verdict.CONFIG, 403)
