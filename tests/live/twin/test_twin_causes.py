"""Known faults are put into a paper session; the twin names each with its money, and nothing else.

What a fault costs is known apart from the twin: it is the difference of two whole sessions of the kernel. Of two
faults the one that comes first in the chain is measured alone, the other on top of it.
"""

import os
from itertools import combinations
from pathlib import Path

import pytest
from paper_day import CHAIN, FAULTS, market_of

from tradewind.data.importers import import_files
from tradewind.modes import open_history
from tradewind.requests import moment_ns, period_end, period_start, strategy_path
from tradewind.settings import Settings

HERE = Path(__file__).parent
DATA = Path(os.environ.get("TRADEWIND_DATA") or HERE.parents[3] / "shared" / "data")
REQUIRED = os.environ.get("TRADEWIND_REQUIRE_DATA") == "1"
needs_data = pytest.mark.skipif(not DATA.is_dir() and not REQUIRED, reason=f"no market data at {DATA}")

FILES = ("XAUUSD_M1_mt5ny_bid_20251203_20260220.parquet", "US30_M1_mt5ny_bid_20251202_20260220.parquet",
         "EURUSD_ticks_oanda_20140504_20140509.parquet")  # fmt: skip
GOLD = [fault for fault in FAULTS if fault != "commission"]
"""The profile charges no commission on gold."""
EURO = [fault for fault in FAULTS if fault != "swap"]
"""The hours of quotes lie within one day."""
NAMED = {fault: "missed" if fault == "extra" else fault for fault in FAULTS}


@pytest.fixture(scope="session")
def real(tmp_path_factory):
    """A folder with a history of real prices."""
    folder = tmp_path_factory.mktemp("twin") / "data"
    import_files([DATA / name for name in FILES], open_history(Settings(data=folder)))
    return folder


@pytest.fixture(scope="session")
def gold(real):
    """Two days of gold in minute bars, traded often, sized by the balance."""
    return market_of(real, HERE / "eager.py", "XAUUSD", (period_start("2026-01-13"), period_end("2026-01-14")))


@pytest.fixture(scope="session")
def euro(real):
    """Forty minutes of euro quotes around a rate decision, with a commission a lot, traded every minute or two."""
    span = moment_ns("2014-05-08T12:25"), moment_ns("2014-05-08T13:05")
    return market_of(real, HERE / "eager.py", "EURUSD", span, bar="M1")


@pytest.fixture(scope="session")
def gold_sessions():
    """Sessions that have run already, by their faults."""
    return {}


@pytest.fixture(scope="session")
def euro_sessions():
    return {}


def ran(market, sessions, *names):
    """Return the session with these faults; it runs once."""
    if names not in sessions:
        sessions[names] = market.session(*(FAULTS[name] for name in names))
    return sessions[names]


def named(told):
    """Return the causes that cost or made anything."""
    return {cause: amount for cause, amount in told.causes.items() if amount}


def expected(market, sessions, *names):
    """Return what each fault costs, by whole sessions: each on top of those before it in the chain."""
    found = {}
    ordered = sorted(names, key=CHAIN.index)
    for count, name in enumerate(ordered, 1):
        before, after = ran(market, sessions, *ordered[: count - 1]), ran(market, sessions, *ordered[:count])
        if after.total != before.total:
            found[NAMED[name]] = found.get(NAMED[name], 0) + after.total - before.total
    return {cause: amount for cause, amount in found.items() if amount}


def holds(market, sessions, *names):
    """The twin of the session with these faults names just them, each with its money, trade by trade too."""
    names = tuple(sorted(names, key=CHAIN.index))
    session = ran(market, sessions, *names)
    told = session.twin(market)
    by_trades = {}
    for trade in told.trades:
        for cause, amount in trade.causes.items():
            by_trades[cause] = by_trades.get(cause, 0) + amount

    assert told.backtest == ran(market, sessions).total
    assert told.live == session.total
    assert named(told) == expected(market, sessions, *names)
    assert {cause: amount for cause, amount in by_trades.items() if amount} == named(told)
    assert told.backtest + sum(told.causes.values()) == told.live


@needs_data
def test_a_clean_day_shows_zero(gold, gold_sessions):
    """Nothing went wrong: every cause is zero, every trade is its own twin, and the day was a busy one."""
    told = ran(gold, gold_sessions).twin(gold)

    assert set(told.causes.values()) == {0}
    assert told.difference == 0
    assert len(told.trades) > 60
    assert all(trade.backtest == trade.live and not trade.causes for trade in told.trades)


@needs_data
@pytest.mark.parametrize("fault", GOLD)
def test_one_fault_in_gold_is_named_to_the_cent(gold, gold_sessions, fault):
    assert expected(gold, gold_sessions, fault)
    holds(gold, gold_sessions, fault)


@needs_data
@pytest.mark.parametrize("fault", EURO)
def test_one_fault_in_euro_quotes_is_named_to_the_cent(euro, euro_sessions, fault):
    assert expected(euro, euro_sessions, fault)
    holds(euro, euro_sessions, fault)


@needs_data
@pytest.mark.soak
@pytest.mark.parametrize(("one", "other"), list(combinations(GOLD, 2)))
def test_two_faults_in_gold_are_told_apart_to_the_cent(gold, gold_sessions, one, other):
    holds(gold, gold_sessions, one, other)


@needs_data
@pytest.mark.soak
@pytest.mark.parametrize(("one", "other"), list(combinations(EURO, 2)))
def test_two_faults_in_euro_quotes_are_told_apart_to_the_cent(euro, euro_sessions, one, other):
    holds(euro, euro_sessions, one, other)


@needs_data
@pytest.mark.parametrize("symbol", ["XAUUSD", "US30", "EURUSD"])
@pytest.mark.parametrize("strategy", ["ema_cross", "opening_range"])
def test_shipped_strategies_have_their_twins(real, symbol, strategy):
    """Clean, a busy and a patient strategy show zero; late and wide, these two and nothing else, to the cent."""
    days = ("2014-05-08", "2014-05-08") if symbol == "EURUSD" else ("2026-01-12", "2026-01-14")
    span = (period_start(days[0]), period_end(days[1]))
    if symbol == "EURUSD":
        span = (moment_ns("2014-05-08T11:30"), moment_ns("2014-05-08T14:30"))
    overrides = {"fast": "3", "slow": "8"} if strategy == "ema_cross" else {}
    market = market_of(real, strategy_path(strategy), symbol, span, overrides=overrides)
    sessions = {}

    assert set(ran(market, sessions).twin(market).causes.values()) == {0}
    holds(market, sessions, "latency", "spread")
    holds(market, sessions, "feed", "slippage")
