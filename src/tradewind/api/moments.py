"""Moments in questions: words that are within what nanoseconds can tell."""

from tradewind.api.problems import Problem
from tradewind.requests import moment_ns, period_end, period_start

FIRST, LAST = 0, 2**62
"""From 1970 to 2116."""


def instant(text: str) -> int:
    """Return a moment as ns UTC; a problem 422 for one that no market of ours has seen or will see."""
    return _within(moment_ns(text), text)


def begins(text: str) -> int:
    """Return where a period begins, ns UTC."""
    return _within(period_start(text), text)


def ends(text: str) -> int:
    """Return where a period ends (exclusive), ns UTC."""
    return _within(period_end(text), text)


def _within(ns: int, text: str) -> int:
    if not FIRST <= ns <= LAST:
        raise Problem(422, f"{text!r} is too far away.", "Name a moment from 1970 to 2116.")
    return ns
