"""Rows on their way into the database: one transaction for all series of a delivery, with what Parquet promises.

Bars are matched by their time: one that differs is a correction. Ticks have no key, so a delivery is complete from its
first to its last tick and replaces that stretch. Where nothing is stored yet, rows are copied straight into their
table; bars that may be there already go through a stage.
"""

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Self

import polars as pl

from tradewind.adapters import catalogue
from tradewind.adapters.catalogue import Identity, series_name, series_path, times
from tradewind.adapters.delivery import Written, by_month, normal
from tradewind.adapters.postgres.connection import translated
from tradewind.adapters.timescale.connections import Connections
from tradewind.adapters.timescale.listing import Connection, Month, identified, months_of
from tradewind.adapters.timescale.storing import DECOMPRESS, FOREVER, checked, forget, put_bars, put_ticks
from tradewind.errors import TradewindError

_INTACT = "what was stored before is intact"

_LOCKED = "55P03"
"""SQLSTATE of a lock that somebody else held too long."""

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
_NEW = """
INSERT INTO market.series (symbol, kind, timeframe, feed, side) VALUES (%s, %s, %s, %s, %s) RETURNING id
"""
_COUNTED = """
INSERT INTO market.months (series, month, rows, first_ns, last_ns) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (series, month) DO UPDATE
SET rows = excluded.rows, first_ns = excluded.first_ns, last_ns = excluded.last_ns
"""
_SOURCE = """
INSERT INTO market.sources (series, digest, source) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING
"""
_UPDATED = "UPDATE market.series SET updated = now(), revision = revision + %s WHERE id = %s"


class Delivery:
    """Rows of one or several series that become part of the store together, at `commit`, or not at all."""

    def __init__(self, connections: Connections, *, replace: bool = False) -> None:
        self._connections = connections
        self._replace = replace
        self._stages: dict[Identity, Stage] = {}
        self._connection: Connection | None = None

    def __enter__(self) -> Self:
        """Nothing is held yet."""
        return self

    def __exit__(self, *_how: object) -> None:
        """What was not committed is gone, and other writers may write."""
        if self._connection is not None:
            self._connections.give(self._connection)
            self._connection = None

    def add(self, series: Identity, frame: pl.DataFrame) -> None:
        """The rows wait for the commit; those of one series must come in order of time."""
        series = (*series,)
        series_path(series)  # the same names are refused everywhere
        frame = checked(normal(frame, series), series)
        with self._told(series):
            if self._connection is None:
                self._connection = self._connections.take()
                self._connection.execute("BEGIN")
                self._connection.execute(DECOMPRESS)
            stage = self._stages.get(series)
            if stage is None:
                stage = self._stages[series] = Stage(self._connection, series, self._room, replace=self._replace)
            stage.add(frame)

    def commit(self, provenance: Mapping[str, Any]) -> dict[Identity, Written]:
        """Everything added is in the store, with where it came from (file, sha256, clock ...); say what it did."""
        for series, stage in self._stages.items():
            with self._told(series):
                stage.finish(provenance)
        if self._connection is not None:
            with self._told(next(iter(self._stages))):
                self._connection.execute("COMMIT")
        return {series: stage.written() for series, stage in self._stages.items()}

    def _room(self, kind: str, first: int, last: int) -> None:
        """There is a place for rows of a month, made apart: a part of a table that stays empty harms nobody."""
        with self._connections.one() as connection:
            connection.execute("SELECT market.make_room(%s, %s, %s)", (kind, first, last))

    @contextlib.contextmanager
    def _told(self, series: Identity) -> Iterator[None]:
        """Errors of the server say which series they concern, and that nothing half-written stays."""
        where = f"{series_name(series)} at {self._connections.address}"
        try:
            with translated(f"Could not write {where}; {_INTACT}"):
                yield
        except TradewindError as error:
            if getattr(error.__cause__, "sqlstate", None) == _LOCKED:
                busy = f"{where} is being written by another process."
                raise TradewindError(busy, "Wait until it is done.") from error
            raise


