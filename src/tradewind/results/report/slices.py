"""Results by session, hour, weekday, month and the like: every cell with n and its standard error.

A table of cells is an invitation to keep the good ones. So each is drawn with two standard errors around its mean, the
number of cells that lie outside by themselves is said, and how many of that many would by luck alone: one in twenty.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tradewind.results.amounts import UNKNOWN, cash_text, shown_digits
from tradewind.results.breakdowns import FEW
from tradewind.results.report.axes import Box, drawing
from tradewind.results.report.markup import Column, Html, joined, section, table, tag, void, words

if TYPE_CHECKING:
    import polars as pl

MOST_CELLS = 40
DRAWN_WHOLE = 5
"""Intervals of fewer trades are cut at the edge of the scale."""
TITLES = {
    "strategy": "Strategy", "instrument": "Instrument", "side": "Side", "session": "Session of entry",
    "pair": "Session before and session of entry", "hour": "Hour of entry, New York", "session_hour": "Hour, "
    "session's own clock",
    "weekday": "Weekday of the trading date", "month": "Month", "day_type": "Day type", "clocks": "Clocks, US "
    "and Europe (DST)",
    "trend": "Higher-timeframe trend", "adr": "ADR tercile: how wide the day was expected to be",
    "reason": "Exit reason",
}  # fmt: skip
"""Dimensions in the order in which they are shown; what is not named here comes last."""
SESSIONS = {
    "ASIA_BLOCK": "Asia", "LONDON_BLOCK": "London", "NY_AM": "NY morning", "NY_PM": "NY afternoon",
    "POST": "after 16:00 NY", "BREAK": "break",
}  # fmt: skip


def slices(run: Mapping[str, Any], frames: "Mapping[str, pl.DataFrame]") -> Html:
    """Return the section of breakdowns; `frames` are those of `breakdowns`."""
    title = "Where it comes from"
    order = {name: place for place, name in enumerate(TITLES)}
    known = {name: frame for name, frame in frames.items() if _says_something(name, frame)}
    shown = dict(sorted(known.items(), key=lambda one: order.get(one[0], len(order))))
    if not shown:
        return section("slices", title, None, tag("p", "There is no trade to divide."))
    cells = [row for frame in shown.values() for row in frame.iter_rows(named=True)]
    judged = [row for row in cells if not row["few"] and row["error_r"]]
    outside = sum(abs(row["mean_r"]) > 2 * row["error_r"] for row in judged)
    luck = len(judged) * 0.05
    lead = (
        f"{len(cells)} cells. Of the {len(judged)} with {FEW} trades or more {outside} lie more than two standard "
        f"errors from zero; by luck alone {f'about {luck:.0f}' if luck >= 1 else 'fewer than one'} would. Choosing "
        "hours after looking here is a trial that must be counted."
    )
    account = run["summary"]["account"]
    parts = [_one(name, frame, account) for name, frame in shown.items()]
    return section("slices", title, lead, tag("div", *parts, class_="slices"))


def _says_something(name: str, frame: "pl.DataFrame") -> bool:
    """Return whether a dimension has a known value, and more than one where a single one is no news."""
    values = frame["value"].drop_nulls()
    return len(values) > (1 if name in ("strategy", "instrument", "side") else 0)


def _one(name: str, frame: "pl.DataFrame", account: Mapping[str, Any]) -> Html:
    """Return one dimension as a table with a drawn interval in every row."""
    rows = list(frame.head(MOST_CELLS).iter_rows(named=True))
    title = TITLES.get(name, name)
    digits = shown_digits(rows, ("net",), account["digits"])
    reach = _reach(rows)
    columns = [
        words(""), Column("n"), Column("Net", account["currency"]), Column("Mean R", "± s.e."), words("± 2 s.e."),
        Column("Won"), Column("Factor"),
    ]  # fmt: skip
    body: list[Sequence[object]] = [
        [
            _value(name, row["value"]),
            tag("span", f"{row['n']:,}", tag("small", " few", class_="few") if row["few"] else None),
            cash_text(row["net"], digits),
            _mean(row),
            _interval(row, reach),
            UNKNOWN if row["win_rate"] is None else f"{row['win_rate'] * 100:.0f} %",
            UNKNOWN if row["profit_factor"] is None else f"{row['profit_factor']:.2f}",
        ]
        for row in rows
    ]
    more = frame.height - len(rows)
    left = tag("p", f"{more} more rows are not shown.", class_="hint") if more > 0 else None
    return joined([table(columns, body, f"By {title if title[:3] == 'ADR' else title[0].lower() + title[1:]}"), left])


def _reach(rows: Sequence[Mapping[str, Any]]) -> float:
    """Return how far the scale of a dimension goes: to the ends of the intervals of all but the smallest cells."""
    known = [row for row in rows if _known(row)]
    ends = [abs(row["mean_r"]) + 2 * (row["error_r"] or 0) for row in known if row["n"] >= DRAWN_WHOLE]
    return max(ends or [abs(row["mean_r"]) for row in known], default=1) or 1


def _value(name: str, value: str | None) -> str:
    """Return a value in a trader's words."""
    if value is None:
        return "not known"
    if name in ("hour", "session_hour"):
        return f"{value}:00"
    return " → ".join(SESSIONS.get(part, part) for part in value.split(" -> "))


def _known(row: Mapping[str, Any]) -> bool:
    return row["mean_r"] is not None


def _mean(row: Mapping[str, Any]) -> str:
    if not _known(row):
        return UNKNOWN
    return f"{row['mean_r']:+.2f}" if row["error_r"] is None else f"{row['mean_r']:+.2f} ± {row['error_r']:.2f}"


def _interval(row: Mapping[str, Any], reach: float) -> Html:
    """Return the mean with two standard errors to either side, on the scale that the dimension shares."""
    if not _known(row):
        return Html("")
    box = Box(4, 0, 132, 20, -reach, reach, 0, 1)
    mean, error = row["mean_r"], row["error_r"]
    at = box.x(min(max(mean, -reach), reach))
    parts: list[object] = [void("line", class_="zero", x1=box.x(0), x2=box.x(0), y1=0, y2=20)]
    clear = ""
    if error is not None:
        left, right = box.x(max(mean - 2 * error, -reach)), box.x(min(mean + 2 * error, reach))
        parts.append(void("line", class_="whisker", x1=left, x2=right, y1=10, y2=10))
        clear = " clear" if abs(mean) > 2 * error and not row["few"] else ""
    side = "gain" if mean > 0 else "loss"
    parts.append(void("circle", class_=f"dot {side}{clear}", cx=at, cy=10, r=2.5 if row["few"] else 4))
    verdict = "clear of zero" if clear else "not clear of zero"
    return drawing((140, 20), f"{_mean(row)} R, {verdict}", joined(parts), class_="interval")
