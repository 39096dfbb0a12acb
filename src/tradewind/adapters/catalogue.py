"""One folder a series: its manifest, its month files, its lock, and the one step that is a commit.

A month file is named after its content and never changes. Replacing the manifest, one step of the file system,
is the whole transaction: before it readers see the old rows, after it the new ones, and never a mixture.
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
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import polars as pl

from tradewind.errors import TradewindError

if sys.platform != "win32":
    import fcntl

Identity = tuple[str, str, int, str, str]
"""(symbol, "bars" or "ticks", timeframe in seconds or 0 for ticks, feed, side)."""

Manifest = Mapping[str, Any]

COLUMNS = {
    "bars": ("ts", "open", "high", "low", "close", "volume", "spread"),
    "ticks": ("ts", "bid", "ask", "bid_size", "ask_size"),
}
OPTIONAL = ("volume", "spread", "bid_size", "ask_size")
SIDES = {"bars": ("bid", "ask", "mid"), "ticks": ("both",)}
TIME = pl.Datetime("ns", "UTC")
FORMAT, RETIRED_FOR_S = 1, 86_400
PATIENCE_S = 60.0
"""So long a writer waits for another of the same series."""

WORD = re.compile(r"[A-Za-z0-9#+_-][A-Za-z0-9.#+_-]*")
REPAIR = "Restore it, or delete its folder and import again."


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
    version: str = ""
    """Another after every write that changed a row."""

    @property
    def series(self) -> Identity:
        """The identity, as every method of `History` takes it."""
        return (self.symbol, self.kind, self.timeframe, self.feed, self.side)


def series_folder(root: Path, series: Identity) -> Path:
    """Return the folder of a series, or refuse what can be none."""
    return root / series_path(series)


def series_path(series: Identity) -> Path:
    """Return where a series lies among others, or refuse what can be none."""
    symbol, kind, timeframe, feed, side = series
    for word in (symbol, feed):
        if not WORD.fullmatch(word):
            raise TradewindError(f"{word!r} cannot name a series.", "Use letters, digits and . # + _ -")
    if side not in SIDES.get(kind, ()) or (timeframe > 0) != (kind == "bars"):
        advice = "Bars have a timeframe and side bid, ask or mid; ticks have 0 and 'both'."
        raise TradewindError(f"{series} is no series.", advice)
    return Path(kind, symbol, f"{timeframe}s", feed, side)


def checked_document(name: str) -> str:
    """Return what a document beside a series is called, or refuse it."""
    if not WORD.fullmatch(name) or name == "manifest":
        raise TradewindError(f"{name!r} cannot name a document.", "Use letters, digits and . # + _ -")
    return name


def series_name(series: Identity) -> str:
    """Return a series as an error names it."""
    symbol, _, timeframe, feed, side = series
    return f"{symbol} {timeframe}s {feed} {side}"


def load(folder: Path) -> dict[str, Any] | None:
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
        raise TradewindError(f"{path} is damaged ({error}).", REPAIR) from error
    return manifest


def blank(series: Identity) -> dict[str, Any]:
    """Return the manifest of a series that has no rows."""
    symbol, kind, timeframe, feed, side = series
    identity = {"symbol": symbol, "kind": kind, "timeframe": timeframe, "feed": feed, "side": side}
    return {"format": FORMAT, **identity, "created": now(), "months": {}, "retired": {}, "sources": []}


def info(manifest: Manifest) -> SeriesInfo:
    """Return what a manifest says of its series."""
    months = [manifest["months"][month] for month in sorted(manifest["months"])]
    same = ("symbol", "kind", "timeframe", "feed", "side", "created", "updated")
    return SeriesInfo(
        **{name: manifest[name] for name in same},
        rows=sum(month["rows"] for month in months),
        first=months[0]["first"],
        last=months[-1]["last"],
        months=tuple(sorted(manifest["months"])),
        sources=tuple(manifest["sources"]),
        version=hashlib.sha256("".join(month["file"] for month in months).encode()).hexdigest()[:12],
    )


def store_month(folder: Path, month: str, frame: pl.DataFrame) -> dict[str, Any]:
    """Write a month file unless the same one is there already, and return its entry for the manifest."""
    content = hashlib.sha256()
    for name in frame.columns:
        content.update(content_bytes(frame[name]))
    path = folder / f"{month}.{content.hexdigest()[:12]}.parquet"
    if not path.exists():
        replace_file(path, lambda file: frame.write_parquet(file, compression="lz4"))
    ts = times(frame)
    return {"file": path.name, "rows": frame.height, "first": int(ts[0]), "last": int(ts[-1])}


def replace_file(path: Path, write: Callable[[BinaryIO], object]) -> None:
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
def locked(folder: Path) -> Iterator[None]:
    """Hold the series against other writers; the system lets go if we die."""
    with (folder / ".lock").open("wb") as lock:
        if sys.platform != "win32":
            limit = time.monotonic() + PATIENCE_S
            while not _taken(lock):
                if time.monotonic() > limit:
                    raise TradewindError(f"{folder} is being written by another process.", "Wait until it is done.")
                time.sleep(0.05)
        yield


def _taken(lock: BinaryIO) -> bool:
    """Answer whether the lock is ours now."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def commit(folder: Path, manifest: Manifest) -> None:
    """The manifest is the one in force: the rows it names are the rows of the series."""
    text = json.dumps(manifest, indent=1, sort_keys=True).encode()
    replace_file(folder / "manifest.json", lambda file: file.write(text))


