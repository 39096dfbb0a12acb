"""History in PostgreSQL: what Parquet files promise, for several machines at once.

On TimescaleDB the rows lie in hypertables and are compressed as they age; on a PostgreSQL without it they lie in
partitions of a UTC month. Which of the two it is, `place` says. A reader sees the rows as they were when it began,
a write is one transaction, and writing what is stored already changes nothing.
"""

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import polars as pl

from tradewind.adapters.address import Address
from tradewind.adapters.catalogue import (
    WORD,
    Identity,
    SeriesInfo,
    checked_document,
    digest_of,
    series_name,
    series_path,
)
from tradewind.adapters.delivery import Written
from tradewind.adapters.timescale.connections import Connections
from tradewind.adapters.timescale.delivery import Delivery
from tradewind.adapters.timescale.listing import Connection, held, identified
from tradewind.adapters.timescale.reading import reading
from tradewind.adapters.timescale.storing import DECOMPRESS, FOREVER, forget
from tradewind.errors import TradewindError

Names = Iterable[str] | None
Frames = Iterator[pl.DataFrame]

_ENGINE = """
SELECT (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'),
       (SELECT relkind = 'p' FROM pg_class WHERE oid = to_regclass('market.bars')),
       current_setting('server_version')
"""
_KEEP = """
INSERT INTO market.documents (series, name, document) VALUES (%s, %s, %s)
ON CONFLICT (series, name) DO UPDATE SET document = excluded.document
"""
_KEPT = """
SELECT document FROM market.documents WHERE name = %s AND series =
(SELECT id FROM market.series WHERE (symbol, kind, timeframe, feed, side) = (%s, %s, %s, %s, %s))
"""


class History:
    """Stored market data in one database; any number of readers, one writer a series at a time."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._connections = Connections(address)

    @property
    def place(self) -> str:
        """Where the data lies, and what keeps it, in one line."""
        with self._connections.one() as connection:
            found: Any = connection.execute(_ENGINE).fetchone()
        extension, partitioned, server = found
        if partitioned is None:
            raise TradewindError(f"{self.address} holds no market data.", "Run `tradewind db migrate`.")
        if partitioned:
            return f"{self.address}: PostgreSQL {server.split()[0]} without TimescaleDB, in monthly partitions"
        return f"{self.address}: TimescaleDB {extension}"

    def series(self) -> list[SeriesInfo]:
        """Return every series held, ordered by symbol, then finest first."""
        with self._connections.one() as connection:
            return held(connection, None)

    def find(
        self, symbol: str, feed: str | None = None, side: str | None = None, timeframe: int | None = None
    ) -> list[SeriesInfo]:
        """Return the series of `symbol` that fit what is given, finest first (ticks have timeframe 0)."""
        asked = {"feed": feed, "side": side, "timeframe": timeframe}
        wanted = {name: value for name, value in asked.items() if value is not None}
        if not WORD.fullmatch(symbol):
            return []
        with self._connections.one() as connection:
            found = held(connection, symbol)
        return [info for info in found if all(getattr(info, name) == wanted[name] for name in wanted)]

    def bars(self, series: Identity, start_ns: int, end_ns: int, columns: Names = None) -> Frames:
        """Yield the bars that open in [start_ns, end_ns), a month at a time, `columns` only if given."""
        return reading(self._connections, series, "bars", (start_ns, end_ns), list(columns or ()))

    def ticks(self, series: Identity, start_ns: int, end_ns: int, columns: Names = None) -> Frames:
        """Yield the ticks in [start_ns, end_ns), a month at a time, `columns` only if given."""
        return reading(self._connections, series, "ticks", (start_ns, end_ns), list(columns or ()))

    def write(
        self, series: Identity, frame: pl.DataFrame, provenance: Mapping[str, Any], *, replace: bool = False
    ) -> Written:
        """Add or correct rows, all or nothing, and remember `provenance` (file, sha256, clock ...).

        With `replace` the series holds these rows and no others.
        """
        with self.delivery(replace=replace) as delivery:
            delivery.add(series, frame)
            return delivery.commit(provenance)[(*series,)]

    def delivery(self, *, replace: bool = False) -> Delivery:
        """Return what takes rows of any number of series, part by part, and stores them together."""
        return Delivery(self._connections, replace=replace)

    def remove(self, series: Identity) -> None:
        """The series is gone, with everything kept about it."""
        with self._transaction() as connection:
            number = self._number(connection, series)
            forget(connection, (number, series[1]), *FOREVER)
            connection.execute("DELETE FROM market.series WHERE id = %s", (number,))

    def keep(self, series: Identity, name: str, document: Mapping[str, Any]) -> None:
        """The document stands beside the series under that name, in place of the one before."""
        text = json.dumps(document, sort_keys=True)
        checked_document(name)
        with self._transaction() as connection:
            connection.execute(_KEEP, (self._number(connection, series), name, text))

    def kept(self, series: Identity, name: str) -> dict[str, Any] | None:
        """Return the document of that name, or None where none was kept."""
        with self._connections.one() as connection:
            found = connection.execute(_KEPT, (checked_document(name), *series)).fetchone()
        document: dict[str, Any] | None = None if found is None else json.loads(found[0])
        return document

    def digest(self, series: Identity, start_ns: int = FOREVER[0], end_ns: int = FOREVER[1]) -> str:
        """Return the SHA-256 of the rows in [start_ns, end_ns): the same rows give it in any store."""
        return digest_of(series[1], reading(self._connections, series, series[1], (start_ns, end_ns), ()))

    def close(self) -> None:
        """No connection is kept any longer; the next question opens one."""
        self._connections.close()

    def _number(self, connection: Connection, series: Identity) -> int:
        series_path(series)
        number = identified(connection, series)
        if number is None:
            message = f"There is no {series_name(series)} at {self.address}."
            raise TradewindError(message, "See `tradewind data list`.")
        return number

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self._connections.one() as connection, connection.transaction():
            connection.execute(DECOMPRESS)
            yield connection
