"""Templates: a file of the theme on the left, an issue in it on the right, and all its versions."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from digest import looking, workshop
from digest.errors import DigestError, UsageError
from digest.render.lenses import NAMES, TEXT, text_page
from digest.web.console.frame import BASE, Frame
from digest.web.console.gate import Admin, Viewer, Visit
from digest.web.console.lens import FRAMED, USUAL
from digest.web.guard import LONGEST_BODY
from digest.workshop import SAMPLES

_HOME = "/templates"


@dataclass(frozen=True, kw_only=True)
class TemplatePages:
    """The theme's files, one of them, and the frame beside it."""

    frame: Frame

    def router(self) -> APIRouter:
        """Join the pages to their addresses."""
        router = APIRouter()
        router.add_api_route(_HOME, self.list, methods=["GET"])
        router.add_api_route(f"{_HOME}/file", self.file, methods=["GET"])
        router.add_api_route(f"{_HOME}/look", self.look, methods=["GET"])
        router.add_api_route(f"{_HOME}/change", self.difference, methods=["GET"])
        router.add_api_route(
            f"{_HOME}/file", self.write, methods=["POST"], max_body_size=LONGEST_BODY
        )
        router.add_api_route(f"{_HOME}/restore", self.restore, methods=["POST"])
        return router

    def list(self, request: Request, visit: Viewer) -> Response:
        """List the files of the theme, and whose each is."""
        return self.frame.page(
            request,
            "templates.html.j2",
            here="templates",
            title="Templates",
            theme=visit.app.config.email.theme,
            folder=visit.app.config.app.templates,
            files=workshop.files(visit.app),
        )

    def file(
        self, request: Request, visit: Viewer, name: str, version: int | None = None
    ) -> Response:
        """Show one file as it is in force, or as a version of it was."""
        if version is None:
            return self._file(request, visit, name, source=workshop.source_of(visit.app, name))
        with visit.app.database.read() as session:
            source = workshop.source_at(session, name, version=version)
        return self._file(request, visit, name, source=source, version=version)

    def write(self, request: Request, visit: Admin) -> Response:
        """Try or save what was typed; it is kept whatever comes of it."""
        name, source = visit.field("name"), "".join(visit.fields("source")[:1])
        if visit.field("do") != "save":
            version = workshop.draft(visit.app, name, source)
            query = urlencode({"name": name, "version": version})
            return self.frame.back(request, f"{_HOME}/file?{query}")
        try:
            workshop.save(visit.app, name, source)
        except DigestError as error:
            version = workshop.draft(visit.app, name, source)
            return self._file(
                request, visit, name, source=source, version=version, refusal=str(error)
            )
        query = urlencode({"name": name})
        return self.frame.back(
            request, f"{_HOME}/file?{query}", said=f"{name} is in force from the next issue on."
        )

    def restore(self, request: Request, visit: Admin) -> Response:
        """Put a version in force again."""
        name, number = visit.field("name"), visit.field("version")
        if number and not number.isdecimal():
            raise UsageError("that is no version")
        workshop.restore(visit.app, name, int(number) if number else None)
        which = f"version {number}" if number else "the shipped file"
        query = urlencode({"name": name})
        return self.frame.back(
            request, f"{_HOME}/file?{query}", said=f"{name} is {which} again, byte by byte."
        )

    def difference(
        self, request: Request, visit: Viewer, name: str, version: int | None = None
    ) -> Response:
        """Show what changed since a version."""
        return self.frame.page(
            request,
            "template-change.html.j2",
            here="templates",
            title=f"What changed in {name}",
            name=name,
            version=version,
            lines=workshop.difference(visit.app, name, version=version),
        )

    def look(
        self,
        visit: Viewer,
        name: str,
        *,
        version: int | None = None,
        sample: str = "last",
        lens: str = USUAL,
        language: str = "",
    ) -> Response:
        """Show an issue by this file, in a frame where nothing runs and nothing leads anywhere."""
        app = visit.app
        if version is None:
            source = workshop.source_of(app, name)
        else:
            with app.database.read() as session:
                source = workshop.source_at(session, name, version=version)
        tried = workshop.try_version(app, name, source, sample_=sample, language=language)
        if tried.shown is None:
            return HTMLResponse(text_page("\n\n".join(tried.findings)), headers=FRAMED)
        seen = looking.see(tried.shown, lens if lens in NAMES else TEXT)
        return HTMLResponse(seen, headers=FRAMED)

    def _file(
        self,
        request: Request,
        visit: Visit,
        name: str,
        *,
        source: str,
        version: int | None = None,
        refusal: str = "",
    ) -> Response:
        asked = request.query_params
        about: dict[str, Any] = {
            "name": name,
            "sample": asked.get("sample", "last"),
            "lens": asked.get("lens", USUAL),
            "language": asked.get("language", visit.app.config.email.languages[0]),
        }
        number = {"version": version} if version else {}
        return self.frame.page(
            request,
            "template.html.j2",
            here="templates",
            title=name,
            status=422 if refusal else 200,
            **about,
            source=source,
            version=version,
            refusal=refusal.splitlines(),
            frame_url=f"{BASE}{_HOME}/look?{urlencode({**about, **number})}",
            samples=tuple(SAMPLES),
            lenses=NAMES,
            languages=visit.app.config.email.languages,
            versions=workshop.versions(visit.app, name),
            may_write=visit.may("admin") and bool(visit.app.config.app.templates),
        )
