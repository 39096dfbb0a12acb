"""An account in a MetaTrader 5 terminal, through our bridge beside it, as a broker of ours.

Our order id stands in the comment and our number in `magic` of every order. The bridge gives each id to the terminal
once, for as long as it keeps its journal, and answers a repeated one with what came of the first; it does not refuse
it, so what is declared here is "echo". Times there are the server's wall clock, read by the profile's `server_clock`.
Tried against a real terminal: never.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from secrets import token_hex

from tradewind.adapters.brokers.metatrader import constants as mt
from tradewind.adapters.brokers.metatrader import streams
from tradewind.adapters.brokers.metatrader.candles import candles_of, questions
from tradewind.adapters.brokers.metatrader.happenings import Teller
from tradewind.adapters.brokers.metatrader.listing import Listing
from tradewind.adapters.brokers.metatrader.picture import found_of, picture_of
from tradewind.adapters.brokers.metatrader.reading import Json, inner, ours, rows, whole, word
from tradewind.adapters.brokers.metatrader.sending import Sender
from tradewind.adapters.brokers.metatrader.wire import Settings, Wire
from tradewind.broker import (
    Answer,
    BrokerRefused,
    BrokerUnreachable,
    Cancel,
    Candle,
    Capabilities,
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
from tradewind.errors import UnknownName
from tradewind.markets.clock import MINUTE, SECOND
from tradewind.markets.instruments import Instrument
from tradewind.money import minor_digits

CAPABILITIES = Capabilities(
    broker="metatrader",
    id_scope="echo",
    id_window_s=0.0,
    lookup_by_id=True,
    lookup_lag_s=5.0,
    lateness_s=180.0,  # our bridge drops a late request; a dealer's desk may answer one for three minutes
    request_expiry=False,
    attached_stops=True,
    replaces_in_place=True,
    execution_ids=True,
    catch_up="time",
    position_mode="either",
    cancel_all="none",
    exclusive_session=False,
    quotes_per_second=0.0,
    tried="",
)
OVERLAP_S = 86_400
"""What is asked for again on catching up: a terminal may learn of a deal late."""
FRESH_NS = 30 * SECOND
WRONG_CLOCK_NS = 15 * MINUTE
"""A price from so far in the future means that the profile names another clock than the server's."""


