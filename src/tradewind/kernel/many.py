"""Many engines over one block: each is taken through a slice of it while the slice is in the cache.

Every engine has a state, a venue and memories of its own and knows nothing of the others, so the order in which they
are taken cannot change a result. Their logs are short: what they hold is added up here as they fill, and nothing but
the sums, the R of each trade and the equity of each date is kept.
"""

import numpy as np

from tradewind.kernel.compiled import call_drive, compiled, inner, record_at
from tradewind.kernel.follow import TRACE, clocks_of, follow, join_leader, lead, stretch_of
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
        ("r", "i8"),                  # address: the R of each trade, NaN without a stop
        ("spans", "i8"),              # address: when each trade opened and closed
        ("r_capacity", "i8"),
        ("days", "i8"),               # address: date and equity of each sample that ended a date
        ("day_count", "i8"),
        ("day_capacity", "i8"),
        ("stop", "i8"),               # next stop of the leader's trace
        ("dead", "i8"),               # 1: it raised an error and is left alone
        ("traded", "i8", (INSTRUMENTS,)),  # lot steps x ticks bought and sold
    ]
)  # fmt: skip

TASK = record(
    [
        ("block", "i8"),              # address of the events
        ("length", "i8"),
        ("rows", "i8"),               # of a stretch at most
        ("drive", "i8"),              # the loop, and the strategy's handler: compiled.handler_pointer
        ("handler", "i8"),
        ("leader", "i8"),             # address of the leader's TALLY
        ("traced", "i8"),             # address of a TRACE with room for so much:
        ("most_stops", "i8"),
        ("most_closed", "i8"),
    ]
)  # fmt: skip
ROW, PLACE, BEGUN, COUNT, CLOCKS = range(5)
"""Places in the progress: row of the block, of the engine at work, 1 if it has begun its part; rows of the part, and 1
if they are no prices."""

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
    tally.traded[trade.instrument] += trade.entry_cost + trade.exit_cost
    number = record_at(tally.r + tally.trades * 8, NUMBER)
    number.value = float(net) / float(trade.risk) if trade.risk > 0 else np.nan
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


@inner
def begin_part(progress, task):
    """The next rows of the block are a part of their own, prices or not, and the leader has gone through them."""
    row = progress[ROW]
    trace = record_at(task.traced, TRACE)
    count = stretch_of(task.block, row, task.length, task.rows)
    progress[CLOCKS] = 0
    if count > 0:
        trace.block = task.block + row * EVENT_BYTES
        trace.rows = count
        lead(trace, task.most_stops, task.most_closed)
        progress[COUNT] = trace.rows
        return
    progress[CLOCKS] = 1
    progress[COUNT] = clocks_of(task.block, row, task.length)
    leader = record_at(task.leader, TALLY)
    place_at(record_at(leader.engine, ENGINE), task, progress)
    while call_drive(task.drive, leader.engine, task.handler) == FULL:
        empty_logs(leader, record_at(leader.engine, ENGINE))


@inner
def place_at(engine, task, progress):
    """The engine stands before the first row of the part."""
    engine.block = task.block + progress[ROW] * EVENT_BYTES
    engine.length = progress[COUNT]
    engine.position = 0


@inner
def drive_part(progress, task, tally):
    """Return whether the engine of the tally has gone through the part; if not, the tally needs room."""
    engine = record_at(tally.engine, ENGINE)
    trace = record_at(task.traced, TRACE)
    if progress[BEGUN] == 0:
        place_at(engine, task, progress)
        tally.stop = 0
        progress[BEGUN] = 1
    elif not empty_logs(tally, engine):
        return False
    while True:
        if progress[CLOCKS] != 0:
            result = call_drive(task.drive, tally.engine, task.handler)
        else:
            result = follow(trace, engine, tally, task.handler)
        if result != FULL:
            break
        if not empty_logs(tally, engine):
            return False
    if progress[CLOCKS] == 0:
        join_leader(trace, engine)
    progress[BEGUN] = 0
    return True


@compiled(free=True)
def drive_many(tallies, progress, address):
    """Every engine of `tallies` (addresses of TALLY) has applied the block of the TASK at `address`.

    `progress` is zeros to begin with, and says by ROW, PLACE and BEGUN where it stands. ROOM: see there. What a
    handler raises is raised here; PLACE says whose.
    """
    task = record_at(address, TASK)
    while progress[ROW] < task.length:
        if progress[COUNT] == 0:
            begin_part(progress, task)
        while progress[PLACE] < len(tallies):
            tally = record_at(tallies[progress[PLACE]], TALLY)
            if tally.dead == 0 and not drive_part(progress, task, tally):
                return ROOM
            progress[PLACE] += 1
        progress[PLACE] = 0
        progress[ROW] += progress[COUNT]
        progress[COUNT] = 0
    return DONE
