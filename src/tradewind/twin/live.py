"""What happened to each order of the recording: when it arrived, how it was filled, what became of it.

Places are positions in `fed`, the recorded rows without the reports: the coordinates of every run on the lived feed.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from tradewind.kernel.orders import LIMIT, MARKET, STOP_LIMIT
from tradewind.kernel.records import (
    ACCEPTED,
    BAR,
    CANCELLED,
    EXPIRED,
    FILLED,
    FINANCING,
    PLACE,
    REJECTED,
    SECOND,
    UNKNOWN_OUTCOME,
)
from tradewind.kernel.refusals import DIVIDEND as DIVIDEND_PAID
from tradewind.kernel.refusals import STOPPED_OUT
from tradewind.ports import Rows
from tradewind.twin.recording import Recording

NEVER_CAME = (REJECTED, CANCELLED, EXPIRED, UNKNOWN_OUTCOME)
BY_MARKET, BY_STOP, BY_LIMIT = "market", "stop", "limit"
MINUTE_BAR = 60


class LiveFill(NamedTuple):
    """One fill of the recording."""

    price: int
    quantity: int
    amount: int
    spread: int
    slippage: int
    place: int
    """The price row it happened on."""


class LiveOrder(NamedTuple):
    """An order that was sent, or should have been."""

    command: Any
    place: int
    """Of the row at which it was given."""
    arrived: int
    """The price row that found it at the broker, -1 if it never came there."""
    earliest: int
    latest: int
    """Bounds of its latency, ns: above the first, at most the second; both 0 if it never came there."""
    ending: tuple[int, Any] | None
    """Of an order that never came there: the place before which its end was reported, and the report."""

    @property
    def key(self) -> tuple[int, int, int, int]:
        """What an order of another run must share to be its twin: strategy, instrument, side, reduce-only."""
        return key_of(self.command)


@dataclass(frozen=True)
class Live:
    """The recording, told by orders."""

    fed: Rows
    orders: Mapping[int, LiveOrder]
    fills: Mapping[int, Sequence[LiveFill]]
    filled: Mapping[int, int]
    """Steps filled of each order that ended before all of it was."""
    strays: Mapping[int, Sequence[Rows]] = field(default_factory=dict)
    """Fills of orders nobody here gave, by the place before which they were reported."""
    bookings: Mapping[tuple[int, int, int], int] = field(default_factory=dict)
    """Cash for nights, by strategy, instrument and moment."""


def key_of(command: Any) -> tuple[int, int, int, int]:
    """Return strategy, instrument, side and whether it may only reduce, of a COMMAND."""
    return int(command["strategy"]), int(command["instrument"]), int(command["side"]), int(command["reduce_only"])


def way_of(command: Any, role: str = "order") -> str:
    """Return how an order of the command meets the market: at the market, by a stop or by a limit."""
    if role != "order":
        return BY_STOP if role == "stop_order" else BY_LIMIT
    kind = int(command["type"])
    return BY_MARKET if kind == MARKET else BY_LIMIT if kind in (LIMIT, STOP_LIMIT) else BY_STOP


def live_of(recording: Recording, span: tuple[int, int]) -> Live:
    """Return what happened to the orders of the events at positions [first, end)."""
    events = recording.events[slice(*span)]
    reported = events["kind"] >= ACCEPTED
    fed = events[~reported].copy()
    before = np.cumsum(~reported)  # rows of the feed up to and including each event
    prices = _Prices(fed)
    told: dict[int, list[tuple[int, Any]]] = defaultdict(list)
    for place in np.flatnonzero(reported):
        told[int(events["order"][place])].append((int(before[place]), events[place]))
    first, last = int(events["number"][0]), int(events["number"][-1])
    numbers = recording.commands["number"]
    mine = recording.commands[(numbers >= first - 1) & (numbers <= last) & (recording.commands["kind"] == PLACE)]
    numbers_fed = fed["number"]
    orders = {
        int(one["order"]): _order(one, int(np.searchsorted(numbers_fed, one["number"], "right")), told, prices)
        for one in mine
    }
    known = {int(recording.commands[name][row]) for row in range(len(recording.commands))
             for name in ("order", "stop_order", "target_order")}  # fmt: skip
    fills = {
        order: [_fill(at, row, prices) for at, row in rows if row["kind"] == FILLED]
        for order, rows in told.items()
        if order in known
    }
    strays: dict[int, list[Rows]] = defaultdict(list)
    bookings: dict[tuple[int, int, int], int] = defaultdict(int)
    for order, rows in told.items():
        for at, row in rows:
            if row["kind"] == FINANCING and row["reason"] != DIVIDEND_PAID:
                bookings[int(row["strategy"]), int(row["instrument"]), int(row["ts"])] += int(row["amount"])
            elif row["kind"] == FILLED and order not in known and row["reason"] != STOPPED_OUT:
                strays[at].append(events[events["number"] == row["number"]].copy())
    return Live(fed, orders, fills, _parts(orders, told), strays, bookings)


class _Prices:
    """The price rows of a feed, by instrument."""

    def __init__(self, fed: Rows) -> None:
        self._places: dict[int, Any] = {}
        self._begins: dict[int, Any] = {}
        priced = fed["kind"] <= BAR
        self._fed = fed
        for instrument in np.unique(fed["instrument"][priced]).tolist():
            places = np.flatnonzero(priced & (fed["instrument"] == instrument))
            self._places[instrument] = places
            self._begins[instrument] = fed["ts"][places] - fed["span"][places] * SECOND

    def of(self, instrument: int) -> Any:
        """Return the places of an instrument's prices."""
        return self._places.get(instrument, np.zeros(0, np.int64))

    def during(self, instrument: int, moment: int, known: int) -> int:
        """Return the place of the price row in which something happened that was reported after row `known` - 1."""
        places = self.of(instrument)
        if len(places) == 0:
            return -1
        here = int(np.searchsorted(places, known)) - 1
        if here >= 0:
            row = self._fed[places[here]]
            if self._begins[instrument][here] <= moment <= row["ts"]:
                return int(places[here])
        later = int(np.searchsorted(self._fed["ts"][places], moment))
        return int(places[min(later, len(places) - 1)])

    def reach(self, place: int) -> int:
        """Return up to which moment an order has to have arrived to be there at the row."""
        row = self._fed[place]
        tolerance = SECOND if row["span"] >= MINUTE_BAR else 0
        return int(row["ts"] - row["span"] * SECOND + tolerance)

    def earlier(self, instrument: int, place: int) -> int:
        """Return the place of the instrument's price before `place`, or -1."""
        places = self.of(instrument)
        here = int(np.searchsorted(places, place)) - 1
        return int(places[here]) if here >= 0 else -1


