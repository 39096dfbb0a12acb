"""Which backups are kept: the newest of each of the last days, weeks and months; the newest of all is never deleted."""

import re
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tradewind.errors import BadSettings

NAME = re.compile(r"tradewind-(\d{8}T\d{12})Z\Z")
UNITS = {"d": "%Y-%m-%d", "w": "%G-%V", "m": "%Y-%m", "y": "%Y"}
RULE = re.compile(r"(\d{1,4})([dwmy])\Z")


def rules_of(text: str) -> tuple[tuple[int, str], ...]:
    """Return "7d,4w,12m" as numbers and units; BadSettings for anything else."""
    found = [RULE.match(part.strip()) for part in text.split(",")]
    if not all(found):
        raise BadSettings(f"--keep {text!r} is no rule.", "Write 7d,4w,12m: of so many days, weeks, months the newest.")
    return tuple((int(one[1]), one[2]) for one in found if one is not None)


def kept(moments: Sequence[datetime], rules: Sequence[tuple[int, str]]) -> set[datetime]:
    """Return the moments that the rules keep: of each of the newest so many days, weeks, months the newest."""
    found = {max(moments)} if moments else set()
    for count, unit in rules:
        newest: dict[str, datetime] = {}
        for one in sorted(moments):
            newest[one.strftime(UNITS[unit])] = one
        found |= set(sorted(newest.values(), reverse=True)[:count])
    return found


def prune(folder: Path, rules: Sequence[tuple[int, str]]) -> list[Path]:
    """Only backups that the rules keep are left in the folder, and what is no backup; return those that are gone."""
    there = {}
    for path in folder.iterdir():
        if (match := NAME.fullmatch(path.name)) is not None and path.is_dir():
            there[datetime.strptime(match[1], "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC)] = path
    gone = [there[moment] for moment in sorted(there.keys() - kept(list(there), rules))]
    for path in gone:
        shutil.rmtree(path)
    return gone
