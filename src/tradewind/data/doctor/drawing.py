"""Pictures as SVG text: the calendar of hours, the shape of the day, the spread through the week.

Colours are classes, so that one style sheet serves light, dark and paper. Cells of one state are joined to one
path a state: years of hours are then a few tens of kilobytes.
"""

from collections.abc import Iterable, Sequence
from html import escape

import numpy as np

from tradewind.data.doctor.candidates import Numbers
from tradewind.data.doctor.finding import Flags, runs
from tradewind.data.doctor.patient import SHUT
from tradewind.data.spread import Integers
from tradewind.markets.clock import day_date

WIDTH, LEFT, TOP = 960, 46, 18
STATES = ("absent", "few", "some", "most", "shut", "holiday", "stray")
HOURS = ("17", "20", "23", "02", "05", "08", "11", "14")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
CELL = 5

Mark = tuple[int, str, str]
"""A trading date (days since 1970-01-01), the anchor of a finding and its severity."""


def calendar(days: Integers, states: Integers, marks: Sequence[Mark], anchor: str) -> str:
    """Return one strip a year: a column a trading date, a row an hour of New York from 17:00 down to 17:00."""
    years = np.array([day_date(int(day)).year for day in days])
    parts = []
    for year in np.unique(years).tolist():
        here = years == year
        parts.append(_strip(year, days[here], states[here], marks, f"{anchor}-{year}"))
    return "".join(parts)


def _strip(year: int, days: Integers, states: Integers, marks: Sequence[Mark], anchor: str) -> str:
    wide = min(16.0, (WIDTH - LEFT - 4) / max(len(days), 1)) if len(days) < 200 else (WIDTH - LEFT - 4) / 262
    high = 24 * CELL
    paths = "".join(
        f'<path class="{STATES[state]}" d="{_cells(states == state)}"/>'
        for state in range(len(STATES))
        if (states == state).any() and state != SHUT
    )
    months = _months(days, wide)
    rows = "".join(
        f'<text class="tick" x="{LEFT - 6}" y="{TOP + 3 * n * CELL + 6}" text-anchor="end">{hour}</text>'
        for n, hour in enumerate(HOURS)
    )
    flags = "".join(_flag(days, wide, mark) for mark in marks if days[0] <= mark[0] <= days[-1])
    # Within the group one unit is a date across and an hour down.
    body = (
        f'<g transform="translate({LEFT} {TOP}) scale({wide:.4f} {CELL})">'
        f'<rect class="shut" width="{len(days)}" height="24"/>{paths}</g>'
    )
    return (
        f'<svg id="{anchor}" class="strip" viewBox="0 0 {WIDTH} {TOP + high + 14}" role="img" '
        f'aria-label="Hours with bars in {year}">'
        f'<text class="year" x="0" y="12">{year}</text>{months}{rows}{body}{flags}</svg>'
    )


def _cells(which: Flags) -> str:
    """Return a path over the true cells (date, hour): the larger of row by row and date by date is not taken."""
    rows = "".join(
        f"M{start} {hour}h{end - start}v1h{start - end}z"
        for hour in range(which.shape[1])
        for start, end in runs(which[:, hour])
    )
    if len(rows) < 400:
        return rows
    dates = "".join(
        f"M{date} {start}v{end - start}h1v{start - end}z"
        for date in range(len(which))
        for start, end in runs(which[date])
    )
    return min(rows, dates, key=len)


def _months(days: Integers, wide: float) -> str:
    months = np.array([day_date(int(day)).month for day in days])
    turns = np.flatnonzero(np.diff(months, prepend=0))
    found = []
    for turn in turns.tolist():
        x = LEFT + turn * wide
        found.append(f'<line class="month" x1="{x:.1f}" y1="{TOP - 4}" x2="{x:.1f}" y2="{TOP + 24 * CELL}"/>')
        if (months == months[turn]).sum() * wide > 24:
            found.append(f'<text class="tick" x="{x + 3:.1f}" y="12">{MONTHS[months[turn] - 1]}</text>')
    return "".join(found)


def _flag(days: Integers, wide: float, mark: Mark) -> str:
    day, anchor, severity = mark
    x = LEFT + float(np.searchsorted(days, day)) * wide + wide / 2
    y = TOP + 24 * CELL + 3
    return (
        f'<a href="#{anchor}"><path class="flag {severity}" d="M{x:.1f} {y}l4.5 8h-9z"><title>{escape(anchor)}'
        "</title></path></a>"
    )


