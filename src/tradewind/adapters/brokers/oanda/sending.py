"""Orders, cancels and changes on their way: each is sent once, and the answer says what is known.

201 is not a fill: the answer carries the transactions that were made, and those are read like any others. No answer, an
answer that is not understood, or one without a transaction is "unknown". What we will not send at all is refused
before it leaves.

A close of named trades is one request for each, oldest first. The trade is marked with our id before it (see
`memory`); if the mark is not taken for any reason but that the trade is gone, the close is sent nevertheless, because
to get out matters more than to be told apart after a crash.
"""

import contextlib
import re

from tradewind.adapters.brokers.oanda import orders
from tradewind.adapters.brokers.oanda.listing import Listed, Listing
from tradewind.adapters.brokers.oanda.log import AccountLog
from tradewind.adapters.brokers.oanda.memory import Memory, word
from tradewind.adapters.brokers.oanda.orders import CLOSES, named
from tradewind.adapters.brokers.oanda.pace import ENTRY as ORDINARY
from tradewind.adapters.brokers.oanda.pace import URGENT
from tradewind.adapters.brokers.oanda.reading import inner, listed, number
from tradewind.adapters.brokers.oanda.wire import Said, Wire
from tradewind.broker import Answer, BrokerRefused, BrokerUnreachable, Cancel, Place, Replace, Report
from tradewind.errors import BadData
from tradewind.kernel.orders import ENTRY, MARKET
from tradewind.kernel.records import CANCEL_REJECTED, CANCELLED, REJECTED, REPLACE_REJECTED, REPLACED
from tradewind.kernel.refusals import NO_SUCH_ORDER, POSITION_CLOSED

_ID = re.compile(r"[A-Z0-9-]{1,32}")
_NUMBER = re.compile(r"[0-9]{1,18}")


