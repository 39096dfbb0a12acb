"""Who made what: three days made by hand, and runs of the real engine whose parts add up to the account to the cent."""

from datetime import date

import numpy as np
import polars as pl
import pytest
from results_cases import DAY, LOSER, MONDAY, START, WINNER, facts, logs, rows

from tradewind.adapters.parquet import History
from tradewind.data import synthetic
from tradewind.markets.loading import load_profile
from tradewind.modes import Choice, Request, backtest
from tradewind.results.attribution import attribute, correlation, variance_shares
from tradewind.results.daily import daily_profit
from tradewind.results.printing_portfolio import attribution_tables
from tradewind.results.tables import tables
from tradewind.runs import finish
from tradewind.settings import Settings

CROSSING = '''"""Long above the average of averages and short below it, or the other way round, with a stop."""

from typing import NamedTuple

from tradewind import buy, close, held, memory, sell
from tradewind.indicators import EMA, ema


class Params(NamedTuple):
    """Which side, and how slow."""

    side: int = 1
    slow: int = 20


MEMORY = memory(fast=EMA, slow=EMA)


def on_bar(state, bar, memory, params):
    fast = ema(memory.fast, bar.close, 5)
    slow = ema(memory.slow, bar.close, params.slow)
    wanted = params.side if fast > slow else -params.side
    present = held(state, bar.instrument)
    if present * wanted < 0:
        close(state, bar.instrument)
    elif present == 0 and wanted > 0:
        buy(state, bar.instrument, 1.0, stop_loss=bar.close - 20000)
    elif present == 0:
        sell(state, bar.instrument, 1.0, stop_loss=bar.close + 20000)
'''


def cents(amount):
    """Return an amount as whole minor units; it must be whole."""
    units = round(amount * 100, 6)
    assert units == round(units)
    return round(units)


def day_rows(*days):
    """Return samples and lines of consecutive dates from Monday on.

    Each is (equity, {(strategy, instrument): (earned, unrealised)}), in cents above the start.
    """
    samples = [
        {"ts": START + number * DAY, "date": MONDAY + number, "equity": 10_000_000 + equity,
         "balance": 10_000_000, "low_equity": 10_000_000}
        for number, (equity, _) in enumerate(days)
    ]  # fmt: skip
    lines = [
        {"ts": START + number * DAY, "date": MONDAY + number, "strategy": who, "instrument": what, "earned": earned,
         "unrealised": unrealised}
        for number, (_, standing) in enumerate(days)
        for (who, what), (earned, unrealised) in standing.items()
    ]  # fmt: skip
    return {"samples": rows("samples", *samples), "lines": rows("lines", *lines)}


BY_HAND = day_rows(
    (500, {(0, 0): (300, 200)}),
    (-100, {(0, 0): (300, -250), (1, 1): (-150, 0)}),
    # The pullback closed at exactly nothing: it has no row and stands at zero.
    (-150, {(1, 1): (-150, 0)}),
    (400, {(0, 0): (550, 0), (1, 1): (-150, 0)}),
)
"""In cents: pullback in US30 +500, -450, -50, +550; breakout in gold 0, -150, 0, 0."""


def test_daily_profits_are_changes_of_what_was_made():
    """A line without a row at a roll stands at nothing there."""
    daily = daily_profit(tables(logs(**BY_HAND), facts()), facts())

    assert daily.pairs == [
        ("pullback", "US30"), ("pullback", "XAUUSD"), ("breakout", "US30"), ("breakout", "XAUUSD"),
    ]  # fmt: skip
    assert daily.profit[:, 0].tolist() == [500, -450, -50, 550]
    assert daily.profit[:, 3].tolist() == [0, -150, 0, 0]
    assert not daily.netting.any()
    assert daily.dates == [date(2024, 3, day) for day in (4, 5, 6, 7)]


def test_the_parts_of_the_deepest_drawdown():
    """From 100,005.00 on Monday to 99,998.50 on Wednesday: 5.00 lost by the pullback, 1.50 by the breakout."""
    found = attribute(tables(logs(**BY_HAND), facts()), facts())
    fall = found["drawdown"]

    assert (fall["peak"], fall["trough"], fall["cash"]) == ("2024-03-04", "2024-03-06", -6.5)
    assert fall["share"] == pytest.approx(-6.5 / 100_005)
    assert [line["drawdown"] for line in found["lines"]] == [-5.0, 0.0, 0.0, -1.5]


def test_profit_risk_and_movement_by_line():
    """The profits add up to 4.00; of the variance the pullback brings nearly all, the breakout what moves with it."""
    found = attribute(tables(logs(**BY_HAND, trades=rows("trades", WINNER, LOSER)), facts()), facts())
    lines = found["lines"]
    moves = np.array([[500, 0], [-450, -150], [-50, 0], [550, 0]])
    total = moves.sum(axis=1)

    assert [line["profit"] for line in lines] == [5.5, 0.0, 0.0, -1.5]
    assert (found["profit"], found["netting"]) == (4.0, 0.0)
    assert [line["net"] for line in lines] == [196.5, 0.0, 0.0, -101.75]
    assert [line["open"] for line in lines] == [-191.0, 0.0, 0.0, 100.25]
    assert [line["risk_share"] for line in lines] == [0.5, 0.0, 0.0, 0.5]
    assert lines[0]["deviation"] == pytest.approx(np.std(moves[:, 0], ddof=1) / 100)
    assert lines[0]["variance_share"] == pytest.approx(np.cov(moves[:, 0], total)[0, 1] / total.var(ddof=1))
    assert found["correlation"][0][3] == pytest.approx(np.corrcoef(moves.T)[0, 1])
    assert found["correlation"][0][1] is None


