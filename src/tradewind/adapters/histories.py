"""The stores of market data: what each promises, and which one a line of the settings means."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from tradewind.adapters import parquet
from tradewind.adapters.address import read_address
from tradewind.adapters.catalogue import Identity, SeriesInfo
from tradewind.adapters.delivery import Deliveries, Written
from tradewind.errors import BadSettings, TradewindError, nearest

PARQUET = "parquet"
SCHEMES = ("timescale", "postgresql")

Names = Iterable[str] | None


class History(Protocol):
    """Stored market data: `parquet.History` in files, `timescale.history.History` in a database."""

    @property
    def place(self) -> str:
        """Where the data lies, and what keeps it, in one line."""

    def series(self) -> list[SeriesInfo]:
        """Return every series held, ordered by symbol, then finest first."""

    def find(
        self, symbol: str, feed: str | None = None, side: str | None = None, timeframe: int | None = None
    ) -> list[SeriesInfo]:
        """Return the series of `symbol` that fit what is given, finest first (ticks have timeframe 0)."""

    def bars(self, series: Identity, start_ns: int, end_ns: int, columns: Names = None) -> Iterator[pl.DataFrame]:
        """Yield the bars that open in [start_ns, end_ns), a month at a time, `columns` only if given."""

    def ticks(self, series: Identity, start_ns: int, end_ns: int, columns: Names = None) -> Iterator[pl.DataFrame]:
        """Yield the ticks in [start_ns, end_ns), a month at a time, `columns` only if given."""

    def write(
        self, series: Identity, frame: pl.DataFrame, provenance: Mapping[str, Any], *, replace: bool = False
    ) -> Written:
        """Add or correct rows, all or nothing, and remember where they came from."""

    def delivery(self, *, replace: bool = False) -> Deliveries:
        """Return what takes rows of any number of series, part by part, and stores them together."""

    def remove(self, series: Identity) -> None:
        """The series is gone, with everything kept about it."""

    def keep(self, series: Identity, name: str, document: Mapping[str, Any]) -> None:
        """The document stands beside the series under that name, in place of the one before."""

    def kept(self, series: Identity, name: str) -> dict[str, Any] | None:
        """Return the document of that name, or None where none was kept."""

    def digest(self, series: Identity, start_ns: int = ..., end_ns: int = ...) -> str:
        """Return the SHA-256 of the rows in [start_ns, end_ns): the same rows give it in any store."""


def history_at(setting: str, folder: Path, secrets: Path | None = None) -> History:
    """Return the store that a setting means: `parquet` in the folder, or `timescale://user@host:port/database`."""
    if setting == PARQUET:
        return parquet.History(folder)
    if "://" not in setting:
        advice = "Write parquet, or timescale://user@host:port/database."
        raise BadSettings(f"{setting!r} is no store of market data.{nearest(setting, [PARQUET])}", advice)
    address = read_address(setting, secrets)
    if address.scheme not in SCHEMES:
        advice = "Write parquet, or timescale://user@host:port/database."
        raise BadSettings(f"A server of {address.scheme} keeps no market data.", advice)
    try:
        from tradewind.adapters.timescale.history import History as Database  # noqa: PLC0415 - an extra
    except ImportError as error:
        message = "Market data in a database needs the extra `stack`."
        raise TradewindError(message, "Install it: pip install 'tradewind[stack]'.") from error
    return Database(address)
