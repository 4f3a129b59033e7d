"""Which adapter reads which kind of source."""

from collections.abc import Mapping
from types import MappingProxyType

from digest.sources import feed
from digest.sources.adapter import Adapter

ADAPTERS: Mapping[str, Adapter] = MappingProxyType({"feed": feed.read})
