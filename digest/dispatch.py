"""Chooses who hands an edition over: this process, several on this machine, or a fleet."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from digest import brake, fence, refusals, rings
from digest.app import App
from digest.cores import cores
from digest.delivery import ledger
from digest.delivery.local import shares_of
from digest.delivery.progress import Progress
from digest.delivery.sender import SendReport
from digest.delivery.state import Report, told_nobody
from digest.editions import store as editions
from digest.editions.issue import Issue
from digest.editions.state import GOING, EditionState
from digest.editions.store import Edition, Variant
from digest.render.composed import ComposedIssue

if TYPE_CHECKING:
    from digest.delivery.fleet import Batch

BROKEN_SEAL = (
    "the seal is broken: its words were changed after the freeze; restore the database from a"
    " backup, or close the issue"
)


def deliver(app: App, edition: Edition, *, report: Report = told_nobody) -> SendReport:
    """Have every letter of a frozen edition whose turn it is handed over, as ``[engine]`` says.

    What a crew could not finish, this process takes up; what a fleet has in hand, it leaves.
    """
    rings.look(app, edition)
    sent = _engage(app, edition, report=report)
    if rings.look(app, edition):
        sent = _engage(app, edition, report=report)
    refusals.take(app, edition)
    with app.database.read() as session:
        stands = editions.get(session, edition.id)
    trouble = sent.trouble or rings.delay(app, stands)
    if stands.state is EditionState.PAUSED:
        trouble = stands.reason
    return replace(sent, state=stands.state, trouble=trouble)


def _engage(app: App, edition: Edition, *, report: Report) -> SendReport:
    """Have the letters handed over that may leave now."""
    progress = Progress(app.database, edition.id, report=report)
    with app.database.read() as session:
        waits = app.traffic.gate.refusal(session, now=app.clock.now())
    if waits and progress.waiting:
        return SendReport(counts=progress.counts, state=edition.state, trouble=waits)
    engine = _leave_to_fleet if app.config.engine.kind == "fleet" else _share
    trouble = engine(app, edition, progress)
    if trouble is None:
        return hand_over(app, edition, report=report)
    return SendReport(counts=progress.counts, state=edition.state, trouble=trouble)


def hand_over(
    app: App,
    edition: Edition,
    *,
    report: Report = told_nobody,
    within: tuple[int, int] | None = None,
) -> SendReport:
    """Hand over, in this process, the letters whose turn it is: all, or those of a range of ids.

    The report is about these. One whose seal is broken is paused, and stops no other.
    """
    fence.require(app)
    with app.database.begin() as session:
        edition = _begin(app, session, edition)
        issue = editions.issue_of(session, edition.id)
        variants = editions.variants_of(session, edition.id)
        if issue is None or not _is_whole(edition, issue, variants):
            return _stop_broken(app, session, edition)
        allowed = rings.narrowed(session, edition.id, within)
    with fence.counted(app):
        return app.sender.send(
            edition,
            personalisers=app.personalisers(edition, issue, variants),
            report=brake.watching(app, edition, report=report),
            within=allowed,
            about=within,
        )


def work(app: App) -> None:
    """Work off the queue of a fleet until told to stop."""

    def send(batch: "Batch") -> None:
        app.sender.recover()
        with app.database.read() as session:
            edition = editions.get(session, batch.edition_id)
        if edition.state in GOING:
            hand_over(app, edition, within=(batch.first, batch.last))

    app.fleet.work(send)


def hash_of(words: ComposedIssue | Variant) -> str:
    """Return the seal of one rendered variant."""
    parts = (words.language, words.subject, words.html, words.text)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _begin(app: App, session: Session, edition: Edition) -> Edition:
    """Let a frozen edition go; return it as it stands."""
    edition = editions.get(session, edition.id)
    if edition.state is EditionState.FROZEN:
        editions.move(session, edition, to=EditionState.SENDING, now=app.clock.now())
        edition = editions.get(session, edition.id)
    return edition


def _is_whole(edition: Edition, issue: Issue, variants: Mapping[int, Variant]) -> bool:
    """Whether the words and variants are the ones that were sealed."""
    return issue.seal == edition.seal and all(v.sha256 == hash_of(v) for v in variants.values())


def _stop_broken(app: App, session: Session, edition: Edition) -> SendReport:
    """Pause an edition that is not what was sealed; another process may have done so."""
    if edition.state is EditionState.SENDING:
        editions.move(
            session, edition, to=EditionState.PAUSED, reason=BROKEN_SEAL, now=app.clock.now()
        )
    counts = ledger.counts(session, edition.id)
    return SendReport(counts=counts, state=EditionState.PAUSED, trouble=BROKEN_SEAL)


def _leave_to_fleet(app: App, edition: Edition, progress: Progress) -> str | None:
    """See to it that every open letter has a job, and look on; None: there is nothing to do."""
    with app.database.begin() as session:
        app.fleet.enqueue(session, edition.id)
    app.fleet.watch(progress)
    if not progress.waiting:
        return None
    return f"{progress.waiting:,} letters are left to the workers ('digest worker')"


def _share(app: App, edition: Edition, progress: Progress) -> str | None:
    """Share a large edition among processes; None: what is left, or all of it, is ours to do."""
    crew = app.crew("worker", "--edition", edition.period)
    with app.database.read() as session:
        ring = rings.ring_of(session, edition.id)
    shares = shares_of(
        ring.people if ring and not ring.ended_at else progress.waiting,
        processes=app.config.engine.processes or cores(),
        per_process=app.config.engine.per_process,
        connections=app.config.delivery.connections,
    )
    if crew is None or len(shares) == 1:
        return None
    return crew.work(
        shares=[("--connections", str(share)) for share in shares],
        died=app.sender.recover,
        look=progress.look,
    )
