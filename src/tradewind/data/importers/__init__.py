"""Bringing files into the history: recognise the vendor, understand, check every row, store.

Each vendor is one module with `NAME`, `recognises(source)` and `read(source, stated)`; one whose files may leave open
whose clock their times are of says so of a file with `local(source, stated)`. A file is stored whole or
not at all, storing it again changes nothing, and a file that is known by its content is not even read again: an
import of a thousand files that was interrupted goes on where it stopped. Files are independent of each other: a
bad one among many stops the import at that file, and what came before it stays.
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from tradewind.data.checks import check_rows
from tradewind.data.importers import (
    curated,
    dukascopy,
    generic,
    histdata,
    metatrader,
    metatrader4,
    metatrader_python,
    tradingview,
)
from tradewind.data.importers.adjusted import adjusted, checked_adjustments
from tradewind.data.importers.grid import Grid
from tradewind.data.importers.mapping import completed
from tradewind.data.importers.parsed import Part, Reading, Stated, clock_name
from tradewind.data.importers.repairs import repaired
from tradewind.data.importers.sources import Source, digest, sources
from tradewind.data.series import History, Outcome, Series
from tradewind.errors import BadData, TradewindError
from tradewind.markets.loading import load_profile

VENDORS = (
    curated,
    metatrader,
    metatrader_python,
    histdata,
    metatrader4,
    dukascopy,
    tradingview,
)
"""The first that recognises a file reads it: MetaTrader 4 must come after HistData, whose names say more."""

SUFFIXES = (".parquet", ".csv", ".tsv", ".txt", ".zip", ".gz", ".json", ".bi5", ".hst")


class Step(NamedTuple):
    """How far an import is: file `number` of so many, so many rows of it read."""

    number: int
    files: int
    path: Path
    rows: int


Progress = Callable[[Step], None]


class ImportSummary(NamedTuple):
    """What became of one series of one file; times are ns UTC."""

    path: Path
    member: str | None
    vendor: str
    series: Series
    clock: str
    rows: int
    first: int
    last: int
    sha256: str
    new: int
    changed: int
    off_grid: int | None
    """Prices between two ticks; None where the tick size is unknown."""
    left_out: int
    notes: tuple[str, ...]
    seconds: float
    """How long reading and storing the file took; 0 where it was known already."""

    @property
    def nothing_new(self) -> bool:
        """Whether every row was stored already."""
        return not self.new and not self.changed


Known = Mapping[tuple[str, str], list[tuple[ImportSummary, Mapping[str, Any]]]]
"""What files hold that were imported before, and what is remembered of that, by name and content."""


class Wishes(NamedTuple):
    """How files are to be imported."""

    stated: Stated = Stated()
    repairs: Collection[str] = ()
    """What may be put right on the way in; see `repairs.REPAIRS`."""
    again: bool = False
    """Whether files that are known are read nevertheless."""
    profile: str | Path = "metatrader"
    """The broker profile whose tick sizes count prices that lie between two ticks."""


def import_files(
    paths: Iterable[Path | str], history: History, wishes: Wishes | None = None, progress: Progress | None = None
) -> list[ImportSummary]:
    """Store the rows of every file (of every folder: the files in it) and return what was found in each."""
    wishes = wishes or Wishes()
    wishes = wishes._replace(stated=checked_adjustments(completed(wishes.stated)))
    files = list(_files(paths))
    known = _known(history)
    summaries: list[ImportSummary] = []
    for number, path in enumerate(files, 1):
        step = Step(number, len(files), path, 0)
        if progress is not None:
            progress(step)
        summaries += _import(history, wishes, known, step, progress)
    return summaries


def readings(path: Path, stated: Stated) -> Iterator[tuple[Source, str, Reading]]:
    """Yield what a file holds with the name of its vendor and its reading; nothing is checked or stored."""
    stated = completed(stated)
    for source, vendor in recognised(path, stated):
        yield source, vendor.NAME, vendor.read(source, stated)


def recognised(path: Path, stated: Stated) -> list[tuple[Source, Any]]:
    """Return what a file holds, each with its vendor.

    Of an archive only the members of a known kind count, unless there are none. A mapping is for every kind.
    """
    inside = sources(path)
    if stated.mapping is not None:
        return [(source, generic) for source in inside]
    found = [(source, vendor) for source in inside if (vendor := _vendor(source)) is not None]
    if not found:
        first = inside[0]
        if not first.head.strip():
            raise BadData(f"{first.shown} is empty.", "Check that the download or export was complete.")
        names = ", ".join(module.NAME for module in VENDORS)
        raise BadData(
            f"{first.shown} is of no known kind; it begins {first.head[:40]!r}.",
            f"Known kinds: {names}. For any other table write a mapping: tradewind data mapping {path.name}",
        )
    return found


def is_local(path: Path, stated: Stated) -> bool:
    """Answer whether the times of a file are of a clock that it does not name, so that the user must."""
    vendors = [(source, vendor) for source, vendor in recognised(path, stated) if hasattr(vendor, "local")]
    return any(vendor.local(source, stated) for source, vendor in vendors)


def walls(path: Path, stated: Stated, limit: int) -> list[Part]:
    """Return about `limit` rows of each series of a file, `ts` being what the file's own clock showed.

    That is what a search for the clock starts from. Rows are not checked.
    """
    shown: dict[Series, list[Part]] = {}
    rows: Counter[Series] = Counter()
    stated = checked_adjustments(completed(stated))._replace(clock="UTC")
    for _, _, reading in readings(path, stated):
        for part in adjusted(reading.parts, stated, reading.notes):
            if rows[part.series] >= limit:
                break
            shown.setdefault(part.series, []).append(part._replace(frame=part.frame[: limit - rows[part.series]]))
            rows[part.series] += part.frame.height
    return [Part(series, pl.concat(part.frame for part in parts), parts[0].row) for series, parts in shown.items()]


def _vendor(source: Source) -> Any:
    return next((module for module in VENDORS if module.recognises(source)), None)


def _files(paths: Iterable[Path | str]) -> Iterator[Path]:
    for path in map(Path, paths):
        if path.is_dir():
            inside = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES and not _is_report(file))
            if not inside:
                raise TradewindError(f"The folder {path} has no {', '.join(SUFFIXES)} files.", "Name another folder.")
            yield from inside
        else:
            yield path


def _is_report(file: Path) -> bool:
    """Answer whether a file only tells of another: HistData's list of gaps has the name of the table beside it."""
    return file.suffix.lower() == ".txt" and any(file.with_suffix(suffix).exists() for suffix in (".csv", ".CSV"))


