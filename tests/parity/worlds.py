"""The worlds and tapes that parity and properties share, and everything a run left behind as bytes."""

import hashlib
from decimal import Decimal
from pathlib import Path

import limited
import numpy as np
from world import (
    DAY_NS,
    HOUR,
    MINUTE,
    SECOND,
    Instrument,
    World,
    bars_tape,
    clock,
    day,
    joined,
    merged,
    rows,
    run,
    slot,
)

from tradewind.compilation import handler_of
from tradewind.strategy import load

BUSY = Path(__file__).parent / "busy.py"
LOGS = ("events", "commands", "trades", "gates", "samples", "risk")
START = int(np.datetime64("2025-01-14T22:00", "ns").astype(int))

US30 = Instrument(
    "US30", minimum=Decimal("0.1"), clip=Decimal(2), commission=("share", 0.00001), margin=0.005,
    swap=("percent360", -6.5, 2.0, "fri"), stop_slippage=Decimal("0.5"),
)  # fmt: skip
GER40 = Instrument("GER40", currency="EUR", swap=("points", -30.0, 12.0, "fri"), margin=0.005, stops=Decimal("0.5"))
EURUSD = Instrument(
    "EURUSD", tick=Decimal("0.00001"), step=Decimal("0.01"), value=Decimal(100_000), minimum=Decimal("0.01"),
    converts="EUR", commission=("lot", 3.5), swap=("percent365", -0.0105, 0.004, "wed"), margin=0.003,
)  # fmt: skip
USDJPY = Instrument(
    "USDJPY", tick=Decimal("0.001"), step=Decimal("0.01"), value=Decimal(100_000), minimum=Decimal("0.01"),
    currency="JPY", converts="JPY", inverse=True, swap=("currency", 900.0, -1500.0, "wed"), margin=0.003,
)  # fmt: skip
ROUGH = {
    "latency": 250_000_000, "market_slippage": 0.25, "stop_slippage": 0.5, "stop_slippage_atr": 0.05,
    "rough_multiple": 3.0,
}  # fmt: skip


def wander(generator, count, start, stride):
    """Return open, high, low and close columns of a random walk in ticks; no bar is flat and none is a doji."""
    closes = start + np.cumsum(generator.integers(-stride, stride + 1, count))
    opens = np.concatenate([[start], closes[:-1]]) + generator.integers(-2, 3, count)
    opens += opens == closes
    high = np.maximum(opens, closes) + generator.integers(0, stride, count)
    low = np.minimum(opens, closes) - generator.integers(0, stride, count)
    return opens, high, low, closes


def minutes(generator, instrument, count, start, stride, spread):
    """Return `count` M1 BARs from START on, with a few minutes missing."""
    ts = START + (np.arange(count) + 1) * MINUTE
    kept = generator.random(count) > 0.02
    columns = [column[kept] for column in wander(generator, count, start, stride)]
    spreads = spread + generator.integers(0, 5, int(kept.sum()))
    return bars_tape(ts[kept], instrument, columns, spreads)


def ticks(generator, instrument, count, span, start, stride, spread):
    """Return `count` QUOTEs spread over `span` ns from START on."""
    ts = START + np.sort(generator.integers(1, span, count)) * 1000 // 1000
    bid = start + np.cumsum(generator.integers(-stride, stride + 1, count))
    return bars_tape(ts, instrument, (bid,) * 4, spread + generator.integers(0, 4, count), span=0)


