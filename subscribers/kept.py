"""The lock on the evidence: the database itself refuses to change or to delete it.

Two doors stay open, and each is as narrow as what goes through it (rules R35, R37, R38): of
somebody who is erased, what tells who they were may be taken out, and nothing be put in; of
somebody who never confirmed, all may be deleted.
"""

from sqlalchemy import DDL, Table, event

# Evidence is compared by its values: one JSON can be written in more than one way.
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


def lock(table: Table) -> None:
    """Have the lock made with the table of the evidence, wherever it is created."""
    for dialect, statements in (("sqlite", _SQLITE), ("postgresql", _POSTGRES)):
        for statement in statements:
            made = DDL(statement)  # type: ignore[no-untyped-call] # SQLAlchemy's has no types
            event.listen(table, "after_create", made.execute_if(dialect=dialect))
