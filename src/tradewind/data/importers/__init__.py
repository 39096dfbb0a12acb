"""Bringing files into the history: recognise the vendor, understand, check every row, store.

Each vendor is one module with `recognises(path, head)` and `read(path, head, stated)`. A file is stored
whole or not at all, and storing it again changes nothing; files are independent of each other, so a bad one
among many stops the import at that file and what came before it stays.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from tradewind import money
from tradewind.data.checks import check_rows
from tradewind.data.importers import curated, histdata, metatrader
from tradewind.data.importers.parsed import Parsed, Stated
from tradewind.data.series import BARS, SYNTHETIC, TICKS, History, Series
from tradewind.errors import BadData, TradewindError, UnknownName
from tradewind.markets.instruments import Profile
from tradewind.markets.loading import load_profile

VENDORS = (curated, metatrader, histdata)

_HEAD = 4096
_SUFFIXES = (".parquet", ".csv", ".txt")
_PRICES = {BARS: ("open", "high", "low", "close"), TICKS: ("bid", "ask")}

Progress = Callable[[int, int, Path], None]
"""Called before each file with its number from 1, how many there are, and its path."""


class ImportSummary(NamedTuple):
    """What became of one file; times are ns UTC."""

    path: Path
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

    @property
    def nothing_new(self) -> bool:
        """Whether every row was stored already."""
        return not self.new and not self.changed


def import_files(
    paths: Iterable[Path | str],
    history: History,
    *,
    symbol: str | None = None,
    clock: str | None = None,
    side: str | None = None,
    feed: str | None = None,
    profile: str | Path = "metatrader",
    progress: Progress | None = None,
) -> list[ImportSummary]:
    """Store the rows of every file (of every folder: the files in it) and return what was found in each.

    What is stated here wins over what a file says of itself; `clock` is needed for files with local times.
    The broker profile serves to count prices that are not on the grid of ticks.
    """
    files = list(_files(paths))
    stated = Stated(symbol, clock, side, feed)
    broker = load_profile(profile)
    summaries = []
    for number, path in enumerate(files, 1):
        if progress is not None:
            progress(number, len(files), path)
        summaries.append(_import(path, history, stated, broker))
    return summaries


def _files(paths: Iterable[Path | str]) -> Iterator[Path]:
    for path in map(Path, paths):
        if path.is_dir():
            inside = sorted(file for file in path.iterdir() if file.suffix in _SUFFIXES)
            if not inside:
                raise TradewindError(f"The folder {path} has no {', '.join(_SUFFIXES)} files.", "Name another folder.")
            yield from inside
        else:
            yield path


def _import(path: Path, history: History, stated: Stated, profile: Profile) -> ImportSummary:
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
            file.seek(0)
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise TradewindError(
            f"{path} cannot be read: {error.strerror}.", "Check its path and its permissions."
        ) from error
    if not head:
        raise TradewindError(f"{path} is empty.", "Check that the download or export was complete.")
    vendor = next((module for module in VENDORS if module.recognises(path, head)), None)
    if vendor is None:
        names = ", ".join(module.NAME for module in VENDORS)
        raise TradewindError(f"{path} is of no known kind; it begins {head[:40]!r}.", f"Known kinds: {names}.")
    parsed = vendor.read(path, head, stated)
    _check_not_disguised(path, parsed.series.feed)
    check_rows(parsed.frame, parsed.series.kind, path.name, parsed.first_row)
    times = parsed.frame["ts"].to_physical()
    facts = {"rows": len(times), "first": int(times[0]), "last": int(times[-1]), "sha256": sha256}
    provenance = {"file": path.name, "vendor": vendor.NAME, "clock": parsed.clock, "side": parsed.series.side}
    written = history.write(parsed.series, parsed.frame, provenance | facts)
    return ImportSummary(
        path, vendor.NAME, parsed.series, parsed.clock, len(times), int(times[0]), int(times[-1]), sha256,
        written.new, written.changed, _off_grid(parsed, profile), parsed.left_out, parsed.notes,
    )  # fmt: skip


def _check_not_disguised(path: Path, feed: str) -> None:
    """Refuse to give made-up prices the name of a real feed; real ones may be called synthetic."""
    words = set(re.split(r"[^a-z0-9]+", path.stem.lower()))
    if SYNTHETIC in words and feed != SYNTHETIC:
        raise BadData(
            f"{path.name} says that its prices were made up; they cannot be imported as feed {feed!r}.",
            f"Leave the feed out, or state {SYNTHETIC}.",
        )
    if SYNTHETIC in feed.lower() and feed != SYNTHETIC:
        raise BadData(f"The feed {feed!r} looks like made-up prices but is not called so.", f"Call it {SYNTHETIC}.")


def _off_grid(parsed: Parsed, profile: Profile) -> int | None:
    """Count the prices that lie between two ticks of the profile's instrument."""
    try:
        tick_size = profile.instrument(parsed.series.symbol).tick_size
    except UnknownName:
        return None
    prices = (parsed.frame[name].to_numpy() for name in _PRICES[parsed.series.kind])
    return sum(money.ticks_array(column, tick_size)[1] for column in prices)
