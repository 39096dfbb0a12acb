"""Where every run of the chain begins: the same state, the same memories, the same strategies, the assumed broker."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tradewind.kernel.loop import REPORTS
from tradewind.kernel.records import STATE, VENUE
from tradewind.ports import Rows
from tradewind.runner import Runner, Slot


@dataclass
class Pages:
    """A journal in memory: what was logged, in the pieces it came in."""

    parts: dict[str, list[Rows]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    """Rows of each log."""

    def append(self, log: str, rows: Rows) -> None:
        """The rows stand at the end of the log."""
        self.parts.setdefault(log, []).append(rows)
        self.counts[log] = self.counts.get(log, 0) + len(rows)

    def read(self, log: str, start: int = 0) -> Rows:
        """The rows of the log from position `start` on; a log nothing was written to has no rows and no fields."""
        parts = self.parts.get(log, [])
        return joined(parts)[start:] if parts else np.zeros(0, "V1")


def joined(parts: Sequence[Rows]) -> Rows:
    """Return rows of one dtype one after another, byte for byte."""
    if len(parts) == 1:
        return parts[0]
    # As plain bytes: numpy would lay out a dtype whose fields overlap anew, each field apart.
    raw = np.concatenate([np.ascontiguousarray(part).view(f"V{part.itemsize}") for part in parts])
    return raw.view(parts[0].dtype)


@dataclass(frozen=True)
class World:
    """A beginning: nothing in here is changed by a run."""

    state: Any
    venue: Any
    """The simulated venue with what the backtest assumes: latency, slippage, how bars are read."""
    slots: Sequence[Slot]
    handler: Any = None
    """The compiled `handle` of all strategies; None runs them as plain Python."""
    memories: bytes = b""
    """Of the strategies at the beginning; empty where they have none yet."""

    @classmethod
    def of(cls, runner: Runner) -> "World":
        """Return the beginning that a runner stands at which has not run yet."""
        return cls(runner.state.copy(), runner.venue.copy(), runner.slots, runner.handler)

    def runner(self, events: int = REPORTS) -> Runner:
        """Return a runner at the beginning whose own venue is silent; `events` says what its event log holds."""
        silent = np.zeros(1, VENUE)
        silent["silent"] = 1
        state = np.zeros(1, STATE)
        state.view("u1")[:] = self.state.view("u1")
        made = Runner(state, silent, self.slots, Pages(), self.handler, events)
        if self.memories:
            made.memories[:] = np.frombuffer(self.memories, "u1")
        return made
