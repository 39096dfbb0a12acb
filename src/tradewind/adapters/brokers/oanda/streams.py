"""OANDA's two streams as endless lists: lines, heartbeats every five seconds, and a new connection when they stop.

Long-lived connections break as a matter of course, so a break is no error: it is told, and after a pause that doubles
with some chance in it the stream is connected again. Only a clear refusal (the token) ends it.

Transactions are numbered. Whatever the stream skipped, while it was down or while it lived (a heartbeat names the
last number), is asked for by number before anything newer is told, and a line told twice is told once.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing

from tradewind.adapters.brokers.oanda.listing import Listing
from tradewind.adapters.brokers.oanda.log import AccountLog
from tradewind.adapters.brokers.oanda.memory import word
from tradewind.adapters.brokers.oanda.pace import Pause, Timing
from tradewind.adapters.brokers.oanda.reading import Json, listed, moment, number, whole
from tradewind.adapters.brokers.oanda.wire import Wire
from tradewind.broker import BrokerUnreachable, Heartbeat, Link, Quote, Report


def quote_of(line: Json, listing: Listing) -> Quote | None:
    """Return the best prices of a price line, None for an instrument that is not ours."""
    row = listing.named(word(line, "instrument"))
    if row is None:
        return None
    bids = [number(one, "price") for one in listed(line, "bids")]
    asks = [number(one, "price") for one in listed(line, "asks")]
    status = word(line, "status")
    tradable = bool(bids and asks) and line.get("tradeable", status == "tradeable") is True
    bid = max(bids) if bids else number(line, "closeoutBid")
    ask = min(asks) if asks else number(line, "closeoutAsk")
    return Quote(row.place, moment(line, "time"), row.exactly(bid), row.exactly(ask), tradable)


async def quotes(
    wire: Wire, path: str, listing: Listing, timing: Timing, heard: Callable[[int], None]
) -> AsyncIterator[Quote | Heartbeat | Link]:
    """Yield prices until the wire is closed; `heard` is told the broker's time of every heartbeat."""
    pause = Pause(timing)
    while not wire.closed:
        try:
            async with aclosing(wire.lines(f"{path}/pricing/stream", {"instruments": listing.names})) as lines:
                async for line in lines:
                    if not line:
                        yield Link("quotes", up=True)
                    elif word(line, "type") == "HEARTBEAT":
                        pause.worked()
                        heard(moment(line, "time"))
                        yield Heartbeat(moment(line, "time"))
                    elif word(line, "type") in ("PRICE", "") and (quote := quote_of(line, listing)) is not None:
                        pause.worked()
                        yield quote
        except BrokerUnreachable as error:
            yield Link("quotes", up=False, reason=error.message)
        if not wire.closed:
            await pause.over()


async def reports(
    wire: Wire, path: str, log: AccountLog, timing: Timing, seen: int
) -> AsyncIterator[Report | Heartbeat | Link]:
    """Yield what happens after transaction `seen`, in order and each once, until the wire is closed."""
    pause = Pause(timing)
    while not wire.closed:
        try:
            async with aclosing(wire.lines(f"{path}/transactions/stream", {})) as lines:
                async for line in lines:
                    if not line:
                        yield Link("reports", up=True)
                        told = await log.since(str(seen))
                        for one in told.reports:
                            yield one
                        seen = int(told.sequence)
                        continue
                    pause.worked()
                    beat = word(line, "type") == "HEARTBEAT"
                    newest = whole(line, "lastTransactionID" if beat else "id")
                    if newest > seen:
                        if not beat and newest == seen + 1:
                            happened = await log.told([line])
                        else:
                            caught = await log.since(str(seen))
                            happened, newest = list(caught.reports), int(caught.sequence)
                        for report in happened:
                            yield report
                        seen = max(seen, newest)
                    if beat:
                        yield Heartbeat(moment(line, "time"), str(seen))
        except BrokerUnreachable as error:
            yield Link("reports", up=False, reason=error.message)
        if not wire.closed:
            await pause.over()
