"""How rows are laid out: what is written in one layout is never read as if it were another."""

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np  # noqa: TC002 - a type, cheap because everybody has it loaded

from tradewind.adapters.journal.faults import BadJournal

UPGRADE = "Open it with the version that wrote it, or begin a new journal."


class Layouts(NamedTuple):
    """How rows are stored, by log."""

    itemsizes: Mapping[str, int]
    hashes: Mapping[str, str]


class OtherLayout(BadJournal):
    """Rows are laid out differently from those of this version."""


def layout_of(dtype: "np.dtype[Any]") -> str:
    """Return a hash of the names, types and places of a record's fields."""
    fields = [] if dtype.fields is None else [(name, *map(str, dtype.fields[name][:2])) for name in dtype.names or ()]
    return hashlib.blake2b(repr((dtype.itemsize, fields)).encode(), digest_size=16).hexdigest()


def new_logs(stored: Mapping[str, str], layouts: Mapping[str, str]) -> list[str]:
    """Return the logs that are not stored yet; raise OtherLayout where rows were written in another layout than now."""
    for log, layout in stored.items():
        if log not in layouts:
            raise OtherLayout(f"The journal has a log {log!r}, which is not known here.", UPGRADE)
        if layouts[log] != layout:
            raise OtherLayout(f"The rows of the journal's log {log!r} have other fields than those given.", UPGRADE)
    return sorted(set(layouts) - set(stored))
