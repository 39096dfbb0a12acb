"""An account at OANDA by its v20 API, as a broker of ours.

Accounts keep trades apart, so a position is a trade, whether the account allows hedging or nets. Our order id stands
in the client extensions; OANDA refuses it a second time only while an order of that id is pending (or a trade of that
id open), so it is no idempotency key and nothing is ever sent twice. The price stream is sampled at four a second.
Tried against the real service: never; `tradewind broker probe oanda` does it without sending an order.
"""

import re
from collections.abc import AsyncIterator, Sequence
from email.utils import parsedate_to_datetime

import httpx

from tradewind.adapters.brokers.oanda import candles, streams
from tradewind.adapters.brokers.oanda.listing import Difference, Listing, differences, must_agree, records_of
from tradewind.adapters.brokers.oanda.log import AccountLog
from tradewind.adapters.brokers.oanda.memory import Memory
from tradewind.adapters.brokers.oanda.pace import Timing
from tradewind.adapters.brokers.oanda.picture import picture_of
from tradewind.adapters.brokers.oanda.reading import Json, inner, listed, moment, text, whole
from tradewind.adapters.brokers.oanda.sending import Sender
from tradewind.adapters.brokers.oanda.transactions import Account
from tradewind.adapters.brokers.oanda.wire import Wire, hosts
from tradewind.adapters.brokers.tokens import Token
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
from tradewind.markets.instruments import Instrument
from tradewind.money import minor_digits

CAPABILITIES = Capabilities(
    broker="oanda",
    id_scope="open",
    id_window_s=0.0,
    lookup_by_id=True,
    lookup_lag_s=2.0,  # observed by users: 0.25 to 0.5 s after an order was made it is denied
    lateness_s=20.0,
    request_expiry=False,
    attached_stops=True,
    replaces_in_place=False,
    execution_ids=True,
    catch_up="sequence",
    position_mode="either",
    cancel_all="none",
    exclusive_session=False,
    quotes_per_second=4.0,
    tried="",
)
FRESH_NS = 15 * 10**9
"""A heartbeat tells the broker's time for this long."""

_ACCOUNT = re.compile(r"[0-9A-Za-z-]{1,40}")
_ID = re.compile(r"[A-Z0-9-]{1,32}")


