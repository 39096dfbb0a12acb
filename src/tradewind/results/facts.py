"""What the numbers in a run's logs stand for: instruments, strategies, account and period.

The logs hold ticks, lot steps, minor units and row numbers. Whoever wired the run knows what those mean and
says it here, once; then a table can be made without the run itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tradewind import money
from tradewind.errors import BadData
from tradewind.kernel.records import INSTRUMENTS

if TYPE_CHECKING:
    import numpy as np


def decimals(size: Decimal) -> int:
    """Return the digits after the point of a tick size or lot step: 2 for 0.01 and 0.25, 0 for 1 and 10."""
    exponent = size.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def numbered(names: Sequence[str]) -> list[str]:
    """Return the names, each one met again as `name#2`, `name#3` ..."""
    found: list[str] = []
    for name in names:
        count = sum(one.split("#")[0] == name for one in found)
        found.append(f"{name}#{count + 1}" if count else name)
    return found


@dataclass(frozen=True)
class InstrumentFacts:
    """One instrument of a run, in the order of the kernel's rows."""

    symbol: str
    tick_size: Decimal
    lot_step: Decimal
    quote_currency: str
    tick_value: tuple[int, int]
    """Minor units of the quote currency per tick and lot step, as a fraction (`money.tick_value`)."""
    open_ns: int = 0
    """How long its market was open during the run, ns; 0 where nobody counted."""
    open_spans: tuple[tuple[int, int], ...] = ()
    """When that was, ns UTC, where it is known; then time in a position is counted within it."""

    @classmethod
    def of(cls, instrument: Any, open_ns: int = 0, open_spans: tuple[tuple[int, int], ...] = ()) -> "InstrumentFacts":
        """Return the facts of an instrument declared in `markets`; spans of open time tell how long it was open."""
        return cls(
            instrument.symbol,
            instrument.tick_size,
            instrument.volume_step,
            instrument.quote_currency,
            money.tick_value(instrument),
            open_ns or sum(closes - opens for opens, closes in open_spans),
            open_spans,
        )


@dataclass(frozen=True)
class StrategyFacts:
    """One strategy of a run, in the order of the kernel's rows."""

    name: str
    gates: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    """What it traded; empty stands for every instrument of the run."""
    thesis: str = ""
    """What its file says it believes."""


@dataclass(frozen=True)
class Closing:
    """The account when the run ended: minor units of its currency, drawdowns as shares <= 0."""

    ts: int
    date: int
    """The trading date in progress, days since 1970-01-01."""
    balance: int
    equity: int
    margin: int
    drawdown: float
    """Worst equity against its peak, at every mark."""
    adverse_drawdown: float
    """The same with every interval at its worst corner."""
    lines: tuple[tuple[int, int, int, int], ...] = ()
    """(strategy, instrument, cash earned so far, unrealised) of each that traded, minor units."""

    @classmethod
    def of(cls, state: "np.ndarray[Any, Any]") -> "Closing":
        """Return the account in a one-row array of STATE."""
        row, account = state[0], state["account"][0]
        return cls(
            ts=int(row["now"]),
            date=int(row["date"]),
            balance=int(account["balance"]),
            equity=int(account["balance"]) + int(account["unrealised"]),
            margin=int(account["margin"]),
            drawdown=float(account["drawdown"]),
            adverse_drawdown=float(account["adverse_drawdown"]),
            lines=tuple(
                (index // INSTRUMENTS, index % INSTRUMENTS, int(one["earned"]), int(one["unrealised"]))
                for index, one in enumerate(row["positions"])
                if one["earned"] or one["unrealised"]
            ),
        )


@dataclass(frozen=True)
class RunFacts:
    """What a run was: enough to read its logs and to label its results."""

    kind: str
    """"backtest", "paper", "live" or "replay"."""
    strategies: Sequence[StrategyFacts]
    instruments: Sequence[InstrumentFacts]
    currency: str
    """Of the account."""
    initial: int
    """Balance at the start, minor units of the account."""
    start: int
    end: int
    """The period, ns UTC, the end exclusive."""
    closing: Closing | None = None
    synthetic: bool = False
    """Whether any price was made up; then every screen says so."""
    news: Mapping[str, Any] = field(default_factory=dict)
    """What the run knew of releases: calendars, windows by instrument, what is not covered, a hash; plain data."""
    quality: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What the data doctor found in each series the run read; plain data."""
    risk: Mapping[str, Any] = field(default_factory=dict)
    """The risk rules it ran under and what they refused (`results.risk_facts`); plain data."""

    def __post_init__(self) -> None:
        """An account that began with nothing has no return, and is refused."""
        if self.initial <= 0:
            raise BadData(f"A run began with {self.initial} minor units.", "Give a balance above zero.")

    @property
    def symbols(self) -> list[str]:
        """The symbol of each instrument, by number."""
        return [one.symbol for one in self.instruments]

    @property
    def strategy_names(self) -> list[str]:
        """The name of each strategy, by number; the same file used again is `name#2`."""
        return numbered([one.name for one in self.strategies])

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Every (strategy name, symbol) that was traded, in order."""
        return [
            (name, symbol)
            for name, one in zip(self.strategy_names, self.strategies, strict=True)
            for symbol in (one.symbols or self.symbols)
        ]

    @property
    def minor_per_unit(self) -> int:
        """Minor units in one unit of the account's currency: 100 for USD."""
        return int(10 ** money.minor_digits(self.currency))
