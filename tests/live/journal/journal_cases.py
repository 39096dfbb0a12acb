"""Journals to try things on: small rows whose content follows from their number."""

import numpy as np

from tradewind.adapters.journal import SqliteJournal

EVENT = np.dtype([("number", "<i8"), ("ts", "<i8"), ("price", "<i8")])
COMMAND = np.dtype([("number", "<i8"), ("order", "<i8")])
DTYPES = {"events": EVENT, "commands": COMMAND}


def opened(folder, **options):
    """Return a journal in a folder; its clock stands still and its reserve is small."""
    options = {"clock": lambda: 1_000, "reserve_bytes": 4096, **options}
    return SqliteJournal.open(folder / "journal.sqlite", DTYPES, **options)


def events(first, count=1):
    """Return `count` events numbered from `first` on."""
    rows = np.zeros(count, EVENT)
    rows["number"] = np.arange(first, first + count)
    rows["ts"] = rows["number"] * 1_000_003
    rows["price"] = rows["number"] * 7_919 % 100_003
    return rows


def commands(number):
    rows = np.zeros(1, COMMAND)
    rows["number"], rows["order"] = number, number * 31
    return rows


def write(journal, commits, epoch=1):
    """So many commits were made, each of three events, a note and, every second time, a command."""
    for _ in range(commits):
        number = journal.position.commit + 1
        journal.append("events", events(number * 3, 3))
        if number % 2 == 0:
            journal.append("commands", commands(number))
        journal.note("turn", {"number": number})
        assert journal.commit(epoch) == number


def turn(number):
    """Return what `tail` gives of one commit that `write` made, in plain values."""
    given = [("commands", commands(number).tobytes())] if number % 2 == 0 else []
    return [("events", events(number * 3, 3).tobytes()), *given, ("notes", ("turn", {"number": number}))]


def expected(commits):
    """Return what `tail` gives of a journal that `write` wrote, in plain values."""
    return [each for number in range(1, commits + 1) for each in turn(number)]


def told(journal, after=0):
    """Return what `tail` gives, in plain values, without what the journal itself noted."""
    plain = [
        (log, (item.kind, item.document) if log == "notes" else item.tobytes()) for log, item in journal.tail(after)
    ]
    return [each for each in plain if each[0] != "notes" or each[1][0] == "turn"]
