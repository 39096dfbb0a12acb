"""The tables of a run of the real engine: what they say agrees with what the kernel's account says."""

import numpy as np
import pytest
from results_cases import DAY

from tradewind.adapters.parquet import History
from tradewind.adapters.sqlite import SqliteRuns
from tradewind.data import synthetic
from tradewind.markets.hours import open_intervals
from tradewind.markets.loading import load_profile
from tradewind.modes import Choice, Request, backtest
from tradewind.results.document import document
from tradewind.results.facts import Closing, InstrumentFacts, RunFacts, StrategyFacts
from tradewind.results.printing import plain, summary_tables, trades_table
from tradewind.results.provenance import Provenance, logs_digest
from tradewind.results.summary import summarise
from tradewind.results.tables import tables
from tradewind.runner import LOGS

CROSSING = '''"""Long above the average of averages, short below, with a stop; asks one gate."""

from tradewind import buy, close, gate, gates, held, memory
from tradewind.indicators import EMA, ema

MEMORY = memory(fast=EMA, slow=EMA)
GATES = gates("apart")


def on_bar(state, bar, memory, params):
    fast = ema(memory.fast, bar.close, 5)
    slow = ema(memory.slow, bar.close, 20)
    if not gate(state, bar.instrument, GATES.apart, fast - slow, 10.0):
        close(state, bar.instrument)
    elif held(state, bar.instrument) == 0:
        buy(state, bar.instrument, 1.0, stop_loss=bar.close - 500)
'''


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Return a plan that has run for two weeks of made-up US30, its facts and its logs."""
    folder = tmp_path_factory.mktemp("engine")
    (folder / "crossing.py").write_text(CROSSING)
    history = History(folder / "history")
    first, last = synthetic.FIRST, synthetic.FIRST + 14 * DAY
    instrument = load_profile("metatrader").instrument("US30")
    bars = synthetic.synthetic_bars(instrument, first, last)
    history.write(("US30", "bars", 60, "synthetic", "bid"), bars, {"source": "made up"})
    plan = backtest(Request([Choice(folder / "crossing.py")], ["US30"], plain=True, bar="M5"), history)
    state = plan.runner.state
    open_ns = sum(closes - opens for opens, closes in open_intervals(instrument, plan.start, plan.end))
    facts = RunFacts(
        kind="backtest",
        strategies=[StrategyFacts(one.name, one.gate_names) for one in plan.strategies],
        instruments=[InstrumentFacts.of(one.instrument, open_ns) for one in plan.listings],
        currency="USD",
        initial=int(state["account"]["initial"][0]),
        start=plan.start,
        end=plan.end,
        closing=Closing.of(state),
        synthetic=plan.synthetic,
    )
    return plan, facts, {name: plan.journal.read(name) for name in LOGS}


def test_closed_trades_and_open_positions_add_up_to_the_account(ran):
    """In cents: initial + sum of net + what is open = equity.

    The tape ends at 2025-10-15 00:00 UTC, 20:00 in New York: that is trading date 15.
    """
    plan, facts, logs = ran
    made = tables(logs, facts)
    summary = summarise(made, facts)
    account = plan.runner.state["account"][0]
    assert summary["total"]["trades"] > 10
    assert round(summary["account"]["final"] * 100) == account["balance"] + account["unrealised"]
    flat = account["unrealised"] == 0 and account["margin"] == 0
    assert (summary["account"]["open"] == 0) == flat
    assert summary["total"]["spread"] < 0
    assert 0 < summary["total"]["exposure"] < 1
    assert summary["account"]["days"] == np.busday_count("2025-10-01", "2025-10-16")


def test_tables_agree_with_each_other(ran):
    """Fills of the entries and exits are the trades; orders are filled as the fills say."""
    _, facts, logs = ran
    made = tables(logs, facts)
    fills, trades, orders = made["fills"], made["trades"], made["orders"]
    closing = fills.filter(fills["side"] == "sell")["lots"].sum()
    assert closing == pytest.approx(trades["lots"].sum())
    assert (trades["mae_r"] >= 0).all()
    assert (trades["mfe_r"] >= trades["r"] - 0.5).all()
    placed = orders.filter(orders["status"] == "filled")
    assert placed["filled"].to_list() == placed["lots"].to_list()
    assert made["gates"].height > 1000


def test_such_a_run_can_be_stored_shown_and_asked(ran, tmp_path):
    plan, facts, logs = ran
    made = tables(logs, facts)
    provenance = Provenance("code", {one.name: one.digest for one in plan.strategies}, {}, "profile")
    run = document(facts, provenance, summarise(made, facts), plan.end, logs_digest(logs))
    runs = SqliteRuns(tmp_path)
    runs.save(run, made)
    assert runs.get(runs.find("latest")) == run
    for name, table in made.items():
        assert runs.table(run["id"], name).equals(table)
    assert len(summary_tables(run)) == 3
    assert trades_table(run, made["trades"]).row_count == min(20, made["trades"].height)
    assert plain(made["trades"])[0]["symbol"] == "US30"
