"""Who did what: rows that only grow, each hashed together with the one before it."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from tradewind.adapters.entrance.database import Entrance

GENESIS = bytes(32)


class Deed(NamedTuple):
    """One row."""

    number: int
    ts_ns: int
    who: str
    action: str
    outcome: str
    about: Mapping[str, Any]
    hash: str = ""
    """Of this row and all before it, as hexadecimal digits."""
    before: str = ""
    """The hash of the row before."""


def note(entrance: Entrance, deed: tuple[int, str, str, str], about: Mapping[str, Any]) -> int:
    """(when ns, who, action, outcome) stands in the trail with what it was about; return its number."""
    text = json.dumps(about, sort_keys=True, separators=(",", ":"))
    with entrance.opened() as database:
        last = database.execute("SELECT number, chain FROM audit ORDER BY number DESC LIMIT 1").fetchone()
        number, before = (last[0] + 1, last[1]) if last else (1, GENESIS)
        chain = _chain(before, (number, *deed, text))
        database.execute("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?)", (number, *deed, text, chain))
    return number


def deeds(entrance: Entrance, after: int = 0, most: int = 200) -> list[Deed]:
    """Return the rows after a number, oldest first."""
    query = (
        "SELECT number, ts_ns, who, action, outcome, about, chain FROM audit WHERE number > ? ORDER BY number LIMIT ?"
    )
    with entrance.opened() as database:
        rows = database.execute(query, (after, most)).fetchall()
        first = (
            database.execute("SELECT chain FROM audit WHERE number = ?", (rows[0][0] - 1,)).fetchone() if rows else None
        )
    before, found = (first[0] if first else GENESIS).hex(), []
    for number, ts, who, action, outcome, about, chain in rows:
        found.append(Deed(number, ts, who, action, outcome, json.loads(about), chain.hex(), before))
        before = chain.hex()
    return found


def newest(entrance: Entrance, most: int = 20) -> list[Deed]:
    """Return the newest rows, newest first."""
    with entrance.opened() as database:
        last = database.execute("SELECT coalesce(max(number), 0) FROM audit").fetchone()[0]
    return deeds(entrance, max(0, last - most), most)[::-1]


def first_break(entrance: Entrance) -> int | None:
    """Return the number of the first row that is not as it was written, None where all are."""
    before, wanted = GENESIS, 1
    with entrance.opened() as database:
        for *row, chain in database.execute("SELECT * FROM audit ORDER BY number"):
            if row[0] != wanted or chain != _chain(before, tuple(row)):
                return wanted
            before, wanted = chain, wanted + 1
    return None


def _chain(before: bytes, row: tuple[Any, ...]) -> bytes:
    return hashlib.blake2b(before + json.dumps(row).encode(), digest_size=32).digest()
