"""The two writes of a sign-up: each is one, and one lock, for strangers and for those known."""

from functools import cache

from storage.statement import Statement


@cache
def entering(keys: int) -> Statement:
    """Return what enters a person, or finds them under any of so many keys of their mailbox.

    Its row: id, status, language, and why the mailbox is suppressed (None where it is not).
    """
    return Statement(_ENTERING.format(keys=", ".join(f":key{n}" for n in range(keys))))


@cache
def noting(dialect: str) -> Statement:
    """Return what notes a request, or finds the one that is open; its row: id and end."""
    new = "NULL" if dialect == "sqlite" else "nextval('confirmation_id_seq')"
    return Statement(_NOTING.format(new=new), times=(1,))


_ENTERING = """
INSERT INTO subscriber (email, mailbox_key, language, status, created_at, pace, format)
VALUES (
    :email,
    coalesce(
        (SELECT mailbox_key FROM subscriber WHERE mailbox_key IN ({keys}) ORDER BY id LIMIT 1),
        :key0
    ),
    :language, :status, :now, :pace, :format
)
ON CONFLICT (mailbox_key) DO UPDATE SET status = subscriber.status
RETURNING id, status, language,
    (SELECT reason FROM suppression WHERE mailbox_key IN ({keys}) ORDER BY since LIMIT 1)
"""
_NOTING = """
INSERT INTO confirmation (
    id, subscriber_id, purpose, email, mailbox_key, wishes, requested_at, expires_at, tries_left
)
VALUES (
    coalesce(
        (SELECT id FROM confirmation
        WHERE subscriber_id = :whose AND purpose = :purpose AND requested_at > :since
            AND used_at IS NULL
        ORDER BY id DESC LIMIT 1),
        {new}
    ),
    :whose, :purpose, :email, :key, :wishes, :now, :until, :tries
)
ON CONFLICT (id) DO UPDATE SET email = excluded.email, wishes = excluded.wishes
RETURNING id, expires_at
"""
