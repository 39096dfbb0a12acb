"""A walk-forward study from the command line on real bars: whole, resumed after a kill, and with every window fresh."""

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from research_market import CODE, COIN, asked, needs_data, ran, take_bars

from tradewind.adapters.ledger import Trials
from tradewind.adapters.sqlite import SqliteRuns
from tradewind.modes import open_history
from tradewind.requests import backtest_request
from tradewind.research.kit import prepare
from tradewind.research.tried import recorder
from tradewind.research.variants import run_prepared
from tradewind.settings import Settings

pytestmark = needs_data

VARY = ("--threads", "1", "--vary")
WORDS = ("walkforward", str(COIN), "--on", "US30", "--train", "3m", "--test", "1m")


@pytest.fixture(scope="module")
def bars(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bars")
    take_bars(folder)
    return folder


@pytest.fixture
def folder(bars, tmp_path):
    """A data folder with the bars and nothing tried yet."""
    (tmp_path / "history").symlink_to(bars / "history")
    return tmp_path


def walkforward(folder, *words):
    """Return the document of a walk over the coin, with its windows."""
    return asked(folder, *WORDS, *words)


def test_a_study_is_saved_counted_and_adds_up(folder):
    """Windows, days and trades agree with each other and with plain backtests of what was chosen."""
    run = walkforward(folder, "--vary", "seed=1:12:1", "--vary", "stop=2,3")
    store, runs = Trials(folder), SqliteRuns(folder)
    days, trades = runs.table(run["id"], "oos"), runs.table(run["id"], "trades")
    found, windows = run["walk_forward"], run["windows"]
    sets = [f"--set={name}={value}" for name, value in json.loads(windows[0]["params"]).items()]
    alone = asked(folder, "backtest", COIN, "--on", "US30", *sets)
    equity = runs.table(alone["id"], "equity").drop_nulls("date")
    returns = dict(
        zip(equity["date"], equity["equity"] / equity["equity"].shift(1, fill_value=100_000) - 1, strict=True)
    )
    first = days.filter(pl.col("window") == 1)

    assert run["kind"] == "walk-forward"
    assert found["variants"] == 24
    assert [(one.name, one.trials) for one in store.families()] == [("coin", 24), ("coin, walked forward", 1)]
    assert alone["honesty"]["trials"] == 24, "a backtest of a variant that was walked over is a repeat"
    assert alone["honesty"]["repeats"] == 1
    assert days.height == found["days"]
    assert (np.diff(days["window"]) >= 0).all()
    assert trades.height == found["trades"] == sum(one["trades_out"] for one in windows)
    assert [returns[day] for day in first["date"]] == pytest.approx(first["return"].to_list(), abs=1e-7)
    for one in windows:
        mine = days.filter(pl.col("window") == one["window"])["return"]
        assert one["return_year_out"] == pytest.approx(mine.mean() * 252)
        assert one["train_to"] < one["test_from"] <= one["test_to"]
    assert days["equity"][-1] == pytest.approx(100_000 * (1 + found["return_share"]))
    assert found["purge"] == 0, "the coin holds nothing over night"
    assert found["cross_validation"]["paths"] == 7


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_killed_study_goes_on_where_it_was(folder, tmp_path):
    """Killed once the ledger has trials, it repeats none of them and ends with the table of an unkilled one."""
    words = ("--vary", "seed=1:192:1", "--threads", "1")
    process = subprocess.Popen([sys.executable, "-c", CODE, *WORDS, *words, "--data", str(folder)], cwd=folder)
    for _ in range(3000):
        if Trials(folder).families() or process.poll() is not None:
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    finished = Trials(folder).families()[0].trials
    second = walkforward(folder, *words)
    clean = tmp_path / "clean"
    clean.mkdir()
    (clean / "history").symlink_to(folder / "history")
    whole = walkforward(clean, *words)

    assert 0 < finished < 192
    assert second["walk_forward"]["variants_known"] == finished
    assert [(one.trials, one.repeats) for one in Trials(folder).families()] == [(192, 0), (1, 0)]
    assert second["windows"] == whole["windows"]


def test_an_interrupted_study_says_that_it_can_go_on(folder):
    """Ctrl-C ends with one line and keeps what was finished."""
    process = subprocess.Popen(
        [sys.executable, "-c", CODE, *map(str, WORDS), *VARY, "seed=1:600:1", "--data", str(folder)],
        cwd=folder, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    for _ in range(3000):
        if Trials(folder).families() or process.poll() is not None:
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()

    assert process.returncode == 130
    assert said.strip() == (
        "tradewind: Interrupted; finished variants are in the ledger. Run the command again to go on."
    )
    assert 0 < Trials(folder).families()[0].trials < 600
    Trials(folder).verify()


def test_a_sweep_and_a_backtest_know_a_variant_by_one_hash(folder):
    """What a recorder of outcomes adds, a backtest of the same parameters repeats; an error is no trial."""
    request = backtest_request(
        [str(COIN)], ["US30"], ("2025-09-01", "2025-10-31"), [], given={}, settings=Settings(data=folder)
    )
    prepared = prepare(request, open_history(request.settings))
    warnings: list[str] = []
    outcomes = run_prepared(prepared, [{"seed": "1"}, {"seed": "2"}])
    record = recorder(Trials(folder), prepared, warn=warnings.append)
    record([*outcomes, replace(outcomes[0], digest="other", error="ZeroDivisionError: by zero")])
    alone = asked(
        folder, "backtest", COIN, "--on", "US30", "--set", "seed=2", "--from", "2025-09-01", "--to", "2025-10-31"
    )
    (stored,) = [one for one in Trials(folder).of_family("coin") if one.params["seed"] == "2"]
    (folder / "trials.sqlite").write_bytes(b"damaged" * 100)
    for _ in range(2):
        record(outcomes)

    assert (alone["honesty"]["trials"], alone["honesty"]["trial"], alone["honesty"]["repeats"]) == (2, 2, 1)
    assert alone["honesty"]["sharpe_day"] == pytest.approx(stored.sharpe_day, rel=1e-12)
    assert stored.source == "sweep"
    assert len(warnings) == 1
    assert "trials.sqlite" in warnings[0]


def test_fresh_windows_agree_where_nothing_is_carried_over(folder):
    """The coin's day depends on 14 bars before it, so a window run by itself chooses the same and makes the same."""
    words = ("--vary", "seed=1:6:1", "--set", "stop=2", "--from", "2025-07-01", "--to", "2025-12-31")
    cut, fresh = walkforward(folder, *words), walkforward(folder, *words, "--fresh", "--warm-up", "5d")

    assert [one["params"] for one in fresh["windows"]] == [one["params"] for one in cut["windows"]]
    for one, other in zip(fresh["windows"], cut["windows"], strict=True):
        assert one["trades_out"] == other["trades_out"]
        # Sizes follow the equity of the run, in whole steps of a lot; the share risked is the same.
        assert one["return_year_out"] == pytest.approx(other["return_year_out"], rel=0.05, abs=0.01)


def test_a_sweep_stands_in_the_ledger_and_survives_its_loss(folder):
    """Every trial of a sweep counts once, also when a walk goes over the same ones; a damaged ledger is a warning."""
    words = ("sweep", COIN, "--on", "US30", "--from", "2025-09-01", "--to", "2025-10-31")
    swept = ran(folder, *words, "--vary", "seed=1:8:1")
    store = Trials(folder)
    counted = [(one.name, one.trials, one.repeats) for one in store.families()]
    sources = {one.source for one in store.of_family("coin")}
    walked = asked(
        folder, *WORDS, "--vary", "seed=1:8:1", "--from", "2025-09-01", "--to", "2025-10-31", "--train", "20d",
        "--test", "10d",
    )  # fmt: skip
    (folder / "trials.sqlite").write_bytes(b"damaged" * 100)
    again = ran(folder, *words, "--vary", "seed=11:14:1")

    assert swept.returncode == 0, swept.stderr
    assert counted == [("coin", 8, 0)]
    assert sources == {"sweep"}
    assert walked["walk_forward"]["variants_known"] == 8
    assert again.returncode == 0
    assert "tradewind: warning: The trial ledger" in again.stderr
