"""What the database holds of each series, as every store of market data tells it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import psycopg

from tradewind.adapters.catalogue import Identity, SeriesInfo

Connection = psycopg.Connection[Any]

_SERIES = """
SELECT s.id, s.symbol, s.kind, s.timeframe, s.feed, s.side, s.revision, s.created, s.updated,
       sum(m.rows)::bigint, min(m.first_ns), max(m.last_ns), array_agg(m.month ORDER BY m.month),
       (SELECT array_agg(jsonb_build_array(o.source, o.imported) ORDER BY o.number)
          FROM market.sources o WHERE o.series = s.id)
FROM market.series s JOIN market.months m ON m.series = s.id
WHERE %(symbol)s::text IS NULL OR s.symbol = %(symbol)s
GROUP BY s.id
"""
_MONTHS = "SELECT month, rows, first_ns, last_ns FROM market.months WHERE series = %s ORDER BY month"
_ID = """
SELECT id FROM market.series WHERE (symbol, kind, timeframe, feed, side) = (%s, %s, %s, %s, %s)
"""


class Month(NamedTuple):
    """What a series holds of one UTC month."""

    rows: int
    first: int
    last: int


def held(connection: Connection, symbol: str | None) -> list[SeriesInfo]:
    """Return every series, or those of one symbol, by symbol and then finest first."""
    rows = connection.execute(_SERIES, {"symbol": symbol}).fetchall()
    return sorted(map(_info, rows), key=lambda info: (info.symbol, info.timeframe, info.feed, info.side))


def _info(row: tuple[Any, ...]) -> SeriesInfo:
    number, symbol, kind, timeframe, feed, side, revision, created, updated, *rest = row
    rows, first, last, months, sources = rest
    return SeriesInfo(
        symbol, kind, timeframe, feed, side, rows, first, last, tuple(months),
        tuple(_source(*one) for one in sources or ()), _moment(created), _moment(updated), f"{number}-{revision}",
    )  # fmt: skip


def _source(source: str, imported: str) -> Mapping[str, Any]:
    return {**json.loads(source), "imported": _moment(datetime.fromisoformat(imported))}


def _moment(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="seconds")


def identified(connection: Connection, series: Identity) -> int | None:
    """Return the number of a series, or None where nothing of it was ever stored."""
    found = connection.execute(_ID, (*series,)).fetchone()
    return None if found is None else int(found[0])


def months_of(connection: Connection, number: int) -> dict[str, Month]:
    """Return what a series holds, by UTC month, in order."""
    return {row[0]: Month(*row[1:]) for row in connection.execute(_MONTHS, (number,)).fetchall()}
