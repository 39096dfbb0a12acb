"""A small market for strategy tests: days written as tables, the real calendar, the simulated venue.

Prices in the tables are points of US30 (a tick is 0.01); the tape has bars of five minutes unless told otherwise. A
test day is Wednesday 2025-08-27, with 37 days of the same rising shape before it, so that averages, ATRs and medians
are settled and the higher trend is up. What a strategy did comes back as commands, trades and gates.

Run as a program it goes on from a pickled snapshot and prints a digest, so that a process without the JIT can be
compared with one that has it.
"""

import hashlib
import os
import pickle
import sys
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from tradewind import strategies
from tradewind.adapters.memory import MemoryFeed, MemoryJournal
from tradewind.compilation import handler_of
from tradewind.data.rows import RAW
from tradewind.kernel.records import BAR, EVENT, EVENT_KINDS, NEWS, TIME
from tradewind.markets.clock import MINUTE, NEW_YORK, day_number, instant
from tradewind.markets.loading import load_profile
from tradewind.markets.schedule import schedule
from tradewind.runner import Runner, Slot
from tradewind.settings import Fills, Settings
from tradewind.strategy import load
from tradewind.wiring import Listing, add_series, first_state, simulated_venue

DATA = Path(os.environ.get("TRADEWIND_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
FOLDER = Path(strategies.__file__).parent
TICKS = 100
SPREAD = 20
TEST_DAY = date(2025, 8, 27)
PRELUDE_DAYS = 37
EXACT = Settings(fills=Fills(market_slippage=0, stop_slippage=0, stop_slippage_atr=0))
"""Fills without slippage, so that tables can say what is filled where."""

RISING_DAY = "18:00 0  20:00 10  03:00 20  09:30 120  12:00 140  16:00 60  17:00 60"
"""A day of the prelude in points from its start: sixty points are left of it."""
WICK = 5
_KINDS = {name: kind for kind, name in EVENT_KINDS.items()}


@cache
def strategy_of(name, *, compiled=True):
    """Return the shipped strategy `name`."""
    return load(FOLDER / f"{name}.py", compile_handlers=compiled)


@cache
def handle_of(name):
    """Return its compiled handler."""
    return handler_of([strategy_of(name)])


@cache
def profile():
    """Return the shipped profile."""
    return load_profile("metatrader")


@cache
def instrument_of(symbol="US30"):
    """Return an instrument of the shipped profile."""
    return profile().instrument(symbol)


def moment(day, time):
    """Return the instant of a New York wall time `HH:MM` of a trading date; from 17:00 it is the evening before."""
    hour, minute = (int(part) for part in time.split(":"))
    return instant(day_number(day) - (1 if hour >= 17 and time != "17:00" else 0), hour * 60 + minute, NEW_YORK)


def trading_days(last, count):
    """Return `count` weekdays before `last`, oldest first."""
    found, day = [], last
    while len(found) < count:
        day -= timedelta(1)
        if day.weekday() < 5:
            found.append(day)
    return found[::-1]


def path(day, waypoints, base=0.0, wick=WICK, minutes=5):
    """Return {open time: (open, high, low, close)} along straight lines between `HH:MM points` pairs."""
    words = waypoints.split()
    points = [(moment(day, when), base + float(value)) for when, value in zip(words[::2], words[1::2], strict=True)]
    rows, opening = {}, points[0][1]
    for (start, first), (end, last) in pairwise(points):
        count = (end - start) // (minutes * MINUTE)
        for number in range(count):
            close = first + (last - first) * (number + 1) / count
            rows[start + number * minutes * MINUTE] = (
                opening, max(opening, close) + wick, min(opening, close) - wick, close,
            )  # fmt: skip
            opening = close
    return rows


def table(day, text):
    """Return the bars of a table with lines `HH:MM open high low close`."""
    rows = {}
    for line in text.strip().splitlines():
        when, *prices = line.split()
        rows[moment(day, when)] = tuple(float(price) for price in prices)
    return rows


def bars(rows, span=300, spread=SPREAD, instrument=0):
    """Return EVENT rows of bars {open time: points}; `spread` is ticks, or {open time: ticks} with 0 for the rest."""
    events = np.zeros(len(rows), EVENT)
    times = np.array(sorted(rows), np.int64)
    events["ts"], events["kind"], events["span"] = times + span * 1_000_000_000, BAR, span
    events["instrument"] = instrument
    prices = np.array([rows[time] for time in times.tolist()])
    for place, name in enumerate(("open", "high", "low", "close")):
        events[name] = np.rint(prices[:, place] * TICKS)
    widths = spread if isinstance(spread, int) else [spread.get(time, spread.get(0, SPREAD)) for time in times.tolist()]
    for name in ("spread_open", "spread_high", "spread_low", "spread_close"):
        events[name] = widths
    return events


@cache
def calendar(first, last, symbols=("US30",)):
    """Return the calendar rows of a stretch of time."""
    entries = list(schedule([instrument_of(symbol) for symbol in symbols], first, last))
    events = np.zeros(len(entries), EVENT)
    for row, entry in zip(events, entries, strict=True):
        for name, value in zip(entry._fields, entry, strict=True):
            row[name] = _KINDS[value] if name == "kind" else value
    return events


def news(known, opens, closes, **more):
    """Return the row of a news window [opens, closes) of instrument 0 that becomes known at `known`."""
    event = np.zeros(1, EVENT)
    event["ts"], event["kind"], event["opens"], event["closes"] = known, NEWS, opens, closes
    for name, value in more.items():
        event[name] = value
    return event


def joined(parts):
    """Return rows one after the other, as bytes: numpy would lay joined records out anew."""
    return np.concatenate([part.view(RAW) for part in parts]).view(EVENT)


def tape(prices, *more, symbols=("US30",)):
    """Return prices with their calendar and `more` rows in the order of a tape, and the TIME that ends it."""
    first = int(prices["ts"].min()) - int(prices["span"].max()) * 1_000_000_000
    rows = [prices, calendar(first, int(prices["ts"].max()), symbols), *more]
    end = np.zeros(1, EVENT)
    end["ts"], end["kind"] = max(part["ts"].max() for part in rows), TIME
    events = joined([*rows, end])
    order = np.lexsort((events["kind"], events["kind"] == TIME, events["ts"]))
    return events.view(RAW)[order].view(EVENT)


@cache
def prelude(days=PRELUDE_DAYS, shape=RISING_DAY, spread=SPREAD, minutes=5):
    """Return the bars of the days before the test day, which ends them at 10,000 points."""
    step = float(shape.split()[-1])
    rows = {}
    for number, day in enumerate(trading_days(TEST_DAY, days)):
        rows |= path(day, shape, 10_000 - step * (days - number), minutes=minutes)
    return bars(rows, 60 * minutes, spread)


def scene(rows, *more, spread=SPREAD, days=PRELUDE_DAYS, shape=RISING_DAY, minutes=5, symbol="US30"):
    """Return the tape of a test day with these bars, after the prelude."""
    usual = spread if isinstance(spread, int) else spread[0]
    prices = [prelude(days, shape, usual, minutes), bars(rows, 60 * minutes, spread)]
    return tape(joined(prices), *more, symbols=(symbol,))


def mirrored(events, pivot):
    """Return the tape with every price p at pivot - p, bid and ask exchanged."""
    turned = events.copy()
    bar = turned["kind"] == BAR
    for name, other in (("open", "open"), ("close", "close"), ("high", "low"), ("low", "high")):
        turned[name][bar] = pivot - (events[other] + events[f"spread_{other}"])[bar]
    turned["spread_high"][bar], turned["spread_low"][bar] = events["spread_low"][bar], events["spread_high"][bar]
    return turned


@dataclass
class Played:
    """What a strategy did on a tape."""

    journal: Any
    runner: Any
    names: tuple[str, ...]
    day: date = TEST_DAY
    _gates: Any = field(default=None, repr=False)

    def rows(self, log):
        """Return the rows of a log."""
        return self.journal.read(log)

    @property
    def orders(self):
        """The entries sent on the test day."""
        sent = self.rows("commands")
        since = moment(self.day, "18:00")
        return sent[(sent["ts"] >= since) & (sent["kind"] == 1) & (sent["reduce_only"] == 0)]

    @property
    def commands(self):
        """Everything sent on the test day."""
        sent = self.rows("commands")
        return sent[sent["ts"] >= moment(self.day, "18:00")]

    @property
    def trades(self):
        """The trades of the test day."""
        ended = self.rows("trades")
        return ended[ended["closed_at"] >= moment(self.day, "18:00")]

    def gate(self, name, time):
        """Return the last gate row of that name at a New York wall time: value, low, high, passed."""
        rows = self.rows("gates")
        found = rows[(rows["ts"] == moment(self.day, time)) & (rows["gate"] == self.names.index(name))]
        if not len(found):
            raise AssertionError(f"gate {name} was not asked at {time}")
        value, low, high, passed = (found[-1][name].item() for name in ("value", "low", "high", "passed"))
        return SimpleNamespace(value=value, low=low, high=high, passed=bool(passed))

    def refusing(self, time):
        """Return the names of the gates that refused at a New York wall time."""
        rows = self.rows("gates")
        found = rows[(rows["ts"] == moment(self.day, time)) & (rows["passed"] == 0)]
        return {self.names[number] for number in found["gate"].tolist()}


def runner_of(name, params=None, *, compiled=True, symbols=("US30",), settings=EXACT, bar_seconds=300):
    """Return a runner at its first state, with its journal."""
    strategy = strategy_of(name, compiled=compiled)
    state = first_state(profile(), [Listing(instrument_of(one)) for one in symbols], settings, 1)
    state["strategies"]["shown"][0, 0] = strategy.shown
    state["shows_quotes"] = int(bool(strategy.shown & 1))
    wanted = {value or bar_seconds for value in strategy.timeframes.values()}
    watchers = {(number, seconds): 1 for number in range(len(symbols)) for seconds in wanted}
    add_series(state, [set(wanted) for _ in symbols], watchers)
    state["sample_every"] = 0
    state["sample_due"] = 2**62
    values = strategy.params({key: str(value) for key, value in (params or {}).items()})
    slots = [Slot(strategy, values, range(len(symbols)), bar_seconds)]
    journal = MemoryJournal()
    return Runner(state, simulated_venue(settings), slots, journal, handle_of(name) if compiled else None), journal


def play(name, events, params=None, *, day=TEST_DAY, **options):
    """Return what strategy `name` does on the tape."""
    runner, journal = runner_of(name, params, **options)
    runner.run(MemoryFeed(events))
    return Played(journal, runner, strategy_of(name).gate_names, day)


def digest_after(name, params, snapshot, rows, *, compiled=True):
    """Return a digest of everything that running on from a snapshot over the bytes of EVENT rows brings about."""
    runner, journal = runner_of(name, params, compiled=compiled)
    runner.restore(snapshot)
    runner.run(MemoryFeed(np.frombuffer(bytearray(rows), EVENT)))
    parts = [journal.read(log).tobytes() for log in ("commands", "gates", "trades")]
    return hashlib.sha256(b"".join([*parts, runner.snapshot()])).hexdigest()


if __name__ == "__main__":
    for scenario in pickle.loads(Path(sys.argv[1]).read_bytes()):  # noqa: S301  our own file
        print(digest_after(*scenario, compiled=False))
