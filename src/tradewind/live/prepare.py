"""From a request to a runner that can be fed live: the same wiring as a backtest's, with a journal that waits."""

from dataclasses import dataclass
from typing import Any

from tradewind.compilation import handler_of
from tradewind.errors import TradewindError
from tradewind.kernel.loop import EVERYTHING
from tradewind.limits_wiring import day_clocks
from tradewind.liveness.entries import MadeOf
from tradewind.markets.instruments import Profile
from tradewind.markets.loading import load_profile
from tradewind.modes import Request, news_calendar, starting_state
from tradewind.results.provenance import code_digest, digest_of
from tradewind.runner import Runner, Slot
from tradewind.strategy import Strategy, load, timeframe_seconds
from tradewind.trading.machine import Machine, Pending
from tradewind.wiring import Listing, conversion_pairs, news_rules, simulated_venue

FINEST = 60
"""Seconds below which nothing is built from the broker's back-filled bars."""


@dataclass(frozen=True)
class Prepared:
    """A request that can be traded."""

    request: Request
    profile: Profile
    listings: list[Listing]
    strategies: list[Strategy]
    params: list[Any]
    handler: Any

    @property
    def traded(self) -> int:
        """How many of the instruments are traded: the first ones."""
        return len(self.request.symbols)

    def core(self, *, simulated: bool) -> Machine:
        """Return a core before its first event."""
        request = self.request
        state = starting_state(request, self.profile, self.listings, self.strategies, FINEST)
        venue = simulated_venue(request.settings)
        venue["silent"] = int(not simulated)
        slots = [
            Slot(strategy, values, range(self.traded), timeframe_seconds(request.bar))
            for strategy, values in zip(self.strategies, self.params, strict=True)
        ]
        pending = Pending()
        return Machine(Runner(state, venue, slots, pending, self.handler, EVERYTHING), pending, simulated=simulated)

    def calendar(self) -> MadeOf:
        """Return what the live calendar is made of."""
        request = self.request
        return MadeOf(
            [one.instrument for one in self.listings],
            self.traded,
            [] if request.risk is None else day_clocks(request.risk),
            news_calendar(request.settings),
            news_rules(request.settings),
            edges=any("on_session" in strategy.handlers for strategy in self.strategies),
        )

    def timeframes(self) -> list[int]:
        """Return the timeframes in seconds of every series the state has."""
        state = starting_state(self.request, self.profile, self.listings, self.strategies, FINEST)
        count = int(state["series_count"][0])
        return sorted({int(one) for one in state["series"]["timeframe"][0][:count]})

    def start_document(self) -> dict[str, Any]:
        """Return what this run depends on, for the journal: equal documents replay to equal bytes."""
        request = self.request
        return {
            "code": code_digest(),
            "strategies": [
                {"file": str(one.path.resolve()), "digest": one.digest, "parameters": dict(choice.overrides)}
                for one, choice in zip(self.strategies, request.choices, strict=True)
            ],
            "symbols": list(request.symbols),
            "bar": request.bar,
            "feed": request.feed,
            "profile": {"name": self.profile.name, "digest": digest_of(self.profile.model_dump(mode="json"))},
            "settings": request.settings.model_dump(mode="json", exclude={"data"}),
            "limits": None if request.risk is None else request.risk.as_tree(),
        }


def prepare(request: Request) -> Prepared:
    """Return what a request needs to be traded, or raise TradewindError saying what is missing."""
    if request.risk is None:
        raise TradewindError(
            "Paper and live trading need risk rules: without limits there is no kill switch.",
            "Give --risk house, a firm's pack or a file; `tradewind risk show house` lists the house's.",
        )
    if request.plain:
        raise TradewindError("Strategies are compiled in paper and live trading.", "Leave --plain out.")
    profile = load_profile(request.settings.profile)
    strategies = [load(choice.path, compile_handlers=True) for choice in request.choices]
    params = [strategy.params(choice.overrides) for strategy, choice in zip(strategies, request.choices, strict=True)]
    listings = [Listing(profile.instrument(symbol)) for symbol in request.symbols]
    pairs = conversion_pairs(profile, listings, request.settings.account.currency)
    listings += [Listing(pair, tradable=False) for pair in pairs if pair.symbol not in request.settings.rates]
    return Prepared(request, profile, listings, strategies, params, handler_of(strategies))
