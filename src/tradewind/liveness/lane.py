"""One instrument's prices as the guard knows them: the last good one, how far prices usually move, what is in doubt.

The band in which a next price is ordinary is `multiple` mean moves wide, a move being the larger of the changes of bid
and ask from one good quote to the next, weighted exponentially. It grows with the square root of the time since the
last quote, as the spread of a random walk does, and is never narrower than some spreads, so that a quiet market is not
a nervous one. A price outside is held: if the next print stands by it, both were the market; if not, it was a spike.
A jump of a real market so costs one print of delay, and a single bad print nothing at all.
"""

from math import sqrt

from tradewind.broker import Quote

MOVES = 1 / 500
"""The weight of a new move."""
SPREADS = 1 / 200
GAPS = 1 / 500
LONGEST_GAP_NS = 60_000_000_000
"""A longer silence says nothing about the usual one."""
FIRST_BAND = 0.002
"""Of the price: how near the second print must be to the first where nothing is known."""


class Lane:
    """The state of one instrument."""

    __slots__ = ("ask", "bid", "closes", "doubt", "gap", "held", "last", "move", "opens", "replaying", "spread")

    def __init__(self) -> None:
        self.last = 0
        """The time of the last good quote; 0 before the first."""
        self.bid = self.ask = 0
        self.move = self.spread = 0.0
        self.gap = 1e9
        self.held: Quote | None = None
        self.doubt = ""
        self.replaying = False
        self.opens = self.closes = 0
        """The hours that were looked up last."""

    def band(self, ts: int, multiple: float, spreads: float) -> float:
        """Return how far from the last good price one of `ts` may be, ticks."""
        if self.last == 0:
            return 0.0
        waited = ts - self.last
        wide = multiple * self.move * (sqrt(waited / self.gap) if waited > self.gap else 1.0)
        return max(wide, spreads * self.spread, FIRST_BAND * self.bid if self.move == 0.0 else 0.0)

    def far(self, quote: Quote) -> int:
        """Return how far a quote is from the last good one, ticks: the larger of bid's and ask's change."""
        return max(abs(quote.bid - self.bid), abs(quote.ask - self.ask))

    def take(self, quote: Quote, most: float) -> None:
        """The quote is the last good one; a jump counts as a move of at most `most` ticks."""
        waited = quote.ts - self.last
        if self.last:
            moved = min(float(self.far(quote)), most)
            self.move += (moved - self.move) * (MOVES if self.move else 1.0)
            self.spread += (quote.ask - quote.bid - self.spread) * SPREADS
            self.gap += (min(waited, LONGEST_GAP_NS) - self.gap) * GAPS
        else:
            self.spread = float(quote.ask - quote.bid)
        self.last, self.bid, self.ask = quote.ts, quote.bid, quote.ask
        self.held, self.doubt, self.replaying = None, "", False
