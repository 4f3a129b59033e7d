"""The press: a broken template, compiler or inliner costs readers the looks, never the issue."""

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from press import HOSTILE, PUBLIC_URL, composer, issue, post

from digest.calendar import ScheduleSettings
from digest.errors import TemplateError, UnfitError
from digest.render.budget import Drawn
from digest.render.compose import Composer
from digest.render.composed import ComposedIssue
from digest.render.lint import lint
from digest.render.press import Press
from digest.render.settings import EmailSettings
from digest.render.theme import load_theme

MakeFile = Callable[[str, str], Path]
ISSUE = issue(surplus=())


class PanicError(BaseException):
    """What a compiler written in another language may raise."""


def shipped(**changes: Any) -> Composer:
    return Composer(
        theme=load_theme("weekly"),
        settings=EmailSettings(),
        schedule=ScheduleSettings(),
        public_url=PUBLIC_URL,
        **changes,
    )


def fails(*_arguments: object, **_options: object) -> str:
    raise PanicError("index out of bounds")


def composed_with(own: Callable[[], Composer], *, language: str = "en") -> ComposedIssue:
    return Press(own=own, shipped=shipped).compose(ISSUE, language=language)


def assert_whole(mail: ComposedIssue) -> None:
    """Every title, link and slot is there, in a form that may be sealed."""
    assert [str(f) for f in lint(ISSUE, mail)] == []


def test_a_theme_that_renders_is_used_as_it_is() -> None:
    mail = composed_with(shipped)
    assert mail == composer().compose(ISSUE, language="en")
    assert not mail.trouble


@pytest.mark.parametrize("engine", ["compile", "apply"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_an_engine_that_fails_leaves_the_plain_form(
    engine: str, language: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        mail = composed_with(lambda: shipped(**{engine: fails}), language=language)
    assert mail.trouble == ("PanicError: index out of bounds",)
    assert "plain form" in caplog.text
    assert "mso" not in mail.html.replace("mso-hide", "")
    assert_whole(mail)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("edition/weekly/issue.mjml.j2", "<mjml><mj-body>{{ issue.nothing }}"),
        ("edition/weekly/issue.mjml.j2", "<mjml><mj-body><mj-section>"),
        ("edition/weekly/inline.css.j2", "{% for %}"),
        ("edition/weekly/issue.txt.j2", "{{ 1 / 0 }}"),
        ("edition/weekly/tokens.toml", "[text"),
    ],
)
def test_a_broken_template_leaves_the_plain_form_and_is_named(
    name: str, content: str, make_file: MakeFile
) -> None:
    folder = make_file(name, content).parents[2]
    mail = composed_with(lambda: composer(folder))
    assert name in mail.trouble[0]
    assert_whole(mail)


def test_the_operators_text_is_kept_when_only_the_html_is_broken(make_file: MakeFile) -> None:
    make_file("edition/weekly/issue.mjml.j2", "{{")
    folder = make_file("edition/weekly/issue.txt.j2", "Own words\n").parents[2]
    assert composed_with(lambda: composer(folder)).text == "Own words\n"


def test_text_alone_leaves_when_even_the_plain_form_fails(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken(Composer):
        def within_budget(self, *_: object) -> Drawn:
            raise TemplateError("gone", name="fallback/issue.html.j2")

    spare = Broken(**{name: getattr(shipped(), name) for name in ("theme", "settings", "schedule")},
                   public_url=PUBLIC_URL)  # fmt: skip
    press = Press(own=lambda: shipped(compile=fails), shipped=lambda: spare)
    mail = press.compose(ISSUE, language="en")
    assert mail.html == ""
    assert mail.text == composer().compose(ISSUE, language="en").text
    assert "fallback/issue.html.j2: gone" in mail.trouble[0]
    assert "text alone" in caplog.text
    assert_whole(mail)


def test_hostile_words_and_many_posts_stay_literal_and_small_in_the_plain_form() -> None:
    of = issue([post(n, title=t, summary=t, source=t) for n, t in enumerate(HOSTILE, start=1)])
    press = Press(own=lambda: shipped(compile=fails), shipped=shipped)
    mail = press.compose(of, language="en")
    found = [str(f) for f in lint(of, mail) if f.is_error]
    assert found == []
    assert "<script>alert" not in mail.html


def test_topics_without_a_post_are_no_fault_of_the_template() -> None:
    with pytest.raises(UnfitError, match="no post of these topics"):
        Press(own=shipped, shipped=shipped).compose(ISSUE, language="en", topics=("sailing",))


def test_interrupting_stops_at_once() -> None:
    def interrupted(*_arguments: object, **_options: object) -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        composed_with(lambda: replace(shipped(), compile=interrupted))
