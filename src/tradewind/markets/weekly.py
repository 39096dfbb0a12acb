"""Weekly trading hours: declared templates with validity dates.

A template is named (`us_index`, `metals` ...) and has rows, each valid from a date until the next row's. The
rows are in `declared/weekly_hours.toml`; a profile of your own may add or replace a template by its name.
"""

import re
import tomllib
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Annotated, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict

from tradewind.markets.clock import NEW_YORK, instant

_TIME = re.compile(r"(previous )?([01]\d|2[0-3]):([0-5]\d)")


class LocalTime(NamedTuple):
    """A wall time on the trading date's own calendar day (`days` 0) or on the day before (-1)."""

    days: int
    minute: int


def local_time(text: object) -> LocalTime:
    """Return the time written as `16:15` or, for the calendar day before the date, `previous 18:00`."""
    match = _TIME.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"{text!r} is not a time; write 16:15, or 'previous 18:00' for the day before")
    before, hour, minute = match.groups()
    return LocalTime(-1 if before else 0, int(hour) * 60 + int(minute))


def _spans(value: object) -> object:
    if not isinstance(value, list | tuple):
        raise ValueError(f"{value!r} is not a list of pairs of times")  # noqa: TRY004 - pydantic wants ValueError
    if all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in value):
        return tuple(tuple(end if isinstance(end, LocalTime) else local_time(end) for end in pair) for pair in value)
    raise ValueError(f"{value!r} is not a list of pairs of times")


Spans = Annotated[tuple[tuple[LocalTime, LocalTime], ...], BeforeValidator(_spans)]


class WeeklyHours(BaseModel):
    """The hours of an ordinary week from one date on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    valid_from: date
    zone: str = NEW_YORK
    hours: Spans
    monday: Spans | None = None
    friday: Spans | None = None
    source: str

    def intervals(self, day: int, weekday: int) -> list[tuple[int, int]]:
        """Return the open intervals of an ordinary trading date, in order."""
        special = {0: self.monday, 4: self.friday}.get(weekday)
        spans = self.hours if special is None else special
        return [
            (
                instant(day + opens.days, opens.minute, self.zone),
                instant(day + closes.days, closes.minute, self.zone),
            )
            for opens, closes in spans
        ]


def weekly_templates(tables: dict[str, list[dict[str, object]]]) -> dict[str, tuple[WeeklyHours, ...]]:
    """Return the templates in a TOML document's tables, each oldest row first."""
    return {
        name: tuple(sorted((WeeklyHours.model_validate(row) for row in rows), key=lambda row: row.valid_from))
        for name, rows in tables.items()
    }


@cache
def shipped_templates() -> dict[str, tuple[WeeklyHours, ...]]:
    """Return the templates we ship."""
    text = files("tradewind.markets").joinpath("declared", "weekly_hours.toml").read_text(encoding="utf-8")
    return weekly_templates(tomllib.loads(text))
