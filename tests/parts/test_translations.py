"""The catalogues: whole in every shipped language, mergeable, and refused where they are wrong."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

from digest.errors import ConfigurationError, TemplateError
from digest.render.environment import make_environment, render
from digest.shipped import shipped_templates
from digest.translations import Translations, blanks

ROOT = Path(__file__).resolve().parents[2]
MakeFile = Callable[[str, str], Path]
HEAD = 'msgid ""\nmsgstr "Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
KEYWORDS = {
    "_": None, "gettext": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}  # fmt: skip


def messages() -> Iterator[tuple[str, str | None, tuple[str, ...]]]:
    """Yield every sentence in templates and code: where it is, its context, its forms."""
    for path in sorted(shipped_templates().rglob("*.j2")):
        with path.open("rb") as file:
            for _, function, found, _ in babel_extract(file, list(KEYWORDS), (), {}):
                yield str(path), *_parts(function or "", found)
    for path in sorted((ROOT / "digest").rglob("*.py")):
        with path.open("rb") as file:
            for _, found, _, context in extract("python", file, keywords=KEYWORDS):
                forms = (found,) if isinstance(found, str) else tuple(found)
                yield str(path), context, forms


def _parts(function: str, found: object) -> tuple[str | None, tuple[str, ...]]:
    texts = [one for one in (found if isinstance(found, tuple) else (found,)) if one]
    context = str(texts.pop(0)) if function in {"pgettext", "npgettext"} else None
    return context, tuple(str(text) for text in texts)


def translations(tag: str) -> Iterator[tuple[str, str | None, str, tuple[str, ...]]]:
    """Yield what a shipped language translates: the file, context, sentence, and its forms."""
    for path in sorted((shipped_templates() / "locale" / tag).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file):
                if message.id and not message.fuzzy:
                    key = message.id if isinstance(message.id, str) else message.id[0]
                    strings = message.string
                    forms = (strings,) if isinstance(strings, str) else tuple(strings or ())
                    yield path.name, message.context, key, forms


def test_every_sentence_is_translated_with_the_same_blanks_in_every_shipped_language() -> None:
    known = {
        tag: {(context, key): forms for _, context, key, forms in translations(tag)}
        for tag in Translations().languages
        if tag != "en"
    }
    asked = list(messages())
    assert set(known) >= {"de"}
    assert len(asked) > 40
    assert [
        f"{tag}: {forms[0]!r} of {where}"
        for where, context, forms in asked
        for tag, translated in known.items()
        if not all(strings := translated.get((context, forms[0]), ("",)))
        or blanks(strings[-1]) != blanks(forms[-1])
    ] == []


def test_no_sentence_has_two_translations() -> None:
    first: dict[tuple[str | None, str], tuple[str, ...]] = {}
    assert [
        f"{file}: {key!r}"
        for file, context, key, forms in translations("de")
        if first.setdefault((context, key), forms) != forms
    ] == []


def test_a_form_of_address_changes_only_sentences_that_there_are() -> None:
    own, formal = (
        {(context, key) for _, context, key, _ in translations(tag)} for tag in ("de-x-du", "de")
    )
    assert own
    assert own <= formal


def test_a_tag_finds_its_language_or_what_it_is_a_form_of() -> None:
    known = Translations()
    assert known.languages[0] == "en"
    assert [known.match(tag) for tag in ("de", "de-AT", "DE_ch", "en-GB", "fr", "")] == [
        "de", "de", "de", "en", None, None,
    ]  # fmt: skip
    assert known.language("de-AT").gettext("Read online") == "Online lesen"
    assert known.language("en").ngettext("%(n)s post", "%(n)s posts", 2) == "%(n)s posts"


def test_an_operator_adds_a_language_and_changes_a_file(make_file: MakeFile) -> None:
    folder = make_file("locale/fr/a.po", f'{HEAD}msgid "Read online"\nmsgstr "Lire"\n').parents[2]
    make_file(
        "locale/fr/b.po", f'{HEAD}msgid "Yes"\nmsgstr "Oui"\n\n#, fuzzy\nmsgid "No"\nmsgstr "?"'
    )
    make_file("locale/de/edition.po", f'{HEAD}msgid "Read online"\nmsgstr "Im Netz"\n')
    known = Translations(folder)
    french = known.language("fr")
    assert known.languages == ("en", "de", "fr")
    assert [french.gettext(text) for text in ("Read online", "Yes", "No")] == ["Lire", "Oui", "No"]
    assert known.language("de").gettext("Read online") == "Im Netz"


def test_a_wider_form_serves_where_the_narrower_says_nothing(make_file: MakeFile) -> None:
    folder = make_file("locale/de-CH/a.po", f'{HEAD}msgid "Yes"\nmsgstr "Ja gerne"').parents[2]
    swiss = Translations(folder).language("de-CH")
    assert (swiss.tag, swiss.gettext("Yes"), swiss.gettext("No")) == ("de-CH", "Ja gerne", "Nein")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ('msgid "a %(n)s"\nmsgstr "b %(m)s"', r"locale/xx/a\.po:4: .* cannot fill in m"),
        ('msgid "a"\nmsgstr "100 % b"', "write %% for a percent"),
        ('msgid "a"\nmsgid_plural "as"\nmsgstr[0] "b"', "form"),
        ('msgid "a"\nmsgstr "b"\nwhat', r"locale/xx/a\.po:\d+: "),
    ],
)
def test_a_wrong_catalogue_is_refused_with_file_and_line(
    make_file: MakeFile, content: str, complaint: str
) -> None:
    folder = make_file("locale/xx/a.po", HEAD + content).parents[2]
    with pytest.raises(TemplateError, match=complaint):
        Translations(folder).language("xx")


def test_a_language_and_a_salutation_that_nobody_wrote_are_refused() -> None:
    with pytest.raises(TemplateError, match="there are no sentences for the language 'tlh'"):
        Translations().language("tlh")
    with pytest.raises(ConfigurationError, match='salutation = "ihr" has no sentences'):
        Translations(salutation="ihr")


def test_templates_speak_the_language_and_escape_what_a_catalogue_says(make_file: MakeFile) -> None:
    folder = make_file("locale/de/a.po", f'{HEAD}msgid "%(x)s and"\nmsgstr "%(x)s <&>"').parents[2]
    make_file("a.html.j2", '{{ _("%(x)s and", x="<b>") }}')
    make_file("a.txt.j2", '{{ _("%(x)s and", x="<b>") }}')
    german = make_environment(folder, language=Translations(folder).language("de"))
    assert render(german, "a.html.j2") == "&lt;b&gt; &lt;&amp;&gt;"
    assert render(german, "a.txt.j2") == "<b> <&>"
    assert render(make_environment(folder), "a.txt.j2") == "<b> and"


def test_no_sentence_of_the_mail_stands_in_a_template_untranslated() -> None:
    pages = [
        path for path in (shipped_templates() / "edition").glob("*/*.j2") if ".css" not in path.name
    ]
    for path in pages:
        filled = re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", " ", path.read_text(encoding="utf-8"))
        words = re.sub(r"<[^>]*>|lang=|dir=", " ", filled)
        assert re.findall(r"[A-Za-z]{3,}", words) == [], path
