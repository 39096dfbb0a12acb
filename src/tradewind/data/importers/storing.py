"""A file, a member of an archive, or days of a month on their way into the store: checked, counted, stored."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tradewind.data.checks import check_rows
from tradewind.data.importers.adjusted import adjusted
from tradewind.data.importers.disguise import check_not_disguised
from tradewind.data.importers.grid import Grid
from tradewind.data.importers.known import ImportSummary, ways
from tradewind.data.importers.parsed import Part, Reading, Stated
from tradewind.data.importers.repairs import repaired
from tradewind.data.importers.sources import Source, called
from tradewind.data.series import History, Outcome, Series
from tradewind.errors import BadData
from tradewind.markets.instruments import Profile


class Wishes(NamedTuple):
    """How files are to be imported."""

    stated: Stated = Stated()
    repairs: Collection[str] = ()
    """What may be put right on the way in; see `repairs.REPAIRS`."""
    again: bool = False
    """Whether files that are known are read nevertheless."""
    profile: str | Path = "metatrader"
    """The broker profile whose tick sizes count prices that lie between two ticks."""


class Origin(NamedTuple):
    """The file that a source is in."""

    path: Path
    sha256: str
    members: int
    """How many sources of the file are read."""


def store(
    history: History, found: Sequence[Source], vendor: Any, origin: Origin, *, wishes: Wishes, profile: Profile,
    told: Callable[[int], None] | None = None,
) -> list[ImportSummary]:  # fmt: skip
    """The rows of sources are stored, all or none, and what was found is returned; `told` hears the rows so far."""
    started = time.perf_counter()
    source = found[0]
    reading = vendor.read(source, wishes.stated) if len(found) == 1 else vendor.read_together(found, wishes.stated)
    grid = Grid(profile)
    tallies: dict[Series, Tally] = {}
    with history.delivery() as delivery:
        for part in _checked(source, reading, wishes):
            check_not_disguised(source.name, part.series.feed)
            tallies.setdefault(part.series, Tally())
            if part.frame.is_empty():
                continue
            delivery.add(part.series, part.frame)
            tallies[part.series].count(part)
            grid.count(part.series, part.frame, part.shown or source.shown)
            if told is not None:
                told(sum(tally.rows for tally in tallies.values()))
        facts = {
            "file": called(source.path), "member": source.member, "vendor": vendor.NAME, "clock": reading.clock,
            "sha256": origin.sha256,
            "rows": {series.side: tally.rows for series, tally in tallies.items() if tally.rows},
            "first": min((tally.first for tally in tallies.values() if tally.rows), default=0),
            "last": max((tally.last for tally in tallies.values() if tally.rows), default=0), "notes": reading.notes,
            "members": origin.members, "ways": ways(wishes.stated),
        }  # fmt: skip
        written = delivery.commit(facts)
    seconds = time.perf_counter() - started
    return [
        ImportSummary(
            origin.path, source.member, vendor.NAME, series, reading.clock, tally.rows, tally.first, tally.last,
            origin.sha256, *_outcome(written, series), grid.between(series), reading.left_out, tuple(reading.notes),
            seconds,
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


def _checked(source: Source, reading: Reading, wishes: Wishes) -> Iterator[Part]:
    """Yield the parts, put right as far as that was asked for, or refuse the first impossible row."""
    last: dict[Series, int] = {}
    read = False
    reading.parts = adjusted(reading.parts, wishes.stated, reading.notes)
    for part in repaired(reading, wishes.repairs):
        read = True
        if reading.may_be_empty and part.frame.is_empty():
            yield part
            continue
        check_rows(part.frame, part.series.kind, part.shown or source.shown, part.row, after=last.get(part.series))
        last[part.series] = int(part.frame["ts"].to_physical()[-1])
        yield part
    if not read:
        raise BadData(f"{source.shown} has no rows.", "Check that the download or export was complete.")
