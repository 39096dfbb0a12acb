"""What can be wrong with a journal, in words a person can act on, and the codes of SQLite they stand for."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tradewind.errors import TradewindError

BUSY, LOCKED, READ_ONLY, IO_ERROR, CORRUPT, FULL, CONSTRAINT, NOT_A_DATABASE = 5, 6, 8, 10, 11, 13, 19, 26
"""Primary result codes: https://www.sqlite.org/rescode.html"""


class Damage(NamedTuple):
    """Where a journal stops being what was written."""

    commit: int
    """The first commit that is not whole."""
    good: int
    """The last commit before it: up to here everything is as it was written. 0: nothing is."""
    known: int
    """The last commit that is known to have been made."""
    what: str
    later: bool = False
    """Later commits can be read: the damage is in the middle."""
    repairable: bool = False
    """Only the end is damaged, and what stands before it can be kept without asking."""


class BadJournal(TradewindError):  # noqa: N818 - reads as the sentence it prints
    """The journal is not what was written; nothing was changed or deleted. `damage` says where."""

    def __init__(self, message: str, hint: str = "", damage: Damage | None = None) -> None:
        super().__init__(message, hint)
        self.damage = damage


class JournalFailed(TradewindError):  # noqa: N818 - reads as the sentence it prints
    """A commit may or may not be on the disk. This object refuses everything from now on: start again from the file."""


class JournalBusy(TradewindError):  # noqa: N818 - reads as the sentence it prints
    """Another process locked the database for too long. Nothing was written and nothing is lost: commit again."""


class Fenced(TradewindError):  # noqa: N818 - reads as the sentence it prints
    """Another leader has taken over: whoever gets this may not write, send or renew any more."""


def code_of(error: sqlite3.Error) -> int:
    """Return the primary result code of an error of SQLite, 0 where it has none."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def bad(path: Path | str, damage: Damage, advice: str = "restore a backup, or accept what is good") -> BadJournal:
    """Return the error that tells a person of a damage."""
    lost = damage.known - damage.good
    good = f"Commits 1 to {damage.good} are good" if damage.good else "No commit is good"
    rest = f", {lost} after them {'is' if lost == 1 else 'are'} not" if lost > 0 else ""
    return BadJournal(
        f"The journal {path} is not what was written, from commit {damage.commit} on: {damage.what}.",
        f"{good}{rest}. Nothing was changed: {advice}.",
        damage,
    )


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """Errors of files and of SQLite leave as BadJournal or JournalBusy."""
    try:
        yield
    except sqlite3.Error as error:
        if code_of(error) in (BUSY, LOCKED):
            raise JournalBusy(f"{path} is locked: {error}.", "Find what holds it, then try again.") from error
        raise BadJournal(f"{path} cannot be read: {error}.", "Open it again: that says what is good.") from error
    except OSError as error:
        raise BadJournal(f"{path} cannot be used: {error}.", "Mend the folder or free the disk.") from error
