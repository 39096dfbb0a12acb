"""When a backup was last made and read again, as `tradewind backup` writes it down; silence means that nobody knows."""

import contextlib
import json
from pathlib import Path

from tradewind.metrics.told import Told


def tell_backup(told: Told, data: Path) -> None:
    """The moment of the last good backup stands among the figures, if one is known."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        last = json.loads((data / "backups" / "last.json").read_text(encoding="utf-8"))
        told.gauge("tradewind_backup_last_success_timestamp_seconds", str(last["target"])).set(int(last["at_ns"]) / 1e9)
