"""What has been rendered: the words of one variant, with the personal slots left open."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ComposedIssue:
    """One rendered variant; ``html`` and ``text`` hold slot markers (see `render.slots`).

    ``html`` is empty where readers get the text alone. ``topics`` are the slugs that are in it,
    None the whole issue. The last ``folded`` posts are counted only, and stand in the online
    edition. ``preheader`` is the line beside the subject in an inbox. ``trouble`` says why it does
    not look as it should.
    """

    language: str
    subject: str
    html: str
    text: str
    topics: tuple[str, ...] | None = None
    folded: int = 0
    preheader: str = ""
    trouble: tuple[str, ...] = ()
