"""The kernel with its strategies, and everything that came of it since it was last made durable.

Rows go in; the runner applies them; what it logged waits in `pending` in the order it was made. Nothing that follows
from it may leave the machine before `pending` is in the journal: `drain` is what a driver commits.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from tradewind.errors import TradewindError
from tradewind.kernel.records import ACCEPTED, COMMAND, EVENT, INSTRUMENTS, OPERATOR, TIME
from tradewind.kernel.refusals import STARTING
from tradewind.ports import Rows
from tradewind.runner import Runner
from tradewind.trading.events import hold_row, time_row

NOTE = "notes"
LAYOUT = "layout"
Batch = list[tuple[str, Any]]
"""What one commit makes durable: (log, rows) or ("notes", document with its `kind`), in order."""


class Diverged(TradewindError):  # noqa: N818 - reads as the sentence it prints
    """A replay of the journal did not give what the journal says: other code, other parameters, or damage."""


class Pending:
    """The journal of a runner that is not yet durable: it keeps what is appended until it is drained."""

    def __init__(self) -> None:
        """It is empty."""
        self.batch: Batch = []

    def append(self, log: str, rows: Rows) -> None:
        """The rows wait."""
        self.batch.append((log, rows))

    def read(self, log: str, start: int = 0) -> Rows:
        """Nothing is read from here: what was drained is the driver's."""
        raise NotImplementedError(f"{log} from {start}: read the journal itself")


class Machine:
    """The runner of a live or paper account."""

    def __init__(self, runner: Runner, pending: Pending, *, simulated: bool) -> None:
        """`runner.journal` is `pending`; `simulated` says whether the kernel's own venue fills the orders."""
        self.runner, self.pending, self.simulated = runner, pending, simulated
        self.state: Any = runner.state[0]
        # Looked at every turn: as arrays of their own, which are read ten times quicker than records in records.
        self.orders: Any = runner.state["orders"][0]
        names = ("order_count", "instrument_count", "now", "number")
        self._order_count, self._instrument_count, self._now, self._number = (runner.state[one] for one in names)
        self._holds = runner.state["instruments"][0]["holds"]

    @property
    def now(self) -> int:
        """The kernel's time, ns UTC: that of the latest event."""
        return int(self._now[0])

    @property
    def events(self) -> int:
        """How many events have been applied."""
        return int(self._number[0])

    def living(self) -> Any:
        """Return the rows of the order table in use."""
        return self.orders[: int(self._order_count[0])]

    def apply(self, rows: Rows) -> Rows:
        """The rows are applied; return the commands that came of them."""
        before = len(self.pending.batch)
        self.runner.apply(rows)
        self.runner.flush()
        commands = [one for log, one in self.pending.batch[before:] if log == "commands"]
        if not commands:
            return np.zeros(0, COMMAND)
        return commands[0] if len(commands) == 1 else np.concatenate(commands)

    def beat(self) -> Rows:
        """What has happened so far is complete: strategies see it now and not at the next price; return commands."""
        return self.apply(time_row(self.now))

    def operate(self, verb: int, **fields: Any) -> Rows:
        """An operator's verb holds from now on; return the commands that came of it."""
        # On a tape the next row makes it complete; a TIME of ours would be taken for one of the tape's.
        rows = np.zeros(1 if self.simulated else 2, EVENT)
        rows["ts"], rows["kind"] = self.now, TIME
        rows["kind"][0], rows["verb"][0] = OPERATOR, verb
        for name, value in fields.items():
            rows[name][0] = value
        return self.apply(rows)

    def hold(self, reason: int, *, on: bool, instrument: int = -1) -> Rows:
        """Nothing is opened in the instrument for `reason`, or for it no more; return commands, empty if it was so."""
        bit = 1 << (reason - STARTING)
        those = self.holds() if instrument < 0 else [self.held(instrument)]
        if all(bool(one & bit) == on for one in those):
            return np.zeros(0, COMMAND)
        return self.apply(hold_row(self.now, instrument, bit, on=on))

    def held(self, instrument: int) -> int:
        """Return the bits of the reasons for which nothing is opened in the instrument."""
        return int(self._holds[instrument])

    def holds(self) -> list[int]:
        """Return the bits of every instrument."""
        found: list[int] = self._holds[: int(self._instrument_count[0])].tolist()
        return found

    def position(self, strategy: int, instrument: int) -> int:
        """Return the signed lot steps a strategy holds."""
        return int(self.state["positions"][strategy * INSTRUMENTS + instrument]["quantity"])

    def note(self, kind: str, document: Mapping[str, Any]) -> None:
        """The document stands in the journal after everything so far."""
        self.pending.batch.append((NOTE, {"kind": kind, **document}))

    def drain(self) -> Batch:
        """Return what is to be made durable, and forget it."""
        batch, self.pending.batch = self.pending.batch, []
        return batch

    def snapshot(self, book: Mapping[str, Any]) -> bytes:
        """Return everything a recovery needs besides the tail of the journal; `book` is plain JSON."""
        head = json.dumps({**book, LAYOUT: self.runner.layout()}, sort_keys=True, separators=(",", ":")).encode()
        return len(head).to_bytes(8, "big") + head + self.runner.snapshot()

    def fits(self, payload: bytes) -> bool:
        """Whether the snapshot's bytes are laid out as ours: one of another version is no use, the journal is."""
        return _head_of(payload).get(LAYOUT) == self.runner.layout()

    def restore(self, payload: bytes) -> dict[str, Any]:
        """State, venue and memories are those of the snapshot; return its book."""
        length = int.from_bytes(payload[:8], "big")
        self.runner.restore(payload[8 + length :])
        return _head_of(payload)

    def replay(self, tail: Iterable[tuple[str, Any]], heed: Callable[[Mapping[str, Any]], None] | None = None) -> None:
        """The tail of the journal is applied; `heed` is shown its notes where they stand.

        Every log the replay gives is held against what the journal says; the first difference raises Diverged.
        """
        told: dict[str, list[Any]] = {}
        for log, content in tail:
            if log == NOTE:
                if heed is not None:
                    heed(content)
            elif log != "executions":
                if log == "events":
                    self.runner.apply(_inputs(content) if self.simulated else content)
                told.setdefault(log, []).append(content)
        self.runner.flush()
        given: dict[str, list[Any]] = {}
        for log, content in self.drain():
            given.setdefault(log, []).append(content)
        for log in sorted(told.keys() | given.keys()):
            first, second = _bytes(told.get(log, [])), _bytes(given.get(log, []))
            if first != second:
                raise Diverged(
                    f"Replaying the journal gives other {log} than it holds ({len(second)} bytes, not {len(first)}).",
                    "It was written by other code or with other strategies: start with those, or begin a new account.",
                )


def _inputs(rows: Rows) -> Rows:
    """Return the rows that came from outside: what the simulated venue said follows from them."""
    kept: Rows = np.ascontiguousarray(rows.view("V80")[rows["kind"] < ACCEPTED]).view(rows.dtype)
    return kept


def _bytes(parts: list[Any]) -> bytes:
    return b"".join(part.tobytes() for part in parts)


def _head_of(payload: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(payload[8 : 8 + int.from_bytes(payload[:8], "big")])
    return found
