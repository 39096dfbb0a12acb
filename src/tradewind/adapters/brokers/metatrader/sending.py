"""Orders, cancels and changes on their way to the bridge, and what its answers say.

What the bridge refuses before it reaches the terminal was not sent: refused. A retcode says what `constants` says it
means; where it says nothing but the terminal shows the order or its deals, the order was taken.
"""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from tradewind.adapters.brokers.metatrader import constants as mt
from tradewind.adapters.brokers.metatrader.happenings import Teller
from tradewind.adapters.brokers.metatrader.listing import Listing
from tradewind.adapters.brokers.metatrader.reading import Json, printable, whole, word
from tradewind.adapters.brokers.metatrader.requests import request_of
from tradewind.adapters.brokers.metatrader.wire import Wire
from tradewind.broker import Answer, BrokerRefused, BrokerUnreachable, Cancel, Place, Replace, Report
from tradewind.errors import BadData
from tradewind.kernel.records import (
    ACCEPTED,
    CANCEL_REJECTED,
    CANCELLED,
    REJECTED,
    REPLACE_REJECTED,
    REPLACED,
)
from tradewind.kernel.refusals import CANCEL_REQUESTED, NO_REASON, NO_SUCH_ORDER

_LEGS = ("sl", "tp")


class Sender:
    """What sends for one account; `session` makes its keys different from those of any other."""

    def __init__(self, wire: Wire, listing: Listing, teller: Teller, session: str) -> None:
        """Nothing was sent."""
        self._wire, self._listing, self._teller = wire, listing, teller
        self._keys = (f"{session}#{number}" for number in itertools.count(1))

    async def place(self, order: Place) -> Answer:
        """The order was sent once, or refused before."""
        try:
            request = request_of(order, self._listing, self._wire.settings.deviation)
            connection = await self._wire.connected()
        except (BrokerRefused, BrokerUnreachable, BadData) as error:
            return Answer("refused", text=f"not sent: {error.message}")
        said = await self._wire.tell(connection, **request)
        try:
            return self._placed(order, request, said)
        except BrokerUnreachable as error:
            return Answer("unknown", text=error.message)

    def _placed(self, order: Place, request: dict[str, Any], said: Json | str) -> Answer:
        if isinstance(said, str):
            return Answer("unknown", text=said)
        if said.get("state") == "refused":
            return Answer("refused", text=f"not sent: {printable(word(said, 'text'))}")
        results = _results(said)
        asked = said.get("requests")
        parts = len(asked) if isinstance(asked, list) else 0
        if request["op"] == "protect":
            return self._protected(order, said, results, parts)
        rows = {name: [each for each in said.get(name) or () if isinstance(each, dict)] for name in _SHOWN}
        names = {order.id, order.stop_id, order.target_id}
        told = self._teller.reports(rows["working"], rows["orders"], rows["deals"])
        reports = tuple(each for each in told if each.id and each.id in names)
        lives = any(whole(each, "state") != mt.ORDER_STATE_REJECTED for each in rows["orders"])
        outcomes = [each[0] for each in results]
        words = "; ".join(each[2] for each in results)
        if said.get("state") == "found" or rows["working"] or rows["deals"] or lives:
            if "unknown" in outcomes and parts > 1:
                return Answer("unknown", reports, words)
            rest = [_refusal(CANCELLED, order.id, each, "rest") for each in results if each[0] == "refused"]
            return Answer("taken", (*reports, *rest[:1]), words)
        if said.get("state") != "done" or not outcomes or "unknown" in outcomes:
            return Answer("unknown", reports, words)
        if "taken" in outcomes:
            return Answer("taken", reports, words)
        return Answer("refused", (_refusal(REJECTED, order.id, results[0], "refused"),), words)

    def _protected(self, order: Place, said: Json, results: list["Result"], parts: int) -> Answer:
        """Return what came of giving positions a level."""
        words = "; ".join(each[2] for each in results)
        done = [each[0] == "taken" or each[1] == mt.NO_CHANGES for each in results]
        if said.get("state") == "done" and len(done) == parts and all(done):
            which = "sl" if order.trigger else "tp"
            tickets = [str(whole(each, "position")) for each in said["requests"]]
            return Answer("taken", tuple(self._set(order, which, ticket) for ticket in tickets[:1]), words)
        if said.get("state") == "done" and len(results) == 1 and results[0][0] == "refused":
            return Answer("refused", (_refusal(REJECTED, order.id, results[0], "refused"),), words)
        return Answer("unknown", text=words)

    def _set(self, order: Place, which: str, ticket: str) -> Report:
        return Report(
            ACCEPTED,
            order.id,
            f"{order.id}.set",
            instrument=order.instrument,
            side=order.side,
            quantity=order.quantity,
            price=order.trigger or order.price,
            broker_order=f"{which}:{ticket}",
            position=ticket,
        )

    async def cancel(self, order: Cancel) -> Answer:
        """The bridge was asked once to take the order, or the attached level, back."""
        try:
            leg, ticket = _target(order.broker_order, "", "")
        except BrokerRefused as error:
            return Answer("refused", text=f"not sent: {error.message}")
        key, answer, request = await self._change("remove", id=order.id, leg=leg, ticket=ticket)
        if answer.outcome == "refused":
            report = Report(CANCEL_REJECTED, order.id, "", reason=NO_SUCH_ORDER, broker_order=order.broker_order)
            return answer._replace(reports=(report._replace(text=answer.text),))
        if answer.outcome == "taken":
            number = request.get("order") if "sl" not in request else None
            name = key if number is None else f"o{number}.end"
            report = Report(CANCELLED, order.id, name, reason=CANCEL_REQUESTED, broker_order=order.broker_order)
            return answer._replace(reports=(report,))
        return answer

    async def replace(self, order: Replace) -> Answer:
        """The bridge was asked once to change the order, or the attached level."""
        if order.price <= 0 and order.trigger <= 0:
            return Answer("refused", text="not sent: a changed order needs a price.")
        try:
            row = self._listing.of(order.instrument)
            which = ("sl" if order.trigger else "tp") if order.position else ""
            leg, ticket = _target(order.broker_order, order.position, which)
            level = row.price(order.trigger or order.price)
            wanted = {"price": level}
            if order.trigger and order.price:
                wanted["stoplimit"] = row.price(order.price)
            volume = row.lots(order.quantity)
        except (BrokerRefused, BadData) as error:
            return Answer("refused", text=f"not sent: {error.message}")
        key, answer, _ = await self._change(
            "change", id=order.id, leg=leg, ticket=ticket, level=level, set=wanted, volume=volume
        )
        report = Report(
            REPLACED,
            order.id,
            key,
            instrument=order.instrument,
            quantity=order.quantity,
            price=order.trigger or order.price,
            broker_order=order.broker_order,
            position=order.position,
        )
        if answer.outcome == "refused":
            report = report._replace(kind=REPLACE_REJECTED, execution="", text=answer.text)
        return answer if answer.outcome == "unknown" else answer._replace(reports=(report,))

    async def _change(self, op: str, **fields: Any) -> tuple[str, Answer, Json]:
        """Return the key of the request, what came of it without reports, and what the terminal was asked."""
        key = next(self._keys)
        try:
            connection = await self._wire.connected()
        except (BrokerUnreachable, BrokerRefused) as error:
            return key, Answer("refused", text=f"not sent: {error.message}"), {}
        said = await self._wire.tell(connection, op=op, key=key, **fields)
        if isinstance(said, str):
            return key, Answer("unknown", text=said), {}
        if said.get("state") == "refused":
            return key, Answer("refused", text=f"not sent: {printable(word(said, 'text'))}"), {}
        try:
            results = _results(said)
        except BrokerUnreachable as error:
            return key, Answer("unknown", text=error.message), {}
        asked = said.get("requests")
        request = asked[0] if isinstance(asked, list) and asked and isinstance(asked[0], dict) else {}
        if said.get("state") != "done" or not results:
            return key, Answer("unknown"), request
        outcome, code, words = results[0]
        return key, Answer("taken" if code == mt.NO_CHANGES else outcome, text=words), request


