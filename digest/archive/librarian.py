"""Writes the archive's pages: the list, a topic, an issue, and the notice in place of one."""

import re
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, tzinfo
from hashlib import sha256
from pathlib import Path
from typing import Any

from markupsafe import Markup

from digest.archive.addresses import everywhere
from digest.archive.atom import moment
from digest.archive.record import Record, Topic, neighbours, topics_in
from digest.archive.shelf import Copy
from digest.archive.surgery import Graft, graft
from digest.archive.view import (
    About,
    Visit,
    feed_links,
    issue_line,
    left_out,
    sections,
    topic_line,
)
from digest.editions.issue import NewsletterSettings
from digest.errors import TemplateError
from digest.mail.headers import clean
from digest.render.environment import make_environment, render
from digest.render.text import wrap
from digest.render.words import Words
from digest.templates import ORIGINAL
from digest.translations import Translations

_STYLES = ("web/style.css", "web/archive.css")
_DESCRIPTION = 300  # characters; previews show fewer
# An issue is a mail: its styles stand in its tags. It runs nothing and sends nothing.
ISSUE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src https:; form-action 'none';"
    " base-uri 'none'"
)


class Librarian:
    """Writes pages in every language there is; built once, and safe to share between threads.

    Files in ``folder`` (the operator's) win over the shipped ones. ``public_url`` is where readers
    find the pages, ``zone`` the newsletter's.
    """

    def __init__(
        self,
        newsletter: NewsletterSettings,
        *,
        public_url: str,
        folder: Path | None = None,
        salutation: str = "",
        zone: tzinfo = UTC,
    ) -> None:
        self.newsletter = newsletter
        self.everywhere = everywhere(public_url)
        self._zone = zone
        self._translations = Translations(folder, salutation=salutation)
        self._environments = {
            tag: make_environment(folder, language=self._translations.language(tag))
            for tag in self._translations.languages
        }
        english = self._environments[ORIGINAL]
        self._style = "".join(render(english, name) for name in _STYLES)
        if re.search(r"</style", self._style, re.IGNORECASE):
            raise TemplateError("a style sheet cannot hold </style", name=_STYLES[-1])
        # The style stands in the page, so its hash is all that the policy has to allow.
        digest = b64encode(sha256(self._style.encode()).digest()).decode()
        self.policy = (
            f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'none'; base-uri 'none'"
        )

    def words(self, language: str) -> Words:
        """Return what writes sentences, numbers and dates in a language."""
        tag = self._translations.match(language) or ORIGINAL
        return Words(language=tag, sentences=self._translations.language(tag))

    def everything(
        self, records: Sequence[Record], topics: Sequence[Topic], *, visit: Visit
    ) -> str:
        """Write the list of all issues, newest first, and of all topics."""
        at, words = visit.at, visit.words
        title = words.sentences.gettext("All issues")
        about = About(
            url=self.everywhere.archive, title=title, description=clean(self.newsletter.tagline)
        )
        by_name = sorted(topics, key=lambda topic: topic.name.casefold())
        return self._page(
            "archive",
            about,
            visit=visit,
            issues=[
                issue_line(record, title=self.title(record, words=words), visit=visit)
                for record in records
            ],
            topics=[(at.topic(topic.slug), clean(topic.name)) for topic in by_name],
        )

    def topic(self, topic: Topic, *, visit: Visit) -> str:
        """Write the list of the posts on one topic."""
        at, words = visit.at, visit.words
        name = clean(topic.name)
        about = About(
            url=self.everywhere.topic(topic.slug),
            title=name,
            description=words.sentences.gettext("All posts on %(topic)s") % {"topic": name},
        )
        return self._page(
            "archive-topic",
            about,
            visit=visit,
            posts=[topic_line(entry, visit=visit) for entry in topic.posts],
            feeds=feed_links(clean(self.newsletter.name), at=at, topic=topic),
        )

    def notice(self, record: Record, *, visit: Visit) -> str:
        """Write what stands in the place of a withdrawn issue."""
        text = self.excuse(record, words=visit.words)
        title = self.title(record, words=visit.words)
        about = About(url=self.everywhere.issue(record.number), title=title, description=text)
        return self._page("archive-notice", about, visit=visit, text=text)

    def issue(self, record: Record, copy: Copy, *, among: Sequence[Record], visit: Visit) -> str:
        """Write an issue as it was sent, with links to its neighbours and an anchor per topic.

        The posts that the mail had no room for stand below it. ``among`` are all issues.
        """
        issue, words = record.issue, visit.words
        topics = {slug: clean(name) for slug, name in topics_in(issue).items()}
        before, after = neighbours(among, number=record.number)
        values = self._values(self._about(record, copy), visit=visit, policy=ISSUE_POLICY)
        values |= {"record": record, "before": before, "after": after, "topics": topics}
        more = left_out(issue, sent=copy.html, words=words)
        parts = {
            part: self._render(f"archive-{part}", words=words, **values, more=more)
            for part in ("head", "top", "end")
        }
        return graft(copy.html, Graft(**parts, anchors=topics))

    def text(self, record: Record, copy: Copy, *, words: Words) -> str:
        """Write an issue's text, with the posts that the mail had no room for below it."""
        lines = [copy.text.rstrip("\n")]
        for line in left_out(record.issue, sent=copy.text, words=words):
            said = (line.summary, " · ".join(line.about))
            lines += ["", wrap(line.title, first="* ", indent="  ")]
            lines += [wrap(words, first="  ", indent="  ") for words in said if words]
            lines += [f"  {line.url}"]
        return "\n".join(lines) + "\n"

    def content(self, record: Record, *, words: Words) -> str:
        """Write an issue's words without its looks, for feeds."""
        paragraphs = (record.issue.introduction or "").split("\n")
        return self._render(
            "archive-entry",
            words=words,
            direction=words.direction,
            introduction=[text for text in map(clean, paragraphs) if text],
            sections=sections(record.issue, words=words),
        )

    def title(self, record: Record, *, words: Words) -> str:
        """Return what a list calls an issue."""
        if record.withdrawal:
            say = words.sentences.gettext("Issue %(number)s was withdrawn")
            return say % {"number": record.number}
        for post in record.issue.posts[:1]:
            return clean(post.title)
        return words.sentences.gettext("Issue %(number)s") % {"number": record.number}

    def summary(self, record: Record) -> str:
        """Return the introduction of an issue, or of its lead; "" when it has neither."""
        leads = [post.summary for post in record.issue.posts[:1]]
        return clean(next(filter(None, (record.issue.introduction, *leads)), ""))

    def excuse(self, record: Record, *, words: Words) -> str:
        """Say when an issue was withdrawn, and why."""
        assert record.withdrawal is not None  # noqa: S101 - others have no excuse
        day = words.day(record.withdrawal.at.astimezone(self._zone).date(), pattern="long")
        when = words.sentences.gettext("It was withdrawn on %(day)s.") % {"day": day}
        return f"{when} {clean(record.withdrawal.reason or '', most=_DESCRIPTION)}".strip()

    def _about(self, record: Record, copy: Copy) -> About:
        return About(
            url=self.everywhere.issue(record.number),
            title=clean(copy.subject),
            description=(self.summary(record) or clean(self.newsletter.tagline))[:_DESCRIPTION],
            kind="article",
            published=moment(record.published_at),
        )

    def _page(self, name: str, about: About, *, visit: Visit, **values: Any) -> str:
        common = self._values(about, visit=visit, policy=self.policy)
        style = Markup(self._style)  # noqa: S704 - our own file, and its hash is in the policy
        return self._render(name, words=visit.words, **{**common, "style": style, **values})

    def _values(self, about: About, *, visit: Visit, policy: str) -> dict[str, Any]:
        return {
            "about": about,
            "at": visit.at,
            "home": visit.home,
            "others": visit.others,
            "language": visit.words.language,
            "direction": visit.words.direction,
            "newsletter": self.newsletter,
            "feeds": feed_links(clean(self.newsletter.name), at=visit.at),
            "policy": policy if visit.is_filed else None,
        }

    def _render(self, name: str, *, words: Words, **values: Any) -> str:
        return render(self._environments[words.sentences.tag], f"web/{name}.html.j2", **values)
