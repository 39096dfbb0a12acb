"""What a desk of the virtual world is made of: a compiled strategy, a core as new, and a disk that forgets.

Strategies are compiled once a process and runners are used again: a recovery costs a copy of the first state.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tradewind.compilation import handler_of
from tradewind.kernel import loop
from tradewind.kernel.records import FILLED, PLACE
from tradewind.limits_wiring import hold_limits
from tradewind.markets.loading import load_profile
from tradewind.modes import subscribe
from tradewind.risk.digest import with_digest
from tradewind.risk.limits import OFF
from tradewind.risk.resolving import Account, load_rules
from tradewind.runner import CAPACITIES, LOGS, Runner, Slot
from tradewind.settings import Settings
from tradewind.strategy import load
from tradewind.trading import book as book_module
from tradewind.trading import machine as machine_module
from tradewind.trading import trader as trader_module
from tradewind.trading.executions import text_of
from tradewind.wiring import Listing, first_state, simulated_venue

HERE = Path(__file__).parent
SYMBOL = "US30"
TAG = "SEAS"
BAR = 10
"""Seconds; so short that a run of three minutes has something to do."""
LOOSE = {  # what would get in the way, and what would catch a mistake of the trader's in its place
    "level_atr_day", "spread_median_multiple", "day_types", "fills_per_5min", "fills_per_day", "trades_per_block",
    "trades_per_day", "trades_per_day_total", "collar_atr", "duplicate_s", "consecutive_losses",
    "consecutive_losses_global", "order_median_multiple", "broker_rejects", "rejects_for_kill", "quote_age_s",
    "messages_per_second", "minutes_to_close", "unknown_hold",
}  # fmt: skip


class Parts:
    """The modules a desk is made of; a test of the tests puts copies with a mistake in their place."""

    book, core, trader = book_module, machine_module, trader_module


class Workshop:
    """The strategy of a file, compiled, and runners that were used before."""

    made: dict = {}  # noqa: RUF012 - one a process, on purpose

    def __init__(self, name):
        """The strategy is compiled and the first state made."""
        self.strategy = load(HERE / f"{name}.py", compile_handlers=True)
        self.handler = handler_of([self.strategy])
        settings = Settings()
        profile = load_profile(settings.profile)
        listing = Listing(profile.instrument(SYMBOL))
        limits = load_rules("house", Account("USD", 10_000_000)).limits
        limits = with_digest(limits._replace(**dict.fromkeys(LOOSE, OFF), stop_within_s=1.0, risk_per_trade=0.01,
                                             open_risk=0.06, groups=()))  # fmt: skip
        self.state = first_state(profile, [listing], settings, 1)
        subscribe(self.state, [self.strategy], 1, BAR, set())
        hold_limits(self.state, limits, [listing.instrument], BAR)
        self.venue = simulated_venue(settings)
        self.venue["silent"] = 1
        self.fresh = None
        self.free = []

    @classmethod
    def of(cls, name):
        """Return the workshop of a strategy."""
        if name not in cls.made:
            cls.made[name] = cls(name)
        return cls.made[name]

    def params(self, seed):
        """Return the strategy's parameters with a seed."""
        return self.strategy.params()._replace(seed=seed)

    def core(self, seed):
        """Return a core before its first event."""
        pending = Parts.core.Pending()
        if self.free:
            runner = self.free.pop()
            runner.restore(self.fresh)
            for name, (_, _, counter) in LOGS.items():
                runner.engine[counter], runner.engine[CAPACITIES[name]] = 0, len(runner._logs[name])
            runner.engine["full"] = 0
            runner.journal = pending
            runner._parameters[0][...] = self.strategy.parameter_record(self.params(seed), BAR)
        else:
            # As plain bytes: a copy field by field leaves what is between the fields as it happens to be.
            state, venue = (one.view("u1").copy().view(one.dtype) for one in (self.state, self.venue))
            slot = Slot(self.strategy, self.params(seed), [0], BAR)
            runner = Runner(state, venue, [slot], pending, self.handler, loop.EVERYTHING)
            self.fresh = self.fresh or runner.snapshot()
        return Parts.core.Machine(runner, pending, simulated=False)

    def give_back(self, core):
        """The core is not used any more, and its runner may be."""
        self.free.append(core.runner)


@dataclass
class Disk:
    """What survives: commits, whole or not at all, and snapshots of the state after one of them."""

    commits: list = field(default_factory=list)
    snapshot: tuple | None = None
    snapshots: int = 0
    orders: set = field(default_factory=set)
    """Numbers of orders whose command is durable."""
    executions: set = field(default_factory=set)
    parents: dict = field(default_factory=dict)
    """The entry of an attached order."""
    filled: set = field(default_factory=set)
    """Orders of which a fill is durable."""
    wrong: list = field(default_factory=list)

    def commit(self, batch):
        """The batch is durable."""
        if not batch:
            return
        self.commits.append(batch)
        for log, content in batch:
            if log == "commands":
                placed = content[content["kind"] == PLACE]
                for name in ("order", "stop_order", "target_order"):
                    self.orders.update(placed[name].tolist())
                for name in ("stop_order", "target_order"):
                    self.parents.update(zip(placed[name].tolist(), placed["order"].tolist(), strict=True))
            elif log == "executions":
                for row in content:
                    name = text_of(row["execution"])
                    if name and name in self.executions:
                        self.wrong.append(f"I7: execution {name} was written twice")
                    self.executions.add(name)
                    if int(row["kind"]) == FILLED:
                        self.filled.add(int(row["order"]))

    def tail(self, after):
        """Yield what was committed after the first `after` commits, in order."""
        for batch in self.commits[after:]:
            yield from batch

    def log(self, name):
        """Return everything of one log."""
        return [content for log, content in self.tail(0) if log == name]


def recovered(disk, core, *, whole=False):
    """Return the book after `core` was brought to what the disk says, from the snapshot or from the beginning."""
    book, done = Parts.book.Book(TAG), 0
    if disk.snapshot is not None and not whole:
        done, payload = disk.snapshot
        book = Parts.book.Book.from_tree(core.restore(payload))
    tail = list(disk.tail(done))
    core.replay(tail)
    Parts.trader.replayed(book, [one for one in tail if one[0] in ("commands", "executions", "notes")])
    return book


def bytes_of(core):
    """Return everything the kernel and the strategies know."""
    return core.runner.snapshot()


def plain(content):
    """Return rows or a note as bytes, the same on every run."""
    return content.tobytes() if isinstance(content, np.ndarray) else repr(sorted(content.items())).encode()
