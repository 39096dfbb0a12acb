"""What somebody may do: six scopes, none of which contains another."""

from collections.abc import Iterable
from typing import NamedTuple

from tradewind.errors import UnknownName

SCOPES = {
    "read": "see everything but secrets",
    "backtest": "submit backtests, sweeps and imports, which cost time and disk",
    "paper": "start, stop and change paper accounts",
    "trade": "start, stop and change live accounts",
    "admin": "users, keys and settings",
    "kill": "stop trading, at once and always",
}


class Principal(NamedTuple):
    """Who asks, and what they may do."""

    name: str
    scopes: frozenset[str]
    by: str
    """key, token or session: how it was shown who they are."""
    fresh_ns: int = 0
    """When a password was last given; 0: never in this session."""


def checked(scopes: Iterable[str]) -> frozenset[str]:
    """Return the scopes, all of which there are."""
    found = frozenset(scopes)
    for name in found:
        if name not in SCOPES:
            raise UnknownName("scope", name, SCOPES)
    return found
