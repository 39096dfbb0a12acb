"""Calendar entries as rows of EVENT: the one place that knows their order and their bytes.

A tape and a live calendar both take them from here, so that what a run was told in advance is the same in both.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tradewind.kernel.records import EVENT, EVENT_KINDS

_KINDS = {name: kind for kind, name in EVENT_KINDS.items()}


def calendar_rows(entries: Sequence[Any]) -> np.ndarray[Any, Any]:
    """Return calendar entries as rows, by time and, within an instant, by kind; equals stay as they came.

    An entry is a named tuple whose `kind` names a kind of event and whose other fields are fields of EVENT.
    """
    rows = np.zeros(len(entries), dtype=EVENT)
    kinds = np.array([_KINDS[entry.kind] for entry in entries], dtype=np.int64)
    rows["kind"] = kinds
    for kind in np.unique(kinds).tolist():
        places = np.flatnonzero(kinds == kind)
        names = [name for name in entries[places[0]]._fields if name != "kind"]
        values = np.array([[getattr(entries[place], name) for name in names] for place in places.tolist()])
        for name, column in zip(names, values.T, strict=True):
            rows[name][places] = column
    return rows[np.lexsort((kinds, rows["ts"]))]
