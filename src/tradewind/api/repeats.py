"""Requests that act carry an `Idempotency-Key`: sent again, they get the first answer and nothing happens twice.

The key is claimed before anything is done. A request whose answer is not known, because the API died meanwhile, is
refused with 409 and may be looked into: it is not carried out a second time by guessing.
"""

import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from tradewind.adapters.entrance.scopes import Principal
from tradewind.api.house import House
from tradewind.api.problems import Problem
from tradewind.errors import TradewindError

HEADER = "idempotency-key"
KEPT_NS = 2 * 86_400 * 1_000_000_000
_KEY = re.compile(r"[\x21-\x7e]{8,200}")


async def once(
    house: House, request: Request, who: Principal, act: Callable[[], Awaitable[tuple[int, Mapping[str, Any]]]]
) -> Response:
    """Return the answer of `act` (status and document), carried out once for the request's key."""
    key = request.headers.get(HEADER, "")
    if not _KEY.fullmatch(key):
        raise Problem(400, "What acts needs a key of its own.", f"Send {HEADER}: 8 to 200 letters, new for each wish.")
    row = (who.name, f"{request.method} {request.url.path}", key)
    body = hashlib.sha256(await request.body()).digest()
    before = _claim(house, row, body)
    if before is not None:
        return _again(before, body)
    try:
        status, document = await act()
    except (Problem, TradewindError):
        _forget(house, row)  # it was refused before anything was done; of any other end nobody knows that
        raise
    answer = json.dumps(document).encode()
    with house.entrance.opened() as database:
        database.execute(
            "UPDATE answers SET status = ?, answer = ? WHERE who = ? AND route = ? AND key = ?", (status, answer, *row)
        )
    return JSONResponse(document, status)


def _claim(house: House, row: tuple[str, str, str], body: bytes) -> tuple[bytes, int | None, bytes] | None:
    """The key is ours; or return what was answered to it before."""
    with house.entrance.opened() as database:
        database.execute("DELETE FROM answers WHERE made_ns < ?", (house.now() - KEPT_NS,))
        query = "SELECT body, status, answer FROM answers WHERE who = ? AND route = ? AND key = ?"
        found: tuple[bytes, int | None, bytes] | None = database.execute(query, row).fetchone()
        if found is None:
            database.execute(
                "INSERT INTO answers (who, route, key, body, made_ns) VALUES (?, ?, ?, ?, ?)", (*row, body, house.now())
            )
    return found


def _again(before: tuple[bytes, int | None, bytes], body: bytes) -> Response:
    if before[0] != body:
        raise Problem(422, "The key was used for another wish.", "Send a new key.")
    if before[1] is None:
        raise Problem(409, "The first request with this key has no answer yet.", "See what became of it; then decide.")
    return Response(before[2], before[1], {"idempotency-replayed": "true"}, "application/json")


def _forget(house: House, row: tuple[str, str, str]) -> None:
    with house.entrance.opened() as database:
        database.execute("DELETE FROM answers WHERE who = ? AND route = ? AND key = ? AND status IS NULL", row)
