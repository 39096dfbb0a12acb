"""Where the benchmark keeps what it can make again: tapes, peers' environments, tables of results."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def cache_folder() -> Path:
    """Return our folder under $TRADEWIND_CACHE, $XDG_CACHE_HOME or ~/.cache, beside the kernel's."""
    base = os.environ.get("TRADEWIND_CACHE") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "tradewind" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
