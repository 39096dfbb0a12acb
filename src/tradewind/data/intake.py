"""Files come into the history and before the doctor in one go.

Whose clock the times of a file are of must be stated, because labels lie. Where it is not, the doctor reads it from
the market itself and says so; with the clock `auto` what he is certain of is taken.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from tradewind.data.doctor import Record, record
from tradewind.data.doctor.examine import Examined, examine_parts, instrument_of
from tradewind.data.doctor.finding import Subject
from tradewind.data.importers import ImportSummary, Progress, Wishes, files_of, import_files, is_local, walls
from tradewind.data.importers.parsed import CLOCKS, Stated
from tradewind.data.series import History, Series
from tradewind.errors import BadData
from tradewind.markets.instruments import Profile
from tradewind.markets.loading import load_profile

AUTO = "auto"
ENOUGH = 3_000_000
"""So many rows of a file are looked at for its clock: years of minutes, weeks of ticks."""


class Taken(NamedTuple):
    """What became of each file, and what the doctor says of each series that now holds its rows."""

    summaries: list[ImportSummary]
    records: list[Record]


def take_in(
    paths: Iterable[Path | str], history: History, wishes: Wishes | None = None, progress: Progress | None = None
) -> Taken:
    """Store the rows of every file and examine the series they went into; raise BadData where a clock is missing."""
    wishes = wishes or Wishes()
    profile = load_profile(wishes.profile)
    summaries = []
    for clock, files in groupby(files_of(paths), lambda path: clock_for(path, wishes.stated, profile)):
        stated = wishes.stated._replace(clock=clock)
        summaries += import_files(list(files), history, wishes._replace(stated=stated), progress)
    series = dict.fromkeys(summary.series for summary in summaries if summary.rows)
    return Taken(summaries, examined(history, series, profile))


def examined(history: History, series: Iterable[Series], profile: Profile) -> list[Record]:
    """Return what the doctor says of stored series, each examined if it changed."""
    return [record(history, one, profile) for one in series]


def clock_for(path: Path, stated: Stated, profile: Profile) -> str | None:
    """Return the clock to read a file by: as stated, none where the file names its own, or what the doctor reads."""
    auto = stated.clock is not None and stated.clock.lower() == AUTO
    if (stated.clock is not None and not auto) or not is_local(path, stated._replace(clock=None)):
        return None if auto else stated.clock
    found = _read_clocks(path, stated._replace(clock=None), profile)
    names = {one.reading.clock for one in found if one.reading is not None and one.reading.certain}
    if auto and len(names) == 1:
        return names.pop()
    if auto:
        raise BadData(f"The clock of {path.name} cannot be told with certainty.{_told(found)}", f"State it: {CLOCKS}.")
    advice = f" --clock {AUTO} takes that." if len(names) == 1 else ""
    raise BadData(
        f"{path.name} does not say which clock its times are of.{_told(found)}{advice}",
        f"State it with --clock: {CLOCKS}.",
    )


def _read_clocks(path: Path, stated: Stated, profile: Profile) -> list[Examined]:
    """Return what the times of a file, as they stand, say of their clock; nothing where its rows cannot be read."""
    parts = walls(path, stated, ENOUGH)
    subjects = [Subject(part.series, "UTC", instrument_of(profile, part.series.symbol)) for part in parts]
    return [examine_parts([part.frame], subject) for part, subject in zip(parts, subjects, strict=True)]


def _told(found: Sequence[Examined]) -> str:
    """Return what the first series that says anything says."""
    for one in found:
        if one.reading is not None and one.reading.clock is not None:
            sure = "reads" if one.reading.certain else "may read"
            return " ".join([f" It {sure} as {one.reading.clock}.", *one.reading.evidence])
    return ""
