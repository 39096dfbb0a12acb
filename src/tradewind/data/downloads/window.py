"""What is ordered, what a vendor is, and the windows of time that it is asked for one by one."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import polars as pl

from tradewind.data.series import Series


class Secret:
    """A token that shows itself only to who asks for it by name: never in a log, an error or a manifest."""

    def __init__(self, value: str) -> None:
        self._value = value

    def __repr__(self) -> str:
        """Return what may be shown."""
        return "<secret>"

    def revealed(self) -> str:
        """Return the token."""
        return self._value

    def without(self, text: str) -> str:
        """Return a text in which the token does not stand."""
        return text.replace(self._value, repr(self))


class Order(NamedTuple):
    """What is to be downloaded; moments are ns UTC, None: from what is stored, until now."""

    symbol: str
    seconds: int
    """Of a bar, 0 for ticks."""
    since: int | None = None
    until: int | None = None
    again: bool = False
    """Whether windows that were downloaded before are asked for nevertheless."""


class Window(NamedTuple):
    """One request: the stretch of time [start, end) of some series, ns UTC."""

    start: int
    end: int
    path: str
    params: Mapping[str, str]
    series: tuple[Series, ...]
    finished: bool = True
    """Whether the stretch is over, so that nothing more will come into it."""


class Got(NamedTuple):
    """The rows of an answer; what lies before `whole_until` is all there will ever be."""

    parts: tuple[tuple[Series, pl.DataFrame], ...]
    whole_until: int
    unknown: bool = False
    """Whether the vendor does not know the window, which may mean that there was no price."""
    left_out: int = 0

    @property
    def rows(self) -> int:
        """How many they are."""
        return sum(frame.height for _, frame in self.parts)


class Vendor(NamedTuple):
    """Whom we ask, how, and who understands the answer."""

    name: str
    feed: str
    address: str
    sizes: tuple[int, ...]
    """Seconds of the bars there are; 0 is ticks."""
    gap_s: float
    """At least so long from one request to the next."""
    series: Callable[[Order], tuple[Series, ...]]
    windows: Callable[[Order, int], Iterator[Window]]
    read: Callable[[Window, bytes], Got]
    """Raises BadData for an answer that is not one; then it is asked for again."""
    notes: Callable[[Order], tuple[str, ...]] = lambda _order: ()
    missing: frozenset[int] = frozenset()
    """HTTP statuses that mean that there is nothing."""
    secret: Secret | None = None
