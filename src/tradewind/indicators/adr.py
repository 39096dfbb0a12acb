"""Average daily range: the mean of high less low over the last n completed trading dates.

ADR20 is `adr(memory, high, low, 20)`, called once for each day of type FULL when that day is over; the answer
then serves the days that follow, so the running day is never part of it (domain 1.5, 2.1 rule 4, 2.2).
Source: domain 2.2.
"""

from functools import cache

from tradewind.indicators.sma import sma, sma_record
from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record


@cache
def adr_record(capacity):
    """Return the dtype of an average daily range whose length may be up to `capacity` days."""
    return record([("seen", "i8"), ("value", "f8"), ("average", sma_record(capacity))])


ADR = adr_record(256)


@compiled
def adr(memory, high, low, length):
    """Return the mean range of the last `length` completed days, this one included, in price units.

    NaN until `length` days were seen. ValueError if `length` is outside 1 to the capacity.
    """
    if length < 1 or length > len(memory.average.values):
        raise ValueError("adr: length must be 1 to the capacity; enlarge it with adr_record")
    memory.seen += 1
    memory.value = sma(memory.average, high - low, length)
    return memory.value
