"""The only wiring: a mode is a choice of feed and venue, and nothing else differs.

To learn how the system is put together, read this file. Backtest: the feed is a recorded tape, the venue is the
simulated one inside the kernel.
"""

import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import merge
from operator import attrgetter
from pathlib import Path
from typing import Any

from tradewind.adapters.address import read_server
from tradewind.adapters.catalogue import SeriesInfo
from tradewind.adapters.extras import module_of
from tradewind.adapters.histories import History, history_at
from tradewind.adapters.ledger import Trials
from tradewind.adapters.memory import MemoryJournal
from tradewind.adapters.news import NewsStore
from tradewind.adapters.sqlite import SqliteRuns
from tradewind.adapters.stored_runs import StoredRuns
from tradewind.compilation import handler_of
from tradewind.data.admission import admitted, with_asks
from tradewind.data.alignment import Alignment, align
from tradewind.data.legs import Leg
from tradewind.data.series import SYNTHETIC, Series
from tradewind.data.spread import SpreadSettings
from tradewind.data.stress import NewsStress
from tradewind.data.tape import tape
from tradewind.errors import TradewindError
from tradewind.kernel.bars import DAY_BAR
from tradewind.kernel.loop import REPORTS
from tradewind.kernel.sizing import METHODS
from tradewind.kernel.step import WANTS_QUOTES
from tradewind.limits_wiring import RANGE_BAR, day_clocks, hold_limits, series_needed
from tradewind.markets.blackout import NewsEntry, NewsRules, after_release, announcements, concerning
from tradewind.markets.instruments import Instrument, Profile
from tradewind.markets.loading import load_profile
from tradewind.markets.news import Event, known
from tradewind.markets.releases import shipped_versions
from tradewind.markets.schedule import clock_resets, schedule
from tradewind.ports import Rows
from tradewind.results.facts import numbered
from tradewind.risk.limits import Limits
from tradewind.runner import Runner, Slot
from tradewind.series_choice import find_series
from tradewind.settings import Settings
from tradewind.strategy import Strategy, load, timeframe_name, timeframe_seconds
from tradewind.wiring import (
    Listing,
    add_series,
    conversion_pairs,
    first_state,
    news_rules,
    simulated_venue,
    write_weights,
)

EVER = (-(2**62), 2**62)


@dataclass(frozen=True)
class Choice:
    """A strategy file with the parameters to change, as text."""

    path: Path
    overrides: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """What to backtest."""

    choices: Sequence[Choice]
    symbols: Sequence[str]
    start: int = EVER[0]
    end: int = EVER[1]
    """Moments, ns UTC; the end is exclusive."""
    feed: str | None = None
    bar: str = "M5"
    """The timeframe of `on_bar`."""
    plain: bool = False
    settings: Settings = field(default_factory=Settings)
    journal_events: int = REPORTS
    risk: Limits | None = None
    """The limits the gate holds; None for no risk rules."""


@dataclass(frozen=True)
class Plan:
    """A request that was found possible: everything is loaded, nothing has run."""

    request: Request
    profile: Profile
    strategies: Sequence[Strategy]
    params: Sequence[Any]
    listings: Sequence[Listing]
    series: Sequence[Sequence[SeriesInfo]]
    news: Sequence[Event]
    """Every version of the calendar; empty where news are switched off."""
    start: int
    end: int
    runner: Runner
    journal: MemoryJournal
    feed: Callable[[], Iterator[Rows]]
    spreads: Mapping[str, str]
    """Which spread curves priced which series, as digests; complete when the feed has ended."""
    reads: Sequence[Series]
    """Every series the tape reads, asks too."""
    quality: Mapping[str, Mapping[str, Any]]
    """What the doctor found in each series, by its name."""

    @property
    def rows(self) -> int:
        """About how many prices the tape has, for a progress bar."""
        return sum(_rows_between(info, self.start, self.end) for infos in self.series for info in infos[:1])

    @property
    def rules(self) -> NewsRules:
        """How wide news windows are."""
        return news_rules(self.request.settings)

    def told(self) -> Iterator[NewsEntry]:
        """Yield what the run is told of news, in order of time."""
        traded = [one.instrument for one in self.listings if one.tradable]
        streams = [announcements(self.news, one, self.rules, self.start, self.end) for one in enumerate(traded)]
        return merge(*streams, key=attrgetter("ts"))

    @property
    def synthetic(self) -> bool:
        """Whether any price was made up."""
        return any(info.feed == SYNTHETIC for infos in self.series for info in infos)


def _rows_between(info: SeriesInfo, start: int, end: int) -> int:
    """Return about how many rows of a series lie between two moments."""
    length = max(info.last - info.first, 1)
    share = (min(end, info.last) - max(start, info.first)) / length
    return max(0, int(info.rows * min(1.0, share)))


