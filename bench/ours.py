"""Tradewind's side of the table: each function makes a work ready and returns what is timed.

What is timed takes no arguments and gives (profit in ticks, number of fills), or None where there is nothing
to compare. Making ready (imports, blocks of events, compiling) is not timed. A function that raises
ImportError is told as "not wired" and the table goes on without it. The tape comes from `bench.tape`, the
numbers of a work from `bench.works.SETTINGS`.
"""

from collections.abc import Callable
from typing import NamedTuple

NOT_WIRED = "not wired"


class Ready(NamedTuple):
    """What is timed; `rows` where it runs fewer than the work has, its time is then scaled and said to be."""

    run: Callable[[], tuple[float, int] | None]
    rows: int | None = None


def w1():
    """W1 as a compiled strategy in the kernel, with order checks, account and journal on."""
    raise ImportError(NOT_WIRED)


def w2():
    """W2 as a compiled strategy with a bracket."""
    raise ImportError(NOT_WIRED)


def w4():
    """W4 on quotes."""
    raise ImportError(NOT_WIRED)


def strategy_b():
    """The shipped strategy B, opening-range breakout, with all its session facts, on W2's tape."""
    raise ImportError(NOT_WIRED)


def plain_w1():
    """W1 with the strategy left as plain Python, against backtesting.py."""
    raise ImportError(NOT_WIRED)
