"""When mail that comes back has consequences: the settings, for whoever has to know them."""

from dataclasses import dataclass

from digest.limits import Count


@dataclass(frozen=True, kw_only=True)
class ReactionSettings:
    """When mail that comes back has consequences (rules R25, R27).

    Somebody is mailed no more when ``soft_issues`` issues in a row were not taken, due over at
    least ``soft_days`` days. An issue is paused when ``refusals`` of its letters were refused for
    reasons of ours: policy, content, standing.
    """

    soft_issues: Count = 3
    soft_days: Count = 14
    refusals: Count = 20
