"""A log shown a page at a time: rows are known by their sequence, which never changes because logs only grow."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from tradewind.results.columns import Integers
from tradewind.results.printing import plain

MOST = 500


class Page(NamedTuple):
    """Some rows of a log."""

    items: Sequence[dict[str, Any]]
    """Newest first; after a sequence, oldest first."""
    next: int | None
    """The sequence to go on from, in the same direction; None at the end."""
    newest: int | None
    """The sequence of the newest row there is."""


class Cut(NamedTuple):
    """Which rows are wanted: the newest before a sequence, or the oldest after one."""

    limit: int = 50
    before: int | None = None
    after: int | None = None


EMPTY = Page((), None, None)


def page_of(sequences: Integers, cut: Cut, show: Callable[[Integers], Sequence[dict[str, Any]]]) -> Page:
    """Return the rows of a cut; `sequences` grow, `show` is given places among them and returns their rows."""
    limit = min(max(cut.limit, 1), MOST)
    newest = int(sequences[-1]) if len(sequences) else None
    if cut.after is not None:
        first = int(np.searchsorted(sequences, cut.after, "right"))
        places = np.arange(first, min(first + limit, len(sequences)))
        more = first + limit < len(sequences)
    else:
        end = len(sequences) if cut.before is None else int(np.searchsorted(sequences, cut.before, "left"))
        places = np.arange(max(0, end - limit), end)
        more = end > limit
    rows = [{"sequence": int(sequences[place]), **row} for place, row in zip(places, show(places), strict=True)]
    if cut.after is None:
        rows.reverse()
    return Page(rows, rows[-1]["sequence"] if more and rows else None, newest)


def rows_of(table: Any) -> list[dict[str, Any]]:
    """Return the rows of a table as JSON has them."""
    return [plain(row) for row in table.to_dicts()]
