"""Writes the calendar files under `declared/` anew: `python -m tradewind.markets.regenerate`.

Cash sessions are asked of exchange_calendars; product holidays follow from the days on which New York and
Xetra hold no (or a short) cash session, by the rules of domain 1.5. Run it once a year, after raising the
last year in `cash.py`, and read the difference: a new ad-hoc closing needs a rule or a row.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from tradewind.markets import cash
from tradewind.markets.clock import DAY, MINUTE, NEW_YORK, day_date, day_number, wall
from tradewind.markets.weekly import shipped_templates

DECLARED = Path(__file__).parent / "declared"


class Closing(NamedTuple):
    """How one product group treats one date: the closing time, or `closed`, and why we think so."""

    when: date
    group: str
    close: str
    source: str


def cash_lines() -> list[str]:
    """Return the lines of `cash_exceptions.csv`, asked of exchange_calendars."""
    import exchange_calendars  # noqa: PLC0415 - slow, and only needed here

    lines = ["venue,date,close"]
    for name, venue in cash.VENUES.items():
        calendar = exchange_calendars.get_calendar(
            name, start=f"{cash.FIRST_YEAR}-01-01", end=f"{cash.LAST_YEAR}-12-31"
        )
        closes = {
            stamp.date(): close.tz_convert(venue.zone).strftime("%H:%M")
            for stamp, close in calendar.schedule["close"].items()
        }
        day = date(cash.FIRST_YEAR, 1, 1)
        while day.year <= cash.LAST_YEAR:
            regular = "{:02}:{:02}".format(*divmod(cash.regular_close(name, day_number(day)), 60))
            close = closes.get(day, "closed")
            if day.weekday() < 5 and close != regular:
                lines.append(f"{name},{day},{close}")
            day += timedelta(1)
    return lines


def _no_session(venue: str) -> Iterator[date]:
    day = date(cash.FIRST_YEAR, 1, 1)
    while day.year <= cash.LAST_YEAR:
        if day.weekday() < 5 and cash.cash_session(venue, day_number(day)) is None:
            yield day
        day += timedelta(1)


def easter(year: int) -> date:
    """Return Easter Sunday (the Gregorian computus)."""
    century, golden = year // 100, year % 19
    epact = (century - century // 4 - (8 * century + 13) // 25 + 19 * golden + 15) % 30
    epact -= (epact // 28) * (1 - (epact // 28) * (29 // (epact + 1)) * ((21 - golden) // 11))
    weekday = (year + year // 4 + epact + 2 - century + century // 4) % 7
    shift = epact - weekday
    month = 3 + (shift + 40) // 44
    return date(year, month, shift + 28 - 31 * (month // 4))


def occasion(day: date) -> str:
    """Return why New York holds no cash session on a weekday."""
    if day == easter(day.year) - timedelta(2):
        return "Good Friday"
    if (day.month, day.day) in {(1, 1), (1, 2)} and day != date(2007, 1, 2):
        return "New Year"
    if day.month == 12 and day.day in {24, 25, 26}:
        return "Christmas"
    if day in {date(2012, 10, 29), date(2012, 10, 30)}:
        return "storm"
    if day in {date(2007, 1, 2), date(2018, 12, 5), date(2025, 1, 9)}:
        return "mourning"
    names = {
        1: "MLK",
        2: "Presidents",
        5: "Memorial",
        6: "Juneteenth",
        7: "Independence",
        9: "Labor",
        11: "Thanksgiving",
    }
    return names[day.month]


PAYROLL_GOOD_FRIDAYS = {2010, 2012, 2015, 2021, 2023, 2026}
"""Years in which index futures traded to 09:15 on Good Friday because payrolls were published."""

_LATER_CLOSE_SINCE = {"MLK": 2015, "Presidents": 2015}  # all others: 2014


def us_index_close(day: date, why: str) -> Closing:
    """Return when US index futures close on a US holiday."""
    if why in {"New Year", "Christmas"}:
        return Closing(day, "us_index", "closed", f"{why}: domain 1.5")
    if why == "Good Friday":
        if day.year in PAYROLL_GOOD_FRIDAYS:
            source = "Good Friday with payrolls: domain 1.5; US30 and NAS100 bars of 2021"
            return Closing(day, "us_index", "09:15", source)
        return Closing(day, "us_index", "closed", "Good Friday: domain 1.5")
    if why == "mourning":
        return Closing(day, "us_index", "09:30", "day of mourning: domain 1.5; US30 bars of 2018-12-05")
    if why == "storm":
        return Closing(day, "us_index", "09:15", "storm Sandy [K]")
    if day.year < _LATER_CLOSE_SINCE.get(why, 2014):
        return Closing(day, "us_index", "11:30", f"{why}: pandas_market_calendars CME equity")
    return Closing(day, "us_index", "13:00", f"{why}: domain 1.5")


def commodity_closes(day: date, why: str) -> list[Closing]:
    """Return when metals and energy close on a US holiday; they ignore mourning and storms."""
    if why in {"mourning", "storm"}:
        return []
    friday = day.weekday() == 4 and why in {"Juneteenth", "Independence"}
    close, source = "14:30", f"{why}: domain 1.5; gold bars of 2022 to 2026"
    if why in {"New Year", "Christmas", "Good Friday"}:
        close, source = "closed", f"{why}: domain 1.5"
    elif day.year < 2022:
        close, source = "13:00", f"{why}: 13:00 until 2021, gold bars of 2018 to 2021"
    elif friday:
        close, source = "13:00", f"{why} on a Friday: domain 1.5; gold bars of 2025-07-04"
    return [Closing(day, group, close, source) for group in ("metals", "energy")]


def half_day_closes(day: date) -> list[Closing]:
    """Return what closes early on a date on which New York closes at 13:00."""
    rows = [Closing(day, "us_index", "13:15", "New York half day: domain 1.5")]
    if day.month == 7:
        return rows
    close, source = "13:45", "24 December: domain 1.5"
    if day.month == 11:
        close, source = "14:45", "day after Thanksgiving: domain 1.5"
        if day.year < 2024:
            close, source = "13:45", "day after Thanksgiving: 13:45 until 2023, gold bars of 2018 to 2023"
    return rows + [Closing(day, group, close, source) for group in ("metals", "energy")]


def closings() -> list[Closing]:
    """Return every irregular date of every product group."""
    rows: list[Closing] = []
    for day in _no_session("XNYS"):
        why = occasion(day)
        rows += [us_index_close(day, why), *commodity_closes(day, why)]
    for number in range(day_number(date(cash.FIRST_YEAR, 1, 1)), day_number(date(cash.LAST_YEAR, 12, 31)) + 1):
        day = day_date(number)
        if cash.cash_half_day("XNYS", number):
            rows += half_day_closes(day)
        if (day.month, day.day) in {(12, 25), (1, 1)} and day.weekday() < 5:
            rows.append(Closing(day, "fx", "closed", "domain 1.5"))
    rows += [Closing(day, "eu_index", "closed", "no Xetra session [D]") for day in _no_session("XETR")]
    return sorted(rows)


def holiday_lines() -> list[str]:
    """Return the lines of `product_holidays.csv`."""
    rows = closings()
    closed = {(row.group, row.when) for row in rows if row.close == "closed"}
    lines = ["date,product_group,close_ny,reopen_ny,source"]
    for row in rows:
        day = row.when + timedelta(1)
        while day.weekday() > 4 or (row.group, day) in closed:
            day += timedelta(1)
        lines.append(f"{row.when},{row.group},{row.close},{_reopen(row.group, day)},{row.source}")
    return lines


def _reopen(group: str, day: date) -> str:
    """Return the New York wall time at which a group reopens for a trading date after a closing."""
    template = [row for row in shipped_templates()[group] if row.valid_from <= day][-1]
    opens = [start for start, _ in template.intervals(day_number(day), 0)]  # Monday's: no minutes before the break
    shown = wall(opens[0], NEW_YORK)
    return f"{day_date(shown // DAY)} {shown % DAY // MINUTE // 60:02}:{shown % DAY // MINUTE % 60:02}"


def main() -> None:
    """Write both files."""
    DECLARED.joinpath("cash_exceptions.csv").write_text("\n".join(cash_lines()) + "\n", encoding="utf-8")
    cash.irregular_closes.cache_clear()  # the holidays follow from the file just written
    DECLARED.joinpath("product_holidays.csv").write_text("\n".join(holiday_lines()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
