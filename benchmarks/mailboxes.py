"""Keys of mailboxes as long and as random as real ones, for indexes cost by that."""

from hashlib import blake2b

_OCTETS = 10


def mailbox_key(number: int) -> str:
    """Return the key of one mailbox: 20 hexadecimal digits, the same ones every time."""
    return blake2b(str(number).encode(), digest_size=_OCTETS).hexdigest()
