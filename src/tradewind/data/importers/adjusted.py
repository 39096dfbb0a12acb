"""What the user says of all rows of a file: prices on another scale, bars stamped at their close.

A price is a decimal number, and a hundred times it is one too. Two floats that stand for them do not multiply to each
other, so the factor is applied to the digits: a price is its digits as a whole number over a power of ten, both exact
in a float, and only the last division rounds. The result is the float nearest to the decimal product, which is what
the same price would have been if the file had said it.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl

from tradewind import money
from tradewind.data.importers.parsed import Part, Stated
from tradewind.data.series import BARS, NS
from tradewind.errors import BadData, UnknownName

STAMPS = ("open", "close")
PRICES = ("open", "high", "low", "close", "spread", "bid", "ask")
SMALLEST, LARGEST = Decimal("0.000001"), Decimal(1_000_000)
_DIGITS = 12
_EXACT = 2.0**53
Floats = np.ndarray[Any, np.dtype[np.float64]]


def factor(text: str) -> Decimal:
    """Return what prices are to be multiplied by, or refuse it."""
    return _within(money.decimal(text, "factor"))


def checked_adjustments(stated: Stated) -> Stated:
    """Return what is stated, or refuse a scale or a stamp that can be none."""
    if stated.stamp is not None and stated.stamp not in STAMPS:
        raise UnknownName("stamp", stated.stamp, STAMPS)
    if stated.scale is not None:
        _within(stated.scale)
    return stated


def _within(scale: Decimal) -> Decimal:
    if not SMALLEST <= scale <= LARGEST:
        raise BadData(f"The factor is {scale}, not from {SMALLEST} to {LARGEST}.", "Give a number such as 100 or 0.01.")
    return scale


def adjusted(parts: Iterable[Part], stated: Stated, notes: list[str]) -> Iterator[Part]:
    """Yield the parts as the user says they are, and note it."""
    if stated.scale is not None:
        notes.append(f"prices multiplied by {stated.scale}")
    told = False
    for part in parts:
        frame = part.frame
        if stated.scale is not None:
            prices = [name for name in frame.columns if name in PRICES]
            frame = frame.with_columns(scaled(frame[name], stated.scale) for name in prices)
        if stated.stamp == "close" and part.series.kind == BARS:
            if not told:
                notes.append("bars stamped at their close; moved to their open")
            told = True
            frame = frame.with_columns(pl.col("ts") - pl.duration(nanoseconds=part.series.timeframe * NS))
        yield part._replace(frame=frame)


def scaled(column: pl.Series, scale: Decimal) -> pl.Series:
    """Return decimal numbers times a factor, each the float nearest to the exact product; null stays null."""
    with np.errstate(all="ignore"):  # what is no number is refused later
        return _scaled(column, scale)


def _scaled(column: pl.Series, scale: Decimal) -> pl.Series:
    values = column.fill_null(np.nan).to_numpy()
    numerator, denominator = scale.as_integer_ratio()
    digits = next((digits for digits in range(_DIGITS + 1) if _has_digits(values, digits)), None)
    if digits is None:
        return column * float(scale)  # no decimal numbers, so there is none to be near to
    product, power = np.rint(values * 10.0**digits) * float(numerator), 10**digits * denominator
    if int(float(power)) != power or numerator > _EXACT or not (np.abs(product[np.isfinite(product)]) <= _EXACT).all():
        return column * float(scale)
    exact = pl.Series(column.name, product / float(power))
    return exact.fill_nan(None) if column.null_count() else exact


def _has_digits(values: Floats, digits: int) -> bool:
    """Answer whether so many digits after the point say each number exactly."""
    whole = np.rint(values * 10.0**digits)
    finite = np.isfinite(values)
    return bool(((whole / 10.0**digits == values) & (np.abs(whole) <= _EXACT))[finite].all())