def _import(
    history: History, wishes: Wishes, known: Known, step: Step, progress: Progress | None
) -> list[ImportSummary]:
    sha256 = digest([step.path, *curated.companions(step.path)])
    before = known.get((step.path.name, sha256), [])
    if not wishes.again and _is_stored(before) and all(_as_stated(one, wishes.stated) for one in before):
        return [summary._replace(path=step.path) for summary, _ in before]
    summaries = []
    inside = recognised(step.path, wishes.stated)
    for source, vendor in inside:
        started = time.perf_counter()
        reading = vendor.read(source, wishes.stated)
        grid = Grid(load_profile(wishes.profile))
        tallies: dict[Series, Tally] = {}
        with history.delivery() as delivery:
            for part in _checked(source, reading, wishes):
                delivery.add(part.series, part.frame)
                tallies.setdefault(part.series, Tally()).count(part)
                grid.count(part.series, part.frame)
                if progress is not None:
                    progress(step._replace(rows=sum(tally.rows for tally in tallies.values())))
            facts = {
                "file": source.path.name, "member": source.member, "vendor": vendor.NAME, "clock": reading.clock,
                "sha256": sha256, "rows": {series.side: tally.rows for series, tally in tallies.items()},
                "first": min(tally.first for tally in tallies.values()),
                "last": max(tally.last for tally in tallies.values()), "notes": reading.notes,
                "members": len(inside), "ways": _ways(wishes.stated),
            }  # fmt: skip
            written = delivery.commit(facts)
        seconds = time.perf_counter() - started
        summaries += [
            ImportSummary(
                step.path, source.member, vendor.NAME, series, reading.clock, tally.rows, tally.first, tally.last,
                sha256, _outcome(written, series).new, _outcome(written, series).changed, grid.between(series),
                reading.left_out, tuple(reading.notes), seconds,
            )
            for series, tally in tallies.items()
        ]  # fmt: skip
    return summaries


