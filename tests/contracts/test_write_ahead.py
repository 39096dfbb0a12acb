"""A SQLite database that several processes open for the first time at the same moment."""

import multiprocessing
import sqlite3
import time

from tradewind.adapters.wal import write_ahead

OPENERS = 6
ROUNDS = 8
WITHIN_S = 10.0


def switch(path, at, answers):
    """Open the database at a moment and tell what came of it."""
    while time.time() < at:
        pass
    try:
        database = sqlite3.connect(path, timeout=WITHIN_S, isolation_level=None)
        write_ahead(database, WITHIN_S)
        database.execute("CREATE TABLE IF NOT EXISTS rows (row)")
    except sqlite3.Error as error:
        answers.put(str(error))
    else:
        answers.put("")


def test_whoever_opens_it_first_nobody_is_told_that_it_is_locked(tmp_path):
    """SQLite answers so at once when two switch together: 21 of 360 did, with the bare pragma."""
    context = multiprocessing.get_context("fork")
    for number in range(ROUNDS):
        answers, at = context.Queue(), time.time() + 0.05
        openers = [
            context.Process(target=switch, args=(tmp_path / f"{number}.sqlite", at, answers)) for _ in range(OPENERS)
        ]
        for opener in openers:
            opener.start()
        assert [answers.get(timeout=60) for _ in openers] == [""] * OPENERS
        for opener in openers:
            opener.join()
