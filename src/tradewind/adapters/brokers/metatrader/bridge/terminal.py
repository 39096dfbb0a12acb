"""What the bridge asks of the terminal: only here is the package `MetaTrader5` called, and by one thread.

The terminal shows the last it heard, also when it has lost its server. So every question is asked between two looks at
the connection, and a list counts only where it was read twice alike.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tradewind.adapters.brokers.metatrader.bridge.journal import Journal

DAY_S = 86_400
MOST_TICKS = 5000
MOST_ROWS = 20_000

ORDER = [
    "ticket",
    "time_setup_msc",
    "time_done_msc",
    "time_expiration",
    "type",
    "type_time",
    "state",
    "magic",
    "position_id",
    "reason",
    "volume_initial",
    "volume_current",
    "price_open",
    "sl",
    "tp",
    "price_stoplimit",
    "symbol",
    "comment",
]
DEAL = [
    "ticket",
    "order",
    "time_msc",
    "type",
    "entry",
    "magic",
    "position_id",
    "reason",
    "volume",
    "price",
    "commission",
    "swap",
    "profit",
    "fee",
    "symbol",
    "comment",
]
POSITION = [
    "ticket",
    "time_msc",
    "type",
    "magic",
    "identifier",
    "volume",
    "price_open",
    "sl",
    "tp",
    "symbol",
    "comment",
]
SYMBOL = [
    "name",
    "digits",
    "point",
    "trade_tick_size",
    "trade_contract_size",
    "volume_min",
    "volume_max",
    "volume_step",
    "trade_mode",
    "filling_mode",
    "expiration_mode",
    "trade_exemode",
    "trade_stops_level",
    "trade_freeze_level",
    "currency_profit",
]
ACCOUNT = [
    "login",
    "server",
    "trade_mode",
    "margin_mode",
    "currency",
    "balance",
    "equity",
    "margin",
    "trade_allowed",
    "trade_expert",
]


class Unclear(Exception):  # noqa: N818 - reads as the sentence it prints
    """The terminal gave no clear answer: it proves nothing."""


class Never(Exception):  # noqa: N818 - reads as the sentence it prints
    """What was asked for was not sent and never will be."""


def row_of(found: Any, names: Iterable[str]) -> dict[str, Any]:
    """Return the named fields; a field this version of the terminal lacks is absent."""
    row = {name: getattr(found, name) for name in names if hasattr(found, name)}
    if any(isinstance(value, float) and not math.isfinite(value) for value in row.values()):
        raise Unclear("the terminal gave a number that is none")
    return row


class Terminal:
    """The terminal and the account it is logged in to."""

    def __init__(self, api: Any, journal: Journal, lookback_days: int) -> None:
        """Nothing was asked yet."""
        self.api, self.journal, self.lookback = api, journal, lookback_days * DAY_S
        self.openers: dict[int, str] = {}
        """A cache: by position, whose order opened it."""

    def must_live(self, login: int) -> None:
        """The terminal is connected to its server, with that account (0: whichever); else Unclear."""
        info = self.api.terminal_info()
        if info is None:
            self.api.initialize()  # it was closed or updated itself
            raise Unclear(f"the terminal does not answer: {self.api.last_error()}")
        if not info.connected:
            raise Unclear("the terminal is not connected to its server")
        account = self.api.account_info()
        if account is None or (login and account.login != login):
            raise Unclear("the terminal is logged in to another account, or to none")

    def rows(self, found: Any, names: Iterable[str]) -> list[dict[str, Any]]:
        """Return what a list of the terminal's holds; Unclear where it gave none."""
        if found is None:
            code = self.api.last_error()
            if code[0] != self.api.RES_S_OK:
                raise Unclear(f"the terminal could not tell: {code}")
            return []
        if len(found) > MOST_ROWS:
            raise Unclear(f"more than {MOST_ROWS} rows: ask for less")
        return [row_of(each, names) for each in found]

    def account(self) -> dict[str, Any]:
        """Return the account."""
        found = self.api.account_info()
        if found is None:
            raise Unclear(f"there is no account: {self.api.last_error()}")
        return row_of(found, ACCOUNT)

    def symbols(self, names: Iterable[str]) -> list[dict[str, Any]]:
        """Return each symbol, put into the market watch; one the server does not have has only its name."""
        rows = []
        for name in names:
            found = self.api.symbol_info(name) if self.api.symbol_select(name, True) else None
            rows.append({"name": name} if found is None else row_of(found, SYMBOL))
        return rows

    def tick(self, symbol: str) -> Any:
        """Return the latest tick of a symbol; Unclear where there is none."""
        found = self.api.symbol_info_tick(symbol)
        if found is None or not found.time_msc:
            raise Unclear(f"no price of {symbol} was seen")
        return found

    def ticks(self, symbol: str, after: int, seen: int) -> list[list[Any]]:
        """Return [server ms, bid, ask] of every tick after the first `seen` ones of the millisecond `after`."""
        found = self.api.copy_ticks_from(symbol, after // 1000, MOST_TICKS, self.api.COPY_TICKS_INFO)
        if found is None:
            latest = self.api.symbol_info_tick(symbol)
            fresh = latest is not None and latest.time_msc > after
            return [[int(latest.time_msc), latest.bid, latest.ask]] if fresh else []
        rows = [[int(tick["time_msc"]), float(tick["bid"]), float(tick["ask"])] for tick in found]
        rows = [row for row in rows if row[0] >= after]
        return rows[min(seen, sum(row[0] == after for row in rows)) :]

    def rates(self, symbol: str, timeframe: int, start: int, end: int) -> list[list[Any]]:
        """Return [server s, open, high, low, close, ticks, spread in points] of the bars that open in [start, end)."""
        found = self.api.copy_rates_range(symbol, timeframe, start, end - 1)
        if found is None:
            raise Unclear(f"no bars of {symbol}: {self.api.last_error()}")
        names = ("open", "high", "low", "close")
        return [
            [int(bar["time"]), *(float(bar[name]) for name in names), int(bar["tick_volume"]), int(bar["spread"])]
            for bar in found
        ]

    def live(self) -> dict[str, Any]:
        """Return the orders that work and the positions that are open, read twice alike; Unclear where they are not."""
        newest = self.newest()
        before: Any = None
        for _ in range(5):
            now: dict[str, Any] = {
                "account": self.account(),
                "orders": self.rows(self.api.orders_get(), ORDER),
                "positions": self.rows(self.api.positions_get(), POSITION),
            }
            if before is not None and all(before[name] == now[name] for name in ("orders", "positions")):
                if now["account"]["margin"] > 0 and not now["orders"] and not now["positions"]:
                    raise Unclear("the account holds margin but the terminal shows no position: it is still loading")
                return dict(self._with_ids(now), newest=newest)
            before = now
        raise Unclear("orders and positions changed with every look")

    def _with_ids(self, found: dict[str, Any]) -> dict[str, Any]:
        """Return the picture with our ids, as the journal knows them, and those of what is attached."""
        for order in found["orders"]:
            order["id"] = self.journal.owners.get(order["ticket"], "") or order["comment"]
        for position in found["positions"]:
            opener = self.opener(position["identifier"])
            position["id"] = opener or position["comment"]
            position["legs"] = self.journal.legs_of(position["id"], position["ticket"])
        return found

    def window(self, start: int = 0) -> tuple[int, int]:
        """Return the span of server time to look back on; a server's clock is at most 14 hours from UTC."""
        now = int(time.time())
        return start or now - self.lookback - DAY_S, now + 2 * DAY_S

    def history(self, start: int = 0) -> dict[str, Any]:
        """Return ended orders and deals from a second of the server's clock on."""
        span = self.window(start)
        orders = self.rows(self.api.history_orders_get(*span), ORDER)
        deals = self.rows(self.api.history_deals_get(*span), DEAL)
        return self.told(orders, deals)

    def newest(self) -> int:
        """Return the server's millisecond of the latest deal or ended order; 0 where there was none of late."""
        span = self.window()
        times = [deal["time_msc"] for deal in self.rows(self.api.history_deals_get(*span), DEAL)]
        times += [order["time_done_msc"] for order in self.rows(self.api.history_orders_get(*span), ORDER)]
        return max(times, default=0)

    def told(self, orders: list[dict[str, Any]], deals: list[dict[str, Any]]) -> dict[str, Any]:
        """Return ended orders and deals with our ids, what is attached to a position, and what a deal left of it."""
        comments = {order["ticket"]: order["comment"] for order in orders}
        lives: dict[int, list[dict[str, Any]]] = {}
        for order in orders:
            order["id"] = self.journal.owners.get(order["ticket"], "") or order["comment"]
        for deal in deals:
            known = self.journal.owners.get(deal["order"], "")
            deal["id"] = known or comments.get(deal["order"], "") or deal["comment"]
            position = deal["position_id"]
            if position:
                if position not in lives:
                    lives[position] = self.of_position(position)
                deal["opener"] = self.opener(position, lives[position])
                deal["legs"] = self.journal.legs_of(deal["opener"], position)
                deal["left"] = self.left(deal, lives[position])
                deal["first"] = deal["ticket"] == lives[position][0]["ticket"] if lives[position] else False
        return {"orders": orders, "deals": deals}

    def of_position(self, position: int) -> list[dict[str, Any]]:
        """Return every deal of a position, oldest first."""
        return sorted(self.rows(self.api.history_deals_get(position=position), DEAL), key=lambda deal: deal["ticket"])

    def opener(self, position: int, life: list[dict[str, Any]] | None = None) -> str:
        """Return our id, or the comment, of the order that opened a position; empty where it is not known."""
        if position not in self.openers:
            for deal in (self.of_position(position) if life is None else life)[:1]:
                known = self.journal.owners.get(deal["order"], "")
                orders = [] if known else self.rows(self.api.history_orders_get(ticket=deal["order"]), ORDER)
                found = known or "".join(order["comment"] for order in orders[:1]) or deal["comment"]
                if len(self.openers) >= MOST_ROWS:
                    self.openers.clear()
                self.openers[position] = found
        return self.openers.get(position, "")

    def left(self, deal: dict[str, Any], life: list[dict[str, Any]]) -> float:
        """Return the volume that a position had after a deal, signed."""
        volume = 0.0
        for each in life:
            volume += each["volume"] if each["type"] == self.api.DEAL_TYPE_BUY else -each["volume"]
            if each["ticket"] == deal["ticket"]:
                break
        return round(volume, 8)

    def evidence(self, name: str, magic: int, tickets: Iterable[int] = ()) -> dict[str, Any]:
        """Return what the terminal shows of an order by our id: working orders, ended orders, deals."""

        def ours(order: dict[str, Any]) -> bool:
            return order["ticket"] in tickets or (order["comment"] == name and order["magic"] == magic)

        working = [order for order in self.rows(self.api.orders_get(), ORDER) if ours(order)]
        span = self.window()
        ended = [order for order in self.rows(self.api.history_orders_get(*span), ORDER) if ours(order)]
        numbers = {order["ticket"] for order in [*working, *ended]}.union(tickets)
        every = self.rows(self.api.history_deals_get(*span), DEAL)
        deals = [deal for deal in every if deal["order"] in numbers]
        return dict(self.told(ended, deals), working=self._with_ids({"orders": working, "positions": []})["orders"])

    def send(self, request: dict[str, Any]) -> dict[str, Any]:
        """The request was given to the terminal, once; return what it said."""
        said = self.api.order_send(request)
        if said is None:
            code, words = self.api.last_error()
            return {"retcode": 0, "error": code, "order": 0, "deal": 0, "volume": 0.0, "comment": str(words)}
        names = ["retcode", "deal", "order", "volume", "price", "comment", "retcode_external"]
        return dict(row_of(said, names), error=0)