def open_history(settings: Settings) -> History:
    """Return the store of market data that the settings name."""
    return history_at(settings.ports.history, settings.data / "history", settings.ports.secrets)


def open_news(settings: Settings) -> NewsStore:
    """Return the store of imported releases that the settings name."""
    return NewsStore(settings.data / "news")


def news_calendar(settings: Settings) -> list[Event]:
    """Return every version of the shipped calendar and of what was imported; what was imported counts more."""
    return [*shipped_versions(), *open_news(settings).versions()] if settings.news.enabled else []


def known_calendar(settings: Settings, moment: int, symbol: str | None = None) -> list[Event]:
    """Return the releases known at a moment, by time; with a symbol those that make a window for it."""
    versions: Sequence[Event] = news_calendar(settings)
    if symbol is not None:
        versions = concerning(versions, load_profile(settings.profile).instrument(symbol), news_rules(settings))
    return known(versions, moment)


def check_news(settings: Settings, symbol: str, feed: str | None = None) -> dict[str, Alignment]:
    """Return how each calendar fits the prices of an instrument: the shipped one, and each source imported."""
    shipped = {event.id for event in shipped_versions()}
    moments: dict[str, list[int]] = {}
    for event in known_calendar(settings, EVER[1], symbol):
        moments.setdefault("shipped" if event.id in shipped else event.source, []).append(event.ts)
    history = open_history(settings)
    return {name: align(history, symbol, feed, due) for name, due in moments.items()}


def open_runs(settings: Settings) -> StoredRuns:
    """Return the store of finished runs that the settings name."""
    if settings.ports.runs == "sqlite":
        return SqliteRuns(settings.data)
    address = read_server(settings.ports.runs, "postgresql", settings.ports.secrets)
    stored: StoredRuns = module_of("stack", "tradewind.adapters.postgres.runs").PostgresRuns(address)
    return stored


def open_trials(settings: Settings) -> Trials:
    """Return the ledger of everything that was tried, in the data folder the settings name."""
    return Trials(settings.data)


def plan_backtest(request: Request, history: History) -> Plan:
    """Return everything a backtest needs, or raise TradewindError saying what is missing and what to do."""
    profile = load_profile(request.settings.profile)
    strategies = [load(choice.path, compile_handlers=not request.plain) for choice in request.choices]
    params = [strategy.params(choice.overrides) for strategy, choice in zip(strategies, request.choices, strict=True)]
    listings = [Listing(profile.instrument(symbol)) for symbol in request.symbols]
    fixed = request.settings.rates
    pairs = [
        pair
        for pair in conversion_pairs(profile, listings, request.settings.account.currency)
        if pair.symbol not in fixed
    ]
    listings += [Listing(pair, tradable=False) for pair in pairs]
    span = (request.start, request.end)
    series = [find_series(history, one.instrument.symbol, request.feed, span, one.tradable) for one in listings]
    start = max(request.start, min(info.first for infos in series[: len(request.symbols)] for info in infos))
    # Bars are named by their open: the last one still has to close.
    end = min(request.end, 1 + max(info.last + info.timeframe * 1_000_000_000 for infos in series for info in infos))
    reads = with_asks(history, [info.series for infos in series for info in infos])
    quality = admitted(history, reads, profile, (start, end))
    bar_seconds, instruments = timeframe_seconds(request.bar), [one.instrument for one in listings]
    finest = max(infos[-1].timeframe for infos in series[: len(request.symbols)])
    state = starting_state(request, profile, listings, strategies, finest)
    for infos, one in zip(series, listings, strict=True):
        _check_timeframes(strategies, infos[-1], one.instrument, bar_seconds)
    journal = MemoryJournal()
    slots = [
        Slot(strategy, values, range(len(request.symbols)), bar_seconds)
        for strategy, values in zip(strategies, params, strict=True)
    ]
    handler = None if request.plain else handler_of(strategies)
    runner = Runner(state, simulated_venue(request.settings), slots, journal, handler, request.journal_events)
    news, spreads = news_calendar(request.settings), dict[str, str]()
    legs = _legs(listings, series, news, request.settings, spreads)
    edges = any("on_session" in strategy.handlers for strategy in strategies)

    def feed() -> Iterator[Rows]:
        clocks = [] if request.risk is None else day_clocks(request.risk)
        resets = [clock_resets(number, which, start, end) for number, which in clocks]
        days = schedule(instruments, start, end, edges=edges)
        calendar = merge(days, *resets, plan.told(), key=attrgetter("ts"))
        return tape(history, legs, calendar, start, end)

    plan = Plan(
        request,
        profile,
        strategies,
        params,
        listings,
        series,
        news,
        start,
        end,
        runner,
        journal,
        feed,
        spreads,
        reads,
        quality,
    )
    return plan


