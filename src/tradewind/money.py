"""The one place where decimal prices, lots and cash become integers, and back.

Inside the system a price is a number of *ticks*, a quantity a number of *lot steps*, cash a number of *minor
units* of its currency: sums are exact, equality means equality, and 0.1 + 0.2 is 0.3. Only here does a
decimal number cross that border, and only if it is a real number within bounds that int64 can carry.

The bounds. What a position is worth is `ticks x steps x numerator / denominator` minor units (`tick_value`),
and the kernel multiplies before it divides. So |ticks| <= 2**28 (268 million: an index at 268,000.000), steps
<= 2**31, and for each instrument numerator x the steps of its largest order <= 2**32. The largest product is
then 2**60, which leaves room in int64 for a position of seven such orders. Cash is at most 2**53 minor units
(90 million million dollars), so that it is still exact where a statistic reads it as float64.
"""

from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal, InvalidOperation
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Protocol

from tradewind.errors import BadData, UnknownName

if TYPE_CHECKING:
    import numpy as np

Number = Decimal | int | float | str

MAX_TICKS = 2**28
MAX_STEPS = 2**31
MAX_CASH = 2**53
MAX_STEP_VALUE = 2**32
"""The largest allowed `numerator x steps of the largest order` of an instrument."""

MINOR_DIGITS = {
    "AED": 2, "AUD": 2, "BGN": 2, "BHD": 3, "BRL": 2, "CAD": 2, "CHF": 2, "CLP": 0, "CNH": 2,
    "CNY": 2, "CZK": 2, "DKK": 2, "EUR": 2, "GBP": 2, "HKD": 2, "HUF": 2, "IDR": 2, "ILS": 2,
    "INR": 2, "ISK": 0, "JPY": 0, "KRW": 0, "KWD": 3, "MXN": 2, "MYR": 2, "NOK": 2, "NZD": 2,
    "OMR": 3, "PHP": 2, "PLN": 2, "QAR": 2, "RON": 2, "RUB": 2, "SAR": 2, "SEK": 2, "SGD": 2,
    "THB": 2, "TND": 3, "TRY": 2, "TWD": 2, "USD": 2, "VND": 0, "ZAR": 2,
}  # fmt: skip
"""Digits after the decimal point of each currency's minor unit (ISO 4217)."""


class Priced(Protocol):
    """What `tick_value` needs to know of an instrument."""

    @property
    def symbol(self) -> str: ...  # noqa: D102 - the names say it
    @property
    def contract_size(self) -> Decimal: ...  # noqa: D102 - the names say it
    @property
    def tick_size(self) -> Decimal: ...  # noqa: D102 - the names say it
    @property
    def volume_step(self) -> Decimal: ...  # noqa: D102 - the names say it
    @property
    def volume_max(self) -> Decimal: ...  # noqa: D102 - the names say it
    @property
    def quote_currency(self) -> str: ...  # noqa: D102 - the names say it


def decimal(value: Number, what: str = "number") -> Decimal:
    """Return `value` as the decimal a person would write for it; NaN, infinity and text are refused."""
    try:
        result = Decimal(repr(float(value))) if isinstance(value, float) else Decimal(value)
    except (InvalidOperation, TypeError, ValueError) as error:
        raise BadData(f"The {what} {value!r} is not a number.", "Give a plain decimal number.") from error
    if not result.is_finite():
        raise BadData(f"The {what} is {value}.", "Give a finite decimal number.")
    return result


def _positive(value: Number, what: str) -> Decimal:
    result = decimal(value, what)
    if result <= 0:
        raise BadData(f"The {what} is {value}; it must be greater than zero.", "Correct it where it is declared.")
    return result


def _within(value: int, bound: int, what: str) -> int:
    if abs(value) > bound:
        raise BadData(
            f"The {what} {value} is beyond the bound of {bound}.",
            "Check the unit and the tick size or step it is in.",
        )
    return value


def ticks(price: Number, tick_size: Number, *, exact: bool = False, signed: bool = False) -> int:
    """Return `price` in ticks, to the nearest tick.

    With `exact`, a price off the grid is refused: an order must mean what it says. A price is greater than
    zero; a distance, which may be zero or negative, is asked for with `signed`.
    """
    size = _positive(tick_size, "tick size")
    amount_of_price = decimal(price, "price") if signed else _positive(price, "price")
    count = amount_of_price / size
    whole = count.to_integral_value(ROUND_HALF_EVEN)
    if exact and whole != count:
        raise BadData(f"The price {price} is not a multiple of the tick size {size}.", f"Nearest: {whole * size}.")
    return _within(int(whole), MAX_TICKS, "price in ticks")


