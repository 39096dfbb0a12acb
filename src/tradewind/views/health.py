"""Is an account fit to trade: each check with what was found, how old that is, what is allowed, and a verdict.

A check without fresh positive evidence is red: a trader that says nothing has nothing in order.
"""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tradewind.adapters.job_store import JobStore
from tradewind.errors import TradewindError
from tradewind.live.folder import account_names
from tradewind.settings import Settings
from tradewind.views.facts import limits_of
from tradewind.views.heart import FRESH_S, NEVER, STARTING, STOPPED, Heart, folder_of, heart_of
from tradewind.views.past import Past, past_of
from tradewind.watchdog.beats import Beat, read_beat

GOOD, WARN, BAD, UNKNOWN, IDLE = "good", "warning", "bad", "unknown", "not needed"
DISK_WARN, DISK_BAD = 0.10, 0.05
SKEW_S = 0.5
WATCHDOG_S = 5.0
HOLDS = {
    "reconciliation": ("starting", "position differs"),
    "broker": ("broker unreachable",),
    "prices": ("feed silent", "price suspect"),
    "clock": ("clock suspect",),
    "outcomes": ("outcome unknown",),
    "watchdog": ("no watchdog",),
}
"""Which reasons to open nothing belong to which check."""
KNOWN = (*(reason for reasons in HOLDS.values() for reason in reasons), "kill switch")


class Check(NamedTuple):
    """One question about health, answered."""

    name: str
    state: str
    """good, warning, bad, unknown, or not needed."""
    value: str
    age_s: float | None
    limit: str
    """What is allowed, in words."""
    says: str


def account_health(settings: Settings, account: str) -> dict[str, Any]:
    """Return every check of an account; it is ready where each is good or not needed."""
    folder = folder_of(settings.data, account)
    heart = heart_of(folder)
    past, trouble = None, ""
    try:
        past = past_of(settings, folder)
    except TradewindError as error:
        trouble = error.message
    found = list(_checks(folder.root, heart, past, (trouble, folder.kill_level())))
    idle = heart.state in (NEVER, STOPPED, STARTING)
    return {
        "account": account,
        "mode": heart.told.get("mode"),
        "state": heart.state,
        "ready": not idle and all(one.state in (GOOD, IDLE, WARN) for one in found),
        "checks": [one._asdict() for one in found],
    }


def _checks(root: Path, heart: Heart, past: Past | None, known: tuple[str, int]) -> Iterator[Check]:
    trouble, asked = known
    told, fresh, age = heart.told, heart.fresh, heart.age_s
    yield Check("heartbeat", GOOD if fresh else BAD, heart.state, age, f"{FRESH_S:g} s",
                _silence(heart))  # fmt: skip
    level = max(asked, int(told.get("kill", 0)))
    yield Check("kill switch", BAD if level else GOOD if fresh else UNKNOWN, f"level {level}" if level else "off",
                age, "off", f"Level {level} is in force; a named person re-arms." if level else "")  # fmt: skip
    yield _proved(
        "leader", heart, "holds the account" if told.get("leader") else "not said", told.get("leader") is True
    )
    yield _journal(past, trouble, heart)
    held = [str(reason) for reason in told.get("reasons", {}) if not str(reason).startswith(KNOWN)]
    yield _proved("entries", heart, ", ".join(held) or "allowed", not held)
    limits = None if past is None else limits_of(past.notes, told.get("risk", {}).get("limits"))
    yield _proved("limits", heart, "none" if limits is None else f"{limits.name} {limits.version}", limits is not None)
    live = not heart.on_a_tape
    for name in ("broker", "reconciliation", "clock"):
        yield _held(name, heart, live=live)
    yield _held("prices", heart, live=live)._replace(age_s=_price_age(heart))
    unknown = int(told.get("unknown", 0))
    yield _proved("outcomes", heart, f"{unknown} unknown", unknown == 0)
    bare = [f"{one['strategy']} {one['symbol']}" for one in told.get("positions", []) if not one.get("stops")]
    yield _proved("stops", heart, "every position has one" if not bare else f"none: {', '.join(bare)}", not bare)
    yield _watchdog(root, heart)
    yield _disk(root)


