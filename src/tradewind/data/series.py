"""What identifies stored data, and what the rest of `data` asks of a store.

A series is one feed of one instrument at one bar size and one side. Feeds are never mixed, because two
brokers' prices of the same minute differ, and sides are never mixed, because a bid is not an ask. Ticks
carry both sides.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self

from tradewind.errors import BadData, UnknownName

if TYPE_CHECKING:
    import polars as pl

Identity = tuple[str, str, int, str, str]

BARS = "bars"
TICKS = "ticks"
BOTH = "both"
SIDES = ("bid", "ask", "mid")

SYNTHETIC = "synthetic"
"""The feed of prices that were made up; every result on them says so."""

NS = 1_000_000_000
SPREAD_DIGITS = 8
"""Recorded spreads are rounded to so many, so that 280 points and 2.8000000000000003 are the same."""

_UNITS = {"S": 1, "M": 60, "H": 3600, "D": 86_400, "W": 604_800}
_TIMEFRAME = re.compile(r"([SMHDW])([1-9]\d{0,4})", re.IGNORECASE)


class Series(NamedTuple):
    """The identity of a series; ticks have timeframe 0 and side "both"."""

    symbol: str
    kind: str
    timeframe: int
    """Seconds."""
    feed: str
    side: str


class Held(Protocol):
    """One series of a store, as far as `data` looks at it."""

    @property
    def series(self) -> Identity:
        """Which one it is."""

    @property
    def first(self) -> int:
        """When its first bar opens, or its first tick came; ns UTC."""

    @property
    def last(self) -> int:
        """When its last bar opens, or its last tick came."""

    @property
    def version(self) -> str:
        """What changes with every write that changes a row."""

    @property
    def sources(self) -> Sequence[Mapping[str, Any]]:
        """Where its rows came from: one entry a file or download."""


class Outcome(Protocol):
    """What a write did."""

    @property
    def new(self) -> int:
        """Rows that were not there before."""

    @property
    def changed(self) -> int:
        """Rows that took the place of others."""


class Delivery(Protocol):
    """Rows of one or several series that are stored together or not at all; a context that ends what is begun."""

    def __enter__(self) -> Self:
        """Nothing is held yet."""

    def __exit__(self, *how: object) -> None:
        """What was not committed is gone."""

    def add(self, series: Identity, frame: "pl.DataFrame") -> None:
        """The rows wait for the commit; those of one series come in order of time."""

    def commit(self, provenance: Mapping[str, Any]) -> Mapping[Identity, Outcome]:
        """Everything added is stored, and where it came from is remembered."""


class History(Protocol):
    """The store of market data, as far as `data` uses it; `adapters.parquet.History` is one."""

    def series(self) -> Sequence[Held]:
        """Everything that is stored."""

    def find(
        self, symbol: str, feed: str | None = None, side: str | None = None, timeframe: int | None = None
    ) -> Sequence[Held]:
        """The series that fit what is given, finest first."""

    def bars(
        self, series: Identity, start_ns: int, end_ns: int, columns: Iterable[str] | None = None
    ) -> "Iterator[pl.DataFrame]":
        """The bars that open in the period, some at a time."""

    def ticks(
        self, series: Identity, start_ns: int, end_ns: int, columns: Iterable[str] | None = None
    ) -> "Iterator[pl.DataFrame]":
        """The ticks in the period, some at a time."""

    def write(
        self, series: Identity, frame: "pl.DataFrame", provenance: Mapping[str, Any], *, replace: bool = False
    ) -> Outcome:
        """The rows are stored, all or none, in place of all others if `replace`, and their origin is remembered."""

    def delivery(self, *, replace: bool = False) -> Delivery:
        """What takes rows of any number of series, part by part, and stores them together."""

    def remove(self, series: Identity) -> None:
        """The series is gone, with everything kept about it."""

    def keep(self, series: Identity, name: str, document: Mapping[str, Any]) -> None:
        """The document stands beside the series under that name, in place of the one before."""

    def kept(self, series: Identity, name: str) -> dict[str, Any] | None:
        """The document of that name, or None."""


def seconds_of(timeframe: str) -> int:
    """Return the seconds of a timeframe written as traders do: M1, M15, H4, D1, S10."""
    match = _TIMEFRAME.fullmatch(timeframe)
    if match is None:
        raise UnknownName("timeframe", timeframe, ["S10", "M1", "M5", "M15", "M30", "H1", "H4", "D1", "W1"])
    return _UNITS[match[1].upper()] * int(match[2])


def timeframe_name(seconds: int) -> str:
    """Return a timeframe as traders write it: 300 is M5; 0, ticks, is `ticks`."""
    if seconds == 0:
        return TICKS
    unit = next(letter for letter in "WDHMS" if seconds % _UNITS[letter] == 0)
    return f"{unit}{seconds // _UNITS[unit]}"


def checked_side(side: str) -> str:
    """Return the side of bars in lower case, or refuse it."""
    if side.lower() not in SIDES:
        raise BadData(f"The side {side!r} is none of {', '.join(SIDES)}.", "Bars are of one side; say which.")
    return side.lower()
