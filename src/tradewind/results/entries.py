"""Where and when trades were entered: the labels by which results are broken down (domain 6.1).

Everything is derived from the moment of entry and declared markets, so a stored run can be labelled again. The pair of
sessions is told by the clock, not by what the strategy looked at: the block in which the entry fell, after the block
that ended where it began. Where the profile of the run is not known any more, or its calendar does not reach that far,
a label is null.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from tradewind.errors import TradewindError
from tradewind.markets.clock import DAY, HOUR, LONDON, NEW_YORK, ROLL, TOKYO, changes, day_date
from tradewind.markets.clock import MINUTE as MINUTE_NS
from tradewind.markets.hours import DAY_TYPES, market_hours
from tradewind.markets.instruments import Instrument
from tradewind.markets.loading import load_profile
from tradewind.markets.sessions import window
from tradewind.results.columns import Integers

if TYPE_CHECKING:
    import polars as pl

Label = str | None
Answer = TypeVar("Answer")

BLOCKS = {"ASIA_BLOCK": TOKYO, "LONDON_BLOCK": LONDON, "NY_AM": NEW_YORK, "NY_PM": NEW_YORK, "POST": NEW_YORK}
"""The analysis blocks of a trading date in their order, and the zone in which each is looked at."""

BETWEEN = "between"
NEVER = (0, 0)

PLACES = {TOKYO: "Tokyo", LONDON: "London", NEW_YORK: "New York"}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SUMMER_NS = {NEW_YORK: -4 * HOUR, LONDON: HOUR}
"""How far the clocks lead UTC in summer."""

TREND = "trend"
TRENDS = {1.0: "with", 0.0: "none", -1.0: "against"}


def walls(ts: Integers, zone: str) -> Integers:
    """Return what a clock in `zone` shows at moments ns UTC, as wall nanoseconds."""
    return ts + _offsets(ts, zone)


def _offsets(ts: Integers, zone: str) -> Integers:
    known = changes(zone)
    place = np.searchsorted(np.array(known.instants), ts, side="right") - 1
    found: Integers = np.array(known.offsets, np.int64)[place]
    return found


def trading_days(ts: Integers) -> Integers:
    """Return the number of the trading date of each moment."""
    found: Integers = (walls(ts, NEW_YORK) + DAY - ROLL * MINUTE_NS) // DAY
    return found


def hours_new_york(ts: Integers) -> list[Label]:
    """Return the hour on a New York clock, "09"."""
    return [f"{hour:02d}" for hour in (walls(ts, NEW_YORK) // HOUR % 24).tolist()]


def weekdays(ts: Integers) -> list[Label]:
    """Return the weekday of the trading date."""
    return [WEEKDAYS[number] for number in ((trading_days(ts) + 3) % 7).tolist()]


def months(ts: Integers) -> list[Label]:
    """Return the month of the trading date, "2025-09"."""
    return [f"{day_date(day):%Y-%m}" for day in trading_days(ts).tolist()]


def clock_regimes(ts: Integers) -> list[Label]:
    """Return whether New York and London were in step, and in which season; out of step in spring or in autumn."""
    summer, winter = "in step, summer", "in step, winter"
    found: list[Label] = []
    shown = zip(*(_offsets(ts, zone) == lead for zone, lead in SUMMER_NS.items()), trading_days(ts), strict=True)
    for new_york, london, day in shown:
        spring = day_date(int(day)).month < 7
        apart = "out of step, spring" if spring else "out of step, autumn"
        found.append(apart if new_york != london else summer if new_york else winter)
    return found


def instruments_of(document: Mapping[str, Any]) -> dict[str, Instrument]:
    """Return the instruments of a run by symbol; those its profile does not declare any more are missing."""
    found: dict[str, Instrument] = {}
    profile = document["settings"].get("profile")
    for symbol in document["instruments"] if profile else ():
        try:
            found[symbol] = load_profile(profile).instrument(symbol)
        except TradewindError:  # a profile file that was moved, a symbol that was renamed
            continue
    return found


def day_types(ts: Integers, symbols: Sequence[str], known: Mapping[str, Instrument]) -> list[Label]:
    """Return the type of each entry's day: full, half, thin or closed."""
    pairs, place = _dates(ts, symbols)
    labels = [_asked(_day_type, known.get(symbol), day) for symbol, day in pairs]
    return [labels[number] for number in place.tolist()]


