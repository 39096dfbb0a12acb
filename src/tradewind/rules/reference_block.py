"""A reference block: a session as one candle, how large it is for its kind, and how far price has come back.

`watch_block` takes the M5 bars of the block, `finish_block` is called once when it is over. It is valid with
80 % of its bars. `relative` is its range over the median of the last 20 valid ones on FULL days strictly
before (NaN until there are 20). London to New York has an hour less in the weeks between the clock changes,
so ranges are compared per root of their length, as a random walk grows; at equal length this is the plain
ratio. `low_since_high` is the lowest low after the bar of the high (the high itself while there is none),
`high_since_low` its mirror. Source: domain 1.6, 2.1 rule 4 and 2.2.
"""

import math

import numpy as np

from tradewind.indicators.past_median import past_median, past_median_record
from tradewind.indicators.session_statistics import SESSION_STATISTICS, session_is_valid, session_statistics
from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record

INSTANCES = 20
MINUTES_5 = 300_000_000_000

REFERENCE_BLOCK = record(
    [
        ("seen", "i8"),
        ("value", "f8"),            # the range, ticks
        ("valid", "i8"),
        ("share", "f8"),            # of the bars expected
        ("relative", "f8"),         # range over the median range
        ("low_since_high", "f8"),
        ("high_since_low", "f8"),
        ("statistics", SESSION_STATISTICS),
        ("ranges", past_median_record(INSTANCES)),
    ]
)  # fmt: skip


@compiled
def watch_block(memory, bar, opens):
    """The block that opened at `opens` includes the bar."""
    facts = memory.statistics
    fresh = facts.anchor != opens
    new_high = fresh or bar.high > facts.high
    new_low = fresh or bar.low < facts.low
    session_statistics(facts, float(bar.open), float(bar.high), float(bar.low), float(bar.close), opens)
    memory.seen += 1
    memory.value = facts.range
    memory.low_since_high = float(bar.high) if new_high else min(memory.low_since_high, float(bar.low))
    memory.high_since_low = float(bar.low) if new_low else max(memory.high_since_low, float(bar.high))


@compiled
def finish_block(memory, opens, closes, counts):
    """The block [opens, closes) is judged, and remembered if it is valid and `counts` (its day is FULL)."""
    expected = (closes - opens) // MINUTES_5
    facts = memory.statistics
    held = facts.count if facts.anchor == opens else 0
    memory.share = held / expected
    memory.valid = 1 if held > 0 and session_is_valid(facts, expected) else 0
    root = math.sqrt(float(expected))
    usual = memory.ranges.following if memory.ranges.seen >= INSTANCES else np.nan
    memory.relative = facts.range / root / usual if usual > 0.0 else np.nan
    if memory.valid != 0 and counts:
        past_median(memory.ranges, facts.range / root, INSTANCES)


@compiled
def location_of(facts, side):
    """Return where the block closed in its range, seen along `side`: CLV for +1, 1 - CLV for -1."""
    if facts.range <= 0.0:
        return 0.5
    return (facts.close - facts.low) / facts.range if side > 0 else (facts.high - facts.close) / facts.range
