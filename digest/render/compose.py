"""From an issue to a composed issue: rendered once per variant, personal slots left open."""

from dataclasses import dataclass

from digest.calendar import ScheduleSettings
from digest.editions.issue import Issue
from digest.errors import ConfigurationError
from digest.limits import Count
from digest.render.environment import Theme
from digest.render.inline import inline
from digest.render.mjml import to_html
from digest.render.slots import Edge, Slot, marker
from digest.render.view import IssueView, see


@dataclass(frozen=True, kw_only=True)
class EmailSettings:
    """How the email looks.

    ``theme`` is a folder below ``templates/edition``. ``languages`` are the BCP 47 tags in which
    every issue is rendered. ``full_posts`` stand with their summaries, the others by title.
    """

    theme: str = "default"
    languages: tuple[str, ...] = ("en",)
    full_posts: Count = 12

    def __post_init__(self) -> None:
        """Refuse an email without a language or without its lead."""
        if not self.languages:
            raise ConfigurationError('[email] languages is empty; try ["en"]')
        if self.full_posts < 1:
            raise ConfigurationError("[email] full_posts must be at least 1: the lead is one")


@dataclass(frozen=True, kw_only=True)
class ComposedIssue:
    """One rendered variant; ``html`` and ``text`` hold slot markers (see `render.slots`)."""

    language: str
    subject: str
    html: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Composer:
    """Renders issues in one theme; ``public_url`` is where readers find the pages."""

    theme: Theme
    settings: EmailSettings
    schedule: ScheduleSettings
    public_url: str

    def compose(self, issue: Issue, *, language: str) -> ComposedIssue:
        """Render one variant; the same issue gives the same bytes.

        Raises `TemplateError` with the file, and the line where it is known.
        """
        view = see(
            issue,
            words=self.theme.words_for(language),
            language=language,
            full_posts=self.settings.full_posts,
            public_url=self.public_url,
            schedule=self.schedule,
        )
        values = {
            "issue": view,
            "words": self.theme.words_for(language),
            "colours": self.theme.colours,
            "slots": {item.name.lower(): marker(item, seal=issue.seal) for item in (*Slot, *Edge)},
        }
        self._try_each_post(view, values)
        html = to_html(
            self.theme.render("issue.mjml.j2", **values), name=self._name("issue.mjml.j2")
        )
        return ComposedIssue(
            language=language,
            subject=view.subject,
            html=inline(html, css=self.theme.render("inline.css.j2", **values)),
            text=self.theme.render("issue.txt.j2", **values),
        )

    def _try_each_post(self, view: IssueView, values: dict[str, object]) -> None:
        """Render each post alone first: the compiler does not say which one it stumbles over."""
        in_full = [post for section in view.sections for post in section.posts]
        for post in (view.lead, *in_full, *view.brief):
            alone = self.theme.render("alone.mjml.j2", post=post, **values)
            words = f"the post {post.title.short!r}"
            to_html(alone, name=self._name("alone.mjml.j2"), words=words)

    def _name(self, template: str) -> str:
        return f"edition/{self.theme.name}/{template}"
