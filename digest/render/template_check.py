"""Tries a theme: reads every file, renders an invented issue in each language, and looks at it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from pathlib import Path

from digest.calendar import ScheduleSettings
from digest.editions.issue import Issue, NewsletterSettings
from digest.errors import TemplateError
from digest.render.compose import Composer
from digest.render.contrast import too_faint
from digest.render.environment import make_environment, place_of
from digest.render.lint import lint
from digest.render.mjml import to_html
from digest.render.sample import sample_issue
from digest.render.settings import EmailSettings
from digest.render.template_lint import Fault, check_source
from digest.render.theme import Theme, load_theme
from digest.templates import ROOM

_PUBLIC_URL = "https://digest.example"
_HEAD = re.compile(r"<mj-(?:head|style)\b.*?</mj-(?:head|style)>|<style\b.*?</style>", re.DOTALL)
_TAG = re.compile(r"""<!--.*?-->|<(?:"[^"]*"|'[^']*'|[^"'>])*>""", re.DOTALL)
_NAMED = 3  # lost words in one complaint
_TOLD = 12  # faults of what was rendered


def check_theme(
    name: str, *, folder: Path | None, newsletter: NewsletterSettings, languages: tuple[str, ...]
) -> list[str]:
    """Return what is wrong with a theme, each with file and line where it is known."""
    try:
        theme = load_theme(name, folder=folder)
    except TemplateError as error:
        return [str(error)]
    found = [str(fault) for fault in _read_all(theme)]
    tokens = f"{ROOM}/{name}/tokens.toml"
    found += [f"{tokens}: {complaint}" for complaint in too_faint(theme.colours)]
    if found:  # rendering would stumble over the same, and not say where
        return found
    issue = sample_issue(newsletter)
    tried: dict[str, list[str]] = {}
    for language in languages:
        for complaint in dict.fromkeys(_try(theme, issue, language=language)):
            tried.setdefault(complaint, []).append(language)
    return list(_told(tried, languages=languages))


def _told(tried: Mapping[str, Sequence[str]], *, languages: Sequence[str]) -> Iterator[str]:
    """Say each fault once, however many languages have it; the first of them tell the rest."""
    for complaint, having in list(tried.items())[:_TOLD]:
        where = "" if len(having) == len(languages) else f" (in {', '.join(having)})"
        yield complaint + where
    if len(tried) > _TOLD:
        yield f"{len(tried) - _TOLD} faults more, most likely for the same reason"


def _read_all(theme: Theme) -> Iterator[Fault]:
    """Read every template that the theme would use, its bases' included."""
    environment = make_environment(loader=theme.loader)
    for name in theme.files():
        try:
            source, filename, _ = theme.loader.get_source(environment, name)
            where = place_of(filename, environment) or name
            environment.parse(source, name=where)
        except TemplateError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a parser says about it
            line = getattr(error, "lineno", 1)
            yield Fault(name=name, line=line, message=str(error))
        else:
            yield from check_source(source, name=where)


def _try(theme: Theme, issue: Issue, *, language: str) -> Iterator[str]:
    """Render the invented issue, and look at what came out."""
    lost: list[str] = []

    def compiled(source: str, **about: str) -> str:
        html = to_html(source, **about)
        lost[:] = lost_words(source, html=html)
        return html

    name = f"{ROOM}/{theme.name}/issue.mjml.j2"
    composer = Composer(
        theme=theme,
        settings=EmailSettings(theme=theme.name, full_posts=len(issue.posts) - 2),
        schedule=ScheduleSettings(),
        public_url=_PUBLIC_URL,
        compile=compiled,
    )
    try:
        composed = composer.compose(issue, language=language)
    except TemplateError as error:
        yield str(error)
        return
    if lost:
        yield f"{name}: these words are lost while rendering: {', '.join(lost)}"
    text = f"{ROOM}/{theme.name}/issue.txt.j2"
    for finding in lint(issue, composed):
        yield f"{text if finding.message.startswith('the text ') else name}: {finding}"


def lost_words(mjml: str, *, html: str) -> list[str]:
    """Return the first words that stand in the MJML and are gone from its HTML."""
    seen = _visible(html)
    words = re.findall(r"\w{2,}", _visible(mjml))
    kept = set(re.findall(r"\w{2,}", seen))
    return list(dict.fromkeys(word for word in words if word not in kept))[:_NAMED]


def _visible(markup: str) -> str:
    return unescape(_TAG.sub(" ", _HEAD.sub(" ", markup)))
