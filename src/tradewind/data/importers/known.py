"""What was imported before: a file that is known by its name and its content is not read again.

The store remembers with each series the files it came from. A file counts as known only if all it holds is stored,
in the way that is wanted now: an import may have ended between two series of a file, or read it by another clock.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tradewind.data.importers.parsed import Stated, clock_name
from tradewind.data.importers.sources import digest
from tradewind.data.series import History, Series


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


def known_files(history: History) -> Known:
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


def is_stored(before: Sequence[tuple[ImportSummary, Mapping[str, Any]]]) -> bool:
    """Answer whether all that a file holds is stored: an import may have ended between two of its series."""
    sides = {(summary.member, summary.series.side) for summary, _ in before}
    wanted = {(facts["member"], side) for _, facts in before for side in facts["rows"]}
    members = {member for member, _ in sides}
    return bool(before) and sides == wanted and len(members) == max(facts.get("members", 1) for _, facts in before)


def is_as_stated(summary_of: tuple[ImportSummary, Mapping[str, Any]], stated: Stated) -> bool:
    """Answer whether what is stated now was stated, or found, then."""
    summary, facts = summary_of
    series = summary.series
    pairs = (
        (stated.symbol, series.symbol), (stated.side and stated.side.lower(), series.side), (stated.feed, series.feed),
        (stated.timeframe, series.timeframe), (stated.clock and clock_name(stated.clock), summary.clock),
    )  # fmt: skip
    return ways(stated) == facts.get("ways", {}) and all(said is None or said == found for said, found in pairs)


def ways(stated: Stated) -> dict[str, str]:
    """Return what is stated that changes the rows of a file."""
    said = {
        "scale": f"{stated.scale.normalize():f}" if stated.scale else None, "stamp": stated.stamp,
        "mapping": digest([stated.mapping]) if stated.mapping else None,
    }  # fmt: skip
    return {name: value for name, value in said.items() if value is not None}
