"""Examining files before they are imported: read as an importer reads them, but nothing refused and nothing stored.

Without a clock stated the times are taken as they stand, and the examination says whose they are.
"""

from pathlib import Path

import polars as pl

from tradewind.data.doctor.examine import Examined, examine_parts, instrument_of
from tradewind.data.doctor.finding import Subject
from tradewind.data.importers import readings
from tradewind.data.importers.parsed import Stated
from tradewind.data.series import Series
from tradewind.errors import TradewindError
from tradewind.markets.instruments import Profile


def examine_file(path: Path, stated: Stated, profile: Profile | None = None) -> list[Examined]:
    """Return what is wrong with every series in a file."""
    try:
        parts, clock = _read(path, stated)
    except TradewindError:
        if stated.clock is not None:
            raise
        parts, clock = _read(path, stated._replace(clock="UTC"))
    found = []
    for series, frames in parts.items():
        subject = Subject(series, clock, instrument_of(profile, series.symbol))
        found.append(examine_parts(frames, subject))
    return found


def _read(path: Path, stated: Stated) -> tuple[dict[Series, list[pl.DataFrame]], str]:
    parts: dict[Series, list[pl.DataFrame]] = {}
    clock = "UTC"
    for _, _, reading in readings(path, stated):
        clock = reading.clock
        for part in reading.parts:
            parts.setdefault(part.series, []).append(part.frame)
    return parts, clock