def legend() -> str:
    """Return what the colours of the calendar mean."""
    told = (
        ("most", "nearly all bars"), ("some", "under 90 %"), ("few", "under half"), ("absent", "no bar though open"),
        ("holiday", "holiday or early close"), ("shut", "shut"), ("stray", "bars while shut"),
    )  # fmt: skip
    return "".join(f'<span class="key"><i class="{name}"></i>{text}</span>' for name, text in told)


def day_shape(shape: Numbers) -> str:
    """Return the width of bars through the New York day, with the times at which markets wake."""
    high = 150
    marks = ((3 * 60, "03:00 London"), (8 * 60 + 30, "08:30"), (9 * 60 + 30, "09:30"), (17 * 60, "17:00 roll"),
             (20 * 60, "20:00 Asia"))  # fmt: skip
    return _chart([("line", shape)], high, [(x / 1440, text) for x, text in marks], _clock_ticks())


def week_spread(spread: Numbers) -> str:
    """Return the median spread and the ninth decile through New York's week, from Sunday 17:00 to Friday 17:00."""
    start, end = 6 * 96 + 68, 4 * 96 + 69
    turned = np.concatenate([spread[:, start:], spread[:, :end]], axis=1)
    count = turned.shape[1]
    names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
    ticks = [((36 + 96 * n) / count, name) for n, name in enumerate(names)]
    rolls = [(96 * n / count, "17:00 roll" if n == 1 else "") for n in range(1, 5)]
    return _chart([("soft", turned[1]), ("line", turned[0])], 150, rolls, ticks)


def _clock_ticks() -> list[tuple[float, str]]:
    return [(hour / 24, f"{hour:02d}:00") for hour in range(0, 24, 3)]


def _chart(
    lines: Iterable[tuple[str, Numbers]],
    high: int,
    marks: Sequence[tuple[float, str]],
    ticks: Sequence[tuple[float, str]],
) -> str:
    lines = list(lines)
    known = np.concatenate([line[np.isfinite(line)] for _, line in lines])
    step, top = _scale(float(np.quantile(known, 0.995)) * 1.08 if len(known) else 1.0)
    inner = WIDTH - LEFT - 4
    grid = ""
    for number in range(1, round(top / step) + 1):
        y = TOP + high * (1 - number * step / top)
        grid += f'<line class="grid" x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - 4}" y2="{y:.1f}"/>'
        grid += f'<text class="tick" x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{number * step:.6g}</text>'
    below = "".join(
        f'<text class="tick" x="{LEFT + x * inner:.1f}" y="{TOP + high + 16}">{escape(text)}</text>'
        for x, text in ticks
    )
    above = "".join(
        f'<path class="event" d="M{LEFT + x * inner:.1f} {TOP - 4}V{TOP + high}"/>'
        f'<text class="tick event" x="{LEFT + x * inner + 3:.1f}" y="{TOP + 5}">{escape(text)}</text>'
        for x, text in marks
    )
    curves = "".join(_curve(name, line, top, high, inner) for name, line in lines)
    base = f'<line class="axis" x1="{LEFT}" y1="{TOP + high}" x2="{WIDTH - 4}" y2="{TOP + high}"/>'
    size = f"0 0 {WIDTH} {TOP + high + 22}"
    return f'<svg class="chart" viewBox="{size}" role="img">{grid}{above}{curves}{base}{below}</svg>'


def _scale(most: float) -> tuple[float, float]:
    """Return a round step and the multiple of it that holds `most`: 1, 2 or 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(max(most, 1e-12) / 4))
    step = next(power * each for each in (1, 2, 5, 10) if power * each * 5 >= most)
    return float(step), float(step * np.ceil(most / step))


def _curve(name: str, line: Numbers, top: float, high: int, inner: int) -> str:
    step = inner / len(line)
    found = []
    for start, end in runs(np.isfinite(line)):
        points = [
            f"V{TOP + high * (1 - min(float(line[n]) / top, 1.0)):.1f}H{LEFT + (n + 1) * step:.0f}"
            for n in range(start, end)
        ]
        outline = "".join(points)
        foot = TOP + high
        found.append(f'<path class="{name}" d="M{LEFT + start * step:.0f} {foot}{outline}V{foot}"/>')
    return "".join(found)
