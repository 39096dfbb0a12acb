"""How single numbers read in a terminal: with sign and unit, never with digits they have not earned."""

from collections.abc import Mapping, Sequence
from typing import Any

UNKNOWN = "n/a"


def cash_text(amount: float, digits: int, unit: str = "") -> str:
    """Return cash with its sign and unit; what rounds to zero has no sign."""
    words = f"{amount:+,.{digits}f}"
    if float(words.replace(",", "")) == 0:
        words = f"{0:.{digits}f}"
    return f"{words} {unit}".strip()


def shown_digits(lines: Sequence[Mapping[str, Any]], keys: Sequence[str], digits: int) -> int:
    """Return how many digits after the point there is room for: none from ten thousand on."""
    largest = max((abs(line[key]) for line in lines for key in keys), default=0.0)
    return digits if largest < 10_000 else 0


def share_text(share: float | None, *, sign: bool = False) -> str:
    """Return a share of 1 in percent."""
    if share is None:
        return UNKNOWN
    return f"{share * 100:+.1f} %" if sign else f"{share * 100:.1f} %"


def multiple_text(multiple: float | None) -> str:
    """Return a multiple of the cash at risk."""
    return UNKNOWN if multiple is None else f"{multiple:+.2f} R"


def number_text(value: float | None, *, sign: bool = False) -> str:
    """Return a number of six digits."""
    if value is None:
        return "not known"
    return f"{value:+.6g}" if sign else f"{value:.6g}"


def factor_text(line: Mapping[str, Any]) -> str:
    """Return the profit factor, or that nothing was lost."""
    if line["profit_factor"] is None:
        return "no loss" if line["wins"] else UNKNOWN
    return f"{line['profit_factor']:.2f}"


def expectancy_text(line: Mapping[str, Any]) -> str:
    """Return the expectancy with its standard error."""
    mean, error = line["expectancy_r"], line["expectancy_error_r"]
    if mean is None or error is None:
        return multiple_text(mean)
    return f"{mean:+.2f} ± {error:.2f} R"


def sharpe_text(account: Mapping[str, Any]) -> str:
    """Return the daily ratio with its error and the year's, or that it cannot be said."""
    days = f"{account['days']:,} days"
    if account["sharpe_day"] is None:
        return f"{UNKNOWN} ({days})"
    error = account["sharpe_day_error"]
    return f"{account['sharpe_day']:+.2f} ± {error:.2f} a day, {account['sharpe_year']:+.1f} a year ({days})"
