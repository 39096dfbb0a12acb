"""A strategy more on a running account: the state of before with another strategy in it, and nothing else changed.

Strategies are only ever added, and behind those there are: positions, order ids and the journal's rows carry their
numbers. So what traded at any place of the journal is a beginning of what trades now. The place itself is a note with
everything that a replay needs to go through it; what it does to the state there is computed again and compared.
"""

import base64
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tradewind.compilation import handler_of
from tradewind.errors import TradewindError
from tradewind.kernel.bars import DAY_BAR
from tradewind.kernel.records import INSTRUMENTS, STATE
from tradewind.live.people import restore_limits
from tradewind.live.prepare import Prepared
from tradewind.liveness.calendar import LiveCalendar
from tradewind.results.facts import numbered

if TYPE_CHECKING:
    from tradewind.live.desk import Desk
    from tradewind.trading.machine import Machine

GRAFT = "graft"
FAR = 2**62
OF_DAYS = ("day_atr", "day_bars", "day_previous_close", "day_variance")
"""What an instrument knows of its day bars."""
WATCHED_DAYS = ("day_close", "day_return")
WATCHED_BARS = (
    "range_bars", "range_close", "range_atr", "spread_hour", "usual_sample", "usual_spread", "spread_days", "spreads",
)  # fmt: skip
"""What the gate knows of an instrument from its day bars and from its range bars."""


def first(prepared: Prepared, count: int) -> Prepared:
    """Return the same with the first `count` strategies alone."""
    if count == len(prepared.strategies):
        return prepared
    strategies = prepared.strategies[:count]
    request = replace(prepared.request, choices=list(prepared.request.choices[:count]))
    return replace(
        prepared, request=request, strategies=strategies, params=prepared.params[:count], handler=handler_of(strategies)
    )


def wants_edges(prepared: Prepared) -> bool:
    """Return whether openings and closings of sessions are events of their own."""
    return any("on_session" in one.handlers for one in prepared.strategies)


def grown(old: "Machine", young: "Machine", prepared: Prepared, before: int) -> "Machine":
    """Return the core of `prepared` that goes on where `old` stands, which has its first `before` strategies.

    What the strategies behind them have remembered, and bars that only they look at, are those of `young`, a core of
    `prepared` too. Neither `old` nor `young` changes.
    """
    core = prepared.core(simulated=old.simulated)
    runner, former, nursery = core.runner, old.runner, young.runner
    fresh = np.frombuffer(bytearray(runner.state.tobytes()), STATE)
    runner.state.view("u1")[:] = former.state.view("u1")
    runner.venue.view("u1")[:] = former.venue.view("u1")
    state, count = runner.state, len(prepared.strategies)
    state["strategy_count"] = count
    state["strategies"][0, before:count] = fresh["strategies"][0, before:count]
    places = slice(before * INSTRUMENTS, count * INSTRUMENTS)
    state["sizing"]["weights"][0, places] = fresh["sizing"]["weights"][0, places]
    if not state["shows_quotes"][0]:
        state["quoted"] = nursery.state["quoted"]  # the newest price has not been shown to anybody who wants prices
    state["shows_quotes"] |= fresh["shows_quotes"]
    _bars(state, fresh, nursery.state)
    for key, view in _memories(core).items():
        whose = _memories(old if key[0] < before else young)
        view.view("u1")[:] = whose[key].view("u1")
    return core


def _memories(core: "Machine") -> Mapping[tuple[int, int], Any]:
    found: Mapping[tuple[int, int], Any] = core.runner._views  # noqa: SLF001 - by strategy and instrument; only the runner knows where they lie
    return found


def _bars(state: Any, fresh: Any, nursery: Any) -> None:
    """The series are those of `fresh`: with the bars there are, and with the nursery's where there are none."""
    had = {_key(row): row.copy() for row in state["series"][0, : int(state["series_count"][0])]}
    state["series"].view("u1")[:] = 0
    state["series_count"] = fresh["series_count"]
    for name in ("series_first", "series_count"):
        state["instruments"][name] = fresh["instruments"][name]
    new_days = False
    for place in range(int(fresh["series_count"][0])):
        wanted = fresh["series"][0, place]
        target = state["series"][0, place : place + 1]
        target[0] = had.get(_key(wanted), nursery["series"][0, place])
        target["watchers"] = wanted["watchers"]
        if _key(wanted) in had:
            continue
        target["closed"] = 0  # rounds are counted otherwise there
        if int(target["forming"]["sources"][0]):
            state["next_close"] = min(int(state["next_close"][0]), int(target["forming"]["close_time"][0]))
        new_days |= int(wanted["timeframe"]) == DAY_BAR
        _measured(state, nursery, *_key(wanted))
    if new_days and not any(timeframe == DAY_BAR for _, timeframe in had):
        for name in ("return_days", "covariance"):
            state["risk"][name] = nursery["risk"][name]


