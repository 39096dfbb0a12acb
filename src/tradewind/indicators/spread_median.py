"""Usual spread by time of day: the median of the last n days in each five-minute bucket of the New York day.

Bucket b of 0 ... 287 holds the minutes 5b to 5b + 4 after midnight, New York time; `day` is any number that
changes with the day. Within one day a bucket keeps the *mean* of the spreads passed; when the bucket is next
used on another day that mean is the finished day's figure and joins a ring of n. The answer is the median of
the ring: a day is never measured against itself (domain 2.1 rule 4), and days on which a bucket had no price
do not count for it. With one bar of five minutes a day this is exactly spread_med of domain 2.2.
`memory.medians[b]`, NaN until ready, and `memory.days[b]`, its finished days, may be read for any bucket.
Source: domain 2.2.
"""

from functools import cache

import numpy as np

from tradewind.indicators.median import median
from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record

BUCKETS = 288


@cache
def spread_median_record(capacity):
    """Return the dtype of spread medians over up to `capacity` days."""
    return record(
        [
            ("seen", "i8"),
            ("value", "f8"),                    # the median of the bucket last passed
            ("medians", "f8", (BUCKETS,)),
            ("days", "i8", (BUCKETS,)),         # completed days so far
            ("day", "i8", (BUCKETS,)),          # the day being added up
            ("count", "i8", (BUCKETS,)),        # spreads in it
            ("total", "f8", (BUCKETS,)),
            ("room", "f8", (capacity,)),
            ("daily", "f8", (BUCKETS, capacity)),
        ]
    )  # fmt: skip


SPREAD_MEDIAN = spread_median_record(20)


@compiled
def spread_median(memory, spread, bucket, day, length):
    """Return the median of the bucket's mean spread over its last `length` days before `day`, in price units.

    NaN until the bucket has `length` such days. A NaN spread changes nothing and returns NaN. ValueError if
    `length` is outside 1 to the capacity or `bucket` outside 0 to 287.
    """
    if length < 1 or length > len(memory.room):
        raise ValueError("spread_median: length must be 1 to the capacity; enlarge it with spread_median_record")
    if bucket < 0 or bucket >= BUCKETS:
        raise ValueError("spread_median: bucket must be 0 to 287, the minute of the New York day divided by 5")
    if np.isnan(spread):
        return np.nan
    if memory.seen == 0:
        memory.medians[:] = np.nan
    memory.seen += 1
    if memory.count[bucket] > 0 and memory.day[bucket] != day:
        daily = memory.daily[bucket]
        daily[memory.days[bucket] % length] = memory.total[bucket] / memory.count[bucket]
        memory.days[bucket] += 1
        memory.count[bucket] = 0
        memory.total[bucket] = 0.0
        if memory.days[bucket] >= length:
            memory.medians[bucket] = median(daily, length, memory.room)
    memory.day[bucket] = day
    memory.count[bucket] += 1
    memory.total[bucket] += spread
    memory.value = memory.medians[bucket]
    return memory.value