def _silence(heart: Heart) -> str:
    said = {NEVER: "It never ran.", STARTING: "Its process loads, and has said nothing yet."}
    return "" if heart.fresh else said.get(heart.state, "The trader gives no sign of life.")


def _proved(name: str, heart: Heart, value: str, good: bool) -> Check:
    """Return a check of what the heartbeat says: good only while that is fresh."""
    state = (GOOD if good else BAD) if heart.fresh else UNKNOWN
    return Check(name, state, value, heart.age_s, f"{FRESH_S:g} s", "" if heart.fresh else "No fresh evidence.")


def _held(name: str, heart: Heart, *, live: bool) -> Check:
    """Return a check that the trader makes itself and holds entries for."""
    why = [reason for reason in heart.told.get("reasons", {}) if reason.startswith(HOLDS[name])]
    if not live and not why:
        return Check(name, IDLE, "a tape", None, "", "Prices come from a tape.")
    says = "; ".join(str(heart.told["reasons"][reason]) for reason in why)
    value = ", ".join(why) or "in order"
    if name == "clock" and "clock_skew" in heart.told:
        value = f"{heart.told['clock_skew'] / 1e9:+.3f} s"
    return _proved(name, heart, value, not why)._replace(says=says or ("" if heart.fresh else "No fresh evidence."))


def _price_age(heart: Heart, wall: int | None = None) -> float | None:
    """Return the age of the oldest of the latest prices, seconds of the account's own clock."""
    quoted = [one["quoted_at"] for one in heart.told.get("risk", {}).get("instruments", {}).values() if one["bid"]]
    return max(0.0, (heart.now(wall or time.time_ns()) - min(quoted)) / 1e9) if quoted else None


def _journal(past: Past | None, trouble: str, heart: Heart) -> Check:
    if trouble:
        return Check("journal", BAD, "cannot be read", None, "readable", trouble)
    if past is None:
        return Check("journal", BAD if heart.told else UNKNOWN, "none", None, "readable", "There is none yet.")
    age = (time.time_ns() - past.committed_ns) / 1e9 if past.committed_ns else None
    return Check("journal", GOOD, f"commit {past.commit:,}", age, "readable", "")


def _watchdog(root: Path, heart: Heart) -> Check:
    beat = read_beat(root / "watchdog.json")
    needed = heart.told.get("mode") == "live" or any(one == "no watchdog" for one in heart.told.get("reasons", {}))
    if not isinstance(beat, Beat):
        state, says = (BAD, "Start it: tradewind watchdog.") if needed else (IDLE, "Paper does without.")
        return Check("watchdog", state, "none", None, f"{WATCHDOG_S:g} s", says)
    age = max(0, time.monotonic_ns() - beat.monotonic_ns) / 1e9
    alive = age <= WATCHDOG_S and beat.rest.get("ready") is True
    state = GOOD if alive else BAD if needed else WARN
    return Check("watchdog", state, "ready" if alive else "not ready", age, f"{WATCHDOG_S:g} s", "")


def _disk(root: Path) -> Check:
    usage = shutil.disk_usage(root)
    share = usage.free / usage.total
    state = BAD if share < DISK_BAD else WARN if share < DISK_WARN else GOOD
    return Check("disk", state, f"{share:.0%} free", 0.0, f"{DISK_WARN:.0%}", "")


def system_health(settings: Settings) -> dict[str, Any]:
    """Return the checks of every account, of the data folder and of the jobs."""
    data = Path(settings.data)
    checks = [_disk(data)] if data.is_dir() else [Check("data folder", BAD, "none", None, "", f"{data} is not there.")]
    waiting = [job for job in JobStore(data).list(most=500) if job.state in ("queued", "running")]
    running = sum(job.state == "running" for job in waiting)
    checks.append(Check("jobs", GOOD, f"{running} running, {len(waiting) - running} waiting", 0.0, "", ""))
    ports = {name: _without_user(value) for name, value in settings.ports.model_dump(exclude={"secrets"}).items()}
    return {
        "checks": [one._asdict() for one in checks],
        "accounts": [account_health(settings, name) for name in account_names(data)],
        "ports": ports,
    }


def _without_user(address: object) -> str:
    scheme, separator, rest = str(address).partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"
