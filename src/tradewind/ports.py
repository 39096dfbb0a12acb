"""The six doors to the world, each a small promise. Every one has a toy in `adapters.memory` and a real key elsewhere.

What stands behind a door may time out or fail; what stands before it may not. Adapters translate the errors of their
libraries to `TradewindError` and nothing else leaves them.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.void]
"""A one-dimensional array of records of `kernel.records`."""


class Feed(Protocol):
    """Where events come from: a tape, a stream, a journal."""

    def __iter__(self) -> Iterator[Rows]:
        """Blocks of EVENT in order, of any size."""


class Venue(Protocol):
    """Where commands go when the venue is not the simulated one inside the kernel."""

    def send(self, commands: Rows) -> None:
        """The COMMAND rows are on their way; their reports come back through the feed."""


class Journal(Protocol):
    """The ordered record of what happened and what was wanted: the truth about trading state."""

    def append(self, log: str, rows: Rows) -> None:
        """The rows stand at the end of the log, one of those in `runner.LOGS`, durably."""

    def read(self, log: str, start: int = 0) -> Rows:
        """The rows of a log from position `start` on."""


class History(Protocol):
    """Stored market data."""

    def series(self) -> list[Any]:
        """What is stored: one description a series."""

    def find(
        self, symbol: str, feed: str | None = None, side: str | None = None, timeframe: int | None = None
    ) -> list[Any]:
        """The series of a symbol that fit what is given, finest first."""

    def digest(self, series: Any, start_ns: int, end_ns: int) -> str:
        """The hash of the rows of a series in [start_ns, end_ns)."""


class Runs(Protocol):
    """Finished pieces of work and their results."""

    def save(self, summary: Mapping[str, Any], tables: Mapping[str, Any]) -> str:
        """The run is stored whole or not at all; return its id."""

    def get(self, run: str) -> Mapping[str, Any]:
        """The summary of a run."""

    def table(self, run: str, name: str) -> Any:
        """One table of a run."""

    def list(self) -> Iterable[Mapping[str, Any]]:
        """Summaries, newest first."""


class Board(Protocol):
    """The latest picture, for screens; losing it loses nothing."""

    def publish(self, topic: str, value: Any) -> None:
        """`value` is the latest of `topic`."""

    def latest(self, topic: str) -> Any:
        """The latest value of `topic`, or None."""

    def subscribe(self, topic: str, *, after: str = "", patience_s: float = 0.0) -> Iterator[Any]:
        """The values of `topic` from now on, or from a position; it ends when none has come for `patience_s`."""