def test_what_netting_left_over_is_told():
    """An equity that the lines do not explain is a part of its own."""
    found = attribute(tables(logs(**day_rows((70, {(0, 0): (100, 0)}))), facts()), facts())

    assert (found["lines"][0]["profit"], found["netting"], found["profit"]) == (1.0, -0.3, 0.7)


def test_nothing_happened_and_nothing_is_said():
    """A run without a date has parts of nothing."""
    found = attribute(tables(logs(), facts()), facts())

    assert (found["profit"], found["days"], found["drawdown"]["trough"]) == (0.0, 0, None)
    assert [line["variance_share"] for line in found["lines"]] == [None] * 4
    assert correlation(np.zeros((0, 2), np.int64)) == [[None, None], [None, None]]


@pytest.mark.parametrize("seed", range(5))
def test_shares_and_correlations_are_those_of_numpy(seed):
    """Random profits: numpy's covariances and correlations; the shares add up to 1."""
    profit = np.random.default_rng(seed).integers(-50_000, 50_000, (60, 4))
    total = profit.sum(axis=1)
    shares = [np.cov(column, total)[0, 1] / total.var(ddof=1) for column in profit.T]

    assert variance_shares(profit) == pytest.approx(shares)
    assert sum(variance_shares(profit)) == pytest.approx(1.0)
    assert np.array(correlation(profit)) == pytest.approx(np.corrcoef(profit.T))


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    """Three weeks of made-up US30, gold and euros, and a strategy file."""
    folder = tmp_path_factory.mktemp("attribution")
    (folder / "crossing.py").write_text(CROSSING, encoding="utf-8")
    history = History(folder / "history")
    for symbol in ("US30", "XAUUSD"):
        instrument = load_profile("metatrader").instrument(symbol)
        bars = synthetic.synthetic_bars(instrument, synthetic.FIRST, synthetic.FIRST + 21 * DAY)
        history.write((symbol, "bars", 60, "synthetic", "bid"), bars, {"source": "made up"})
    euro = [(pl.col(name) / bars["close"][0] * 1.0837).round(5) for name in ("open", "high", "low", "close")]
    bars = bars.with_columns(*euro, spread=pl.lit(0.00012))
    history.write(("EURUSD", "bars", 60, "synthetic", "bid"), bars, {"source": "gold, rescaled"})
    return folder, history


def ran(market, mode, currency="USD"):
    """Return document, tables and the final state of two opposite strategies in two instruments."""
    folder, history = market
    settings = Settings.model_validate({"account": {"mode": mode, "currency": currency, "balance": 1_000_000}})
    choices = [Choice(folder / "crossing.py", {"slow": "20"}), Choice(folder / "crossing.py", {"side": "-1"})]
    request = Request(choices, ["US30", "XAUUSD"], plain=True, bar="M15", settings=settings)
    plan = backtest(request, history)
    document, made = finish(plan, history)
    return document, made, plan.runner.state[0]


@pytest.mark.parametrize("currency", ["USD", "EUR"])
@pytest.mark.parametrize("mode", ["hedging", "netting"])
def test_the_parts_of_a_run_add_up_to_its_account(market, mode, currency):
    """To the cent, also with open positions and a foreign currency: profits, costs, every date, the drawdown."""
    document, made, state = ran(market, mode, currency)
    found, summary = document["summary"]["attribution"], document["summary"]
    account = state["account"]
    gained = int(account["balance"] + account["unrealised"] - account["initial"])
    parts = ("gross_mid", "spread", "slippage", "commission", "financing")

    assert summary["total"]["trades"] > 100
    assert sum(cents(line["profit"]) for line in found["lines"]) + cents(found["netting"]) == gained
    assert cents(found["profit"]) == gained
    for line, told in zip(found["lines"], summary["lines"], strict=True):
        assert cents(line["net"]) == sum(cents(line[part]) for part in parts) == cents(told["net"])
        assert cents(line["profit"]) == cents(line["net"]) + cents(line["open"])
        assert line["trades"] == told["trades"]
    fall = found["drawdown"]
    assert sum(cents(line["drawdown"]) for line in found["lines"]) + cents(fall["netting"]) == cents(fall["cash"])
    dated = made["equity"].filter(made["equity"]["date"].is_not_null())
    assert found["days"] == dated.height > 10


def test_only_netting_leaves_something_over(market):
    """Opposite books of a hedging account explain it whole; a netting broker saves the spread between them."""
    hedging, _, _ = ran(market, "hedging")
    netting, made, _ = ran(market, "netting")
    daily = made["lines"]

    assert hedging["summary"]["attribution"]["netting"] == 0
    assert netting["summary"]["attribution"]["netting"] >= 0
    assert daily.height > 30


def test_the_tables_name_every_line_and_the_account(market):
    """Each line, what netting left over, and the sum are rows."""
    document, _, _ = ran(market, "netting")
    parts, together = attribution_tables(document)
    first = [str(cell) for cell in parts.columns[0].cells]

    assert [name for name in first if name != "netting"] == [
        "crossing US30", "crossing XAUUSD", "crossing#2 US30", "crossing#2 XAUUSD", "account",
    ]  # fmt: skip
    assert len(together.columns) == 5
