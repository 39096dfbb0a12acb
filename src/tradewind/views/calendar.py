"""Releases as they were known at a moment."""

from typing import Any

from tradewind.modes import known_calendar
from tradewind.settings import Settings

AWEEK = 7 * 86_400 * 1_000_000_000


def releases(
    settings: Settings, period: tuple[int, int], known_at: int, symbol: str | None = None
) -> list[dict[str, Any]]:
    """Return the releases of a period, ns UTC, as they were known at a moment; of an instrument those that forbid."""
    found = known_calendar(settings, known_at, symbol)
    return [event._asdict() for event in found if period[0] <= event.ts < period[1]]
