"""The list of readers in and out of files: import with a look before it, and export."""

import sys
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse, Response
from starlette.background import BackgroundTask
from starlette.datastructures import UploadFile

from digest import passing, transfer
from digest.errors import DigestError, UsageError
from digest.transfer import Imported, Job
from digest.web.console.frame import Frame
from digest.web.console.gate import Admin, Visit
from digest.web.console.uploads import UploadLimit, Uploads
from subscribers.errors import SubscriberError
from subscribers.formats import NAMES

_PAGE = "import.html.j2"


@dataclass(frozen=True, kw_only=True)
class ExchangePages:
    """Import and export, for admins."""

    frame: Frame

    def router(self) -> APIRouter:
        """Join the pages to their addresses."""
        router, at = APIRouter(), "/subscribers"
        router.add_api_route(f"{at}/import", self.ask, methods=["GET"])
        router.add_api_route(
            f"{at}/import",
            self.take,
            methods=["POST"],
            dependencies=[Depends(UploadLimit(most=self._most, role="admin"))],
            max_body_size=sys.maxsize,  # the limit above says what to do instead
        )
        router.add_api_route(f"{at}/export", self.offer, methods=["GET"])
        router.add_api_route(f"{at}/export", self.export, methods=["POST"])
        return router

    def ask(self, request: Request, visit: Admin) -> Response:
        """Show the form."""
        del visit
        return self._form(request)

    def take(self, request: Request, visit: Admin) -> Response:
        """Say what would become of each row; with the word to do so, import them."""
        try:
            kept, name = self._kept(visit)
            applies = visit.field("do") == "import"
            done = transfer.import_people(visit.app, self._job(visit, kept, name, write=applies))
        except (DigestError, SubscriberError) as error:
            problem = str(error)
            return self._form(
                request, problem=f"{problem[:1].upper()}{problem[1:]}.", **_typed(visit)
            )
        if not applies:
            return self._form(request, done=done, kept=kept, name=name, **_typed(visit))
        self._uploads.drop(kept)
        return self.frame.back(request, "/subscribers", said=f"Imported: {in_words(done)}.")

    def offer(self, request: Request, visit: Admin) -> Response:
        """Show what an export holds, and the button."""
        del visit
        return self.frame.page(
            request, "export.html.j2", here="subscribers", title="Export subscribers"
        )

    def export(self, visit: Admin) -> Response:
        """Answer with everybody as a file, which is deleted here when it was sent."""
        as_json = visit.field("format") == "jsonl"
        folder = visit.app.state / passing.EXPORTS
        path = passing.new_file(folder, now=visit.app.clock.now())
        try:
            with path.open("w", encoding="utf-8", newline="") as file:
                transfer.export_people(visit.app, file, as_json=as_json)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return FileResponse(
            path,
            filename="subscribers.jsonl" if as_json else "subscribers.csv",
            media_type="application/x-ndjson" if as_json else "text/csv; charset=utf-8",
            headers={"Cache-Control": "no-store"},
            background=BackgroundTask(path.unlink, missing_ok=True),
        )

    @property
    def _most(self) -> int:
        return self.frame.app.config.console.upload_bytes

    @property
    def _uploads(self) -> Uploads:
        return Uploads(folder=self.frame.app.state / passing.UPLOADS)

    def _kept(self, visit: Visit) -> tuple[str, str]:
        """Return the name under which the file is kept here, and its own name."""
        file = visit.form.get("file")
        if isinstance(file, UploadFile) and file.filename:
            with file.file as content:
                return self._uploads.keep(content, now=visit.app.clock.now()), file.filename
        if not visit.field("kept"):
            raise UsageError("choose a file; nothing was imported")
        return visit.field("kept"), visit.field("name")

    def _job(self, visit: Visit, kept: str, name: str, *, write: bool) -> Job:
        return Job(
            path=self._uploads.find(kept),
            name=name,
            source=visit.field("source"),
            format=asked if (asked := visit.field("format")) in NAMES else None,
            write=write,
            confirm=bool(visit.field("confirm")),
        )

    def _form(self, request: Request, *, problem: str | None = None, **values: Any) -> Response:
        empty = {"done": None, "kept": "", "name": "", "source": "", "format": "", "confirm": False}
        done = values.get("done")
        return self.frame.page(
            request,
            _PAGE,
            here="subscribers",
            title="Import subscribers",
            status=422 if problem else 200,
            problem=problem,
            formats=NAMES,
            most=self._most,
            words=in_words(done) if done else "",
            **{**empty, **values},
        )


def in_words(done: Imported) -> str:
    """Say how many rows met each fate."""
    told = [f"{count:,} {fate}" for fate, count in done.counts.items() if count]
    return ", ".join(told) or "no row"


def _typed(visit: Visit) -> dict[str, Any]:
    return {
        "source": visit.field("source"),
        "format": visit.field("format"),
        "confirm": bool(visit.field("confirm")),
    }
