"""What a bad day needs: a backup that is young enough, and files that this version can read.

A file written by a later version is bad: reading it with this one could lose what that one added.
"""

import json
import sqlite3
import time
from contextlib import closing

from tradewind.adapters.entrance.database import VERSION as ENTRANCE
from tradewind.adapters.job_store import VERSION as JOBS
from tradewind.adapters.ledger import VERSION as LEDGER
from tradewind.adapters.sqlite import VERSION as RUNS
from tradewind.doctor.finding import BAD, GOOD, UNUSED, WARNING, Finding
from tradewind.settings import Settings

HOUR_S = 3_600
OLD_H = 26
CURE = "tradewind backup --to FOLDER --keep 7d,4w,12m"
KNOWN = {"entrance.sqlite": ENTRANCE, "jobs.sqlite": JOBS, "trials.sqlite": LEDGER, "runs.sqlite": RUNS}


def backups(settings: Settings) -> list[Finding]:
    """Return how old the last backup is; practice may do without."""
    path = settings.data / "backups" / "last.json"
    live = settings.trader.mode == "live"
    if not path.is_file():
        if not live:
            return [Finding("backups", "last", UNUSED, "none was made, and nothing trades real money")]
        return [Finding("backups", "last", WARNING, "None is known.", CURE)]
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        age_s, target = (time.time_ns() - int(told["at_ns"])) / 1e9, str(told["target"])
    except (OSError, ValueError, KeyError, TypeError):
        return [Finding("backups", "last", BAD, f"{path} cannot be read.", CURE)]
    says, limit = f"{target}, {age_s / HOUR_S:.0f} hours ago", f"{OLD_H} h"
    if not 0 <= age_s <= OLD_H * HOUR_S:
        return [Finding("backups", "last", WARNING, says, CURE, age_s, limit)]
    return [Finding("backups", "last", GOOD, says, "", age_s, limit)]


def formats(settings: Settings) -> list[Finding]:
    """Return the files of the data folder that a later version wrote, or that none is."""
    found, seen = [], 0
    for name, ours in KNOWN.items():
        for path in [settings.data / name, *settings.data.glob(f"*/{name}")]:
            if not path.is_file():
                continue
            seen += 1
            try:
                with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=1.0)) as database:
                    theirs = int(database.execute("PRAGMA user_version").fetchone()[0])
            except sqlite3.Error as error:
                says = f"{path} cannot be read: {error}."
                found.append(Finding("formats", name, BAD, says, "Bring it back from a backup."))
                continue
            if theirs > ours:
                says = f"{path} has version {theirs}, this program knows {ours}."
                found.append(Finding("formats", name, BAD, says, "Run `pip install --upgrade tradewind`."))
    if not found and not seen:
        return [Finding("formats", "files", UNUSED, "there is none yet")]
    return found or [Finding("formats", "files", GOOD, f"{seen} files, none of a later version")]
