"""Exits that the broker refuses are tried again more and more slowly: the kernel asks for them at every event.

Where we think that something is held which the broker does not have, every close is refused, and whoever repeats it at
once does so thousands of times a minute. The first three go out at once (a refused stop is followed by a close); then
an exit waits. The kernel knows it as sent, so it asks for no other meanwhile.
"""

from collections import Counter
from typing import TYPE_CHECKING, Any

from tradewind.broker import Place, Report
from tradewind.kernel.records import FILLED, REJECTED
from tradewind.trading.timing import SECOND

if TYPE_CHECKING:
    from tradewind.trading.trader import Trader

AT_ONCE = 3
"""Refusals in a row, of one strategy in one instrument, after which exits wait."""
FIRST_PAUSE, LONGEST_PAUSE = 2 * SECOND, 60 * SECOND


class Repeating:
    """The exits of a trader that wait."""

    def __init__(self, trader: "Trader") -> None:
        """Nothing was refused."""
        self.trader = trader
        self.refused: Counter[tuple[int, int]] = Counter()
        self.last: dict[tuple[int, int], int] = {}
        self.waiting: list[tuple[int, Place, int]] = []
        """(ns from which it may go, the exit, the kernel's order)."""

    def heard(self, report: Report, row: Any, strategy: int) -> None:
        """A refused exit makes the next one wait longer; one that filled lets them all go at once."""
        key = strategy, report.instrument if row is None else int(row["instrument"])
        if report.kind == FILLED:
            self.refused.pop(key, None)
        elif report.kind == REJECTED and row is not None and int(row["reduce_only"]):
            self.refused[key] += 1
            self.last[key] = self.trader.time

    def waits(self, what: Any, order: int) -> bool:
        """Whether the request is an exit that waits from now on."""
        if not isinstance(what, Place) or not what.reduce_only:
            return False
        key = what.strategy, what.instrument
        times = self.refused[key] - AT_ONCE
        if times < 0:
            return False
        due = self.last[key] + min(FIRST_PAUSE << min(times, 6), LONGEST_PAUSE)
        if due <= self.trader.time:
            return False
        if times == 0:
            text = f"Exits in instrument {what.instrument} were refused {AT_ONCE} times; they are repeated more slowly."
            self.trader.alert("refusals", text, "critical")
            self.trader.settling.begin()
        self.waiting.append((due, what, order))
        return True

    def turn(self) -> None:
        """What has waited long enough is sent, unless its order has ended meanwhile."""
        trader, now = self.trader, self.trader.time
        due = [one for one in self.waiting if one[0] <= now]
        self.waiting = [one for one in self.waiting if one[0] > now]
        for _, what, order in due:
            ticket = trader.book.tickets.get(order)
            if ticket is not None:
                ticket.sent = now
                trader.send(what, order, exits=True)
