"""Variants in step: their states, venues, memories and short logs as rows of arrays, driven together by the kernel.

One herd belongs to one thread at a time. While it is driven, other Python threads run.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numba import int64
from numpy.typing import NDArray

from tradewind.kernel import follow, loop, many
from tradewind.kernel.compiled import JIT, handler_pointer
from tradewind.kernel.records import ENGINE, SAMPLE, STATE, TRADE, VENUE, VENUE_INSTRUMENT
from tradewind.ports import Rows
from tradewind.research.figures import Floats, Tally
from tradewind.results.open_time import share_held
from tradewind.runner import Slot

LOG_ROWS = 384
"""Rows of a short log, of which 300 must stay free for what one event may bring."""
SLICE_ROWS = 1024
"""Events that every variant applies before the next slice: with the leader's trace what a processor's cache holds."""
FIRST_TRADES = 512
ENDLESS = 2**62


class Herd:
    """Variants of one strategy from the same first state, each with its own parameters."""

    def __init__(
        self,
        state: np.ndarray[Any, Any],
        venue: np.ndarray[Any, Any],
        slot: Slot,
        params: Sequence[Any],
        handler: Any,
        *,
        days: int,
    ) -> None:
        """They stand before the first event; there is room for `days` dates."""
        count = len(params) + 1  # the last one leads and trades nothing
        self.errors: dict[int, str] = {}
        self._states, self._venues = _copies(state, count, STATE), _copies(venue, count, VENUE)
        self._engines = np.zeros(count, ENGINE)
        self._trades, self._samples = np.zeros((count, LOG_ROWS), TRADE), np.zeros((count, LOG_ROWS), SAMPLE)
        self._days = np.zeros((count, days, 2), np.int64)
        self._r = [np.zeros(FIRST_TRADES) for _ in range(count)]
        self._spans = [np.zeros((FIRST_TRADES, 2), np.int64) for _ in range(count)]
        self._tallies = np.zeros(count, many.TALLY)
        self._parameters = np.concatenate(
            [slot.strategy.parameter_record(one, slot.bar_seconds) for one in (*params, slot.params)]
        )
        length = -(-slot.strategy.memory.itemsize // 8) * 8
        self._memories = np.zeros((count, len(slot.instruments), length), "u1")
        self._join(slot)
        self._addresses = _addresses(self._tallies)[:-1]
        self._handler = handler  # keeps the machine code alive
        self._make_task(handler_pointer(handler))

    def _join(self, slot: Slot) -> None:
        """Engines and tallies know where everything lies."""
        engines, tallies = self._engines, self._tallies
        for name, rows in (("state", self._states), ("venue", self._venues)):
            engines[name] = _addresses(rows)
        for name, log, capacity in (
            ("trades", self._trades, "trade_capacity"),
            ("samples", self._samples, "sample_capacity"),
        ):
            engines[name], engines[capacity] = _addresses(log), LOG_ROWS
        engines["gate_capacity"] = engines["command_capacity"] = ENDLESS
        engines["parameters"][:, 0] = _addresses(self._parameters)
        first, (_, many_instruments, length) = _addresses(self._memories), self._memories.shape
        for place in range(many_instruments):
            engines["memories"][:, slot.instruments[place]] = first + place * length
        tallies["engine"], tallies["days"] = _addresses(engines), _addresses(self._days)
        tallies["day_capacity"] = self._days.shape[1]
        for number in range(len(tallies)):
            self._grow(number, FIRST_TRADES)

    def _make_task(self, handler: Any) -> None:
        """The leader has no strategy and no limits, and there is room for its trace."""
        leader = self._states[-1:]
        leader["ruled"] = leader["shows_quotes"] = 0
        leader["strategies"]["shown"] = 0
        self._engines["memories"][-1] = 0
        most = 2 * SLICE_ROWS + 4 * follow.MOST_AT_ONCE
        self._stops, self._closed = np.zeros(most, follow.STOP), np.zeros(most, follow.CLOSED)
        self._ranges = np.zeros(SLICE_ROWS, VENUE_INSTRUMENT)
        self._trace, self._task = np.zeros(1, follow.TRACE), np.zeros(1, many.TASK)
        trace, task = self._trace[0], self._task[0]
        trace["leader"] = _addresses(self._engines)[-1]
        for name, rows in (("stops", self._stops), ("closed", self._closed), ("ranges", self._ranges)):
            trace[name] = rows.ctypes.data
        task["traced"], task["leader"] = self._trace.ctypes.data, _addresses(self._tallies)[-1]
        task["most_stops"] = task["most_closed"] = most
        task["rows"], task["drive"], task["handler"] = SLICE_ROWS, drive_pointer(), handler

    def _grow(self, number: int, capacity: int) -> None:
        """The tally of a variant has room for `capacity` trades, those it has included."""
        tally = self._tallies[number]
        for rows, name in ((self._r, "r"), (self._spans, "spans")):
            longer = np.zeros((capacity, *rows[number].shape[1:]), rows[number].dtype)
            longer[: len(rows[number])] = rows[number]
            rows[number] = longer
            tally[name] = longer.ctypes.data
        tally["r_capacity"] = capacity

    def apply(self, block: Rows) -> None:
        """The block is applied by every variant; one that raised an error is left alone from then on."""
        progress = np.zeros(5, np.int64)
        self._task["block"], self._task["length"] = block.ctypes.data, len(block)
        while True:
            try:
                answer = many.drive_many(self._addresses, progress, self._task.ctypes.data)
            except Exception as error:  # noqa: BLE001  whatever a strategy raises is what became of that variant
                self.end(int(progress[many.PLACE]), f"{type(error).__name__}: {error}")
                progress[many.BEGUN] = 0
                continue
            if answer == many.DONE:
                return
            self._more_room(int(progress[many.PLACE]))

    def end(self, number: int, why: str) -> None:
        """The variant is left alone from now on."""
        self.errors.setdefault(number, why)
        self._tallies["dead"][number] = 1

    def _more_room(self, number: int) -> None:
        self._grow(number, 2 * int(self._tallies["r_capacity"][number]) + LOG_ROWS)

    def finish(self) -> None:
        """What is still in the logs is in the tallies."""
        while (number := many.empty_all(self._addresses)) >= 0:
            self._more_room(number)

    def state(self, number: int) -> np.ndarray[Any, Any]:
        """Return the state of a variant, a one-row array."""
        return self._states[number : number + 1]

    def venue(self, number: int) -> np.ndarray[Any, Any]:
        """Return the venue of a variant, a one-row array."""
        return self._venues[number : number + 1]

    def days(self, number: int) -> NDArray[np.int64]:
        """Return date and equity (minor units) of every sample of a variant that ended a date."""
        return self._days[number, : int(self._tallies["day_count"][number])].copy()

    def tally(self, number: int, hours: NDArray[np.int64]) -> Tally:
        """Return the finished trades of a variant, added up; the market was open in the intervals `hours`."""
        row = self._tallies[number]
        trades = int(row["trades"])
        opened, closed = self._spans[number][:trades].T
        traded = float(row["traded"] @ notional_worth(self.state(number)))
        sums = {name: int(row[name]) for name in ("wins", "won", "lost", "gross_mid", "costs", "ambiguous")}
        held, r = share_held(opened, closed, hours), self._r[number][:trades].copy()
        return Tally(trades=trades, held=held, traded=traded, r=r, **sums)


def _copies(first: np.ndarray[Any, Any], count: int, dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """Return `count` rows with the bytes of the one row `first`."""
    rows = np.empty((count, dtype.itemsize), "u1")
    rows[:] = np.frombuffer(first.tobytes(), "u1")
    return rows.reshape(-1).view(dtype)


def _addresses(rows: np.ndarray[Any, Any]) -> NDArray[np.int64]:
    """Return where each row of an array lies."""
    return rows.ctypes.data + np.arange(len(rows), dtype=np.int64) * rows.strides[0]


@cache
def drive_pointer() -> Any:
    """Return where the machine code of the kernel's loop is."""
    if JIT:
        loop.drive.compile((int64, int64))
    return handler_pointer(loop.drive)


def notional_worth(state: np.ndarray[Any, Any]) -> Floats:
    """Return the notional of a tick of one lot step of each instrument, minor units of the account.

    A foreign quote currency counts at the latest rate in `state`.
    """
    rows = state["instruments"][0]
    rates = state["currencies"]["rate_bid"][0]
    worth = np.zeros(len(rows))
    used = rows["value_denominator"] > 0
    worth[used] = rows["value_numerator"][used] / rows["value_denominator"][used] * rates[rows["currency"][used]]
    return worth
