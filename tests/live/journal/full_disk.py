"""Fill a small disk with a journal until nothing fits, and look at what is there; prints what happened.

full_disk.py FOLDER LIMIT     LIMIT: the largest file in bytes, 0: as large as the disk allows
"""

import resource
import sys
from pathlib import Path

from journal_cases import expected, opened, told, write

from tradewind.adapters.journal import JournalFailed


def main(folder, limit):
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    journal = opened(folder, reserve_bytes=128 << 10)
    assert not journal.low_on_disk
    low_at = 0
    while True:
        try:
            write(journal, 1)
        except JournalFailed as error:
            print(f"failed: {error}")
            break
        if journal.low_on_disk and not low_at:
            low_at = journal.position.commit
    durable = journal.position.commit
    for use in (journal.digest, journal.notes, lambda: journal.commit(1), lambda: write(journal, 1)):
        try:
            use()
        except JournalFailed:
            continue
        raise AssertionError("a journal that failed was used again")
    journal.close()
    print(f"low at {low_at}, failed after {durable}")
    assert limit or 0 < low_at < durable
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    look(folder, durable, room=limit > 0)


def look(folder, durable, *, room):
    """The journal is whole, and can be written to again where there is room."""
    with opened(folder, reserve_bytes=0) as journal:
        commit = journal.position.commit
        assert commit in (durable, durable + 1)
        assert told(journal) == expected(commit)
        assert journal.check() is None
        if room:
            write(journal, 1)
    print(f"whole: {durable}")


main(Path(sys.argv[1]), int(sys.argv[2]))
