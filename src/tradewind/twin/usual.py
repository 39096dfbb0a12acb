"""What was usual that day: for orders of a run that live did not have, because the run went another way.

What is seen is rounded: an arrival is known to the next price, a size to a whole step, slippage to a whole tick. So
every order bounds the true value from both sides; where one value lies within all bounds, the simplest such one is it,
and where none does, the median stands in.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from statistics import median
from typing import NamedTuple

from tradewind.twin.audit import Audit
from tradewind.twin.live import BY_LIMIT, Live, LiveOrder

FOREVER = 2**62


class Mark(NamedTuple):
    """A fill of a run beside the live one of the same order on the same price."""

    way: str
    spread: int
    """Ticks by which the live spread was wider."""
    slippage: int
    """Ticks by which the live price was worse beyond that."""
    assumed: int
    """Ticks of slippage the run had."""


class Usual(NamedTuple):
    """What fills had beyond what is assumed."""

    spread: int
    slippage: dict[str, int]
    """Ticks more, by how an order meets the market."""
    scale: Fraction
    """The assumed slippage times this explains every fill; 1 where it does not, or needs not to."""


NOTHING = Usual(0, {}, Fraction(1))


def usual_of(marks: Sequence[Mark]) -> Usual:
    """Return what the fills of a run show beside those of the recording."""
    scale = _scale(marks)
    ways = {} if scale != 1 else {mark.way for mark in marks}
    return Usual(
        _middle([mark.spread for mark in marks]),
        {way: _middle([mark.slippage for mark in marks if mark.way == way]) for way in ways},
        scale,
    )


def _scale(marks: Iterable[Mark]) -> Fraction:
    """Return the multiple of the assumed slippage that every fill had, 1 if there is none.

    Slippage is rounded up: s ticks stand for more than s - 1 and at most s, before and after.
    """
    low, high = Fraction(0), None
    for mark in marks:
        had = mark.assumed + mark.slippage
        if mark.way == BY_LIMIT or (mark.assumed == 0 and mark.slippage == 0):
            continue
        if mark.assumed == 0 or had <= 0:
            return Fraction(1)
        low = max(low, Fraction(had - 1, mark.assumed))
        if mark.assumed > 1:
            most = Fraction(had, mark.assumed - 1)
            high = most if high is None else min(high, most)
    if high is None or low >= high or low < 1 < high:
        return Fraction(1)
    return simplest(low, high)


def simplest(low: Fraction, high: Fraction) -> Fraction:
    """Return the fraction with the smallest denominator strictly between two (Stern and Brocot's tree)."""
    whole = low.numerator // low.denominator
    if whole + 1 < high:
        return Fraction(whole + 1)
    if low == whole:
        # Just above a whole number: whole + 1/n with the smallest n that fits.
        return whole + Fraction(1, int(1 / (high - whole)) + 1)
    return whole + 1 / simplest(1 / (high - whole), 1 / (low - whole))


def arrivals(live: Live) -> list[LiveOrder]:
    """Return the orders that came to the broker."""
    return [one for one in live.orders.values() if one.arrived >= 0]


def latency_bounds(live: Live) -> tuple[int, int]:
    """Return between which two, ns, any one latency lies that explains every arrival; crossed where none does."""
    came = arrivals(live)
    return max((one.earliest for one in came), default=-1), min((one.latest for one in came), default=FOREVER)


def usual_latency(live: Live, assumed: int) -> int:
    """Return the latency that explains every arrival: the assumed one if it does, else one that all allow.

    Arrivals are known only to the price that found the order there, so each bounds the latency from both sides. Where
    no single one fits all, it is the median of those next to the assumed one that each order allows.
    """
    low, high = latency_bounds(live)
    if low < assumed <= high:
        return assumed
    if low < high:
        return (low + high + 1) // 2
    return int(median(min(max(assumed, one.earliest + 1), one.latest) for one in arrivals(live)))


def usual_size(live: Live, audit: Audit, *, reducing: bool) -> Fraction:
    """Return what was sent or filled over what was decided, of entries or of orders that only reduce."""
    seen = []
    for order, one in live.orders.items():
        if bool(one.command["reduce_only"]) == reducing:
            wanted, had = audit.sizes.get(order, (int(one.command["quantity"]),) * 2)
            seen.append((wanted, live.filled.get(order, had)))
    if not seen or all(wanted == had for wanted, had in seen):
        return Fraction(1)
    # Sizes are cut down to whole steps, and one step is the least.
    cut = [(wanted, had) for wanted, had in seen if had > 1]
    low = max((Fraction(had, wanted) for wanted, had in cut), default=Fraction(0))
    high = min((Fraction(had + 1, wanted) for wanted, had in cut), default=Fraction(1))
    if low == high or not cut:
        return low or Fraction(1)
    if low < high:
        inside = simplest(low, high)
        return low if low.denominator < inside.denominator else inside
    return Fraction(median(Fraction(had, wanted) for wanted, had in seen))


def _middle(values: Sequence[int]) -> int:
    return round(median(values)) if values else 0
