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

import contextlib
import hashlib
import json
import os
import re
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import polars as pl

from tradewind.errors import TradewindError

if sys.platform != "win32":
    import fcntl

Identity = tuple[str, str, int, str, str]
"""(symbol, "bars" or "ticks", timeframe in seconds or 0 for ticks, feed, side)."""

Names = Iterable[str] | None
Frames = Iterator[pl.DataFrame]
Period = tuple[int, int]
Manifest = Mapping[str, Any]

COLUMNS = {
    "bars": ("ts", "open", "high", "low", "close", "volume", "spread"),
    "ticks": ("ts", "bid", "ask", "bid_size", "ask_size"),
}
OPTIONAL = ("volume", "spread", "bid_size", "ask_size")
SIDES = {"bars": ("bid", "ask", "mid"), "ticks": ("both",)}
TIME = pl.Datetime("ns", "UTC")
FORMAT, RETIRED_FOR_S, BATCH_ROWS = 1, 86_400, 500_000

_WORD = re.compile(r"[A-Za-z0-9#+_-][A-Za-z0-9.#+_-]*")
_REPAIR = "Restore it, or delete its folder and import again."
_FOREVER = (-(2**62), 2**62)


@dataclass(frozen=True)
class SeriesInfo:
    """What the store holds of one series; times are ns UTC, of the first and last bar open or tick."""

    symbol: str
    kind: str
    timeframe: int
    feed: str
    side: str
    rows: int = 0
    first: int = 0
    last: int = 0
    months: tuple[str, ...] = ()
    sources: tuple[Mapping[str, Any], ...] = ()
    created: str = ""
    updated: str = ""

    @property
    def series(self) -> Identity:
        """The identity, as every method of `History` takes it."""
        return (self.symbol, self.kind, self.timeframe, self.feed, self.side)


class Written(NamedTuple):
    """What one write did: rows offered, rows that were new, rows that replaced others, months rewritten."""

    rows: int
    new: int
    changed: int
    months: tuple[str, ...]


class History:
    """Stored market data under `root`; any number of readers, one writer a series at a time."""

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = Path(root)

    def series(self) -> list[SeriesInfo]:
        """Return every series held, ordered by symbol, then finest first."""
        return self._held("*")

    def find(
        self, symbol: str, feed: str | None = None, side: str | None = None, timeframe: int | None = None
    ) -> list[SeriesInfo]:
        """Return the series of `symbol` that fit what is given, finest first (ticks have timeframe 0)."""
        asked = {"feed": feed, "side": side, "timeframe": timeframe}
        wanted = {name: value for name, value in asked.items() if value is not None}
        held = self._held(symbol) if _WORD.fullmatch(symbol) else []
        return [info for info in held if all(getattr(info, name) == wanted[name] for name in wanted)]

    def bars(self, series: Identity, start_ns: int, end_ns: int, columns: Names = None) -> Frames:
        """Yield the bars that open in [start_ns, end_ns), a month at a time, `columns` only if given."""
        return self._months(series, "bars", (start_ns, end_ns), columns)

    def ticks(self, series: Identity, start_ns: int, end_ns: int, columns: Names = None) -> Frames:
        """Yield the ticks in [start_ns, end_ns), a month at a time, `columns` only if given."""
        return self._months(series, "ticks", (start_ns, end_ns), columns)

    def write(self, series: Identity, frame: pl.DataFrame, provenance: Mapping[str, Any]) -> Written:
        """Add or correct rows, all or nothing, and remember `provenance` (file, sha256, clock ...)."""
        folder = self._folder(series)
        frame = _normal(frame, series)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with _locked(folder):
                return _commit(folder, series, frame, provenance)
        except (OSError, pl.exceptions.PolarsError) as error:
            message = f"Could not write {folder}: {error}; what was stored before is intact."
            raise TradewindError(message, "Free some space or mend the folder, then import again.") from error

    def digest(self, series: Identity, start_ns: int = _FOREVER[0], end_ns: int = _FOREVER[1]) -> str:
        """Return the SHA-256 of the rows in [start_ns, end_ns): the same rows give it in any store."""
        columns = COLUMNS[series[1]]
        hashes = [hashlib.sha256(name.encode()) for name in columns]
        for frame in self._months(series, series[1], (start_ns, end_ns), None):
            for column, name in zip(hashes, columns, strict=True):
                column.update(_bytes(frame[name]))
        return hashlib.sha256(b"".join(column.digest() for column in hashes)).hexdigest()

    def _held(self, symbol: str) -> list[SeriesInfo]:
        manifests = (_load(path.parent) for path in self.root.glob(f"*/{symbol}/*/*/*/manifest.json"))
        found = [_info(manifest) for manifest in manifests if manifest]
        return sorted(found, key=lambda info: (info.symbol, info.timeframe, info.feed, info.side))

    def _months(self, series: Identity, kind: str, period: Period, columns: Names) -> Frames:
        """Read the manifest now, the files one by one as they are asked for."""
        folder = self._folder(series)
        manifest = _load(folder)
        if not manifest or series[1] != kind:
            message = f"There are no {kind} of {_name(series)} in {self.root}."
            raise TradewindError(message, "See `tradewind data list`.")
        return _read(folder, manifest, period, columns)

    def _folder(self, series: Identity) -> Path:
        symbol, kind, timeframe, feed, side = series
        for word in (symbol, feed):
            if not _WORD.fullmatch(word):
                raise TradewindError(f"{word!r} cannot name a series.", "Use letters, digits and . # + _ -")
        if side not in SIDES.get(kind, ()) or (timeframe > 0) != (kind == "bars"):
            advice = "Bars have a timeframe and side bid, ask or mid; ticks have 0 and 'both'."
            raise TradewindError(f"{series} is no series.", advice)
        return self.root / kind / symbol / f"{timeframe}s" / feed / side


