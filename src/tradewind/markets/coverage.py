"""What a run knew of the news: which calendar, how many windows, and what no calendar has.

A run over years or currencies that no calendar covers trades through releases as if there were none. Its summary says
so, instead of counting no windows in silence.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from tradewind.markets.blackout import NewsRules, concerning, windows
from tradewind.markets.clock import utc_datetime
from tradewind.markets.instruments import Instrument
from tradewind.markets.news import Event
from tradewind.markets.releases import FAMILIES, LAST_YEAR


def news_facts(
    versions: Sequence[Event], instruments: Sequence[Instrument], rules: NewsRules, start_ns: int, end_ns: int
) -> dict[str, Any]:
    """Return the windows of each instrument in the period and what no calendar covers, as plain data."""
    counts = {}
    for instrument in instruments:
        found = windows(versions, instrument, rules, end_ns)
        counts[instrument.symbol] = sum(1 for one in found if one.opens < end_ns and one.closes > start_ns)
    first, last = (utc_datetime(moment).date() for moment in (start_ns, end_ns))
    return {"windows": counts, "uncovered": _uncovered(versions, instruments, rules, first, last)}


def _uncovered(
    versions: Iterable[Event], instruments: Sequence[Instrument], rules: NewsRules, first: date, last: date
) -> list[str]:
    """Return a phrase for everything that concerns the instruments and is in no calendar."""
    versions = list(versions)
    currencies = sorted({currency for instrument in instruments for currency in instrument.news_currencies})
    energy = any(instrument.holiday_group == "energy" for instrument in instruments)
    found = []
    for family in FAMILIES:
        wanted = energy if family.kind == "eia" else family.currency in currencies
        if wanted and first.year < family.first_year:
            found.append(f"{family.name} before {family.first_year}")
        if wanted and last.year > LAST_YEAR:
            found.append(f"{family.name} after {LAST_YEAR}")
    have = {event.currency for one in instruments for event in concerning(versions, one, rules)}
    return [*found, *(f"any release in {currency}" for currency in currencies if currency not in have)]
