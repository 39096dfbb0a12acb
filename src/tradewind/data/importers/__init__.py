"""Bringing files into the history: recognise the vendor, understand, check every row, store.

Each vendor is one module with `NAME`, `recognises(source)` and `read(source, stated)`; one whose files may leave open
whose clock their times are of says so of a file with `local(source, stated)`. A file is stored whole or
not at all, storing it again changes nothing, and a file that is known by its content is not even read again: an
import of a thousand files that was interrupted goes on where it stopped. Files are independent of each other: a
bad one among many stops the import at that file, and what came before it stays. Only a vendor's hours or days that
follow each other within a month are one thing, because a month is stored as one file.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from tradewind.data.importers import (
    bi5,
    curated,
    dukascopy,
    dukascopy_json,
    generic,
    histdata,
    lean,
    metatrader,
    metatrader4,
    metatrader_python,
    oanda_json,
    tradingview,
)
from tradewind.data.importers.adjusted import adjusted, checked_adjustments
from tradewind.data.importers.known import ImportSummary, Known, is_as_stated, is_stored, known_files
from tradewind.data.importers.mapping import completed
from tradewind.data.importers.parsed import Part, Reading, Stated
from tradewind.data.importers.sheaves import natural, sheaves, together
from tradewind.data.importers.sources import Source, called, digest, sources
from tradewind.data.importers.storing import Origin, Wishes, store
from tradewind.data.series import History, Series
from tradewind.errors import BadData, TradewindError
from tradewind.markets.instruments import Profile
from tradewind.markets.loading import load_profile

__all__ = ["ImportSummary", "Progress", "Step", "Wishes", "files_of", "import_files", "is_local", "readings", "walls"]

VENDORS = (
    curated,
    metatrader,
    metatrader_python,
    histdata,
    metatrader4,
    dukascopy,
    tradingview,
    bi5,
    dukascopy_json,
    oanda_json,
    lean,
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


class Into(NamedTuple):
    """Where files go, what of it is known, and the profile whose tick sizes count."""

    history: History
    known: Known
    profile: Profile


def import_files(
    paths: Iterable[Path | str], history: History, wishes: Wishes | None = None, progress: Progress | None = None
) -> list[ImportSummary]:
    """Store the rows of every file (of every folder: the files in it) and return what was found in each."""
    wishes = wishes or Wishes()
    wishes = wishes._replace(stated=checked_adjustments(completed(wishes.stated)))
    files = list(files_of(paths))
    into = Into(history, known_files(history), load_profile(wishes.profile))
    summaries: list[ImportSummary] = []
    number = 1
    for sheaf in sheaves(files):
        step = Step(number, len(files), sheaf[0], 0)
        number += len(sheaf)
        if progress is not None:
            progress(step)
        summaries += _import(into, wishes, sheaf, step, progress)
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
    stated = checked_adjustments(completed(stated))
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


def files_of(paths: Iterable[Path | str]) -> Iterator[Path]:
    """Yield files as they are, and of folders the files in them that may be data, in order of time."""
    for path in map(Path, paths):
        if path.is_dir():
            found = (file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
            inside = sorted((file for file in found if _counts(file, path)), key=natural)
            if not inside:
                raise TradewindError(f"The folder {path} has no {', '.join(SUFFIXES)} files.", "Name another folder.")
            yield from inside
        else:
            yield path


def _counts(file: Path, folder: Path) -> bool:
    """Answer whether a file below a folder is data: not hidden, and not beside another that it belongs to."""
    below = file.relative_to(folder).parts
    hidden = any(part.startswith(".") for part in below)
    return not hidden and curated.COMPANIONS not in below[:-1] and not _is_report(file)


def _is_report(file: Path) -> bool:
    """Answer whether a file only tells of another: HistData's list of gaps has the name of the table beside it."""
    return file.suffix.lower() == ".txt" and any(file.with_suffix(suffix).exists() for suffix in (".csv", ".CSV"))


def _import(
    into: Into, wishes: Wishes, sheaf: list[Path], step: Step, progress: Progress | None
) -> list[ImportSummary]:
    sha256 = digest([*sheaf, *curated.companions(step.path)])
    before = into.known.get((called(step.path), sha256), [])
    if not wishes.again and is_stored(before) and all(is_as_stated(one, wishes.stated) for one in before):
        return [summary._replace(path=step.path) for summary, _ in before]
    inside = list(together(one for path in sheaf for one in recognised(path, wishes.stated)))
    origin = Origin(step.path, sha256, len(inside))
    told = None if progress is None else lambda rows: progress(step._replace(rows=rows))
    summaries = []
    for found, vendor in inside:
        summaries += store(into.history, found, vendor, origin, wishes=wishes, profile=into.profile, told=told)
    return summaries
