"""Rows on their way into the history: month files are made as they come, and nothing counts until the commit.

A delivery may bring several series, and more rows than fit in memory: what is kept is one month of each. Bars
are matched by `ts`: a bar that differs is a correction. Ticks have no key (many share a time), so a delivery of
ticks is taken as complete from its first to its last tick and replaces that stretch.
"""

import contextlib
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, Protocol, Self

import numpy as np
import polars as pl

from tradewind.adapters.catalogue import (
    COLUMNS,
    OPTIONAL,
    TIME,
    Identity,
    blank,
    commit,
    load,
    locked,
    now,
    open_months,
    retired,
    series_folder,
    series_name,
    sources,
    store_month,
    sweep,
    times,
)
from tradewind.errors import TradewindError

_FOREVER = (-(2**62), 2**62)


class Written(NamedTuple):
    """What one write did: rows offered, rows that were new, rows that replaced others, months rewritten."""

    rows: int
    new: int
    changed: int
    months: tuple[str, ...]


class Deliveries(Protocol):
    """What takes rows of any number of series and stores them together, in whatever store."""

    def __enter__(self) -> Self:
        """Nothing is held yet."""

    def __exit__(self, *_how: object) -> None:
        """What was not committed is gone, and other writers may write."""

    def add(self, series: Identity, frame: pl.DataFrame) -> None:
        """The rows wait for the commit; those of one series must come in order of time."""

    def commit(self, provenance: Mapping[str, Any]) -> dict[Identity, Written]:
        """Everything added is in the store, with where it came from (file, sha256, clock ...); say what it did."""


