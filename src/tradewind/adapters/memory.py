"""The toys: every port in plain Python, public, for tests and notebooks."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from tradewind.kernel.records import COMMAND, EVENT, GATE_ROW, LINE, RISK_ROW, SAMPLE, TRADE
from tradewind.ports import Rows

DTYPES = {
    "events": EVENT,
    "commands": COMMAND,
    "gates": GATE_ROW,
    "trades": TRADE,
    "samples": SAMPLE,
    "lines": LINE,
    "risk": RISK_ROW,
}


class MemoryJournal:
    """A journal that forgets with the process."""

    def __init__(self) -> None:
        """It is empty."""
        self._parts: dict[str, list[Rows]] = defaultdict(list)

    def append(self, log: str, rows: Rows) -> None:
        """The rows stand at the end of the log."""
        self._parts[log].append(rows)

    def read(self, log: str, start: int = 0) -> Rows:
        """The rows of the log from position `start` on."""
        parts = self._parts[log]
        if len(parts) > 1:
            # As plain bytes: numpy would lay out a dtype whose fields overlap anew, each field apart.
            raw = np.concatenate([part.view(f"V{part.itemsize}") for part in parts])
            self._parts[log] = parts = [raw.view(parts[0].dtype)]
        return parts[0][start:] if parts else np.zeros(0, DTYPES[log])


class MemoryFeed:
    """A feed of the rows it was given, in blocks of `block_rows`."""

    def __init__(self, events: Rows, block_rows: int = 65_536) -> None:
        """It has `events`, an array of EVENT."""
        self._events = events
        self._block_rows = block_rows

    def __iter__(self) -> Iterator[Rows]:
        """Blocks of EVENT."""
        for start in range(0, len(self._events), self._block_rows):
            yield self._events[start : start + self._block_rows]