def price(ticks: int, tick_size: Number) -> Decimal:
    """Return the decimal price of a number of ticks."""
    return _within(ticks, MAX_TICKS, "price in ticks") * _positive(tick_size, "tick size")


def steps(lots: Number, step: Number) -> int:
    """Return how many whole lot steps fit in `lots`: never more than was asked for.

    A float is read to twelve significant digits first, so that 0.7 / 0.1 is 7 and the result of a division
    that should have been whole is not one step short. Which side is traded is said elsewhere: lots are never
    negative.
    """
    size = _positive(step, "lot step")
    wanted = decimal(float(f"{lots:.12g}") if isinstance(lots, float) else lots, "number of lots")
    if wanted < 0:
        raise BadData(f"The number of lots is {lots}; it must not be negative.", "Say the side separately.")
    return _within(int((wanted / size).to_integral_value(ROUND_FLOOR)), MAX_STEPS, "quantity in lot steps")


def lots(steps: int, step: Number) -> Decimal:
    """Return the decimal number of lots of a number of steps."""
    return _within(steps, MAX_STEPS, "quantity in lot steps") * _positive(step, "lot step")


def minor_digits(currency: str) -> int:
    """Return the digits after the point of a currency's minor unit: 2 for USD, 0 for JPY."""
    try:
        return MINOR_DIGITS[currency]
    except KeyError:
        raise UnknownName("currency", currency, MINOR_DIGITS) from None


def minor(amount: Number, currency: str) -> int:
    """Return an amount of cash in minor units of its currency; half a unit goes to the even neighbour."""
    scaled = decimal(amount, "amount").scaleb(minor_digits(currency))
    return _within(int(scaled.to_integral_value(ROUND_HALF_EVEN)), MAX_CASH, "amount in minor units")


def amount(minor: int, currency: str) -> Decimal:
    """Return the decimal amount of a number of minor units, with all digits of the currency."""
    return Decimal(_within(minor, MAX_CASH, "amount in minor units")).scaleb(-minor_digits(currency))


def tick_value(instrument: Priced) -> tuple[int, int]:
    """Return what one tick is worth per lot step: minor units of the quote currency as a reduced fraction."""
    value = Fraction(instrument.contract_size * instrument.tick_size * instrument.volume_step)
    value *= 10 ** minor_digits(instrument.quote_currency)
    largest = value.numerator * steps(instrument.volume_max, instrument.volume_step)
    if largest > MAX_STEP_VALUE:
        raise BadData(
            f"{instrument.symbol}: a tick of the largest order is worth {largest}/{value.denominator} "
            "minor units, more than exact integers can carry.",
            "Lower volume_max, or use a coarser volume_step or tick_size.",
        )
    return value.numerator, value.denominator


def ticks_array(prices: "np.ndarray[Any, Any]", tick_size: Number) -> "tuple[np.ndarray[Any, Any], int]":
    """Return many prices in ticks, and how many lay off the grid by more than a thousandth of a tick."""
    import numpy as np  # noqa: PLC0415 - scalars need no numpy, and a command line should start fast

    size = _positive(tick_size, "tick size")
    values = np.asarray(prices, dtype=np.float64)
    lowest, highest = (float(values.min()), float(values.max())) if values.size else (1.0, 1.0)
    if not (lowest > 0 and highest < np.inf):  # and so it is with a NaN, which both would be
        bad = ~(np.isfinite(values) & (values > 0))
        first = int(np.flatnonzero(bad)[0])
        raise BadData(
            f"{int(bad.sum())} of {values.size} prices are not finite positive numbers; "
            f"the first, at row {first}, is {values[first]}.",
            "Run `tradewind data doctor` on the source.",
        )
    numerator, denominator = size.as_integer_ratio()
    factor = denominator / numerator  # most tick sizes are 1/n: one exact factor, one rounding
    if values.size:
        _within(round(min(highest * factor, 1e18)), MAX_TICKS, "price in ticks")
    counts = values * factor
    whole = np.rint(counts)
    np.subtract(counts, whole, out=counts)
    np.abs(counts, out=counts)
    return whole.astype(np.int64), int(np.count_nonzero(counts > 1e-3))
