"""Translations: every sentence for readers by its English original, from plain .po files.

A language is a folder, ``locale/<BCP 47 tag>/``, in the shipped templates or in the operator's;
all its ``.po`` files are merged, and the operator's wins over the shipped one of the same name.
English needs none: it is the original. Sentences name what is filled in as ``%(name)s``.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from babel.core import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from babel.support import Translations as Messages

from digest import templates
from digest.errors import ConfigurationError, TemplateError
from digest.templates import PRIVATE
from subscribers.language import served_by

_BLANK = re.compile(r"%(?:\((\w+)\)s|%)?")


@dataclass(frozen=True, kw_only=True)
class Language:
    """The sentences of one language; install it into a Jinja2 environment, or call it.

    ``tag`` is that of the catalogue, which is not always the one asked for ("de" for "de-AT").
    A sentence without a translation comes back in English.
    """

    tag: str
    messages: NullTranslations

    def gettext(self, message: str) -> str:
        """Translate a sentence; fill its blanks with ``%`` and a mapping."""
        return self.messages.gettext(message)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """Translate a sentence about ``n`` things."""
        return self.messages.ngettext(singular, plural, n)

    def pgettext(self, context: str, message: str) -> str:
        """Translate a word that has different translations in different places."""
        return self.messages.pgettext(context, message)

    def npgettext(self, context: str, singular: str, plural: str, n: int) -> str:
        """Translate a sentence about ``n`` things that needs its place said."""
        return self.messages.npgettext(context, singular, plural, n)


class Translations:
    """All languages there are; safe to share between threads.

    ``folder`` is the operator's template folder. ``salutation`` chooses a form of address: with
    "du" the folder ``locale/de-x-du`` wins over ``locale/de``.
    """

    def __init__(self, folder: Path | None = None, *, salutation: str = "") -> None:
        self._folder = folder
        self._salutation = salutation
        self._known: dict[str, Language] = {}
        if salutation and not any(
            tag.endswith(PRIVATE + salutation) for tag in templates.catalogues(folder)
        ):
            raise ConfigurationError(
                f'[email] salutation = "{salutation}" has no sentences: there is no folder'
                f" locale/LANGUAGE{PRIVATE}{salutation} in the templates"
            )

    @property
    def languages(self) -> tuple[str, ...]:
        """The tags of all languages there are, English first."""
        return templates.languages(self._folder)

    def match(self, tag: str) -> str | None:
        """Return the language that serves a BCP 47 tag: itself, or what it is a form of."""
        return served_by(tag, self.languages)

    def language(self, tag: str) -> Language:
        """Return the sentences for a BCP 47 tag; raises `TemplateError` when there are none."""
        found = self.match(tag)
        if found is None:
            raise TemplateError(
                f"there are no sentences for the language {tag!r}; copy the files of locale/de"
                f" to locale/{tag} in your templates and translate them",
                name=f"locale/{tag}",
            )
        if found not in self._known:  # two threads may both read it: the same comes out
            self._known[found] = self._read(found)
        return self._known[found]

    def _read(self, tag: str) -> Language:
        """Merge the files of a language: those of its wider form first, the salutation last."""
        parts = tag.split("-")
        chain = ["-".join(parts[:end]) for end in range(1, len(parts) + 1)]
        if self._salutation:
            chain += [f"{name}{PRIVATE}{self._salutation}" for name in chain]
        merged: Messages | None = None
        for name in chain:
            for path in self._files(name):
                read = read_catalogue(path, tag=tag)
                merged = merged.merge(read) if merged else read
        return Language(tag=tag, messages=merged or NullTranslations())

    def _files(self, tag: str) -> list[Path]:
        """Return the files of one folder by name, the operator's instead of the shipped ones."""
        bases = [base / "locale" / tag for base in reversed(templates.folders(self._folder))]
        found = {path.name: path for base in bases for path in base.glob("*.po")}
        return [found[name] for name in sorted(found)]


def read_catalogue(path: Path, *, tag: str) -> Messages:
    """Read one .po file; what is not translated or marked as fuzzy is left out.

    Raises `TemplateError` with the line of a message that cannot be read, or that fills in what
    the English sentence does not have.
    """
    name = f"locale/{path.parent.name}/{path.name}"
    try:
        state = path.stat()
    except OSError as error:
        raise TemplateError(f"the catalogue cannot be read ({error})", name=name) from error
    when = (state.st_mtime_ns, state.st_size)
    return Messages(BytesIO(_compile(path, name=name, tag=tag, when=when)))


@lru_cache(maxsize=64)  # every theme, every page and every letter asks for the same few
def _compile(path: Path, *, name: str, tag: str, when: tuple[int, int]) -> bytes:
    """Turn a file as it was ``when`` into what gettext reads: parsing it takes 20 ms."""
    del when
    try:
        with path.open("rb") as file:
            catalogue = read_po(file, locale=_locale(tag), abort_invalid=True)
    except PoFileError as error:
        raise TemplateError(str(error), name=name, line=error.lineno) from error
    except (OSError, UnicodeError, ValueError) as error:
        raise TemplateError(f"the catalogue cannot be read ({error})", name=name) from error
    for message in [one for one in catalogue if one.id]:
        if not any(_strings(message)):
            catalogue.delete(message.id, message.context)
        elif fault := _fault(message, catalogue):
            raise TemplateError(fault, name=name, line=message.lineno)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    return compiled.getvalue()


def blanks(sentence: str) -> set[str]:
    """Return the names of what is filled in; "%" stands for a percent sign that is not doubled."""
    found = set()
    for match in _BLANK.finditer(sentence):
        if match[0] != "%%":
            found.add(match[1] or "%")
    return found


def _fault(message: Message, catalogue: Catalog) -> str | None:
    """Say what makes a translation unusable: the letter would fail while it is written."""
    originals = message.id if isinstance(message.id, list | tuple) else [message.id]
    known = set().union(*map(blanks, originals))
    for sentence in _strings(message):
        if odd := blanks(sentence) - known:
            return f"{sentence!r} cannot fill in {', '.join(sorted(odd))}; write %% for a percent"
    wanted = catalogue.num_plurals if message.pluralizable else 1
    if len(list(filter(None, _strings(message)))) != wanted:
        return f"{originals[0]!r} needs {wanted} form(s), as Plural-Forms says"
    return None


def _strings(message: Message) -> list[str]:
    strings = message.string
    return list(strings) if isinstance(strings, list | tuple) else [strings or ""]


def _locale(tag: str) -> Locale | None:
    try:
        return Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return None
