"""The live journal: what happened and what was wanted, durable before anything is sent.

account/journal.sqlite        blocks of rows and notes, each chained to the one before by a hash
account/journal.watermark     how far it reached, so that an older copy is not taken for the newest
account/journal.snapshots/    states to begin a recovery from; they may all be lost
account/journal.reserve       room for the last commits once the disk is full
account/journal.lock          held by the one process that writes
account/journal.quarantine-1/ what was damaged, as it was found
"""

from tradewind.adapters.journal.chain import content_digest
from tradewind.adapters.journal.chained import ChainedJournal, Position
from tradewind.adapters.journal.faults import BadJournal, Damage, Fenced, JournalBusy, JournalFailed
from tradewind.adapters.journal.reading import Note
from tradewind.adapters.journal.store import SqliteJournal

__all__ = [
    "BadJournal",
    "ChainedJournal",
    "Damage",
    "Fenced",
    "JournalBusy",
    "JournalFailed",
    "Note",
    "Position",
    "SqliteJournal",
    "content_digest",
]
