"""Are the times what they were said to be? The findings about the clock, and the times put right.

What else is looked for needs right times. So where the clock is surely wrong, the rest of the examination goes
on with the times as they should be, and says so; otherwise one wrong clock would be told a second time as ten
thousand bars in closed hours.
"""

from typing import NamedTuple

import numpy as np

from tradewind.data.doctor.candidates import USUAL, offsets_of
from tradewind.data.doctor.clocks import CERTAIN, Reading, Stretch, Walls, read_clock
from tradewind.data.doctor.evidence import sentence, utc_of, walls_of
from tradewind.data.doctor.finding import BLOCKER, NOTE, WARNING, Finding, Prices, Subject, fix, window
from tradewind.data.spread import Integers
from tradewind.markets.clock import DAY, HOUR, clock, day_date

FEW, CERTAIN_OF_FEW = 0.2, 12.0
"""Where clocks differ on few days only (in weeks when one continent has changed), these must speak more clearly."""


class Timed(NamedTuple):
    """What was found about the clock, what the times say, and bars at the times they should have."""

    findings: list[Finding]
    reading: Reading
    prices: Prices


def check_clock(prices: Prices, subject: Subject) -> Timed:
    """Return findings about the clock of bars whose `ts` is UTC if the stated clock is right."""
    walls = walls_of(prices.ts, subject.clock)
    seen = _lively(prices._replace(ts=walls))
    reading = read_clock(seen, subject.instrument, subject.clock)
    if reading.clock is None:
        return Timed(_silent(prices, subject, reading), reading, prices)
    if len(reading.stretches) > 1:
        return _changing(prices, walls, subject, reading)
    behind = reading.behind
    if reading.clock == subject.clock or subject.clock in reading.equivalents or behind <= 0:
        return Timed(_unsure(prices, subject, reading) if not reading.certain else [], reading, prices)
    apart = float((utc_of(walls, reading.clock) != prices.ts).mean())
    if behind < (CERTAIN if apart > FEW else CERTAIN_OF_FEW) or (subject.instrument is None and apart <= FEW):
        return Timed(_unsure(prices, subject, reading), reading, prices)
    return _wrong(prices, walls, seen, subject, reading)


def _lively(prices: Prices) -> Walls:
    """Return the bars without the flat ones: vendors fill closed hours with these."""
    moves = prices.high > prices.low
    if prices.seconds <= 60:
        # Quiet minutes are flat too; only long flat stretches are filling.
        block = prices.ts // HOUR
        alive = np.unique(block[moves])
        moves = np.isin(block, alive)
    some = prices.take(moves) if moves.sum() > 0.3 * len(moves) else prices
    order = np.argsort(some.ts, kind="stable")
    return Walls(some.ts[order], some.high[order], some.low[order], prices.seconds)


def _silent(prices: Prices, subject: Subject, reading: Reading) -> list[Finding]:
    return [
        Finding("clock-unknown", NOTE, int(prices.ts[0]), int(prices.ts[-1]), len(prices.ts),
                f"{reading.evidence[0]} Whether {subject.clock} is right cannot be told.", {})
    ]  # fmt: skip


def _unsure(prices: Prices, subject: Subject, reading: Reading) -> list[Finding]:
    best = reading.clock or ""
    other = reading.runner_up if best == subject.clock or subject.clock in reading.equivalents else subject.clock
    evidence = (
        f"These bars fit {best} best, but {other} almost as well "
        f"({max(reading.margin, reading.behind):.1f} nats apart): "
        "too short or too quiet to tell."
    )
    values = {"best": best, "runner_up": reading.runner_up, "margin": round(reading.margin, 2)}
    return [Finding("clock-unsure", NOTE, int(prices.ts[0]), int(prices.ts[-1]), len(prices.ts), evidence, values)]


