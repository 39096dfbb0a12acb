"""A journal from a backup begins another life: its order ids are none that were ever given.

What was traded after the backup is not in it, but at the broker it is, under ids that hold the epochs of those lives.
Epochs count starts; so a restored journal jumps ahead to the minutes since 2020, which no count of starts reaches, and
a second restore of the same backup jumps further.
"""

import time
from pathlib import Path

from tradewind.live.folder import account_folder
from tradewind.live.start import ON_A_SERVER, open_journal
from tradewind.settings import Settings

RESTORED = "restored"
MINUTE = 60_000_000_000
BEGINNING = 1_577_836_800_000_000_000
"""2020-01-01, ns UTC."""


def begin_other_lives(settings: Settings) -> list[str]:
    """Every account that these settings keep goes on with an epoch of its own; return their names.

    Raises BadJournal where one is damaged.
    """
    on_a_server = settings.ports.journal != "sqlite"
    found = []
    for folder in sorted(Path(settings.data).glob("accounts/*")):
        kept = (folder / ON_A_SERVER).exists() if on_a_server else (folder / "journal.sqlite").exists()
        if kept:
            begin_another_life(settings, folder.name)
            found.append(folder.name)
    return found


def begin_another_life(settings: Settings, account: str) -> int:
    """The journal goes on with an epoch that nobody had; return it."""
    now = time.time_ns()
    with open_journal(settings, account_folder(Path(settings.data), account)) as journal:
        former = journal.newest_epoch()
        epoch = max(former + 1, (now - BEGINNING) // MINUTE)
        journal.note(RESTORED, {"epoch": epoch, "former": former, "ts": now})
        journal.commit(epoch)
    return epoch
