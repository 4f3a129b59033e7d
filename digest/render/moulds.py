"""The personalisers of an edition, each compiled when its first letter is written."""

import threading
from collections.abc import Callable, Iterator, Mapping

from digest.editions.store import Variant
from digest.render.personal import Personaliser


class Moulds(Mapping[int, Personaliser]):
    """Personalisers by their variants' ids; safe to share between threads.

    An issue may have hundreds of variants, of which one process sends a few.
    """

    def __init__(
        self, variants: Mapping[int, Variant], *, make: Callable[[Variant], Personaliser]
    ) -> None:
        self._variants = variants
        self._make = make
        self._made: dict[int, Personaliser] = {}
        self._lock = threading.Lock()

    def __getitem__(self, variant_id: int) -> Personaliser:
        """Return one, compiled now if need be."""
        made = self._made.get(variant_id)
        if made is None:
            with self._lock:
                made = self._made.get(variant_id) or self._make(self._variants[variant_id])
                self._made[variant_id] = made
        return made

    def __iter__(self) -> Iterator[int]:
        """Yield the ids."""
        return iter(self._variants)

    def __len__(self) -> int:
        """Count the variants."""
        return len(self._variants)
