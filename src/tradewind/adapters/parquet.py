"""History in Parquet files: one folder a series, one file a UTC month, one manifest that names the files.

    history/bars/XAUUSD/60s/oanda/bid/manifest.json
                                      2024-01.5f0c1e7d9a42.parquet

A series is (symbol, kind, timeframe in seconds, feed, side); feeds and sides are never mixed. A month file is
named after its content and never changes. A write makes the new month files first and then replaces the
manifest, in one step of the file system: that step is the whole transaction. Before it readers see the old
rows, after it the new ones, and never a mixture, whatever fails: a full disk, Ctrl-C, a power cut. Files that
the manifest no longer names are kept for a day: a reader that began with the old one may still need them.

Writing rows that are stored already changes nothing. Bars are matched by `ts`: a bar that differs is a
correction. Ticks have no key (many share a time), so a delivery of ticks is taken as complete from its first
to its last tick and replaces that stretch. LZ4, because unpacking is what a backtest waits for.
"""

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from tradewind.adapters.catalogue import (
    COLUMNS,
    WORD,
    Identity,
    Manifest,
    SeriesInfo,
    checked_document,
    digest_of,
    info,
    load,
    locked,
    open_months,
    replace_file,
    series_folder,
    series_name,
    times,
)
from tradewind.adapters.delivery import Delivery, Written
from tradewind.errors import TradewindError

Names = Iterable[str] | None
Frames = Iterator[pl.DataFrame]
Period = tuple[int, int]

BATCH_ROWS = 500_000

_FOREVER = (-(2**62), 2**62)


class History:
    """Stored market data under `root`; any number of readers, one writer a series at a time."""

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = Path(root)

    @property
    def place(self) -> str:
        """Where the data lies, and what keeps it, in one line."""
        return f"{self.root}: Parquet files"

    def series(self) -> list[SeriesInfo]:
        """Return every series held, ordered by symbol, then finest first."""
        return self._held("*")

    def find(
        self, symbol: str, feed: str | None = None, side: str | None = None, timeframe: int | None = None
    ) -> list[SeriesInfo]:
        """Return the series of `symbol` that fit what is given, finest first (ticks have timeframe 0)."""
        asked = {"feed": feed, "side": side, "timeframe": timeframe}
        wanted = {name: value for name, value in asked.items() if value is not None}
        held = self._held(symbol) if WORD.fullmatch(symbol) else []
        return [info for info in held if all(getattr(info, name) == wanted[name] for name in wanted)]

    def bars(self, series: Identity, start_ns: int, end_ns: int, columns: Names = None) -> Frames:
        """Yield the bars that open in [start_ns, end_ns), a month at a time, `columns` only if given."""
        return self._months(series, "bars", (start_ns, end_ns), columns)

    def ticks(self, series: Identity, start_ns: int, end_ns: int, columns: Names = None) -> Frames:
        """Yield the ticks in [start_ns, end_ns), a month at a time, `columns` only if given."""
        return self._months(series, "ticks", (start_ns, end_ns), columns)

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
        return Delivery(self.root, replace=replace)

    def remove(self, series: Identity) -> None:
        """The series is gone, with everything kept about it."""
        folder = self._folder(series)
        if load(folder) is None:
            raise TradewindError(f"There is no {series_name(series)} in {self.root}.", "See `tradewind data list`.")
        with locked(folder):
            # Without its manifest nothing of it counts, however much of the rest can be deleted.
            (folder / "manifest.json").unlink()
            shutil.rmtree(folder, ignore_errors=True)

    def keep(self, series: Identity, name: str, document: Mapping[str, Any]) -> None:
        """The document stands beside the series under that name, in place of the one before."""
        text = json.dumps(document, indent=1, sort_keys=True).encode()
        path = self._document(series, name)
        if load(path.parent) is None:
            raise TradewindError(f"There is no {series_name(series)} in {self.root}.", "See `tradewind data list`.")
        replace_file(path, lambda file: file.write(text))

    def kept(self, series: Identity, name: str) -> dict[str, Any] | None:
        """Return the document of that name, or None where none was kept."""
        path = self._document(series, name)
        try:
            document: dict[str, Any] = json.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        except (ValueError, OSError) as error:
            raise TradewindError(f"{path} is damaged ({error}).", "Delete it; what it told is found again.") from error
        return document

    def digest(self, series: Identity, start_ns: int = _FOREVER[0], end_ns: int = _FOREVER[1]) -> str:
        """Return the SHA-256 of the rows in [start_ns, end_ns): the same rows give it in any store."""
        return digest_of(series[1], self._months(series, series[1], (start_ns, end_ns), None))

    def _held(self, symbol: str) -> list[SeriesInfo]:
        manifests = (load(path.parent) for path in self.root.glob(f"*/{symbol}/*/*/*/manifest.json"))
        found = [info(manifest) for manifest in manifests if manifest]
        return sorted(found, key=lambda info: (info.symbol, info.timeframe, info.feed, info.side))

    def _months(self, series: Identity, kind: str, period: Period, columns: Names) -> Frames:
        """Read the manifest now, the files one by one as they are asked for."""
        folder = self._folder(series)
        manifest = load(folder)
        if not manifest or series[1] != kind:
            message = f"There are no {kind} of {series_name(series)} in {self.root}."
            raise TradewindError(message, "See `tradewind data list`.")
        return _read(folder, manifest, period, columns)

    def _folder(self, series: Identity) -> Path:
        return series_folder(self.root, series)

    def _document(self, series: Identity, name: str) -> Path:
        return self._folder(series) / f"{checked_document(name)}.json"


def _read(folder: Path, manifest: Manifest, period: Period, columns: Names) -> Frames:
    """Open only the month files that have rows in `period`, and no sooner than they are asked for."""
    start, end = period
    entries = (manifest["months"][month] for month in sorted(manifest["months"]))
    needed = [entry for entry in entries if entry["last"] >= start and entry["first"] < end]
    wanted = list(columns or COLUMNS[manifest["kind"]])
    for batch in _batches(needed):
        read = open_months([folder / entry["file"] for entry in batch], list(dict.fromkeys(["ts", *wanted])))
        done = 0
        for entry in batch:
            frame = read.slice(done, entry["rows"])
            done += entry["rows"]
            if entry["first"] < start or entry["last"] >= end:
                low, high = np.searchsorted(times(frame), period).tolist()
                frame = frame.slice(low, high - low)
            if frame.height:
                yield frame[wanted]


def _batches(entries: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Group months up to some number of rows: opening a file costs more than reading a month of bars."""
    batch: list[dict[str, Any]] = []
    rows = 0
    for entry in entries:
        if batch and rows + entry["rows"] > BATCH_ROWS:
            yield batch
            batch, rows = [], 0
        batch.append(entry)
        rows += entry["rows"]
    if batch:
        yield batch
