"""Runs in Python: the same run as the command line's, as frames."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from tradewind import notebook
from tradewind.data.synthetic import write_synthetic
from tradewind.desk import make_desk
from tradewind.errors import BadData, TradewindError, UnknownName
from tradewind.markets.clock import day_close, day_open
from tradewind.modes import open_history
from tradewind.results import measures
from tradewind.settings import Settings

PERIOD = (datetime(2025, 10, 1, tzinfo=UTC).date(), datetime(2025, 11, 14, tzinfo=UTC).date())


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A new desk with six weeks of synthetic gold, in which its first strategy has run once."""
    folder = tmp_path_factory.mktemp("notebook") / "desk"
    list(make_desk(folder))
    span = (day_open(PERIOD[0]), day_close(PERIOD[1]))
    write_synthetic(open_history(Settings(data=folder / "data")), ("XAUUSD",), span=span)
    ran = backtested(folder, params={"fast": 5, "slow": 15})
    return folder, ran


def backtested(folder, **others):
    return notebook.backtest(
        folder / "strategies" / "first.py", on="XAUUSD", start="2025-10-08", data=folder / "data", plain=True, **others
    )


@pytest.fixture
def ran(desk):
    return desk[1]


def test_a_saved_run_is_the_one_that_ran(desk):
    """What comes back from the store has the same document and tables; the list names it."""
    folder, ran = desk
    stored = notebook.run(data=folder / "data")
    listed = notebook.runs(data=folder / "data")

    assert stored.id == ran.id
    assert stored.document == ran.document
    assert stored.trades.equals(ran.trades)
    assert stored.measures() == ran.measures()
    assert listed["id"].to_list() == [ran.id]
    assert listed["net"][0] == pytest.approx(ran.trades["net"].sum())
    assert listed["synthetic"][0]


def test_nothing_is_kept_unless_it_is_saved(desk):
    """With save=False there is a run, and no more in the store than before."""
    folder, ran = desk
    other = backtested(folder, save=False, params={"fast": 6}, cost_scale=2)

    assert other.document["parameters"]["first"]["fast"] == 6
    assert other.document["settings"]["costs"]["spread"] == 2
    assert notebook.runs(data=folder / "data").height == 1
    assert notebook.run(ran.id, data=folder / "data").document["parameters"]["first"]["fast"] == 5


def test_the_ledger_counts_what_is_not_saved(desk):
    """Whoever tries variants in a notebook is told of how many this is one; the same again is no new one."""
    folder, _ = desk
    first = backtested(folder, params={"fast": 6, "slow": 15}, save=False).document["honesty"]
    again = backtested(folder, params={"fast": 6, "slow": 15}, save=False).document["honesty"]

    assert first["trials"] >= 2
    assert (again["trials"], again["repeats"]) == (first["trials"], 1)


def test_where_nothing_was_saved_the_list_is_empty(tmp_path):
    """An empty folder gives an empty frame with its columns, and no run is "latest"."""
    assert notebook.runs(data=tmp_path).height == 0
    assert "net" in notebook.runs(data=tmp_path).columns
    with pytest.raises(TradewindError, match="no run"):
        notebook.run(data=tmp_path)


def test_every_table_is_an_attribute(ran):
    """Tables are frames by name, shown to completion; another name says which there are."""
    assert all(isinstance(getattr(ran, name), pl.DataFrame) for name in notebook.TABLES)
    assert set(notebook.TABLES) <= set(dir(ran))
    with pytest.raises(AttributeError, match="its tables are trades"):
        _ = ran.candles


def test_a_run_says_what_it_was(ran):
    """One line with the strategy, period, trades and the mean with its error; made-up prices are called so."""
    assert repr(ran).startswith(f"Run {ran.id}: first on XAUUSD, 2025-10-07 to 2025-11-14: {ran.trades.height} trades")
    assert "±" in repr(ran)
    assert repr(ran).endswith("SYNTHETIC DATA")