def _measured(state: Any, nursery: Any, instrument: int, timeframe: int) -> None:
    """What is measured by a series that is new is known as far as the nursery knows it."""
    watched, known = state["risk"]["instruments"], nursery["risk"]["instruments"]
    if timeframe == DAY_BAR:
        for name in OF_DAYS:
            state["instruments"][name][0, instrument] = nursery["instruments"][name][0, instrument]
        for name in WATCHED_DAYS:
            watched[name][0, instrument] = known[name][0, instrument]
    if timeframe == int(state["limits"]["range_bar"][0]):
        for name in WATCHED_BARS:
            watched[name][0, instrument] = known[name][0, instrument]


def _key(series: Any) -> tuple[int, int]:
    return int(series["last"]["instrument"]), int(series["timeframe"])


def graft(desk: "Desk", young: "Machine", prepared: Prepared, why: Mapping[str, Any]) -> str:
    """The strategies of `prepared` trade from here on; return a sentence that names the new ones."""
    before, old = len(desk.prepared.strategies), desk.core
    core = grown(old, young, prepared, before)
    core.pending.batch = old.drain()
    if wants_edges(prepared) and not wants_edges(desk.prepared):
        desk.edgeless = desk.tape_rows
    plant(desk, prepared, core)
    desk.start_document = {**desk.start_document, **prepared.start_document()}
    core.note(
        GRAFT,
        {
            "ts": core.now,
            "before": before,
            "start": desk.start_document,
            "why": dict(why),
            "edgeless": desk.edgeless,
            "payload": base64.b64encode(zlib.compress(core.runner.snapshot(), 9)).decode(),
        },
    )
    desk.snapshot_at = -FAR  # the next commit keeps one
    return f"{', '.join(numbered([one.name for one in prepared.strategies])[before:])} trades from here on."


def plant(desk: "Desk", prepared: Prepared, core: "Machine") -> None:
    """The desk goes on with this core, and the calendar tells what its strategies want to hear."""
    desk.prepared, desk.core = prepared, core
    if desk.trader is not None:
        desk.trader.core = core
    if desk.calendar is not None:
        late = desk.calendar.late
        desk.calendar = LiveCalendar(prepared.calendar(), desk.calendar.position, prepared.timeframes())
        desk.calendar.late = late


# After a stop.


def stand_back(desk: "Desk", snapshot: tuple[int, bytes] | None) -> None:
    """The desk has the strategies it had at the snapshot, or at its first start where there is none."""
    strategies = len(desk.prepared.strategies)
    if snapshot is not None:
        head = int.from_bytes(snapshot[1][:8], "big")
        strategies = json.loads(snapshot[1][8 : 8 + head]).get("strategies", 0)
    if snapshot is None or not strategies:
        starts = desk.journal.notes("start")
        strategies = len(starts[0].document["strategies"]) if starts else len(desk.prepared.strategies)
    if strategies != len(desk.prepared.strategies):
        prepared = first(desk.prepared, strategies)
        plant(desk, prepared, prepared.core(simulated=desk.core.simulated))


def in_a_snapshot(desk: "Desk") -> dict[str, int]:
    """Return what a snapshot tells for `stand_back` and for a tape to go on."""
    return {"strategies": len(desk.prepared.strategies), "edgeless": desk.edgeless}


def replay(desk: "Desk", whole: Prepared, tail: Sequence[tuple[str, Any]]) -> None:
    """The tail of the journal is applied, through every place where strategies were added; `whole` has all of them."""
    begun = 0
    for place, (log, content) in enumerate(tail):
        if log == "notes" and content["kind"] == GRAFT:
            _replay(desk, tail[begun:place])
            _through(desk, whole, content)
            begun = place + 1
    _replay(desk, tail[begun:])


def _replay(desk: "Desk", tail: Sequence[tuple[str, Any]]) -> None:
    desk.core.replay(tail, lambda note: restore_limits(desk, note))


def _through(desk: "Desk", whole: Prepared, note: Mapping[str, Any]) -> None:
    """The desk has the strategies that were added here, and the state that it had then."""
    prepared = first(whole, len(note["start"]["strategies"]))
    raw = zlib.decompress(base64.b64decode(note["payload"]))
    young = prepared.core(simulated=desk.core.simulated)
    if len(raw) != len(young.runner.snapshot()):
        raise TradewindError(
            f"The journal adds a strategy after event {desk.core.events} in a state that is laid out otherwise.",
            "It was written by other code: start with that, or begin a new account.",
        )
    young.runner.restore(raw)
    core = grown(desk.core, young, prepared, int(note["before"]))
    if core.runner.snapshot() != raw:
        raise TradewindError(
            f"Replaying the journal gives another state where it adds a strategy, after event {desk.core.events}.",
            "It was written by other code or with other strategies: start with those, or begin a new account.",
        )
    plant(desk, prepared, core)
    desk.edgeless = int(note["edgeless"])
