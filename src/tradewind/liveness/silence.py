"""Whether a feed is alive: silence is an incident when it is improbable, and not before.

How many quotes should have come since the last one follows from the habits of the minute of the week (`habits.py`) and
from the pace of the last minutes. The pace is a factor on the habits, unknown and gamma-distributed; what came lately
narrows it, and may lower it but not raise it: a feed is not silent because it was busy. Counts are then negative
binomial (the gamma-Poisson mixture of Greenwood and Yule, Journal of the Royal Statistical Society 83, 1920), and
quotes come in clumps, so that evidence counts in clumps. No quote where `d` clumps were due has the chance
(1 + d / b)^-a, with the shape a = k + clumps that came and b = k + clumps that were due.

An alarm is due when that chance, of which a week has as many as it has clumps, would be undercut `alarms_a_week` times
by a feed that lives; and never before `least_s`. Closed hours count nothing, and a feed whose habits are not known is
silent after a declared time. All times are those of arrival, on one clock.
"""

from math import ceil
from typing import Literal, NamedTuple

from tradewind.liveness.habits import LEVEL_MINUTES, WEEK, Habits, smoothed
from tradewind.markets.clock import MINUTE, NEW_YORK, SECOND, trading_day, wall
from tradewind.markets.hours import FULL, market_hours, next_open
from tradewind.markets.instruments import Instrument

State = Literal["live", "quiet", "silent", "closed"]

PRIOR = 2.0
"""The shape k of the pace before anything came: its spread is 70 % of its mean."""
SUREST = 16.0
"""The largest shape: the pace of the next minute is never known better than to a quarter, whatever came before."""
THIN_PACE = 0.25
"""Of the usual number of quotes, on a date that is not ordinary, until its own pace is known."""
QUIET = 0.01
"""A silence of a smaller chance is worth a look."""
NEVER = 2**62
KEEP = 0.5 ** (1.0 / LEVEL_MINUTES)


class Patience(NamedTuple):
    """When silence is an alarm."""

    alarms_a_week: float = 0.1
    """How many false alarms a week are accepted from one instrument."""
    least_s: float = 5.0
    unknown_s: float = 60.0
    """The declared time, where the habits of the feed or of the minute are not known."""
    most_s: float = 900.0
    """No silence in trading hours is longer without an alarm."""


class Look(NamedTuple):
    """What can be said of a feed at a moment."""

    state: State
    since: int
    """The last quote, the opening after it, or the beginning of the watch."""
    due: float
    """How many quotes should have come since."""
    chance: float
    """Of a silence as long, if the feed lives; -1 where it is not known."""


