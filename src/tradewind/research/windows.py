"""Walk-forward windows: trading dates to learn from, then trading dates to be tested on, again and again.

Between the two lies a gap as long as the longest trade (the *purge*: a trade open over the edge belongs to both sides)
and the *embargo* after it. Anchored windows all begin with the first date and grow; rolling ones move along.
"""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.errors import TradewindError
from tradewind.markets.clock import day_date, day_number

SPAN = re.compile(r"([1-9][0-9]*)([dwmy])")
LEAST_SHARE = 0.5
"""The last test may be cut short by the end of the data to this share of the others."""

WEEKEND = 3
"""From a Friday to the Monday that a whole month may end on."""

Integers = NDArray[np.int64]


class Span(NamedTuple):
    """A length of time: trading dates, or calendar weeks, months, years."""

    number: int
    unit: str
    """d, w, m or y."""

    def __str__(self) -> str:
        """Return it as it is written on the command line."""
        return f"{self.number}{self.unit}"


class Window(NamedTuple):
    """Places in the trading dates, ends exclusive."""

    train_start: int
    train_end: int
    test_start: int
    test_end: int

    @property
    def train(self) -> slice:
        """The dates learnt from."""
        return slice(self.train_start, self.train_end)

    @property
    def test(self) -> slice:
        """The dates tested on."""
        return slice(self.test_start, self.test_end)


def span(text: str, option: str) -> Span:
    """Return a length such as 12m, 6w, 60d (trading dates) or 1y; `option` is named where it is none."""
    match = SPAN.fullmatch(text.strip().lower())
    if match is None:
        raise TradewindError(f"{option} {text!r} is no length of time.", "Write 12m, 6w, 1y, or 60d for trading dates.")
    return Span(int(match[1]), match[2])


def trading_dates(text: str, option: str) -> int:
    """Return a number of trading dates, written as 3d or 3; 0 is one."""
    words = text.strip().lower().removesuffix("d")
    if not words.isdecimal():
        raise TradewindError(f"{option} {text!r} is no number of trading dates.", "Write it as 3d.")
    return int(words)


def windows(dates: Integers, train: Span, test: Span, *, anchored: bool, gap: int) -> list[Window]:
    """Return the windows in ascending trading dates (days since 1970-01-01); tests touch and never overlap.

    `gap` trading dates before each test are neither learnt from nor tested on. Raises TradewindError where the dates
    are too few for one window, or the gap eats all there is to learn from.
    """
    found: list[Window] = []
    while True:
        count = len(found)
        test_start = _place(dates, [train, *[test] * count])
        test_end = _place(dates, [train, *[test] * (count + 1)])
        begin = 0 if anchored else _place(dates, [test] * count)
        whole = found[0].test_end - found[0].test_start if found else max(test_end - test_start, 1)
        if test_start >= len(dates) or min(test_end, len(dates)) - test_start < LEAST_SHARE * whole:
            break
        if test_end > len(dates) and not found:
            break
        end = test_start - gap
        if end - begin < 1:
            raise TradewindError(
                f"A gap of {gap} trading dates leaves nothing of {train} to learn from.", "Give a longer --train."
            )
        found.append(Window(begin, end, test_start, min(test_end, len(dates))))
    if not found:
        raise TradewindError(
            f"{len(dates)} trading dates are too few to learn from {train} and test on {test}.",
            "Give shorter --train and --test, or more history.",
        )
    return found


def _place(dates: Integers, spans: Sequence[Span]) -> int:
    """Return how many dates lie before the end of the spans, one after the other from the first date on.

    Beyond the last date a place is a number larger than there are dates.
    """
    place = 0
    day = day_date(int(dates[0]))
    for one in spans:
        if one.unit == "d":
            place += one.number
            if place < len(dates):
                day = day_date(int(dates[place]))
        else:
            day = _later(day, one)
            place = int(np.searchsorted(dates, day_number(day)))
            if day_number(day) > int(dates[-1]) + WEEKEND:
                place = len(dates) + 1
    return place


def _later(day: date, length: Span) -> date:
    """Return the date so many calendar weeks, months or years later; the 31st becomes the last of a shorter month."""
    if length.unit == "w":
        return day + timedelta(weeks=length.number)
    months = day.year * 12 + day.month - 1 + length.number * (12 if length.unit == "y" else 1)
    year, month = divmod(months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return date(year, month + 1, min(day.day, (following - timedelta(days=1)).day))
