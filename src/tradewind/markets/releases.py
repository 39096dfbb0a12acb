"""The shipped calendar: releases whose time follows from a rule, or from dates their publisher gave out long before.

* US payrolls, 08:30 New York. The reference week is the one with the 12th; the report comes on the third Friday after
  it (Bureau of Labor Statistics): mostly, not always, the first Friday of the month. One due on 1 to 3 January comes a
  week later, one due on the Friday of Independence Day the day before. Good Friday moves nothing. What funding lapses
  moved is dated data, each with the day on which it became known.
* Rate decisions of the Federal Reserve (`fomc`) with the press conference half an hour later: after every scheduled
  decision since 2019, before that after those of March, June, September and December.
* Rate decisions of the European Central Bank and their press conferences, from its list.
* Crude stocks of the Energy Information Administration: Wednesday 10:30 New York, in weeks with a federal holiday from
  Monday to Wednesday on Thursday 11:00. That hour is not certain everywhere (of late some came at 12:00), and a report
  that failed to come is not in a rule.

All are published months before; we say sixty days. Not here, because no rule gives them: inflation, retail sales, ISM
(in January on no fixed business day), other central banks. Import those.
"""

import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from tradewind.markets import fomc
from tradewind.markets.clock import BERLIN, DAY, NEW_YORK, SECOND, day_number, instant, to_utc
from tradewind.markets.news import Event, in_order

KNOWN_AHEAD = 60 * DAY
LAST_YEAR = 2027
PRESS_CONFERENCE = 30 * 60 * SECOND

NAME = "shipped"


class Family(NamedTuple):
    """Releases that the shipped calendar has whole, from `first_year` to LAST_YEAR."""

    name: str
    currency: str
    kind: str
    first_year: int


FAMILIES = (
    Family("US payrolls", "USD", "release", 2006),
    Family("FOMC decisions", "USD", "fomc", 2013),
    Family("ECB decisions", "EUR", "release", 2013),
    Family("EIA crude stocks", "USD", "eia", 2013),
)
_FIRST_YEARS = {family.name: family.first_year for family in FAMILIES}


@cache
def shipped_versions() -> tuple[Event, ...]:
    """Return every version of the shipped calendar, as they became known."""
    return tuple(in_order([*_payrolls(), *_fomc(), *_ecb(), *_eia()]))


@cache
def _declared() -> dict[str, Any]:
    text = files("tradewind.markets").joinpath("declared", "releases.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _ns(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp()) * SECOND


def payrolls_day(year: int, month: int) -> date:
    """Return when the rule has the report about a month published, in the month after."""
    twelfth = date(year, month, 12)
    saturday = twelfth + timedelta((5 - twelfth.weekday()) % 7)
    due = saturday + timedelta(20)
    if due.month == 1 and due.day <= 3:
        return due + timedelta(7)
    independence = due.month == 7 and due.day in {3, 4}  # a Friday: the holiday itself, or observed for the Saturday
    return due - timedelta(1) if independence else due


def _payrolls() -> Iterator[Event]:
    first = _FIRST_YEARS["US payrolls"]
    for number in range(first * 12 - 1, LAST_YEAR * 12 + 11):
        about = date(number // 12, number % 12 + 1, 1)
        ts = instant(day_number(payrolls_day(about.year, about.month)), 8 * 60 + 30, NEW_YORK)
        event = Event(f"us-payrolls-{about:%Y-%m}", "US payrolls", "USD", "high", ts, ts - KNOWN_AHEAD, "BLS rule")
        yield event
        for row in _declared()["payrolls"]:
            if row["about"] == f"{about:%Y-%m}":
                moved = to_utc(row["at"], NEW_YORK) if "at" in row else event.ts
                known_at, off = _ns(row["known_at"]), "at" not in row
                event = event._replace(ts=moved, known_at=known_at, source=row["source"], cancelled=off)
                yield event


def _fomc() -> Iterator[Event]:
    source = "Federal Reserve, published meeting calendars"
    for decision in fomc.decisions():
        known_at = decision.ts - (KNOWN_AHEAD if decision.scheduled else 0)
        name = "FOMC decision" if decision.scheduled else "FOMC decision, unscheduled"
        yield Event(f"fomc-{decision.when}", name, "USD", "high", decision.ts, known_at, source, "fomc")
        if decision.scheduled and (decision.when.year >= 2019 or decision.when.month in {3, 6, 9, 12}):
            ts = decision.ts + PRESS_CONFERENCE
            name = "FOMC press conference"
            yield Event(f"fomc-press-{decision.when}", name, "USD", "high", ts, ts - KNOWN_AHEAD, source, "fomc")


def _ecb() -> Iterator[Event]:
    declared = _declared()
    listed = dict(declared["ecb"])
    source = listed.pop("source")
    for year, days in listed.items():
        for day in days.split():
            when = date.fromisoformat(f"{year}-{day}")
            hours = [row for row in declared["ecb_hours"] if row["valid_from"] <= when][-1]
            for key, word, name in (
                ("decision", "ecb", "ECB rate decision"),
                ("conference", "ecb-press", "ECB press conference"),
            ):
                ts = instant(day_number(when), _minute(hours[key]), BERLIN)
                yield Event(f"{word}-{when}", name, "EUR", "high", ts, ts - KNOWN_AHEAD, source)


def _minute(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _eia() -> Iterator[Event]:
    day = date(_FIRST_YEARS["EIA crude stocks"], 1, 2)  # a Wednesday
    while day.year <= LAST_YEAR:
        off = {day - timedelta(back) for back in range(3)} & federal_holidays(day.year)
        when, minute = (day + timedelta(1), 11 * 60) if off else (day, 10 * 60 + 30)
        ts = instant(day_number(when), minute, NEW_YORK)
        source = "EIA rule, holiday week [K]" if off else "EIA rule"
        yield Event(f"eia-crude-{day}", "EIA crude stocks", "USD", "medium", ts, ts - KNOWN_AHEAD, source, "eia")
        day += timedelta(7)


@cache
def federal_holidays(year: int) -> frozenset[date]:
    """Return the holidays of the US government as observed in a year (5 U.S.C. 6103)."""
    fixed = [(1, 1), (7, 4), (11, 11), (12, 25)] + ([(6, 19)] if year >= 2021 else [])
    days = {date(year, month, day) for month, day in fixed} | {date(year + 1, 1, 1)}
    observed = {day + timedelta({5: -1, 6: 1}.get(day.weekday(), 0)) for day in days}
    mondays = {(1, 3), (2, 3), (9, 1), (10, 2)}
    floating = {_nth(year, month, 0, count) for month, count in mondays}
    memorial = max(date(year, 5, day) for day in range(25, 32) if date(year, 5, day).weekday() == 0)
    return frozenset({*observed, *floating, memorial, _nth(year, 11, 3, 4)})


def _nth(year: int, month: int, weekday: int, count: int) -> date:
    first = date(year, month, 1)
    return first + timedelta((weekday - first.weekday()) % 7 + 7 * (count - 1))
