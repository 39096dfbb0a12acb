"""Numbers as a person reads them: grouped, with their unit, a sign and an arrow where it matters, a dash for none."""

import math
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from tradewind.results.report.markup import Html, joined, tag

NONE, MINUS = "\N{EN DASH}", "\N{MINUS SIGN}"
NEW_YORK, UTC = ZoneInfo("America/New_York"), ZoneInfo("UTC")


def money(value: float | None, unit: str = "", digits: int = 2) -> str:
    """Return an amount in units of a currency."""
    if value is None or not math.isfinite(value):
        return NONE
    return f"{_signed(value, digits)}{f' {unit}' if unit else ''}"


def change(value: float | None, unit: str = "", digits: int = 2) -> Html:
    """Return an amount that went up or down: an arrow, a sign and a colour say so."""
    if value is None or not math.isfinite(value):
        return Html(NONE)
    text = f"{abs(value):,.{digits}f}{f' {unit}' if unit else ''}"
    if round(abs(value), digits) == 0:
        return tag("span", text, class_="flat")
    return tag("span", "▲ +" if value > 0 else f"▼ {MINUS}", text, class_="up" if value > 0 else "down")


def share(value: float | None, digits: int = 1) -> str:
    """Return a share as percent."""
    return NONE if value is None or not math.isfinite(value) else f"{_signed(value * 100, digits)} %"


def plain(value: float | None, digits: int = 2) -> str:
    """Return a number with so many digits."""
    return NONE if value is None or not math.isfinite(value) else _signed(value, digits)


def _signed(value: float, digits: int) -> str:
    text = f"{abs(value):,.{digits}f}"
    return f"{MINUS}{text}" if value < 0 and round(abs(value), digits) else text


def figure(value: float | None) -> str:
    """Return a number with as many digits as tell something: four, or all before the point."""
    if value is None or not math.isfinite(value):
        return NONE
    text = f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"
    return text.replace("-", MINUS)


def counted(number: int, what: str) -> str:
    """Return so many of something, in the right number."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def price(value: float | None, digits: int | None = None) -> str:
    """Return a price, with as many digits as it needs if none are given."""
    if value is None or not math.isfinite(value):
        return NONE
    if digits is not None:
        return f"{value:,.{digits}f}"
    text = f"{value:,.5f}".rstrip("0")
    whole, _, rest = text.partition(".")
    return f"{whole}.{rest.ljust(2, '0')}"


def when(ns: int | None, pattern: str = "%Y-%m-%d %H:%M") -> str:
    """Return a moment in UTC."""
    return NONE if not ns else f"{datetime.fromtimestamp(ns / 1e9, UTC):{pattern}}"


def new_york(ns: int | None, pattern: str = "%a %H:%M") -> str:
    """Return a moment in New York."""
    return NONE if not ns else f"{datetime.fromtimestamp(ns / 1e9, NEW_YORK):{pattern}}"


def on_chart(symbol: object, moment: object) -> Html:
    """Return a link to a moment on the chart; the moment is ns UTC, or as tables have it."""
    ns = moment if isinstance(moment, int) else ns_of(moment)
    address = f"/chart?on={symbol}&timeframe=300&at={ns // 1_000_000_000}"
    return tag("a", "chart", href=address, class_="small") if ns else Html("")


def ns_of(text: object) -> int:
    """Return a moment of a table (ISO 8601 UTC) as ns, 0 for none."""
    return int(np.datetime64(str(text).removesuffix("Z"), "ns").astype(np.int64)) if text else 0


def ago(ns: int | None) -> Html:
    """Return how long ago it was; the browser counts on."""
    return Html(NONE) if not ns else tag("span", data_ago=f"{ns / 1e9:.0f}")


def until(ns: int | None) -> Html:
    """Return how long it is until then; the browser counts on."""
    return Html(NONE) if not ns else tag("span", data_until=f"{ns / 1e9:.0f}")


def seconds(value: float | None) -> str:
    """Return a length of time."""
    if value is None:
        return NONE
    if value < 1:
        return f"{value * 1000:,.0f} ms"
    if value < 120:
        return f"{value:,.1f} s"
    return f"{value / 60:,.0f} min" if value < 7200 else f"{value / 3600:,.1f} h"


def bytes_of(value: float) -> str:
    """Return an amount of bytes."""
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:,.0f} {unit}"
        value /= 1000
    return f"{value:,.1f} TB"


def both(first: object, second: object) -> Html:
    """Return two pieces, the second softer."""
    return joined([first, " ", tag("span", second, class_="soft small")])
