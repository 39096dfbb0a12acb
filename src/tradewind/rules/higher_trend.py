"""The trend of the higher timeframes: up, down or none, from H4 averages with H1 strength or structure.

    T1  close and EMA20 against EMA50 of H4 bars    T2  ADX14 at least 18, +DI against -DI, of H1 bars
    T3  the last two swing highs and lows of H1 bars, two bars either side

The trend is T1's where T2 or T3 agrees and neither contradicts; else there is none, and none while T1 or T2
warms up (200 bars of H4, 100 of H1). Update it with every closed H4 and H1 bar; what has not closed cannot be
in it. Source: domain 2.1 rule 10 and 2.2.
"""

from tradewind.indicators.adx import ADX, adx
from tradewind.indicators.ema import EMA, ema
from tradewind.indicators.structure import structure, structure_record
from tradewind.kernel.compiled import compiled
from tradewind.kernel.records import record

FAST = 20
SLOW = 50
STRENGTH = 14
STRONG = 18.0
WING = 2
AVERAGE_READY = 4 * SLOW
STRENGTH_READY = 100

HIGHER_TREND = record(
    [
        ("seen", "i8"),             # H4 and H1 bars together
        ("value", "f8"),            # +1, 0, -1
        ("averages", "i8"),         # T1
        ("direction", "i8"),        # T2
        ("form", "i8"),             # T3
        ("fast", EMA),
        ("slow", EMA),
        ("strength", ADX),
        ("structure", structure_record(WING)),
    ]
)  # fmt: skip


@compiled
def higher_trend_h4(memory, close):
    """Return the trend, +1, 0 or -1, after an H4 bar has closed."""
    fast = ema(memory.fast, close, FAST)
    slow = ema(memory.slow, close, SLOW)
    memory.averages = 0
    if memory.slow.seen >= AVERAGE_READY:
        if fast > slow and close > slow:
            memory.averages = 1
        elif fast < slow and close < slow:
            memory.averages = -1
    return agreed(memory)


@compiled
def higher_trend_h1(memory, high, low, close):
    """Return the trend, +1, 0 or -1, after an H1 bar has closed."""
    strong = adx(memory.strength, high, low, close, STRENGTH)
    memory.direction = 0
    if memory.strength.seen >= STRENGTH_READY and strong >= STRONG:
        if memory.strength.plus > memory.strength.minus:
            memory.direction = 1
        elif memory.strength.plus < memory.strength.minus:
            memory.direction = -1
    memory.form = int(structure(memory.structure, high, low, WING))
    return agreed(memory)


@compiled
def agreed(memory):
    """Return T1's trend where T2 or T3 agrees and neither contradicts, else 0."""
    memory.seen += 1
    trend = memory.averages
    memory.value = 0.0
    others = (memory.direction, memory.form)
    if trend != 0 and trend in others and -trend not in others:
        memory.value = float(trend)
    return memory.value
