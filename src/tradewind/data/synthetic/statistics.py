"""Figures that tell one market from another: of any bars or ticks, real or made up.

A figure is named after its bars: `kurtosis M5` is the kurtosis (3 for a normal law) of five-minute moves. A move is
the difference of logarithms of two closes that follow each other without a gap. Only figures of the frame's own
bars and of coarser ones are given. Clock times are New York's.
"""

from collections.abc import Callable, Mapping
from itertools import combinations
from typing import NamedTuple

import numpy as np
import polars as pl

from tradewind.data.series import NS, timeframe_name
from tradewind.data.spread import new_york, trading_days
from tradewind.data.synthetic.chance import Floats, Integers
from tradewind.markets.clock import HOUR, MINUTE
from tradewind.markets.instruments import Instrument

Figures = dict[str, float]

WINDOWS = {
    "Asia": (18 * 60, 3 * 60),
    "London": (3 * 60, 8 * 60 + 30),
    "morning": (8 * 60 + 30, 12 * 60),
    "afternoon": (12 * 60, 16 * 60),
    "late": (16 * 60, 17 * 60),
    "roll": (17 * 60, 18 * 60),
}
"""From one New York minute to another; only currencies trade in the last."""

FRAMES = (60, 300, 3600)
LAGS = (1, 5, 20, 100)
DAY_LAGS = (1, 5, 20)
FEW = 100
"""A figure of fewer moves than this says nothing and is left out; of dates, a third."""
DAY_MINUTES = 1380
JUMP = 10.0
"""A move is a jump if it is so many times the median of the sixty moves before it."""
PAUSE = HOUR // 2
WEEKEND = 20 * HOUR


class _Bars(NamedTuple):
    ts: Integers
    close: Floats
    span: int

    @property
    def logs(self) -> Floats:
        return np.log(self.close)

    def moves(self) -> tuple[Integers, Floats]:
        """Return where the moves between neighbours end, and the moves."""
        joined = np.flatnonzero(np.diff(self.ts) == self.span) + 1
        logs = self.logs
        return joined, logs[joined] - logs[joined - 1]


