"""A trader's figures and its health, kept beside the desk and told at a door of the process.

Trading tells it a few numbers on the way; everything else is worked out when somebody asks, from the last heartbeat.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tradewind.kernel.records import MARKET
from tradewind.live.checks import Evidence, tradable
from tradewind.live.counting import Counting
from tradewind.live.gauges import tell_disk, tell_status, tell_watchdog
from tradewind.logs.log import QUIET, Log
from tradewind.metrics.build import build_of, tell_build
from tradewind.metrics.checks import Check, told_checks
from tradewind.metrics.door import Probes, open_door
from tradewind.metrics.kept import tell_backup
from tradewind.metrics.told import Told
from tradewind.settings import Settings
from tradewind.watchdog.beats import Beat, read_beat

if TYPE_CHECKING:
    from tradewind.adapters.lease import Lease
    from tradewind.live.desk import Desk
    from tradewind.live.edge import Edge

Age = float | None
ORDERS = ("place", "cancel", "replace")


class Measuring:
    """One desk's figures."""

    def __init__(self, desk: "Desk", venue: str, *, lease: "Lease | None" = None, watched: bool = False) -> None:
        """The desk's journal counts from now on; `watched` says that the account needs a watchdog."""
        self.desk, self.venue, self.lease, self.watched = desk, venue, lease, watched
        self.told = Told()
        self.edge: Edge | None = None
        self.now: Callable[[], int] = time.time_ns
        self.status: Mapping[str, Any] = {}
        self.journal = Counting(desk.journal, self.told, desk, venue)
        desk.journal = self.journal
        self.turn_began = 0.0
        self._beat = self._turn = self._proof = self._compared = self._clock = self._price = self._renewed = 0.0
        self._queue_dropped = self._duplicates = self._lost_told = 0
        self._rejected: dict[str, int] = {}
        self._told_people: dict[str, int] = {}
        self.log: Log = QUIET
        self.notifier: Any = None
        self._bare: dict[str, float] = {}
        self._unknown = 0.0
        self._links: dict[str, bool] = {}
        told = self.told
        self._age = told.histogram("tradewind_md_event_age_seconds", venue)
        self._lag = told.histogram("tradewind_loop_lag_seconds")
        self._dropped = told.counter("tradewind_queue_dropped_total", "quotes", "newest of each kept")
        self._doubled = told.counter("tradewind_fill_duplicates_total")
        self._steps = told.histogram("tradewind_strategy_step_seconds")
        self._lost = told.counter("tradewind_log_dropped_total")
        self._gaps = told.counter("tradewind_md_gaps_total", venue, "stream lost")
        self._acks = told.histogram("tradewind_order_ack_seconds")
        self._wire = told.histogram("tradewind_order_decision_to_wire_seconds")

    # What trading tells on its way: each a few assignments.

    def turned(self, waited_s: float, allowed_s: float) -> None:
        """The loop has turned; it waited so long where it wanted to wait so long at most."""
        self._turn = self.turn_began = time.monotonic()
        self._lag.observe(max(0.0, waited_s - allowed_s))

    def prices(self, age_ns: int) -> None:
        """Prices were applied, the newest so long after its own time."""
        self._price = self._proof = time.monotonic()
        self._age.observe(max(0, age_ns) / 1e9)

    def stepped(self, seconds: float, count: int) -> None:
        """So many prices were applied, strategies and all, in so many seconds."""
        self._steps.observe(seconds / count)

    def proved(self) -> None:
        """The broker gave positive evidence of itself."""
        self._proof = time.monotonic()

    def clock_compared(self) -> None:
        """Our clock was compared with the broker's."""
        self._clock = self._proof = time.monotonic()

    def renewed(self) -> None:
        """The journal was found to be ours."""
        self._renewed = time.monotonic()

    def beaten(self, status: Mapping[str, Any]) -> None:
        """The heartbeat says so."""
        now = time.monotonic()
        self.status, self._beat = status, now
        bare = {f"{one['strategy']} {one['symbol']}" for one in status["positions"] if not one["stops"]}
        self._bare = {name: self._bare.get(name, now) for name in bare}
        self._unknown = (self._unknown or now) if status["unknown"] else 0.0

    def shown_on_a_tape(self, status: Mapping[str, Any]) -> None:
        """The tape went on, and the heartbeat says so."""
        self._turn = time.monotonic()
        self.beaten(status)

    def link(self, stream: str, *, up: bool) -> None:
        """A stream came or went."""
        if self._links.get(stream, True) and not up:
            self._gaps.inc()
        self._links[stream] = up
        if up:
            self.proved()

    # What is worked out when somebody asks.

    def refresh(self) -> None:
        """Every gauge says how it stands now."""
        if self.status:
            tell_status(self.told, self.desk, self.status, self.venue)
        self._tell_ages()
        self._tell_broker()
        tell_disk(self.told, self.desk.folder.root)
        tell_backup(self.told, self.desk.folder.root.parents[1])
        tell_watchdog(self.told, self._watchdog_age())
        checks = self.checks()
        told_checks(self.told, checks)
        self.told.gauge("tradewind_trading_ready").set(all(one.ok for one in checks))

    def _tell_ages(self) -> None:
        told, now = self.told, time.monotonic()
        told.gauge("tradewind_unprotected_seconds_max").set(max((now - at for at in self._bare.values()), default=0.0))
        told.gauge("tradewind_order_unknown_age_seconds_max", self.venue).set(
            now - self._unknown if self._unknown else 0.0
        )
        told.gauge("tradewind_market_open").set(self._open())
        told.gauge("tradewind_md_stale_instruments").set(len(self._silent()))
        told.gauge("tradewind_md_instruments").set(self.desk.prepared.traded)
        _stamp(told, "tradewind_md_last_event_timestamp_seconds", self._price, self.venue)
        trader = self.desk.trader
        if trader is not None:
            self._doubled.inc(max(0, trader.duplicates - self._duplicates))
            self._duplicates = trader.duplicates
        if self.edge is not None:
            self._tell_refused(self.edge)
        if self.log.sink is not None:
            self._lost.inc(max(0, self.log.sink.lost - self._lost_told))
            self._lost_told = self.log.sink.lost
        if self.notifier is not None:
            for result, count in zip(("sent", "failed", "held back"), self._notified(), strict=True):
                counter = told.counter("tradewind_notifications_total", result)
                counter.inc(max(0, count - self._told_people.get(result, 0)))
                self._told_people[result] = count

    def _notified(self) -> tuple[int, int, int]:
        counts = self.notifier.counts
        return counts.delivered, counts.failed, counts.suppressed + counts.dropped + counts.lost

    def _tell_refused(self, edge: "Edge") -> None:
        """Prices that were not believed are counted by why."""
        found: dict[str, int] = {}
        for (kind, _), count in list(edge.guard.counts.items()):
            found[kind] = found.get(kind, 0) + count
        for kind, count in found.items():
            self.told.counter("tradewind_md_rejected_total", self.venue, kind).inc(
                max(0, count - self._rejected.get(kind, 0))
            )
            self._rejected[kind] = count

    def _tell_broker(self) -> None:
        told = self.told
        if self.lease is not None:
            told.gauge("tradewind_lease_remaining_seconds").set(self.lease.remaining_s())
        if not self._has_broker():
            return
        told.gauge("tradewind_broker_connected", self.venue).set(bool(self._links) and all(self._links.values()))
        _stamp(told, "tradewind_broker_last_proof_timestamp_seconds", self._proof, self.venue)
        if "clock_skew" in self.status:
            told.gauge("tradewind_broker_clock_offset_seconds", self.venue).set(-self.status["clock_skew"] / 1e9)
        if self.desk.trader is None:
            return
        told.gauge("tradewind_recon_differences", "all").set(len(self.desk.trader.settling.before))
        _stamp(told, "tradewind_recon_last_success_timestamp_seconds", self._compared, "all")

    def compared(self, *, agree: bool) -> None:
        """A comparison with the broker ended."""
        self.proved()
        self.told.counter("tradewind_recon_runs_total", "picture", "agree" if agree else "differ").inc()
        if agree:
            self._compared = time.monotonic()

    def answered(self, operation: str, outcome: str, took_s: float) -> None:
        """A request to the broker ended, and how."""
        self.told.counter("tradewind_broker_requests_total", self.venue, operation, outcome).inc()
        self.told.histogram("tradewind_broker_request_seconds", operation).observe(took_s)
        if operation in ORDERS:
            self._acks.observe(took_s)

    def handed_over(self, waited_s: float) -> None:
        """A request was begun, so long after what it follows from was taken in."""
        self._wire.observe(waited_s)

    def conflated(self, count: int) -> None:
        """So many prices have been passed over in all."""
        self._dropped.inc(max(0, count - self._queue_dropped))
        self._queue_dropped = count

    def checks(self) -> list[Check]:
        """Return whether the account may open positions, check by check."""
        trader = self.desk.trader
        return tradable(
            Evidence(
                status=self.status,
                beat_age=_since(self._beat),
                asked=self.desk.folder.kill_level(),
                lease_left=None if self.lease is None else self.lease.remaining_s(),
                compared_age=_since(self._compared),
                differences=0 if trader is None else len(trader.settling.before),
                proof_age=_since(self._proof),
                clock_age=_since(self._clock),
                open=self._open(),
                silent=self._silent(),
                journal_age=_since(max(self._renewed, self.journal.committed_at or 0.0)),
                commit_s=self.journal.commit_s,
                watchdog_age=self._watchdog_age(),
                watched=self.watched,
                broker=self._has_broker(),
                trades=trader is not None,
            )
        )

    def ready(self) -> list[Check]:
        """Return whether the process can do its part: it has its journal and tells how it stands."""
        return [one for one in self.checks() if one.name in ("heartbeat", "journal")]

    def turned_s(self) -> Age:
        """Return the seconds since the loop turned, None before it did."""
        return _since(self._turn)

    def _has_broker(self) -> bool:
        return self.edge is not None

    def _open(self) -> bool:
        """Return whether a traded market is open: by the clock, on a tape by the tape's."""
        if self.edge is not None:
            now = self.now()
            return any(feed.look(now).state != "closed" for feed in self.edge.feeds)
        state = self.desk.core.state
        rows = state["instruments"][: self.desk.prepared.traded]
        windows = rows["sessions"][:, MARKET]
        return bool(((windows["opens"] <= state["now"]) & (state["now"] < windows["closes"])).any())

    def _silent(self) -> tuple[str, ...]:
        if self.edge is None:
            return ()
        return tuple(one.symbol for one, silent in zip(self.edge.instruments, self.edge.silent, strict=True) if silent)

    def _watchdog_age(self) -> Age:
        """Return the age of the watchdog's last sign that it is ready, None where there is none."""
        beat = read_beat(self.desk.folder.watchdog)
        if not isinstance(beat, Beat) or (self.watched and beat.rest.get("ready") is not True):
            return None
        return max(0, time.monotonic_ns() - beat.monotonic_ns) / 1e9


def _since(moment: float) -> Age:
    return time.monotonic() - moment if moment else None


def _stamp(told: Told, name: str, moment: float, *labels: str) -> None:
    """A moment of the monotonic clock is told as Unix seconds; one that never was is not told."""
    if moment:
        told.gauge(name, *labels).set(time.time() - (time.monotonic() - moment))


@contextlib.contextmanager
def told_at_a_door(measuring: Measuring, settings: Settings, say: Callable[[str], Any]) -> Iterator[None]:
    """While this holds, the process answers at its door; one that cannot be opened is said and costs nothing else."""
    tell_build(measuring.told, build_of(settings.model_dump_json(exclude={"data"})))
    if not settings.metrics.enabled:
        yield
        return
    probes = Probes(measuring.turned_s, measuring.ready, measuring.checks, measuring.refresh)
    door = None
    try:
        door = open_door(
            measuring.told, probes, (settings.metrics.host, settings.metrics.port),
            data=Path(settings.data), component="trader", account=measuring.desk.folder.name,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        say(f"No figures are told: {error}")
    try:
        yield
    finally:
        if door is not None:
            door.close()