def starting_state(
    request: Request, profile: Profile, listings: Sequence[Listing], strategies: Sequence[Strategy], finest: int
) -> Rows:
    """Return the kernel's first state: markets, account, what each strategy is shown, limits and weights.

    `finest` is the timeframe in seconds below which an instrument has no bars.
    """
    state: Rows = first_state(profile, listings, request.settings, len(strategies))
    needed = set() if request.risk is None else {max(one, finest) for one in series_needed(request.risk)}
    subscribe(state, strategies, len(request.symbols), timeframe_seconds(request.bar), needed)
    if request.risk is not None:
        hold_limits(state, request.risk, [one.instrument for one in listings], max(RANGE_BAR, finest))
    symbols = [one.instrument.symbol for one in listings if one.tradable]
    write_weights(state, request.settings, numbered([one.name for one in strategies]), symbols)
    return state


def _legs(
    listings: Sequence[Listing],
    series: Sequence[Sequence[SeriesInfo]],
    news: Sequence[Event],
    settings: Settings,
    spreads: dict[str, str],
) -> list[Leg]:
    """Return where the prices of each instrument come from; `spreads` will hold which curves priced them."""
    rules, minutes = news_rules(settings), settings.news.spread_minutes

    def stress(instrument: Instrument) -> NewsStress:
        """Return what the first minutes after a release do to spreads that nobody recorded."""
        return NewsStress(after_release(news, instrument, rules, minutes), float(instrument.spread.news_multiple))

    def spread(one: Listing) -> SpreadSettings:
        """Return how bars without an ask are priced; nobody pays the spread of a pair that only converts cash."""
        costs, lender = settings.costs, settings.costs.spread_curve if one.tradable else None
        instrument = one.instrument
        return SpreadSettings(instrument, costs.spread, stress(instrument), lender, costs.spread_level, spreads)

    return [
        Leg(
            number,
            one.instrument.symbol,
            [info.series for info in infos],
            one.instrument.tick_size,
            spread(one),
        )
        for number, (one, infos) in enumerate(zip(listings, series, strict=True))
    ]


def backtest(request: Request, history: History, progress: Callable[[Plan, int], None] | None = None) -> Plan:
    """Return the plan of a request after it has run: its journal holds what happened, its runner the last state."""
    plan = plan_backtest(request, history)
    try:
        plan.runner.run(plan.feed(), None if progress is None else lambda rows: progress(plan, rows))
    except TradewindError:
        raise
    except Exception as error:
        raise _blame(plan.strategies, error) from error
    return plan


def _blame(strategies: Sequence[Strategy], error: Exception) -> Exception:
    """Return what went wrong in a strategy's own file as one line, or the error itself if it was not there."""
    paths = {strategy.path.resolve() for strategy in strategies}
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if Path(frame.filename).resolve() in paths:
            return TradewindError(f"{frame.filename}:{frame.lineno}: {type(error).__name__}: {error}")
    return error


def subscribe(
    state: Any, strategies: Sequence[Strategy], traded: int, bar_seconds: int, needed: Iterable[int] = ()
) -> None:
    """Every traded instrument has the series that some strategy wakes on, and those `needed` besides, in seconds."""
    watchers: dict[tuple[int, int], int] = {}
    wanted: list[set[int]] = [set() for _ in range(int(state["instrument_count"][0]))]
    for number, strategy in enumerate(strategies):
        state["strategies"]["shown"][0, number] = strategy.shown
        state["shows_quotes"] |= int(bool(strategy.shown & WANTS_QUOTES))
        for seconds in {value or bar_seconds for value in strategy.timeframes.values()}:
            for instrument in range(traded):
                wanted[instrument].add(seconds)
                key = (instrument, seconds)
                watchers[key] = watchers.get(key, 0) | 1 << number
    if METHODS[int(state["sizing"]["method"][0])] in ("volatility", "volatility_target"):  # they measure day bars
        for instrument in range(traded):
            wanted[instrument].add(DAY_BAR)
    for timeframes in wanted[:traded]:
        timeframes.update(needed)
    add_series(state, wanted, watchers)


def _check_timeframes(
    strategies: Sequence[Strategy], coarsest: SeriesInfo, instrument: Instrument, bar_seconds: int
) -> None:
    """Every timeframe a strategy wakes on can be made of the bars there are."""
    if coarsest.timeframe == 0:
        return
    for strategy in strategies:
        for name, value in strategy.timeframes.items():
            seconds = value or bar_seconds
            if seconds < coarsest.timeframe or (seconds < DAY_BAR and seconds % coarsest.timeframe):
                raise TradewindError(
                    f"Strategy {strategy.name} wakes on {timeframe_name(seconds)} bars ({name}), but the history of "
                    f"{instrument.symbol} ({coarsest.feed}) has {timeframe_name(coarsest.timeframe)} bars.",
                    "Import finer data, choose another feed with --feed, or a later --from.",
                )
