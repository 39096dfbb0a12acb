"""A look at a broker that changes nothing there: login, prices for a while, bars, the picture, the log.

It is how an adapter that was only simulated is tried against the real broker. No order is sent: of an adapter it uses
nothing that could.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import NamedTuple, TypeVar, cast

from tradewind.broker import Broker, BrokerUnreachable, Heartbeat, Link, Login, Quote

NS = 10**9
LARGEST_SKEW_NS = 2 * NS
"""A clock further off than this is wrong: bars and expiries would be too."""
BARS_NS = 5 * 24 * 3600 * NS
"""Bars of an hour are asked for over so long: a weekend fits in."""

T = TypeVar("T")


class Check(NamedTuple):
    """One thing that was looked at."""

    what: str
    passed: bool
    found: str


class Heard(NamedTuple):
    """What a stream of prices told in a while."""

    quotes: int
    heartbeats: int
    lost: str
    """Why it broke, where it did."""


async def probe(broker: Broker, login: Login, symbols: tuple[str, ...], seconds: float, now: int) -> list[Check]:
    """Return what a broker that was opened showed; a question that failed is a check that did not pass."""
    checks = [clock_check(login.clock_offset)]
    heard = await listened(broker, seconds)
    told = f"{heard.quotes} prices and {heard.heartbeats} heartbeats in {seconds:g} s"
    checks.append(
        Check("prices", heard.quotes + heard.heartbeats > 0, f"{told}{'; ' + heard.lost if heard.lost else ''}")
    )
    for number, symbol in enumerate(symbols):
        bars = await _asked(partial(broker.candles, number, 3600, now - BARS_NS, now))
        checks.append(
            _check(f"bars of {symbol}", bars, lambda some: f"{len(some)} closed bars of an hour in five days")
        )
        if not isinstance(bars, BrokerUnreachable) and not bars:
            checks[-1] = checks[-1]._replace(passed=False)
    picture = await _asked(broker.picture)
    checks.append(
        _check(
            "picture",
            picture,
            lambda one: f"{len(one.orders)} orders, {len(one.positions)} positions, up to {one.sequence}",
        )
    )
    if not isinstance(picture, BrokerUnreachable):
        caught = await _asked(lambda: broker.since(picture.sequence))
        checks.append(_check("since", caught, lambda one: f"{len(one.reports)} happenings since, up to {one.sequence}"))
    return checks


def clock_check(offset: int) -> Check:
    """Return how far our clock is from the broker's."""
    way = "behind" if offset > 0 else "ahead of"
    return Check("clock", abs(offset) <= LARGEST_SKEW_NS, f"ours is {abs(offset) / NS:.1f} s {way} the broker's")


async def listened(broker: Broker, seconds: float) -> Heard:
    """Return what the stream of prices told in so many seconds."""
    heard = {Quote: 0, Heartbeat: 0}
    lost = ""
    try:
        async with (
            asyncio.timeout(seconds),
            aclosing(cast("AsyncGenerator[Quote | Heartbeat | Link, None]", broker.quotes())) as stream,
        ):
            async for item in stream:
                if isinstance(item, Link):
                    lost = "" if item.up else item.reason
                else:
                    heard[type(item)] += 1
    except TimeoutError:
        return Heard(heard[Quote], heard[Heartbeat], lost)
    return Heard(heard[Quote], heard[Heartbeat], lost)


async def _asked(question: Callable[[], Awaitable[T]]) -> T | BrokerUnreachable:
    try:
        return await question()
    except BrokerUnreachable as error:
        return error


def _check(what: str, answer: T | BrokerUnreachable, told: Callable[[T], str]) -> Check:
    if isinstance(answer, BrokerUnreachable):
        return Check(what, passed=False, found=answer.message)
    return Check(what, passed=True, found=told(answer))
