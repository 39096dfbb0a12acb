"""Prices and happenings as the bridge pushes them: endless, saying when the link is lost and when it is back.

The link is down when the connection is, and also when the bridge lives but its terminal has lost its server or hangs.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

from tradewind.adapters.brokers.metatrader.happenings import Teller
from tradewind.adapters.brokers.metatrader.listing import Listed, Listing
from tradewind.adapters.brokers.metatrader.reading import Json, inner, printable, rows, word
from tradewind.adapters.brokers.metatrader.wire import Wire
from tradewind.broker import BrokerUnreachable, Heartbeat, Link, Quote, Report

Now = Callable[[], int]
Sleep = Callable[[float], Awaitable[None]]


async def quotes(wire: Wire, listing: Listing, now: Now, sleep: Sleep) -> AsyncIterator[Quote | Heartbeat | Link]:
    """Yield prices for ever; only a clear refusal ends it."""
    up = False
    while True:
        reason = ""
        try:
            async with wire.following(listing.symbols, happenings=False) as queue:
                first = await wire.ask("tick", symbols=listing.symbols)
                yield Link("quotes", up=True)
                up = True
                for symbol, tick in inner(first if isinstance(first, dict) else {}, "ticks").items():
                    for quote in _quotes(listing.named(symbol), [tick], listing):
                        yield quote
                while (message := await queue.get()) is not None:
                    if message["push"] == "ticks" and up:
                        for quote in _quotes(listing.named(word(message, "symbol")), message.get("rows"), listing):
                            yield quote
                    elif message["push"] == "heartbeat":
                        why = trouble(message, wire.settings.stuck_s)
                        if up == bool(why):
                            up = not why
                            yield Link("quotes", up=up, reason=why)
                        yield Heartbeat(now())
                reason = "the connection to the bridge was lost"
        except BrokerUnreachable as error:
            reason = error.message
        if up or reason:
            yield Link("quotes", up=False, reason=reason)
        up = False
        await sleep(wire.settings.pause_s)


def trouble(beat: Json, stuck_s: float) -> str:
    """Return why a living bridge cannot be relied on now, or nothing."""
    turn = beat.get("turn_ms")
    if not isinstance(turn, int) or turn > stuck_s * 1000:
        return "the terminal does not answer the bridge"
    return "" if beat.get("up") is True else printable(word(beat, "why")) or "the terminal is not connected"


def _quotes(row: Listed | None, found: object, listing: Listing) -> Iterator[Quote]:
    """Yield the ticks of a symbol; what is no price is passed over, for the next one comes."""
    if row is None or not isinstance(found, list):
        return
    for each in found:
        if not (isinstance(each, list) and len(each) == 3 and all(isinstance(part, int | float) for part in each)):
            continue
        moment, bid, ask = each
        if isinstance(moment, int) and 0 < bid <= ask:
            yield Quote(row.place, listing.utc(moment), row.ticks(bid), row.ticks(ask))


async def reports(wire: Wire, teller: Teller, now: Now, sleep: Sleep) -> AsyncIterator[Report | Heartbeat | Link]:
    """Yield what happens for ever; only a clear refusal ends it."""
    up = False
    while True:
        reason = ""
        try:
            async with wire.following([], happenings=True) as queue:
                yield Link("reports", up=True)
                up = True
                while (message := await queue.get()) is not None:
                    if message["push"] == "happenings":
                        told = (rows(message, name) for name in ("working", "orders", "deals"))
                        for report in teller.reports(*told):
                            yield report
                    elif message["push"] == "heartbeat":
                        why = trouble(message, wire.settings.stuck_s)
                        if up == bool(why):
                            up = not why
                            yield Link("reports", up=up, reason=why)
                        yield Heartbeat(now())
                reason = "the connection to the bridge was lost"
        except BrokerUnreachable as error:
            reason = error.message
        yield Link("reports", up=False, reason=reason)
        up = False
        await sleep(wire.settings.pause_s)