_SHOWN = ("working", "orders", "deals")
Result = tuple[mt.Outcome, int, str]


def _results(said: Json) -> list[Result]:
    """Return (outcome, retcode, words) of every request that was made."""
    return list(_each(said.get("results") or ()))


def _each(results: Iterable[Any]) -> Iterator[Result]:
    for each in results:
        if not isinstance(each, dict):
            raise BrokerUnreachable("The bridge's answer is not understood: a result is no object.")
        code, error = whole(each, "retcode"), whole(each, "error")
        yield mt.outcome_of(code, error), code, f"{code or error} {printable(word(each, 'comment'))}"


def _refusal(kind: int, name: str, result: Result, how: str) -> Report:
    """Return the report of a clear refusal; the same for the same order, whenever it is told."""
    return Report(kind, name, f"{name}.{how}", reason=mt.REFUSED.get(result[1], NO_REASON), text=result[2])


def _target(broker_order: str, position: str, leg: str) -> tuple[str, int]:
    """Return (`sl`, `tp` or nothing, ticket) of what shall change; 0 where only our id is known."""
    which, _, number = broker_order.rpartition(":")
    if which in _LEGS:
        leg = which
    elif which or (number and not number.isdecimal()) or (position and not position.isdecimal()):
        raise BrokerRefused(f"{broker_order[:40]!r} is no order of this broker.")
    return leg, int((position if leg and position else number) or 0)
