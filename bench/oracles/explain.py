"""Why two engines fill a list differently: each bar that differs has a reason, proved by bars and orders.

A bar is looked at together with the trade that owns it: the entry it follows and the ordered exit after
that. A reason is only given where its condition holds in the prices, so a difference for another cause
stays UNEXPLAINED.
"""

from bisect import bisect_right
from typing import NamedTuple

import numpy as np

E1, E2, E3, FOLLOWS, UNEXPLAINED = "E1", "E2", "E3", "follows", "UNEXPLAINED"
REASONS = {
    E1: "stop or target lies inside the bar of the entry, filled at its open: it is reached in that bar",
    E2: "the open that fills the entry is already beyond its stop or target: in and out at that open",
    E3: "the open of the bar is the ordered exit, the level lies inside that bar: the exit comes first",
    FOLLOWS: "the later exit of a trade that differs since an earlier bar",
    UNEXPLAINED: "no known reason",
}


class Trade(NamedTuple):
    """An entry and its ordered exit; rows are those of the bars whose opens fill them."""

    row: int
    leave: int
    side: int
    stop: float | None
    target: float | None


class Difference(NamedTuple):
    """One bar whose fills differ: its opening time, the fills of both and the reason."""

    ts: int
    first: list[tuple[int, float]]
    second: list[tuple[int, float]]
    reason: str


def trades_of(orders):
    """Return the trades of a list in which each entry is followed by its exit."""
    pairs = zip(orders[::2], orders[1::2], strict=True)
    return [
        Trade(entry.row + 1, leave.row + 1, 1 if entry.quantity > 0 else -1, entry.stop, entry.target)
        for entry, leave in pairs
        if (entry.kind, leave.kind) == ("market", "flat")
    ]


def differences(first, second):
    """Return [(ts, fills of the first, fills of the second)] for every bar whose fills are not the same."""
    sides = []
    for told in (first, second):
        by_bar = {}
        for fill in told["fills"]:
            by_bar.setdefault(fill["ts"], []).append((fill["quantity"], fill["price"]))
        sides.append({ts: sorted(fills) for ts, fills in by_bar.items()})
    bars = sorted(set(sides[0]) | set(sides[1]))
    pairs = [(ts, sides[0].get(ts, []), sides[1].get(ts, [])) for ts in bars]
    return [(ts, mine, theirs) for ts, mine, theirs in pairs if mine != theirs]


def inside(bars, row, trade):
    """Return whether the bar reaches the trade's stop or target."""
    low, high = bars["low"][row], bars["high"][row]
    return any(level is not None and low <= level <= high for level in (trade.stop, trade.target))


def reason_of(bars, row, trade, known):
    """Return why the fills of the bar in `row` may differ; `known` are the rows of entries that differ."""
    opening = bars["open"][row]
    if row == trade.row:
        stopped = trade.stop is not None and (opening - trade.stop) * trade.side <= 0
        if stopped or (trade.target is not None and (trade.target - opening) * trade.side <= 0):
            return E2
        return E1 if inside(bars, row, trade) else UNEXPLAINED
    if trade.row in known:
        return FOLLOWS
    if row == trade.leave and inside(bars, row, trade):
        return E3
    return UNEXPLAINED


def explained(first, second, bars, orders):
    """Return a Difference for every bar whose fills are not the same."""
    netting = any(order.kind == "market" for order in orders[1::2])
    trades = [] if netting else trades_of(orders)
    starts = [trade.row for trade in trades]
    known, found = set(), []
    for ts, mine, theirs in differences(first, second):
        row = int(np.searchsorted(bars["ts"], ts))
        place = bisect_right(starts, row) - 1
        reason = reason_of(bars, row, trades[place], known) if place >= 0 else UNEXPLAINED
        if place >= 0 and row == trades[place].row:
            known.add(row)
        found.append(Difference(ts, mine, theirs, reason))
    return found
