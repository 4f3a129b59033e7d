"""Which of its kept forms a sealed issue has for readers of some choice."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from digest.editions.choices import Choice, spoken
from digest.editions.store import Variant
from digest.tables import ChoiceRow, VariantRow


def form_for(
    session: Session,
    edition_id: int,
    choice: Choice,
    *,
    languages: Sequence[str],
    default: str,
) -> Variant | None:
    """Return what readers of this choice were sent; None: the issue had nothing for them.

    Whom nobody chose like gets the whole issue in their language, as `ledger.write` has it.
    """
    served = session.execute(
        select(ChoiceRow.variant_id).where(
            ChoiceRow.edition_id == edition_id,
            ChoiceRow.language == choice.language,
            ChoiceRow.topics == choice.topics,
            ChoiceRow.format == choice.format,
        )
    ).first()
    if served is None:
        language = spoken(choice.language, languages=languages, default=default)
        return _first(session, _whole(edition_id, language=language))
    return _first(session, _FORMS.where(VariantRow.id == served[0]))


_FORMS = select(*(getattr(VariantRow, field.name) for field in fields(Variant)))


def _whole(edition_id: int, *, language: str) -> Select[Any]:
    """Select the whole issue, if possible in this language."""
    return _FORMS.where(VariantRow.edition_id == edition_id).order_by(
        VariantRow.topics.is_not(None),
        VariantRow.language != language,
        VariantRow.format,
        VariantRow.id,
    )


def _first(session: Session, forms: Select[Any]) -> Variant | None:
    row = session.execute(forms.limit(1)).mappings().first()
    return Variant(**row) if row else None
