"""SQLite's write-ahead log, switched on by several processes at once."""

import sqlite3
import time

AGAIN_S = 0.01


def write_ahead(database: sqlite3.Connection, within_s: float) -> None:
    """The database is in WAL mode, whoever else opens it just now; raises sqlite3.OperationalError after `within_s`.

    Two that switch together are told "locked" at once: SQLite's own busy timeout does not cover this step.
    """
    deadline = time.monotonic() + within_s
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(AGAIN_S)
        else:
            return
