"""Candles of any timeframe out of what is stored, and what a trader looks for in them: sessions, levels, marks.

Bars are made of the coarsest stored series that fits into them. Days are trading dates, 17:00 to 17:00 in New York.
Times are seconds UTC here, because that is what charts count in.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl

from tradewind.adapters.catalogue import SeriesInfo
from tradewind.adapters.histories import History
from tradewind.data.series import TICKS, timeframe_name
from tradewind.errors import BadData, TradewindError
from tradewind.markets.instruments import Instrument
from tradewind.markets.sessions import window
from tradewind.reports import SHADED
from tradewind.results.report.candles import Bars, coarser, digits_of, trading_dates
from tradewind.series_choice import find_series
from tradewind.settings import Settings
from tradewind.views.gates import bars as gate_bars
from tradewind.views.heart import Heart
from tradewind.views.orders import About, orders, trades
from tradewind.views.pages import Cut, Page

if TYPE_CHECKING:
    from tradewind.adapters.stored_runs import StoredRuns

SECOND = 1_000_000_000
DAY_S = 86_400
FRAMES = (60, 120, 300, 600, 900, 1800, 3600, 14_400, 86_400)
MOST = 50_000
MOST_DATES = 400
"""Trading dates of sessions and levels in one answer."""
RANGE_S = 900
"""Length of the opening range that is drawn, from the New York cash open or London's morning."""
OPENINGS = ("NY_CASH", "LONDON_BLOCK")
COLUMNS = ("ts", "open", "high", "low", "close")
EVER = (-(2**62), 2**62)


class Wish(NamedTuple):
    """Which candles: the last `most` that open before `end` (ns UTC), of the feed that fits best if none is named."""

    symbol: str
    seconds: int
    end: int = EVER[1]
    most: int = 3000
    feed: str | None = None


