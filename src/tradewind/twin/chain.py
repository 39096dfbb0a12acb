"""A chain of runs from the backtest to what happened, each changing one thing; the differences are the answer.

                                        changes
    backtest    the reference feed      -
    feed        prices that came        rows missing, rows added, other prices
    spread      quoted spreads          wider or narrower than the reference has them
    clock       times as they were      shifted prices, timers, a calendar that came late
    signal      decisions as made       where the strategies, shown the same, decide otherwise today
    size        sizes as sent or filled
    latency     arrivals as they were
    spread      spreads as filled       beyond the quotes
    slippage    prices as filled        what is left of the fills
    commission  as booked
    swap        as booked
    missed      orders that never came to the broker, trades nobody here ordered, a person's orders
    live        the exact replay        what no whole run explains is split by the trades themselves (`remainder`)

Every run is a whole one: a late fill that changes a balance that changes a size is the latency's doing, all of it. The
sum of the differences is live minus backtest by construction, in whole minor units. A link whose cause left no trace in
the recording is not run: it would change nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tradewind.kernel.records import OPERATOR
from tradewind.ports import Rows
from tradewind.twin import conduct as broker
from tradewind.twin.audit import Audit, replay, unexplained
from tradewind.twin.conduct import Conduct, booked_of
from tradewind.twin.feeds import Steps, same, steps
from tradewind.twin.live import Live, live_of
from tradewind.twin.pairs import Link, Trade, line_up, remainder
from tradewind.twin.played import Played
from tradewind.twin.recording import Recording
from tradewind.twin.run import play
from tradewind.twin.usual import NOTHING, Mark, latency_bounds, usual_latency, usual_of, usual_size
from tradewind.twin.world import World

CAUSES = (
    "feed", "clock", "signal", "spread", "slippage", "latency", "size", "swap", "commission", "missed", "unexplained",
)  # fmt: skip


@dataclass(frozen=True)
class Twin:
    """The answer: what the backtest made, what live made, and every cause between."""

    backtest: int
    live: int
    causes: dict[str, int]
    trades: Sequence[Trade]
    links: Sequence[Link]
    found: dict[str, int] = field(default_factory=dict)
    """What was counted on the way: rows dropped, the shift of the clock and so on; the page tells them."""

    @property
    def difference(self) -> int:
        """Live minus backtest, minor units of the account."""
        return self.live - self.backtest


def twin(world: World, recording: Recording, span: tuple[int, int], reference: Rows | None = None) -> Twin:
    """Return why the events at positions [first, end) of a recording made what they made.

    `world` is where the account stood before them, with what the backtest assumes of the broker; `reference` the tape
    as it should have been, by default the feed as it came.
    """
    audit, _ = replay(world, recording, span)
    assert audit.played is not None  # noqa: S101  a replay always leaves it
    live = live_of(recording, span)
    feeds = steps(live.fed if reference is None else reference, live.fed)
    chain = _Chain(world, live, audit)
    chain.feeds(feeds)
    chain.causes(feeds.lived)
    last = chain.played
    rest = remainder(last.deals, audit.played.deals)
    numbers = int(recording.events["number"][span[0]]), int(recording.events["number"][span[1] - 1])
    gap = unexplained(audit, recording.trades, numbers) + audit.played.total - audit.played.net
    return _told(chain, audit.played, rest, gap, _found(feeds, live, audit, chain))


class _Chain:
    """The runs so far."""

    def __init__(self, world: World, live: Live, audit: Audit) -> None:
        self._world, self._live, self._audit = world, live, audit
        self.links: list[Link] = []
        self._on: set[str] = set()
        self._marks: list[Mark] = []
        self._usual = NOTHING
        self.assumed = int(world.venue["latency"][0])

    @property
    def played(self) -> Played:
        """The latest run."""
        return self.links[-1].played

    def _run(self, cause: str, rows: Rows) -> None:
        conduct = Conduct(self._live, self._audit, frozenset(self._on), self._usual)
        played = play(self._world, rows, conduct)
        self._marks = conduct.marks
        if broker.SLIPPAGE not in self._on:
            self._usual = usual_of(self._marks)
        before = self.played.net if self.links else played.net
        self.links.append(Link(cause, played, played.net - before))

    def feeds(self, feeds: Steps) -> None:
        """The backtest has run, and every feed between its own and the one that came."""
        self._run("backtest", feeds.reference)
        now = feeds.reference
        for cause, rows in (("feed", feeds.received), ("spread", feeds.wider), ("clock", feeds.lived)):
            if not same(now, rows):
                self._run(cause, rows)
            now = rows

    def causes(self, rows: Rows) -> None:
        """Every cause that left a trace in the recording has its run."""
        for cause, left_a_trace in self._traces(rows):
            if left_a_trace():
                self._on.add(cause)
                self._run(cause, rows)

    def _traces(self, rows: Rows) -> list[tuple[str, Callable[[], bool]]]:
        """Return how each cause is recognised, in the order of the chain."""
        live, audit = self._live, self._audit
        return [
            (broker.SIGNAL, lambda: bool(audit.silenced or audit.added)),
            (broker.SIZE, lambda: bool(audit.sizes or live.filled)),
            (broker.LATENCY, lambda: late(live, self.assumed)),
            (broker.SPREAD, lambda: any(mark.spread for mark in self._marks)),
            (broker.SLIPPAGE, lambda: any(mark.slippage for mark in self._marks)),
            (broker.COMMISSION, lambda: any(one != other for one, other, _ in audit.charged)),
            (broker.SWAP, lambda: any(booked_of(live, key) != one for key, one in audit.nights.items())),
            (broker.MISSED, lambda: bool(missed(live) or audit.withheld or live.strays
                                         or (rows["kind"] == OPERATOR).any())),
        ]  # fmt: skip


def late(live: Live, assumed: int) -> bool:
    """Return whether any order arrived on another price than the assumed latency would have found it on."""
    return any(one.arrived >= 0 and not one.earliest < assumed <= one.latest for one in live.orders.values())


def missed(live: Live) -> int:
    """Return how many orders never came to the broker."""
    return sum(one.arrived < 0 for one in live.orders.values())


def _told(chain: _Chain, lived: Played, rest: Sequence[Link], gap: int, found: dict[str, int]) -> Twin:
    """Return the chain and its remainder as causes and trades; they sum to live minus backtest."""
    causes = dict.fromkeys(CAUSES, 0)
    for link in (*chain.links[1:], *rest):
        causes[link.cause] += link.amount
    causes["unexplained"] += gap
    backtest = chain.links[0].played.net
    trades = line_up([*chain.links, *rest])
    assert backtest + sum(causes.values()) == lived.net + gap  # noqa: S101  the differences telescope
    return Twin(backtest, lived.net + gap, causes, trades, [*chain.links, *rest], found)


def _found(feeds: Steps, live: Live, audit: Audit, chain: _Chain) -> dict[str, int]:
    """Return what was counted, for people."""
    kinds: dict[str, int] = defaultdict(int)
    kinds["prices"] = int((feeds.reference["kind"] <= 2).sum())
    kinds["dropped"], kinds["foreign"], kinds["shift_ns"] = feeds.dropped, feeds.foreign, feeds.shift
    kinds["orders"], kinds["missed"] = len(live.orders), missed(live)
    kinds["assumed_latency_ns"] = chain.assumed
    kinds["latency_ns"] = usual_latency(live, chain.assumed)
    kinds["latency_above_ns"], kinds["latency_upto_ns"] = latency_bounds(live)
    kinds["size_permille"] = round(1000 * usual_size(live, audit, reducing=False))
    kinds["strays"] = sum(len(rows) for rows in live.strays.values())
    kinds["decisions"] = len(audit.silenced) + sum(len(rows) for rows in audit.added.values())
    return dict(kinds)
