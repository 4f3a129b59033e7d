"""What the JSON interface takes and gives; the names of the fields are a promise."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    IPvAnyAddress,
    StrictBool,
)

from subscribers.directory import Added, Member

_LONGEST = 500


def _in_writing(value: Any) -> Any:
    """Refuse a number or a truth value, of which an address or a moment could be made."""
    if value is not None and not isinstance(value, str):
        raise ValueError("it is written as text")
    return value


InWriting = BeforeValidator(_in_writing)


class Strict(BaseModel):
    """What is sent to us: a field that we do not know is an error, not a wish unheard."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class NewSubscriber(Strict):
    """Somebody who has agreed to get the issues; ``source`` says where and when."""

    email: str = Field(max_length=_LONGEST, examples=["ada@example.org"])
    source: str = Field(min_length=1, max_length=1000, examples=["paper list, 3 May 2026"])
    name: str | None = Field(default=None, max_length=_LONGEST)
    language: str | None = Field(default=None, max_length=35, examples=["en"])
    again: StrictBool = Field(default=False, description="They had left and have agreed anew.")


class NewSignup(Strict):
    """Somebody who asks for the issues on a page of yours.

    ``consent`` are the words that they saw, in ``language``; they stay after an erasure, so let
    them name nobody. ``ip``, ``user_agent`` and ``form`` are theirs and not your program's; of the
    first is kept what the configuration allows, of the last no query.
    """

    email: str = Field(max_length=_LONGEST, examples=["ada@example.org"])
    consent: str = Field(min_length=1, max_length=2000)
    language: str = Field(default="", max_length=35, examples=["en"])
    topics: list[str] | None = Field(default=None, max_length=200)
    ip: Annotated[IPvAnyAddress | None, InWriting] = None
    user_agent: str = Field(default="", max_length=1000)
    form: str = Field(default="", max_length=2000, examples=["https://blog.example/join"])


class Taken(BaseModel):
    """The answer to every sign-up, whoever has the address."""

    detail: str = "if this address can be mailed, it is asked to confirm"


class Changes(Strict):
    """What is to change; a field that is left out stays, ``topics: null`` is all topics."""

    topics: list[str] | None = Field(default=None, max_length=200)
    pace: Literal["weekly", "monthly"] = Field(
        default="weekly",
        description="Monthly is the best of four weeks; refused where there are no weekly issues.",
    )
    language: str = Field(default="", min_length=2, max_length=35)
    format: Literal["html", "text"] = "html"
    paused_until: Annotated[AwareDatetime | None, InWriting] = None


class Address(Strict):
    """An address that is looked for; in a body, because addresses of pages end up in logs."""

    email: str = Field(max_length=_LONGEST)


class Reason(Strict):
    """Why somebody is taken off the list, in words; it is kept as evidence."""

    source: str = Field(min_length=1, max_length=1000)


class Subscriber(BaseModel):
    """One person; ``email`` and ``name`` are null once they are erased."""

    id: int
    email: str | None
    name: str | None
    status: str
    language: str
    topics: list[str] | None = Field(description="Slugs; null is all topics.")
    pace: str
    format: str
    paused_until: datetime | None
    created_at: datetime
    confirmed_at: datetime | None

    @classmethod
    def of(cls, member: Member) -> Self:
        """Say what the list says."""
        chosen = member.preferences
        return cls(
            id=member.id,
            email=member.email,
            name=member.name,
            status=member.status,
            language=member.language,
            topics=None if chosen.topics is None else list(chosen.topics),
            pace=chosen.pace,
            format=chosen.format,
            paused_until=member.paused_until,
            created_at=member.created_at,
            confirmed_at=member.confirmed_at,
        )


class Page(BaseModel):
    """Some subscribers in the order in which they came; ``next`` is null on the last page."""

    subscribers: list[Subscriber]
    next: str | None = Field(description="The value of `after` for the page that follows.")


class Outcome(BaseModel):
    """What became of an address: added, known (nothing changed) or returned."""

    outcome: str
    subscriber: Subscriber

    @classmethod
    def of(cls, added: Added, member: Member) -> Self:
        """Say what the list says."""
        return cls(outcome=added.outcome, subscriber=Subscriber.of(member))
