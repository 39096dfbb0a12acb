"""An account's heartbeat: what its trader said last, and whether that is still to be believed."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tradewind import money
from tradewind.errors import UnknownName
from tradewind.live.folder import Folder, account_names

FRESH_S = 5.0
"""Seconds after which a beat that comes each second proves nothing any more."""
RUNNING, STALE, STOPPED, NEVER, STARTING = "running", "stale", "stopped", "never ran", "starting"


class Heart(NamedTuple):
    """What a trader said of itself last."""

    told: dict[str, Any]
    """The heartbeat; empty where there is none."""
    age_s: float | None
    """Seconds since; None where there is none, or where it was written before the machine was started."""
    state: str
    """running, stale (it says it runs, and has been silent for too long), stopped, never ran, or starting (its process
    loads)."""

    @property
    def fresh(self) -> bool:
        """Whether what it says is so now."""
        return self.state == RUNNING

    @property
    def on_a_tape(self) -> bool:
        """Whether its time is that of recorded prices and not of the clock."""
        return "speed" in self.told

    @property
    def currency(self) -> str:
        """The account's currency."""
        return str(self.told.get("currency", "USD"))

    def now(self, wall: int) -> int:
        """Return what time it is for the account, ns UTC: its tape's, else that of the clock."""
        return int(self.told.get("event_ts", wall)) if self.on_a_tape else wall

    def amount(self, minor: object) -> float | None:
        """Return minor units of the account as units of its currency; None for what is no number."""
        return in_units(minor, self.currency)


def in_units(minor: object, currency: str) -> float | None:
    """Return minor units as units of the currency, rounded to its digits; None for what is no number."""
    digits = money.minor_digits(currency)
    return round(float(minor) / 10**digits, digits) if isinstance(minor, int | float) else None


def heart_of(folder: Folder, monotonic: Callable[[], int] = time.monotonic_ns) -> Heart:
    """Return an account's heartbeat with its age; one without fresh evidence is not called running."""
    told = folder.read_status() or {}
    beaten = told.get("monotonic_ns")
    age = (monotonic() - beaten) / 1e9 if isinstance(beaten, int) else None
    if age is not None and age < 0:
        age = None
    ended = told.get("ended") is True
    if told and not ended and age is not None and age <= FRESH_S:
        return Heart(told, age, RUNNING)
    begun = folder.begun_ns()
    if begun is not None and (not isinstance(beaten, int) or beaten < begun):
        return Heart(told, age, STARTING)
    return Heart(told, age, NEVER if not told else STOPPED if ended else STALE)


def folder_of(data: Path, name: str) -> Folder:
    """Return the folder of an account that there is; UnknownName where there is none of that name."""
    names = account_names(data)
    if name not in names:
        raise UnknownName("account", name, names)
    return Folder(data / "accounts" / name)