def sources(old: Manifest, provenance: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the sources with this one, which is listed once however often it is imported."""
    known = any(provenance.items() <= source.items() for source in old["sources"])
    return [*old["sources"]] if known else [*old["sources"], {**provenance, "imported": now()}]


def retired(old: Manifest, months: Manifest) -> dict[str, float]:
    """Return since when each file is no longer named."""
    named = {entry["file"] for entry in months.values()}
    retired = dict.fromkeys((entry["file"] for entry in old["months"].values()), time.time()) | old["retired"]
    return {file: since for file, since in retired.items() if file not in named}


def sweep(folder: Path) -> None:
    """Delete what no manifest named, and what none has named for so long that no reader can want it.

    The manifest on the disk decides, and not what we believe was written: a commit may succeed and be
    interrupted before it says so. We hold the lock, so nobody else has a file that is not named yet.
    """
    with contextlib.suppress(OSError, TradewindError):
        manifest = load(folder) or {"months": {}, "retired": {}}
        named = {entry["file"] for entry in manifest["months"].values()}
        for path in [*folder.glob("*.parquet"), *folder.glob(".*.tmp")]:
            since = manifest["retired"].get(path.name, 0)
            if path.name not in named and since < time.time() - RETIRED_FOR_S:
                path.unlink()


def open_months(paths: list[Path], columns: Iterable[str]) -> pl.DataFrame:
    """Return the rows of month files, one after the other."""
    try:
        return pl.read_parquet(paths, columns=list(columns))
    except (OSError, pl.exceptions.PolarsError) as error:
        folder = paths[0].parent
        message = f"Data in {folder} cannot be read ({error})."
        raise TradewindError(message, REPAIR) from error


def times(frame: pl.DataFrame) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the times of rows, ns UTC."""
    return frame["ts"].to_physical().to_numpy()


def digest_of(kind: str, frames: Iterable[pl.DataFrame]) -> str:
    """Return the SHA-256 of rows that come in order, some at a time: the same rows give it in any store."""
    columns = COLUMNS[kind]
    hashes = [hashlib.sha256(name.encode()) for name in columns]
    for frame in frames:
        for column, name in zip(hashes, columns, strict=True):
            column.update(content_bytes(frame[name]))
    return hashlib.sha256(b"".join(column.digest() for column in hashes)).hexdigest()


def content_bytes(column: pl.Series) -> bytes:
    """Return the values as little-endian bytes, with one NaN for every absent value."""
    if column.dtype == TIME:
        return column.to_physical().to_numpy().astype("<i8", copy=False).tobytes()
    return column.fill_null(np.nan).to_numpy().astype("<f8", copy=False).tobytes()


def now() -> str:
    """Return the moment, as manifests write it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