def _name(series: Identity) -> str:
    symbol, _, timeframe, feed, side = series
    return f"{symbol} {timeframe}s {feed} {side}"


def _normal(frame: pl.DataFrame, series: Identity) -> pl.DataFrame:
    """Return the frame in the stored columns and types, or refuse it."""
    kind = series[1]
    missing = [name for name in COLUMNS[kind] if name not in frame.columns and name not in OPTIONAL]
    if missing or frame.is_empty():
        message = f"Nothing was written to {_name(series)}: {frame.height} rows, missing columns {missing}."
        raise TradewindError(message, f"Give the columns {', '.join(COLUMNS[kind])}.")
    absent = [pl.lit(None, pl.Float64).alias(name) for name in OPTIONAL if name not in frame.columns]
    columns = [pl.col(name).cast(TIME if name == "ts" else pl.Float64) for name in COLUMNS[kind]]
    frame = frame.with_columns(absent).select(columns).rechunk()
    steps = np.diff(_times(frame))
    if frame["ts"].null_count() or (steps < 0).any() or (kind == "bars" and not steps.all()):
        message = f"The rows for {_name(series)} are not in order of time."
        raise TradewindError(message, "Sort them, each bar once.")
    return frame


def _commit(folder: Path, series: Identity, frame: pl.DataFrame, provenance: Mapping[str, Any]) -> Written:
    """Write the months that change, then the manifest that names them: the commit."""
    old = _load(folder) or _blank(series)
    months, touched, new, changed = dict(old["months"]), [], 0, 0
    try:
        for month, rows in _by_month(frame):
            stored = _open([folder / months[month]["file"]], COLUMNS[series[1]]) if month in months else None
            merged, added, corrected = _merge(stored, rows, series[1])
            new, changed = new + added, changed + corrected
            if added or corrected:
                touched.append(month)
                months[month] = _store_month(folder, month, merged)
        sources = _sources(old, provenance)
        if touched or sources != old["sources"]:
            manifest = {**old, "months": months, "sources": sources, "updated": _now()}
            manifest["retired"] = _retired(old, months)
            text = json.dumps(manifest, indent=1, sort_keys=True).encode()
            _replace(folder / "manifest.json", lambda file: file.write(text))
    finally:
        _sweep(folder)
    return Written(frame.height, new, changed, tuple(touched))


def _merge(old: pl.DataFrame | None, rows: pl.DataFrame, kind: str) -> tuple[pl.DataFrame, int, int]:
    """Return the month with `rows` in it, how many of them are new and how many replace others."""
    if old is None:
        return rows, rows.height, 0
    if kind == "ticks":
        start, _ = np.searchsorted(_times(old), _times(rows)[[0, -1]], "left").tolist()
        _, end = np.searchsorted(_times(old), _times(rows)[[0, -1]], "right").tolist()
        stretch = old[start:end]
        if stretch.equals(rows):
            return old, 0, 0
        return pl.concat([old[:start], rows, old[end:]]), max(rows.height - stretch.height, 0), stretch.height
    pair = rows.join(old, on="ts", how="left", suffix="_old", maintain_order="left", coalesce=True)
    # A delivery without spreads does not wipe the recorded ones.
    pair = pair.with_columns(pl.coalesce("spread", "spread_old"))
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"{name}_old")) for name in COLUMNS[kind][1:])
    added = pair["open_old"].null_count()
    corrected = pair.select((~same & pl.col("open_old").is_not_null()).sum()).item()
    merged = pl.concat([old, pair.select(COLUMNS[kind])]).unique("ts", keep="last", maintain_order=True)
    return merged.sort("ts"), added, corrected


