"""One reader's letter: the slots of a composed issue filled, nothing rendered or parsed again."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, tzinfo

from digest.editions.issue import Issue
from digest.mail.headers import wire_address
from digest.mail.letter import Letter
from digest.mail.mime import Mailing, Mould, SenderSettings
from digest.render.composed import ComposedIssue
from digest.render.fillable import Fillable
from digest.render.slots import Slot, markers, without_edges
from digest.render.words import written_date
from subscribers.person import Person

# As plain text: looking them up as members costs more than the values they name.
_EMAIL, _CONFIRMED_ON = Slot.EMAIL.value, Slot.CONFIRMED_ON.value
_UNSUBSCRIBE_URL = Slot.UNSUBSCRIBE_URL.value


class Personaliser:
    """Writes the letters of one composed issue; safe to share between threads.

    ``return_path`` makes the address to which a bounce goes from a delivery's key.
    ``links`` make the address for each slot that is one, from a subscriber's id. ``dated`` is the
    letters' Date, the same on every retry. ``zone`` is the newsletter's, for the day of the
    confirmation.
    ``sign`` gives the finished bytes back with their signature on top; None leaves it to a relay.
    """

    def __init__(  # noqa: PLR0913 - its parts
        self,
        composed: ComposedIssue,
        *,
        issue: Issue,
        sender: SenderSettings,
        return_path: Callable[[str], str],
        public_url: str,
        links: Mapping[Slot, Callable[[int], str]],
        dated: datetime,
        zone: tzinfo,
        sign: Callable[[bytes], bytes] | None = None,
    ) -> None:
        self._language = composed.language
        self._return_path = return_path
        self._zone = zone
        self._sign = sign
        self._days: dict[date, str] = {}
        mailing = Mailing(
            newsletter=issue.newsletter.name,
            slug=issue.newsletter.slug,
            period=issue.period,
            subject=composed.subject,
            text=without_edges(composed.text, seal=issue.seal),
            html=without_edges(composed.html, seal=issue.seal),
            date=dated,
            archive_url=f"{public_url.rstrip('/')}/archive",
        )
        self._mould = Mould(mailing, sender=sender, slots=markers(seal=issue.seal))
        self._fillable = Fillable(
            self._mould, seal=issue.seal, address=wire_address(sender.from_address)
        )
        used = self._mould.slots | {Slot.UNSUBSCRIBE_URL}  # it stands in a header, too
        self._links = [(slot.value, make) for slot, make in links.items() if slot in used]

    def letter(self, reader: Person, *, key: str) -> Letter:
        """Write the letter; the same reader and key give the same bytes.

        ``key`` names the delivery. Raises `UnfitError` when the reader's address cannot be written
        into a mail.
        """
        address = wire_address(reader.email)
        values = {slot: make(reader.subscriber_id) for slot, make in self._links}
        values[_EMAIL] = reader.email
        values[_CONFIRMED_ON] = self._day(reader.confirmed_at)
        parts = self._mould.fill(
            key=key,
            name=reader.name,
            address=address,
            unsubscribe_url=values[_UNSUBSCRIBE_URL],
            values=values,
        )
        if self._sign:
            parts = (self._sign(b"".join(parts)),)
        return Letter(
            key=key,
            sender=self._return_path(key),
            recipient=address,
            parts=parts,
            dotless=True,
        )

    def to_fill(self, reader: Person, *, key: str) -> Letter:
        """Write the letter for a carrier that fills in the words itself; otherwise as `letter`."""
        own = {slot: make(reader.subscriber_id) for slot, make in self._links}
        own[_EMAIL] = reader.email
        own[_CONFIRMED_ON] = self._day(reader.confirmed_at)
        return Letter(
            key=key,
            sender=self._return_path(key),
            recipient=wire_address(reader.email),
            name=reader.name or "",
            sheet=self._fillable.sheet,
            values=self._fillable.fill(own),
        )

    def _day(self, moment: datetime) -> str:
        day = moment.astimezone(self._zone).date()
        if day not in self._days:  # many readers share few days, and writing one out is slow
            self._days[day] = written_date(day, pattern="long", language=self._language)
        return self._days[day]
