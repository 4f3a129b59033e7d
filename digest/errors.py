"""The errors of the newsletter: each says what happened and what the operator can do."""


class DigestError(Exception):
    """The root of all errors that the operator can act on."""

    exit_code = 1


class ConfigurationError(DigestError, ValueError):
    """The configuration is wrong; the message names file, key and cure."""

    exit_code = 2


class UsageError(DigestError, ValueError):
    """The command was called in a way that cannot work."""

    exit_code = 2


class PersonNeededError(DigestError):
    """A person has to decide before anything is sent."""

    exit_code = 3


class BusyError(DigestError):
    """Another process holds what this command cannot share."""

    exit_code = 5


class SchemaError(DigestError):
    """The database does not have the schema of this version."""

    exit_code = 2


class TemplateError(DigestError, ValueError):
    """A template cannot be rendered; nothing was frozen or sent."""

    def __init__(self, message: str, *, name: str, line: int | None = None) -> None:
        super().__init__(f"{name}:{line}: {message}" if line else f"{name}: {message}")
        self.name = name
        self.line = line


class UnfitError(DigestError, ValueError):
    """An address, name or text cannot stand where it was put."""