class OandaBroker:
    """One account at OANDA; `practice` chooses the service, `base_url` and `stream_url` another place for both."""

    capabilities = CAPABILITIES

    def __init__(
        self,
        account: str,
        token: Token,
        *,
        instruments: Sequence[Instrument],
        practice: bool = True,
        clock: Timing | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        base_url: str | None = None,
        stream_url: str | None = None,
    ) -> None:
        """Nothing is sent until `open`."""
        if not _ACCOUNT.fullmatch(account):
            raise BrokerRefused(
                f"{account[:40]!r} is no account number of OANDA's.", "It looks like 101-004-1234567-001."
            )
        self._number = account
        self._practice = practice
        self._timing = clock or Timing()
        self._wire = Wire(
            hosts(practice=practice, base_url=base_url, stream_url=stream_url), token, self._timing, transport
        )
        self._path = f"/v3/accounts/{account}"
        self._listing = Listing(instruments)
        self._memory = Memory()
        self._joined: tuple[Account, AccountLog, Sender] | None = None
        self._seen = 0
        self._offset = 0
        self._heard = -FRESH_NS

    async def open(self) -> Login:
        """The token is for this account, and every instrument there is what our profile says."""
        answer = await self._wire.ask("/v3/accounts")
        known = {text(one, "id"): one for one in listed(answer, "accounts", needed=True)}
        if self._number not in known:
            raise BrokerRefused(
                f"The token is not for account {self._number}; it is for {len(known)} other"
                f"{'s' if len(known) != 1 else ''} ({', '.join(_masked(one) for one in sorted(known)) or 'none'}).",
                "Check the account number, and whether it is a practice or a live account.",
            )
        if known[self._number].get("mt4AccountID"):
            raise BrokerRefused(
                f"Account {self._number} is linked to MetaTrader 4, where our order ids may not be set.",
                "Use a v20 account.",
            )
        summary = inner(await self._wire.ask(f"{self._path}/summary"), "account")
        must_agree(await self.instrument_records(), self._listing.instruments)
        currency = text(summary, "currency")
        try:
            minor_digits(currency)
        except UnknownName as error:
            raise BrokerRefused(error.message, error.hint) from None
        account = Account(self._listing, self._memory, currency)
        log = AccountLog(self._wire, self._path, account)
        self._joined = account, log, Sender(self._wire, self._path, self._listing, self._memory, log)
        self._seen = max(self._seen, whole(summary, "lastTransactionID"))
        return Login(
            self._number, self._practice, currency, summary.get("hedgingEnabled") is True, await self.clock_offset()
        )

    async def close(self) -> None:
        """All connections are closed; orders stay as they are."""
        await self._wire.close()

    def quotes(self) -> AsyncIterator[Quote | Heartbeat | Link]:
        """Prices as OANDA samples them, for ever."""
        return streams.quotes(self._wire, self._path, self._listing, self._timing, self._hear)

    def reports(self) -> AsyncIterator[Report | Heartbeat | Link]:
        """What happens from `open` on, in order and each once, for ever."""
        return streams.reports(self._wire, self._path, self._open[1], self._timing, self._seen)

    async def place(self, order: Place) -> Answer:
        """The order was sent once, or refused before it left."""
        return await self._open[2].place(order)

    async def cancel(self, order: Cancel) -> Answer:
        """OANDA was asked once to take the order back."""
        return await self._open[2].cancel(order)

    async def replace(self, order: Replace) -> Answer:
        """OANDA was asked once to change the order."""
        return await self._open[2].replace(order)

    async def picture(self) -> Picture:
        """The whole account now."""
        account = self._open[0]
        answer = await self._wire.ask(self._path)
        return picture_of(answer, account, self._timing.now())

    async def find(self, id: str, instrument: int = -1, side: int = 0) -> Found:  # noqa: A002, ARG002 - our word for it; the id is enough
        """What became of the order with our id."""
        if not _ID.fullmatch(id):
            raise BrokerRefused(f"{id[:60]!r} is no order id of ours.")
        return await self._open[1].find(id)

    async def since(self, sequence: str) -> CatchUp:
        """What happened after a transaction."""
        return await self._open[1].since(sequence)

    async def candles(self, instrument: int, seconds: int, start: int, end: int) -> Sequence[Candle]:
        """Closed bars that open in [start, end), oldest first."""
        row = self._listing.of(instrument)
        found: dict[int, Candle] = {}
        for params in candles.questions(seconds, start, min(end, self._timing.now() + self._offset)):
            answer = await self._wire.ask(f"{self._path}/instruments/{row.name}/candles", params)
            found |= {one.open_ts: one for one in candles.candles_of(answer, row, seconds)}
        return [found[ts] for ts in sorted(found) if start <= ts < end]

    async def clock_offset(self) -> int:
        """OANDA's clock minus ours, ns: from a heartbeat just heard, from live prices, else from the Date header."""
        if self._timing.steady() - self._heard < FRESH_NS:
            return self._offset
        before = self._timing.now()
        answer = await self._wire.ask(f"{self._path}/pricing", {"instruments": self._listing.names})
        middle = before + (self._timing.now() - before) // 2
        trading = any(one.get("tradeable") is True for one in listed(answer, "prices", needed=True))
        if trading and "time" in answer:
            self._offset = moment(answer, "time") - middle
        else:
            try:  # a header of whole seconds: half a second is what it is off by on average
                header = parsedate_to_datetime(self._wire.date)
            except (TypeError, ValueError):
                raise BrokerUnreachable("OANDA's answer does not say what time it is.") from None
            self._offset = int(header.timestamp()) * 10**9 + 5 * 10**8 - middle
        return self._offset

    async def instrument_records(self) -> list[Json]:
        """Return OANDA's records of all instruments of the account."""
        return listed(await self._wire.ask(f"{self._path}/instruments"), "instruments", needed=True)

    async def differences(self) -> list[Difference]:
        """Return everything that OANDA's instrument records and our profile see differently, harmless or not."""
        records = records_of(await self.instrument_records(), self._listing.instruments)
        return [found for one in self._listing.instruments for found in differences(records[one.broker_symbol], one)]

    @property
    def _open(self) -> tuple[Account, AccountLog, Sender]:
        if self._joined is None:
            raise BrokerRefused("The broker was not opened.", "Call open first.")
        return self._joined

    def _hear(self, ts: int) -> None:
        """A heartbeat came just now."""
        self._offset = ts - self._timing.now()
        self._heard = self._timing.steady()


def _masked(account: str) -> str:
    """Return an account number of which only the end can be read."""
    return "..." + account[-3:]