def candles(history: History, wish: Wish) -> dict[str, Any]:
    """Return candles as columns, the series they were made of, and whether older ones are stored."""
    if wish.seconds not in FRAMES:
        raise BadData(f"There are no candles of {wish.seconds} s.", f"Choose one of {', '.join(map(str, FRAMES))}.")
    info = _series(history, wish)
    bars, first = _bars(history, info, wish)
    kept = len(bars.ts) > wish.most
    if kept:
        bars = bars.where(np.arange(len(bars.ts)) >= len(bars.ts) - wish.most)
    digits = digits_of(bars) if len(bars.ts) else 2
    columns = {name: np.round(getattr(bars, name), digits).tolist() for name in COLUMNS[1:]}
    return {
        "symbol": wish.symbol, "timeframe": wish.seconds, "digits": digits, "feed": info.feed, "side": info.side,
        "made_of": timeframe_name(info.timeframe) if info.timeframe else TICKS, "older": kept or first > info.first,
        "columns": {"ts": (bars.ts // SECOND).tolist(), **columns},
    }  # fmt: skip


def _series(history: History, wish: Wish) -> SeriesInfo:
    """Return the coarsest stored series that candles can be made of."""
    found = find_series(history, wish.symbol, wish.feed, (EVER[0], min(wish.end, EVER[1])), tradable=True)
    fits = [
        one
        for one in found
        if one.timeframe <= wish.seconds and (not one.timeframe or wish.seconds % one.timeframe == 0)
    ]
    if not fits:
        finest = timeframe_name(found[0].timeframe)
        raise BadData(f"{wish.symbol} is stored in {finest} at the finest.", f"Choose {finest} or larger.")
    newest = max(one.last for one in fits)
    current = [one for one in fits if newest - one.last < 7 * DAY_S * SECOND]
    return max(current, key=lambda one: one.timeframe)


def _bars(history: History, info: SeriesInfo, wish: Wish) -> tuple[Bars, int]:
    """Return candles before the end, at least as many as wanted if they are stored, and from where on was read."""
    end = min(wish.end, info.last + 1)
    reach = int(wish.most * wish.seconds * 1.6 + 4 * DAY_S) * SECOND
    while True:
        start = end - reach
        parts = list(_minutes(history, info, (start, end)) if info.kind == TICKS
                     else history.bars(info.series, start, end, COLUMNS))  # fmt: skip
        frame = pl.concat(parts) if parts else None
        columns = [] if frame is None else [frame[name].to_physical().to_numpy() for name in COLUMNS]
        bars = Bars(info.timeframe or 60, *(columns or [np.zeros(0)] * len(COLUMNS)))
        made = coarser(bars, wish.seconds)
        if len(made.ts) > wish.most or start <= info.first:
            return made, start
        reach *= 3


def _minutes(history: History, info: SeriesInfo, period: tuple[int, int]) -> Iterator[pl.DataFrame]:
    bid = pl.col("bid")
    for part in history.ticks(info.series, *period, ("ts", "bid")):
        minutes = part.group_by(pl.col("ts").dt.truncate("1m"), maintain_order=True)
        yield minutes.agg(open=bid.first(), high=bid.max(), low=bid.min(), close=bid.last())


def last_price(heart: Heart, symbol: str) -> dict[str, Any] | None:
    """Return the latest bid an account knows, and when it was quoted (s UTC); None where it trades something else."""
    one = heart.told.get("risk", {}).get("instruments", {}).get(symbol)
    return {"bid": one["bid"], "ts": one["quoted_at"] // SECOND} if one and one["quoted_at"] and heart.fresh else None


def sessions(instrument: Instrument, start: int, end: int) -> list[dict[str, Any]]:
    """Return the shaded sessions of every trading date between two moments (ns UTC), in seconds UTC."""
    first, last = trading_dates(np.array([start, end], np.int64)).tolist()
    found = []
    for day in range(max(first, last - MOST_DATES), last + 1):
        for name, shown in SHADED.items():
            try:
                span = window(name, day, instrument)
            except TradewindError:
                continue
            if span is not None and span[0] < span[1]:
                found.append({"name": shown, "opens": span[0] // SECOND, "closes": span[1] // SECOND})
    return found


def levels(history: History, instrument: Instrument, wish: Wish, start: int) -> list[dict[str, Any]]:
    """Return lines to look at between two moments: the opening range of each date, and the day before's extremes."""
    fine = wish._replace(seconds=300, most=MOST)
    info = _series(history, fine)
    bars, _ = _bars(
        history, info, fine._replace(most=max(1, int((min(wish.end, info.last) - start) / SECOND / 300) + 600))
    )
    if not len(bars.ts):
        return []
    dates = trading_dates(bars.ts)
    known, first = np.unique(dates, return_index=True)
    highs, lows = np.maximum.reduceat(bars.high, first), np.minimum.reduceat(bars.low, first)
    found: list[dict[str, Any]] = []
    for place, day in enumerate(known.tolist()):
        span = window("MARKET", day, instrument)
        if span is None or span[1] <= start or place < len(known) - MOST_DATES:
            continue
        if place:
            found += [
                {"name": name, "from": span[0] // SECOND, "to": span[1] // SECOND, "price": float(value)}
                for name, value in (("Day before, high", highs[place - 1]), ("Day before, low", lows[place - 1]))
            ]
        found += _opening(bars, instrument, day, span[1])
    return found


def _opening(bars: Bars, instrument: Instrument, day: int, closes: int) -> list[dict[str, Any]]:
    for name in OPENINGS:
        span = window(name, day, instrument)
        if span is None:
            continue
        inside = (bars.ts >= span[0]) & (bars.ts < span[0] + RANGE_S * SECOND)
        if inside.any():
            return [{"name": "Opening range", "from": span[0] // SECOND, "to": closes // SECOND,
                     "formed": span[0] // SECOND + RANGE_S, "high": float(bars.high[inside].max()),
                     "low": float(bars.low[inside].min())}]  # fmt: skip
    return []


def marks_of_run(runs: "StoredRuns", run: str, symbol: str, period: tuple[int, int]) -> dict[str, Any]:
    """Return trades, orders and gates of a run in an instrument between two moments, ns UTC."""
    tables = {name: runs.table(run, name).filter(pl.col("symbol") == symbol) for name in ("trades", "orders", "gates")}
    trades, orders = tables["trades"], tables["orders"]
    opened, closed = trades["opened"].to_physical(), trades["closed"].to_physical()
    trades = trades.filter((closed >= period[0]) & (opened < period[1])).tail(MOST_MARKS)
    given = orders["given"].to_physical()
    orders = orders.filter((given >= period[0]) & (given < period[1])).tail(MOST_MARKS)
    return {
        "trades": [_trade(one) for one in trades.iter_rows(named=True)],
        "orders": [_order(one) for one in orders.iter_rows(named=True)],
        "gates": gates_by_bar(tables["gates"], period),
    }


def marks_of_account(settings: Settings, account: str, symbol: str, period: tuple[int, int]) -> dict[str, Any]:
    """Return trades, open positions, orders and gates of an account in an instrument between two moments, ns UTC."""
    about, first = About(None, symbol), period[0] // SECOND

    def back(ask: Ask, moment: Callable[[Mapping[str, Any]], int | None]) -> list[Any]:
        return _back_to(lambda cut: ask(settings, account, cut, about), moment, first)

    traded = [
        {"strategy": one["strategy"], "side": one["side"], "lots": one["lots"], "opened": _parsed(one["opened"]),
         "closed": _parsed(one["closed"]), "entry": one["entry_price"], "exit": one["exit_price"], "net": one["net"],
         "r": one["r"], "reason": one["reason"]} for one in back(trades, lambda one: _parsed(one["closed"]))
    ]  # fmt: skip
    ordered = [
        {"strategy": one["strategy"], "side": one["side"], "type": one["type"], "lots": one["lots"],
         "price": one["trigger"] if one["trigger"] is not None else one["price"], "stop": one["stop_loss"],
         "target": one["take_profit"], "given": _parsed(one["given"]), "ended": _parsed(one["ended"]),
         "status": one["status"], "why": one["sentence"] or one["reason"]}
        for one in back(orders, lambda one: _parsed(one["given"]))
    ]  # fmt: skip
    asked = [
        {
            "ts": one["ts"] // SECOND,
            "passed": one["asked"] - one["failed"],
            "failed": [
                [each["gate"], each["value"], each["low"], each["high"]] for each in one["gates"] if not each["passed"]
            ],
        }
        for one in back(gate_bars, lambda one: int(one["ts"]) // SECOND)
    ]
    last = period[1] // SECOND
    return {
        "trades": [one for one in traded if (one["closed"] or last) >= first and (one["opened"] or 0) < last],
        "orders": [one for one in ordered if first <= (one["given"] or 0) < last],
        "gates": [one for one in asked if first <= one["ts"] < last],
    }


Ask = Callable[[Settings, str, Cut, About], Page]
PAGES = 10
"""Pages of a log that are gone back through for marks of long ago."""


def _back_to(
    ask: Callable[[Cut], Page], moment: Callable[[Mapping[str, Any]], int | None], first: int
) -> list[dict[str, Any]]:
    """Return the rows of a log from a moment (s UTC) on, oldest first, as far as so many pages reach."""
    found: list[dict[str, Any]] = []
    before: int | None = None
    for _ in range(PAGES):
        page = ask(Cut(500, before))
        found += page.items
        before = page.next
        if before is None or (moment(page.items[-1]) or first) < first:
            break
    return found[::-1]


def _parsed(text: str | None) -> int | None:
    return None if text is None else int(np.datetime64(text.removesuffix("Z"), "s").astype(np.int64))


MOST_MARKS = 4000


def _seconds(moment: Any) -> int | None:
    return None if moment is None else int(moment.timestamp())


def _trade(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "strategy": one["strategy"], "side": one["side"], "lots": one["lots"], "opened": _seconds(one["opened"]),
        "closed": _seconds(one["closed"]), "entry": one["entry_price"], "exit": one["exit_price"], "net": one["net"],
        "r": one["r"], "reason": one["reason"],
    }  # fmt: skip


def _order(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "strategy": one["strategy"], "side": one["side"], "type": one["type"], "lots": one["lots"],
        "price": one["trigger"] if one["trigger"] is not None else one["price"], "stop": one["stop_loss"],
        "target": one["take_profit"], "given": _seconds(one["given"]), "ended": _seconds(one["ended"]),
        "status": one["status"], "why": one["sentence"] or one["reason"],
    }  # fmt: skip


def gates_by_bar(gates: pl.DataFrame, period: tuple[int, int]) -> list[dict[str, Any]]:
    """Return for each moment gates were asked how many passed, and those that did not with what they lacked."""
    ts = gates["ts"].to_physical()
    mine = gates.filter((ts >= period[0]) & (ts < period[1]))
    found: dict[int, dict[str, Any]] = {}
    for one in mine.iter_rows(named=True):
        second = int(one["ts"].timestamp())
        here = found.setdefault(second, {"ts": second, "passed": 0, "failed": []})
        if one["passed"]:
            here["passed"] += 1
        else:
            here["failed"].append([one["gate"], *(_finite(one[name]) for name in ("value", "low", "high"))])
    return list(found.values())[-MOST_MARKS:]


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
