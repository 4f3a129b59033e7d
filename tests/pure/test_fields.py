"""The fields of a form, whatever encoding they came in."""

import asyncio
from typing import Any

import pytest
from fastapi import Request

from digest.web.fields import fields_of

PLAIN = "application/x-www-form-urlencoded"
MULTIPART = (
    b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\nada@example.org\r\n'
    b'--x\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\n\r\nwords\r\n--x--\r\n'
)


def read(body: bytes, kind: str) -> dict[str, list[str]]:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", kind.encode())]
    return asyncio.run(fields_of(Request({"type": "http", "headers": headers}, receive)))


@pytest.mark.parametrize(
    ("body", "kind", "fields"),
    [
        (b"", PLAIN, {}),
        (b"email=ada%2Bx%40example.org&topic=a&topic=b+c&keep=", PLAIN + "; charset=utf-8",
         {"email": ["ada+x@example.org"], "topic": ["a", "b c"], "keep": [""]}),
        (b"email=J%C3%B6rg&topic=%FF%00", PLAIN.upper(),
         {"email": ["J\u00f6rg"], "topic": ["\ufffd\0"]}),
        (b"&".join([b"email=a"] * 1001), PLAIN, {}),
        (MULTIPART, "multipart/form-data; boundary=x", {"email": ["ada@example.org"]}),
        (b'{"email": "ada@example.org"}', "application/json", {}),
    ],
    ids=["empty", "several values", "bytes that are no text", "a flood", "multipart", "no form"],
)  # fmt: skip
def test_fields_are_read_as_they_were_sent(
    body: bytes, kind: str, fields: dict[str, list[str]]
) -> None:
    assert read(body, kind) == fields
