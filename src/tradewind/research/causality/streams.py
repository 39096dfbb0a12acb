"""A strategy is run on a part of a tape, and its decisions come back: every command it gave and every gate it asked.

Plain strategies run from the beginning each time, in a process that never saw them. Compiled ones keep everything in
the snapshot, so one pass leaves a snapshot at every moment to try, and a replay goes on from the one before.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tradewind.adapters.memory import MemoryJournal
from tradewind.compilation import handler_of
from tradewind.errors import TradewindError
from tradewind.kernel.records import BAR, EVENT, QUOTE, STATE, TIME, VENUE
from tradewind.research.causality.poison import poisoned
from tradewind.runner import Runner, Slot
from tradewind.strategy import Strategy, load

RAW = f"V{EVENT.itemsize}"
TAIL = 256
"""Rows of another future a replay goes on for: a stream that has decided takes nothing back."""


@dataclass(frozen=True)
class Setting:
    """What a run of one strategy begins with, as bytes that another process can read."""

    path: Path
    overrides: Mapping[str, str]
    bar_seconds: int
    instruments: int
    state: bytes
    venue: bytes

    def runner(self, strategy: Strategy, handler: Any = None) -> tuple[Runner, MemoryJournal]:
        """Return a runner at its first state, with its journal."""
        journal = MemoryJournal()
        slot = Slot(strategy, strategy.params(self.overrides), range(self.instruments), self.bar_seconds)
        state, venue = np.frombuffer(bytearray(self.state), STATE), np.frombuffer(bytearray(self.venue), VENUE)
        return Runner(state, venue, [slot], journal, handler), journal


Decisions = dict[str, np.ndarray[Any, Any]]


class Replay(NamedTuple):
    """What was decided after `since` and up to `moment`, with no future (kind None) or another one."""

    since: int
    moment: int
    kind: str | None
    decisions: Decisions


def decisions_of(journal: MemoryJournal) -> Decisions:
    """Return what was decided: rows of COMMAND and GATE_ROW."""
    return {name: journal.read(name) for name in ("commands", "gates")}


def events_until(events: np.ndarray[Any, Any], moment: int) -> np.ndarray[Any, Any]:
    """Return the events up to a moment, and the TIME that says it has passed."""
    return ended(events[: int(np.searchsorted(events["ts"], moment, side="right"))], moment)


def ended(events: np.ndarray[Any, Any], moment: int) -> np.ndarray[Any, Any]:
    """Return the events with a TIME at `moment` behind them."""
    end = np.zeros(1, EVENT)
    end["ts"], end["kind"] = moment, TIME
    return np.concatenate([events.view(RAW), end.view(RAW)]).view(EVENT)


def with_future(events: np.ndarray[Any, Any], moment: int, kind: str, seed: int) -> np.ndarray[Any, Any]:
    """Return the events with other prices after a moment; calendar and times stay."""
    made = np.frombuffer(bytearray(events.tobytes()), EVENT)
    late = (made["ts"] > moment) & (made["kind"] <= BAR)
    for instrument in np.unique(made["instrument"][late]).tolist():
        mine = np.flatnonzero((made["instrument"] == instrument) & (made["kind"] <= BAR))
        columns = {name: made[name][mine].astype(np.float64) for name in ("open", "high", "low", "close")}
        quotes = made["kind"][mine] == QUOTE
        prices = poisoned(columns, made["ts"][mine] > moment, kind, seed)
        for name, values in prices.items():
            whole = np.rint(np.where(quotes, prices["close"], values)).astype(np.int64)
            made[name][mine] = whole
    return made


def run_plain(setting: Setting, events: np.ndarray[Any, Any]) -> Decisions:
    """Return the decisions of a strategy run as plain Python."""
    runner, journal = setting.runner(load(setting.path))
    runner.apply(events)
    runner.flush()
    return decisions_of(journal)


class CannotCompile(TradewindError):  # noqa: N818  reads as the sentence it prints
    """A strategy is not in the subset of Python that compiles; it runs as plain Python all the same."""


@dataclass
class Compiled:
    """A compiled strategy that has gone through the tape once, with a snapshot at each moment to try."""

    setting: Setting
    events: np.ndarray[Any, Any]

    def __post_init__(self) -> None:
        """The strategy is loaded and compiled."""
        self.strategy = load(self.setting.path, compile_handlers=True)
        try:
            self.handler = handler_of([self.strategy])
        except TradewindError as error:
            raise CannotCompile(error.message, error.hint) from error

    def whole(self, events: np.ndarray[Any, Any]) -> Decisions:
        """Return the decisions on a tape from the first state."""
        runner, journal = self.setting.runner(self.strategy, self.handler)
        runner.apply(events)
        runner.flush()
        return decisions_of(journal)

    def replays(self, moments: Sequence[int], kinds: Sequence[str | None]) -> Iterator[Replay]:
        """Yield what is decided between each moment and the one before it when only the future changes.

        A kind of None ends the tape at the moment; others go on for a while with another future.
        """
        pass_on, _ = self.setting.runner(self.strategy, self.handler)
        again, _ = self.setting.runner(self.strategy, self.handler)
        begin, since = 0, int(self.events["ts"][0]) - 1
        for number, moment in enumerate(moments):
            place = int(np.searchsorted(self.events["ts"], moment, side="right"))
            before = pass_on.snapshot()
            for kind in kinds:
                again.journal = replay = MemoryJournal()
                again.restore(before)
                if kind is None:
                    again.apply(ended(self.events[begin:place], moment))
                else:
                    again.apply(with_future(self.events[begin : place + TAIL], moment, kind, number))
                again.flush()
                found = decisions_of(replay)
                yield Replay(since, moment, kind, {name: between(rows, since, moment) for name, rows in found.items()})
            pass_on.apply(_copied(self.events[begin:place]))
            begin, since = place, moment


def between(rows: np.ndarray[Any, Any], since: int, moment: int) -> np.ndarray[Any, Any]:
    """Return the decisions after one moment and up to another."""
    return rows[(rows["ts"] > since) & (rows["ts"] <= moment)]


def _copied(events: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.frombuffer(bytearray(events.tobytes()), EVENT)
