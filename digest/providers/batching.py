"""Which letters share a request: pure."""

from collections.abc import Iterable, Iterator, Sequence

from digest.mail.letter import Letter
from digest.providers.capabilities import Capabilities


def groups(letters: Iterable[Letter], *, capabilities: Capabilities) -> Iterator[Sequence[Letter]]:
    """Yield the letters in groups that one request can carry.

    Where the provider fills the words, those of one group have one sheet. Nobody stands twice in a
    group: several providers tell readers apart by their addresses alone.
    """
    open_groups: dict[int, _Group] = {}
    for letter in letters:
        key = id(letter.sheet or letter) if capabilities.fills else 0
        group = open_groups.get(key)
        if group and not group.has_room_for(letter):
            yield group.letters
            group = None
        if group is None:
            group = open_groups[key] = _Group(capabilities)
        group.add(letter)
    yield from (group.letters for group in open_groups.values())


class _Group:
    def __init__(self, capabilities: Capabilities) -> None:
        self.letters: list[Letter] = []
        self._readers: set[str] = set()
        self._bytes = 0
        self._capabilities = capabilities

    def has_room_for(self, letter: Letter) -> bool:
        most = self._capabilities.batch_bytes
        return (
            len(self.letters) < self._capabilities.batch
            and letter.recipient.lower() not in self._readers
            and not (most and self._bytes + _weight(letter) > most)
        )

    def add(self, letter: Letter) -> None:
        self.letters.append(letter)
        self._readers.add(letter.recipient.lower())
        self._bytes += _weight(letter) if self._capabilities.batch_bytes else 0


def _weight(letter: Letter) -> int:
    """Return about how many bytes a letter takes in a request that holds all of its words."""
    return letter.sheet.size if letter.sheet else 2 * letter.size
