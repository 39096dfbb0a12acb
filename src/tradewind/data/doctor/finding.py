"""What the doctor says of a series: one finding a defect, with its evidence and the command that mends it.

A *blocker* makes a backtest wrong: the clock, the stamping, the bar size, the side, the scale, rows that cannot
be. A *warning* makes it worse: holes, spikes, stretches without life. A *note* is something to know. A blocker
stays one until it is fixed or waived, with a reason.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tradewind.data.doctor.candidates import Numbers
from tradewind.data.series import NS, Series, timeframe_name
from tradewind.data.spread import Integers
from tradewind.markets.clock import utc_datetime
from tradewind.markets.instruments import Instrument

BLOCKER, WARNING, NOTE = "blocker", "warning", "note"
SEVERITIES = (BLOCKER, WARNING, NOTE)
PLACES = 200
"""So many places of one finding are listed; its count is of all."""

Flags = np.ndarray[Any, np.dtype[np.bool_]]


class Finding(NamedTuple):
    """One defect of one series; `first` and `last` are ns UTC, as the rows have it."""

    code: str
    severity: str
    first: int
    last: int
    number: int
    """How many rows, holes or stretches it is of."""
    evidence: str
    values: Mapping[str, Any]
    command: str = ""
    """What mends it; else nothing need be done."""


class Subject(NamedTuple):
    """What is examined, as far as it is known."""

    series: Series
    """With timeframe 0 for ticks; of a file not yet imported what its reader made of it."""
    clock: str = "UTC"
    """The clock its times were stated to be of."""
    instrument: Instrument | None = None
    stored: bool = False


class Prices(NamedTuple):
    """Bars in order of time, each once; or ticks as one-minute bars of their bids."""

    seconds: int
    """The size of a bar."""
    ts: Integers
    open: Numbers
    high: Numbers
    low: Numbers
    close: Numbers
    volume: Numbers
    spread: Numbers
    """Price units; 0 where not recorded."""

    @property
    def columns(self) -> tuple[Any, ...]:
        """Everything of the bars but their size."""
        return self[1:]

    @property
    def span(self) -> int:
        """The ns from the open of a bar to its close."""
        return self.seconds * NS

    def take(self, which: Any) -> "Prices":
        """Return some of the bars."""
        return Prices(self.seconds, *(column[which] for column in self.columns))

    def at(self, ts: Integers) -> "Prices":
        """Return the bars at other times, in order of these."""
        order = np.argsort(ts, kind="stable")
        moved = self._replace(ts=ts)
        return moved if (order[1:] > order[:-1]).all() else moved.take(order)


def words(series: Series) -> str:
    """Return how a command names a series: `XAUUSD --bar M1 --feed oanda --side bid`."""
    side = f" --side {series.side}" if series.timeframe else ""
    return f"{series.symbol} --bar {timeframe_name(series.timeframe)} --feed {series.feed}{side}"


def fix(subject: Subject, code: str, options: str = "") -> str:
    """Return the command that mends a stored series; of a file, what to say at its import."""
    if not subject.stored:
        return f"tradewind data import FILE {options}".rstrip()
    return f"tradewind data fix {words(subject.series)} {code} {options}".rstrip()


def moment(ts: int) -> str:
    """Return an instant as people write it."""
    return f"{utc_datetime(int(ts)):%Y-%m-%d %H:%M}"


def window(first: int, last: int) -> str:
    """Return the options of a command that name a stretch."""
    return f"--from {utc_datetime(int(first)):%Y-%m-%dT%H:%M:%S} --to {utc_datetime(int(last)):%Y-%m-%dT%H:%M:%S}"


def places(first: Sequence[int] | Integers, last: Sequence[int] | Integers) -> list[list[int]]:
    """Return where a finding was seen, as pairs of ns UTC."""
    return [[int(start), int(end)] for start, end in zip(first[:PLACES], last[:PLACES], strict=True)]


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings with the worst first, then by time."""
    return sorted(findings, key=lambda one: (SEVERITIES.index(one.severity), one.first, one.code))


def runs(flags: Flags) -> list[tuple[int, int]]:
    """Return (start, end) of every stretch of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