def statistics(frame: pl.DataFrame, instrument: Instrument) -> Figures:
    """Return the figures of bars (`ts`, `open` ... `volume`, perhaps `spread`) or ticks (`ts`, `bid`, `ask`)."""
    if "bid" in frame.columns:
        frame = _minutes(frame)
    ts = frame["ts"].to_physical().to_numpy()
    span = int(np.median(np.diff(ts)))
    bars = _Bars(ts, frame["close"].to_numpy(), span)
    name = timeframe_name(span // NS)
    figures = _own(frame, bars, name, instrument)
    for seconds in FRAMES:
        if seconds * NS >= span:
            coarse = bars if seconds * NS == span else _coarser(bars, seconds * NS)
            figures |= _tails(coarse, timeframe_name(seconds))
    return figures | _dates(bars) | _gaps(frame, bars)


def correlations(frames: Mapping[str, pl.DataFrame]) -> Figures:
    """Return how moves of several instruments go together: `correlation M5 EURUSD XAUUSD`."""
    figures: Figures = {}
    for left, right in combinations(sorted(frames), 2):
        both = frames[left].select("ts", "close").join(frames[right].select("ts", "close"), on="ts", suffix="_right")
        both = both.sort("ts")
        if both.height <= FEW:
            continue
        ts = both["ts"].to_physical().to_numpy()
        span = int(np.median(np.diff(ts)))
        pair = [_Bars(ts, both[name].to_numpy(), span) for name in ("close", "close_right")]
        for seconds in (*FRAMES, 86_400):
            if seconds * NS >= span:
                moves = [_moves_of(bars, seconds) for bars in pair]
                if len(moves[0]) > (FEW // 3 if seconds == 86_400 else FEW):
                    name = f"correlation {timeframe_name(seconds)} {left} {right}"
                    figures[name] = float(np.corrcoef(moves[0], moves[1])[0, 1])
    return figures


def _moves_of(bars: _Bars, seconds: int) -> Floats:
    if seconds == 86_400:
        moves: Floats = np.diff(np.log(_closes(bars)[1]))
        return moves
    return (bars if seconds * NS == bars.span else _coarser(bars, seconds * NS)).moves()[1]


def _minutes(ticks: pl.DataFrame) -> pl.DataFrame:
    """Return the M1 bars of ticks."""
    bid = pl.col("bid")
    return (
        ticks.group_by(pl.col("ts").dt.truncate("1m"), maintain_order=True)
        .agg(
            open=bid.first(),
            high=bid.max(),
            low=bid.min(),
            close=bid.last(),
            volume=pl.len().cast(pl.Float64),
            spread=pl.col("ask").last() - bid.last(),
        )
        .sort("ts")
    )


def _coarser(bars: _Bars, span: int) -> _Bars:
    opens = bars.ts // span
    last = np.flatnonzero(np.diff(opens, append=opens[-1] + 1))
    return _Bars(opens[last] * span, bars.close[last], span)


def _closes(bars: _Bars) -> tuple[Integers, Floats]:
    """Return the trading dates and their last closes."""
    days = trading_days(bars.ts)
    last = np.flatnonzero(np.diff(days, append=days[-1] + 1))
    return days[last], bars.close[last]


def _own(frame: pl.DataFrame, bars: _Bars, name: str, instrument: Instrument) -> Figures:
    """Return what depends on the frame's own bars: size and share of moves, spreads and quotes by window."""
    ends, moves = bars.moves()
    height = (frame["high"] - frame["low"]).to_numpy()[ends] / bars.close[ends]
    still = np.abs(np.diff(bars.close)[ends - 1]) < float(instrument.tick_size) / 2
    figures = {
        f"no move {name} %": 100 * float(still.mean()),
        f"range over move {name}": float(height.mean() / np.abs(moves).mean()),
        f"jumps a day {name}": _jumps(moves) * DAY_MINUTES * MINUTE / bars.span,
    }  # fmt: skip
    minute = new_york(bars.ts) // MINUTE % 1440
    spread = frame["spread"].to_numpy() if "spread" in frame.columns else np.zeros(frame.height)
    volume = frame["volume"].to_numpy() * (MINUTE / bars.span)
    for window, inside in _windows(minute):
        of_moves = inside[ends]
        if of_moves.sum() > FEW:
            figures[f"sd {name} {window} bp"] = 1e4 * float(moves[of_moves].std())
        known = spread[inside & (spread > 0)]
        if len(known) > FEW:
            figures[f"spread {window}"] = float(np.median(known))
        counted = volume[inside & (volume > 0)]
        if len(counted) > FEW:
            figures[f"quotes a minute {window}"] = float(counted.mean())
    return figures


def _windows(minute: Integers) -> list[tuple[str, np.ndarray[tuple[int], np.dtype[np.bool_]]]]:
    return [
        (name, (minute >= first) & (minute < last) if first < last else (minute >= first) | (minute < last))
        for name, (first, last) in WINDOWS.items()
    ]


def _jumps(moves: Floats) -> float:
    """Return the share of moves that are jumps beside the sixty before them."""
    sizes = pl.Series(np.abs(moves))
    usual = sizes.rolling_median(60).shift(1).fill_null(np.inf).to_numpy()
    return float((sizes.to_numpy() > JUMP * np.maximum(usual, 1e-12)).mean())


def _tails(bars: _Bars, name: str) -> Figures:
    """Return the shape of the law of moves, and how much they remember."""
    moves = bars.moves()[1]
    if len(moves) <= FEW:
        return {}
    figures = {f"kurtosis {name}": _kurtosis(moves), f"acf {name} 1": _autocorrelation(moves, 1)}
    if name == "M5":
        sizes = np.abs(moves)
        figures |= {f"acf |move| {name} {lag}": _autocorrelation(sizes, lag) for lag in LAGS if lag * 3 < len(sizes)}
    return figures


def _kurtosis(moves: Floats) -> float:
    away = moves - moves.mean()
    return float((away**4).mean() / (away**2).mean() ** 2)


def _autocorrelation(values: Floats, lag: int) -> float:
    return float(np.corrcoef(values[:-lag], values[lag:])[0, 1])


def _dates(bars: _Bars) -> Figures:
    """Return what whole trading dates do."""
    moves = np.diff(np.log(_closes(bars)[1]))
    figures: Figures = {}
    if len(moves) > FEW // 3:
        figures["sd D1 bp"] = 1e4 * float(moves.std())
        figures["kurtosis D1"] = _kurtosis(moves)
        figures["acf D1 1"] = _autocorrelation(moves, 1)
    sizes = _day_sizes(bars)
    if len(sizes) > FEW // 3:
        figures["sd of log volatility D1"] = float(sizes.std())
        for lag in DAY_LAGS:
            if lag * 4 < len(sizes):
                figures[f"acf volatility D1 {lag}"] = _autocorrelation(sizes, lag)
    return figures


def _day_sizes(bars: _Bars) -> Floats:
    """Return the logarithm of each ordinary date's volatility: the root of the sum of its squared moves."""
    ends, moves = bars.moves()
    days = trading_days(bars.ts[ends])
    starts = np.flatnonzero(np.diff(days, prepend=days[0] - 1))
    counts = np.diff(starts, append=len(days))
    sums = np.add.reduceat(moves**2, starts)
    whole = (counts > 0.8 * np.median(counts)) & (sums > 0)
    sizes: Floats = np.log(np.sqrt(sums[whole]))
    return sizes


def _gaps(frame: pl.DataFrame, bars: _Bars) -> Figures:
    """Return how far prices moved while the market was closed, in basis points: the median and the root mean square."""
    closed = np.diff(bars.ts) - bars.span
    logs = np.log(frame["open"].to_numpy()[1:]) - bars.logs[:-1]
    figures: Figures = {}
    kinds: dict[str, Callable[[Integers], np.ndarray[tuple[int], np.dtype[np.bool_]]]] = {
        "pause": lambda gap: (gap >= PAUSE) & (gap < WEEKEND),
        "weekend": lambda gap: gap >= WEEKEND,
    }
    for name, chosen in kinds.items():
        found = 1e4 * np.abs(logs[chosen(closed)])
        if len(found) >= 8:
            figures[f"gap {name} median bp"] = float(np.median(found))
            figures[f"gap {name} rms bp"] = float(np.sqrt((found**2).mean()))
    return figures