class MetaTraderBroker:
    """One account in one terminal."""

    capabilities = CAPABILITIES

    def __init__(
        self,
        settings: Settings,
        instruments: Sequence[Instrument],
        *,
        now: Callable[[], int] = time.time_ns,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        session: str = "",
    ) -> None:
        """Nothing is sent until `open`; `session` is a text no other life of any adapter has, made up if not given."""
        self._listing = Listing(instruments)
        self._wire = Wire(settings, self._listing.symbols)
        self._settings, self._now, self._sleep = settings, now, sleep
        self._session = session or token_hex(8)
        self._joined: tuple[Teller, Sender] | None = None
        self._hedging = False

    async def open(self) -> Login:
        """The terminal is logged in to this account, may trade, and every instrument is what our profile says."""
        opened = (await self._wire.connected()).opened
        account, currency = inner(opened, "account"), word(inner(opened, "account"), "currency")
        try:
            minor_digits(currency)
        except UnknownName as error:
            raise BrokerRefused(error.message, error.hint) from None
        if opened.get("trade_allowed") is not True or account.get("trade_allowed") is not True:
            raise BrokerRefused(
                "The terminal may not trade.", 'Press "Algo Trading" in it; log in with the main password.'
            )
        if account.get("trade_expert") is not True:
            raise BrokerRefused("The broker does not let programs trade on this account.", "Ask the broker.")
        self._listing.must_agree(rows(opened, "symbols"))
        self._hedging = whole(account, "margin_mode") == mt.ACCOUNT_MARGIN_MODE_RETAIL_HEDGING
        teller = Teller(self._listing, self._settings.magic, currency)
        self._joined = teller, Sender(self._wire, self._listing, teller, self._session)
        offset = await self._newest_offset()
        if offset is not None and offset > WRONG_CLOCK_NS:
            raise BrokerRefused(
                f"Prices come from {offset / MINUTE:.0f} minutes ahead: the server's clock is not the profile's.",
                "Correct server_clock in the profile.",
            )
        practice = whole(account, "trade_mode") != mt.ACCOUNT_TRADE_MODE_REAL
        known = offset if offset is not None and abs(offset) < FRESH_NS else 0
        return Login(str(whole(account, "login")), practice, currency, self._hedging, known)

    @property
    def _open(self) -> tuple[Teller, Sender]:
        if self._joined is None:
            raise BrokerRefused("The broker was not opened.", "Call open first.")
        return self._joined

    async def close(self) -> None:
        """The connection is closed; orders stay as they are, and the bridge and its terminal run on."""
        await self._wire.close()

    def quotes(self) -> AsyncIterator[Quote | Heartbeat | Link]:
        """Every tick of the listed symbols, for ever."""
        return streams.quotes(self._wire, self._listing, self._now, self._sleep)

    def reports(self) -> AsyncIterator[Report | Heartbeat | Link]:
        """What happens in the account from now on, for ever; after each `Link` up, ask `since` for what was missed."""
        return streams.reports(self._wire, self._open[0], self._now, self._sleep)

    async def place(self, order: Place) -> Answer:
        """The order was sent once, or refused before it left."""
        return await self._open[1].place(order)

    async def cancel(self, order: Cancel) -> Answer:
        """The terminal was asked once to take the order back."""
        return await self._open[1].cancel(order)

    async def replace(self, order: Replace) -> Answer:
        """The terminal was asked once to change the order."""
        return await self._open[1].replace(order)

    async def picture(self) -> Picture:
        """The whole account now."""
        teller = self._open[0]
        return picture_of(await self._asked("live"), teller, self._now(), hedging=self._hedging)

    async def find(self, id: str, instrument: int = -1, side: int = 0) -> Found:  # noqa: A002, ARG002 - our word for it; the id is enough
        """What became of the order with our id, as far back as the bridge looks."""
        if not ours(id):
            raise BrokerRefused(f"{id[:60]!r} is no order id of ours.")
        teller = self._open[0]
        return found_of(await self._asked("find", id=id, magic=self._settings.magic), id, teller)

    async def since(self, sequence: str) -> CatchUp:
        """What happened after a moment of the server's clock, and in the day before it, once more."""
        if sequence and not sequence.isdecimal():
            raise BrokerRefused(f"{sequence[:40]!r} is no sequence of this broker.")
        teller, after = self._open[0], int(sequence or 0)
        answer = await self._asked("history", **{"from": max(0, after // 1000 - OVERLAP_S)})
        working, ended, deals = (rows(answer, name) for name in ("working", "orders", "deals"))
        times = [whole(each, "time_msc") for each in deals] + [whole(each, "time_done_msc") for each in ended]
        return CatchUp(teller.reports(working, ended, deals), str(max([after, *times])))

    async def candles(self, instrument: int, seconds: int, start: int, end: int) -> Sequence[Candle]:
        """Closed bars that open in [start, end), oldest first; the ask is the bid and the bar's one spread."""
        row = self._listing.of(instrument)
        found: dict[int, Candle] = {}
        for timeframe, first, last in questions(self._listing, seconds, start, min(end, self._now())):
            span = {"timeframe": timeframe, "from": first, "to": last}
            answer = await self._wire.ask("rates", symbol=row.symbol, **span)
            found |= {one.open_ts: one for one in candles_of(answer, row, self._listing, seconds)}
        closed = self._now()
        return [found[ts] for ts in sorted(found) if start <= ts < end and ts + seconds * SECOND <= closed]

    async def clock_offset(self) -> int:
        """The server's clock minus ours, ns, by the age of a price that is new; BrokerUnreachable while none moves."""
        first = await self._newest_offset(exact=True)
        if first is not None and abs(first) < FRESH_NS:
            return first
        for _ in range(20):
            await self._sleep(0.5)
            found = await self._newest_offset(exact=True)
            if found is not None and (first is None or found > first):
                return found
        raise BrokerUnreachable("No price moves: the server's clock cannot be measured now.")

    def differences(self) -> list[tuple[str, str, object, object]]:
        """Return (symbol, field, profile's, broker's) of what may differ without harm but should be known."""
        return list(self._listing.differences())

    async def _newest_offset(self, *, exact: bool = False) -> int | None:
        """Return by how much the newest price is ahead of our clock; None where there is no price."""
        with suppress(BrokerUnreachable):
            answer = await self._asked("tick", symbols=self._listing.symbols)
            times = [each[0] for each in inner(answer, "ticks").values() if isinstance(each, list) and each]
            now = self._now()
            newest = max((self._listing.utc(each) for each in times if isinstance(each, int)), default=0)
            return newest - now if newest else None
        if exact:
            raise BrokerUnreachable("The terminal does not tell its prices.")
        return None

    async def _asked(self, op: str, **fields: object) -> Json:
        answer = await self._wire.ask(op, **fields)
        if not isinstance(answer, dict):
            raise BrokerUnreachable("The bridge's answer is not understood.")
        return answer
