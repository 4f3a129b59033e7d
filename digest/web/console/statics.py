"""The console's files: style, keys and htmx, served by name and kept by browsers for a year."""

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from digest.shipped import shipped_templates

_KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_TOKENS = "web/tokens.css"  # the readers' pages have the same
_DIGITS = 12  # of the hash in an address
_FOR_GOOD = "public, max-age=31536000, immutable"  # another content has another address


@dataclass(frozen=True, kw_only=True)
class Statics:
    """Every file of ``templates/console/static``, and the colours of all pages, read once.

    Nothing else can be asked for.
    """

    base: str
    files: dict[str, bytes] = field(default_factory=lambda: dict(_shipped()))

    def url(self, name: str) -> str:
        """Return the address of a file, which changes with its content."""
        return f"{self.base}/static/{name}?v={sha256(self.files[name]).hexdigest()[:_DIGITS]}"

    def router(self) -> APIRouter:
        """Join the files to their addresses."""
        router = APIRouter()
        router.add_api_route("/static/{name}", self.file, methods=["GET", "HEAD"])
        return router

    def file(self, name: str) -> Response:
        """Answer with one file."""
        if name not in self.files:
            raise HTTPException(404)
        kind = _KINDS[Path(name).suffix]
        return Response(
            self.files[name],
            media_type=f"{kind}; charset=utf-8",
            headers={"Cache-Control": _FOR_GOOD},
        )


def _shipped() -> list[tuple[str, bytes]]:
    folder = shipped_templates()
    paths = [folder / _TOKENS, *sorted((folder / "console" / "static").iterdir())]
    return [(path.name, path.read_bytes()) for path in paths if path.suffix in _KINDS]
