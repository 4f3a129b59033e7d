"""Records of sent issues, as the archive takes them."""

from datetime import UTC, datetime, timedelta

from press import PUBLIC_URL, issue

from digest.archive.librarian import Librarian
from digest.archive.record import Record, Withdrawal
from digest.editions.issue import Issue, NewsletterSettings

FRIDAY = datetime(2026, 6, 12, 5, 0, tzinfo=UTC)


def record(number: int = 24, *, of: Issue | None = None, withdrawn: str | None = None) -> Record:
    """Make the record of an issue; ``withdrawn`` is why it was taken back, three days later."""
    published = FRIDAY + timedelta(weeks=number - 24)
    withdrawal = Withdrawal(at=published + timedelta(days=3), reason=withdrawn)
    return Record(
        edition_id=number,
        number=number,
        issue=of or issue(),
        published_at=published,
        withdrawal=withdrawal if withdrawn else None,
    )


def the_librarian(newsletter: NewsletterSettings | None = None) -> Librarian:
    """Build the librarian of the sample newsletter."""
    return Librarian(newsletter or NewsletterSettings(), public_url=PUBLIC_URL)
