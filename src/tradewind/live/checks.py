"""Whether an account may open positions, as `/tradez` answers: every check with what proves it and how old that is.

A check without fresh positive evidence is red. Paper on a tape has no broker, no lease others could want and no clock
but the tape's: there the checks that ask about those say so and hold.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tradewind.metrics.checks import Check, fresh

BEAT_S = 5.0
PROOF_S = 20.0
"""How old evidence of the broker may be while a market is open; closed, it may be as old as a comparison."""
COMPARED_S = 120.0
CLOCK_S = 180.0
OFFSET_S = 0.5
JOURNAL_S = 5.0
SLOWEST_COMMIT_S = 1.0
WATCHDOG_S = 5.0


class Evidence(NamedTuple):
    """What is known at one moment; ages in seconds, None where there never was anything."""

    status: Mapping[str, Any]
    """The heartbeat."""
    beat_age: float | None
    asked: int
    """Kill level by file now."""
    lease_left: float | None
    """Seconds; None where nobody leads."""
    compared_age: float | None
    """Since a comparison with the broker found nothing grave."""
    differences: int
    proof_age: float | None
    clock_age: float | None
    open: bool
    """Whether a traded market is open."""
    silent: tuple[str, ...]
    """Instruments without prices while their market is open."""
    journal_age: float | None
    commit_s: float | None
    watchdog_age: float | None
    watched: bool
    """Whether this account needs a watchdog."""
    broker: bool
    """Whether prices come from a broker."""
    trades: bool
    """Whether orders go to a broker."""


def tradable(seen: Evidence) -> list[Check]:
    """Return every check there is; the account may open positions where all hold."""
    return list(_checks(seen))


def _checks(seen: Evidence) -> Iterator[Check]:
    yield fresh("heartbeat", seen.beat_age, BEAT_S, "When the trader last said how it stands.")
    yield _lease(seen)
    level = max(seen.asked, int(seen.status.get("kill", 0)))
    yield Check("kill off", level == 0, f"Kill level {level} is in force: tradewind rearm." if level else "Off.", level)
    yield _reconciliation(seen)
    yield _broker(seen)
    yield _clock(seen)
    yield _data(seen)
    limits = bool(seen.status.get("risk", {}).get("limits"))
    yield Check("limits", limits, "Loaded." if limits else "The account has no limits: give it risk rules.")
    yield _journal(seen)
    yield _watchdog(seen)
    unknown = int(seen.status.get("unknown", 0))
    yield Check(
        "outcomes", unknown == 0 and bool(seen.status), f"{unknown} orders of unknown outcome.", unknown, None, 0
    )
    yield _stops(seen)
    held = [str(one) for one in seen.status.get("reasons", {"nothing is known": ""})]
    yield Check("entries", not held, "Nothing holds them back." if not held else "Held: " + ", ".join(held) + ".")


def _lease(seen: Evidence) -> Check:
    if not seen.broker:
        return Check("lease", True, "A tape is traded by the one process that has the account's folder.")
    says = "Nobody else may lead for so long." if seen.lease_left else "This process does not lead the account."
    return Check("lease", (seen.lease_left or 0.0) > 0, says, seen.lease_left, None, 0)


def _reconciliation(seen: Evidence) -> Check:
    if not seen.trades:
        return Check("reconciliation", True, "Fills are simulated here: there is nobody to compare with.")
    if seen.differences:
        return Check("reconciliation", False, "The broker's account differs from ours.", seen.differences, None, 0)
    return fresh("reconciliation", seen.compared_age, COMPARED_S, "When a comparison last found no difference.")


def _broker(seen: Evidence) -> Check:
    if not seen.broker:
        return Check("broker", True, "Prices come from a tape.")
    return fresh("broker", seen.proof_age, PROOF_S if seen.open else COMPARED_S, "When the broker last gave a sign.")


def _clock(seen: Evidence) -> Check:
    if not seen.broker:
        return Check("clock", True, "A tape has its own time.")
    if seen.clock_age is None or seen.clock_age > CLOCK_S:
        return fresh("clock", seen.clock_age, CLOCK_S, "When our clock was last compared with the broker's.")
    skew = abs(float(seen.status.get("clock_skew", 0))) / 1e9
    held = any(str(one).startswith("clock") for one in seen.status.get("reasons", {}))
    return Check(
        "clock", not held, "Our clock and the broker's differ by so many seconds.", skew, seen.clock_age, OFFSET_S
    )


def _data(seen: Evidence) -> Check:
    if not seen.broker:
        return Check("data", True, "Prices come from a tape.")
    if seen.silent:
        return Check("data", False, f"Silent: {', '.join(seen.silent)}.", len(seen.silent), None, 0)
    return Check("data", True, "Every open market has prices." if seen.open else "Every market is closed.", 0, None, 0)


def _journal(seen: Evidence) -> Check:
    if not seen.broker and seen.commit_s is not None and seen.commit_s <= SLOWEST_COMMIT_S:
        return Check("journal", True, "A tape waits for it.", seen.commit_s, seen.journal_age, SLOWEST_COMMIT_S)
    if seen.commit_s is not None and seen.commit_s > SLOWEST_COMMIT_S:
        says = "The disk is slow: so many seconds passed until what was written stood on it."
        return Check("journal", False, says, seen.commit_s, seen.journal_age, SLOWEST_COMMIT_S)
    return fresh("journal", seen.journal_age, JOURNAL_S, "When the journal last took something, or was found ours.")


def _watchdog(seen: Evidence) -> Check:
    if not seen.watched:
        return Check("watchdog", True, "Paper does without.", None, seen.watchdog_age)
    return fresh("watchdog", seen.watchdog_age, WATCHDOG_S, "When the watchdog last said that it is ready.")


def _stops(seen: Evidence) -> Check:
    bare = [f"{one['strategy']} {one['symbol']}" for one in seen.status.get("positions", ()) if not one["stops"]]
    says = f"Without a stop: {', '.join(bare)}." if bare else "Every position has one."
    return Check("stops", not bare and bool(seen.status), says, len(bare), None, 0)
