"""What the bridge does that has an effect: each request has a key and is given to the terminal at most once.

The order of things is the promise. The key is looked up in the journal; for a new order the terminal's own orders and
history are searched for our number (`magic`) and our id (`comment`); the request is planned; the plan is on the disk;
it is sent; what was said is on the disk. A key that is in the journal without an answer was cut off by a crash: then
only what the terminal shows can tell, and it is never sent again.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from tradewind.adapters.brokers.metatrader.bridge.terminal import ORDER, POSITION, Never, Unclear

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.adapters.brokers.metatrader.bridge.journal import Journal
    from tradewind.adapters.brokers.metatrader.bridge.terminal import Terminal

    Plan = Callable[[dict[str, Any]], list[dict[str, Any]]]

COMMENT = 31
"""Letters the terminal keeps of a comment."""


class Effects:
    """Orders are placed, changed, taken back and protected here and nowhere else."""

    def __init__(self, terminal: Terminal, journal: Journal) -> None:
        """Nothing was sent yet."""
        self.terminal, self.journal, self.api = terminal, journal, terminal.api
        self.verbs = {"place": self.place, "protect": self.protect, "change": self.change, "remove": self.remove}

    def once(self, login: int, message: dict[str, Any], plan: Plan) -> dict[str, Any]:
        """Return what came of the request with this key: done, found, refused (then nothing was sent), or unknown."""
        key, names = str(message["key"]), message["op"] in ("place", "protect")
        known = self.journal.records.get(key)
        if known is not None:
            return self._again(known)
        record: dict[str, Any] = {
            "key": key, "names": message["op"] == "place", "magic": int(message["magic"]), "state": "sending",
            "at": int(time.time()), "legs": dict(message.get("legs") or {}) if names else {},
            "positions": [], "requests": [], "results": [],
        }  # fmt: skip
        try:
            self.terminal.must_live(login)
            if record["names"]:
                shown = self.terminal.evidence(key, record["magic"])
                if shown["working"] or shown["orders"] or shown["deals"]:
                    self.journal.write(dict(record, state="found"))
                    return dict(shown, state="found", results=[])
            requests = self._in_time(message, plan)
        except (Never, Unclear) as refusal:
            return {"state": "refused", "results": [], "text": str(refusal)}
        record["requests"] = requests
        record["positions"] = [each["position"] for each in requests] if message["op"] == "protect" else []
        self.journal.write(record)
        for place, request in enumerate(requests):
            record["results"] = [*record["results"], self.terminal.send(request)]
            done = record["results"][-1]["retcode"] in (
                self.api.TRADE_RETCODE_DONE, self.api.TRADE_RETCODE_PLACED, self.api.TRADE_RETCODE_DONE_PARTIAL,
            )  # fmt: skip
            last = place == len(requests) - 1 or not done
            self.journal.write(dict(record, state="done" if last else "sending"))
            if last:
                break
        return self._shown(self.journal.records[key], "done")

    def _in_time(self, message: dict[str, Any], plan: Plan) -> list[dict[str, Any]]:
        """Return the requests to be sent; Never where who asked has given up by now."""
        requests = plan(message)
        if time.monotonic() * 1000 > float(message["not_after"]):
            raise Never("its time had passed; nothing was sent")
        return requests

    def _again(self, record: dict[str, Any]) -> dict[str, Any]:
        """Return what is known of a request that was made before; nothing is sent."""
        shown = self._shown(record, record["state"])
        if record["state"] == "sending":
            shown["state"] = "unknown"
            if any(shown.get(name) for name in ("working", "orders", "deals")):
                shown["state"] = "found"
            elif record["positions"] and self._holds(record):
                shown["state"] = "done"
                good = {"retcode": self.api.TRADE_RETCODE_DONE, "error": 0, "order": 0, "deal": 0, "comment": "found"}
                shown["results"] = [good for _ in record["requests"]]
        return shown

    def _shown(self, record: dict[str, Any], state: str) -> dict[str, Any]:
        """Return a record's answers and, of an order, what the terminal shows of it; that may lag or fail."""
        answer = {"state": state, "results": record["results"], "requests": record["requests"]}
        if record["names"]:
            tickets = [result["order"] for result in record["results"] if result["order"]]
            try:
                answer.update(self.terminal.evidence(record["key"], record["magic"], tickets))
            except Unclear as error:
                answer["text"] = str(error)
        return answer

    def _holds(self, record: dict[str, Any]) -> bool:
        """Return whether every position of a cut-off request has the stops that were asked for."""
        now = {each["ticket"]: each for each in self.terminal.rows(self.api.positions_get(), POSITION)}
        return all(
            request["position"] in now
            and all(abs(now[request["position"]][name] - request[name]) < 1e-9 for name in ("sl", "tp"))
            for request in record["requests"]
        )

    def place(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the requests of a new order: one, or one for each position it closes."""
        wanted = dict(message["request"])
        if not 0 < len(message["key"]) <= COMMENT:
            raise Never(f"an id has 1 to {COMMENT} letters, as a comment has")
        wanted.update(comment=message["key"], magic=int(message["magic"]))
        if wanted["action"] == self.api.TRADE_ACTION_DEAL:
            tick = self.terminal.tick(wanted["symbol"])
            wanted["price"] = tick.ask if wanted["type"] == self.api.ORDER_TYPE_BUY else tick.bid
        hedging = self.terminal.account()["margin_mode"] == self.api.ACCOUNT_MARGIN_MODE_RETAIL_HEDGING
        there = self.terminal.rows(self.api.positions_get(symbol=wanted["symbol"]), POSITION)
        if not hedging and there and (wanted.get("sl") or wanted.get("tp")):
            raise Never("a netting account has one stop for the whole position, and there is a position already")
        if message.get("closes"):
            return self._closing(wanted, there, [int(ticket) for ticket in message["closes"]])
        if message.get("reduce_only"):
            if hedging:
                raise Never("on a hedging account an order reduces only the positions it names, and it names none")
            if wanted["action"] != self.api.TRADE_ACTION_DEAL:
                raise Never("a waiting order cannot be kept from opening a position")
            if not there or there[0]["type"] == wanted["type"] or there[0]["volume"] < wanted["volume"] - 1e-9:
                raise Never("there is no position of that size to reduce")
        return [wanted]

    def _closing(self, wanted: dict[str, Any], there: list[dict[str, Any]], tickets: list[int]) -> list[dict[str, Any]]:
        """Return one request for each position that is closed, oldest first; all of the volume or nothing."""
        if wanted["action"] != self.api.TRADE_ACTION_DEAL:
            raise Never("a waiting order cannot close a position here: use its stop-loss or take-profit")
        left, requests = float(wanted["volume"]), []
        opposite = (
            self.api.POSITION_TYPE_SELL if wanted["type"] == self.api.ORDER_TYPE_BUY else self.api.POSITION_TYPE_BUY
        )
        open_now = {each["ticket"]: each for each in there if each["type"] == opposite}
        for ticket in tickets:
            volume = min(left, open_now[ticket]["volume"]) if ticket in open_now else 0.0
            if volume > 1e-9:
                requests.append(dict(wanted, position=ticket, volume=round(volume, 8)))
                left -= volume
        if left > 1e-9:
            raise Never(f"the positions named hold {left:g} lots less than was to be closed")
        return requests

    def protect(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the requests that give positions a stop-loss or take-profit, in place of an order of its own."""
        found = {each["ticket"]: each for each in self.terminal.rows(self.api.positions_get(), POSITION)}
        tickets = [int(ticket) for ticket in message["closes"]]
        if not tickets:
            hedging = self.terminal.account()["margin_mode"] == self.api.ACCOUNT_MARGIN_MODE_RETAIL_HEDGING
            tickets = [] if hedging else [each for each in found if found[each]["symbol"] == message["symbol"]]
        if not tickets or any(ticket not in found for ticket in tickets):
            raise Never("the position to be protected is not open")
        whole = sum(found[ticket]["volume"] for ticket in tickets)
        if abs(whole - message["volume"]) > 1e-9:
            raise Never(f"a stop covers whole positions here, and these hold {whole:g} lots")
        return [self._levels(found[ticket], message["set"], message) for ticket in tickets]

    def _levels(self, position: dict[str, Any], levels: dict[str, Any], message: dict[str, Any]) -> dict[str, Any]:
        """Return the request that sets some levels of a position and keeps the others."""
        return {
            "action": self.api.TRADE_ACTION_SLTP, "symbol": position["symbol"], "position": position["ticket"],
            "sl": levels.get("sl", position["sl"]), "tp": levels.get("tp", position["tp"]),
            "magic": int(message["magic"]),
        }  # fmt: skip

    def target(self, message: dict[str, Any]) -> tuple[dict[str, Any] | None, dict[str, Any] | None, str]:
        """Return (position, working order, leg) that a change is about; Never where there is neither."""
        ticket, name, leg = int(message["ticket"]), str(message["id"]), str(message["leg"])
        positions = self.terminal.rows(self.api.positions_get(), POSITION)
        orders = self.terminal.rows(self.api.orders_get(), ORDER)
        known = self.journal.legs.get(name)
        entry = name
        if known is not None:
            leg, entry = known["which"], known["entry"]
        for each in positions if leg else []:
            if each["ticket"] == ticket or (known and self._belongs(each, known, int(message["magic"]))):
                return each, None, leg
        for each in orders:
            owner = self.journal.owners.get(
                each["ticket"], each["comment"] if each["magic"] == message["magic"] else ""
            )
            if each["ticket"] == ticket or (entry and owner == entry):
                return None, each, leg
        raise Never("the terminal has no such order")

    def _belongs(self, position: dict[str, Any], leg: dict[str, Any], magic: int) -> bool:
        """Return whether a leg of ours is attached to a position."""
        if leg["positions"]:
            return position["ticket"] in leg["positions"]
        opener = self.terminal.opener(position["identifier"]) or position["comment"]
        return bool(opener == leg["entry"] and position["magic"] == magic)

    def change(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the request that moves an order, or the stop-loss or take-profit attached to something."""
        position, order, leg = self.target(message)
        levels = {leg: message["level"]} if leg else dict(message["set"])
        if position is not None:
            return [self._levels(position, levels, message)]
        return [self._modified(order or {}, levels, message)]

    def _modified(self, order: dict[str, Any], levels: dict[str, Any], message: dict[str, Any]) -> dict[str, Any]:
        volume = message.get("volume")
        if (
            volume is not None
            and not message["leg"]
            and "price" in levels
            and abs(volume - order["volume_initial"]) > 1e-9
        ):
            raise Never("the size of an order cannot be changed here: take it back and place another")
        now = {
            "price": order["price_open"],
            "stoplimit": order["price_stoplimit"],
            "sl": order["sl"],
            "tp": order["tp"],
        }
        request = {
            "action": self.api.TRADE_ACTION_MODIFY, "order": order["ticket"], "symbol": order["symbol"],
            "type_time": order["type_time"], "expiration": order["time_expiration"], "magic": int(message["magic"]),
        }  # fmt: skip
        return dict(request, **dict(now, **levels))

    def remove(self, message: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the request that takes an order back, or the stop-loss or take-profit attached to something."""
        position, order, leg = self.target(message)
        if position is not None:
            return [self._levels(position, {leg: 0.0}, message)]
        if leg:
            return [self._modified(order or {}, {leg: 0.0}, message)]
        return [{"action": self.api.TRADE_ACTION_REMOVE, "order": (order or {})["ticket"]}]