class Silence:
    """The watch over one instrument's feed."""

    def __init__(self, instrument: Instrument, habits: Habits, patience: Patience | None = None) -> None:
        self.patience = patience or Patience()
        self.alarmed = False
        """Whether the silence that lasts, or ended with the last quote, was an alarm."""
        self._instrument, self._hours = instrument, market_hours(instrument)
        self._rates: list[float] = (smoothed(habits.means, habits.weeks) / MINUTE).tolist()
        self._known, self._clump = habits.known, habits.clump
        clumps = max(1.0, float(habits.means.sum()) / habits.clump)
        self._chance = min(0.01, self.patience.alarms_a_week / clumps)
        self._last = self._upto = self._ends = self._begins = 0
        self._rate = self._gap = self._came = self._due = 0.0
        self._opens = self._closes = self._aged = 0
        self._pace = 1.0

    def quote(self, ts: int, count: int = 1) -> None:
        """A quote arrived at `ts`, or `count` at once."""
        if ts >= self._ends:
            self._go_on(ts)
        self._gap += self._rate * (ts - self._upto)
        self.alarmed = self._is_silent(ts)
        if self._aged:
            keep = KEEP**self._aged
            self._came, self._due, self._aged = self._came * keep, self._due * keep, 0
        if not self.alarmed:  # an outage says nothing about the pace of the market
            self._due += self._gap
            self._came += count
        self._last = self._upto = ts
        self._gap = 0.0

    def look(self, now: int) -> Look:
        """Return what can be said now."""
        if now >= self._ends:
            self._go_on(now)
        if not self._opens <= now < self._closes:
            return Look("closed", self._last, 0.0, -1.0)
        due = self._gap + self._rate * max(0, now - self._upto)
        known = self._known and self._rate > 0.0
        chance = self._chance_of(due) if known else -1.0
        since = max(self._last, self._begins)
        if self._is_silent(now):
            return Look("silent", since, due, chance)
        return Look("quiet" if 0.0 <= chance < QUIET else "live", since, due, chance)

    def alarm_at(self, now: int) -> int:
        """Return when the feed will be silent if nothing comes, `now` or later; NEVER where the market closes first."""
        if now >= self._ends:
            self._go_on(now)
        since = max(self._last, self._begins)
        soonest, latest = since + round(self.patience.least_s * SECOND), since + round(self.patience.most_s * SECOND)
        if not self._known:
            latest = min(latest, since + round(self.patience.unknown_s * SECOND))
        else:
            latest = min(latest, self._used_up(latest))
        moment = max(soonest, latest, now) + 1
        return moment if moment < self._closes else NEVER

    def _used_up(self, latest: int) -> int:
        """Return when more quotes will be due than a silence that is no alarm has, `latest` if not before."""
        left, at, ends, rate = self._longest() - self._gap, self._upto, self._ends, self._rate
        while at < min(latest, self._closes):
            if rate > 0.0 and left <= rate * (ends - at):
                return at + max(0, ceil(left / rate))
            left -= rate * (ends - at)
            at = ends
            ends, rate = self._minute(at)
        return latest

    def _minute(self, start: int) -> tuple[int, float]:
        """Return the end of the minute that `start` lies in, or of the hours, and its quotes per nanosecond."""
        slot = (wall(start, NEW_YORK) // MINUTE + 3 * 1440) % WEEK
        return min(start - start % MINUTE + MINUTE, self._closes), self._pace * self._rates[slot]

    def _is_silent(self, now: int) -> bool:
        """Return whether the silence up to `now` is an alarm."""
        if not self._opens <= now <= self._closes:
            return False
        lasted = (now - max(self._last, self._begins)) / SECOND
        if lasted <= self.patience.least_s:
            return False
        if lasted > self.patience.most_s:
            return True
        if not self._known:
            return lasted > self.patience.unknown_s
        return self._gap + self._rate * max(0, now - self._upto) > self._longest()

    def _chance_of(self, due: float) -> float:
        shape, scale = self._evidence()
        return float((1.0 + due / self._clump / scale) ** -shape)

    def _evidence(self) -> tuple[float, float]:
        """Return shape and scale of the pace: not above the usual, and not surer than `SUREST`."""
        came, due = PRIOR + self._came / self._clump, PRIOR + self._due / self._clump
        shape = min(came, SUREST)
        return shape, shape * max(1.0, due / came)

    def _longest(self) -> float:
        """Return how many quotes may be due in a silence that is no alarm: `_chance_of` turned round."""
        shape, scale = self._evidence()
        return float(self._clump * scale * (self._chance ** (-1.0 / shape) - 1.0))

    def _go_on(self, now: int) -> None:
        """What was due is counted up to the beginning of the minute of `now`, and its rate is known."""
        if now >= self._closes:
            self._enter(now)
        while self._ends <= now and self._ends < self._closes:
            start = self._ends
            self._gap += self._rate * (start - self._upto)
            self._aged += 1
            self._upto = start
            self._ends, self._rate = self._minute(start)

    def _enter(self, now: int) -> None:
        """The hours are those that contain `now` or come next; nothing is due in them yet."""
        opens = next_open(self._instrument, now)
        day = trading_day(opens)
        spans = self._hours.intervals(day)
        self._opens, self._closes = next(span for span in spans if span[0] <= opens < span[1])
        self._pace = 1.0 if self._hours.day_type(day) == FULL else THIN_PACE
        self._gap = self._came = self._due = self._rate = 0.0
        self._aged = 0
        # A watch that begins in the middle of a session does not know what came before.
        self._begins = self._opens if self._last else max(self._opens, now)
        self._upto = self._ends = self._begins
