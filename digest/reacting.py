"""When mail that comes back has consequences: the settings, for whoever has to know them."""

from dataclasses import dataclass

from digest.limits import Count, Share


@dataclass(frozen=True, kw_only=True)
class ReactionSettings:
    """When mail that comes back has consequences (rules R25, R27).

    Somebody is mailed no more when ``soft_issues`` issues in a row were not taken, due over at
    least ``soft_days`` days. An issue is paused when ``refusals`` of its letters were refused for
    reasons of ours (policy, content, standing), or when more than the share ``bounces`` of them
    came back for good, or more than ``complaints`` were called spam (rule R5: below 0.001 is good,
    and from 0.003 on Gmail and Yahoo block).
    """

    soft_issues: Count = 3
    soft_days: Count = 14
    refusals: Count = 20
    bounces: Share = 0.1
    complaints: Share = 0.003