class Delivery:
    """Rows of one or several series that become part of the store together, at `commit`, or not at all."""

    def __init__(self, root: Path, *, replace: bool = False) -> None:
        self._root = root
        self._replace = replace
        self._stages: dict[Identity, Stage] = {}
        self._held = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Nothing is held yet."""
        return self

    def __exit__(self, *_how: object) -> None:
        """What was not committed is gone, and other writers may write."""
        with self._held:
            for stage in self._stages.values():
                sweep(stage.folder)

    def add(self, series: Identity, frame: pl.DataFrame) -> None:
        """The rows wait for the commit; those of one series must come in order of time."""
        series = (*series,)
        with _translated(series_folder(self._root, series)) as folder:
            stage = self._stages.get(series)
            if stage is None:
                folder.mkdir(parents=True, exist_ok=True)
                self._held.enter_context(locked(folder))
                stage = self._stages[series] = Stage(folder, series, replace=self._replace)
            stage.add(normal(frame, series))

    def commit(self, provenance: Mapping[str, Any]) -> dict[Identity, Written]:
        """Everything added is in the store, with where it came from (file, sha256, clock ...); say what it did."""
        for stage in self._stages.values():
            with _translated(stage.folder):
                stage.finish()
        for stage in self._stages.values():
            with _translated(stage.folder):
                stage.commit(provenance)
        return {series: stage.written() for series, stage in self._stages.items()}


class Stage:
    """One series of a delivery: its month files are on the disk, but no manifest names them yet."""

    def __init__(self, folder: Path, series: Identity, *, replace: bool) -> None:
        self.folder = folder
        self._kind = series[1]
        self._old = load(folder) or blank(series)
        self._stored = {} if replace else dict(self._old["months"])
        self._months = dict(self._stored)
        self._waiting: list[pl.DataFrame] = []
        self._month = self._last_month = ""
        self._last = _FOREVER[0]
        self._rows = self._new = self._changed = 0
        self._touched: list[str] = []

    def add(self, frame: pl.DataFrame) -> None:
        """The rows wait; months that they close are stored."""
        ts = times(frame)
        if ts[0] < self._last or (ts[0] == self._last and self._kind == "bars"):
            message = f"The rows for {self.folder} are not in order of time."
            raise TradewindError(message, "Sort them, each bar once.")
        self._last = int(ts[-1])
        self._rows += frame.height
        for month, rows in by_month(frame):
            if month != self._month:
                self._close_month(more=True)
                self._month = month
            self._waiting.append(rows)

    def finish(self) -> None:
        """Every month is stored."""
        self._close_month(more=False)

    def _close_month(self, *, more: bool) -> None:
        if not self._waiting:
            return
        month, rows = self._month, pl.concat(self._waiting, rechunk=True)
        self._waiting = []
        start = int(times(rows)[0]) if not self._last_month else _FOREVER[0]
        end = _FOREVER[1] if more else int(times(rows)[-1]) + 1
        if self._kind == "ticks" and self._last_month:
            for between in [name for name in self._stored if self._last_month < name < month]:
                self._changed += self._months.pop(between)["rows"]
                self._touched.append(between)
        stored = None
        if month in self._stored:
            stored = open_months([self.folder / self._stored[month]["file"]], COLUMNS[self._kind])
        merged, added, corrected = _merge(stored, rows, self._kind, (start, end))
        self._new, self._changed = self._new + added, self._changed + corrected
        if added or corrected:
            self._touched.append(month)
            self._months[month] = store_month(self.folder, month, merged)
        self._last_month = month

    def commit(self, provenance: Mapping[str, Any]) -> None:
        """The store has the rows, if they change anything."""
        named = sources(self._old, provenance)
        if self._touched or named != self._old["sources"] or self._months != self._old["months"]:
            manifest = {**self._old, "months": self._months, "sources": named, "updated": now()}
            manifest["retired"] = retired(self._old, self._months)
            commit(self.folder, manifest)

    def written(self) -> Written:
        """Return what became of the rows."""
        return Written(self._rows, self._new, self._changed, tuple(self._touched))


@contextlib.contextmanager
def _translated(folder: Path) -> Iterator[Path]:
    """Turn what goes wrong on the disk into one sentence."""
    try:
        yield folder
    except (OSError, pl.exceptions.PolarsError) as error:
        message = f"Could not write {folder}: {error}; what was stored before is intact."
        raise TradewindError(message, "Free some space or mend the folder, then import again.") from error


def normal(frame: pl.DataFrame, series: Identity) -> pl.DataFrame:
    """Return the frame in the stored columns and types, or refuse it."""
    kind = series[1]
    missing = [name for name in COLUMNS[kind] if name not in frame.columns and name not in OPTIONAL]
    if missing or frame.is_empty():
        message = f"Nothing was written to {series_name(series)}: {frame.height} rows, missing columns {missing}."
        raise TradewindError(message, f"Give the columns {', '.join(COLUMNS[kind])}.")
    absent = [pl.lit(None, pl.Float64).alias(name) for name in OPTIONAL if name not in frame.columns]
    columns = [pl.col(name).cast(TIME if name == "ts" else pl.Float64) for name in COLUMNS[kind]]
    frame = frame.with_columns(absent).select(columns).rechunk()
    steps = np.diff(times(frame))
    if frame["ts"].null_count() or (steps < 0).any() or (kind == "bars" and not steps.all()):
        message = f"The rows for {series_name(series)} are not in order of time."
        raise TradewindError(message, "Sort them, each bar once.")
    return frame


def _merge(
    old: pl.DataFrame | None, rows: pl.DataFrame, kind: str, stretch: tuple[int, int]
) -> tuple[pl.DataFrame, int, int]:
    """Return the month with `rows` in it, how many of them are new and how many replace others."""
    if old is None:
        return rows, rows.height, 0
    if kind == "ticks":
        start, end = np.searchsorted(times(old), stretch, "left").tolist()
        told = old[start:end]
        if told.equals(rows):
            return old, 0, 0
        return pl.concat([old[:start], rows, old[end:]]), max(rows.height - told.height, 0), told.height
    pair = rows.join(old, on="ts", how="left", suffix="_old", maintain_order="left", coalesce=True)
    # A delivery without spreads does not wipe the recorded ones.
    pair = pair.with_columns(pl.coalesce("spread", "spread_old"))
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"{name}_old")) for name in COLUMNS[kind][1:])
    added = pair["open_old"].null_count()
    corrected = pair.select((~same & pl.col("open_old").is_not_null()).sum()).item()
    merged = pl.concat([old, pair.select(COLUMNS[kind])]).unique("ts", keep="last", maintain_order=True)
    return merged.sort("ts"), added, corrected


def by_month(frame: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield ("2024-01", its rows) in order of time."""
    months = times(frame).astype("M8[ns]").astype("M8[M]")
    edges = [0, *(np.flatnonzero(np.diff(months)) + 1).tolist(), frame.height]
    for start, end in pairwise(edges):
        yield str(months[start]), frame[start:end]
