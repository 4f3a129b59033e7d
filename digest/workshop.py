"""Changes the templates of the mail: tried in a process with limits, kept version by version."""

import difflib
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest import logbook, looking
from digest.app import App
from digest.editions import store as editions
from digest.editions.issue import Issue
from digest.editions.state import SEALED
from digest.errors import ConfigurationError, PersonNeededError, UsageError
from digest.looking import Shown
from digest.render import sample
from digest.render.workbench import Job, try_out
from digest.shipped import shipped_templates
from digest.tables import TemplateVersionRow
from digest.templates import ROOM, folders

_LARGEST = 200_000  # characters; the largest that is shipped has a tenth of it
_SUFFIXES = (".j2", ".toml")
_MOST_VERSIONS = 50
_NOBODY = "digest"  # who wrote what is shipped


@dataclass(frozen=True, kw_only=True)
class File:
    """One template file of the theme that is in force, and whose it is."""

    name: str
    is_own: bool


@dataclass(frozen=True, kw_only=True)
class Version:
    """What a file said; ``kept`` is whether that was put in force, or only tried."""

    id: int
    at: datetime
    actor: str
    kept: bool


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What is wrong with a template, or else the issue as it would look with it."""

    findings: tuple[str, ...]
    shown: Shown | None


def files(app: App) -> list[File]:
    """Return the files of the theme that is in force; yours stand before the shipped ones."""
    own = _own_folder(app)
    theme = f"{ROOM}/{app.config.email.theme}"
    found: dict[str, bool] = {}
    for base in folders(own):
        for path in sorted((base / theme).glob("*")):
            if path.suffix in _SUFFIXES:
                found.setdefault(path.relative_to(base).as_posix(), base == own)
    return [File(name=name, is_own=is_own) for name, is_own in sorted(found.items())]


def source_of(app: App, name: str) -> str:
    """Return what a file says that is in force; raises `UsageError` for one that there is not."""
    file = _known(app, name)
    own = _own_folder(app)
    base = own if own and file.is_own else shipped_templates()
    return (base / name).read_text(encoding="utf-8")


def try_version(app: App, name: str, source: str, *, sample_: str, language: str) -> Tried:
    """Render an issue by a template that is being written; nothing is put in force.

    ``sample_`` is a name of `SAMPLES`.
    """
    job = job_of(app, name, source, sample_=sample_, language=language)
    answer = try_out(job)
    issue = Issue.from_json(job.issue)
    shown = looking.fill(app, issue, answer.composed) if answer.composed else None
    return Tried(findings=answer.findings, shown=shown)


def job_of(app: App, name: str, source: str, *, sample_: str, language: str) -> Job:
    """Return what the process that tries templates has to know."""
    _known(app, name)
    config = app.config
    return Job(
        name=name,
        source=_sound(source),
        theme=config.email.theme,
        folder=config.app.templates,
        newsletter=config.newsletter,
        languages=config.email.languages,
        salutation=config.email.salutation,
        issue=SAMPLES.get(sample_, _invented)(app).to_json(),
        language=language if language in config.email.languages else config.email.languages[0],
    )


def draft(app: App, name: str, source: str) -> int:
    """Keep what somebody is writing, so that it can be looked at; returns its number."""
    _known(app, name)
    with app.database.begin() as session:
        return _add(session, app, name, _sound(source), kept=False)


def save(app: App, name: str, source: str, *, write: bool = True) -> None:
    """Put a template in force, and keep what was in force before.

    Raises `PersonNeededError` with every finding when it does not pass the checks.
    """
    own = _writable(app)
    before = source_of(app, name)
    source = _sound(source)
    tried = try_version(app, name, source, sample_="invented", language="")
    if tried.findings:
        told = "\n".join(tried.findings)
        raise PersonNeededError(f"{name} was not saved, and nothing was changed:\n{told}")
    if not write:
        return
    with app.database.begin() as session:
        if not _versions(session, name, most=1, kept=True):
            _add(session, app, name, before, kept=True, actor=_NOBODY)
        version = _add(session, app, name, source, kept=True)
        _note(session, app, "save template", name, version=version)
        _replace(own / name, source)


def restore(app: App, name: str, version: int | None, *, write: bool = True) -> None:
    """Put an earlier version in force again, byte by byte; None is the shipped file."""
    own = _writable(app)
    _known(app, name)
    with app.database.begin() as session:
        source = None if version is None else source_at(session, name, version=version)
        if version is None and not (shipped_templates() / name).is_file():
            raise UsageError(f"{name} is yours alone: there is no shipped file to go back to")
        if not write:
            return
        if source is None:
            (own / name).unlink(missing_ok=True)
        else:
            _add(session, app, name, source, kept=True)
            _replace(own / name, source)
        _note(session, app, "restore template", name, version=version)


def versions(app: App, name: str) -> list[Version]:
    """Return the versions of a file, the newest first."""
    with app.database.read() as session:
        return _versions(session, name, most=_MOST_VERSIONS)


def source_at(session: Session, name: str, *, version: int) -> str:
    """Return what a version of a file said; raises `UsageError` where there is none."""
    row = session.get(TemplateVersionRow, version)
    if row is None or row.name != name:
        raise UsageError(
            f"{name} has no version {version}; 'digest template versions {name}' lists them"
        )
    return row.source


def difference(app: App, name: str, *, version: int | None) -> list[str]:
    """Return what changed from a version (None: the shipped file) to what is in force, by line."""
    with app.database.read() as session:
        before = None if version is None else source_at(session, name, version=version)
    after = source_of(app, name)
    if before is None:
        path = shipped_templates() / name
        before = path.read_text(encoding="utf-8") if path.is_file() else ""
    label = "shipped" if version is None else f"version {version}"
    lines = difflib.unified_diff(
        before.splitlines(), after.splitlines(), f"{name} ({label})", f"{name} (in force)", n=2
    )
    return [line.rstrip("\n") for line in lines]


def _invented(app: App) -> Issue:
    return sample.sample_issue(app.config.newsletter)


def _worst(app: App) -> Issue:
    return sample.worst_issue(app.config.newsletter)


def _last(app: App) -> Issue:
    """Return the last issue that was sealed, or an invented one before there is any."""
    with app.database.read() as session:
        sealed = editions.all_editions(session, app.newsletter, states=SEALED)
        issue = editions.issue_of(session, sealed[-1].id) if sealed else None
    return issue or _invented(app)


SAMPLES: Mapping[str, Callable[[App], Issue]] = {
    "last": _last,
    "invented": _invented,
    "worst": _worst,
}
"""The issues that a template can be tried on: the last one, one with everything, a hard one."""


def _known(app: App, name: str) -> File:
    """Return a file of the theme: nothing else can be named, whatever stands in an address."""
    for file in files(app):
        if file.name == name:
            return file
    raise UsageError(
        f"the theme {app.config.email.theme!r} has no file {name!r}; 'digest template list' names"
        " them all"
    )


def _sound(source: str) -> str:
    """Return the text with line ends as files have them; raises `UsageError` for a huge one."""
    if len(source) > _LARGEST:
        raise UsageError(f"a template has at most {_LARGEST:,} characters")
    lines = source.replace("\r\n", "\n").replace("\r", "\n")
    return lines if lines.endswith("\n") else f"{lines}\n"


def _own_folder(app: App) -> Path | None:
    return Path(app.config.app.templates) if app.config.app.templates else None


def _writable(app: App) -> Path:
    own = _own_folder(app)
    if own is None:
        raise ConfigurationError(
            "there is no folder for templates of yours: set [app] templates, as templates ="
            ' "templates", and start again'
        )
    return own


def _replace(path: Path, source: str) -> None:
    """Write a file so that whoever reads it meanwhile sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".new")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(source)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _add(
    session: Session, app: App, name: str, source: str, *, kept: bool, actor: str | None = None
) -> int:
    row = TemplateVersionRow(
        name=name, source=source, kept=kept, at=app.clock.now(), actor=actor or app.actor
    )
    session.add(row)
    session.flush()
    return row.id


def _versions(session: Session, name: str, *, most: int, kept: bool | None = None) -> list[Version]:
    query = (
        select(TemplateVersionRow)
        .where(TemplateVersionRow.name == name)
        .order_by(TemplateVersionRow.id.desc())
        .limit(most)
    )
    if kept is not None:
        query = query.where(TemplateVersionRow.kept.is_(kept))
    return [
        Version(id=row.id, at=row.at, actor=row.actor, kept=row.kept)
        for row in session.scalars(query)
    ]


def _note(session: Session, app: App, action: str, name: str, *, version: int | None) -> None:
    logbook.note(
        session,
        actor=app.actor,
        action=action,
        about=f"template {name}",
        now=app.clock.now(),
        version=version,
    )
