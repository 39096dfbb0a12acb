"""How a record is laid out, and how many rows there is room for.

A record is a numpy structured dtype, so state is plain bytes: a snapshot is a copy, equality is bytes, the same rows
live in memory, in files and on the wire. Capacities are fixed, so that nothing is ever compiled again for another
number of instruments; wiring refuses what does not fit, with the number.
"""

import numpy as np

# numpy's own attributes shadow a field of the same name when the JIT is off: `order.size` would read 1.
RESERVED = frozenset(
    name for name in dir(np.recarray((0,), dtype=[("x", "i8")])) if not name.startswith("_")
) | frozenset(name for name in dir(np.record) if not name.startswith("_"))


def record(fields, offsets=None, itemsize=None):
    """Return the dtype of a record with `fields`, a list of (name, format[, shape]).

    The fields lie in the order given, each on its natural boundary, or at `offsets` within `itemsize` bytes. A
    name that numpy uses for something else is refused with ValueError: it would read wrongly when the JIT is off.
    """
    for name, *_ in fields:
        if name in RESERVED:
            raise ValueError(f"a record field may not be named {name!r}: numpy uses that name; choose another word")
    formats = [np.dtype(rest[0]) if len(rest) == 1 else np.dtype((rest[0], rest[1])) for _, *rest in fields]
    if offsets is None:
        offsets, end = [], 0
        for part in formats:
            boundary = 8 if part.subdtype or part.fields else part.itemsize
            end = -(-end // boundary) * boundary
            offsets.append(end)
            end += part.itemsize
        itemsize = -(-end // 8) * 8
    names = [name for name, *_ in fields]
    spec = {"names": names, "formats": formats, "offsets": offsets, "itemsize": itemsize}
    return np.dtype((np.record, np.dtype(spec)))


INSTRUMENTS = 16
STRATEGIES = 16
SERIES = 64
ORDERS = 256
OUTBOX = 64
PENDING = 64
TRADES = 64
GATE_ROWS = 256
CURRENCIES = 8
SESSIONS = 16
RISK_ROWS = 256
POSITIONS = STRATEGIES * INSTRUMENTS

SECOND = np.int64(1_000_000_000)
"""In ns. An int64 and not a plain int: uncompiled, a 32-bit field times a plain int stays 32 bits and overflows."""

NEVER = np.int64(2**62)
"""A moment (ns UTC) that does not come."""
