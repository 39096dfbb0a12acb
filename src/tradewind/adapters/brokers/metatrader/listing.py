"""The listed instruments as the terminal has them: names with a broker's suffix, steps, clocks, and what must agree."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tradewind import money
from tradewind.adapters.brokers.metatrader import constants as mt
from tradewind.adapters.brokers.metatrader.reading import Json, real, whole, word
from tradewind.broker import BrokerRefused, BrokerUnreachable
from tradewind.errors import BadData
from tradewind.markets import clock
from tradewind.markets.instruments import Instrument

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - the server's wall clock has no zone


class Listed:
    """One instrument: its place in the list, and its units there and here."""

    def __init__(self, place: int, instrument: Instrument) -> None:
        """`symbol` is the broker's own name, with its suffix."""
        self.place, self.instrument, self.symbol = place, instrument, instrument.broker_symbol
        self.info: Json = {}

    def ticks(self, price: float) -> int:
        """Return a price in ticks; 0 for none."""
        try:
            return money.ticks(price, self.instrument.tick_size) if price else 0
        except BadData as error:
            raise BrokerUnreachable(f"The bridge's answer is not understood: {error.message}") from None

    def average(self, price: float) -> float:
        """Return an average price in ticks, not rounded to one."""
        return float(money.decimal(price) / self.instrument.tick_size)

    def steps(self, lots: float) -> int:
        """Return lots in lot steps."""
        try:
            return money.steps(lots, self.instrument.volume_step)
        except BadData as error:
            raise BrokerUnreachable(f"The bridge's answer is not understood: {error.message}") from None

    def price(self, ticks: int) -> float:
        """Return ticks as the nearest number to the decimal price, which is what the terminal takes."""
        return float(money.price(ticks, self.instrument.tick_size))

    def lots(self, steps: int) -> float:
        """Return lot steps as lots."""
        return float(money.lots(steps, self.instrument.volume_step))


class Listing:
    """All of them, and the clock of their server."""

    def __init__(self, instruments: Sequence[Instrument]) -> None:
        """Refuses instruments of two servers."""
        self.rows = [Listed(place, each) for place, each in enumerate(instruments)]
        clocks = {each.server_clock for each in instruments}
        if len(clocks) != 1:
            raise BrokerRefused(f"A terminal has one clock, and the profile names {len(clocks)}.", "List one broker.")
        self._clock = clock.clock(clocks.pop())
        self._named = {row.symbol: row for row in self.rows}

    @property
    def symbols(self) -> list[str]:
        """The broker's names, in our order."""
        return [row.symbol for row in self.rows]

    def of(self, place: int) -> Listed:
        """Return an instrument by its place."""
        if not 0 <= place < len(self.rows):
            raise BrokerRefused(f"Instrument {place} is not listed.", f"There are {len(self.rows)}.")
        return self.rows[place]

    def named(self, symbol: str) -> Listed | None:
        """Return an instrument by the broker's name, None where it is not listed."""
        return self._named.get(symbol)

    def utc(self, server_ms: int) -> int:
        """Return the instant at which the server's clock showed that, ns; 0 for 0."""
        return clock.to_utc(_EPOCH + timedelta(milliseconds=server_ms), self._clock) if server_ms else 0

    def server_s(self, ts: int) -> int:
        """Return what the server's clock shows at an instant, as seconds."""
        return int((clock.from_utc(ts, self._clock) - _EPOCH) // timedelta(seconds=1))

    def must_agree(self, found: Sequence[Json]) -> None:
        """Every instrument is there and tradable, and its units are those of the profile; else BrokerRefused."""
        infos: Mapping[str, Json] = {word(each, "name"): each for each in found}
        for row in self.rows:
            info = infos.get(row.symbol, {})
            if "trade_mode" not in info:
                raise BrokerRefused(
                    f"The terminal has no symbol {row.symbol} for {row.instrument.symbol}.",
                    "Put the broker's name, with its suffix, into broker_symbol of your profile.",
                )
            if whole(info, "trade_mode") != mt.SYMBOL_TRADE_MODE_FULL:
                raise BrokerRefused(f"{row.symbol} cannot be traded both ways now (mode {info['trade_mode']}).")
            for ours, theirs in _UNITS:
                expected = getattr(row.instrument, ours)
                if float(expected) != real(info, theirs):
                    raise BrokerRefused(
                        f"{row.symbol}: {ours} is {info[theirs]:g} at the broker and {expected} in the profile.",
                        "Correct the profile: with wrong units every size or price would be wrong.",
                    )
            row.info = info

    def differences(self) -> list[tuple[str, str, Any, Any]]:
        """Return (symbol, field, profile's, broker's) where they differ without making units wrong."""
        return [
            (row.symbol, ours, getattr(row.instrument, ours), row.info[theirs])
            for row in self.rows
            for ours, theirs in _RULES
            if theirs in row.info and float(getattr(row.instrument, ours)) != float(row.info[theirs])
        ]


_UNITS = (("contract_size", "trade_contract_size"), ("tick_size", "trade_tick_size"), ("volume_step", "volume_step"))
_RULES = (
    ("digits", "digits"), ("volume_min", "volume_min"), ("volume_max", "volume_max"),
    ("stops_level", "trade_stops_level"), ("freeze_level", "trade_freeze_level"),
)  # fmt: skip
