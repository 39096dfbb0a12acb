"""What a row of prices must satisfy before it may be stored or traded on.

A wrong price does its harm far from where it came in: a low of zero triggers every stop, a repeated minute
counts twice in every average. So rows are checked once, at the border, and the first one that is impossible
stops the whole delivery: with its row number, its value and what to do, and with nothing written. Prices
that are possible but odd (spikes, holes, flat stretches) pass here; they are a matter for judgement, not
for refusal.
"""

from collections.abc import Iterable
from typing import NamedTuple

import polars as pl

from tradewind.data.series import BARS
from tradewind.errors import BadData, nearest

BAR_COLUMNS = ("ts", "open", "high", "low", "close")
BAR_OPTIONAL = ("volume", "spread")
TICK_COLUMNS = ("ts", "bid", "ask")
TICK_OPTIONAL = ("bid_size", "ask_size")

REPAIR = "Correct or remove the row at its source and import again; nothing of this file was written."
DROP = "Import with --repair impossible to leave such rows out; nothing of this file was written."


class Rule(NamedTuple):
    """`broken` is true in a row that must not be; the sentence says so, the columns show the values."""

    broken: pl.Expr
    sentence: str
    shows: tuple[str, ...]
    advice: str = DROP


def checked_columns(found: Iterable[str], needed: Iterable[str], optional: Iterable[str], source: str) -> None:
    """Refuse a table without the columns it needs, naming the nearest of those it has."""
    names, needed = list(found), list(needed)
    missing = [name for name in needed if name not in names]
    if missing:
        free = [name for name in names if name not in needed and name not in optional]
        raise BadData(
            f"{source} has no column {missing[0]!r}; its columns are {', '.join(names) or 'none'}.",
            f"It needs {', '.join(needed)}.{nearest(missing[0], free)}",
        )


def check_rows(frame: pl.DataFrame, kind: str, source: str, first_row: int = 1, *, after: int | None = None) -> None:
    """Refuse the first impossible row of bars or ticks.

    `first_row` numbers its first row; `after` is the time of the row before it, ns UTC.
    """
    bars = kind == BARS
    needed, optional = (BAR_COLUMNS, BAR_OPTIONAL) if bars else (TICK_COLUMNS, TICK_OPTIONAL)
    checked_columns(frame.columns, needed, optional, source)
    if frame.is_empty():
        raise BadData(f"{source} has no rows.", "Check that the download or export was complete.")
    rules = [
        *_numbers(frame, needed[1:], optional),
        *(_bar_rules() if bars else _tick_rules()),
        *_order_rules(bars, after),
    ]
    broken = frame.select(rule.broken.fill_null(value=False).alias(str(place)) for place, rule in enumerate(rules))
    firsts = [(column.arg_max() or 0, rule) for column, rule in zip(broken, rules, strict=True) if column.any()]
    if firsts:
        index, rule = min(firsts, key=lambda found: found[0])
        raise BadData(
            f"{source}, row {index + first_row}: {rule.sentence} ({_shown(frame, index, rule)}).", rule.advice
        )


def impossible(frame: pl.DataFrame, kind: str) -> pl.Series:
    """Return which rows cannot be, whatever comes before them."""
    bars = kind == BARS
    needed, optional = (BAR_COLUMNS, BAR_OPTIONAL) if bars else (TICK_COLUMNS, TICK_OPTIONAL)
    rules = [*_numbers(frame, needed[1:], optional), *(_bar_rules() if bars else _tick_rules())]
    broken = (rule.broken.fill_null(value=False) for rule in rules)
    return frame.select(broken=pl.any_horizontal(broken))["broken"]


def _shown(frame: pl.DataFrame, index: int, rule: Rule) -> str:
    return ", ".join(f"{name} {frame[name][index]}" for name in rule.shows)


def _numbers(frame: pl.DataFrame, prices: Iterable[str], optional: Iterable[str]) -> Iterable[Rule]:
    for name in ("ts", *prices):
        yield Rule(pl.col(name).is_null(), f"{name} is absent", (name,))
    for name in prices:
        yield Rule(~pl.col(name).is_finite(), f"{name} is not a number", (name,))
        yield Rule(pl.col(name) <= 0, f"{name} is not greater than zero", (name,))
    for name in optional:
        if name in frame.columns:
            column = pl.col(name)
            yield Rule(~column.is_finite() | (column < 0), f"{name} is not a number from zero up", (name,))


def _bar_rules() -> Iterable[Rule]:
    high, low = pl.col("high"), pl.col("low")
    yield Rule(high < low, "the high is below the low", ("high", "low"))
    for name in ("open", "close"):
        outside = (pl.col(name) > high) | (pl.col(name) < low)
        yield Rule(outside, f"the {name} lies outside the range of its bar", (name, "high", "low"))


def _tick_rules() -> Iterable[Rule]:
    yield Rule(pl.col("ask") < pl.col("bid"), "the ask is below the bid", ("bid", "ask"))


def _order_rules(bars: bool, after: int | None) -> Iterable[Rule]:
    before = pl.col("ts").shift(1) if after is None else pl.col("ts").shift(1, fill_value=_moment(after))
    yield Rule(
        pl.col("ts") < before,
        "the time is before that of the row above",
        ("ts",),
        "Import with --repair sort, or sort the file by time; nothing of it was written.",
    )
    if bars:
        yield Rule(
            pl.col("ts") == before,
            "the time was there before",
            ("ts",),
            "Import with --repair duplicates to keep the last of each; nothing of this file was written.",
        )


def _moment(ts: int) -> pl.Expr:
    return pl.lit(ts).cast(pl.Datetime("ns", "UTC"))
