"""From an issue to a composed issue: rendered once per variant, personal slots left open."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ComposedIssue:
    """One rendered variant; ``html`` and ``text`` hold slot markers (see `render.personal`)."""

    language: str
    subject: str
    html: str
    text: str
