"""Putting rows right on their way in, where the user asks for it; what was done is a note of the import.

Without being asked nothing is repaired: a row that cannot be is refused by name, because a file with one wrong row
often has others that look right.
"""

from collections.abc import Callable, Collection, Iterator

import polars as pl

from tradewind.data.checks import impossible
from tradewind.data.importers.parsed import Part, Reading
from tradewind.data.series import BARS, Series
from tradewind.errors import UnknownName


def sort(frame: pl.DataFrame, _kind: str) -> pl.DataFrame:
    """Return the rows by time; rows of one time stay in their order."""
    return frame.sort("ts", maintain_order=True)


def duplicates(frame: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Return bars with the last of each time only, ticks with the first of equal ones that follow each other."""
    if kind == BARS:
        return frame.unique("ts", keep="last", maintain_order=True)
    return frame.filter(pl.struct(pl.all()).rle_id().diff().fill_null(1) != 0)


def without_impossible(frame: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Return the rows whose prices can be."""
    return frame.filter(~impossible(frame, kind))


REPAIRS: dict[str, tuple[Callable[[pl.DataFrame, str], pl.DataFrame], str]] = {
    "impossible": (without_impossible, "{} impossible rows dropped"),
    "sort": (sort, "rows sorted by time"),
    "duplicates": (duplicates, "{} repeated rows dropped"),
}
"""In the order in which they are done."""


def repaired(reading: Reading, repairs: Collection[str]) -> Iterator[Part]:
    """Yield the parts; with repairs each series in one part, because its rows must be seen together."""
    for name in repairs:
        if name not in REPAIRS:
            raise UnknownName("repair", name, REPAIRS)
    if not repairs:
        yield from reading.parts
        return
    together: dict[Series, list[Part]] = {}
    for part in reading.parts:
        together.setdefault(part.series, []).append(part)
    for series, parts in together.items():
        frame = pl.concat([part.frame for part in parts])
        for name, (repair, note) in REPAIRS.items():
            if name in repairs:
                mended = repair(frame, series.kind)
                if not mended.equals(frame):
                    reading.left_out += frame.height - mended.height
                    reading.notes.append(f"{series.side}: " + note.format(frame.height - mended.height))
                frame = mended
        yield Part(series, frame, parts[0].row)
