"""Signature Version 4, against the requests that Amazon published with their signatures."""

from datetime import UTC, datetime

import pytest

from digest.providers.sigv4 import Signer

AT = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
HOST = {"Host": "example.amazonaws.com"}
FORM = {**HOST, "Content-Type": "application/x-www-form-urlencoded"}


def signer(**values: str) -> Signer:
    account = {
        "access_key": "AKIDEXAMPLE",
        "secret_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        "region": "us-east-1",
        "service": "service",
    }
    return Signer(**{**account, **values})


@pytest.mark.parametrize(
    ("method", "target", "headers", "body", "signature"),
    [
        pytest.param(
            "GET",
            "/",
            HOST,
            b"",
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            id="get-vanilla",
        ),
        pytest.param(
            "POST",
            "/",
            HOST,
            b"",
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            id="post-vanilla",
        ),
        pytest.param(
            "GET",
            "/?Param2=value2&Param1=value1",
            HOST,
            b"",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            id="get-vanilla-query-order-key-case",
        ),
        pytest.param(
            "POST",
            "/",
            FORM,
            b"Param1=value1",
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
            id="post-x-www-form-urlencoded",
        ),
    ],
)
def test_a_published_request_gets_its_published_signature(
    method: str, target: str, headers: dict[str, str], body: bytes, signature: str
) -> None:
    made = signer().headers(method, target=target, headers=headers, body=body, at=AT)
    names = "content-type;host;x-amz-date" if body else "host;x-amz-date"
    assert made == {
        "X-Amz-Date": "20150830T123600Z",
        "Authorization": (
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            f"SignedHeaders={names}, Signature={signature}"
        ),
    }


def test_a_token_travels_and_is_signed() -> None:
    made = signer(session_token="token").headers(  # noqa: S106 - of nobody
        "GET", target="/", headers=HOST, body=b"", at=AT
    )
    assert made["X-Amz-Security-Token"] == "token"
    assert "host;x-amz-date;x-amz-security-token" in made["Authorization"]


def test_the_secret_stands_in_no_header() -> None:
    made = signer().headers("GET", target="/", headers=HOST, body=b"", at=AT)
    assert "wJalrXUtnFEMI" not in str(made)
