"""A row of somebody's calendar as it was written, and what is made of it: one version of a release.

A row that cannot be understood stops the import, with its place in the file: a release that is silently left out is a
window in which one trades. Only what has no window anyway (bank holidays) is passed over, and counted.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from tradewind.errors import BadData, TradewindError
from tradewind.markets.clock import SECOND, to_utc, utc_datetime
from tradewind.markets.news import Event, checked, kind_of

FIRST_YEAR, LAST_YEAR = 1990, 2069

_IMPACTS = {
    "low": "low", "medium": "medium", "moderate": "medium", "high": "high",
    "1": "low", "2": "medium", "3": "high", "yellow": "low", "orange": "medium", "red": "high",
}  # fmt: skip
"""Words of vendors; MetaTrader's numbers."""

PASSED_OVER = {"holiday", "non-economic", "none", "0", "gray", "grey"}
"""Impacts of rows that are no releases."""

_YES, _NO = {"1", "true", "yes", "cancelled", "canceled"}, {"", "0", "false", "no"}


class Stated(NamedTuple):
    """What the user says of a file, where its rows do not."""

    clock: str | None = None
    source: str | None = None
    currency: str | None = None
    impact: str | None = None


class Row(NamedTuple):
    """One row as it was written."""

    place: str
    """Such as `line 7`."""
    when: datetime | str
    name: str
    currency: str = ""
    impact: str = ""
    id: str = ""
    kind: str = ""
    known_at: str = ""
    cancelled: str = ""
    source: str = ""


class Draft(NamedTuple):
    """A release as a file has it; whether the file also said since when it was known."""

    event: Event
    dated: bool


def drafts(rows: Sequence[Row], stated: Stated, file: str) -> tuple[list[Draft], int]:
    """Return what the rows say and how many were passed over, or raise for the first that cannot be understood."""
    found = []
    for row in rows:
        if row.impact.strip().lower() in PASSED_OVER:
            continue
        try:
            found.append(_draft(row, stated, file))
        except TradewindError as error:
            raise BadData(f"{file}, {row.place}: {error.message}", error.hint) from None
    if not found:
        raise BadData(f"{file} has no releases.", "Check that the export was complete.")
    return list(_named(found)), len(rows) - len(found)


def _draft(row: Row, stated: Stated, file: str) -> Draft:
    name = " ".join(row.name.split())
    currency = (row.currency or stated.currency or "").strip().upper()
    if not currency:
        raise BadData(f"{name!r} has no currency.", "Add a column, or state one with --currency.")
    impact = (row.impact or stated.impact or "").strip().lower()
    impact = impact.removeprefix("calendar_importance_").removesuffix(" impact expected").removesuffix(" impact")
    if not impact:
        raise BadData(f"{name!r} has no impact.", "Add a column, or state one with --impact.")
    cancelled = row.cancelled.strip().lower()
    if cancelled not in _YES | _NO:
        raise BadData(f"{row.cancelled!r} does not say whether it was cancelled.", "Write yes or no.")
    ts = instant_of(row.when, stated.clock)
    known_at = instant_of(row.known_at, stated.clock) if row.known_at.strip() else 0
    kind = row.kind.strip().lower() or kind_of(name, currency)
    source = row.source.strip() or stated.source or file
    event = Event(
        row.id.strip() or "", name, currency, _IMPACTS.get(impact, impact), ts, known_at, source, kind,
        cancelled in _YES,
    )  # fmt: skip
    checked(event._replace(id=event.id or "to be named"))
    return Draft(event, bool(row.known_at.strip()))


def _named(found: Iterable[Draft]) -> Iterator[Draft]:
    """Yield drafts by time, those without an id named by currency, name and day (UTC); a second one is `-2`."""
    counts: Counter[str] = Counter()
    for draft in sorted(found, key=lambda one: (one.event.ts, one.event.known_at)):
        event = draft.event
        if event.id:
            yield draft
            continue
        words = re.sub(r"[^a-z0-9]+", "-", f"{event.currency} {event.name}".lower()).strip("-")
        name = f"{words}-{utc_datetime(event.ts):%Y-%m-%d}"
        counts[name] += 1
        again = counts[name]
        yield draft._replace(event=event._replace(id=name if again == 1 else f"{name}-{again}"))


_DAY = (
    re.compile(r"(?P<year>\d{4})[-./](?P<month>\d{1,2})[-./](?P<day>\d{1,2})"),
    re.compile(r"(?P<month>\d{2})-(?P<day>\d{2})-(?P<year>\d{4})"),  # Forex Factory
)
_HOUR = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([ap]m)?", re.IGNORECASE)


def instant_of(when: datetime | str, clock: str | None) -> int:
    """Return an instant (ns UTC): a time with an offset as it is, one without as the stated clock shows it."""
    moment = _moment(when.strip()) if isinstance(when, str) else when
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise BadData(f"The year {moment.year} cannot be right.", f"Years are {FIRST_YEAR} to {LAST_YEAR}.")
    if moment.tzinfo is not None:
        return int(moment.timestamp()) * SECOND
    if clock is None:
        raise BadData(f"{when} does not say whose time it is.", "State the file's clock, such as --clock NY+7 or UTC.")
    return to_utc(moment.replace(microsecond=0), clock)


def _moment(text: str) -> datetime:
    """Return what is written as a date and a time of day, aware if there is an offset."""
    for pattern in _DAY:
        day = pattern.match(text)
        if day is not None:
            break
    else:
        raise BadData(
            f"{text!r} is not a date and a time.", "Write it as 2026-01-09 13:30, with Z or an offset if known."
        )
    rest = text[day.end() :].lstrip("T, ")
    try:
        when = date(int(day["year"]), int(day["month"]), int(day["day"]))
        hour = _HOUR.match(rest)
        if hour is None:
            raise BadData(f"{text!r} has no time of day.", "A release needs one; take the row out if it has none.")
        hours, minutes, seconds = int(hour[1]), int(hour[2]), int(hour[3] or 0)
        if hour[4]:
            hours = hours % 12 + (12 if hour[4].lower() == "pm" else 0)
        offset = rest[hour.end() :].strip().replace(" ", "").replace("z", "Z")
        return datetime.fromisoformat(f"{when}T{hours:02}:{minutes:02}:{seconds:02}{offset}")
    except ValueError as error:
        raise BadData(f"{text!r} is not a date and a time: {error}.", "Correct the row.") from None
