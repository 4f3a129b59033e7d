"""Answers for what everybody may keep for a while: an ETag, and "not modified" to who has it."""

import re
from hashlib import sha256

from fastapi import Request
from fastapi.responses import Response

_TAG = re.compile(r'(?:W/)?("[^"]*")')
_LENGTH = 32  # hexadecimal digits of a hash: enough that no two versions share them
_LASTS = "public, max-age=300"  # short, so that a withdrawn issue is gone soon
_NOT_MODIFIED = 304


def shared(
    content: bytes | str, request: Request, *, media_type: str, headers: dict[str, str]
) -> Response:
    """Answer with the content, or with 304 when the client has it already (RFC 9110 13.1.2)."""
    body = content.encode() if isinstance(content, str) else content
    tag = f'"{sha256(body).hexdigest()[:_LENGTH]}"'
    kept = {"ETag": tag, "Cache-Control": _LASTS, "Vary": "Accept-Language", **headers}
    wanted = request.headers.get("if-none-match", "")
    if wanted.strip() == "*" or tag in _TAG.findall(wanted):
        return Response(status_code=_NOT_MODIFIED, headers=kept)
    return Response(body, media_type=f"{media_type}; charset=utf-8", headers=kept)
