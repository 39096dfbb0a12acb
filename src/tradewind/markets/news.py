"""Scheduled releases, and what was known of them when.

An event is a *version* of what somebody expects: a release of this name at this time, as known from `known_at` on.
When it is moved, or will not come, a later version of the same id says so, and none is ever changed or taken away.
So the calendar of any past moment can be read: the latest version of each id that was known then. That is all a
backtest may see. What the release said is nowhere here. Times are nanoseconds UTC.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from tradewind.errors import BadData, UnknownName
from tradewind.markets.instruments import Instrument

IMPACTS = ("low", "medium", "high")

KINDS = {"release": 1, "fomc": 2, "eia": 4}
"""What has a window of its own, and its bit in `news_kinds` of the kernel's instruments."""

_FOMC = re.compile(
    r"federal funds rate|fed(eral reserve)? interest rate decision"
    r"|fomc (statement|press conference|economic projections|(interest )?rate decision)",
    re.IGNORECASE,
)
_EIA = re.compile(r"^(?!.*\bapi\b).*(crude oil (inventories|stocks)|petroleum status)", re.IGNORECASE)


class Event(NamedTuple):
    """One version of a scheduled release."""

    id: str
    """The same for every version of one release."""
    name: str
    currency: str
    impact: str
    """One of IMPACTS."""
    ts: int
    """When it is due."""
    known_at: int
    """When this version became known."""
    source: str
    kind: str = "release"
    """One of KINDS: which window it has."""
    cancelled: bool = False
    """It will not come, or nobody knows when."""


def checked(event: Event) -> Event:
    """Return the event if its words are ours, or raise for the first that is not."""
    if event.impact not in IMPACTS:
        raise UnknownName("impact", event.impact, IMPACTS)
    if event.kind not in KINDS:
        raise UnknownName("kind of release", event.kind, KINDS)
    if not re.fullmatch(r"[A-Z]{3}", event.currency):
        raise BadData(f"The currency {event.currency!r} is not three capital letters.", "Write it as USD or EUR.")
    if not event.name or not event.id:
        raise BadData("A release has no name.", "Give every row one.")
    return event


def kind_of(name: str, currency: str) -> str:
    """Return which window a release of that name has: rate decisions of the Fed and oil stocks have their own."""
    if currency == "USD" and _FOMC.search(name):
        return "fomc"
    return "eia" if _EIA.search(name) else "release"


def in_order(versions: Iterable[Event]) -> list[Event]:
    """Return versions as they became known; of those known at one moment the later given counts more."""
    return sorted(versions, key=lambda version: version.known_at)


def known(versions: Iterable[Event], moment: int) -> list[Event]:
    """Return the calendar as it was known at a moment, by time, without what had been cancelled by then."""
    latest = {version.id: version for version in in_order(versions) if version.known_at <= moment}
    return sorted((event for event in latest.values() if not event.cancelled), key=lambda event: (event.ts, event.id))


def concerns(event: Event, instrument: Instrument, impacts: Iterable[str]) -> bool:
    """Return whether the release makes a window for the instrument: its currency and impact, oil stocks for oil."""
    if event.kind == "eia":
        return instrument.holiday_group == "energy"
    return event.currency in instrument.news_currencies and event.impact in impacts