def calendar(count):
    """Return a DAY event for every 24 hours of `count` minutes, news for every instrument and a dividend."""
    days = [day(START + number * DAY_NS) for number in range(count // 1440 + 1)]
    others = [
        clock(START + (hour - 2) * HOUR, 5, instrument=hour // 2 % 4, kinds=1, opens=START + hour * HOUR,
              closes=START + (hour + 1) * HOUR, lock_opens=START + hour * HOUR,
              lock_closes=START + hour * HOUR + 20 * MINUTE)
        for hour in range(3, count // 60, 2)
    ]  # fmt: skip
    others += [clock(START + 5 * HOUR, 10, instrument=0, price=125)]
    others += [clock(START + hour * HOUR, 11, clock=1, week=hour // 24) for hour in range(1, count // 60, 12)]
    return joined([*days, *others, clock(START + (count + 5) * MINUTE)])


def crowded_world():
    """Return a world of four instruments in three currencies, with every cost there is."""
    series = tuple((number, seconds) for number in range(4) for seconds in (86_400, 3600, 300, 60))
    return World(
        [US30, GER40, EURUSD, USDJPY], series=series, sample_every=int(HOUR), settings=ROUGH, balance=Decimal(200_000)
    )


TIGHT = """
limits gross_leverage 60 margin_use 0.6 trades_per_day_total 600 fills_per_day 100000
limits margin_level_warning 2 margin_level_cut 1.5 consecutive_losses 6 cool_down_minutes 5
limits collar_share 0.01 order_median_multiple 4 order_median_count 20 order_value_share 40 messages_per_second 3
limits messages_per_minute 40 quote_age_s 60 bar_age_s 180 duplicate_s 30 flat_minute 1015
cap US30 spread 1.4
loss_rule soft control R6 base equity resets day amount 1200 severity no_entries inclusive 1
loss_rule hard control R7 base equity resets day amount 1250 severity halt inclusive 1
loss_rule firm base balance resets day clock 1 amount 2500 severity halt
loss_rule trail base initial highest equity update tick amount 90000 severity latch inclusive 1
"""
STOPPED = """
limits risk_per_trade 0.01 open_risk 0.05 floor_buffer 0.0005 flatten_cost_spreads 1 stop_required 1 stop_within_s 2
loss_rule hard control R7 base equity resets day amount 9000 severity halt inclusive 1
loss_rule trail base initial highest equity update tick amount 90000 severity latch inclusive 1
group INDICES limit 0.03 US30 1 GER40 1
group CASH limit 0.03 EURUSD -1 USDJPY 1
"""


def limited_world(text=TIGHT):
    """Return a crowded world under limits that every kind of order meets now and then."""
    world = crowded_world()
    limited.hold(world, [line.split() for line in text.strip().splitlines()])
    return world


def crowded_tape(count, seed=3):
    """Return minutes of two indices and quotes of two currencies, with their calendar."""
    generator = np.random.default_rng(seed)
    return merged(
        minutes(generator, 0, count, 420_000, 60, 12),
        minutes(generator, 1, count, 180_000, 40, 10),
        ticks(generator, 2, count, count * MINUTE, 108_000, 12, 8),
        ticks(generator, 3, count, count * MINUTE, 150_000, 20, 10),
        calendar(count),
    )


class Machine:
    """The busy strategy, loaded once: compiled inside the loop, or as plain Python."""

    def __init__(self, *, plain=False, path=BUSY):
        """It is ready to run."""
        self.strategy = load(path, compile_handlers=not plain)
        self.handler = None if plain else handler_of([self.strategy])

    def run(self, world, events, blocks=None, **params):
        """Return the runner and the journal after `events`."""
        instruments = range(len(world.instruments))
        wanted = self.strategy.parameters(**params)
        return run(world, [slot(self.strategy, instruments, wanted)], events, handler=self.handler, blocks=blocks)

    def runner(self, world, events, **params):
        """Return the runner after `events`, its logs as bytes by name."""
        runner, journal = self.run(world, events, **params)
        return runner, {log: rows(journal, log).tobytes() for log in LOGS}


def left_behind(runner, journal):
    """Return everything a run left behind, as bytes by name."""
    parts = {"state": runner.state, "venue": runner.venue, "memories": runner.memories}
    found = {name: part.tobytes() for name, part in parts.items()}
    return found | {log: rows(journal, log).tobytes() for log in LOGS}


def digest(found):
    """Return one digest of what a run left behind."""
    total = hashlib.sha256()
    for name in sorted(found):
        total.update(name.encode() + found[name])
    return total.hexdigest()


def differing(left, right):
    """Return the names of the parts that differ."""
    return [name for name in left if left[name] != right[name]]


__all__ = [
    "SECOND", "STOPPED", "TIGHT", "Machine", "crowded_tape", "crowded_world", "differing", "digest", "left_behind",
    "limited_world",
]  # fmt: skip
