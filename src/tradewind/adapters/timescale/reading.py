"""The rows of a series, some months at a time, all as they were at the moment the reading began."""

from collections.abc import Iterator, Sequence
from typing import Self

import numpy as np
import polars as pl

from tradewind.adapters.catalogue import COLUMNS, Identity, series_name, times
from tradewind.adapters.postgres.connection import translated
from tradewind.adapters.timescale import binary
from tradewind.adapters.timescale.connections import Connections
from tradewind.adapters.timescale.listing import Connection, Month, identified, months_of
from tradewind.errors import TradewindError

Period = tuple[int, int]

BATCH_ROWS = 500_000

_ROWS = "SELECT {columns} FROM market.{kind} WHERE series = %s AND ts_ns >= %s AND ts_ns < %s"


def rows(connection: Connection, series: tuple[int, str], period: Period, columns: Sequence[str]) -> pl.DataFrame:
    """Return rows of series (number, kind) in [start, end), in order: one answer, however many they are."""
    number, kind = series
    keys = ["ts", "n"] if kind == "ticks" else ["ts"]
    names = list(dict.fromkeys([*keys, *columns]))
    question = _ROWS.format(columns=binary.asked(names), kind=kind)
    with connection.cursor(binary=True) as cursor:
        cursor.execute(question, (number, *period))
        result = cursor.pgresult
        arrays = [None if result is None else result.get_value(0, place) for place in range(len(names))]
    frame = binary.frame(names, arrays)
    # Rows mostly lie as they came. To look is cheaper than to let the server sort, and to sort here is, too.
    return (frame if _in_order(frame, keys) else frame.sort(keys)).select(columns)


def _in_order(frame: pl.DataFrame, keys: list[str]) -> bool:
    """Whether rows lie in order of time, and those of one instant in the order they came."""
    steps = np.diff(times(frame))
    if (steps < 0).any():
        return False
    return "n" not in keys or not (np.diff(frame["n"].to_numpy())[steps == 0] < 0).any()


class Reading:
    """Frames of a series, one a UTC month; corrections made meanwhile are not seen."""

    def __init__(self, connections: Connections, series: Identity, period: Period, columns: Sequence[str]) -> None:
        self._connections = connections
        self._kind = series[1]
        self._period = period
        self._columns = columns
        self._connection: Connection | None = connections.take()
        try:
            with translated(f"{series_name(series)} at {connections.address}"):
                self._frames = self._read(self._begun(self._connection, series))
        except BaseException:
            self.close()
            raise

    def _begun(self, connection: Connection, series: Identity) -> list[Month]:
        """From now on everything is read as it is now; return the months that have rows in the period."""
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        number = identified(connection, series)
        if number is None:
            raise missing(self._connections, series, self._kind)
        self._series = (number, self._kind)
        start, end = self._period
        months = months_of(connection, number).values()
        return [month for month in months if month.last >= start and month.first < end]

    def __iter__(self) -> Self:
        """Return itself: it can be read once."""
        return self

    def __next__(self) -> pl.DataFrame:
        """Return the next month that has rows in the period."""
        try:
            with translated(f"Market data at {self._connections.address}"):
                return next(self._frames)
        except BaseException:
            self.close()
            raise

    def __del__(self) -> None:
        """Whoever stops reading early lets go, too."""
        self.close()

    def close(self) -> None:
        """The connection waits for the next who needs one."""
        connection, self._connection = getattr(self, "_connection", None), None
        if connection is not None:
            self._connections.give(connection)

    def _read(self, needed: list[Month]) -> Iterator[pl.DataFrame]:
        """Ask for several small months at once: asking costs more than reading a month of bars."""
        wanted = self._columns
        asked = list(dict.fromkeys(["ts", *wanted]))
        for batch in _batches(needed):
            start, end = max(batch[0].first, self._period[0]), min(batch[-1].last + 1, self._period[1])
            if self._connection is None:
                return
            frame = rows(self._connection, self._series, (start, end), asked)
            edges = np.searchsorted(times(frame), [month.first for month in batch]).tolist()
            for low, high in zip(edges, [*edges[1:], frame.height], strict=True):
                if high > low:
                    yield frame[low:high][wanted]


def reading(connections: Connections, series: Identity, kind: str, period: Period, columns: Sequence[str]) -> Reading:
    """Return the frames of a series, or refuse one that is not there."""
    if series[1] != kind:
        raise missing(connections, series, kind)
    return Reading(connections, series, period, list(columns) or list(COLUMNS[kind]))


def missing(connections: Connections, series: Identity, kind: str) -> TradewindError:
    """Return what to raise where a series is not there."""
    message = f"There are no {kind} of {series_name(series)} at {connections.address}."
    return TradewindError(message, "See `tradewind data list`.")


def _batches(months: list[Month]) -> Iterator[list[Month]]:
    """Group months up to some number of rows."""
    batch: list[Month] = []
    held = 0
    for month in months:
        if batch and held + month.rows > BATCH_ROWS:
            yield batch
            batch, held = [], 0
        batch.append(month)
        held += month.rows
    if batch:
        yield batch
