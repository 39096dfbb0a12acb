"""Before a journal is used: it is made where there is none, finished where a kill left it half mended, and checked."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from tradewind.adapters.file_lock import FileLock
from tradewind.adapters.journal.database import build
from tradewind.adapters.journal.faults import Damage, bad
from tradewind.adapters.journal.heads import Head
from tradewind.adapters.journal.inspection import Files, inspect
from tradewind.adapters.journal.layouts import Layouts
from tradewind.adapters.journal.salvage import finish, salvage
from tradewind.adapters.journal.snapshots import sync_folder
from tradewind.adapters.journal.watermark import Watermark, mark_of


class Options(NamedTuple):
    """How a journal is opened."""

    clock: Callable[[], int] = time.time_ns
    """ns UTC; explains, never orders."""
    readonly: bool = False
    """Nothing is written or mended; another process may be writing."""
    exclusive: bool = True
    """A second writer is refused; without it only fencing stands between two."""
    accept: bool = False
    """A person has seen the damage: what is good is kept, the rest is put aside."""
    busy_s: float = 5.0
    reserve_bytes: int = 4 << 20


def lock(files: Files, now: int) -> FileLock:
    """Return the lock of the one process that writes."""
    since = datetime.fromtimestamp(now / 1e9, UTC).isoformat(timespec="seconds")
    return FileLock(files.beside(".lock"), f"The journal {files.database}", since)


def create(files: Files, layouts: Layouts) -> None:
    """An empty journal lies there; its watermark comes last, so what a kill leaves is made again."""
    new = files.beside(".unfinished")
    build(new, layouts.hashes)
    new.replace(files.database)
    Watermark(files.watermark, mark_of(Head())).close()
    sync_folder(files.database.parent)


def sound(files: Files, layouts: Layouts, options: Options) -> tuple[Head, Damage | None]:
    """Return where the journal ends and what was cut off, after making or mending it if that is allowed."""
    if not options.readonly:
        finish(files)
        if not files.database.exists() and not files.watermark.exists():
            create(files, layouts)
    finding = inspect(files, layouts.itemsizes, alone=not options.readonly)
    damage = finding.damage
    if damage is None:
        return finding.head, None
    allowed = (damage.repairable or options.accept) and not options.readonly
    if not allowed or not files.database.exists():
        raise bad(files.database, damage)
    salvage(files, finding, layouts, options.clock(), most=options.accept)
    again = inspect(files, layouts.itemsizes)
    if again.damage is not None:
        raise bad(files.database, again.damage)
    return again.head, damage
