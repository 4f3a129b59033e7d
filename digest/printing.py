"""Renders an issue in every form that its readers ask for, and says who gets which."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from sqlalchemy.orm import Session

from digest.app import App
from digest.dispatch import hash_of
from digest.editions import store as editions
from digest.editions.best import pace_of, series
from digest.editions.choices import Assortment, Choice, Kind, assort
from digest.editions.issue import Issue
from digest.editions.store import Variant
from digest.render.composed import ComposedIssue
from digest.render.lint import Finding
from subscribers import audience

RECENT = 8  # issues whose subjects do not come again
_TEXT = "text"


@dataclass(frozen=True, kw_only=True)
class Printed:
    """Every form of an issue, whom they were rendered for, and what is to be said about them."""

    asked: Mapping[Choice, int]
    composed: tuple[ComposedIssue, ...]
    findings: tuple[Finding, ...]


def recent_subjects(session: Session, newsletter: str, *, period: str) -> frozenset[str]:
    """Return the subjects that the readers of such an edition have had of late."""
    return editions.subjects(session, series(newsletter, period=period), editions=RECENT)


def asked_for(session: Session, *, now: datetime, pace: str) -> dict[Choice, int]:
    """Count the readers of this pace, of an issue that is frozen now, by what they chose."""
    counted = audience.choices(session, now=now, pace=pace)
    return {Choice(*choice): readers for choice, readers in counted.items()}


def complete(
    app: App,
    issue: Issue,
    whole: Sequence[ComposedIssue],
    *,
    recent: frozenset[str],
    asked: Mapping[Choice, int] | None = None,
    most: int | None = None,
) -> Printed:
    """Add to the whole issues what readers of some topics get: each distinct content once.

    ``asked`` are the readers as they were counted of late; None counts them now. Only so many
    contents as ``most`` are rendered, those of most readers first; None renders all.
    """
    asked = _count(app, issue) if asked is None else asked
    assortment = assortment_of(app, issue, asked)
    known = {_kind_of(one) for one in whole}
    further = tuple(
        app.press.compose(issue, language=kind.language, topics=kind.topics, recent=recent)
        for kind in [kind for kind in assortment.kinds if kind not in known][:most]
    )
    return Printed(
        asked=asked,
        composed=(*whole, *further),
        findings=(*look_at(app, issue, further), *_of_people(app, assortment)),
    )


def proof(app: App, issue: Issue, choice: Choice, *, recent: frozenset[str]) -> Variant | None:
    """Return the one form that a reader of this choice would be sent; None: nothing is for them."""
    composed = compose_for(app, issue, choice, recent=recent, asked=_count(app, issue))
    if composed is None:
        return None
    variant = _variant(composed)
    return _text_alone(variant) if choice.format == _TEXT else variant


def compose_for(
    app: App,
    issue: Issue,
    choice: Choice,
    *,
    recent: frozenset[str],
    asked: Mapping[Choice, int],
) -> ComposedIssue | None:
    """Render what a reader of this choice would get now; None when nothing is for them.

    ``asked`` are the readers by what they chose, which decides what is rendered at all.
    """
    kind = assortment_of(app, issue, asked).kind_for(choice)
    if kind is None:
        return None
    return app.press.compose(issue, language=kind.language, topics=kind.topics, recent=recent)


def assortment_of(app: App, issue: Issue, asked: Mapping[Choice, int]) -> Assortment:
    """Say which contents are rendered when readers chose so."""
    return assort(
        issue,
        asked,
        languages=app.config.email.languages,
        default=app.config.newsletter.language,
        most=app.config.email.variants,
    )


def _count(app: App, issue: Issue) -> Mapping[Choice, int]:
    with app.database.read() as session:
        return asked_for(session, now=app.clock.now(), pace=pace_of(issue.period))


def look_at(app: App, issue: Issue, composed: Sequence[ComposedIssue]) -> tuple[Finding, ...]:
    """Check rendered forms; what is wrong with many of them is said once."""
    found = (finding for one in composed for finding in (*troubles(one), *app.lint(issue, one)))
    return tuple(dict.fromkeys(found))


def troubles(composed: ComposedIssue) -> tuple[Finding, ...]:
    """Say why a form looks plainer than it should; the issue leaves all the same."""
    form = "in the plain form" if composed.html else "as text alone"
    return tuple(
        Finding(
            is_error=False,
            message=f"readers get it {form}, because its template failed: {trouble};"
            " 'digest template check' names the line",
        )
        for trouble in composed.trouble
    )


def _of_people(app: App, assortment: Assortment) -> tuple[Finding, ...]:
    if not assortment.folded:
        return ()
    return (
        Finding(
            is_error=False,
            message=f"{assortment.folded:,} readers with rare choices get more topics than they"
            f" chose, and none fewer: [email] variants = {app.config.email.variants} is the most"
            " that is rendered",
        ),
    )


def serving(
    app: App, issue: Issue, composed: tuple[ComposedIssue, ...], *, asked: Mapping[Choice, int]
) -> "Serving":
    """Say who gets which of these forms; whose choice is not among ``asked`` gets it whole."""
    return Serving(
        issue=issue,
        composed=composed,
        languages=app.config.email.languages,
        default=app.config.newsletter.language,
        asked=asked,
    )


@dataclass(frozen=True, kw_only=True)
class Serving:
    """Which form readers of each choice get; choices for which there is nothing have none."""

    issue: Issue
    composed: tuple[ComposedIssue, ...]
    languages: tuple[str, ...]
    default: str
    asked: Mapping[Choice, int]

    @cached_property
    def variants(self) -> tuple[Variant, ...]:
        """What is kept with the edition: all that somebody gets, the whole issues first.

        Those stand online, so they are kept whether or not anybody gets them.
        """
        whole = [_variant(one) for one in self._whole]
        served = [variant for variant in self._of_choice.values() if variant]
        return tuple({variant.sha256: variant for variant in (*whole, *served)}.values())

    def otherwise(self, ids: Mapping[str, int]) -> dict[str, int]:
        """Return what is served to who chose after the rendering: the whole issue by language."""
        whole = {one.language: _variant(one) for one in self._whole}
        tags = sorted(whole, key=lambda language: language != self.default)
        return {language: ids[whole[language].sha256] for language in tags}

    def keep(self, session: Session, edition_id: int, ids: Mapping[str, int]) -> None:
        """Write down who gets what; ``ids`` are the kept variants' by their hash."""
        editions.keep_choices(
            session,
            edition_id,
            [
                (choice, self.asked[choice], ids[variant.sha256] if variant else None)
                for choice, variant in self._of_choice.items()
            ],
        )

    @property
    def _whole(self) -> list[ComposedIssue]:
        return [one for one in self.composed if one.topics is None]

    @cached_property
    def _of_choice(self) -> dict[Choice, Variant | None]:
        by_kind = {_kind_of(one): _variant(one) for one in self.composed}
        texts = {kind: _text_alone(variant) for kind, variant in by_kind.items()}
        assortment = Assortment(
            issue=self.issue,
            kinds=tuple(by_kind),
            languages=self.languages,
            default=self.default,
        )
        found: dict[Choice, Variant | None] = {}
        for choice in self.asked:
            kind = assortment.kind_for(choice)
            forms = texts if choice.format == _TEXT else by_kind
            found[choice] = forms[kind] if kind else None
        return found


def _kind_of(composed: ComposedIssue) -> Kind:
    return Kind(composed.language, composed.topics)


def _variant(composed: ComposedIssue) -> Variant:
    return Variant(
        language=composed.language,
        subject=composed.subject,
        html=composed.html,
        text=composed.text,
        sha256=hash_of(composed),
        topics=",".join(composed.topics) if composed.topics else None,
        format="html" if composed.html else _TEXT,
    )


def _text_alone(variant: Variant) -> Variant:
    bare = replace(variant, html="", format=_TEXT)
    return replace(bare, sha256=hash_of(bare))
