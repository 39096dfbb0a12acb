"""An account at a broker that speaks FIX 4.4, as the trader's `Broker`.

Orders and reports go over one session, prices over the same or one of their own. The adapter remembers nothing that it
could not lose: what an order looks like is kept only to repeat it in a request about it, and asked for where it is not
known. What happened while the line was down is not caught up by FIX where sessions reset; the trader asks for the
picture and for each order it does not understand.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from random import Random
from typing import NoReturn

from tradewind.adapters.brokers.fix import answers, questions, requests
from tradewind.adapters.brokers.fix.dialects import Dialect, dialect
from tradewind.adapters.brokers.fix.inquiries import Inquiries, Inquiry, by_number
from tradewind.adapters.brokers.fix.moments import moment
from tradewind.adapters.brokers.fix.quotes import QuoteStream
from tradewind.adapters.brokers.fix.session import Deliver, Up
from tradewind.adapters.brokers.fix.settings import Account, Endpoint, Listed
from tradewind.adapters.brokers.fix.transport import FixLink, NotSent, Told
from tradewind.adapters.brokers.fix.wire import Garbled, Message, Pair
from tradewind.broker import (
    Answer,
    BrokerRefused,
    BrokerUnreachable,
    Cancel,
    Candle,
    CatchUp,
    Found,
    Heartbeat,
    Link,
    Login,
    Picture,
    Place,
    Quote,
    Replace,
    Report,
)
from tradewind.errors import TradewindError
from tradewind.kernel.records import (
    CANCEL_REJECTED,
    CANCELLED,
    REJECTED,
    REPLACE_REJECTED,
    REPLACED,
    UNKNOWN_OUTCOME,
)
from tradewind.kernel.refusals import NO_SUCH_ORDER

ANSWER_S = 10.0
KNOWN = 4096
"""Orders whose looks are kept."""
AGREEING = 3
"""How often a picture is tried in which nothing happens while it is taken."""


CAPABILITIES = dialect("standard").capabilities()
"""Of FIX as the standard has it; a dialect may do less."""


class FixBroker:
    """An account over FIX 4.4; see `tradewind.broker.Broker` for what each method promises."""

    def __init__(
        self,
        account: Account,
        listed: Sequence[Listed],
        dialect: Dialect,
        trade: Endpoint,
        prices: Endpoint | None = None,
        *,
        now: Callable[[], int],
        chance: Random,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        answer_s: float = ANSWER_S,
    ) -> None:
        self.capabilities = dialect.capabilities()
        self._account = account
        self._dialect = dialect
        self._now = now
        places = {row.code: place for place, row in enumerate(listed)}
        self._book = answers.Book(tuple(listed), places, account.currency, dialect.position_ids)
        self._inquiries = Inquiries(answer_s)
        self._answer_s = answer_s
        self._trade = FixLink(trade, self._trade_told, now=now, chance=chance, sleep=sleep)
        self._prices = self._trade
        if prices is not None:
            self._prices = FixLink(prices, self._prices_told, now=now, chance=chance, sleep=sleep)
        self._reports: asyncio.Queue[Report | Heartbeat | Link | None] = asyncio.Queue()
        self._stream = QuoteStream(self._book, dialect)
        self._sketches: OrderedDict[str, requests.Sketch] = OrderedDict()
        self._happenings = 0
        self._names = 0
        self.garbled = 0
        """Reports that were whole but meant nothing."""

    # The session.

    async def open(self) -> Login:
        """We are logged on everywhere and the broker knows every listed instrument."""
        await self._trade.start()
        try:
            if self._prices is not self._trade:
                await self._prices.start()
            await self._check()
            offset = await self.clock_offset()
        except TradewindError:
            await self._stop()
            raise
        account = self._account
        return Login(account.name, account.practice, account.currency, account.hedging, offset)

    async def close(self) -> None:
        """We are logged out; orders stay as they are."""
        await self._stop()
        self._stream.end()
        self._reports.put_nowait(None)

    async def _stop(self) -> None:
        for link in {self._trade, self._prices}:
            await link.stop()

    async def _check(self) -> None:
        """Every listed instrument is one of the broker's, as far as it says."""
        if self._dialect.security_list:
            codes = await questions.codes(self._ask, self._name("TWL-"))
            unknown = [row.code for row in self._book.listed if row.code not in codes]
        else:
            unknown = await self._stream.refused(self._answer_s)
        if unknown:
            raise BrokerRefused(
                f"{self.capabilities.broker} does not have {', '.join(unknown)}.", "Correct the symbols of the account."
            )

    # What comes.

    def _trade_told(self, told: Told) -> None:
        if isinstance(told, Deliver):
            self._inquiries.tell(told.message)
            try:
                self._trade_message(told.message)
            except Garbled as error:
                self.garbled += 1
                self._happenings += 1
                lost = answers.order_of(told.message)
                self._reports.put_nowait(Report(UNKNOWN_OUTCOME, lost, "", occurred=self._now(), text=error.message))
            if self._prices is self._trade:
                self._prices_told(told)
            return
        up = isinstance(told, Up)
        if not up:
            self._inquiries.lost()
        self._happenings += 1
        self._reports.put_nowait(Link("reports", up, "" if isinstance(told, Up) else told.reason))
        if self._prices is self._trade:
            self._prices_told(told)

    def _prices_told(self, told: Told) -> None:
        self._stream.told(told, self._prices)

    def _trade_message(self, message: Message) -> None:
        if message.type == "0":
            self._reports.put_nowait(Heartbeat(moment(message.get(52))))
        elif message.type == answers.EXECUTION:
            self._learn(message)
            report = None if message.has(584) else answers.report_of(message, self._book)
            if report is not None:
                self._happened(report)
        elif message.type == answers.CANCEL_REJECT:
            self._happened(answers.cancel_refused(message, self._book))
        elif (
            message.type == answers.BUSINESS_REJECT
            and message.get(372) == requests.NEW_ORDER
            and (order := answers.ours(message.get(379)))
        ):
            self._happened(refusal(message, REJECTED, order))

    def _happened(self, report: Report) -> None:
        self._happenings += 1
        self._reports.put_nowait(report)

    def _learn(self, message: Message) -> None:
        """The looks of the order of a report are known."""
        place = answers.place_of(message, self._book)
        side, kind = answers.side_of(message), requests.TYPES_READ.get(message.get(40), 0)
        if place < 0 or not side or not kind or not message.has(38):
            return
        listed = self._book.listed[place]
        order = answers.order_of(message)
        self._keep(order, requests.Sketch(listed, side, kind, answers.steps(answers.number(message, 38), listed)))

    def _keep(self, order: str, sketch: requests.Sketch) -> None:
        if order:
            self._sketches[order] = sketch
            self._sketches.move_to_end(order)
            if len(self._sketches) > KNOWN:
                self._sketches.popitem(last=False)

    async def quotes(self) -> AsyncIterator[Quote | Heartbeat | Link]:
        """Prices as they come."""
        async for item in self._stream.items():
            yield item

    async def reports(self) -> AsyncIterator[Report | Heartbeat | Link]:
        """What happens in the account as it comes."""
        while (item := await self._reports.get()) is not None:
            yield item

    # What is wanted.

    async def place(self, order: Place) -> Answer:
        """The order was sent once; the answer says what is known."""
        try:
            listed = self._listed(order.instrument)
            body = requests.new_order(order, listed, self._dialect, self._account.name, self._now())
        except TradewindError as error:
            return unsent(REJECTED, order.id, order.id, error)
        self._keep(order.id, requests.Sketch(listed, order.side, order.type, order.quantity))
        return await self._request(requests.NEW_ORDER, body, (order.id, order.id, REJECTED))

    async def cancel(self, order: Cancel) -> Answer:
        """The broker was asked once to take the order back."""
        name = self._name(answers.CANCEL_MARK)
        try:
            sketch = await self._sketch(order.id)
            body = requests.cancel(order, name, sketch, self._dialect, self._now())
        except TradewindError as error:
            return unsent(CANCEL_REJECTED, order.id, name, error)
        return await self._request(requests.CANCEL_REQUEST, body, (order.id, name, CANCEL_REJECTED))

    async def replace(self, order: Replace) -> Answer:
        """The broker was asked once to change the order."""
        try:
            sketch = await self._sketch(order.id)
            listed = self._listed(order.instrument)
            body = requests.replace(order, listed, sketch, self._dialect, self._now())
        except TradewindError as error:
            return unsent(REPLACE_REJECTED, order.id, order.new_id, error)
        return await self._request(requests.REPLACE_REQUEST, body, (order.id, order.new_id, REPLACE_REJECTED))

    def _listed(self, place: int) -> Listed:
        """Return the instrument of that place; `Unsayable` where none was listed there."""
        if not 0 <= place < len(self._book.listed):
            raise requests.Unsayable(f"Instrument {place} is not listed with {self.capabilities.broker}.")
        return self._book.listed[place]

    async def _sketch(self, order: str) -> requests.Sketch | None:
        """Return the looks of an order, asked for where they are needed and not known."""
        if not (self._dialect.terse or order in self._sketches):
            await self.since("")
        return self._sketches.get(order)

    async def _request(self, kind: str, body: list[Pair], about: tuple[str, str, int]) -> Answer:
        """The request was written once; `about` names the order, the request, and the kind of its refusal."""
        order, name, refused = about
        with self._inquiries.about(name, order) as inquiry:
            try:
                number = self._trade.send(kind, body)
            except (NotSent, Garbled) as error:
                return unsent(refused, order, name, error)
            inquiry.names.add(by_number(number))
            try:
                return await self._verdict(inquiry, about)
            except (BrokerUnreachable, Garbled) as error:
                return Answer("unknown", (), error.message)

    async def _verdict(self, inquiry: Inquiry, about: tuple[str, str, int]) -> Answer:
        """Return what the broker's answer says of the request."""
        order, name, refused = about
        done = {CANCEL_REJECTED: {CANCELLED}, REPLACE_REJECTED: {REPLACED}}.get(refused, set())
        while True:
            message = await inquiry.next()
            if message.type in {answers.REJECT, answers.BUSINESS_REJECT}:
                report = refusal(message, refused, order, name)
                return Answer("refused", (report,), report.text)
            if message.type == answers.CANCEL_REJECT and refused != REJECTED and message.get(11) == name:
                report = answers.cancel_refused(message, self._book)
                return Answer("refused", (report,), report.text)
            if message.type != answers.EXECUTION or message.has(584):
                continue
            happening = answers.report_of(message, self._book)
            if happening is None:
                continue
            if happening.kind == UNKNOWN_OUTCOME:
                return Answer("unknown", (happening,), happening.text)
            if happening.kind == refused:
                return Answer("refused", (happening,), happening.text)
            if not done or happening.kind in done:
                return Answer("taken", (happening,), happening.text)

    # What is asked.

    async def picture(self) -> Picture:
        """The orders and positions, at a moment in which nothing happened; money is not told over FIX."""
        if not self._dialect.mass_status or self._dialect.positions == "none":
            raise BrokerRefused(
                f"{self.capabilities.broker} does not list orders and positions over FIX.",
                "Use it for prices alone, or trade this account by another interface.",
            )
        for _ in range(AGREEING):
            before = self._happenings
            orders = await questions.living(self._ask, self._name("TWM-"), self._book, self._dialect)
            body = requests.positions(self._name("TWP-"), self._dialect, self._account.name, self._now())
            positions = await questions.positions(self._ask, body, self._book)
            if before == self._happenings:
                return Picture(self._now(), "", self._account.currency, 0, 0, 0, orders, positions)
        raise BrokerUnreachable("Too much happens in the account for a picture of one moment; ask again.")

    async def find(self, id: str, instrument: int = -1, side: int = 0) -> Found:  # noqa: A002 - our word for it
        """What became of the order with our id; the standard wants its instrument and side where it is not known."""
        sketch = self._sketches.get(id)
        if sketch is None and instrument >= 0 and side:
            sketch = requests.Sketch(self._book.listed[instrument], side, 0, 0)
        if sketch is None and not self._dialect.terse:
            if self._dialect.mass_status:
                await self.since("")  # living orders tell what they look like
            sketch = self._sketches.get(id)
            if sketch is None:
                raise BrokerUnreachable(
                    f"FIX asks for an order by instrument and side, and those of {id} are not known."
                )
        return await questions.found(
            self._ask, id, requests.status(id, sketch, self._dialect), self._book, self._dialect
        )

    async def since(self, sequence: str) -> CatchUp:  # noqa: ARG002 - FIX has no sequence of happenings
        """What the living orders tell of themselves: nothing else is told without a search."""
        if not self._dialect.mass_status:
            return CatchUp((), "")
        reports = await questions.told(self._ask, self._name("TWM-"), self._book, self._dialect)
        return CatchUp(reports, "")

    async def candles(self, instrument: int, seconds: int, start: int, end: int) -> Sequence[Candle]:
        """There are none over FIX."""
        self._no_bars(instrument, seconds, start, end)

    def _no_bars(self, *asked: int) -> NoReturn:
        raise BrokerRefused(f"FIX 4.4 has no bars; {asked} cannot be asked.", "Build them from the quotes.")

    async def clock_offset(self) -> int:
        """The broker's clock minus ours, ns, from a test request; as fine as the broker stamps its messages."""
        asked = self._now()
        try:
            name = self._trade.ping()
        except NotSent as error:
            raise BrokerUnreachable(error.message) from error
        with self._inquiries.about(name) as inquiry:
            message = await inquiry.next()
        try:
            return moment(message.get(52)) - (asked + self._now()) // 2
        except Garbled as error:
            raise BrokerUnreachable(error.message) from error

    async def _ask(self, kind: str, body: list[Pair], name: str, take: questions.Take) -> None:
        """The question was asked and every answer given to `take`, until that says it is enough."""
        with self._inquiries.about(name) as inquiry:
            try:
                inquiry.names.add(by_number(self._trade.send(kind, body)))
                while not take(await inquiry.next()):
                    pass
            except (NotSent, Garbled) as error:
                raise BrokerUnreachable(error.message) from error

    def _name(self, mark: str) -> str:
        """Return an id for a request that is no order, never used before."""
        self._names += 1
        return f"{mark}{self._now() // 1_000_000:X}-{self._names:X}"


def refusal(message: Message, kind: int, order: str, name: str = "") -> Report:
    """Return what a reject of a whole message tells: the request had no effect."""
    reason = NO_SUCH_ORDER if message.get(380) == "1" else 0
    return Report(
        kind, order, f"reject:{name or order}", occurred=answers.happened_at(message), reason=reason,
        text=answers.text_of(message),
    )  # fmt: skip


def unsent(kind: int, order: str, name: str, error: TradewindError) -> Answer:
    """Return the answer to a request of which not a byte has left."""
    report = Report(kind, order, f"unsent:{name}", text=error.message)
    return Answer("refused", (report,), error.message)
