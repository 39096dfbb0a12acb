"""The prices every simulated account sees: the last quote of each instrument, its candles, and the clock.

Quotes come from outside through `Market.price`. The clock is the one that was given, else the time of the latest quote;
either way it never goes back. A currency is turned into another at the quotes of the pair of the two, either way round:
gains at the side that gives less, losses at the side that costs more.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NamedTuple

from tradewind.errors import BadData, UnknownName
from tradewind.simulators.oanda.candles import Candles
from tradewind.simulators.oanda.instruments import Listed
from tradewind.simulators.oanda.wire import Document, with_places

LIQUIDITY = 10_000_000


class Quote(NamedTuple):
    """A price."""

    ts: int
    bid: Decimal
    ask: Decimal
    tradeable: bool = True

    @property
    def mid(self) -> Decimal:
        """Half way between."""
        return (self.bid + self.ask) / 2

    def side(self, units: Decimal | int) -> Decimal:
        """Return the price at which so many units (negative: sold) are dealt."""
        return self.ask if units > 0 else self.bid


class Factors(NamedTuple):
    """What one unit of a currency is in the account's: of a gain, of a loss, and between."""

    gain: Decimal
    loss: Decimal
    mid: Decimal


ONE = Factors(Decimal(1), Decimal(1), Decimal(1))


class Market:
    """Instruments and their quotes."""

    def __init__(self, instruments: Mapping[str, Listed], now: Callable[[], int] | None = None) -> None:
        self.instruments = dict(instruments)
        self.quotes: dict[str, Quote] = {}
        self.candles: dict[str, Candles] = {}
        self._now = now
        self._moment = 0

    def moment(self) -> int:
        """Return the time of the venue, ns UTC: never before what it last was."""
        if self._now is not None:
            self._moment = max(self._moment, self._now())
        return self._moment

    def price(self, symbol: str, ts: int, bid: Decimal, ask: Decimal, *, tradeable: bool = True) -> None:
        """The instrument has this quote; raises BadData for one that cannot be."""
        if symbol not in self.instruments:
            raise UnknownName("instrument at the simulated venue", symbol, self.instruments)
        if not 0 < bid <= ask:
            raise BadData(f"{symbol} cannot be quoted {bid} / {ask}.", "Give a bid above 0 and an ask not below it.")
        self._moment = max(self._moment, ts)
        self.quotes[symbol] = Quote(ts, bid, ask, tradeable)
        if tradeable:
            self.candles.setdefault(symbol, Candles()).add(ts, bid, ask)

    def factors(self, currency: str, home: str) -> Factors | None:
        """Return what one of `currency` is worth in `home`, or None where no quote tells."""
        if currency == home:
            return ONE
        if quote := self.quotes.get(f"{currency}_{home}"):
            return Factors(quote.bid, quote.ask, quote.mid)
        if quote := self.quotes.get(f"{home}_{currency}"):
            return Factors(1 / quote.ask, 1 / quote.bid, 1 / quote.mid)
        return None

    def shown(self, symbol: str) -> Document:
        """Return the quote of an instrument as the pricing stream shows it."""
        quote, digits = self.quotes[symbol], self.instruments[symbol].digits
        bid, ask = with_places(quote.bid, digits), with_places(quote.ask, digits)
        return {
            "type": "PRICE",
            "time": quote.ts,
            "bids": [{"price": bid, "liquidity": LIQUIDITY}],
            "asks": [{"price": ask, "liquidity": LIQUIDITY}],
            "closeoutBid": bid,
            "closeoutAsk": ask,
            "status": "tradeable" if quote.tradeable else "non-tradeable",
            "tradeable": quote.tradeable,
            "instrument": symbol,
        }

    def full_price(self, symbol: str) -> Document:
        """Return the quote of an instrument as a fill shows it."""
        shown = self.shown(symbol)
        names = ("closeoutBid", "closeoutAsk", "bids", "asks")
        return {**{name: shown[name] for name in names}, "timestamp": shown["time"]}
