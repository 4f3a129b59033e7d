"""Composes an issue come what may: by its theme, or else in the plain form, or else as text."""

import logging
from collections.abc import Callable, Collection
from typing import Any

from digest.editions.issue import Issue
from digest.errors import TemplateError, UnfitError
from digest.render.compose import Composer, Sheet
from digest.render.composed import ComposedIssue
from digest.render.environment import Sandbox, make_environment, render
from digest.render.view import Detail

log = logging.getLogger(__name__)

_PLAIN = "fallback/issue.html.j2"


class Press:
    """Renders issues by the operator's theme; what that cannot, by the one that Digest brings.

    Both composers are made when they are first needed: reading a theme may fail as well. A
    mistake in a template must not cost readers their issue: it leaves in a plainer form, and its
    ``trouble`` says why.
    """

    def __init__(self, *, own: Callable[[], Composer], shipped: Callable[[], Composer]) -> None:
        self._own = own
        self._shipped = shipped
        self._environments: dict[str, Sandbox] = {}

    def compose(
        self,
        issue: Issue,
        *,
        language: str,
        topics: tuple[str, ...] | None = None,
        recent: Collection[str] = (),
    ) -> ComposedIssue:
        """Render one variant, as `Composer.compose` does, but never fail for a template's sake."""
        asked: dict[str, Any] = {"language": language, "topics": topics, "recent": recent}
        try:
            return self._own().compose(issue, **asked)
        except BaseException as error:  # noqa: BLE001 - looked at by _trouble
            trouble = _trouble(error)
        log.error("issue %s is rendered in the plain form: %s", issue.period, trouble)
        return self._compose_plainly(self._shipped().sheet(issue, **asked), trouble=trouble)

    def _compose_plainly(self, sheet: Sheet, *, trouble: str) -> ComposedIssue:
        composer = self._shipped()
        text = self._own_text(sheet) or composer.write(sheet)
        try:
            drawn = composer.within_budget(sheet, lambda detail: self._plain(sheet, detail))
        except BaseException as error:
            worse = f"{trouble}; readers get the text alone: {_trouble(error)}"
            log.exception("issue %s is rendered as text alone", sheet.issue.period)
            return composer.finish(sheet, drawn=None, text=text, trouble=(worse,))
        return composer.finish(sheet, drawn=drawn, text=text, trouble=(trouble,))

    def _own_text(self, sheet: Sheet) -> str | None:
        """Write the text by the operator's template, which may be whole where the other is not."""
        try:
            return self._own().write(sheet)
        except BaseException as error:  # noqa: BLE001 - looked at by _trouble
            _trouble(error)
            return None

    def _plain(self, sheet: Sheet, detail: Detail) -> str:
        """Draw by plain Jinja2, without a compiler and without an inliner."""
        composer = self._shipped()
        theme = composer.theme
        if sheet.language not in self._environments:
            language = theme.translations.language(sheet.language)
            self._environments[sheet.language] = make_environment(language=language)
        html = render(
            self._environments[sheet.language],
            _PLAIN,
            issue=composer.view(sheet, detail),
            slots=sheet.slots,
            colours=theme.colours,
            fonts=theme.fonts,
            layout=theme.layout,
        )
        return html.lstrip()


def _trouble(error: BaseException) -> str:
    """Say what went wrong; what is no fault of a template or an engine goes on its way.

    A panic inside the compiler is no `Exception`, and must not cost an issue either.
    """
    if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError, UnfitError)):
        raise error
    return str(error) if isinstance(error, TemplateError) else f"{type(error).__name__}: {error}"
