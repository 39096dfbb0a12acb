"""What was measured on real data, as declared constants: `bench/calibrate.py` wrote the two files read here.

`constants.toml` has a table for each instrument and says where each figure is from; `shapes.csv` has the day: from
which minute after 17:00 New York on how volatile a minute is, how many quotes it has and how wide the spread is.
They hold statistics and no price. Volatilities are relative (0.001 is ten basis points), spreads in price units.
"""

import csv
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np

from tradewind.data.synthetic.chance import Floats
from tradewind.errors import UnknownName

MINUTES = 1440
"""Every trading date has so many from its 17:00 to the next: clocks change when it is Saturday's date."""

ORDER = ("EURUSD", "XAUUSD", "US30")
"""In this order each moves with those before it, and has something of its own."""


class Waves(NamedTuple):
    """A logarithm that wanders: a sum of processes that forget at different rates."""

    spans: tuple[float, ...]
    """After how long each has forgotten all but 1/e; minutes, or trading dates."""
    sizes: tuple[float, ...]
    """The standard deviation of each."""


class News(NamedTuple):
    """How a release acts: minute 0 is so many times as volatile, later ones 1 + tail * exp(-minutes / fade)."""

    first: float
    tail: float
    fade: float


class Gap(NamedTuple):
    """How far a price moves while the market is closed, as a share of an ordinary day; and how unequal gaps are."""

    size: float
    spread: float


class Constants(NamedTuple):
    """One instrument, measured."""

    anchor: float
    """A round price from which 2025-10-01 begins; price units."""
    step: float
    """Prices move in steps of so much; price units."""
    day: float
    """The median volatility of an ordinary trading date."""
    weekdays: tuple[float, ...]
    """What Monday to Friday make of it."""
    quiet: float
    """What is left of it when the cash market in New York is closed."""
    days: Waves
    minutes: Waves
    surprise: float
    """How much the logarithm of a single minute's volatility differs for no reason; standard deviation."""
    pause: Gap
    weekend: Gap
    opening: float
    """The share of a minute's variance that lies between the last quote and the first one of the next minute."""
    quotes_follow: float
    """By how much the logarithm of the quotes a minute moves with that of volatility."""
    quotes_vary: float
    spread_follows: float
    spread_varies: Waves
    """In minutes; a span of 0 is a spread that changes with every quote."""
    widest: float
    """A release multiplies the spread by so much."""


class Shapes(NamedTuple):
    """One instrument's day by minute after 17:00 New York."""

    volatility: Floats
    """Squares add up to 1 over the hours of an ordinary date."""
    quotes: Floats
    spread: Floats


class Together(NamedTuple):
    """How instruments move together: the weights of three independent sources, by instrument in `ORDER`."""

    returns: tuple[tuple[float, ...], ...]
    volatility: tuple[tuple[float, ...], ...]


def symbols() -> tuple[str, ...]:
    """Return the instruments there is a calibration for."""
    return ("US30", "XAUUSD", "EURUSD")


def checked_symbol(symbol: str) -> str:
    """Return the symbol, or refuse one that was never calibrated."""
    if symbol not in symbols():
        raise UnknownName("synthetic instrument", symbol, symbols())
    return symbol


@cache
def _document() -> dict[str, dict[str, Any]]:
    text = files("tradewind.data.synthetic").joinpath("constants.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def constants(symbol: str) -> Constants:
    """Return what was measured on one instrument."""
    row = dict(_document()[checked_symbol(symbol)])
    for name in ("days", "minutes", "spread_varies"):
        row[name] = Waves(*(tuple(part) for part in row[name]))
    for name in ("pause", "weekend"):
        row[name] = Gap(*row[name])
    row["weekdays"] = tuple(row["weekdays"])
    return Constants(**row)


@cache
def news(kind: str) -> News:
    """Return how one kind of release acts."""
    return News(**_document()["news"][kind])


@cache
def surprise_of_news() -> float:
    """Return the standard deviation of the logarithm of a release's strength."""
    return float(_document()["news"]["varies"])


@cache
def headlines() -> tuple[float, float]:
    """Return on which share of dates something unexpected is published, and how its strength varies."""
    often, varies = _document()["news"]["headlines"]
    return often, varies


@cache
def together() -> Together:
    """Return how the instruments' moves and volatilities are mixed."""
    table = _document()["correlation"]
    return Together(_factors(table["returns"]), _factors(table["volatility"]))


def _factors(pairs: dict[str, float]) -> tuple[tuple[float, ...], ...]:
    """Return the lower triangle whose rows, as weights of independent numbers, give these correlations."""
    first, second, third = ORDER
    low = pairs[f"{first} {second}"]
    left = pairs[f"{first} {third}"]
    own = (1 - low * low) ** 0.5
    middle = (pairs[f"{second} {third}"] - low * left) / own
    return (1.0, 0.0, 0.0), (low, own, 0.0), (left, middle, (1 - left * left - middle * middle) ** 0.5)


@cache
def shapes(symbol: str) -> Shapes:
    """Return one instrument's day."""
    text = files("tradewind.data.synthetic").joinpath("shapes.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    starts = np.array([int(row["minute"]) for row in rows])
    places = np.searchsorted(starts, np.arange(MINUTES), side="right") - 1
    columns = [
        np.array([float(row[f"{checked_symbol(symbol)} {name}"]) for row in rows])[places] for name in Shapes._fields
    ]
    return Shapes(*columns)
