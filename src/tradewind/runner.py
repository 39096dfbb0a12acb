"""The loop that joins a feed, the kernel, strategies and a journal. Every mode runs this one.

A block of events goes in; the kernel applies them one at a time and stops where a strategy has something to see.
Compiled strategies are shown it inside the kernel; plain-Python ones here, in the same order, by the same
`next_show`. Logs have a fixed size: a full one is handed to the journal and used again, so memory does not grow.
"""

import functools
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tradewind.errors import BadData
from tradewind.kernel import loop
from tradewind.kernel.compiled import handler_pointer
from tradewind.kernel.records import (
    COMMAND,
    ENGINE,
    EVENT,
    GATE_ROW,
    INSTRUMENTS,
    LINE,
    RISK_ROW,
    SAMPLE,
    STATE,
    TRADE,
    VENUE,
)
from tradewind.plain import PlainStrategies
from tradewind.ports import Journal, Rows
from tradewind.strategy import Strategy

LOGS = {
    "events": (EVENT, 16_384, "event_count"),
    "commands": (COMMAND, 4_096, "command_count"),
    "gates": (GATE_ROW, 16_384, "gate_count"),
    "trades": (TRADE, 1_024, "trade_count"),
    "samples": (SAMPLE, 1_024, "sample_count"),
    "risk": (RISK_ROW, 1_024, "risk_count"),
    "lines": (LINE, 1_024, "line_count"),
}
"""Dtype, rows and the counter in ENGINE of each log."""

CAPACITIES = {"events": "event_capacity", "commands": "command_capacity", "gates": "gate_capacity",
              "trades": "trade_capacity", "samples": "sample_capacity", "risk": "risk_capacity",
              "lines": "line_capacity"}  # fmt: skip


@dataclass
class Slot:
    """A strategy with its parameters and the instruments it trades."""

    strategy: Strategy
    params: Any
    instruments: Sequence[int]
    bar_seconds: int


@dataclass
class Runner:
    """State, venue and strategies of one run, ready for blocks of events."""

    state: np.ndarray[Any, Any]
    venue: np.ndarray[Any, Any]
    slots: Sequence[Slot]
    journal: Journal
    handler: Any = None
    """The compiled `handle` of all strategies; None shows them as plain Python."""
    journal_events: int = loop.REPORTS
    memories: np.ndarray[Any, Any] = field(init=False)
    engine: np.ndarray[Any, Any] = field(init=False)

    def __post_init__(self) -> None:
        """State, logs and memories are joined by address."""
        if self.state.dtype != STATE or self.venue.dtype != VENUE:
            raise TypeError("state and venue are one-row arrays of STATE and VENUE")
        self._logs = {name: np.zeros(rows, dtype) for name, (dtype, rows, _) in LOGS.items()}
        self.engine = np.zeros(1, ENGINE)
        self._address = self.engine.ctypes.data
        self.engine["state"] = self.state.ctypes.data
        self.engine["venue"] = self.venue.ctypes.data
        self.engine["journal"] = self.journal_events
        for name, log in self._logs.items():
            self.engine[name] = log.ctypes.data
            self.engine[CAPACITIES[name]] = len(log)
        # As arrays of one element: a field looked up by name at every price costs more than the kernel does.
        self._block, self._length, self._position, self._full = (
            self.engine[name] for name in ("block", "length", "position", "full")
        )
        self._counted = [(name, log, self.engine[LOGS[name][2]]) for name, log in self._logs.items()]
        self._place_memories()
        self._pointer = 0 if self.handler is None else handler_pointer(self.handler)
        self._show = PlainStrategies(self.state, self.slots, self._views).show

    def _place_memories(self) -> None:
        """Every strategy has a memory for each of its instruments, and its parameters, at known addresses."""
        sizes = [-(-slot.strategy.memory.itemsize // 8) * 8 for slot in self.slots]
        self.memories = np.zeros(
            sum(s * len(slot.instruments) for s, slot in zip(sizes, self.slots, strict=True)), "u1"
        )
        self._views: dict[tuple[int, int], Any] = {}
        self._parameters = [slot.strategy.parameter_record(slot.params, slot.bar_seconds) for slot in self.slots]
        start = 0
        for number, (length, slot) in enumerate(zip(sizes, self.slots, strict=True)):
            self.engine["parameters"][0, number] = self._parameters[number].ctypes.data
            for instrument in slot.instruments:
                view = self.memories[start : start + slot.strategy.memory.itemsize].view(slot.strategy.memory)
                self._views[number, instrument] = view
                self.engine["memories"][0, number * INSTRUMENTS + instrument] = view.ctypes.data
                start += length

    def run(self, feed: Iterable[Rows], progress: Callable[[int], None] | None = None) -> None:
        """Every event of the feed is applied and everything that came of it is in the journal."""
        for block in feed:
            self.apply(block)
            if progress is not None:
                progress(len(block))
        self.flush()

    def apply(self, block: Rows) -> None:
        """The block is applied; what did not fit the logs is in the journal."""
        if block.dtype != EVENT or not block.flags.c_contiguous:
            raise BadData(
                f"A block of events has dtype {block.dtype.itemsize} bytes wide, not EVENT in one piece.",
                "Join blocks as plain bytes, block.view('V80'): numpy.concatenate lays EVENT out anew.",
            )
        self._block[0] = block.ctypes.data
        self._length[0] = len(block)
        self._position[0] = 0
        while (result := loop.drive(self._address, self._pointer)) != loop.EXHAUSTED:
            if result == loop.FULL:
                self.flush()
            else:
                self._show(*loop.shown_of(result))

    def flush(self) -> None:
        """The logs are in the journal and empty."""
        for name, log, counter in self._counted:
            if counter[0]:
                # As plain bytes: numpy copies a dtype whose fields overlap field by field, fifty times slower.
                rows: Rows = np.frombuffer(bytearray(log[: counter[0]].tobytes()), dtype=LOGS[name][0])
                self.journal.append(name, rows)
                counter[0] = 0
        self._full[0] = 0

    @staticmethod
    @functools.cache
    def layout() -> str:
        """Return a hash of how state and venue are laid out: bytes of another layout mean something else."""
        return hashlib.sha256(f"{STATE!r} {VENUE!r}".encode()).hexdigest()

    def snapshot(self) -> bytes:
        """Everything that a recovery needs besides the tail of the journal, as bytes."""
        return b"".join(part.tobytes() for part in (self.state, self.venue, self.memories))

    def restore(self, snapshot: bytes) -> None:
        """State, venue and memories are those of the snapshot."""
        raw = np.frombuffer(snapshot, "u1")
        first, second = STATE.itemsize, STATE.itemsize + VENUE.itemsize
        self.state.view("u1")[:] = raw[:first]
        self.venue.view("u1")[:] = raw[first:second]
        self.memories[:] = raw[second:]
