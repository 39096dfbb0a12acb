"""Keys of rows: UUIDs of version 7 (RFC 9562), which sort by time and so fill an index from its end.

The first 48 bits are milliseconds since 1970, the next 12 the fraction of the millisecond (the RFC's method 3), the
other 62 chance. For a row that has a natural key those 62 bits are a hash of it instead: the same row has the same key
however often, and wherever, it is made again.
"""

import hashlib
import os
import time
from uuid import UUID

MILLISECOND = 1_000_000
LATEST = 1 << 48


def uuid7(of: str | None = None, ns: int | None = None) -> UUID:
    """Return a key for a moment in ns UTC, by default now; with `of` it is always the same one."""
    moment = time.time_ns() if ns is None else max(0, ns)
    milliseconds, rest = divmod(moment, MILLISECOND)
    if milliseconds >= LATEST:
        raise ValueError(f"{moment} ns lies beyond the time that a UUID can tell")
    chance = os.urandom(8) if of is None else hashlib.blake2b(of.encode(), digest_size=8).digest()
    fraction = rest * 4096 // MILLISECOND
    low = int.from_bytes(chance, "big") & ((1 << 62) - 1)
    return UUID(int=milliseconds << 80 | 7 << 76 | fraction << 64 | 2 << 62 | low)
