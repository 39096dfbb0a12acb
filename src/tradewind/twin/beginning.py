"""From an account's start document to the world its day begins in, and the whole of a twin run of that day."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tradewind.compilation import handler_of
from tradewind.errors import BadData, BadSettings
from tradewind.kernel.records import BAR
from tradewind.limits_wiring import RANGE_BAR, hold_limits, series_needed
from tradewind.markets.clock import utc_datetime
from tradewind.markets.loading import load_profile
from tradewind.modes import Choice, Request, subscribe
from tradewind.ports import Rows
from tradewind.requests import risk_rules
from tradewind.results.facts import InstrumentFacts, numbered
from tradewind.runner import Slot
from tradewind.settings import Settings
from tradewind.strategy import load, timeframe_seconds
from tradewind.twin.audit import replay
from tradewind.twin.chain import Twin, twin
from tradewind.twin.recording import Account, Recording, Start, day_span, places_of, recording_of
from tradewind.twin.world import World
from tradewind.wiring import Listing, conversion_pairs, first_state, simulated_venue, write_weights


@dataclass(frozen=True)
class Day:
    """A twin run of one day, with what its numbers stand for."""

    twin: Twin
    day: date
    start: Start
    currency: str
    strategies: Sequence[str]
    instruments: Sequence[InstrumentFacts]
    reference: str
    """What the feed was held against: "recorded" or the name of a feed of the history."""
    changed: Sequence[str] = ()
    """Strategy files whose text, or the program under them, is not what ran."""


Reference = Callable[[Request], Rows]
"""Gives the tape of a request's period as it should have been."""


def request_of(start: Start, settings: Settings, span: tuple[int, int]) -> Request:
    """Return what to backtest: what the account ran, under the settings it had, in the period given."""
    tree = {**start.settings, "data": settings.data}
    try:
        chosen = Settings.model_validate(tree)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadSettings(
            f"The start document of the account has {where} = {first['input']!r}: {first['msg']}."
        ) from None
    rules = risk_rules(chosen)
    choices = [Choice(Path(one.file), dict(one.parameters)) for one in start.strategies]
    return Request(
        choices, list(start.symbols), *span, feed=start.feed, bar=start.bar, plain=start.plain, settings=chosen,
        risk=rules and rules.limits,
    )  # fmt: skip


def world_of(request: Request, finest: int) -> tuple[World, list[InstrumentFacts]]:
    """Return the world a request begins in, and its traded instruments; prices come in bars of `finest` seconds.

    It is what `modes.plan_backtest` begins with, without a history: the prices are in the recording.
    """
    profile = load_profile(request.settings.profile)
    strategies = [load(choice.path, compile_handlers=not request.plain) for choice in request.choices]
    listings = [Listing(profile.instrument(symbol)) for symbol in request.symbols]
    pairs = conversion_pairs(profile, listings, request.settings.account.currency)
    listings += [Listing(pair, tradable=False) for pair in pairs if pair.symbol not in request.settings.rates]
    bar_seconds = timeframe_seconds(request.bar)
    state: Any = first_state(profile, listings, request.settings, len(strategies))
    needed = set() if request.risk is None else {max(one, finest) for one in series_needed(request.risk)}
    subscribe(state, strategies, len(request.symbols), bar_seconds, needed)
    instruments = [one.instrument for one in listings]
    if request.risk is not None:
        hold_limits(state, request.risk, instruments, max(RANGE_BAR, finest))
    names = numbered([one.name for one in strategies])
    write_weights(state, request.settings, names, list(request.symbols))
    slots = [
        Slot(strategy, strategy.params(choice.overrides), range(len(request.symbols)), bar_seconds)
        for strategy, choice in zip(strategies, request.choices, strict=True)
    ]
    handler = None if request.plain else handler_of(strategies)
    world = World(state, simulated_venue(request.settings), slots, handler)
    return world, [InstrumentFacts.of(one) for one in instruments[: len(request.symbols)]]


def twin_of_day(account: Account, day: date, settings: Settings, reference: Reference | None = None) -> Day:
    """Return the twin run of one New York trading day of an account; BadData says what it lacks."""
    recording = recording_of(account)
    span = day_span(day)
    first, end = places_of(recording.events, span)
    if first == end:
        raise BadData(f"Nothing was recorded on {day}.", _recorded(recording))
    request = request_of(recording.start, settings, span)
    prices = recording.events[recording.events["kind"] <= BAR]
    world, instruments = world_of(request, int(prices["span"].max()) if len(prices) else 0)
    _, morning = replay(world, recording, (0, first))
    tape = None if reference is None else reference(replace(request, end=span[1] + 1))
    if tape is not None:
        tape = tape[slice(*places_of(tape, span))]
    told = twin(morning, recording, (first, end), tape)
    changed = [
        one.file
        for one, slot in zip(recording.start.strategies, world.slots, strict=True)
        if one.digest and one.digest != slot.strategy.digest
    ]
    names = numbered([one.strategy.name for one in world.slots])
    held = "recorded" if reference is None else request.feed or "history"
    return Day(told, day, recording.start, request.settings.account.currency, names, instruments, held, changed)


def _recorded(recording: Recording) -> str:

    first, last = (utc_datetime(int(recording.events["ts"][place])) for place in (0, -1))
    return f"The recording reaches from {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC."
