"""From an issue to a composed issue: rendered once per variant, personal slots left open."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Any

from digest.calendar import ScheduleSettings
from digest.editions.issue import Issue
from digest.editions.narrowed import narrowed
from digest.errors import TemplateError, UnfitError
from digest.render.budget import Drawn, fit, folded, steps
from digest.render.composed import ComposedIssue
from digest.render.inline import inline
from digest.render.mjml import to_html
from digest.render.settings import EmailSettings
from digest.render.slots import Edge, Slot, marker
from digest.render.styles import StyleSheet
from digest.render.subject import preheader_of, subject_of
from digest.render.theme import Theme
from digest.render.view import Detail, IssueView, see
from digest.templates import ROOM


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One variant on its way: the part of the issue that is in it, and the values it is drawn with.

    ``seal`` is that of the whole issue: one set of slot markers serves all its variants.
    """

    issue: Issue
    seal: str
    language: str
    topics: tuple[str, ...] | None
    subject: str
    preheader: str
    views: dict[Detail, IssueView] = field(default_factory=dict, repr=False, compare=False)

    @property
    def slots(self) -> dict[str, str]:
        """The markers by the names under which templates know them."""
        return {item.name.lower(): marker(item, seal=self.seal) for item in (*Slot, *Edge)}


@dataclass(frozen=True, kw_only=True)
class Composer:
    """Renders issues in one theme; ``public_url`` is where readers find the pages.

    ``compile`` and ``apply`` are the engines: MJML, and what inlines styles.
    """

    theme: Theme
    settings: EmailSettings
    schedule: ScheduleSettings
    public_url: str
    compile: Callable[..., str] = to_html
    apply: Callable[..., str] = inline
    sheets: dict[str, StyleSheet] = field(default_factory=dict, repr=False, compare=False)

    def compose(
        self,
        issue: Issue,
        *,
        language: str,
        topics: tuple[str, ...] | None = None,
        recent: Collection[str] = (),
    ) -> ComposedIssue:
        """Render one variant within the budget; the same issue gives the same bytes.

        ``topics`` are the slugs that are in it; None is the whole issue. No ``recent`` subject
        comes again. Raises `TemplateError` with the file, and the line where it is known.
        """
        sheet = self.sheet(issue, language=language, topics=topics, recent=recent)
        return self.finish(sheet, drawn=self.draw(sheet), text=self.write(sheet))

    def sheet(
        self,
        issue: Issue,
        *,
        language: str,
        topics: tuple[str, ...] | None,
        recent: Collection[str],
    ) -> Sheet:
        """Prepare a variant; raises `UnfitError` when the issue has no post of these topics."""
        part = narrowed(issue, topics=topics)
        if part is None:
            raise UnfitError("the issue has no post of these topics")
        words = self.theme.words_for(language)
        subject = subject_of(part, words=words, recent=recent)
        return Sheet(
            issue=part,
            seal=issue.seal,
            language=language,
            topics=topics,
            subject=subject,
            preheader=preheader_of(part, words=words, subject=subject),
        )

    def draw(self, sheet: Sheet) -> Drawn:
        """Draw the HTML by the theme's own template, in as much detail as the budget allows."""
        return self.within_budget(sheet, lambda detail: self._drawn(sheet, detail))

    def write(self, sheet: Sheet) -> str:
        """Write the text part by the theme's own template: no client cuts it, so it has all."""
        return self._rendered("issue.txt.j2", sheet, self._full)

    def within_budget(self, sheet: Sheet, draw: Callable[[Detail], str]) -> Drawn:
        """Draw in the first detail that fits the budget."""
        details = steps(cards=len(sheet.issue.posts), full=self.settings.full_posts)
        return fit(draw, details, budget=self.settings.budget)

    @staticmethod
    def finish(
        sheet: Sheet, *, drawn: Drawn | None, text: str, trouble: tuple[str, ...] = ()
    ) -> ComposedIssue:
        """Put the parts together; without a drawing readers get the text alone."""
        return ComposedIssue(
            language=sheet.language,
            subject=sheet.subject,
            html=drawn.html if drawn else "",
            text=text,
            topics=sheet.topics,
            folded=folded(sheet.issue, drawn.detail) if drawn else 0,
            preheader=sheet.preheader,
            trouble=trouble,
        )

    def view(self, sheet: Sheet, detail: Detail) -> IssueView:
        """Return what templates see of a variant; both its parts see the same."""
        if detail not in sheet.views:
            sheet.views[detail] = self._seen(sheet, detail)
        return sheet.views[detail]

    def _seen(self, sheet: Sheet, detail: Detail) -> IssueView:
        feedback = f"{self.public_url.rstrip('/')}/f/{sheet.issue.number}"
        view = see(
            sheet.issue,
            words=self.theme.words_for(sheet.language),
            detail=detail,
            public_url=self.public_url,
            schedule=self.schedule,
            feedback_url="" if sheet.issue.is_best_of else feedback,  # answers count by week
            toc="text" if sheet.issue.is_best_of else self.settings.toc,
        )
        return replace(view, subject=sheet.subject, preheader=sheet.preheader)

    @property
    def _full(self) -> Detail:
        return Detail(full=self.settings.full_posts)

    def _drawn(self, sheet: Sheet, detail: Detail) -> str:
        view = self.view(sheet, detail)
        mjml = self._rendered("issue.mjml.j2", sheet, view)
        try:
            html = self.compile(mjml, name=self._name("issue.mjml.j2"))
        except TemplateError:
            self._try_each_post(sheet, view)
            raise
        return self._styles(sheet, view).inlined(html)

    def _styles(self, sheet: Sheet, view: IssueView) -> StyleSheet:
        css = self._rendered("inline.css.j2", sheet, view)
        return self.sheets.setdefault(css, StyleSheet(css=css, apply=self.apply))

    def _try_each_post(self, sheet: Sheet, view: IssueView) -> None:
        """Find the post at which the compiler stumbled: it does not say so itself."""
        in_full = [post for section in view.sections for post in section.posts]
        for post in (view.lead, *in_full, *view.brief):
            alone = self._rendered("alone.mjml.j2", sheet, view, post=post)
            words = f"the post {post.title.short!r}"
            self.compile(alone, name=self._name("alone.mjml.j2"), words=words)

    def _rendered(self, template: str, sheet: Sheet, seen: IssueView | Detail, **more: Any) -> str:
        view = self.view(sheet, seen) if isinstance(seen, Detail) else seen
        return self.theme.render(
            template, language=sheet.language, issue=view, slots=sheet.slots, **more
        )

    def _name(self, template: str) -> str:
        return f"{ROOM}/{self.theme.name}/{template}"
