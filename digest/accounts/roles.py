"""The four roles of those who run the newsletter, and what each may do."""

from enum import StrEnum


class Role(StrEnum):
    """What an account may do; each may do all that those before it may."""

    VIEWER = "viewer"  # see everything
    EDITOR = "editor"  # choose posts and words, look after the sources
    PUBLISHER = "publisher"  # approve, send, hold, pause; look after the readers
    ADMIN = "admin"  # people and roles, keys, imports and exports, templates

    def reaches(self, needed: "Role") -> bool:
        """Whether this role may do what needs the other one."""
        order = list(Role)
        return order.index(self) >= order.index(needed)