def test_frames_for_pandas_hold_the_same(ran):
    """Columns, values and moments are those of polars; what is missing stays missing."""
    pytest.importorskip("pandas")
    frame = ran.pandas("trades")

    assert list(frame.columns) == ran.trades.columns
    assert frame["net"].tolist() == ran.trades["net"].to_list()
    assert str(frame["opened"].dtype) == "datetime64[ns, UTC]"
    assert frame["opened"][0].value == ran.trades["opened"].to_physical()[0]
    assert frame["symbol"].tolist() == ran.trades["symbol"].to_list()
    assert ran.pandas("orders")["price"].isna().sum() == ran.orders["price"].null_count()
    assert ran.pandas("equity")["date"].isna().sum() == ran.equity["date"].null_count()
    with pytest.raises(UnknownName, match="trades"):
        ran.pandas("trade")


def test_daily_returns_are_of_every_trading_date(ran):
    """Each date has its equity and return, and they make the return of the run."""
    returns = ran.daily["return"].to_numpy()

    assert ran.daily.height == ran.summary["account"]["days"]
    assert np.prod(1 + returns) - 1 == pytest.approx(ran.summary["account"]["return_share"])
    assert ran.measures()["sharpe_year"] == ran.summary["account"]["sharpe_year"]
    assert measures.daily_returns(ran.equity, ran.document).tolist() == returns.tolist()


def test_breakdowns_by_name(ran):
    """A dimension is a frame whose rows hold every trade; widths of days come from prices read again."""
    assert ran.breakdown("hour")["n"].sum() == ran.trades.height
    assert set(ran.breakdown("adr")["value"].to_list()) <= {"narrow", "middle", "wide", None}
    with pytest.raises(UnknownName, match="Did you mean 'hour'"):
        ran.breakdown("hours")


def test_prices_begin_before_the_run(ran):
    """The bars of a run reach back for averages, as far as the history does, and end with it."""
    prices = ran.prices("XAUUSD")

    assert prices["ts"][0] < ran.equity["ts"][0]
    assert prices["ts"].is_sorted()
    assert ran.edge("XAUUSD", (1, 12))["trades"].to_list()[0] > 0
    with pytest.raises(UnknownName):
        ran.prices("US30")


def test_prices_that_are_gone_are_named(desk, tmp_path):
    """A run whose history lies elsewhere says what it misses."""
    _, ran = desk
    moved = notebook.Run(ran.document, ran.tables, Settings(data=tmp_path))
    with pytest.raises(TradewindError):
        moved.prices("XAUUSD")


def test_why_there_was_no_trade(ran):
    """Text and a datetime ask the same; without a zone they are UTC."""
    text = ran.why("2025-10-20T15:00")

    assert text == ran.why(datetime(2025, 10, 20, 15)) == ran.why(datetime(2025, 10, 20, 15, tzinfo=UTC))  # noqa: DTZ001  a user may
    assert {one.gate for one in text.gates} == {"trend", "warm"}
    assert text.sentence


def test_runs_side_by_side_share_their_dates(desk):
    """A shorter run leaves the dates that both have; runs without one in common are refused."""
    folder, ran = desk
    shorter = backtested(folder, save=False, end="2025-10-31")
    later = notebook.Run(ran.document, {**ran.tables, "equity": ran.equity.clear()}, Settings())
    dates, returns = notebook.together([ran, shorter])

    assert dates == [day for day in ran.daily["date"] if day <= datetime(2025, 10, 31, tzinfo=UTC).date()]
    assert returns.shape == (len(dates), 2)
    assert returns[:, 0].tolist() == ran.daily["return"].to_list()[: len(dates)]
    with pytest.raises(BadData, match="no trading date in common"):
        notebook.together([ran, later])


def test_what_else_might_have_come_out(ran):
    """The same seed gives the same draws."""
    assert ran.simulate(seed=3, repeats=50) == ran.simulate(seed=3, repeats=50)


def test_a_mistaken_option_is_named(desk):
    """An option that a backtest does not have is refused with the nearest one."""
    with pytest.raises(UnknownName, match="Did you mean 'lots'"):
        backtested(desk[0], lot=1)


def test_ticks_become_bars_of_a_minute():
    """Four ticks in two minutes are two bars of bids."""
    ticks = pl.DataFrame({
        "ts": pl.Series([one * 10**9 for one in (0, 20, 59, 61)]).cast(pl.Datetime("ns", "UTC")),
        "bid": [1.0, 3.0, 2.0, 5.0], "ask": [2.0, 4.0, 3.0, 6.0],
    })  # fmt: skip
    bars = notebook._minutes(ticks)

    assert bars.select("open", "high", "low", "close").rows() == [(1, 3, 1, 2), (5, 5, 5, 5)]
