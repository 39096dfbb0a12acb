"""Drawing as SVG text: scales, round ticks, paths. Colours are classes: one style sheet serves light, dark, paper."""

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tradewind.results.report.markup import Html, joined, tag, void

Floats = NDArray[np.float64]
Point = tuple[float, float]


class Box(NamedTuple):
    """A plot's place in its drawing and the values at its edges."""

    left: float
    top: float
    wide: float
    high: float
    x_from: float
    x_to: float
    y_from: float
    y_to: float

    def x(self, value: float) -> float:
        """Return where a value lies across, to a tenth of a unit."""
        return round(self.left + self.wide * (value - self.x_from) / ((self.x_to - self.x_from) or 1), 1)

    def y(self, value: float) -> float:
        """Return where a value lies down, to a tenth of a unit."""
        return round(self.top + self.high * (self.y_to - value) / ((self.y_to - self.y_from) or 1), 1)


def step_of(low: float, high: float, most: int) -> float:
    """Return a round step, 1, 2 or 5 times a power of ten, that cuts the range into at most `most` parts."""
    span = max(high - low, 1e-12)
    power = 10.0 ** math.floor(math.log10(span / most))
    return next(power * each for each in (1, 2, 5, 10) if power * each * most >= span * 0.999)


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return the multiples of a round step within the range."""
    step = step_of(low, high, most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(number * step, 10) for number in range(first, last + 1)]


def widened(values: Iterable[float], share: float = 0.06) -> tuple[float, float]:
    """Return the least and the greatest value with some room around; a range of nothing becomes one of something."""
    known = [each for each in values if math.isfinite(each)]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    room = (high - low) * share or abs(high) * 0.01 or 1.0
    return low - room, high + room


def brief(value: float) -> str:
    """Return an amount for an axis: thousands apart, millions from ten of them on."""
    return f"{value / 1e6:,.6g} M" if abs(value) >= 1e7 else f"{value:,.0f}"


def rows_of(box: Box, shown: Callable[[float], str], most: int = 7) -> Html:
    """Return the lines across a plot with their values on the left."""
    parts = []
    for value in ticks(box.y_from, box.y_to, most):
        y = box.y(value)
        kind = "zero" if value == 0 else "grid"
        parts.append(void("line", class_=kind, x1=box.left, x2=round(box.left + box.wide, 1), y1=y, y2=y))
        parts.append(tag("text", shown(value), class_="tick", x=box.left - 8, y=y + 4, text_anchor="end"))
    return joined(parts)


def columns_of(box: Box, shown: Callable[[float], str], most: int = 8) -> Html:
    """Return the values below a plot with their lines up."""
    return marks_of(box, [(value, shown(value)) for value in ticks(box.x_from, box.x_to, most)])


def marks_of(box: Box, marks: Sequence[tuple[float, str]]) -> Html:
    """Return words below a plot with their lines up."""
    parts = []
    for value, text in marks:
        x, bottom = box.x(value), round(box.top + box.high, 1)
        parts.append(void("line", class_="grid", x1=x, x2=x, y1=box.top, y2=bottom))
        parts.append(tag("text", text, class_="tick", x=x, y=bottom + 16, text_anchor="middle"))
    return joined(parts)


def date_marks(first: float, last: float, most: int = 9) -> list[tuple[float, str]]:
    """Return the beginnings of months or years, or days of a short period, between two moments (s UTC), with names."""
    begin, end = (datetime.fromtimestamp(each, UTC) for each in (first, last))
    months = [(year, month) for year in range(begin.year, end.year + 1) for month in range(1, 13)]
    moments = [datetime(year, month, 1, tzinfo=UTC) for year, month in months]
    inside = [each for each in moments if first <= each.timestamp() <= last]
    if len(inside) < 2:
        day = 86_400.0
        step = max(1, math.ceil((last - first) / day / most))
        days = [first // day * day + day * step * number for number in range(1, most + 1)]
        return [(each, f"{datetime.fromtimestamp(each, UTC):%d %b}") for each in days if each <= last]
    every = next(each for each in (1, 2, 3, 6, 12, 24, 60, 120) if len(inside) / each <= most)
    kept = [each for each in inside if (each.year * 12 + each.month - 1) % every == 0]
    return [(each.timestamp(), f"{each:%b}" if each.month > 1 else f"{each:%Y}") for each in kept]


def path(points: Iterable[Point]) -> str:
    """Return a line through the points."""
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points)


def thinned(x: Floats, y: Floats, buckets: int) -> tuple[Floats, Floats]:
    """Return at most four points a bucket that draw the same: the first, lowest, highest and last of each."""
    if len(x) <= 4 * buckets:
        return x, y
    edges = np.searchsorted(x, np.linspace(x[0], x[-1], buckets + 1)[1:-1])
    kept: set[int] = set()
    for part in np.split(np.arange(len(x)), edges):
        if part.size:
            kept |= {int(part[0]), int(part[np.argmin(y[part])]), int(part[np.argmax(y[part])]), int(part[-1])}
    order = np.array(sorted(kept))
    return x[order], y[order]


def drawing(size: tuple[float, float], label: str, *parts: object, **attributes: object) -> Html:
    """Return a drawing that fills the width it is given and says what it shows to those who do not see it."""
    box = f"0 0 {size[0]:g} {size[1]:g}"
    return tag("svg", *parts, viewBox=box, role="img", aria_label=label, **attributes)