class Stage:
    """One series of a delivery, inside the transaction."""

    def __init__(self, connection: Connection, series: Identity, room: Any, *, replace: bool) -> None:
        self._connection = connection
        self._name = series_name(series)
        self._kind = series[1]
        self._room = room
        connection.execute(f"SET LOCAL lock_timeout = {max(1, round(catalogue.PATIENCE_S * 1000))}")
        connection.execute(_LOCK, ("tradewind.market." + json.dumps(series),))
        connection.execute("SET LOCAL lock_timeout = '5s'")
        number = identified(connection, series)
        if number is None:
            found: Any = connection.execute(_NEW, series).fetchone()
            number = int(found[0])
        self._number = number
        self._stored = months_of(connection, number)
        self._removed = bool(self._stored) and replace
        if self._removed:
            self._forget(*FOREVER)
            connection.execute("DELETE FROM market.months WHERE series = %s", (number,))
            self._stored = {}
        self._waiting: list[pl.DataFrame] = []
        self._month = self._last_month = ""
        self._last = FOREVER[0]
        self._rows = self._new = self._changed = 0
        self._touched: list[str] = []

    def add(self, frame: pl.DataFrame) -> None:
        """The rows wait; months that they close are stored."""
        ts = times(frame)
        if ts[0] < self._last or (ts[0] == self._last and self._kind == "bars"):
            raise TradewindError(f"The rows for {self._name} are not in order of time.", "Sort them, each bar once.")
        self._last = int(ts[-1])
        self._rows += frame.height
        for month, rows in by_month(frame):
            if month != self._month:
                self._close_month(more=True)
                self._month = month
            self._waiting.append(rows)

    def _close_month(self, *, more: bool) -> None:
        if not self._waiting:
            return
        month, rows = self._month, pl.concat(self._waiting, rechunk=True)
        self._waiting = []
        first, last = int(times(rows)[0]), int(times(rows)[-1])
        if self._kind == "ticks" and self._last_month:
            for between in [name for name in self._stored if self._last_month < name < month]:
                self._drop(between)
        stored = self._stored.get(month)
        start = first if not self._last_month or stored is None else min(first, stored.first)
        end = (last if not more or stored is None else max(last, stored.last)) + 1
        self._room(self._kind, first, last)
        put = put_ticks if self._kind == "ticks" else put_bars
        added, corrected, held = put(self._connection, self._number, rows, stored, (start, end))
        self._new, self._changed = self._new + added, self._changed + corrected
        if added or corrected:
            self._touched.append(month)
            self._stored[month] = held
            self._connection.execute(_COUNTED, (self._number, month, *held))
        self._last_month = month

    def _drop(self, month: str) -> None:
        """A month between two of the delivery has no ticks any more."""
        gone: Month = self._stored.pop(month)
        self._forget(gone.first, gone.last + 1)
        self._connection.execute("DELETE FROM market.months WHERE (series, month) = (%s, %s)", (self._number, month))
        self._changed += gone.rows
        self._touched.append(month)

    def _forget(self, start: int, end: int) -> None:
        forget(self._connection, (self._number, self._kind), start, end)

    def finish(self, provenance: Mapping[str, Any]) -> None:
        """Every month is stored, with where the rows came from."""
        self._close_month(more=False)
        source = json.dumps(provenance, sort_keys=True)
        digest = hashlib.sha256(source.encode()).hexdigest()
        new = self._connection.execute(_SOURCE, (self._number, digest, source)).rowcount
        altered = bool(self._touched) or self._removed
        if new or altered:
            self._connection.execute(_UPDATED, (int(altered), self._number))

    def written(self) -> Written:
        """Return what became of the rows."""
        return Written(self._rows, self._new, self._changed, tuple(self._touched))
