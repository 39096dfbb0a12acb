"""OANDA v20 with the standard library: list, cancel, close, over one connection that is kept.

One connection, because OANDA takes two new ones a second (urllib would open one a request). What protects: orders
that belong to a trade (TAKE_PROFIT, STOP_LOSS, GUARANTEED_STOP_LOSS, TRAILING_STOP_LOSS, and types we do not know
that name a trade), and orders that may only reduce (positionFill REDUCE_ONLY). Everything else may open, and goes.
"""

import contextlib
import http.client
import json
import ssl
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

from tradewind.errors import BadSettings
from tradewind.watchdog.dealings import Hands, NotDone, Order, Trade
from tradewind.watchdog.keys import Key

STOPS = ("STOP_LOSS", "GUARANTEED_STOP_LOSS", "TRAILING_STOP_LOSS")
_STOP_FIELDS = ("stopLossOrder", "guaranteedStopLossOrder", "trailingStopLossOrder")
_LARGEST = 16_777_216
_FOUND = (200, 201)
_GONE = 404


class Wire:
    """One connection to the account; requests one after another, each with a bound in time."""

    def __init__(self, key: Key, timeout_s: float = 3.0) -> None:
        kind = "practice" if key.practice else "trade"
        parts = urlsplit(key.url or f"https://api-fx{kind}.oanda.com")
        host, port = parts.hostname or "", parts.port
        if parts.scheme == "https":
            tls = ssl.create_default_context()
            self._line: http.client.HTTPConnection = http.client.HTTPSConnection(
                host, port, timeout=timeout_s, context=tls
            )
        else:
            self._line = http.client.HTTPConnection(host, port, timeout=timeout_s)
        self._token = key.token
        self._path = f"{parts.path.rstrip('/')}/v3/accounts/{quote(key.account, safe='')}"

    def close(self) -> None:
        """The connection is closed."""
        self._line.close()

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, Any]]:
        """Return the status and the JSON object answered; NotDone where there is none."""
        for fresh in (False, True):
            try:
                status, text = self._exchange(method, path, body)
                break
            except (OSError, http.client.HTTPException) as error:
                # A kept connection may have been closed behind our back; everything asked here may be asked twice.
                self._line.close()
                if fresh or isinstance(error, TimeoutError):
                    raise NotDone(f"no answer ({_words(error)})", silent=True) from None
        if status in (401, 403):
            raise NotDone(f"the broker refuses our key ({status})")
        try:
            told = json.loads(text)
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, dict):
            raise NotDone(f"an answer that is no OANDA answer ({status})")
        return status, told

    def _exchange(self, method: str, path: str, body: object) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {self._token.reveal()}", "Content-Type": "application/json"}
        payload = None if body is None else json.dumps(body)
        self._line.request(method, self._path + path, payload, headers)
        answer = self._line.getresponse()
        text = answer.read(_LARGEST + 1)
        if len(text) > _LARGEST:
            raise http.client.HTTPException("the answer has no end")
        return answer.status, text


@contextlib.contextmanager
def connect(key: Key) -> Iterator[Hands]:
    """Yield what can be done in the account of the key."""
    if not key.account or not key.token:
        raise BadSettings("The key file has no account or no token.", 'OANDA needs account = "..." and token = "...".')
    wire = Wire(key)
    try:
        yield Hands(
            orders=lambda: _orders(wire),
            trades=lambda: _trades(wire),
            cancel=lambda order: _cancel(wire, order),
            close=lambda trade: _close(wire, trade),
        )
    finally:
        wire.close()


def _words(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "time ran out"
    return (error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__)[:100]


def _listed(wire: Wire, path: str, name: str) -> list[dict[str, Any]]:
    """Return the whole list answered; anything unclear in it raises, because half a list proves nothing."""
    status, told = wire.ask("GET", path)
    rows = told.get(name)
    if status not in _FOUND or not isinstance(rows, list):
        raise NotDone(f"{path[1:]}: {status} {_told(told)}".strip())
    if not all(isinstance(row, dict) and isinstance(row.get("id"), str) and row["id"].isdigit() for row in rows):
        raise NotDone(f"{path[1:]}: the broker lists something without an id")
    return rows


def _orders(wire: Wire) -> list[Order]:
    return [read_order(row) for row in _listed(wire, "/pendingOrders", "orders")]


def _trades(wire: Wire) -> list[Trade]:
    return [read_trade(row) for row in _listed(wire, "/openTrades", "trades")]


def read_order(row: dict[str, Any]) -> Order:
    """Return an order of the broker's list as the watchdog sees it."""
    kind, trade = _plain(row.get("type")) or "order", _plain(row.get("tradeID"))
    protective = bool(trade) or kind == "TAKE_PROFIT" or kind in STOPS or row.get("positionFill") == "REDUCE_ONLY"
    parts = [kind, _plain(row.get("units")), _plain(row.get("instrument"))]
    parts += [f"at {price}" for price in [_plain(row.get("price"))] if price]
    parts += [f"of trade {trade}" for _ in [trade] if trade]
    return Order(
        row["id"],
        f"{' '.join(part for part in parts if part)} (order {row['id']})",
        protective=protective,
        stop=kind in STOPS and bool(trade),
        trade=trade,
    )


def read_trade(row: dict[str, Any]) -> Trade:
    """Return an open trade of the broker's list as the watchdog sees it."""
    stops = [row[name] for name in _STOP_FIELDS if isinstance(row.get(name), dict)]
    stopped = any(stop.get("state") == "PENDING" for stop in stops)
    parts = [_plain(row.get("currentUnits")), _plain(row.get("instrument"))]
    parts += [f"from {price}" for price in [_plain(row.get("price"))] if price]
    return Trade(row["id"], f"{' '.join(part for part in parts if part)} (trade {row['id']})", stopped=stopped)


def _cancel(wire: Wire, order: Order) -> str:
    status, told = wire.ask("PUT", f"/orders/{order.id}/cancel")
    if status in _FOUND and "orderCancelTransaction" in told:
        return "cancelled"
    if status == _GONE:
        return "was gone already"
    raise NotDone(f"{status} {_told(told)}".strip())


def _close(wire: Wire, trade: Trade) -> str:
    status, told = wire.ask("PUT", f"/trades/{trade.id}/close", {"units": "ALL"})
    if status in _FOUND and "orderFillTransaction" in told:
        return "closed"
    if status == _GONE:
        return "was gone already"
    refusal = told.get("orderCancelTransaction") or told.get("orderRejectTransaction")
    reason = refusal.get("rejectReason") or refusal.get("reason") if isinstance(refusal, dict) else ""
    raise NotDone(f"{status} {_plain(reason) or _told(told)}".strip())


def _told(told: dict[str, Any]) -> str:
    return _plain(told.get("errorCode")) or _plain(told.get("errorMessage"))


def _plain(value: object) -> str:
    """Return a short printable text that came from outside, or nothing."""
    if isinstance(value, bool | float) or not isinstance(value, str | int):
        return ""
    return "".join(letter for letter in str(value)[:200] if letter.isprintable())
