"""Calendars as iCalendar files (RFC 5545, `.ics`): single events, and rules that repeat them.

A rule is expanded at the wall time of its zone, at most to `until`; days taken out and days moved are respected. An
event of a whole day has no time at which anything is released and is refused. Currency and impact are looked for among
the categories, else stated by the user; PRIORITY 1 to 4 is high, 5 medium, 6 to 9 low.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

from dateutil.rrule import rrulestr
from icalendar import Calendar

from tradewind.data.releases.rows import Row
from tradewind.errors import BadData
from tradewind.markets.news import IMPACTS

MOST_REPEATS = 5000


def read_ics(text: str, file: str, until: datetime) -> list[Row]:
    """Return a row for each event and each repetition that begins before `until` (aware)."""
    try:
        components = [one for whole in Calendar.from_ical(text, multiple=True) for one in whole.walk("VEVENT")]
    except ValueError as error:
        raise BadData(f"{file} is not an iCalendar file: {error}.", "Check that the download was complete.") from None
    try:
        return list(_all_rows(components, until))
    except BadData as error:
        raise BadData(f"{file}, {error.message}", error.hint) from None


def _all_rows(components: list[Any], until: datetime) -> Iterator[Row]:
    """Yield the rows of every event; one that moves a repetition takes its place."""
    places = [f"event {number} ({one.get('SUMMARY', 'no name')})" for number, one in enumerate(components, 1)]
    moved: dict[tuple[str, datetime], Any] = {}
    for one, place in zip(components, places, strict=True):
        if "RECURRENCE-ID" in one:
            moved[str(one.get("UID", "")), _moment(one, "RECURRENCE-ID", place)] = one
    for one, place in zip(components, places, strict=True):
        if "RECURRENCE-ID" not in one:
            yield from _rows(one, moved, place, until)


def _rows(component: Any, moved: dict[tuple[str, datetime], Any], place: str, until: datetime) -> Iterator[Row]:
    """Yield the event, or its repetitions; those moved as they were moved."""
    uid, first = str(component.get("UID", "")), _moment(component, "DTSTART", place)
    if "RRULE" not in component and "RDATE" not in component:
        yield _row(component, place, first, uid)
        return
    for when in _repeated(component, first, place, until):
        other = moved.get((uid, when))
        now = when if other is None else _moment(other, "DTSTART", place)
        yield _row(other or component, place, now, f"{uid}/{when:%Y-%m-%dT%H:%M}" if uid else "")


def _repeated(component: Any, first: datetime, place: str, until: datetime) -> list[datetime]:
    """Return when a repeated event begins, at the wall time of its zone."""
    lines = [f"RRULE:{rule.to_ical().decode()}" for rule in _listed(component, "RRULE")] or ["RDATE:"]
    limit = until if first.tzinfo is not None else until.replace(tzinfo=None)
    found: set[datetime] = {first}
    try:
        for line in lines:
            if line.startswith("RRULE"):
                begins = islice(rrulestr(line, dtstart=first), MOST_REPEATS + 1)
                for when in begins:
                    if when >= limit:
                        break
                    found.add(when)
    except ValueError as error:
        raise BadData(f"{place}: its rule of repetition cannot be read: {error}.", "Correct the file.") from None
    found |= _dates(component, "RDATE", place)
    found -= _dates(component, "EXDATE", place)
    if len(found) > MOST_REPEATS:
        raise BadData(f"{place} repeats more than {MOST_REPEATS} times.", "Give its rule an end.")
    return sorted(found)


def _listed(component: Any, name: str) -> list[Any]:
    value = component.get(name, [])
    return value if isinstance(value, list) else [value]


def _dates(component: Any, name: str, place: str) -> set[datetime]:
    return {_checked(one.dt, place) for dates in _listed(component, name) for one in dates.dts}


def _moment(component: Any, name: str, place: str) -> datetime:
    if name not in component:
        raise BadData(f"{place} has no {name}.", "Correct the file.")
    return _checked(component[name].dt, place)


def _checked(value: date | datetime, place: str) -> datetime:
    if not isinstance(value, datetime):
        raise BadData(f"{place} is a whole day, {value}.", "A release needs a time of day; take the event out.")
    return value


def _row(component: Any, place: str, when: datetime, uid: str) -> Row:
    words = [str(word).strip() for group in _listed(component, "CATEGORIES") for word in group.cats]
    currency = next((word for word in words if len(word) == 3 and word.isupper()), "")
    impact = next((word.lower() for word in words if word.lower() in IMPACTS), "")
    priority = int(component.get("PRIORITY", 0))
    if not impact and priority:
        impact = "high" if priority < 5 else ("medium" if priority == 5 else "low")
    cancelled = "yes" if str(component.get("STATUS", "")).upper() == "CANCELLED" else ""
    moment = when if when.tzinfo is None else when.astimezone(UTC)
    return Row(place, moment, str(component.get("SUMMARY", "")), currency, impact, uid, cancelled=cancelled)
