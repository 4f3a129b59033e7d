"""Templates that are changed in the console or by command: tried first, kept, and taken back."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from console import Console, app_of
from newsroom import Ended, Newsroom, newsroom
from sqlalchemy import select

from digest import workshop
from digest.app import App
from digest.errors import PersonNeededError, UsageError
from digest.render.workbench import try_out
from digest.shipped import shipped_templates
from digest.tables import LogEntryRow, TemplateVersionRow

POST = "edition/weekly/post.j2"
Call = Callable[..., Ended]


@pytest.fixture
def room(database_url: str, tmp_path: Path) -> Iterator[Newsroom]:
    with newsroom(tmp_path, database_url=database_url) as room:
        room.configure('[app]\ntemplates = "own"\n')
        yield room


@pytest.fixture
def app(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    monkeypatch.chdir(room.folder)
    app = app_of(room)
    yield app.acting_for("anna")
    app.close()


def shipped() -> str:
    return (shipped_templates() / POST).read_text(encoding="utf-8")


def own(room: Newsroom) -> Path:
    return room.folder / "own" / POST


def test_a_change_is_kept_with_what_was_before_and_taken_back_byte_by_byte(
    room: Newsroom, app: App
) -> None:
    changed = f"{{# ours #}}\n{shipped()}"
    workshop.save(app, POST, changed.replace("\n", "\r\n"))  # as a browser sends it
    assert own(room).read_text(encoding="utf-8") == changed
    latest, first = workshop.versions(app, POST)
    assert (latest.actor, latest.kept, first.actor, first.kept) == ("anna", True, "digest", True)
    assert workshop.difference(app, POST, version=first.id)[-3:] == [
        "+{# ours #}",
        *(f" {line}" for line in shipped().splitlines()[:2]),
    ]
    workshop.restore(app, POST, first.id)
    assert own(room).read_bytes() == (shipped_templates() / POST).read_bytes()
    assert workshop.difference(app, POST, version=None) == []
    workshop.restore(app, POST, None)
    assert not own(room).exists()
    with app.database.read() as session:
        done = session.execute(select(LogEntryRow.actor, LogEntryRow.action)).all()
    assert [tuple(row) for row in done] == [
        ("anna", "save template"),
        ("anna", "restore template"),
        ("anna", "restore template"),
    ]


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("{% if %}", f"{POST}:1:"),
        ("{{ nothing }}", "there is nothing called 'nothing'"),
        ("{{ ''.__class__.__mro__ }}", POST),
        ("{% include '../../../etc/passwd' %}", "there is no template"),
        ("{% include './post.j2' %}", POST),
        ("<mj-image src='https://tracker.example/1.gif' />", POST),
        ("{{ 'a' * 10 ** 9 }}", POST),
    ],
)
def test_what_fails_a_check_is_not_saved_and_nothing_changes(
    room: Newsroom, app: App, source: str, complaint: str
) -> None:
    before = room.rows()
    with pytest.raises(PersonNeededError, match="was not saved, and nothing was changed") as error:
        workshop.save(app, POST, source)
    assert complaint in str(error.value)
    assert not own(room).exists()
    assert room.rows() == before


ENDLESS = "{% macro m(n) %}{{ m(n + 1) if n < 30 }}{{ m(n + 1) if n < 30 }}{% endmacro %}{{ m(0) }}"


def test_a_template_without_an_end_is_stopped(app: App) -> None:
    job = workshop.job_of(app, POST, ENDLESS + shipped(), sample_="invented", language="en")
    (finding,) = try_out(job, seconds=3).findings
    assert finding.startswith(f"{POST}: it was not rendered within 3 seconds")


@pytest.mark.parametrize(
    "name",
    ["../secret", "/etc/passwd", "edition/weekly/../../../x.j2", "web/base.html.j2", "", "a\0b"],
)
def test_only_files_of_the_theme_can_be_named(room: Newsroom, app: App, name: str) -> None:
    before = sorted(room.folder.rglob("*"))
    for ask in (
        lambda: workshop.source_of(app, name),
        lambda: workshop.save(app, name, "x"),
        lambda: workshop.draft(app, name, "x"),
        lambda: workshop.restore(app, name, None),
    ):
        with pytest.raises(UsageError, match="has no file"):
            ask()
    assert sorted(room.folder.rglob("*")) == before


def test_every_change_has_a_command(
    room: Newsroom, capsys: pytest.CaptureFixture[str], make_file: Callable[[str, str], Path]
) -> None:
    def call(*words: str, code: int = 0) -> Ended:
        return room.call(capsys, "template", *words, code=code)

    good, bad = make_file("good.j2", f"{{# ours #}}\n{shipped()}"), make_file("bad.j2", "{% if %}")
    assert "was not saved" in call("save", POST, str(bad), code=3).err
    assert call("save", POST, str(good), "--dry-run", "--json").data == {"would_save": POST}
    assert not own(room).exists()
    call("save", POST, str(good))
    newest, oldest = call("versions", POST, "--json").data
    assert "+{# ours #}" in call("diff", POST, str(oldest["version"])).out
    call("restore", POST, str(oldest["version"]))
    assert "is as it was" in call("diff", POST).out
    assert "has no version 99" in call("restore", POST, "99", code=2).err
    assert newest["kept"] is True


def test_in_the_console_a_version_is_tried_saved_and_restored(room: Newsroom, app: App) -> None:
    console = Console(app)
    assert POST in console.get("/templates").text
    page = console.get("/templates/file", params={"name": POST})
    assert page.status_code == 200
    assert "<textarea" in page.text
    hostile = f"<script>alert(1)</script></textarea>\n{shipped()}"
    tried = console.post("/templates/file", name=POST, source=hostile, do="try")
    assert tried.status_code == 303
    shown = console.ask("GET", tried.headers["Location"]).text
    assert "<script>alert" not in shown
    assert "&lt;/textarea&gt;" in shown
    refused = console.post("/templates/file", name=POST, source="{% if %}", do="save")
    assert refused.status_code == 422
    assert "was not saved" in refused.text
    assert "{% if %}" in refused.text
    assert not own(room).exists()
    good = f"{{# ours #}}\n{shipped()}"
    assert console.post("/templates/file", name=POST, source=good, do="save").status_code == 303
    assert own(room).read_text(encoding="utf-8") == good
    assert console.post("/templates/restore", name=POST, version="").status_code == 303
    assert not own(room).exists()


def test_the_frame_shows_the_issue_and_nothing_in_it_runs(app: App) -> None:
    answer = Console(app).get("/templates/look", params={"name": POST, "sample": "worst"})
    assert answer.status_code == 200
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "Donaudampfschifffahrt" in answer.text
    assert "href=" not in answer.text


def test_who_is_no_admin_changes_no_template(room: Newsroom, app: App) -> None:
    before = room.rows()
    for role in ("viewer", "editor", "publisher"):
        console = Console(app, role=role)
        assert console.post("/templates/file", name=POST, source="x", do="try").status_code == 403
        assert console.post("/templates/restore", name=POST, version="").status_code == 403
    assert room.rows() == before


def test_versions_are_kept_apart_by_file(app: App) -> None:
    number = workshop.draft(app, POST, "tried")
    with app.database.read() as session:
        assert session.get_one(TemplateVersionRow, number).source == "tried\n"
        with pytest.raises(UsageError, match="has no version"):
            workshop.source_at(session, "edition/weekly/issue.txt.j2", version=number)


def test_colours_that_are_saved_are_in_the_next_mail_without_a_start(app: App) -> None:
    name = "edition/weekly/tokens.toml"
    before = app.composer
    assert app.acting_for("emmy").composer is before
    source = workshop.source_of(app, name)
    light = before.theme.colours["text"]["ink"].light
    workshop.save(app, name, source.replace(light, "#102030"))
    assert app.acting_for("emmy").composer.theme.colours["text"]["ink"].light == "#102030"
