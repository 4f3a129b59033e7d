"""The declarative base: one MetaData, and one way to name every constraint."""

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

# Named constraints can be changed by a migration on every database; unnamed ones cannot.
NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """What every table inherits."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
