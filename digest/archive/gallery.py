"""The whole archive as files in memory, by their names: pages whose links lead to each other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from digest.archive.addresses import Addresses
from digest.archive.librarian import Librarian
from digest.archive.record import Record, Topic, topics_of
from digest.archive.shelf import Copy
from digest.archive.surgery import relinked
from digest.archive.syndicate import WRITERS, issues_feed, topic_feed
from digest.archive.view import Visit
from digest.render.words import Words

_TOP = Addresses(base="", page=".html")
_BELOW = Addresses(base="../", page=".html")
_FIRST_PAGE = "index.html"


@dataclass(frozen=True, kw_only=True)
class Gallery:
    """All issues, and the copies of those that stand, by their numbers."""

    librarian: Librarian
    records: Sequence[Record]
    copies: Mapping[int, Copy]

    def files(self) -> dict[str, bytes]:
        """Return every file by its name below the folder; the same issues give the same bytes."""
        files = {name: text.encode() for name, text in self._pages()}
        return files | dict(self._feeds())

    @property
    def _words(self) -> Words:
        return self.librarian.words(self.librarian.newsletter.language)

    @property
    def _topics(self) -> Mapping[str, Topic]:
        return topics_of(self.records)

    def _visit(self, at: Addresses, words: Words | None = None) -> Visit:
        home = self.librarian.everywhere.base
        return Visit(at=at, words=words or self._words, home=home, is_filed=True)

    def _pages(self) -> Iterator[tuple[str, str]]:
        everything = self.librarian.everything(
            self.records, [*self._topics.values()], visit=self._visit(_TOP)
        )
        yield _FIRST_PAGE, everything
        yield f"archive{_TOP.page}", everything
        for slug, topic in self._topics.items():
            page = self.librarian.topic(topic, visit=self._visit(_BELOW))
            yield f"topics/{slug}{_TOP.page}", page
        for record in self.records:
            yield from self._issue(record)

    def _issue(self, record: Record) -> Iterator[tuple[str, str]]:
        html, text = f"{record.number}{_TOP.page}", f"{record.number}.txt"
        copy = self.copies.get(record.number)
        if copy is None:
            title = self.librarian.title(record, words=self._words)
            yield html, self.librarian.notice(record, visit=self._visit(_TOP))
            yield text, f"{title}\n\n{self.librarian.excuse(record, words=self._words)}\n"
            return
        words = self.librarian.words(copy.language)
        visit = self._visit(_TOP, words)
        filed = replace(copy, html=relinked(copy.html, self._filed))
        yield html, self.librarian.issue(record, filed, among=self.records, visit=visit)
        yield text, self.librarian.text(record, copy, words=words)

    @property
    def _filed(self) -> dict[str, str]:
        """Return where the pages stand that a mail links by their address on the web."""
        there = self.librarian.everywhere
        filed = {there.archive: _TOP.archive}
        for record in self.records:
            filed[there.issue(record.number)] = _TOP.issue(record.number)
            filed[there.text(record.number)] = _TOP.text(record.number)
        return filed

    def _feeds(self) -> Iterator[tuple[str, bytes]]:
        for kind, write in WRITERS.items():
            feed = issues_feed(self.librarian, self.records, kind=kind, words=self._words)
            yield f"feed.{kind}", write(feed)
            for slug, topic in self._topics.items():
                topical = topic_feed(self.librarian, topic, kind=kind, words=self._words)
                yield f"feed/{slug}.{kind}", write(topical)
