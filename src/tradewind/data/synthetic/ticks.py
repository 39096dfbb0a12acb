"""The ticks of a minute: the same slots as its bars, with every quote at its own moment.

A slot's last tick is its last price. Where it has three or more, its high and its low are quoted somewhere among
the others, which lie between them: on the way from where the slot began to where it ends, plus noise. A slot of two
begins somewhere between the price before it and its own. So the ticks never leave the bar, and touch its corners.
Times are whole milliseconds, spread over the slot.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tradewind.data.synthetic.chance import Floats, Integers, stream
from tradewind.data.synthetic.quotes import ENOUGH, SLOTS, Quoted, grid_of, on_grid, quoted
from tradewind.markets.clock import MINUTE
from tradewind.markets.instruments import Instrument

SLOT = MINUTE // SLOTS
MILLISECOND = 1_000_000


class Ticks(NamedTuple):
    """Quotes in order of time; prices in ticks."""

    ts: Integers
    bid: Integers
    ask: Integers


def ticks_of(instrument: Instrument, days: Sequence[int], seed: int) -> list[Ticks]:
    """Return the ticks of each trading date."""
    found = []
    for day in days:
        made = quoted(instrument, [day], seed)
        if len(made.minutes.ts):
            found.append(_ticks(made, grid_of(instrument), stream(seed, f"ticks {instrument.symbol}", day)))
    return found


def _ticks(made: Quoted, grid: int, rng: np.random.Generator) -> Ticks:
    """Return the ticks of one date; bids are multiples of `grid`."""
    counts = made.counts.ravel()
    slot = np.repeat(np.arange(len(counts)), counts)
    count = counts[slot]
    number = np.arange(len(slot)) - np.repeat(np.cumsum(counts) - counts, counts)
    chance = rng.random((2, len(slot)))
    before = np.maximum(slot - 1, 0)  # the opening of a minute, its first slot, is never moved
    bid, spread = made.bid.ravel(), made.spread.ravel()
    way = (number + chance[0]) / count
    bids = on_grid(bid[before] + (bid[slot] - bid[before]) * way, grid)
    ask = bid + spread
    asks = np.maximum(np.rint(ask[before] + (ask[slot] - ask[before]) * way).astype(np.int64), bids + 1)
    full = count >= ENOUGH
    noise = (chance[1] - 0.5) * (made.high.ravel() - made.low.ravel())[slot]
    inside = np.clip(on_grid(bids + noise, grid), made.low.ravel()[slot], made.high.ravel()[slot])
    bids = np.where(full, inside, bids)
    asks = np.where(full, inside + spread[slot], asks)
    last = number == count - 1
    bids[last], asks[last] = bid[slot[last]], ask[slot[last]]
    _corners(made, counts, rng, bids, asks)
    return Ticks(_times(made, slot, number, count, chance[0]), bids, asks)


def _corners(made: Quoted, counts: Integers, rng: np.random.Generator, bids: Integers, asks: Integers) -> None:
    """One tick of each full slot is its high and another its low; neither is the last."""
    full = np.flatnonzero(counts >= ENOUGH)
    first = (np.cumsum(counts) - counts)[full]
    free = counts[full] - 1
    chance = rng.random((2, len(full)))
    high = (chance[0] * free).astype(np.int64)
    low = (high + 1 + (chance[1] * (free - 1)).astype(np.int64)) % free
    spread = made.spread.ravel()[full]
    for place, prices in ((high, made.high.ravel()[full]), (low, made.low.ravel()[full])):
        bids[first + place] = prices
        asks[first + place] = prices + spread


def _times(made: Quoted, slot: Integers, number: Integers, count: Integers, chance: Floats) -> Integers:
    """Return when each tick comes: the opening in the first twentieth of the first slot, the others after it."""
    minute, column = slot // (SLOTS + 1), slot % (SLOTS + 1)
    begins = np.where(column == 1, SLOT // 20, 0)
    length = np.where(column == 0, SLOT // 20, SLOT - begins)
    within = (begins + (number + chance) / count * (length - MILLISECOND)).astype(np.int64)
    moment = np.maximum(column - 1, 0) * SLOT + within // MILLISECOND * MILLISECOND
    times: Integers = made.minutes.ts[minute] + moment
    return times
