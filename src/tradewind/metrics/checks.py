"""What a process knows of its own health. A check without fresh positive evidence is red: silence proves nothing."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from tradewind.metrics.told import Told


class Check(NamedTuple):
    """One thing that must hold."""

    name: str
    ok: bool
    says: str
    """What is known, as a sentence; for a red one also what to do."""
    value: float | None = None
    age_s: float | None = None
    """How old the evidence is."""
    limit: float | None = None
    """What value or age may be at most, whichever is judged."""


def fresh(name: str, age_s: float | None, limit: float, says: str) -> Check:
    """Return a check that holds while its evidence exists and is at most `limit` seconds old."""
    return Check(name, age_s is not None and age_s <= limit, says, None, age_s, limit)


def answer(checks: Iterable[Check]) -> tuple[int, dict[str, Any]]:
    """Return the status and body of an answer: 200 while all hold and there is at least one, else 503."""
    listed = list(checks)
    ready = bool(listed) and all(one.ok for one in listed)
    body = {"status": "ready" if ready else "not ready", "checks": [one._asdict() for one in listed]}
    return (200 if ready else 503), body


def told_checks(told: Told, checks: Iterable[Check]) -> None:
    """Each check stands among the figures as 1 or 0."""
    for one in checks:
        told.gauge("tradewind_check", one.name).set(one.ok)