def _order(command: Any, place: int, told: Mapping[int, Any], prices: _Prices) -> LiveOrder:
    """Return what became of one order that was to be placed."""
    rows = told.get(int(command["order"]), [])
    arrival = next(((at, row) for at, row in rows if row["kind"] in (ACCEPTED, FILLED)), None)
    if arrival is None:
        ending = next(((at, row) for at, row in rows if row["kind"] in NEVER_CAME), None)
        return LiveOrder(command, place, -1, 0, 0, ending)
    at, row = arrival
    instrument, sent = int(command["instrument"]), int(command["ts"])
    arrived = prices.during(instrument, int(row["occurred"]), at)
    before = prices.earlier(instrument, arrived)
    earliest = prices.reach(before) - sent if before >= place else -1
    latest = max(prices.reach(arrived) - sent, 0)
    return LiveOrder(command, place, arrived, min(earliest, latest - 1), latest, None)


def _fill(at: int, row: Any, prices: _Prices) -> LiveFill:
    place = prices.during(int(row["instrument"]), int(row["occurred"]), at)
    return LiveFill(
        int(row["price"]), int(row["quantity"]), int(row["amount"]), int(row["spread"]), int(row["slippage"]), place
    )


def _parts(orders: Mapping[int, LiveOrder], told: Mapping[int, Any]) -> dict[int, int]:
    """Return the steps filled of each order that ended with a part of it filled."""
    found = {}
    for order in orders:
        rows = [row for _, row in told.get(order, [])]
        filled = sum(int(row["quantity"]) for row in rows if row["kind"] == FILLED)
        ended = any(row["kind"] in (CANCELLED, EXPIRED, REJECTED) for row in rows)
        if ended and 0 < filled < int(orders[order].command["quantity"]):
            found[order] = filled
    return found
