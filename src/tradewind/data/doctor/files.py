"""Examining files before they are imported: read as an importer reads them, but nothing refused and nothing stored.

Without a clock stated the times are taken as they stand, and the examination says whose they are.
"""

from pathlib import Path

import polars as pl

from tradewind.data.doctor.examine import Examined, examine_parts, instrument_of
from tradewind.data.doctor.finding import NOTE, Subject, ordered
from tradewind.data.importers import readings
from tradewind.data.importers.parsed import Stated
from tradewind.data.series import Series
from tradewind.errors import TradewindError
from tradewind.markets.instruments import Profile

Parts = dict[Series, list[pl.DataFrame]]


def examine_file(path: Path, stated: Stated, profile: Profile | None = None) -> list[Examined]:
    """Return what is wrong with every series in a file."""
    try:
        parts, clock = _read(path, stated)
    except TradewindError:
        if stated.clock is not None:
            raise
        parts, clock = _read(path, stated._replace(clock="UTC"))
        return [_without_blame(one) for one in _examined(parts, clock, profile)]
    return _examined(parts, clock, profile)


def _examined(parts: Parts, clock: str, profile: Profile | None) -> list[Examined]:
    return [
        examine_parts(frames, Subject(series, clock, instrument_of(profile, series.symbol)))
        for series, frames in parts.items()
    ]


def _without_blame(done: Examined) -> Examined:
    """Return findings where nobody had said whose clock it is: then what it is found to be is no fault."""
    told = [
        one._replace(
            code="clock",
            severity=NOTE,
            evidence=one.evidence.replace("The times are not UTC but", "The times are those of"),
        )
        if one.code == "wrong-clock"
        else one
        for one in done.findings
    ]
    return done._replace(findings=ordered(told))


def _read(path: Path, stated: Stated) -> tuple[Parts, str]:
    parts: Parts = {}
    clock = "UTC"
    for _, _, reading in readings(path, stated):
        clock = reading.clock
        for part in reading.parts:
            parts.setdefault(part.series, []).append(part.frame)
    return parts, clock