def _by_month(frame: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield ("2024-01", its rows) in order of time."""
    months = _times(frame).astype("M8[ns]").astype("M8[M]")
    edges = [0, *(np.flatnonzero(np.diff(months)) + 1).tolist(), frame.height]
    for start, end in pairwise(edges):
        yield str(months[start]), frame[start:end]


def _store_month(folder: Path, month: str, frame: pl.DataFrame) -> dict[str, Any]:
    """Write a month file unless the same one is there already, and return its entry for the manifest."""
    content = hashlib.sha256()
    for name in frame.columns:
        content.update(_bytes(frame[name]))
    path = folder / f"{month}.{content.hexdigest()[:12]}.parquet"
    if not path.exists():
        _replace(path, lambda file: frame.write_parquet(file, compression="lz4"))
    ts = _times(frame)
    return {"file": path.name, "rows": frame.height, "first": int(ts[0]), "last": int(ts[-1])}


def _replace(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Put a whole file in place in one step, or leave what was there."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        with temporary.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if sys.platform != "win32":
        handle = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the series against other writers; the system lets go if we die."""
    with (folder / ".lock").open("wb") as lock:
        if sys.platform != "win32":
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _sources(old: Manifest, provenance: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the sources with this one, which is listed once however often it is imported."""
    known = any(provenance.items() <= source.items() for source in old["sources"])
    return [*old["sources"]] if known else [*old["sources"], {**provenance, "imported": _now()}]


def _retired(old: Manifest, months: Manifest) -> dict[str, float]:
    """Return since when each file is no longer named."""
    named = {entry["file"] for entry in months.values()}
    retired = dict.fromkeys((entry["file"] for entry in old["months"].values()), time.time()) | old["retired"]
    return {file: since for file, since in retired.items() if file not in named}


def _sweep(folder: Path) -> None:
    """Delete what no manifest named, and what none has named for so long that no reader can want it.

    The manifest on the disk decides, and not what we believe was written: a commit may succeed and be
    interrupted before it says so. We hold the lock, so nobody else has a file that is not named yet.
    """
    with contextlib.suppress(OSError, TradewindError):
        manifest = _load(folder) or {"months": {}, "retired": {}}
        named = {entry["file"] for entry in manifest["months"].values()}
        for path in [*folder.glob("*.parquet"), *folder.glob(".*.tmp")]:
            since = manifest["retired"].get(path.name, 0)
            if path.name not in named and since < time.time() - RETIRED_FOR_S:
                path.unlink()


def _load(folder: Path) -> dict[str, Any] | None:
    """Return the manifest, or None where nothing was ever committed."""
    path = folder / "manifest.json"
    try:
        manifest: dict[str, Any] = json.loads(path.read_bytes())
        if manifest["format"] != FORMAT:
            message = f"{path} has format {manifest['format']}, this version reads {FORMAT}."
            raise TradewindError(message, "Upgrade Tradewind.")
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise TradewindError(f"{path} is damaged ({error}).", _REPAIR) from error
    return manifest


def _blank(series: Identity) -> dict[str, Any]:
    symbol, kind, timeframe, feed, side = series
    identity = {"symbol": symbol, "kind": kind, "timeframe": timeframe, "feed": feed, "side": side}
    return {"format": FORMAT, **identity, "created": _now(), "months": {}, "retired": {}, "sources": []}


def _info(manifest: Manifest) -> SeriesInfo:
    months = [manifest["months"][month] for month in sorted(manifest["months"])]
    same = ("symbol", "kind", "timeframe", "feed", "side", "created", "updated")
    return SeriesInfo(
        **{name: manifest[name] for name in same},
        rows=sum(month["rows"] for month in months),
        first=months[0]["first"],
        last=months[-1]["last"],
        months=tuple(sorted(manifest["months"])),
        sources=tuple(manifest["sources"]),
    )


def _read(folder: Path, manifest: Manifest, period: Period, columns: Names) -> Frames:
    """Open only the month files that have rows in `period`, and no sooner than they are asked for."""
    start, end = period
    entries = (manifest["months"][month] for month in sorted(manifest["months"]))
    needed = [entry for entry in entries if entry["last"] >= start and entry["first"] < end]
    wanted = list(columns or COLUMNS[manifest["kind"]])
    for batch in _batches(needed):
        read = _open([folder / entry["file"] for entry in batch], list(dict.fromkeys(["ts", *wanted])))
        done = 0
        for entry in batch:
            frame = read.slice(done, entry["rows"])
            done += entry["rows"]
            if entry["first"] < start or entry["last"] >= end:
                low, high = np.searchsorted(_times(frame), period).tolist()
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


def _open(paths: list[Path], columns: Iterable[str]) -> pl.DataFrame:
    try:
        return pl.read_parquet(paths, columns=list(columns))
    except (OSError, pl.exceptions.PolarsError) as error:
        folder = paths[0].parent
        message = f"Data in {folder} cannot be read ({error})."
        raise TradewindError(message, _REPAIR) from error


def _times(frame: pl.DataFrame) -> np.ndarray[Any, np.dtype[np.int64]]:
    return frame["ts"].to_physical().to_numpy()


def _bytes(column: pl.Series) -> bytes:
    """Return the values as little-endian bytes, with one NaN for every absent value."""
    if column.dtype == TIME:
        return column.to_physical().to_numpy().astype("<i8", copy=False).tobytes()
    return column.fill_null(np.nan).to_numpy().astype("<f8", copy=False).tobytes()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
