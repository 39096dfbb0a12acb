"""Small runs made by hand. US30: a tick is 1 point, a step 0.01 lot, and together they are worth one cent."""

from decimal import Decimal

import numpy as np

from tradewind.kernel.records import COMMAND, EVENT, GATE_ROW, RISK_ROW, SAMPLE, TRADE
from tradewind.results.document import document
from tradewind.results.facts import InstrumentFacts, RunFacts, StrategyFacts
from tradewind.results.provenance import Provenance
from tradewind.results.summary import summarise
from tradewind.results.tables import tables

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
START = 1_709_510_400 * SECOND
"""Monday 2024-03-04 00:00 UTC, trading date 19786."""
MONDAY = 19_786
DTYPES = {"events": EVENT, "commands": COMMAND, "gates": GATE_ROW, "trades": TRADE, "samples": SAMPLE, "risk": RISK_ROW}

US30 = InstrumentFacts("US30", Decimal(1), Decimal("0.01"), "USD", (1, 1), open_ns=10 * HOUR)
GOLD = InstrumentFacts("XAUUSD", Decimal("0.01"), Decimal("0.01"), "USD", (1, 1), open_ns=20 * HOUR)
YEN = InstrumentFacts("USDJPY", Decimal("0.001"), Decimal("0.01"), "JPY", (1, 1))


def facts(*instruments, **changes):
    """Return a run of "pullback" and "breakout" in dollars, over a day from START."""
    values = {
        "kind": "backtest",
        "strategies": (StrategyFacts("pullback", ("trend", "depth", "spread")), StrategyFacts("breakout")),
        "instruments": instruments or (US30, GOLD),
        "currency": "USD",
        "initial": 10_000_000,
        "start": START,
        "end": START + DAY,
    }
    return RunFacts(**{**values, **changes})


def rows(log, *values):
    """Return rows of a log with the fields given, zero elsewhere."""
    result = np.zeros(len(values), DTYPES[log])
    for place, fields in enumerate(values):
        for name, value in fields.items():
            result[name][place] = value
    return result


def logs(**given):
    """Return all six logs, empty where none is given."""
    return {name: given.get(name, rows(name)) for name in DTYPES}


WINNER = {
    "number": 11,
    "opened_at": START + HOUR,
    "closed_at": START + 2 * HOUR,
    "quantity": 200,
    "entry_cost": 200 * 40_000,
    "exit_cost": 200 * 40_100,
    "risk": 10_000,
    "gross": 20_000,
    "commission": -300,
    "financing": -50,
    "spread_cost": -400,
    "slippage_cost": -200,
    "worst_price": 39_980,
    "best_price": 40_110,
    "side": 1,
    "reason": 42,
    "fills": 2,
}
"""Long 2 lots of US30 from 40,000 to 40,100."""

LOSER = {
    "number": 25,
    "opened_at": START + 90 * MINUTE,
    "closed_at": START + 3 * HOUR,
    "quantity": 50,
    "entry_cost": 50 * 200_000,
    "exit_cost": 50 * 200_200,
    "risk": 10_000,
    "gross": -10_000,
    "commission": -175,
    "spread_cost": -1_000,
    "worst_price": 200_200,
    "best_price": 199_900,
    "instrument": 1,
    "strategy": 1,
    "side": -1,
    "reason": 41,
    "fills": 2,
    "ambiguous": 1,
}
"""Short half a lot of gold from 2,000.00 to its stop at 2,002.00."""

UNRATED = {
    "number": 30,
    "opened_at": START + 4 * HOUR,
    "closed_at": START + 5 * HOUR,
    "quantity": 3,
    "entry_cost": 40_001 + 40_002 + 40_002,
    "exit_cost": 3 * 40_002,
    "gross": 1,
    "commission": -4,
    "worst_price": 39_990,
    "best_price": 40_005,
    "side": 1,
    "reason": 40,
    "fills": 4,
}
"""Long 0.03 lots without a stop, filled at 40,001 and twice at 40,002; a cent gained, four of commission."""

PROVENANCE = Provenance(
    code="c0de",
    strategies={"pullback": "aa", "breakout": "bb"},
    data={"US30 60s": "d1", "XAUUSD 60s": "d2"},
    profile="f0",
    parameters={"pullback": {"fast": 10, "risk": 0.5}, "breakout": {}},
    settings={"costs": {"spread": 1.0}},
)


def run_of(run=None, created_ns=START, **given):
    """Return the document and the tables of a run whose logs hold what is given."""
    run = run or facts()
    made = tables(logs(**given), run)
    return document(run, PROVENANCE, summarise(made, run), created_ns), made
