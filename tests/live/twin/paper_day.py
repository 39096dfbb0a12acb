"""A paper session on a recorded tape, with faults put in: what the twin runs of these tests are held against.

The session is the kernel's own, with its own venue: none of the code of `tradewind.twin` takes part in it. A timer
event stands before every price, as a live trader has them, so that a fault can lay its hand on an order between the
decision and the price that would fill it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tradewind.adapters.memory import MemoryJournal
from tradewind.kernel.loop import EVERYTHING
from tradewind.kernel.records import BAR, EVENT, FILLED, PLACE, REJECTED, SECOND, TIME
from tradewind.kernel.refusals import SIGNAL
from tradewind.modes import Choice, Request, open_history, plan_backtest
from tradewind.runner import Runner
from tradewind.settings import Settings
from tradewind.twin.chain import twin
from tradewind.twin.played import equity
from tradewind.twin.recording import Recording, Start, StartedStrategy, checked
from tradewind.twin.world import World, joined

SPREADS = ("spread_open", "spread_high", "spread_low", "spread_close")
HOUR = 3600 * 1_000_000_000
MINUTE = 60 * 1_000_000_000


@dataclass
class Faults:
    """What goes wrong in a session; every list is applied in order."""

    feed: list[Callable[[Any], Any]] = field(default_factory=list)
    venue: list[Callable[[Any], None]] = field(default_factory=list)
    orders: list[Callable[["Session", Any], None]] = field(default_factory=list)
    others: list[tuple[float, int]] = field(default_factory=list)
    """What somebody else does: (share of the tape at which, steps bought or sold)."""


class Market:
    """A tape, strategies and an account, from which sessions and twins begin."""

    def __init__(self, request: Request, history: Any) -> None:
        plan = plan_backtest(request, history)
        self.plan = plan
        self.world = World.of(plan.runner)
        self.tape = joined([block.copy() for block in plan.feed()])

    def session(self, *faults: Callable[[Faults], None]) -> "Session":
        """Return a paper session that has run with the faults."""
        wrong = Faults()
        for fault in faults:
            fault(wrong)
        return Session(self, wrong)


class Session:
    """A paper session that has run."""

    def __init__(self, market: Market, faults: Faults) -> None:
        world = market.world
        self.journal = MemoryJournal()
        state, self.venue = world.state.copy(), world.venue.copy()
        self.runner = Runner(state, self.venue, world.slots, self.journal, world.handler, EVERYTHING)
        self.faults, self.placed = faults, 0
        self._seen, self._changed = 0, {}
        for change in faults.venue:
            change(self.venue)
        rows = market.tape
        for change in faults.feed:
            rows = change(rows)
        self._run(rows)
        self.runner.flush()
        self.total = equity(state) - equity(world.state)
        commands = self.journal.read("commands").copy()
        for row, quantity in self._changed.items():
            commands["quantity"][row] = quantity
        start = Start([StartedStrategy("eager.py")], market.plan.request.symbols)
        self.recording = checked(Recording(self.journal.read("events"), commands, self.journal.read("trades"), start))

    def _run(self, rows: Any) -> None:
        others = {int(share * len(rows)): steps for share, steps in self.faults.others}
        timer = np.zeros(1, EVENT)
        timer["kind"] = TIME
        for place in range(len(rows)):
            row = rows[place : place + 1]
            if row["kind"][0] <= BAR:
                timer["ts"] = row["ts"] - row["span"] * SECOND
                self.runner.apply(timer)
                self._look()
            self.runner.apply(row)
            self._look()
            if place in others:
                self._trade(row, others[place])

    def _look(self) -> None:
        """New orders are known to the faults."""
        if int(self.runner.engine["command_count"][0]) == 0:
            return
        self.runner.flush()
        new = self.journal.read("commands", self._seen)
        for row, command in enumerate(new, self._seen):
            if command["kind"] == PLACE:
                self.placed += 1
                for fault in self.faults.orders:
                    fault(self, row)
        self._seen += len(new)

    def resize(self, row: int, quantity: int) -> None:
        """The order of the command in `row` is sent with another size."""
        order = int(self.journal.read("commands")["order"][row])
        orders = self.runner.state["orders"][0]
        mine = orders["id"] == order
        orders["risk"][mine] = orders["risk"][mine] * quantity // orders["quantity"][mine]
        orders["quantity"][mine] = quantity
        theirs = self.venue["orders"][0]
        theirs["quantity"][: int(self.venue["order_count"][0])][
            theirs["id"][: int(self.venue["order_count"][0])] == order
        ] = quantity
        self._changed[row] = quantity

    def refuse(self, row: int) -> None:
        """The order of the command in `row` is never sent, and the trader is told so."""
        command = self.journal.read("commands")[row]
        orders, count = self.venue["orders"][0], int(self.venue["order_count"][0])
        place = int(np.flatnonzero(orders["id"][:count] == command["order"])[0])
        orders[place : count - 1] = orders[place + 1 : count].copy()
        self.venue["order_count"] = count - 1
        self.venue["instruments"]["working"][0][command["instrument"]] -= 1
        report = np.zeros(1, EVENT)
        for name in ("order", "strategy", "instrument", "side", "quantity"):
            report[name] = command[name]
        report["kind"], report["ts"], report["occurred"] = REJECTED, command["ts"], command["ts"]
        self.runner.apply(report)

    def _trade(self, price: Any, steps: int) -> None:
        """Somebody has traded on the account by hand."""
        report = np.zeros(1, EVENT)
        report["kind"], report["order"], report["reason"] = FILLED, 10**9 + len(self._changed), SIGNAL
        report["side"], report["quantity"] = (1 if steps > 0 else -1), abs(steps)
        report["price"] = int(price["close"][0]) + (int(price["spread_close"][0]) if steps > 0 else 0)
        report["ts"] = report["occurred"] = price["ts"]
        report["spread"] = price["spread_close"]
        self.runner.apply(report)

    def twin(self, market: Market) -> Any:
        """Return the twin run of the session beside the tape it should have had."""
        return twin(market.world, self.recording, (0, len(self.recording.events)), market.tape)


def in_order(rows: Any) -> Any:
    """Return rows by time, bars before the calendar of their instant and quotes after it."""
    rank = np.where(rows["kind"] == BAR, 0, np.where(rows["kind"] < BAR, 2, 1))
    order = np.lexsort((np.arange(len(rows)), rank, rows["ts"]))
    return np.ascontiguousarray(rows).view("V80")[order].view(rows.dtype)


def market_of(folder: Any, strategy: Any, symbol: str, span: tuple[int, int], **others: Any) -> Market:
    """Return the market of a symbol in a history, with a strategy run as plain Python."""
    settings = Settings(data=folder)
    chosen = others.pop("settings", settings).model_copy(update={"data": folder})
    request = Request(
        [Choice(strategy, others.pop("overrides", {}))], [symbol], *span, settings=chosen, plain=True,
        journal_events=EVERYTHING, **others,
    )  # fmt: skip
    return Market(request, open_history(settings))


# The faults. Each is a function that puts one thing wrong.


def late(faults: Faults) -> None:
    """Every order takes 800 ms longer."""
    faults.venue.append(lambda venue: _add(venue, "latency", 800_000_000))


def wide(faults: Faults) -> None:
    """Every spread is five points wider than it should be."""

    def widen(rows: Any) -> Any:
        rows = rows.copy()
        for name in SPREADS:
            rows[name][rows["kind"] <= BAR] += 5
        return rows

    faults.feed.append(widen)


def dropped(faults: Faults) -> None:
    """Some prices never come: one in a hundred and one bar more in the middle."""

    def drop(rows: Any) -> Any:
        priced = np.flatnonzero(rows["kind"] <= BAR)
        lost = set(priced[37::100].tolist()) | {int(priced[len(priced) // 2])}
        kept = np.array([place for place in range(len(rows)) if place not in lost])
        return np.ascontiguousarray(rows).view("V80")[kept].view(rows.dtype)

    faults.feed.append(drop)


def shifted(faults: Faults) -> None:
    """The clock of the prices is an hour ahead of the calendar's."""

    def shift(rows: Any) -> Any:
        rows = rows.copy()
        rows["ts"][(rows["kind"] <= BAR) | (np.arange(len(rows)) == len(rows) - 1)] += HOUR
        return in_order(rows)

    faults.feed.append(shift)


