"""Many engines over one block: each is taken through a slice of it while the slice is in the cache.

Every engine has a state, a venue and memories of its own and knows nothing of the others, so the order in which they
are taken cannot change a result. Their logs are short: what they hold is added up here as they fill, and nothing but
the sums, the R of each trade and the equity of each date is kept.
"""

import numpy as np

from tradewind.kernel.compiled import call_drive, compiled, inner, record_at
from tradewind.kernel.layout import INSTRUMENTS, record
from tradewind.kernel.loop import EVENT_BYTES, FULL, SAMPLE_BYTES, TRADE_BYTES
from tradewind.kernel.records import ENGINE, SAMPLE, TRADE

# Why `drive_many` stopped.
DONE = 0
ROOM = 1
"""The engine at `progress` has no room for what its trades left; when it has, go on."""

TALLY = record(
    [
        ("engine", "i8"),             # address
        ("trades", "i8"),
        ("wins", "i8"),
        ("won", "i8"),                # sums of the nets above and below nothing, minor units of the account
        ("lost", "i8"),
        ("gross_mid", "i8"),          # what the fills would have made at mid prices without slippage
        ("costs", "i8"),              # spread, slippage, commission, financing: cash to the account
        ("ambiguous", "i8"),          # trades
        ("open_ns", "i8"),            # for how long positions were open, one after the other
        ("r", "i8"),                  # address: the R of each trade, NaN without a stop
        ("spans", "i8"),              # address: when each trade opened and closed; 0 where nobody asks
        ("r_capacity", "i8"),
        ("days", "i8"),               # address: date and equity of each sample that ended a date
        ("day_count", "i8"),
        ("day_capacity", "i8"),
        ("dead", "i8"),               # 1: it raised an error and is left alone
        ("traded", "i8", (INSTRUMENTS,)),  # lot steps x ticks bought and sold
    ]
)  # fmt: skip

NUMBER = record([("value", "f8")])
PAIR = record([("first", "i8"), ("second", "i8")])


@inner
def add_trade(tally, trade):
    """The tally knows the trade."""
    costs = trade.spread_cost + trade.slippage_cost + trade.commission + trade.financing
    net = trade.gross + trade.commission + trade.financing
    if net > 0:
        tally.wins += 1
        tally.won += net
    else:
        tally.lost += net
    tally.costs += costs
    tally.gross_mid += net - costs
    if trade.ambiguous > 0:
        tally.ambiguous += 1
    tally.open_ns += trade.closed_at - trade.opened_at
    tally.traded[trade.instrument] += trade.entry_cost + trade.exit_cost
    number = record_at(tally.r + tally.trades * 8, NUMBER)
    number.value = float(net) / float(trade.risk) if trade.risk > 0 else np.nan
    if tally.spans != 0:
        span = record_at(tally.spans + tally.trades * 16, PAIR)
        span.first = trade.opened_at
        span.second = trade.closed_at
    tally.trades += 1


@inner
def empty_logs(tally, engine):
    """Return whether the logs are empty and added up; if not, the tally has too little room for them."""
    if tally.trades + engine.trade_count > tally.r_capacity:
        return False
    for place in range(engine.trade_count):
        add_trade(tally, record_at(engine.trades + place * TRADE_BYTES, TRADE))
    engine.trade_count = 0
    for place in range(engine.sample_count):
        sample = record_at(engine.samples + place * SAMPLE_BYTES, SAMPLE)
        if sample.date >= 0 and tally.day_count < tally.day_capacity:
            day = record_at(tally.days + tally.day_count * 16, PAIR)
            day.first = sample.date
            day.second = sample.equity
            tally.day_count += 1
    engine.sample_count = 0
    engine.full = 0
    return True


@compiled(free=True)
def empty_all(tallies):
    """Return the place of the first tally without room for what is still in its engine's logs, or -1."""
    for place in range(len(tallies)):
        tally = record_at(tallies[place], TALLY)
        if tally.dead == 0 and not empty_logs(tally, record_at(tally.engine, ENGINE)):
            return place
    return -1


@compiled(free=True)
def drive_many(tallies, progress, block, rows, length, drive, handler):
    """Every engine of `tallies` (addresses of TALLY) has applied the `length` events at `block`, `rows` at a time.

    `progress` is [row, place, 1 if that engine has begun its slice]; zeros to begin with. ROOM: see there. What a
    handler raises is raised here; `progress` says whose.
    """
    while progress[0] < length:
        count = min(rows, length - progress[0])
        while progress[1] < len(tallies):
            tally = record_at(tallies[progress[1]], TALLY)
            if tally.dead == 0:
                engine = record_at(tally.engine, ENGINE)
                if progress[2] == 0:
                    engine.block = block + progress[0] * EVENT_BYTES
                    engine.length = count
                    engine.position = 0
                    progress[2] = 1
                elif not empty_logs(tally, engine):
                    return ROOM
                while call_drive(drive, tally.engine, handler) == FULL:
                    if not empty_logs(tally, engine):
                        return ROOM
                progress[2] = 0
            progress[1] += 1
        progress[1] = 0
        progress[0] += count
    return DONE
