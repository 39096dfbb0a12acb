"""Classic floor pivots: lines for today out of yesterday's high, low and close.

P = (H + L + C) / 3; R1 = 2P - L, S1 = 2P - H; R2 = P + (H - L), S2 = P - (H - L); R3 = H + 2 (P - L), S3 = L
- 2 (H - P). Call it once with each completed day. Source: J. Person, A Complete Guide to Technical Trading
Tactics (2004).
"""

from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record

PIVOTS = record(
    [
        ("seen", "i8"),
        ("value", "f8"),
        ("pivot", "f8"),
        ("resistance1", "f8"),
        ("resistance2", "f8"),
        ("resistance3", "f8"),
        ("support1", "f8"),
        ("support2", "f8"),
        ("support3", "f8"),
    ]
)


@compiled
def pivots(memory, high, low, close):
    """Return the pivot of the completed day, in price units; the six other lines are fields of `memory`."""
    pivot = (high + low + close) / 3.0
    memory.seen += 1
    memory.pivot = pivot
    memory.resistance1 = 2.0 * pivot - low
    memory.support1 = 2.0 * pivot - high
    memory.resistance2 = pivot + (high - low)
    memory.support2 = pivot - (high - low)
    memory.resistance3 = high + 2.0 * (pivot - low)
    memory.support3 = low - 2.0 * (high - pivot)
    memory.value = pivot
    return memory.value
