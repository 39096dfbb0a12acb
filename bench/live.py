"""What a live desk costs: a price from the socket's callback to applied state, and a decision to its request.

    python -m bench.live

Printed, never asserted. A decision is a price that makes the strategy give an order: until its rows are durable and the
request is handed out; what the fsync took of it is shown beside. The fsync of a plain file of 4 kB tells of the disk.
"""

import os
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from tradewind.adapters.brokers.oanda.broker import CAPABILITIES
from tradewind.broker import Answer, CatchUp, Link, Picture, Quote
from tradewind.drills import busy
from tradewind.drills.actors import limits
from tradewind.live.edge import Edge
from tradewind.live.prepare import prepare
from tradewind.live.start import open_account
from tradewind.liveness.habits import NOTHING
from tradewind.modes import Choice, Request
from tradewind.settings import Settings
from tradewind.trading.requests import Send

START = int(np.datetime64("2025-03-12T15:00", "ns").astype(int))
STEP = 250_000_000
"""Between prices: each is made durable by itself, and what it needs has gone cold meanwhile."""
QUICK = 5_000_000
"""Between prices of a busy stream: fifty share a commit."""
PRICES = 20_000


def main() -> None:
    """The table is printed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [("fsync of 4 kB", *_shown(_fsyncs(folder)))]
        desk, journal = _desk(folder)
        with journal:
            guard = Edge([one.instrument for one in desk.prepared.listings], 1, [NOTHING])
            ticks, decisions, commits = _traded(desk, guard, journal)
            busy_ticks = _streamed(desk, guard, int(desk.core.now) + STEP)
        rows += [
            ("price: guard and desk, 4 a second", *_shown(ticks)),
            ("price: guard and desk, 200 a second", *_shown(busy_ticks)),
            ("decision to request, durable", *_shown(decisions)),
            ("of that the commit", *_shown(commits)),
        ]
    table = Table("what", "p50 us", "p99 us", "count")
    for row in rows:
        table.add_row(*(str(value) for value in row))
    Console().print(table)


def _desk(folder):
    """Return a desk that is ready to trade, without a broker behind it."""
    settings = Settings(profile="oanda", data=folder)
    prepared = prepare(Request([Choice(Path(busy.__file__))], ["XAUUSD"], bar="S5", settings=settings, risk=limits()))
    desk, journal = open_account(prepared, "bench", "live", CAPABILITIES)
    desk.begin(START, desk.start_document)
    desk.trader.link(Link("reports", up=True))
    for _ in range(6):
        desk.trader.turn(START)
        for request in desk.settle(START, at_once=True):
            balance = int(desk.core.state["account"]["balance"])
            picture = Picture(START, "1", "USD", balance, balance, 0, (), ())
            desk.trader.told(request, CatchUp((), "1") if request.what == "since" else picture)
    desk.follow_calendar(START)
    return desk, journal


def _traded(desk, guard, journal):
    """Return ns of every price, of every price that made an order, and of the commits of those."""
    chance = np.random.default_rng(1)
    walk = 2_400_000 + np.cumsum(chance.integers(-30, 31, PRICES))
    ticks, decisions, commits = [], [], []
    commit = journal.commit

    def timed(epoch):
        began = time.perf_counter_ns()
        done = commit(epoch)
        commits.append(time.perf_counter_ns() - began)
        return done

    journal.commit = timed
    for number, bid in enumerate(walk.tolist()):
        quote = Quote(0, START + number * STEP, bid, bid + 400)
        commits_before, began = len(commits), time.perf_counter_ns()
        desk.quotes(guard.take([quote], quote.ts))
        applied = time.perf_counter_ns()
        requests = desk.settle(quote.ts)
        done = time.perf_counter_ns()
        sends = [one for one in requests if isinstance(one, Send)]
        (decisions if sends else ticks).append((done if sends else applied) - began)
        if not sends:
            del commits[commits_before:]
        for request in sends:  # the broker refuses, so that the next bar tries again
            desk.trader.answered(request, Answer("refused", (), "bench"))
        desk.settle(quote.ts)
    return ticks, decisions, commits


def _streamed(desk, guard, start):
    """Return ns of every price of a busy stream."""
    ticks = []
    bid = int(desk.core.state["instruments"][0]["bid"])
    for number in range(PRICES):
        quote = Quote(0, start + number * QUICK, bid + number % 7, bid + number % 7 + 400)
        began = time.perf_counter_ns()
        desk.quotes(guard.take([quote], quote.ts))
        ticks.append(time.perf_counter_ns() - began)
        for request in desk.settle(quote.ts):
            if isinstance(request, Send):
                desk.trader.answered(request, Answer("refused", (), "bench"))
    return ticks


def _fsyncs(folder):
    """Return ns of two hundred synced writes."""
    found = []
    with (folder / "probe").open("wb", buffering=0) as file:
        for _ in range(200):
            began = time.perf_counter_ns()
            file.write(bytes(4096))
            os.fsync(file.fileno())
            found.append(time.perf_counter_ns() - began)
    return found


def _shown(values):
    """Return median and 99th percentile in microseconds, and how many there were."""
    if not values:
        return "-", "-", 0
    ordered = sorted(values)
    return round(ordered[len(ordered) // 2] / 1000, 1), round(ordered[len(ordered) * 99 // 100] / 1000, 1), len(ordered)


if __name__ == "__main__":
    main()
