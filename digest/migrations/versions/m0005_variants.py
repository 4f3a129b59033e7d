"""An issue in as many forms as its readers' choices ask for, and a person's words for it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision: str | None = "0004"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_UNIQUE = ["edition_id", "language", "sha256"]
_KEPT = "id, edition_id, language, subject, html, text, sha256"


def upgrade() -> None:
    """Go one step up."""
    if op.get_bind().dialect.name == "sqlite":
        _remake_variant()
    else:
        _alter_variant()
    with op.batch_alter_table("edition", schema=None) as batch_op:
        batch_op.add_column(sa.Column("subject", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("introduction", sa.Text(), nullable=True))
    _make_choice()


def _alter_variant() -> None:
    for column in _new_columns():
        op.add_column("variant", column)
    op.drop_constraint(op.f("uq_variant_edition_id_language"), "variant", type_="unique")
    op.create_unique_constraint(op.f("uq_variant_edition_id_language_sha256"), "variant", _UNIQUE)


def _remake_variant() -> None:
    """Make it anew under its own name.

    Deliveries point to it: they are counted as orphans when it goes, and back again as its rows
    return. Renaming a new table into its place, as Alembic would, leaves them orphans.
    """
    op.execute("PRAGMA defer_foreign_keys=ON")
    op.execute(f"CREATE TABLE variant_before AS SELECT {_KEPT} FROM variant")  # noqa: S608 - ours
    op.drop_table("variant")
    op.create_table(
        "variant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        *_new_columns(),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name=op.f("fk_variant_edition_id_edition")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_variant")),
        sa.UniqueConstraint(*_UNIQUE, name=op.f("uq_variant_edition_id_language_sha256")),
    )
    op.execute(f"INSERT INTO variant ({_KEPT}) SELECT {_KEPT} FROM variant_before")  # noqa: S608
    op.drop_table("variant_before")


def _new_columns() -> "tuple[sa.Column[str], ...]":
    return (
        sa.Column("topics", sa.Text(), nullable=True),
        sa.Column("format", sa.String(length=10), server_default="html", nullable=False),
    )


def _make_choice() -> None:
    op.create_table(
        "choice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("topics", sa.Text(), nullable=False),
        sa.Column("format", sa.String(length=10), nullable=False),
        sa.Column("readers", sa.Integer(), nullable=False),
        sa.Column("variant_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["edition.id"], name=op.f("fk_choice_edition_id_edition")
        ),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variant.id"], name=op.f("fk_choice_variant_id_variant")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_choice")),
    )
    if op.get_bind().dialect.name == "sqlite":  # PostgreSQL hashes it, and takes no long keys
        op.create_index("ix_choice_join", "choice", ["edition_id", "language", "format", "topics"])
