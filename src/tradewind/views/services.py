"""What runs: traders, watchdogs, services and servers of a data folder, each by what it last said of itself.

Nothing is taken for running because it once began: without a fresh sign of life it is silent, and one whose process is
not there any more is gone.
"""

import os
import time
from pathlib import Path
from typing import Any, NamedTuple

from tradewind.live.folder import account_names
from tradewind.settings import Settings
from tradewind.stack.processes import lives, read_running
from tradewind.views.heart import NEVER, RUNNING, STARTING, Heart, folder_of, heart_of
from tradewind.watchdog.beats import WATCHDOG, Beat, process_table, read_beat
from tradewind.watchdog.processes import started

SILENT_S = 10.0
"""Who works says so every second."""
WORKING, SILENT, GONE, STOPPED = "working", "silent", "gone", "stopped"
TICKS = os.sysconf("SC_CLK_TCK")


class Service(NamedTuple):
    """One process, or what should be one."""

    name: str
    account: str | None
    state: str
    """working, degraded, starting, stopped, silent (says nothing any more), gone (its process is not there)."""
    why: str
    pid: int | None
    since_ns: int | None
    """When its process began, ns UTC."""
    age_s: float | None
    """Since it last said how it is; None where it says nothing of the kind, as servers."""
    restarts: int
    """How often its work began again after a fault."""


def services(settings: Settings) -> list[dict[str, Any]]:
    """Return everything that runs or did: traders and watchdogs by account, then services, then servers."""
    data = Path(settings.data)
    found = [one for name in account_names(data) for one in _of_account(data, name)]
    found += [_service(path) for path in sorted((data / "services").glob("*.json"))]
    ours = {one.name for one in found}
    found += [one for one in _servers(data) if one.name not in ours]
    return [one._asdict() for one in found]


def _of_account(data: Path, account: str) -> list[Service]:
    folder = folder_of(data, account)
    heart, beat = heart_of(folder), read_beat(folder.status)
    found = []
    if heart.state != NEVER and isinstance(beat, Beat):
        state = heart.state if heart.state == STARTING else _state(heart, beat)
        mode = str(heart.told.get("mode", ""))
        found.append(_told("trader", account, state, beat)._replace(why=mode if state == WORKING else ""))
    watching = read_beat(folder.root / WATCHDOG)
    if isinstance(watching, Beat):
        fresh = _age_s(watching) <= SILENT_S
        ready = watching.rest.get("ready") is True
        state = (WORKING if ready else "degraded") if fresh else _lost(watching)
        why = "" if not fresh or ready else "It has no key to the broker, so it could not cancel or close."
        found.append(_told("watchdog", account, state, watching)._replace(why=why))
    return found


def _state(heart: Heart, beat: Beat) -> str:
    if heart.state == RUNNING:
        return WORKING
    return STOPPED if heart.told.get("ended") is True else _lost(beat)


def _service(path: Path) -> Service:
    beat = read_beat(path)
    if not isinstance(beat, Beat):
        return Service(path.stem, None, SILENT, f"Its sign of life cannot be read: {beat.why}.", None, None, None, 0)
    state = str(beat.rest.get("state", WORKING))
    if state != STOPPED and _age_s(beat) > SILENT_S:
        state = _lost(beat)
    return _told(path.stem, None, state, beat)


def _servers(data: Path) -> list[Service]:
    """Return what `tradewind stack` began in the folder; servers are known by their processes alone."""
    found = []
    for path in sorted((data / "stack").glob("*/*.pid")):
        running = read_running(path)
        if running is not None and path.stem == path.parent.name:
            alive = lives(running)
            since = _since_ns(running.started) if alive else None
            found.append(
                Service(running.name, None, "running" if alive else GONE, running.address, running.pid, since, None, 0)
            )
    return found


def _told(name: str, account: str | None, state: str, beat: Beat) -> Service:
    here = state not in (GONE, STOPPED)
    why, restarts = str(beat.rest.get("why", "")), beat.rest.get("restarts", 0)
    return Service(
        name, account, state, why, beat.pid, _since_ns(beat.started) if here else None, _age_s(beat),
        restarts if isinstance(restarts, int) else 0,
    )  # fmt: skip


def _lost(beat: Beat) -> str:
    """Return silent or gone; a process of another container cannot be looked up, so it is silent."""
    here = beat.rest.get("processes", process_table()) == process_table()
    return GONE if here and started(beat.pid) != beat.started else SILENT


def _age_s(beat: Beat) -> float:
    return max(0.0, (time.monotonic_ns() - beat.monotonic_ns) / 1e9)


def _since_ns(ticks: int) -> int | None:
    """Return when a process began that started so many ticks after the machine did."""
    if not ticks:
        return None
    age = time.clock_gettime_ns(time.CLOCK_BOOTTIME) - ticks * 1_000_000_000 // TICKS
    return time.time_ns() - age
