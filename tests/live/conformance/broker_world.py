"""The world an adapter is tried in: a broker behind it whose prices can be moved and whose wire can be broken.

An adapter joins with one class that is a `World` and one line: `test_it_conforms = conformance(ItsWorld)` (see
`test_memory_conforms`). Scenarios that need a fault its world cannot make are left out and are listed by the world
itself in `cannot`, so that nothing is left out unseen.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol, Self

from tradewind.broker import Broker, BrokerUnreachable, Found, Place, Report
from tradewind.kernel.orders import LIMIT, MARKET
from tradewind.kernel.records import FILLED

LOSE_REQUEST = "lose request"
"""The next request for an order never arrives, and no answer comes."""
LOSE_ANSWER = "lose answer"
"""The next request for an order is carried out, and its answer is lost."""
FAIL_QUERIES = "fail queries"
"""Queries fail until the fault is mended."""
PART_OF_PICTURE = "part of picture"
"""The next picture lacks a position."""
FILL_A_PART = "fill a part"
"""The next fill is of half the size only, and the rest stays at the broker or ends there."""
REJECT = "reject"
"""The next order is rejected, clearly."""
TELL_TWICE = "tell twice"
"""From now on the stream tells everything twice."""
CUT = "cut"
"""The streams are cut now; while they are down things may happen."""
EVERY_FAULT = frozenset(
    {LOSE_REQUEST, LOSE_ANSWER, FAIL_QUERIES, PART_OF_PICTURE, FILL_A_PART, REJECT, TELL_TWICE, CUT}
)

BID, ASK = 2_000_000, 2_000_300
"""Where the price of instrument 0 stands when a world begins, ticks."""
SIZE = 10
"""Lot steps of the orders of scenarios."""
PATIENCE_S = 30.0


class World(Protocol):
    """A broker to be tried; an async context manager that begins it anew."""

    cannot: frozenset[str]
    """Faults it cannot make."""

    async def connect(self) -> Broker:
        """Return a new, opened adapter that remembers nothing, as after a crash."""

    async def price(self, bid: int, ask: int) -> None:
        """The price of instrument 0 is this, ticks, and what it fills is filled."""

    async def fault(self, name: str) -> None:
        """The fault holds."""

    async def mend(self) -> None:
        """No fault holds any more."""

    async def __aenter__(self) -> Self:
        """The world stands, with the price at BID and ASK."""

    async def __aexit__(self, *how: object) -> None:
        """It is gone, with everything that was connected."""


def entry(id: str, **more) -> Place:  # noqa: A002  our word for it
    """Return a market order to buy SIZE, with a stop and a target unless told otherwise."""
    usual = {"stop_loss": BID - 5_000, "take_profit": BID + 10_000, "stop_id": f"{id}-S", "target_id": f"{id}-T"}
    return Place(id, 0, 0, 1, SIZE, MARKET, **(usual | more))


def resting(id: str, **more) -> Place:  # noqa: A002  our word for it
    """Return a limit order to buy SIZE far below the market."""
    return Place(id, 0, 0, 1, SIZE, LIMIT, **({"price": BID - 1_000} | more))


async def until(question: Callable, fits: Callable):
    """Return the first answer that fits; a deadline fails the scenario. Queries that fail are asked again."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                if fits(answer := await question()):
                    return answer
            except BrokerUnreachable:
                pass
            await asyncio.sleep(0.01)


async def found(broker: Broker, id: str) -> Found:  # noqa: A002  our word for it
    """Return what became of an order that was taken, however long a lookup lags."""
    return await until(lambda: broker.find(id), lambda one: one.state != "absent")


def once(reports) -> list[Report]:
    """Return reports without those told before, as the trader takes them."""
    return list({one.execution: one for one in reports if one.execution}.values())


async def listen(broker: Broker, enough: Callable) -> list:
    """Return what the stream of reports tells until there is enough."""
    heard = []
    stream = broker.reports()
    async with asyncio.timeout(PATIENCE_S):
        async for item in stream:
            heard.append(item)
            if enough(heard):
                break
    await stream.aclose()
    return heard


def filled(reports, id_):
    """Return how much of an order was filled, each execution counted once."""
    return sum(one.quantity for one in once(reports) if one.kind == FILLED and one.id == id_)


async def is_filled(broker, id_, steps=SIZE):
    """Return the picture once so much of an order is filled."""
    await until(lambda: broker.find(id_), lambda one: filled(one.reports, id_) >= steps)
    return await broker.picture()


def net(picture):
    """Return the net lot steps in instrument 0."""
    return sum(one.quantity for one in picture.positions if one.instrument == 0)
