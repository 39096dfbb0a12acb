"""Heavy work: what may be asked for, what becomes of it, and what survives."""

import threading
import time

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from tradewind.adapters.job_store import JobStore
from tradewind.cli import app
from tradewind.errors import TradewindError, UnknownName
from tradewind.jobs.commands import KINDS, Backtest, strategy_file
from tradewind.jobs.worker import Quota, Worker, work

GOOD = {"strategies": ["ema_cross"], "on": ["XAUUSD"]}
LIMIT_S = 120.0


def added(store, command, name="a", most=20):
    """Return a job with a command of its own."""
    return store.add((name, "backtest", {}, command, "ann"), time.time_ns(), most)


def worked(store, folder, until, quota=None):
    """A worker has worked until `until` says so."""
    stop = threading.Event()
    worker = threading.Thread(target=work, args=(Worker(store, folder, stop, quota=quota or Quota()),))
    worker.start()
    limit = time.monotonic() + LIMIT_S
    while not until() and time.monotonic() < limit:
        time.sleep(0.05)
    stop.set()
    worker.join(30)
    assert not worker.is_alive()


def test_a_job_runs_our_own_verb_and_keeps_what_it_printed(tmp_path):
    store = JobStore(tmp_path)
    added(store, ["runs", "--json"])
    worked(store, tmp_path, lambda: store.get("a").state == "done")

    found = store.get("a")
    assert (found.state, found.result) == ("done", [])
    assert found.began_ns <= found.ended_ns


def test_a_job_that_fails_says_why_in_one_sentence(tmp_path):
    store = JobStore(tmp_path)
    added(store, Backtest(**GOOD).command(tmp_path))
    worked(store, tmp_path, lambda: store.get("a").state == "failed")

    assert "XAUUSD" in store.get("a").error
    assert "Traceback" not in store.get("a").error


def test_a_job_that_waits_is_cancelled_at_once_and_one_that_runs_soon(tmp_path):
    store = JobStore(tmp_path)
    added(store, ["demo"], "waits")
    assert store.cancel("waits", 1).state == "cancelled"
    added(store, ["simulate", "oanda", "--on", "XAUUSD", "--port", "0"], "runs")

    def until():
        if store.get("runs").state == "running":
            store.cancel("runs", 1)
        return store.get("runs").state not in ("queued", "running")

    worked(store, tmp_path, until)
    assert store.get("runs").state in ("cancelled", "failed")


def test_a_worker_that_is_told_to_stop_gives_its_job_back(tmp_path):
    store = JobStore(tmp_path)
    added(store, ["watchdog", "--account", "nobody"])
    worked(store, tmp_path, lambda: store.get("a").state != "queued")

    assert store.get("a").state in ("queued", "failed")


def test_a_job_may_not_take_for_ever(tmp_path):
    store = JobStore(tmp_path)
    added(store, ["runs", "--json"])
    worked(store, tmp_path, lambda: store.get("a").state == "failed", Quota(seconds=0.0))

    assert "longer than a job may" in store.get("a").error


def test_an_owner_has_only_so_many_that_have_not_ended(tmp_path):
    store = JobStore(tmp_path)
    for number in range(3):
        added(store, ["runs"], f"j{number}", most=3)

    with pytest.raises(TradewindError, match="ann has 3 jobs"):
        added(store, ["runs"], "j3", most=3)
    store.cancel("j0", 1)
    assert added(store, ["runs"], "j3", most=3).state == "queued"


def test_two_workers_never_take_the_same_job(tmp_path):
    store = JobStore(tmp_path)
    for number in range(40):
        added(store, ["runs"], f"j{number:02}", most=100)
    taken, lock = [], threading.Lock()

    def take(name):
        while (job := JobStore(tmp_path).take(name, 1)) is not None:
            with lock:
                taken.append(job.id)

    takers = [threading.Thread(target=take, args=(str(number),)) for number in range(4)]
    for taker in takers:
        taker.start()
    for taker in takers:
        taker.join()
    assert sorted(taken) == [f"j{number:02}" for number in range(40)]


@pytest.mark.parametrize(
    "wrong",
    [{"strategies": ["../evil"]}, {"strategies": ["--help"]}, {"on": ["XAUUSD;rm"]}, {"on": []}, {"set": ["a=b c"]},
     {"set": ["--data=/"]}, {"start": "yesterday"}, {"bar": "5M"}, {"balance": "nan"}, {"nothing": 1},
     {"feed": "../../etc"}, {"mode": "lucky"}, {"risk": "/etc/passwd"}],
)  # fmt: skip
def test_what_could_be_anything_else_is_refused(wrong):
    with pytest.raises(ValidationError):
        Backtest(**GOOD | wrong)


def test_only_named_strategies_run(tmp_path):
    (tmp_path / "mine.py").write_text('"""Mine."""\n')

    assert strategy_file("mine", tmp_path) == str(tmp_path / "mine.py")
    assert strategy_file("ema_cross", tmp_path).endswith("strategies/ema_cross.py")
    with pytest.raises(UnknownName, match="opening_range"):
        strategy_file("opening_rang", tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_becomes_a_command_line_of_ours(kind, tmp_path):
    more = {"strategies": ["ema_cross"]} if kind == "backtest" else {"strategy": "ema_cross", "vary": ["fast=5:20:5"]}
    command = KINDS[kind](on=["XAUUSD"], **more).command(tmp_path)
    result = CliRunner().invoke(
        app, [*command[: command.index("--")], "--data", str(tmp_path), *command[command.index("--") :]]
    )

    # Every word is understood: it fails because nothing is stored, and of nothing else.
    assert isinstance(result.exception, TradewindError), result.output
    assert "XAUUSD" in str(result.exception)
