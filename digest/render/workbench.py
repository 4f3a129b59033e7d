"""The process that tries a template that is being written, so that it may die of it alone.

Run as ``python -m digest.render.workbench SECONDS BYTES`` with a `Job` on stdin; the `Answer` goes
to stdout. It may take so many seconds of processor time, and so many bytes on top of the idle
process: a loop that never ends and a text that never stops growing end here.
"""

import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import Any

from pydantic import TypeAdapter

from digest.calendar import ScheduleSettings
from digest.editions.issue import Issue, NewsletterSettings
from digest.errors import DigestError, TemplateError
from digest.render.composed import ComposedIssue
from digest.render.settings import EmailSettings
from digest.surroundings import for_child

_SECONDS, _BYTES = 20, 512_000_000
_WAIT = 3.0  # times the seconds of processor time: a busy machine is slow, and not stuck
_PUBLIC_URL = "https://digest.example"


@dataclass(frozen=True, kw_only=True)
class Job:
    """One template file as it is being written, and the issue to try it on (`Issue.to_json`).

    ``folder`` is the operator's, whose other files count too; nothing is written there.
    """

    name: str
    source: str
    theme: str
    folder: str | None
    newsletter: NewsletterSettings
    languages: tuple[str, ...]
    salutation: str
    issue: dict[str, Any]
    language: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is wrong with it, sentence by sentence, or the issue as it would look."""

    findings: tuple[str, ...] = ()
    composed: ComposedIssue | None = None


JOBS: TypeAdapter[Job] = TypeAdapter(Job)
ANSWERS: TypeAdapter[Answer] = TypeAdapter(Answer)


def try_out(job: Job, *, seconds: int = _SECONDS, memory: int = _BYTES) -> Answer:
    """Try a template in a process of its own; what kills that process is a finding."""
    command = [sys.executable, "-P", "-m", "digest.render.workbench", str(seconds), str(memory)]
    try:
        done = subprocess.run(  # noqa: S603 - our own module, no outside words
            command,
            input=JOBS.dump_json(job),
            capture_output=True,
            timeout=seconds * _WAIT,
            env=for_child(),
            start_new_session=True,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Answer(findings=(_endless(job, seconds),))
    if done.returncode == 0:
        return ANSWERS.validate_json(done.stdout)
    return Answer(findings=(_endless(job, seconds),))


def _endless(job: Job, seconds: int) -> str:
    return (
        f"{job.name}: it was not rendered within {seconds} seconds and the memory that a template"
        " may take; is there a loop in a loop, or a text that grows?"
    )


def main(arguments: list[str]) -> None:
    """Do one job."""
    seconds, memory = map(int, arguments)
    from digest.render import compose, template_check  # noqa: F401, PLC0415 - before the limits

    _limit(seconds, memory)
    job = JOBS.validate_json(sys.stdin.buffer.read())
    sys.stdout.buffer.write(ANSWERS.dump_json(_work(job)))


def _work(job: Job) -> Answer:
    with tempfile.TemporaryDirectory(prefix="digest-template-") as folder:
        own = _laid_out(job, Path(folder))
        try:
            return _tried(job, own)
        except MemoryError:
            return Answer(findings=(f"{job.name}: it takes more memory than a template may",))
        except RecursionError:
            return Answer(findings=(f"{job.name}: it includes itself without an end",))


def _laid_out(job: Job, folder: Path) -> Path:
    """Lay the operator's files out with this one among them."""
    own = folder / "templates"
    if job.folder and Path(job.folder).is_dir():
        copytree(job.folder, own, ignore=ignore_patterns(".*"))
    path = own / job.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(job.source, encoding="utf-8")
    return own


def _tried(job: Job, own: Path) -> Answer:
    from digest.render.sample import worst_issue  # noqa: PLC0415 - the parent needs none of it
    from digest.render.template_check import check_theme  # noqa: PLC0415 - nor this

    findings = check_theme(
        job.theme, folder=own, newsletter=job.newsletter, languages=job.languages
    )
    if findings:
        return Answer(findings=tuple(findings))
    try:
        _compose(job, worst_issue(job.newsletter), own=own)
        return _compose(job, Issue.from_json(job.issue), own=own)
    except TemplateError as error:
        return Answer(findings=(str(error),))
    except DigestError as error:
        return Answer(findings=(f"{job.name}: {error}",))


def _compose(job: Job, issue: Issue, *, own: Path) -> Answer:
    from digest.render.compose import Composer  # noqa: PLC0415 - the parent needs no compiler
    from digest.render.theme import load_theme  # noqa: PLC0415 - nor themes

    composed = Composer(
        theme=load_theme(job.theme, folder=own, salutation=job.salutation),
        settings=EmailSettings(theme=job.theme),
        schedule=ScheduleSettings(),
        public_url=_PUBLIC_URL,
    ).compose(issue, language=job.language)
    return Answer(composed=composed)


def _limit(seconds: int, memory: int) -> None:
    """Cap processor time and address space; without /proc, time is the only limit."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    statm = Path("/proc/self/statm")
    if statm.exists():
        used = int(statm.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + memory, used + memory))


if __name__ == "__main__":
    main(sys.argv[1:])
