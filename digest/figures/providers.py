"""The groups of receiving providers that figures show: few enough for a picture."""

from collections.abc import Mapping

from digest.delivery import receivers

OTHERS = "Others"

_SHOWN = {
    "gmail": "Gmail",
    "outlook.com": "Microsoft",
    "microsoft-365": "Microsoft",
    "gmx": "GMX and WEB.DE",
    "t-online": "Telekom",
    "icloud": "iCloud",
    "yahoo": "Yahoo and AOL",
    "proton": "Proton",
    "ionos": "IONOS",
}


def group_of(domain: str, *, looked_up: Mapping[str, str]) -> str:
    """Return the group of a mailbox domain; ``looked_up`` knows the receivers of some by DNS."""
    name = domain.lower()
    return _SHOWN.get(receivers.known(name) or looked_up.get(name, ""), OTHERS)
