"""Lists a page at a time: `items`, and `next`, a cursor that is given back to go on; none at the end."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import Query

Cursor = Annotated[str | None, Query(max_length=80, pattern=r"^[0-9A-Za-z._:-]*$")]
Number = Annotated[int | None, Query(ge=0, le=2**62)]
"""A cursor that is a number."""
Limit = Annotated[int, Query(ge=1, le=500)]


def page(items: Sequence[Any], limit: int, cursor_of: Callable[[Any], str]) -> dict[str, Any]:
    """Return the first `limit` items; where there are more, the cursor is that of the last one shown."""
    shown = list(items[:limit])
    return {"items": shown, "next": cursor_of(shown[-1]) if len(items) > limit else None}
