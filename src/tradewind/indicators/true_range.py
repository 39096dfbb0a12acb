"""True range: how far price travelled in a bar, the gap from the last close included.

TR = max(H - L, |H - C[1]|, |L - C[1]|). The first bar has no last close and no true range. Source: J. W.
Wilder, New Concepts in Technical Trading Systems (1978), section III; domain 2.2.
"""

import numpy as np

from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record

TRUE_RANGE = record([("seen", "i8"), ("value", "f8"), ("previous", "f8")])


@compiled
def true_range(memory, high, low, close):
    """Return the true range of the bar, in price units; NaN for the first bar."""
    if memory.seen == 0:
        memory.value = np.nan
    else:
        memory.value = max(high, memory.previous) - min(low, memory.previous)
    memory.previous = close
    memory.seen += 1
    return memory.value
