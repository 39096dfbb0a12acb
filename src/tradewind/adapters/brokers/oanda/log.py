"""The account's log at OANDA: every transaction has a number, and what was missed is asked for by number.

`sinceid` may show a part only; what is missing up to the `lastTransactionID` it names is fetched by range, and if that
does not bring it, the question has failed. A transaction is read with what is remembered of its order and trade, and
what is not remembered is asked for.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from tradewind.adapters.brokers.oanda.memory import ATTACHED, ENTRIES, Known, Memory, Trade, word
from tradewind.adapters.brokers.oanda.orders import ours
from tradewind.adapters.brokers.oanda.pace import QUERY
from tradewind.adapters.brokers.oanda.reading import Json, inner, listed, number, whole
from tradewind.adapters.brokers.oanda.transactions import Account, reports_of
from tradewind.adapters.brokers.oanda.wire import Missing, Wire
from tradewind.broker import BrokerRefused, BrokerUnreachable, CatchUp, Found, Report
from tradewind.kernel.records import ACCEPTED, CANCELLED, EXPIRED, FILLED, REJECTED, REPLACED

State = Literal["working", "filled", "cancelled", "rejected", "absent"]

PAGE = 1000
"""Transactions of the largest range."""
SEARCHED = 2000
"""How far back the log is searched for an order that OANDA does not find by our id."""
RECENT = 500
"""What is told where nothing is said about since when."""
LAG_S = (0.25, 0.5, 1.0)
"""Pauses between questions for what must be there: it was denied for up to half a second."""
MARKS = 50
"""How far before a close its mark may stand."""


class AccountLog:
    """The transactions of one account, and what they mean."""

    def __init__(self, wire: Wire, path: str, account: Account) -> None:
        """Everything below `path` is the account's."""
        self._wire = wire
        self._path = path
        self._account = account

    @property
    def _memory(self) -> Memory:
        return self._account.memory

    async def told(self, transactions: Sequence[Json]) -> list[Report]:
        """Return what the transactions are to us, in their order."""
        reports: list[Report] = []
        for one in sorted(transactions, key=lambda happened: whole(happened, "id")):
            await self._learn(one)
            self._memory.note(one)
            reports += reports_of(one, self._account)
        return reports

    async def last(self) -> int:
        """Return the number of the last transaction."""
        return whole(await self._wire.ask(f"{self._path}/summary"), "lastTransactionID")

    async def since(self, sequence: str) -> CatchUp:
        """Return what happened after a transaction; the recent past where none is named."""
        if not sequence:
            last = await self.last()
            found = await self.range(max(1, last - RECENT + 1), last)
            return CatchUp(tuple(await self.told(found)), str(last))
        if not (sequence.isascii() and sequence.isdigit() and len(sequence) <= 18):
            raise BrokerRefused(f"{sequence[:40]!r} is not the number of a transaction.")
        found, last = await self._after(int(sequence))
        return CatchUp(tuple(await self.told(found)), str(last))

    async def _after(self, number_: int) -> tuple[list[Json], int]:
        """Return the transactions after one, whole, and the number of the last."""
        answer = await self._wire.ask(f"{self._path}/transactions/sinceid", {"id": str(number_)})
        last = whole(answer, "lastTransactionID")
        if last < number_:
            raise BrokerRefused(
                f"OANDA's last transaction is {last}, but {number_} was seen before.",
                "Check that this is the same account; a person must decide.",
            )
        by_number = {whole(one, "id"): one for one in listed(answer, "transactions", needed=True)}
        by_number = {key: one for key, one in by_number.items() if number_ < key <= last}
        if len(by_number) < last - number_:
            missing = next(key for key in range(number_ + 1, last + 1) if key not in by_number)
            by_number |= {whole(one, "id"): one for one in await self.range(missing, last)}
        return [by_number[key] for key in sorted(by_number)], last

    async def range(self, first: int, last: int) -> list[Json]:
        """Return the transactions from `first` to `last`; a page that ends early is no answer."""
        found: list[Json] = []
        while first <= last:
            until = min(first + PAGE - 1, last)
            params = {"from": str(first), "to": str(until)}
            answer = await self._wire.ask(f"{self._path}/transactions/idrange", params)
            page = listed(answer, "transactions", needed=True)
            numbers = {whole(one, "id") for one in page}
            if until not in numbers or any(not first <= key <= until for key in numbers):
                raise BrokerUnreachable(f"OANDA showed only a part of the transactions {first} to {until}.")
            found += page
            first = until + 1
        return found

    async def find(self, id: str) -> Found:  # noqa: A002  our word for it
        """Return what became of an order: OANDA's own answer to our id first, then the log."""
        try:
            living = inner(await self._wire.ask(f"{self._path}/orders/@{id}"), "order")
        except Missing:
            living = {}
        last = await self.last()
        first = max(1, last - SEARCHED + 1)
        number_ = whole(living, "id") if living else first
        if number_ < first:
            transactions = await self._ends_of(living)
        else:
            transactions = await self.range(number_ if living else first, last)
        reports = tuple(one for one in await self.told(transactions) if one.id == id)
        return Found(_state(reports, living, replaced=self._replaced(transactions, id)), reports)

    async def _ends_of(self, living: Json) -> list[Json]:
        """Return the first and the last transactions of an order that is older than the search goes."""
        numbers = [word(living, name) for name in ("id", "fillingTransactionID", "cancellingTransactionID")]
        return [await self._transaction(one) for one in numbers if one]

    def _replaced(self, transactions: list[Json], id: str) -> bool:  # noqa: A002  our word for it
        """Return whether another order has taken the place of the one with our id."""
        return any(
            word(one, "reason") == "CLIENT_REQUEST_REPLACED"
            and self._memory.orders.get(word(one, "orderID"), Known()).id == id
            for one in transactions
        )

    async def _transaction(self, number_: str) -> Json:
        return inner(await self._wire.ask(f"{self._path}/transactions/{number_}"), "transaction")

    async def _learn(self, happened: Json) -> None:
        """What the transaction refers to is remembered, or known to be past finding out."""
        kind = word(happened, "type")
        if kind in ("ORDER_FILL", "ORDER_CANCEL", "ORDER_CANCEL_REJECT"):
            await self._learn_order(word(happened, "orderID"))
        elif change := word(happened, "intendedReplacesOrderID"):
            await self._learn_order(change)
        elif kind in ATTACHED or kind.removesuffix("_REJECT") in ATTACHED:
            await self.learn_trade(word(happened, "tradeID"))
        elif kind in ENTRIES and inner(happened, "tradeClose") and word(happened, "id") not in self._memory.orders:
            await self._learn_mark(happened)

    async def settled(self, path: str, urgency: int = QUERY) -> Json:
        """Return what OANDA has there; it may deny for a moment what it has just made."""
        for pause_s in LAG_S:
            try:
                return await self._wire.ask(self._path + path, urgency=urgency)
            except Missing:
                await self._wire.timing.sleep(pause_s)
        return await self._wire.ask(self._path + path, urgency=urgency)

    async def _learn_order(self, number_: str) -> None:
        if number_ in self._memory.orders or not number_.isdigit():
            return
        try:
            created = inner(await self.settled(f"/transactions/{number_}"), "transaction")
        except Missing:
            self._memory.order_is(number_, Known())
            return
        await self._learn(created)
        self._memory.note(created)

    async def _learn_mark(self, closing: Json) -> None:
        """Whose a close of a trade is: the last mark before it that no other close has used."""
        trade, number_ = word(inner(closing, "tradeClose"), "tradeID"), whole(closing, "id")
        if not self._memory.expects_close(trade) and number_ > 1:
            for one in await self.range(max(1, number_ - MARKS), number_ - 1):
                self._memory.note(one)

    async def learn_trade(self, number_: str) -> None:
        """The trade is remembered."""
        if number_ in self._memory.trades or not number_.isdigit():
            return
        try:
            answer = await self.settled(f"/trades/{number_}")
        except Missing:
            self._memory.trade_is(number_, Trade())
            return
        trade = inner(answer, "trade")
        units, upto = number(trade, "currentUnits", Decimal(0)), whole(answer, "lastTransactionID")
        id_ = ours(word(inner(trade, "clientExtensions"), "id"))
        self._memory.trade_is(number_, Trade(id_, word(trade, "instrument"), units, upto))


def _state(reports: tuple[Report, ...], living: Json, *, replaced: bool) -> State:
    kinds = {one.kind for one in reports}
    if word(living, "state") == "PENDING":
        return "working"
    ended = kinds & {CANCELLED, EXPIRED} or replaced or word(living, "state") == "CANCELLED"
    if FILLED in kinds and not ended:
        return "filled"
    if ended:
        return "cancelled"
    if REJECTED in kinds:
        return "rejected"
    if word(living, "state") in ("FILLED", "TRIGGERED"):
        return "filled"
    return "working" if kinds & {ACCEPTED, REPLACED} else "absent"