def _outcome(written: Mapping[Any, Outcome], series: Series) -> Outcome:
    return written[series]


@dataclass
class Tally:
    """How many rows of a series came, and from when to when."""

    rows: int = 0
    first: int = 0
    last: int = 0

    def count(self, part: Part) -> None:
        """The rows of the part are counted."""
        times = part.frame["ts"].to_physical()
        self.first = self.first if self.rows else int(times[0])
        self.last = int(times[-1])
        self.rows += len(times)


def _checked(source: Source, reading: Reading, wishes: Wishes) -> Iterator[Part]:
    """Yield the parts, put right as far as that was asked for, or refuse the first impossible row."""
    last: dict[Series, int] = {}
    reading.parts = adjusted(reading.parts, wishes.stated, reading.notes)
    for part in repaired(reading, wishes.repairs):
        check_rows(part.frame, part.series.kind, source.shown, part.row, after=last.get(part.series))
        last[part.series] = int(part.frame["ts"].to_physical()[-1])
        yield part
    if not last:
        raise BadData(f"{source.shown} has no rows.", "Check that the download or export was complete.")


def _known(history: History) -> Known:
    """Return what the files that were imported before hold; names count, because a name may say what is inside."""
    known: dict[tuple[str, str], list[tuple[ImportSummary, Mapping[str, Any]]]] = {}
    for held in history.series():
        series = Series(*held.series)
        for facts in held.sources:
            if isinstance(facts.get("rows"), dict) and series.side in facts["rows"]:
                summary = ImportSummary(
                    Path(facts["file"]), facts["member"], facts["vendor"], series, facts["clock"],
                    facts["rows"][series.side], facts["first"], facts["last"], facts["sha256"],
                    0, 0, None, 0, ("known already, not read again",), 0.0,
                )  # fmt: skip
                known.setdefault((facts["file"], facts["sha256"]), []).append((summary, facts))
    return known


def _is_stored(before: Sequence[tuple[ImportSummary, Mapping[str, Any]]]) -> bool:
    """Answer whether all that a file holds is stored: an import may have ended between two of its series."""
    sides = {(summary.member, summary.series.side) for summary, _ in before}
    wanted = {(facts["member"], side) for _, facts in before for side in facts["rows"]}
    members = {member for member, _ in sides}
    return bool(before) and sides == wanted and len(members) == max(facts.get("members", 1) for _, facts in before)


def _as_stated(summary_of: tuple[ImportSummary, Mapping[str, Any]], stated: Stated) -> bool:
    """Answer whether what is stated now was stated, or found, then."""
    summary, facts = summary_of
    series = summary.series
    pairs = (
        (stated.symbol, series.symbol), (stated.side and stated.side.lower(), series.side), (stated.feed, series.feed),
        (stated.timeframe, series.timeframe), (stated.clock and clock_name(stated.clock), summary.clock),
    )  # fmt: skip
    return _ways(stated) == facts.get("ways", {}) and all(said is None or said == found for said, found in pairs)


def _ways(stated: Stated) -> dict[str, str]:
    """Return what is stated that changes the rows of a file."""
    said = {
        "scale": f"{stated.scale.normalize():f}" if stated.scale else None, "stamp": stated.stamp,
        "mapping": digest([stated.mapping]) if stated.mapping else None,
    }  # fmt: skip
    return {name: value for name, value in said.items() if value is not None}
