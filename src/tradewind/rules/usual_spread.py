"""The usual spread at this time of day: the median of the last 20 days in each five-minute bucket.

Buckets are counted from 17:00 New York, where the trading date begins, so a bucket is the same New York
minute all year. A bucket's sample of a day is the spread at the end of its five minutes. A decision at t asks
for the bucket that begins at t, whose sample of today does not exist yet: no day is measured against itself.
While there are fewer than 20 days the median is of those there are, and with none it is the spread of the
moment. A sample touches one row of 88 bytes and sorts nothing; only who asks pays for the median. Source:
domain 2.1 rule 4 and 2.2.
"""

import numpy as np

from tradewind.indicators.median import median
from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record

BUCKETS = 288
BUCKET = 300_000_000_000
DAYS = 20

USUAL_SPREAD = record(
    [
        ("seen", "i8"),
        ("value", "f8"),                            # the last answer
        ("days", "i4", (BUCKETS,)),                 # samples so far
        ("samples", "i4", (BUCKETS, DAYS)),         # rings
        ("present", "f8", (DAYS,)),
        ("room", "f8", (DAYS,)),
    ]
)  # fmt: skip


@compiled
def bucket_of(state, moment):
    """Return the bucket that begins at or before `moment` of the present trading date."""
    return (moment - state.day_opens) // BUCKET % BUCKETS


@compiled
def note_spread(memory, state, closes, spread):
    """The bucket that ends at `closes` has one more sample, `spread` ticks."""
    bucket = bucket_of(state, closes - BUCKET)
    memory.samples[bucket, memory.days[bucket] % DAYS] = spread
    memory.days[bucket] += 1
    memory.seen += 1


@compiled
def usual_spread(memory, state, instrument):
    """Return the usual spread, ticks as a float, in the bucket that begins now."""
    bucket = bucket_of(state, state.now)
    count = min(np.int64(memory.days[bucket]), DAYS)
    if count == 0:
        row = state.instruments[instrument]
        memory.value = float(row.ask - row.bid)
        return memory.value
    for place in range(count):
        memory.present[place] = memory.samples[bucket, place]
    memory.value = median(memory.present, count, memory.room)
    return memory.value
