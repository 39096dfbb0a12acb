"""The typical spread through a trading date: what the simulator charges where nothing better was recorded.

A date has five windows (domain 4.3): roll and reopening, Asia, London morning, New York, and the hour before
the roll. Order of preference, everywhere: recorded ask, the bar's own spread, a measured median per minute,
and only then this.
"""

from decimal import Decimal
from typing import NamedTuple

from tradewind.markets.clock import LONDON, MINUTE, NEW_YORK, ROLL, instant
from tradewind.markets.hours import market_hours
from tradewind.markets.instruments import Instrument


class SpreadStep(NamedTuple):
    """From this instant on, until the next step, the spread is this many price units."""

    ts: int
    spread: Decimal
    window: str = "roll"
    """Roll, Asia, London, New York or late."""


def spread_steps(instrument: Instrument, day: int) -> list[SpreadStep]:
    """Return the typical spread through a trading date, from its first instant; nothing on a closed date."""
    spans = market_hours(instrument).intervals(day)
    if not spans:
        return []
    spread = instrument.spread
    begins = instant(day - 1, ROLL, NEW_YORK)
    hours, minutes = instrument.ny_anchor.split(":")
    windows = [
        SpreadStep(begins, spread.asia, "Asia"),
        SpreadStep(instant(day, 8 * 60, LONDON), spread.london, "London"),
        SpreadStep(instant(day, int(hours) * 60 + int(minutes), NEW_YORK), spread.new_york, "New York"),
        SpreadStep(instant(day, 16 * 60, NEW_YORK), spread.late, "late"),
        SpreadStep(instant(day, ROLL - 5, NEW_YORK), spread.roll),
    ]
    # Old templates also trade minutes before the daily break; the longest interval starts at the reopening.
    settled = max(spans, key=lambda span: span[1] - span[0])[0] + 5 * MINUTE
    current = [step for step in windows if step.ts <= settled][-1]
    later = [step for step in windows if step.ts > settled]
    return [SpreadStep(begins, spread.roll), current._replace(ts=settled), *later]
