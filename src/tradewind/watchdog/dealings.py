"""The few words in which the watchdog deals with any broker."""

from collections.abc import Callable
from typing import NamedTuple

Say = Callable[[str], None]
"""Gets one line about each step as it is done."""


class NotDone(Exception):  # noqa: N818 - reads as the sentence it prints
    """A request had no clear good answer; `silent` where there was no answer at all."""

    def __init__(self, why: str, *, silent: bool = False) -> None:
        super().__init__(why)
        self.silent = silent


class Order(NamedTuple):
    """A living order at the broker."""

    id: str
    words: str
    protective: bool
    """It can only reduce what is open: it is left alone."""
    stop: bool = False
    """It is the stop of `trade`."""
    trade: str = ""


class Trade(NamedTuple):
    """An open position at the broker."""

    id: str
    words: str
    stopped: bool
    """The broker says that it has a stop."""


class Hands(NamedTuple):
    """What has to be possible at a broker; every one raises `NotDone` and nothing else.

    `orders` and `trades` give all there are, or raise. `cancel` and `close` give a word for what they did.
    """

    orders: Callable[[], list[Order]]
    trades: Callable[[], list[Trade]]
    cancel: Callable[[Order], str]
    close: Callable[[Trade], str]


class Outcome(NamedTuple):
    """How it stands at the broker after the work."""

    done: bool
    """A fresh look showed that nothing the level asks for is left to do."""
    trouble: str = ""
    entries: tuple[str, ...] = ()
    trades: tuple[str, ...] = ()
    unprotected: tuple[str, ...] = ()
    """Open trades without a stop."""
