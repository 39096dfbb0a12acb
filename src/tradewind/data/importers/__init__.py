"""Bringing files into the history: recognise the vendor, understand, check every row, store.

Each vendor is one module with `NAME`, `recognises(source)` and `read(source, stated)`. A file is stored whole or
not at all, storing it again changes nothing, and a file that is known by its content is not even read again: an
import of a thousand files that was interrupted goes on where it stopped. Files are independent of each other: a
bad one among many stops the import at that file, and what came before it stays. Only a vendor's hours or days that
follow each other within a month are one thing, because a month is stored as one file.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tradewind.data.checks import check_rows
from tradewind.data.importers import bi5, curated, dukascopy_json, histdata, lean, metatrader, oanda_json
from tradewind.data.importers.disguise import check_not_disguised
from tradewind.data.importers.grid import Grid
from tradewind.data.importers.parsed import Part, Reading, Stated, clock_name
from tradewind.data.importers.repairs import repaired
from tradewind.data.importers.sheaves import natural, sheaves, together
from tradewind.data.importers.sources import Source, called, digest, sources
from tradewind.data.series import History, Outcome, Series
from tradewind.errors import BadData, TradewindError
from tradewind.markets.loading import load_profile

VENDORS = (curated, metatrader, histdata, bi5, dukascopy_json, oanda_json, lean)

SUFFIXES = (".parquet", ".csv", ".txt", ".zip", ".gz", ".json", ".bi5")


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


Known = Mapping[tuple[str, str], list[ImportSummary]]
"""What files hold that were imported before, by name and content."""


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
    files = list(_files(paths))
    known = _known(history)
    summaries: list[ImportSummary] = []
    number = 1
    for sheaf in sheaves(files):
        step = Step(number, len(files), sheaf[0], 0)
        number += len(sheaf)
        if progress is not None:
            progress(step)
        summaries += _import(history, wishes, known, sheaf, Told(step, progress))
    return summaries


def readings(path: Path, stated: Stated) -> Iterator[tuple[Source, str, Reading]]:
    """Yield what a file holds with the name of its vendor and its reading; nothing is checked or stored.

    Of an archive only the members of a known kind count, unless there are none.
    """
    for source, vendor in _recognised(path):
        yield source, vendor.NAME, vendor.read(source, stated)


def _recognised(path: Path) -> list[tuple[Source, Any]]:
    """Return what a file holds, each with the module that reads it."""
    inside = sources(path)
    found = [(source, vendor) for source in inside if (vendor := _vendor(source)) is not None]
    if not found:
        first = inside[0]
        if not first.head.strip():
            raise BadData(f"{first.shown} is empty.", "Check that the download or export was complete.")
        names = ", ".join(module.NAME for module in VENDORS)
        raise BadData(f"{first.shown} is of no known kind; it begins {first.head[:40]!r}.", f"Known kinds: {names}.")
    return found


def _vendor(source: Source) -> Any:
    return next((module for module in VENDORS if module.recognises(source)), None)


def _files(paths: Iterable[Path | str]) -> Iterator[Path]:
    for path in map(Path, paths):
        if path.is_dir():
            found = (file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
            inside = sorted((file for file in found if _counts(file.relative_to(path))), key=natural)
            if not inside:
                raise TradewindError(f"The folder {path} has no {', '.join(SUFFIXES)} files.", "Name another folder.")
            yield from inside
        else:
            yield path


def _counts(file: Path) -> bool:
    """Answer whether a file below a folder is data: not hidden, and not the companion of another."""
    return not any(part.startswith(".") for part in file.parts) and curated.COMPANIONS not in file.parts[:-1]


class Told(NamedTuple):
    """Who is told how far an import is."""

    step: Step
    progress: Progress | None

    def rows(self, rows: int) -> None:
        """Say that so many rows were read."""
        if self.progress is not None:
            self.progress(self.step._replace(rows=rows))


def _import(history: History, wishes: Wishes, known: Known, paths: Sequence[Path], told: Told) -> list[ImportSummary]:
    first = paths[0]
    sha256 = digest([*paths, *curated.companions(first)])
    before = known.get((called(first), sha256), [])
    if before and not wishes.again and all(_as_stated(summary, wishes.stated) for summary in before):
        return [summary._replace(path=first) for summary in before]
    found = [one for path in paths for one in _recognised(path)]
    summaries = []
    for several, vendor in together(found):
        reading = (
            vendor.read(several[0], wishes.stated)
            if len(several) == 1
            else vendor.read_together(several, wishes.stated)
        )
        summaries += _store(history, wishes, Delivered(first, sha256, several[0], vendor.NAME, reading), told)
    return summaries


class Delivered(NamedTuple):
    """What is stored together."""

    path: Path
    sha256: str
    source: Source
    vendor: str
    reading: Reading


def _store(history: History, wishes: Wishes, delivered: Delivered, told: Told) -> list[ImportSummary]:
    path, sha256, source, vendor, reading = delivered
    started = time.perf_counter()
    grid = Grid(load_profile(wishes.profile))
    tallies: dict[Series, Tally] = {}
    with history.delivery() as delivery:
        for part in _checked(source, reading, wishes.repairs):
            check_not_disguised(source.name, part.series.feed)
            tallies.setdefault(part.series, Tally())
            if part.frame.is_empty():
                continue
            delivery.add(part.series, part.frame)
            tallies[part.series].count(part)
            grid.count(part.series, part.frame)
            told.rows(sum(tally.rows for tally in tallies.values()))
        facts = {
            "file": called(path), "member": source.member, "vendor": vendor, "clock": reading.clock,
            "sha256": sha256, "rows": {series.side: tally.rows for series, tally in tallies.items()},
            "first": min((tally.first for tally in tallies.values() if tally.rows), default=0),
            "last": max((tally.last for tally in tallies.values() if tally.rows), default=0), "notes": reading.notes,
        }  # fmt: skip
        written = delivery.commit(facts)
    seconds = time.perf_counter() - started
    outcomes = {series: _outcome(written, series) for series in tallies}
    return [
        ImportSummary(
            path, source.member, vendor, series, reading.clock, tally.rows, tally.first, tally.last, sha256,
            *outcomes[series], grid.between(series), reading.left_out, tuple(reading.notes), seconds,
        )
        for series, tally in tallies.items()
    ]  # fmt: skip


def _outcome(written: Mapping[Any, Outcome], series: Series) -> tuple[int, int]:
    """Return how many rows were new and how many took the place of others; none of a series without a row."""
    return (written[series].new, written[series].changed) if series in written else (0, 0)


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


def _checked(source: Source, reading: Reading, repairs: Collection[str]) -> Iterator[Part]:
    """Yield the parts, put right as far as that was asked for, or refuse the first impossible row."""
    last: dict[Series, int] = {}
    found = False
    for part in repaired(reading, repairs):
        found = True
        if reading.may_be_empty and part.frame.is_empty():
            yield part
            continue
        check_rows(part.frame, part.series.kind, part.shown or source.shown, part.row, after=last.get(part.series))
        last[part.series] = int(part.frame["ts"].to_physical()[-1])
        yield part
    if not found:
        raise BadData(f"{source.shown} has no rows.", "Check that the download or export was complete.")


def _known(history: History) -> Known:
    """Return what the files that were imported before hold; names count, because a name may say what is inside."""
    known: dict[tuple[str, str], list[ImportSummary]] = {}
    for held in history.series():
        series = Series(*held.series)
        for source in held.sources:
            if isinstance(source.get("rows"), dict) and series.side in source["rows"]:
                known.setdefault((source["file"], source["sha256"]), []).append(
                    ImportSummary(
                        Path(source["file"]), source["member"], source["vendor"], series, source["clock"],
                        source["rows"][series.side], source["first"], source["last"], source["sha256"],
                        0, 0, None, 0, ("known already, not read again",), 0.0,
                    )
                )  # fmt: skip
    return known


def _as_stated(summary: ImportSummary, stated: Stated) -> bool:
    """Answer whether what is stated now was stated, or found, then."""
    series = summary.series
    pairs = (
        (stated.symbol, series.symbol), (stated.side and stated.side.lower(), series.side), (stated.feed, series.feed),
        (stated.timeframe, series.timeframe), (stated.clock and clock_name(stated.clock), summary.clock),
    )  # fmt: skip
    return all(said is None or said == found for said, found in pairs) and stated.mapping is None
