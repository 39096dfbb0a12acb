"""How the broker of a run behaves: as the backtest assumes, except for the causes that are switched on.

Each cause changes one thing, and changes it as the recording shows it: an order that live had is treated as it was
treated live; one that live did not have, because the run went another way, gets what was usual that day (the median).
"""

from collections import defaultdict
from typing import Any

import numpy as np

from tradewind.kernel.records import FILLED, FINANCING, PLACE
from tradewind.kernel.refusals import NIGHT
from tradewind.ports import Rows
from tradewind.twin import counter
from tradewind.twin.audit import Audit, moment_of, same_decision
from tradewind.twin.live import Live, LiveFill, LiveOrder, key_of, way_of
from tradewind.twin.run import Told
from tradewind.twin.usual import NOTHING, Mark, Usual, usual_latency, usual_size

SIGNAL, SIZE, LATENCY, SPREAD, SLIPPAGE, COMMISSION, SWAP, MISSED = (
    "signal", "size", "latency", "spread", "slippage", "commission", "swap", "missed",
)  # fmt: skip
TOLERANCE = 90_000_000_000
"""How far apart in time two decisions may lie and still be twins, ns."""
HALF_DAY = 43_200_000_000_000


class Conduct:
    """The broker with the causes in `on`; after a run `marks` holds what its fills show."""

    def __init__(self, live: Live, audit: Audit, on: frozenset[str] = frozenset(), usual: Usual = NOTHING) -> None:
        """The recording's orders are there to be matched; `usual` is what the others get."""
        self._live, self._audit, self._on = live, audit, on
        self.operators = MISSED in on
        self._waiting: dict[tuple[int, int, int, int], list[LiveOrder]] = defaultdict(list)
        for order in live.orders.values():
            self._waiting[order.key].append(order)
        self._known: dict[int, tuple[int, str]] = {}  # of the run's order: the live id, and how it meets the market
        self._alike: set[int] = set()  # orders of the run that ask for just what their twins asked for
        self._filled: dict[int, int] = defaultdict(int)
        self._ends: dict[int, list[Rows]] = defaultdict(list)
        self._usual = usual
        self._usual_size = [usual_size(live, audit, reducing=reducing) for reducing in (False, True)]
        self._own: dict[int, int] = {}  # of a live order: the run's
        self._given: set[int] = set()  # orders that live gave and no strategy gives
        self.latency = 0
        self.marks: list[Mark] = []

    def prepare(self, venue: Any) -> None:
        """Latency and slippage are the day's, if they are switched on."""
        assumed = int(venue["latency"][0])
        self.latency = usual_latency(self._live, assumed) if LATENCY in self._on else assumed
        venue["latency"] = self.latency
        if SLIPPAGE in self._on:
            venue["slippage_scale"] *= float(self._usual.scale)

    def before(self, told: Told) -> list[Rows]:
        """Ends of orders that never came to the broker, and what others did on the account."""
        if MISSED not in self._on:
            return []
        return [*self._ends.pop(told.place, ()), *self._live.strays.get(told.place, ())]

    def given(self, told: Told) -> list[Rows]:
        """Commands that no strategy gives but live gave."""
        if SIGNAL not in self._on:
            return []
        given = []
        number = int(told.runner.state["next_order"][0])
        for command in self._audit.added.get(told.place, ()):
            mine = command.copy()
            if mine["kind"][0] == PLACE:
                number = _renumber(mine, number)
            else:
                mine["order"] = self._own.get(int(mine["order"][0]), -1)
            self._given.add(int(mine["order"][0]))
            given.append(mine)
        return given

    def send(self, told: Told, command: Rows) -> None:
        """The command is on its way, unless it was never decided or never came to the broker."""
        moment = moment_of(command[0])
        state, venue = told.runner.state.ctypes.data, told.venue.ctypes.data
        unwanted = (SIGNAL in self._on and moment in self._audit.silenced) or (
            MISSED in self._on and moment in self._audit.withheld
        )
        if unwanted and int(command["order"][0]) not in self._given:
            counter.undo(state, command.ctypes.data)
            return
        if command["kind"][0] != PLACE:
            counter.take(venue, command.ctypes.data)
            return
        twin = self._twin(command[0])
        if MISSED in self._on and twin is not None and twin.arrived < 0:
            self._end(twin, command[0])
            return
        counter.take(venue, command.ctypes.data)
        if SIZE in self._on:
            self._resize(told, command[0], twin)
        if LATENCY in self._on and twin is not None and twin.command["ts"] == command["ts"][0]:
            self._delay(told.venue, command[0], twin)

    def change(self, told: Told, report: Rows) -> Rows | None:
        """The report with the price, the costs and the cash that live had, as far as they are switched on."""
        if report["kind"][0] == FILLED:
            return self._fill(told, report)
        if report["kind"][0] == FINANCING and report["reason"][0] == NIGHT and SWAP in self._on:
            return self._night(report)
        return report

    def _twin(self, command: Any) -> LiveOrder | None:
        """Return the live order of the same decision, and remember which order is whose."""
        waiting = self._waiting[key_of(command)]
        ts = int(command["ts"])
        near = [one for one in waiting if abs(int(one.command["ts"]) - ts) <= TOLERANCE]
        if not near:
            return None
        twin = min(near, key=lambda one: abs(int(one.command["ts"]) - ts))
        self._waiting[twin.key] = [one for one in waiting if one is not twin]
        alike = twin.command["ts"] == ts and same_decision(command, twin.command)
        for name in ("order", "stop_order", "target_order"):
            if command[name] and twin.command[name]:
                self._own[int(twin.command[name])] = int(command[name])
                self._known[int(command[name])] = (int(twin.command[name]), way_of(command, name))
                if alike:
                    self._alike.add(int(command[name]))
        return twin

    def _end(self, twin: LiveOrder, command: Any) -> None:
        """The order stays with us; what was said about it live will be said again."""
        if twin.ending is not None:
            place, report = twin.ending
            told = _row(report)
            told["order"] = command["order"]
            self._ends[place].append(told)

    def _resize(self, told: Told, command: Any, twin: LiveOrder | None) -> None:
        """The order has the size it had live."""
        quantity = int(command["quantity"])
        usual = self._usual_size[bool(command["reduce_only"])]
        sent = max(int(quantity * usual), 1)
        if twin is not None:
            order = int(twin.command["order"])
            wanted, had = self._audit.sizes.get(order, (int(twin.command["quantity"]),) * 2)
            if quantity == wanted:
                sent = self._live.filled.get(order, had)
        if sent != quantity:
            counter.resize(told.venue.ctypes.data, told.runner.state.ctypes.data, int(command["order"]), int(sent))

    def _delay(self, venue: Any, command: Any, twin: LiveOrder) -> None:
        """The order arrives when it did, where the latency of the day would have it on another price."""
        if twin.arrived < 0 or twin.earliest < self.latency <= twin.latest:
            return
        orders = venue["orders"][0][: int(venue["order_count"][0])]
        orders["active_from"][orders["id"] == command["order"]] = int(command["ts"]) + twin.latest

    def _live_fill(self, report: Any) -> tuple[LiveFill | None, str]:
        """Return the live fill that is this one's twin, and how the order met the market."""
        order = int(report["order"])
        live, way = self._known.get(order, (0, ""))
        fills = self._live.fills.get(live, ()) if live else ()
        number = self._filled[order]
        self._filled[order] += 1
        return (fills[number] if number < len(fills) else None), way

    def _fill(self, told: Told, report: Rows) -> Rows:
        """The fill has the spread, the slippage and the commission it had live."""
        fill, way = self._live_fill(report[0])
        side, price = int(report["side"][0]), int(report["price"][0])
        same = fill is not None and fill.place == told.place and int(report["order"][0]) in self._alike
        wider, worse = self._usual.spread, self._usual.slippage.get(way, 0)
        if same and fill is not None:
            wider = fill.spread - int(report["spread"][0]) if fill.spread else 0
            worse = side * (fill.price - price) - (wider if side > 0 else 0)
            self.marks.append(Mark(way, wider, worse, int(report["slippage"][0])))
        changed = price
        if SPREAD in self._on and way:
            changed += wider if side > 0 else 0
            report["spread"] += wider
        if SLIPPAGE in self._on and way:
            changed += side * worse
            report["slippage"] = fill.slippage if same and fill is not None else report["slippage"] + worse
        if changed != price:
            report["price"] = changed
            report["amount"] = self._assumed(told, report[0])
        if COMMISSION in self._on:
            report["amount"] = self._charged(report[0], fill)
        return report

    def _assumed(self, told: Told, report: Any) -> int:
        """Return the commission the backtest expects of the fill."""
        return int(
            counter.commission(
                told.venue.ctypes.data, told.runner.state.ctypes.data, int(report["instrument"]),
                int(report["quantity"]), int(report["price"]),
            )
        )  # fmt: skip

    def _charged(self, report: Any, fill: LiveFill | None) -> int:
        """Return the commission that was booked for the fill, or would have been at the day's rate."""
        if fill is not None and fill.quantity == report["quantity"] and fill.price == report["price"]:
            return fill.amount
        expected = sum(one for one, _, _ in self._audit.charged)
        booked = sum(one for _, one, _ in self._audit.charged)
        steps = sum(one for _, _, one in self._audit.charged)
        if expected:
            return round(int(report["amount"]) * booked / expected)
        return round(int(report["quantity"]) * booked / steps) if steps else int(report["amount"])

    def _night(self, report: Rows) -> Rows | None:
        """The night is charged as it was, or at the day's rate where live held something else."""
        row = report[0]
        key = (int(row["strategy"]), int(row["instrument"]), int(row["ts"]))
        expected = self._audit.nights.get(key, 0)
        booked = booked_of(self._live, key)
        if expected and expected == row["amount"]:
            report["amount"] = booked
        else:
            every = sum(self._audit.nights.values())
            paid = sum(booked_of(self._live, one) for one in self._audit.nights)
            report["amount"] = round(int(row["amount"]) * paid / every) if every else row["amount"]
        return report if report["amount"][0] else None


def booked_of(live: Live, night: tuple[int, int, int]) -> int:
    """Return the cash booked for a night the assumed broker would charge: brokers book within hours of it."""
    strategy, instrument, ts = night
    return sum(
        amount
        for (who, what, when), amount in live.bookings.items()
        if (who, what) == (strategy, instrument) and abs(when - ts) < HALF_DAY
    )


def _row(record: Any) -> Rows:
    """Return a record as an array of one row, byte for byte."""
    return np.frombuffer(record.tobytes(), record.dtype).copy()


def _renumber(command: Rows, number: int) -> int:
    """The command names the ids its orders get in this run, from `number` on; return the next one."""
    for name in ("order", "stop_order", "target_order"):
        if command[name][0]:
            command[name] = number
            number += 1
    return number