class Sender:
    """What sends for one account."""

    def __init__(self, wire: Wire, path: str, listing: Listing, memory: Memory, log: AccountLog) -> None:
        """Everything below `path` is the account's."""
        self._wire = wire
        self._path = path
        self._listing = listing
        self._memory = memory
        self._log = log

    async def place(self, order: Place) -> Answer:
        """The order was sent once, or refused before."""
        try:
            _spelled(order.id, order.stop_id, order.target_id)
            row = self._listing.of(order.instrument)
            if order.closes and order.reduce_only and order.type == MARKET:
                return await self._close(order, row)
            body = orders.order_body(order, row)
        except (BrokerRefused, BadData) as error:
            return Answer("refused", text=f"not sent: {error.message}")
        urgency = URGENT if order.reduce_only or order.role != ENTRY else ORDINARY
        said = await self._wire.tell("POST", f"{self._path}/orders", {"order": body}, urgency)
        return await self._answer(said, order.id)

    async def cancel(self, order: Cancel) -> Answer:
        """OANDA was asked once to take the order back."""
        try:
            which = _which(order.id, order.broker_order)
        except BrokerRefused as error:
            return Answer("refused", text=f"not sent: {error.message}")
        said = await self._wire.tell("PUT", f"{self._path}/orders/{which}/cancel", None, URGENT)
        answer = await self._answer(said, order.id)
        if answer.outcome == "refused" and not answer.reports:
            gone = Report(CANCEL_REJECTED, order.id, "", reason=NO_SUCH_ORDER, broker_order=order.broker_order)
            return answer._replace(reports=(gone,))
        return answer

    async def replace(self, order: Replace) -> Answer:
        """OANDA was asked once to change the order."""
        try:
            _spelled(order.id, order.new_id)
            row = self._listing.of(order.instrument)
            if order.position:
                _numbered(order.position)
                path, body = f"/trades/{order.position}/orders", orders.dependent_body(order, row)
            else:
                which = _which(order.id, order.broker_order)
                living = inner(await self._log.settled(f"/orders/{which}", URGENT), "order")
                path, body = f"/orders/{which}", {"order": orders.replaced_body(order, living, row)}
        except (BrokerRefused, BadData) as error:
            return Answer("refused", text=f"not sent: {error.message}")
        except BrokerUnreachable as error:
            # Only a question was asked; the change itself was never sent.
            return Answer("refused", text=f"not sent: {error.message}")
        said = await self._wire.tell("PUT", self._path + path, body, URGENT)
        answer = await self._answer(said, order.new_id)
        if answer.outcome != "refused":
            return answer._replace(reports=tuple(_whole(one, order) for one in answer.reports))
        told = tuple(
            one._replace(kind=REPLACE_REJECTED, id=order.id) if one.kind in _ABOUT_IT else one for one in answer.reports
        )
        return answer._replace(reports=told)

    async def _answer(self, said: Said, id: str) -> Answer:  # noqa: A002  our word for it
        """Return what an answer says about the order it was asked for."""
        if not said.clear:
            return Answer("unknown", text=said.text)
        made = [one for name, one in said.document.items() if name.endswith("Transaction") and isinstance(one, dict)]
        if said.taken and not made:
            return Answer("unknown", text="OANDA took the request and told of no transaction.")
        try:
            reports = tuple(await self._log.told(made))
        except BrokerUnreachable as error:
            return Answer("unknown" if said.taken else "refused", text=f"{said.text}: {error.message}")
        except BrokerRefused as error:
            return Answer("unknown", text=f"{said.text}: {error.message}")
        reports = tuple(one._replace(id=id) if not one.id and one.kind in _ABOUT_IT else one for one in reports)
        return Answer("taken" if said.taken else "refused", reports, said.text)

    async def _close(self, order: Place, row: Listed) -> Answer:
        """Every trade named was reduced by its part, one request each; the answer tells of all."""
        for trade in order.closes:
            _numbered(trade)
        try:
            shares = await self._shares(order, row)
        except BrokerUnreachable as error:
            return Answer("refused", text=f"not sent: {error.message}")
        if not shares:
            return Answer("refused", (_gone(order),), "none of the trades is open")
        answers = [await self._close_one(order, trade, units) for trade, units in shares]
        reports = [one for answer in answers for one in answer.reports]
        outcomes = {answer.outcome for answer in answers}
        told = "; ".join(filter(None, (answer.text for answer in answers)))
        if "unknown" in outcomes:
            kept = tuple(one for one in reports if one.kind != REJECTED)
            return Answer("unknown", kept, told)
        if outcomes == {"refused"}:
            return Answer("refused", tuple(reports[:1]) or (_gone(order),), told)
        fills = [one for one in reports if one.kind != REJECTED]
        ends = [one._replace(kind=CANCELLED) for one in reports if one.kind == REJECTED][:1]
        return Answer("taken", (*fills, *ends), told)

    async def _shares(self, order: Place, row: Listed) -> list[tuple[str, str]]:
        """Return by how many units each trade is to be reduced, oldest first."""
        if len(order.closes) == 1:
            return [(order.closes[0], row.units(order.quantity))]
        answer = await self._wire.ask(f"{self._path}/openTrades", urgency=URGENT)
        trades = [one for one in listed(answer, "trades", needed=True) if word(one, "instrument") == row.name]
        sizes = {word(one, "id"): row.steps(number(one, "currentUnits")) for one in trades}
        left, shares = order.quantity, []
        for trade in order.closes:
            steps = min(left, sizes.get(trade, 0))
            if steps > 0:
                shares.append((trade, row.units(steps)))
                left -= steps
        return shares

    async def _close_one(self, order: Place, trade: str, units: str) -> Answer:
        self._memory.will_close(trade, order.id)
        await self._mark(order, trade)
        said = await self._wire.tell("PUT", f"{self._path}/trades/{trade}/close", {"units": units}, URGENT)
        answer = await self._answer(said, order.id)
        if answer.outcome == "refused":
            self._memory.will_not_close(trade)
            if not answer.reports:
                return answer._replace(reports=(_gone(order, trade),))
        return answer

    async def _mark(self, order: Place, trade: str) -> None:
        """The trade says whose its next close is, if OANDA took the mark."""
        extensions = {"comment": CLOSES + order.id}
        with contextlib.suppress(BrokerUnreachable, BrokerRefused):
            await self._log.learn_trade(trade)
        if opener := self._memory.trades[trade].id if trade in self._memory.trades else "":
            extensions |= named(opener)
        path = f"{self._path}/trades/{trade}/clientExtensions"
        said = await self._wire.tell("PUT", path, {"clientExtensions": extensions}, URGENT)
        if said.taken and (made := inner(said.document, "tradeClientExtensionsModifyTransaction")):
            self._memory.note(made)


def _whole(report: Report, change: Replace) -> Report:
    """Return the report of a change with the whole size, which an attached order is not told with."""
    is_it = report.kind == REPLACED and report.id == change.new_id and not report.quantity
    return report._replace(quantity=change.quantity) if is_it else report


_ABOUT_IT = (REJECTED, CANCEL_REJECTED, REPLACE_REJECTED)


def _gone(order: Place, trade: str = "") -> Report:
    """Return that an order could not reduce what is not there."""
    return Report(REJECTED, order.id, "", order.instrument, order.side, reason=POSITION_CLOSED, position=trade)


def _spelled(*ids: str) -> None:
    for one in ids:
        if one and not _ID.fullmatch(one):
            raise BrokerRefused(f"{one[:60]!r} is no order id of ours.")


def _numbered(number_: str) -> None:
    if not _NUMBER.fullmatch(number_):
        raise BrokerRefused(f"{number_[:60]!r} is no trade or order of OANDA's.")


def _which(id: str, broker_order: str) -> str:  # noqa: A002  our word for it
    """Return an order as OANDA is asked for it: by its own number, else by our id."""
    if broker_order:
        _numbered(broker_order)
        return broker_order
    _spelled(id)
    if not id:
        raise BrokerRefused("An order without an id cannot be named.")
    return f"@{id}"
