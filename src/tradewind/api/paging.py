"""Lists a page at a time: `items`, and `next`, a cursor that is given back to go on; none at the end."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import Query

from tradewind.api.problems import Problem

Cursor = Annotated[str | None, Query(max_length=80, pattern=r"^[0-9A-Za-z._:-]*$")]
Number = Annotated[int | None, Query(ge=0, le=2**62)]
"""A cursor that is a number."""
LONGEST = 18
"""Digits of a number that every database takes."""
Limit = Annotated[int, Query(ge=1, le=500)]


def page(items: Sequence[Any], limit: int, cursor_of: Callable[[Any], str]) -> dict[str, Any]:
    """Return the first `limit` items; where there are more, the cursor is that of the last one shown."""
    shown = list(items[:limit])
    return {"items": shown, "next": cursor_of(shown[-1]) if len(items) > limit else None}


def place(cursor: str | None, first: int) -> int:
    """Return the number a cursor stands for, `first` where there is none; a problem 422 for what was never one."""
    if not cursor:
        return first
    if not cursor.isdecimal() or len(cursor) > LONGEST:
        raise Problem(422, f"{cursor[:40]!r} is no cursor of this list.", "Give back `next` as it was told.")
    return int(cursor)