def _wrong(prices: Prices, walls: Integers, seen: Walls, subject: Subject, reading: Reading) -> Timed:
    best = reading.clock or ""
    right = utc_of(walls, best)
    first, last = int(prices.ts[0]), int(prices.ts[-1])
    moved = np.unique(prices.ts - right)
    one_bar = len(moved) == 1 and int(moved[0]) == prices.span and prices.seconds >= 1800
    stamped = one_bar and not {best, *reading.equivalents} & set(USUAL)
    told = _both(seen, best, subject.clock)
    hours = ", ".join(f"{-int(each) / HOUR:+g} h" for each in moved[:4])
    values = {
        "stated": subject.clock, "best": best, "equivalents": list(reading.equivalents[:20]), "moves": hours,
        "runner_up": reading.runner_up, "margin": round(reading.margin, 1), "behind": round(reading.behind, 1),
        "certain": reading.certain,
    }  # fmt: skip
    if stamped:
        late = f"it is named by its close, or the clock is {best} and not {subject.clock}"
        evidence = f"Every bar stands one bar late: {late}. {told}"
        found = Finding("close-stamped", BLOCKER, first, last, len(prices.ts), evidence, values,
                        fix(subject, "close-stamped"))  # fmt: skip
    else:
        also = f" (or {', '.join(reading.equivalents[:3])}, the same here)" if reading.equivalents else ""
        late = " Or the clock is right and bars are named by their close: the same for bars of this size." * one_bar
        evidence = f"The times are not {subject.clock} but {best}{also}; right times differ by {hours}. {told}{late}"
        # Of an instrument whose hours we do not know, only a clock that people use is believed.
        strange = subject.instrument is None and not {best, *reading.equivalents} & set(USUAL)
        evidence += f" We do not know the hours of {subject.series.symbol}: this may be an hour off." * strange
        found = Finding("wrong-clock", WARNING if strange else BLOCKER, first, last, len(prices.ts), evidence, values,
                        fix(subject, "wrong-clock", f"--clock {best}"))  # fmt: skip
        if strange:
            return Timed([found], reading, prices)
    return Timed([found], reading, prices.at(right))


def _changing(prices: Prices, walls: Integers, subject: Subject, reading: Reading) -> Timed:
    """Return a blocker for every stretch whose clock is not the one stated, or not that of most days."""
    whole = _stated_or_best(subject, reading)
    right = utc_of(walls, whole)
    days = walls // DAY
    found = []
    for stretch in reading.stretches:
        here = (days >= stretch.first) & (days <= stretch.last)
        if not here.any():
            continue
        name = _name(stretch, whole, subject)
        times = utc_of(walls[here], name)
        if (times == prices.ts[here]).all():
            right[here] = times
            continue
        right[here] = times
        first, last = int(prices.ts[here][0]), int(prices.ts[here][-1])
        off = np.unique(prices.ts[here] - times)
        hours = ", ".join(f"{-int(each) / HOUR:+g} h" for each in off[:3])
        part = Walls(walls[here], prices.high[here], prices.low[here], prices.seconds)
        evidence = (
            f"From {day_date(stretch.first)} to {day_date(stretch.last)} the times are those of {name}, not of "
            f"{subject.clock}: right times differ by {hours}. {_both(part, name, subject.clock)}"
        )
        values = {"stated": subject.clock, "best": name, "moves": hours, "places": [[first, last]]}
        strange = subject.instrument is None and name not in USUAL
        found.append(
            Finding("clock-changes", WARNING if strange else BLOCKER, first, last, int(here.sum()), evidence, values,
                    fix(subject, "clock-changes", f"--clock {name} {window(first, last)}"))
        )  # fmt: skip
    return Timed(found, reading, prices.at(right))


def _both(seen: Walls, right: str, stated: str) -> str:
    """Return what the bars look like by the right clock, and what by the one stated."""
    return f"{sentence(seen, right)} {sentence(seen, stated)}"


def _stated_or_best(subject: Subject, reading: Reading) -> str:
    same = any(subject.clock in stretch.choice.names for stretch in reading.stretches)
    return subject.clock if same or reading.clock is None else reading.clock


def _name(stretch: Stretch, whole: str, subject: Subject) -> str:
    """Return the most usual name of a stretch's clock; the stated or usual one if it tells the same there."""
    days = np.arange(stretch.first, stretch.last + 1)
    own = offsets_of(clock(stretch.choice.name), days)
    for name in (subject.clock, whole, *USUAL):
        if (offsets_of(clock(name), days) == own).all():
            return name
    return stretch.choice.name
