"""A lock on the evidence of consent: from here on the database refuses to change or delete it.

The statements are those of `subscribers.kept` as they were when this step was written.
"""

from collections.abc import Sequence

from alembic import op

revision = "0007"
down_revision: str | None = "0006"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None

_SQLITE = (
    """
    CREATE TRIGGER consent_event_unchanged BEFORE UPDATE ON consent_event
    WHEN NEW.id IS NOT OLD.id OR NEW.subscriber_id IS NOT OLD.subscriber_id
        OR NEW.at IS NOT OLD.at OR NEW.kind IS NOT OLD.kind
        OR (SELECT status FROM subscriber WHERE id = OLD.subscriber_id) IS NOT 'erased'
        OR EXISTS (
            SELECT key, value FROM json_each(NEW.evidence)
            EXCEPT SELECT key, value FROM json_each(OLD.evidence)
        )
    BEGIN SELECT RAISE(ABORT, 'evidence of consent is only ever added'); END
    """,
    """
    CREATE TRIGGER consent_event_undeleted BEFORE DELETE ON consent_event
    WHEN (SELECT status FROM subscriber WHERE id = OLD.subscriber_id) IS NOT 'pending'
    BEGIN SELECT RAISE(ABORT, 'evidence of consent is only ever added'); END
    """,
)

_POSTGRES = (
    """
    CREATE OR REPLACE FUNCTION keep_consent_event() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        standing text;
    BEGIN
        IF TG_OP <> 'TRUNCATE' THEN
            SELECT status INTO standing FROM subscriber WHERE id = OLD.subscriber_id;
            IF TG_OP = 'DELETE' AND standing = 'pending' THEN
                RETURN OLD;
            END IF;
            IF TG_OP = 'UPDATE' AND standing = 'erased'
                AND (NEW.id, NEW.subscriber_id, NEW.at, NEW.kind)
                    = (OLD.id, OLD.subscriber_id, OLD.at, OLD.kind)
                AND OLD.evidence::jsonb @> NEW.evidence::jsonb
            THEN
                RETURN NEW;
            END IF;
        END IF;
        RAISE EXCEPTION 'evidence of consent is only ever added'
            USING ERRCODE = 'integrity_constraint_violation';
    END
    $$
    """,
    """
    CREATE TRIGGER consent_event_kept BEFORE UPDATE OR DELETE ON consent_event
    FOR EACH ROW EXECUTE FUNCTION keep_consent_event()
    """,
    """
    CREATE TRIGGER consent_event_whole BEFORE TRUNCATE ON consent_event
    FOR EACH STATEMENT EXECUTE FUNCTION keep_consent_event()
    """,
)


def upgrade() -> None:
    """Go one step up."""
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRES:
        op.execute(statement)
