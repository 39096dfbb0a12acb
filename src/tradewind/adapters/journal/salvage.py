"""What is done about a damaged journal: what is good is kept, what is not is put aside as it was found.

The good commits are copied into a new file, which is made durable under another name before anything is touched. From
then on the exchange is finished by whoever opens the journal next, however often it is killed meanwhile. The new file
ends with a note of what was lost, written with the highest epoch that was ever known: no order id is given twice.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path

from tradewind.adapters.journal.chain import GENESIS, Block, sealed
from tradewind.adapters.journal.database import (
    blocks_after,
    build,
    companions,
    connect,
    is_damage,
    last_block,
)
from tradewind.adapters.journal.faults import BadJournal
from tradewind.adapters.journal.heads import NOTES, Head
from tradewind.adapters.journal.inspection import Files, Finding, mended_copy
from tradewind.adapters.journal.layouts import Layouts
from tradewind.adapters.journal.reading import note_payload
from tradewind.adapters.journal.snapshots import sync_folder
from tradewind.adapters.journal.watermark import Mark, Watermark

CUT = "journal cut"
"""The kind of the note."""


def salvage(files: Files, finding: Finding, layouts: Layouts, ts: int, *, most: bool) -> None:
    """The journal ends with its last good commit and a note; the damaged files lie in a quarantine folder.

    Unless `most` is asked for, which is what a person accepts, it raises BadJournal where less than the inspection
    found good can be kept.
    """
    if finding.damage is None:
        return
    quarantine = _quarantined(files)
    head = Head()
    new = files.beside(".unfinished")
    epoch = max(finding.head.epoch, finding.mark.epoch if finding.mark else 0)

    def blocks() -> Iterator[Block]:
        with mended_copy(files.database) as database:
            yield from good_blocks(head, database, layouts.itemsizes, finding.damage.good if finding.damage else 0)
        yield _note(head, finding, max(epoch, head.epoch), ts, quarantine.name)

    build(new, layouts.hashes, blocks())
    good = head.commit
    if good < finding.damage.good and not most:
        new.unlink()
        damage = finding.damage._replace(commit=good + 1, good=good, later=True, repairable=False)
        raise BadJournal(
            f"The journal {files.database} is damaged at its end and also in commit {good + 1}.",
            f"What was found lies in {quarantine}; restore a backup, or accept what stands before it.",
            damage,
        )
    new.replace(files.beside(".salvaged"))
    sync_folder(files.database.parent)
    finish(files)


def good_blocks(head: Head, database: sqlite3.Connection, itemsizes: Mapping[str, int], most: int) -> Iterator[Block]:
    """Yield the blocks of the commits up to `most` that are whole; `head` ends as the last of them."""
    waiting: list[Block] = []
    with suppress(StopIteration):
        blocks = blocks_after(database, 0)
        while head.commit < most:
            try:
                block = next(blocks)
            except Exception as error:
                if isinstance(error, StopIteration) or is_damage(error):
                    break
                raise
            if head.fault_of(block, itemsizes):
                break
            head.extend(block)
            waiting.append(block)
            if not block.remaining:
                yield from waiting
                waiting.clear()
    head.drop_unfinished()


def _note(head: Head, finding: Finding, epoch: int, ts: int, quarantine: str) -> Block:
    """Return the block that says what was lost, and extend the head by it."""
    damage = finding.damage
    document = {
        "good": head.commit,
        "lost": max(0, (damage.known if damage else 0) - head.commit),
        "known": damage.known if damage else 0,
        "what": damage.what if damage else "",
        "quarantine": quarantine,
    }
    end = head.end_of(NOTES)
    payload = note_payload(CUT, document)
    block = Block(head.seq + 1, head.commit + 1, 0, epoch, ts, NOTES, end.last, end.rows, 1, 0, b"", payload)
    return sealed(head.chain, block)


def finish(files: Files) -> None:
    """Where a journal was salvaged and not yet put in place, it is."""
    salvaged = files.beside(".salvaged")
    if not salvaged.exists():
        return
    with closing(connect(salvaged, 5.0, readonly=True)) as database:
        end = last_block(database)
    for name in companions(salvaged):
        name.unlink(missing_ok=True)
    Watermark(files.watermark, _mark(end)).close()
    for name in companions(files.database):
        name.unlink(missing_ok=True)
    sync_folder(files.database.parent)
    salvaged.replace(files.database)
    sync_folder(files.database.parent)


def _quarantined(files: Files) -> Path:
    """Return a new folder with durable copies of the files as they are."""
    number = 1
    while (folder := files.beside(f".quarantine-{number}")).exists():
        number += 1
    folder.mkdir()
    for name in (files.database, companions(files.database)[0], files.watermark):
        if name.exists():
            shutil.copyfile(name, folder / name.name)
            with (folder / name.name).open("rb+") as file:
                os.fsync(file.fileno())
    sync_folder(folder)
    sync_folder(files.database.parent)
    return folder


def copy_online(files: Files, copy: Files) -> None:
    """A copy of a journal that may be in use is durable, with its watermark; half of one has another name."""
    new = copy.beside(".unfinished")
    copy.database.parent.mkdir(parents=True, exist_ok=True)
    new.unlink(missing_ok=True)
    with closing(connect(files.database, 5.0, readonly=True)) as source, closing(sqlite3.connect(new)) as target:
        source.backup(target)
        end = last_block(target)
    with new.open("rb+") as file:
        os.fsync(file.fileno())
    Watermark(copy.watermark, _mark(end)).close()
    new.replace(copy.database)
    sync_folder(copy.database.parent)


def _mark(end: Block | None) -> Mark:
    return Mark(end.commit_number, end.seq, end.epoch, end.chain) if end else Mark(0, 0, 0, GENESIS)
