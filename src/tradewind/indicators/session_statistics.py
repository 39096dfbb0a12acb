"""Session statistics: what a block of bars (a session, an opening half hour) looks like as one candle.

O, H, L, C are the first open, highest high, lowest low and last close. Then

    range = H - L, direction = sign(C - O), body = |C - O| / range, location = (C - L) / range (the CLV),
    efficiency = |C - O| / sum |dC|

where dC are the changes from close to close within the block (so efficiency can exceed 1 if the first bar
moved). Where the range is 0: body 0, location 0.5, efficiency 0. Where the closes are all equal:
efficiency 0. Pass the bars of the block only; a new anchor (trading date) starts the next block. While bars
are still to come the statistics are *partial* (domain 2.1 rule 5). Source: domain 2.2; efficiency is
P. Kaufman's, Trading Systems and Methods (2013), ch. 17.
"""

from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record

SESSION_STATISTICS = record(
    [
        ("seen", "i8"),
        ("value", "f8"),        # the range
        ("anchor", "i8"),
        ("count", "i8"),        # bars in the block so far
        ("open", "f8"),
        ("high", "f8"),
        ("low", "f8"),
        ("close", "f8"),
        ("range", "f8"),
        ("direction", "i8"),    # +1, 0, -1
        ("body", "f8"),
        ("location", "f8"),     # CLV
        ("efficiency", "f8"),   # ER
        ("travel", "f8"),       # sum of |dC|
    ]
)  # fmt: skip


@compiled
def session_statistics(memory, opening, high, low, close, anchor):
    """Return the range of the block so far, in price units; the other statistics are fields of `memory`.

    There is no NaN: the statistics are those of the bars seen since `anchor` last changed.
    """
    if memory.seen == 0 or anchor != memory.anchor:
        memory.anchor = anchor
        memory.count = 0
        memory.open = opening
        memory.high = high
        memory.low = low
        memory.close = close
        memory.travel = 0.0
    memory.seen += 1
    memory.count += 1
    memory.high = max(memory.high, high)
    memory.low = min(memory.low, low)
    memory.travel += abs(close - memory.close)
    memory.close = close
    memory.range = memory.high - memory.low
    gain = memory.close - memory.open
    memory.direction = 1 if gain > 0.0 else -1 if gain < 0.0 else 0
    memory.body = abs(gain) / memory.range if memory.range > 0.0 else 0.0
    memory.location = (memory.close - memory.low) / memory.range if memory.range > 0.0 else 0.5
    memory.efficiency = abs(gain) / memory.travel if memory.travel > 0.0 else 0.0
    memory.value = memory.range
    return memory.value


@compiled
def session_is_valid(memory, expected):
    """Return whether the block has at least 80 % of the `expected` number of bars (domain 2.2)."""
    return memory.count > 0 and 5 * memory.count >= 4 * expected
