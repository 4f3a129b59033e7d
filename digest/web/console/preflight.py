"""The coming issue with what its checks find, rendered only when something about it has changed."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from digest import planning, printing
from digest.app import App
from digest.calendar import Period
from digest.editions.issue import Issue
from digest.planning import Plan
from digest.render.lint import Finding

_Key = tuple[object, ...]


@dataclass(kw_only=True)
class Preflight:
    """Plans the issue of a period as `planning.plan` does, but keeps no look of it.

    To render an issue and to check it takes longer than all the rest of a page. What is found is
    remembered for the last issue that was asked for.
    """

    _last: tuple[_Key, tuple[Finding, ...]] | None = field(default=None, init=False)

    def plan(self, app: App, period: Period) -> Plan:
        """Choose the posts as it would be done now, and say what the checks find in them."""
        drawn = planning.draw(app, period)
        if drawn.issue is None:
            return drawn
        key = (drawn.issue.seal, drawn.recent, _own_templates(app))
        last = self._last
        if last is None or last[0] != key:
            last = (key, _found(app, drawn.issue, recent=drawn.recent))
            self._last = last
        return replace(drawn, findings=last[1])


def _found(app: App, issue: Issue, *, recent: frozenset[str]) -> tuple[Finding, ...]:
    return printing.look_at(app, issue, app.compose(issue, recent=recent))


def _own_templates(app: App) -> _Key:
    """Return when each of the operator's templates was changed; the shipped ones never are."""
    folder = app.config.app.templates
    files = Path(folder).rglob("*") if folder else ()
    return tuple((str(file), file.stat().st_mtime_ns) for file in sorted(files) if file.is_file())
