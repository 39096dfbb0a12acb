"""A strategy on rows of events, in the real runner, to be run again and again from the same first state."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.events import instrument
from tradewind import modes
from tradewind.adapters.memory import MemoryFeed, MemoryJournal
from tradewind.compilation import handler_of
from tradewind.data.rows import RAW
from tradewind.kernel.loop import NO_JOURNAL, REPORTS
from tradewind.kernel.records import EVENT, FILLED
from tradewind.markets.loading import load_profile
from tradewind.runner import Runner, Slot
from tradewind.settings import Account, Costs, Fills, Settings
from tradewind.strategy import load
from tradewind.wiring import Listing, first_state, simulated_venue

FREE = Settings(
    account=Account(balance=10**12),
    costs=Costs(spread=0, slippage=0, commission=0, financing=0),
    fills=Fills(latency_ms=0, limit_improvement=True),
)
"""Nothing costs anything, but every model of a cost runs."""


class NoJournal:
    """A journal that keeps nothing."""

    def append(self, log, rows):
        """Nothing is kept."""

    def read(self, log, start=0):
        """Nothing can be read."""
        raise NotImplementedError


@dataclass
class Bench:
    """What runs on which rows of EVENT: the state and the venue are those before the first row."""

    events: Any
    state: Any
    venue: Any
    slots: Sequence[Slot]
    handler: Any = None

    @classmethod
    def of_file(cls, path, events, params=None, *, plain=False, listed=None):
        """Return a strategy file on one instrument, free of costs."""
        strategy = load(path, compile_handlers=not plain)
        handler = None if plain else handler_of([strategy])
        listing = Listing(listed or instrument())
        state = first_state(load_profile(listing.instrument.broker), [listing], FREE, 1)
        modes.subscribe(state, [strategy], 1, 60)
        slot = Slot(strategy, strategy.params()._replace(**(params or {})), [0], 60)
        return cls(events, state, simulated_venue(FREE), [slot], handler)

    @classmethod
    def of_request(cls, request, history):
        """Return what a request runs, with all costs and its calendar, its whole tape in memory."""
        plan = modes.plan_backtest(request, history)
        # As mere bytes: numpy would give rows whose fields overlap another layout.
        events = np.concatenate([block.view(RAW) for block in plan.feed()]).view(EVENT)
        runner = plan.runner
        return cls(events, runner.state, runner.venue, runner.slots, runner.handler)

    def run(self, journal=None, journal_events=NO_JOURNAL) -> Any:
        """Return the runner when it has read all rows."""
        state, venue = same(self.state), same(self.venue)
        runner = Runner(state, venue, self.slots, journal or NoJournal(), self.handler, journal_events)
        runner.run(MemoryFeed(self.events))
        return runner

    def journalled(self):
        """Return the runner and a journal in memory of everything but the rows themselves."""
        journal = MemoryJournal()
        return self.run(journal, REPORTS), journal

    def profit(self, runner):
        """Return the profit in ticks of one lot, from the account."""
        return self.profit_of(runner.state)

    def profit_of(self, state):
        """Return the same of a state."""
        account, row = state["account"][0], state["instruments"][0, 0]
        cash = int(account["balance"] + account["unrealised"] - account["initial"])
        per_tick = int(row["value_numerator"]) * row["steps_per_lot"] / int(row["value_denominator"])
        return float(cash / per_tick)


def same(rows):
    """Return a copy of every byte; numpy's own `copy` leaves out what lies between the fields."""
    return np.frombuffer(bytearray(rows.tobytes()), rows.dtype)


def fills_of(journal):
    """Return the rows of the journal that are fills."""
    events = journal.read("events")
    return events[events["kind"] == FILLED]


def count_fills(journal):
    """Return the number of fills; those of one instant and side are one, however many orders they were."""
    fills = fills_of(journal)
    return len(set(zip(fills["ts"].tolist(), fills["side"].tolist(), strict=True)))
