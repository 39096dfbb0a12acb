"""A tape as quotes: what was recorded, in the words of the venue.

A recorded quote is a quote. A bar is shown as its four corners, evenly over its time: its open, then the extreme that
is nearer to the open, the other one, and its close, each with the spread it had.
"""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from operator import attrgetter
from typing import Any

from tradewind.kernel.records import BAR, QUOTE
from tradewind.simulators.oanda.server import Fed

SECOND = 1_000_000_000


def quotes_of(blocks: Iterable[Any], named: Mapping[int, tuple[str, Decimal]]) -> Iterator[Fed]:
    """Yield blocks of EVENT as quotes; `named` tells the venue's name and the tick of each instrument it knows."""
    waiting: list[Fed] = []
    instant = None
    for block in blocks:
        for row in block:
            if row["ts"] != instant:
                yield from sorted(waiting, key=attrgetter("ts"))
                waiting, instant = [], row["ts"]
            found = named.get(int(row["instrument"]))
            if found is None:
                continue
            if row["kind"] == QUOTE:
                waiting.append(_corner(row, "open", int(row["ts"]), found))
            elif row["kind"] == BAR:
                waiting += _corners(row, found)
    yield from sorted(waiting, key=attrgetter("ts"))


def _corners(row: Any, found: tuple[str, Decimal]) -> Iterator[Fed]:
    nearer_high = row["high"] - row["open"] <= row["open"] - row["low"]
    order = ("open", "high", "low", "close") if nearer_high else ("open", "low", "high", "close")
    opens, step = int(row["ts"]) - int(row["span"]) * SECOND, int(row["span"]) * SECOND // 4
    for number, corner in enumerate(order):
        yield _corner(row, corner, opens + number * step, found)


def _corner(row: Any, corner: str, ts: int, found: tuple[str, Decimal]) -> Fed:
    symbol, tick = found
    bid = int(row[corner])
    return Fed(symbol, ts, bid * tick, (bid + int(row[f"spread_{corner}"])) * tick)