def blocks(ts: Integers, symbols: Sequence[str], known: Mapping[str, Instrument]) -> list[Label]:
    """Return the analysis block in which each entry fell, "between" where in none; null where nobody can say."""
    pairs, place = _dates(ts, symbols)
    windows = [_asked(_windows, known.get(symbol), day) for symbol, day in pairs]
    spans = np.array([[NEVER] * len(BLOCKS) if one is None else one for one in windows], np.int64)
    spans = spans.reshape(len(pairs), len(BLOCKS), 2)[place]
    inside = (spans[:, :, 0] <= ts[:, None]) & (ts[:, None] < spans[:, :, 1])
    names = [*BLOCKS, BETWEEN]
    number = np.where(inside.any(axis=1), inside.argmax(axis=1), len(BLOCKS)) if len(ts) else np.zeros(0, np.int64)
    unknown = np.array([one is None for one in windows], np.bool_)[place]
    return [None if missing else names[one] for one, missing in zip(number.tolist(), unknown.tolist(), strict=True)]


def session_pairs(found: Sequence[Label]) -> list[Label]:
    """Return "reference -> trade" of each block: the block before it, and it."""
    names = list(BLOCKS)
    before = {name: f"{names[place - 1]} -> {name}" if place else name for place, name in enumerate(names)}
    return [None if one is None else before.get(one, one) for one in found]


def session_hours(ts: Integers, found: Sequence[Label]) -> list[Label]:
    """Return the hour on the clock of the place whose block each entry fell in, "London 08"."""
    shown = {zone: (walls(ts, zone) // HOUR % 24).tolist() for zone in PLACES}
    labels: list[Label] = []
    for place, name in enumerate(found):
        zone = BLOCKS.get(name or "")
        labels.append(name if zone is None else f"{PLACES[zone]} {shown[zone][place]:02d}")
    return labels


def _dates(ts: Integers, symbols: Sequence[str]) -> tuple[list[tuple[str, int]], Integers]:
    """Return every (symbol, trading day) there is, and which of them each entry has."""
    number: dict[tuple[str, int], int] = {}
    place = [number.setdefault(pair, len(number)) for pair in zip(symbols, trading_days(ts).tolist(), strict=True)]
    return list(number), np.array(place, np.int64)


def _asked(question: Callable[[Instrument, int], Answer], instrument: Instrument | None, day: int) -> Answer | None:
    """Return the answer of the calendar, None for an instrument or a date that it does not know."""
    try:
        return None if instrument is None else question(instrument, day)
    except TradewindError:
        return None


def _day_type(instrument: Instrument, day: int) -> str:
    return DAY_TYPES[market_hours(instrument).day_type(day)]


def _windows(instrument: Instrument, day: int) -> list[tuple[int, int]]:
    return [window(name, day, instrument) or NEVER for name in BLOCKS]


def trends(trades: "pl.DataFrame", gates: "pl.DataFrame") -> list[Label]:
    """Return the higher-timeframe trend as each strategy's gate "trend" last knew it: with, none or against the trade.

    Null for a strategy without that gate, and for one that had not asked it.
    """
    asked = gates.filter(gates["gate"] == TREND)
    found: dict[tuple[str, str], tuple[Integers, list[float]]] = {}
    for strategy, symbol in trades.select("strategy", "symbol").unique().iter_rows():
        mine = asked.filter((asked["strategy"] == strategy) & (asked["symbol"] == symbol))
        found[strategy, symbol] = (mine["ts"].to_physical().to_numpy().astype(np.int64), mine["value"].to_list())
    labels: list[Label] = []
    rows = zip(trades["strategy"], trades["symbol"], trades["opened"].to_physical().to_list(), strict=True)
    for strategy, symbol, opened in rows:
        when, values = found[strategy, symbol]
        place = int(np.searchsorted(when, opened, "right")) - 1
        labels.append(TRENDS.get(values[place]) if place >= 0 else None)
    return labels
