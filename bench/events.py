"""The tapes of `bench.tape` as rows of EVENT, the form in which the runner gets them.

Rows are built once, outside the timing, as peers' frames and depth events are; making them of Parquet is
the work of `tradewind.data.tape`. The spread of bars is 0, so that answers can be compared with the bare
loop's.
"""

from functools import cache

import numpy as np

from bench.cache import cache_folder
from bench.tape import BARS, START, tape_of
from tradewind.adapters.parquet import History
from tradewind.data.series import Series
from tradewind.data.synthetic import FEED, synthetic_bars
from tradewind.kernel.records import BAR, EVENT, QUOTE, TIME
from tradewind.markets.clock import MINUTE
from tradewind.markets.loading import load_profile

SYMBOL = "US30"
THREE_YEARS = 3 * 366 * 1440 * MINUTE


@cache
def instrument():
    """Return what is traded: US30 as OANDA lists it, whose tick and lot are worth whole cents.

    Elsewhere the account rounds each closing fill to a cent, and its profit is not the loop's to the tick.
    """
    return load_profile("oanda").instrument(SYMBOL)


def _closed(rows):
    """Return the rows with a last TIME, so that the last instant is complete."""
    rows[-1]["kind"] = TIME
    rows[-1]["ts"] = rows[-2]["ts"]
    return rows


def bar_events(tape):
    """Return the bars as rows of EVENT, each stamped with its close."""
    count = len(tape.ts)
    rows = np.zeros(count + 1, EVENT)
    told = rows[:count]
    told["kind"], told["span"], told["ts"] = BAR, 60, tape.ts + MINUTE
    for name in ("open", "high", "low", "close"):
        told[name] = getattr(tape, name)
    return _closed(rows)


def quote_events(tape):
    """Return the quotes as rows of EVENT."""
    count = len(tape.ts)
    rows = np.zeros(count + 1, EVENT)
    told = rows[:count]
    told["kind"], told["ts"] = QUOTE, tape.ts
    for name in ("open", "high", "low", "close"):
        told[name] = tape.bid
    for name in ("spread_open", "spread_high", "spread_low", "spread_close"):
        told[name] = tape.ask - tape.bid
    return _closed(rows)


def events_of(work, rows):
    """Return the rows of EVENT of a work."""
    tape = tape_of(work, rows)
    return quote_events(tape) if work == "W4" else bar_events(tape)


def history():
    """Return a history of a million synthetic M1 bars of US30 in its opening hours, made at the first call.

    Strategy B runs on it, because it needs sessions, and so do the measurements of start-up and memory.
    """
    folder = cache_folder() / "history"
    store = History(folder)
    if not store.find(SYMBOL):
        listed = load_profile("metatrader").instrument(SYMBOL)
        frame = synthetic_bars(listed, START, START + THREE_YEARS).head(BARS)
        series = Series(SYMBOL, "bars", MINUTE // 1_000_000_000, FEED, "bid")
        store.write(series, frame, {"file": "made by bench", "clock": "UTC", "side": "bid", "rows": BARS})
    return store