def halved(faults: Faults) -> None:
    """Every order is sent with half its size."""

    def halve(session: Session, row: int) -> None:
        command = session.journal.read("commands")[row]
        if not command["reduce_only"]:
            session.resize(row, max(int(command["quantity"]) // 2, 1))

    faults.orders.append(halve)


def doubled_swap(faults: Faults) -> None:
    """The broker books twice the financing."""
    faults.venue.append(lambda venue: _set(venue, "financing_scale", 2.0))


def costlier(faults: Faults) -> None:
    """The broker charges three times the commission."""
    faults.venue.append(lambda venue: _set(venue, "commission_scale", 3.0))


def slipping(faults: Faults) -> None:
    """Fills slip three times as much."""

    def slip(venue: Any) -> None:
        for name in ("market_slippage", "stop_slippage", "stop_slippage_atr"):
            venue[name] *= 3

    faults.venue.append(slip)


def unsent(faults: Faults) -> None:
    """The seventh order is never sent."""

    def refuse(session: Session, row: int) -> None:
        if session.placed == 7:
            session.refuse(row)

    faults.orders.append(refuse)


def meddled(faults: Faults) -> None:
    """Somebody buys by hand and sells again later."""
    faults.others += [(0.31, 3), (0.52, -3)]


def _add(venue: Any, name: str, value: float) -> None:
    venue[name] += value


def _set(venue: Any, name: str, value: float) -> None:
    venue[name] = value


FAULTS = {
    "feed": dropped, "clock": shifted, "size": halved, "latency": late, "spread": wide, "slippage": slipping,
    "commission": costlier, "swap": doubled_swap, "missed": unsent, "extra": meddled,
}  # fmt: skip
"""By the cause the twin must name; a trade made by hand is named as missed too: it is one the backtest has not."""
CHAIN = ("feed", "spread", "clock", "size", "latency", "slippage", "commission", "swap", "missed", "extra")
"""The order in which the twin takes causes: of two, the first is measured alone, the second on top of it."""
__all__ = ["CHAIN", "FAULTS", "MINUTE", "Faults", "Market", "Session", "market_of"]
