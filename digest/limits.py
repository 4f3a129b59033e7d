"""The limits that many numbers among the settings share, by name."""

from typing import Annotated

from storage.limits import Limits

Count = Annotated[int, Limits(1)]
CountOrNone = Annotated[int, Limits(0)]  # zero says "no limit" or "none"
Workers = Annotated[int, Limits(1, 100)]  # threads or processes; the database has room for them
Share = Annotated[float, Limits(0, 1)]  # of a whole
Days = Annotated[int, Limits(0, 3650)]
Hours = Annotated[float, Limits(0, 8760)]
Minutes = Annotated[float, Limits(0, 525_600)]
WholeMinutes = Annotated[int, Limits(1, 525_600)]
Seconds = Annotated[float, Limits(0.1, 86_400)]
Pause = Annotated[float, Limits(0, 86_400)]  # seconds, or no pause at all
Port = Annotated[int, Limits(1, 65_535)]
PortOrAny = Annotated[int, Limits(0, 65_535)]  # zero takes a free one
