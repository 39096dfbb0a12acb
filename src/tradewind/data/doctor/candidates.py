"""The clocks a vendor's times may be of, and what each of them would make of one span of days.

Over a short span many clocks tell the same time: UTC and London all winter, New York plus seven hours and
Athens in all but a few weeks of the year. Clocks that agree on every day of the span are one class, and no
evidence can tell its members apart, nor needs to: their UTC times are the same. The class is then named after
its most usual member.

A day counts with the offset its clock has at noon. Zones change their clocks on Sundays, with few exceptions,
and then nothing but crypto trades.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from tradewind.data.spread import Integers
from tradewind.markets.clock import DAY, HOUR, Clock, changes, clock

USUAL = ("NY+7", "EET", "UTC", "EET-7", "America/New_York", "UTC+2", "UTC+3", "Europe/London", "Europe/Berlin",
         "America/Chicago", "Asia/Tokyo", "Australia/Sydney")  # fmt: skip
"""Where clocks cannot be told apart, the first of these is named."""

ZONES = (
    "Europe/Moscow", "Europe/Istanbul", "Asia/Jerusalem", "Asia/Beirut", "Africa/Cairo", "Africa/Casablanca",
    "Asia/Tehran", "Asia/Amman", "Asia/Kathmandu", "Australia/Adelaide", "Australia/Eucla", "Australia/Lord_Howe",
    "Pacific/Auckland", "Pacific/Chatham", "America/Sao_Paulo", "America/Santiago", "America/Asuncion",
    "America/Mexico_City", "America/Havana",
)  # fmt: skip
"""Zones with a rule of their own for summer time, or with an odd offset."""

RARE = 5.0
SHIFTED = 2.0
"""How much less likely an unusual clock is beforehand, in nats (natural logarithm of the odds)."""

Numbers = np.ndarray[Any, np.dtype[np.float64]]


class Choice(NamedTuple):
    """Clocks that tell the same time on all days of a span."""

    names: tuple[str, ...]
    """The most usual first."""
    offsets: Integers
    """What the clock leads UTC by on each day, ns."""
    prior: float
    """Log-odds beforehand, in nats; 0 for the most usual."""

    @property
    def name(self) -> str:
        """The most usual of the clocks."""
        return self.names[0]


def _signed(word: str, minutes: int) -> str:
    hours, rest = divmod(abs(minutes), 60)
    if not minutes:
        return word
    return f"{word}{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02d}" if rest else "")


@cache
def clock_names() -> tuple[str, ...]:
    """Return every clock worth trying, the usual ones first."""
    halves = range(-12 * 60, 14 * 60 + 1, 30)
    fixed = [_signed("UTC", minutes) for minutes in halves]
    american = [_signed("NY", minutes) for minutes in halves if minutes >= -3 * 60 and minutes]
    european = [_signed("EET", minutes) for minutes in halves if minutes <= 11 * 60]
    return tuple(dict.fromkeys((*USUAL, *fixed, *american, *european, *ZONES)))


def _prior(name: str) -> float:
    if name in USUAL:
        return -0.1 * USUAL.index(name)
    whole = ":" not in name and "/" not in name
    return -SHIFTED if whole and name.startswith("UTC") else -RARE


def offsets_of(which: Clock, days: Integers) -> Integers:
    """Return what a clock leads UTC by at noon of each of its own days (days since 1970-01-01), ns."""
    known = changes(which.zone)
    noon = days * DAY + 12 * HOUR - which.shift
    places = np.searchsorted(np.array(known.walls), noon, side="right") - 1
    offsets: Integers = np.array(known.offsets)[places] + which.shift
    return offsets


def choices(
    days: Integers, matters: np.ndarray[Any, np.dtype[np.bool_]], grid: tuple[int, int], stated: str | None = None
) -> list[Choice]:
    """Return the classes of clocks that differ on some day that matters, likeliest first.

    The grid is (step, phase): bars of `step` ns begin on the hour of UTC or a whole number of steps from it;
    `phase` is by how much their wall times miss that, so a clock whose offset has another remainder cannot be
    theirs. The clock stated is as likely as the most usual.
    """
    step, phase = grid
    classes: dict[bytes, list[tuple[float, str, Integers]]] = {}
    for name in dict.fromkeys((*clock_names(), *([stated] if stated else []))):
        offsets = offsets_of(clock(name), days)
        if ((phase - offsets[matters]) % step == 0).all():
            key = offsets[matters].tobytes()
            classes.setdefault(key, []).append((0.0 if name == stated else _prior(name), name, offsets))
    found = [_as_choice(members) for members in classes.values()]
    return sorted(found, key=lambda choice: -choice.prior)


def _as_choice(members: Sequence[tuple[float, str, Integers]]) -> Choice:
    # The sort is stable, so that of equals the first listed is named.
    ordered = sorted(members, key=lambda member: -member[0])
    return Choice(tuple(name for _, name, _ in ordered), ordered[0][2], ordered[0][0])
