"""From columns of integers to columns a person can read: times, names, prices, lots, cash.

Every float here is the nearest one to an exact number: integers are multiplied first and divided once. Polars
is imported when the first frame is made, so that a command line that makes none starts fast.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tradewind.kernel.refusals import REASONS
from tradewind.results.facts import RunFacts, decimals

if TYPE_CHECKING:
    import polars as pl

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


def frame(columns: Mapping[str, Any]) -> "pl.DataFrame":
    """Return a frame of the columns; NaN in a column of floats stays what it is."""
    import polars as pl  # noqa: PLC0415 - see the module

    return pl.DataFrame(dict(columns))


def instants(ns: Integers, missing: Booleans | None = None) -> "pl.Series":
    """Return moments UTC; null where `missing`."""
    import polars as pl  # noqa: PLC0415 - loaded only when it is needed

    return _absent(pl.Series(ns, dtype=pl.Int64), missing).cast(pl.Datetime("ns", "UTC"))


def dates(days: Integers, missing: Booleans) -> "pl.Series":
    """Return calendar dates of day numbers; null where `missing`."""
    import polars as pl  # noqa: PLC0415 - loaded only when it is needed

    return _absent(pl.Series(days, dtype=pl.Int64), missing).cast(pl.Int32).cast(pl.Date)


def names(words: Sequence[str], numbers: Integers, missing: Booleans | None = None) -> "pl.Series":
    """Return the word of each number; null where `missing`."""
    import polars as pl  # noqa: PLC0415 - loaded only when it is needed

    known = pl.Series(list(words), dtype=pl.String)
    return known.gather(_absent(pl.Series(numbers, dtype=pl.Int64), missing))


def numbers(values: Floats) -> "pl.Series":
    """Return floats, null where they are NaN."""
    import polars as pl  # noqa: PLC0415 - loaded only when it is needed

    return pl.Series(values, dtype=pl.Float64).fill_nan(None)


def _absent(column: "pl.Series", missing: Booleans | None) -> "pl.Series":
    return column if missing is None else column.set(_mask(missing), None)


def _mask(values: Booleans) -> "pl.Series":
    import polars as pl  # noqa: PLC0415 - loaded only when it is needed

    return pl.Series(values, dtype=pl.Boolean)


def column(rows: "np.ndarray[Any, Any]", name: str) -> Integers:
    """Return one field of the rows as contiguous int64."""
    return np.ascontiguousarray(rows[name], dtype=np.int64)


def scaled(counts: Integers, which: Integers, sizes: Sequence[Decimal]) -> Floats:
    """Return counts of ticks or steps as prices or lots, each by the size of its instrument `which`."""
    result = np.zeros(len(counts))
    for number, size in enumerate(sizes):
        mine = which == number
        numerator, denominator = size.as_integer_ratio()
        result[mine] = counts[mine] * numerator / denominator
    return result


def averaged(totals: Integers, quantities: Integers, which: Integers, sizes: Sequence[Decimal]) -> Floats:
    """Return average prices of steps x ticks, to each instrument's digits; NaN where there is no quantity."""
    result = np.full(len(totals), np.nan)
    for number, size in enumerate(sizes):
        mine = (which == number) & (quantities > 0)
        result[mine] = np.round(totals[mine] / quantities[mine] * float(size), decimals(size))
    return result


def cash(minor: Integers, facts: RunFacts) -> Floats:
    """Return minor units as units of the account's currency."""
    return minor / facts.minor_per_unit


def minor_of(amounts: "pl.Series", digits: int) -> Integers:
    """Return a column of cash in exact minor units again."""
    result: Integers = np.rint(amounts.to_numpy() * 10**digits).astype(np.int64)
    return result


def tick_sizes(facts: RunFacts) -> list[Decimal]:
    """Return the tick size of each instrument, by number."""
    return [one.tick_size for one in facts.instruments]


def lot_steps(facts: RunFacts) -> list[Decimal]:
    """Return the lot step of each instrument, by number."""
    return [one.lot_step for one in facts.instruments]


def _by_number(part: int) -> list[str]:
    return [REASONS.get(number, (f"reason {number}", ""))[part] for number in range(max(REASONS) + 1)]


def reasons(codes: Integers) -> "pl.Series":
    """Return the name of each reason; null for none."""
    return names(_by_number(0), codes, codes == 0)


def sentences(codes: Integers, missing: Booleans) -> "pl.Series":
    """Return the sentence of each reason; null where `missing`."""
    return names(_by_number(1), codes, missing)
