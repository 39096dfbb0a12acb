"""A sweep is stored as it goes: killed at any moment it loses no finished trial and repeats none."""

import json
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from postgres import programs, server
from sweep_cases import PERIOD, busy, data, history, request

from tradewind.adapters.sweeps import SqliteSweeps
from tradewind.errors import TradewindError
from tradewind.kernel.compiled import JIT
from tradewind.research.cluster import Cluster
from tradewind.research.kit import prepare
from tradewind.research.space import space_of
from tradewind.research.sweep import Asked, begin, carry_on
from tradewind.research.workers import Processes, Threads

pytestmark = pytest.mark.skipif(not JIT, reason="uncompiled, a month of minutes takes too long")

VARY = ["length=4:40:4", "stop=1.0:3.0:1.0", "target=2.0,4.0", "fade"]
SEEN = "number, params, figures, steps, digest, error, dates, hex(returns)"


@pytest.fixture(scope="module")
def prepared():
    """The busy strategy on a week of the synthetic market."""
    return prepare(request(busy(), on=("US30",), period=("2025-10-06", "2025-10-10")), history())


def swept(folder, prepared, workers, asked, vary=VARY, where=("stop < target",), *, stop_at=None):
    """Return the store and the id of a sweep that has run in a folder, or until that many trials were done."""

    def watch(progress):
        if stop_at is not None and progress.done >= stop_at:
            raise KeyboardInterrupt

    store = SqliteSweeps(folder)
    space = space_of(prepared.strategy, {}, vary, where)
    sweep = begin(prepared, space, asked, store)
    carry_on(sweep, prepared, space, asked, store, workers=workers, on_progress=watch)
    return store, sweep


def table(folder):
    """Return everything stored of all trials but when they ended."""
    database = sqlite3.connect(folder / "sweeps.sqlite")
    try:
        return database.execute(f"SELECT {SEEN} FROM trials ORDER BY sweep, number").fetchall()  # noqa: S608  our own columns
    finally:
        database.close()


def test_workers_make_one_table(tmp_path, prepared):
    """One thread, two, and two processes store the same bytes."""
    asked = Asked("lhs", 40, seed=3)
    for name, count in (("one", 1), ("two", 2)):
        swept(tmp_path / name, prepared, Threads(prepared, count), asked)
    with Processes(prepared, 2, tmp_path) as workers:
        swept(tmp_path / "apart", prepared, workers, asked)

    assert len(table(tmp_path / "one")) == 40
    assert table(tmp_path / "one") == table(tmp_path / "two") == table(tmp_path / "apart")
    assert list(tmp_path.glob("tape-*")) == []


def test_a_cluster_makes_the_same_table(tmp_path, prepared):
    """Two workers on a local Ray cluster store what one thread stores."""
    pytest.importorskip("ray")
    asked = Asked("lhs", 24, seed=4)
    swept(tmp_path / "thread", prepared, Threads(prepared, 1), asked)
    with Cluster(prepared, "local", 2) as workers:
        swept(tmp_path / "ray", prepared, workers, asked)

    assert len(table(tmp_path / "ray")) == 24
    assert table(tmp_path / "ray") == table(tmp_path / "thread")


@pytest.mark.parametrize("method", ["tpe", "cmaes", "nsga2", "pruned"])
def test_learning_methods_follow_the_seed(tmp_path, prepared, method):
    """With any number of threads, and stopped half-way and gone on, the same seed tries the same points."""
    pytest.importorskip("optuna")
    if method == "cmaes":
        pytest.importorskip("cmaes")
    objectives = ("sharpe_day", "max_drawdown") if method == "nsga2" else ("net",)
    name = "tpe" if method == "pruned" else method
    asked = Asked(name, 48, objectives, 5, prune=method == "pruned")
    vary = ["length=4:40", "stop=0.5:3.0", "target=2.0:6.0"]
    for folder, count in (("one", 1), ("two", 2)):
        swept(tmp_path / folder, prepared, Threads(prepared, count), asked, vary)
    halves = tmp_path / "halves"
    with pytest.raises(KeyboardInterrupt):
        swept(halves, prepared, Threads(prepared, 2), asked, vary, stop_at=20)
    before = len(table(halves))
    swept(halves, prepared, Threads(prepared, 2), asked, vary)
    rows = table(tmp_path / "one")

    assert len(rows) == 48
    assert len({row[1] for row in rows}) == 48
    assert table(tmp_path / "two") == rows
    assert table(halves) == rows
    assert 20 <= before < 48
    assert (method == "pruned") == any("pruned after" in row[5] for row in rows)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    """Return the address of a database: a file, or a server of the test's own."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'study.db'}"
        return
    if programs() is None:
        pytest.skip("there is no PostgreSQL")
    with TemporaryDirectory(prefix="tw") as folder, server(Path(folder) / "postgres") as url:
        yield url  # a short path: a socket's may have 107 characters


def test_a_study_in_a_database_goes_on(tmp_path, prepared, database):
    """Stopped half-way, what the study had asked for is run and told, and the rest follows; nothing runs twice."""
    optuna, url = pytest.importorskip("optuna"), database
    asked = Asked("tpe", 40, ("net",), random.randrange(10**6), study=url)
    vary = ["length=4:40", "stop=0.5:3.0"]
    with pytest.raises(KeyboardInterrupt):
        swept(tmp_path, prepared, Stopping(Threads(prepared, 1), 20), asked, vary)
    before = finished(tmp_path)
    store, sweep = swept(tmp_path, prepared, Threads(prepared, 2), asked, vary)
    storage = optuna.storages.RDBStorage(url)
    study = optuna.load_study(study_name=f"tradewind {sweep}", storage=storage)
    told = {trial.user_attrs["number"]: trial for trial in study.trials if "number" in trial.user_attrs}
    storage.remove_session()
    storage.engine.dispose()

    assert 16 <= len(before) < 40
    assert before.items() <= finished(tmp_path).items()
    assert sorted(told) == sorted(store.done(sweep)) == list(range(40))
    assert all(told[one.number].value == one.figures["net"] for one in store.trials(sweep))


class Stopping:
    """Workers that a person interrupts."""

    words = "threads"

    def __init__(self, workers, after):
        """After that many outcomes."""
        self._workers, self._left = workers, after

    def outcomes(self, variants):
        """Yield outcomes until there are enough."""
        for outcome in self._workers.outcomes(variants):
            self._left -= 1
            yield outcome
            if self._left == 0:
                raise KeyboardInterrupt


def test_the_same_words_find_the_same_sweep(tmp_path, prepared):
    """Asked for again, a sweep that is done runs nothing; another seed is another sweep."""
    store, sweep = swept(tmp_path, prepared, Threads(prepared, 2), Asked("random", 10, seed=1))
    first = [trial.finished for trial in store.trials(sweep)]
    _, again = swept(tmp_path, prepared, Stopping(Threads(prepared, 2), 1), Asked("random", 10, seed=1))
    _, other = swept(tmp_path, prepared, Threads(prepared, 2), Asked("random", 10, seed=2))

    assert again == sweep != other
    assert [trial.finished for trial in store.trials(sweep)] == first
    assert [one["done"] for one in store.list()] == [10, 10]


def test_a_stored_trial_is_what_it_was(tmp_path, prepared):
    """Returns come back with their dates, to the precision of 32 bits; adding a trial again changes nothing."""
    kept = []
    store = SqliteSweeps(tmp_path)
    space, asked = space_of(prepared.strategy, {}, VARY, []), Asked("random", 5, seed=1)
    sweep = begin(prepared, space, asked, store)
    carry_on(sweep, prepared, space, asked, store, workers=Threads(prepared, 1), record=kept.extend)
    dates, returns = store.returns(sweep, 3)
    mine = next(one for one in kept if one.number == 3)

    assert len(kept) == 5
    assert dates.tolist() == mine.dates.tolist()
    assert np.allclose(returns, mine.returns, atol=1e-9, rtol=1e-6)
    assert store.add(sweep, kept) == 0


@pytest.mark.parametrize("words", ["nothing", "20"])
def test_a_sweep_that_is_not_there(tmp_path, words):
    """An id that fits nothing is refused by name."""
    with pytest.raises(TradewindError, match="no sweep"):
        SqliteSweeps(tmp_path).find(words)


def command(folder, *more):
    """Return the command of a sweep that takes some seconds."""
    words = (busy(), "--on", "US30", "--from", PERIOD[0], "--to", PERIOD[1], "--method", "random", "--trials", "400")
    vary = ("--vary", "length=4:100", "--vary", "stop=0.5:3.0", "--vary", "target=2.0:6.0", "--workers", "2")
    whole = (sys.executable, "-m", "tradewind.cli", "sweep", *words, *vary, "--data", folder, "--json", *more)
    return [str(word) for word in whole]


def link(folder):
    """The folder has the synthetic history."""
    folder.mkdir()
    (folder / "history").symlink_to(data() / "history")


def finished(folder):
    """Return the finished trials and when they ended."""
    try:
        database = sqlite3.connect(f"file:{folder / 'sweeps.sqlite'}?mode=ro", uri=True)
        return dict(database.execute("SELECT number, finished FROM trials").fetchall())
    except sqlite3.Error:
        return {}


def test_killed_at_random_moments_it_goes_on(tmp_path):
    """SIGKILL again and again: no finished trial is repeated or lost, and the table is that of a sweep left alone."""
    chance = random.Random(11)
    for name in ("killed", "alone"):
        link(tmp_path / name)
    folder = tmp_path / "killed"
    kills, seen = 0, {}
    while True:
        process = subprocess.Popen(command(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        target = len(seen) + chance.randint(0, 90)
        while process.poll() is None and len(finished(folder)) <= target:
            time.sleep(0.01)
        time.sleep(chance.random() * 0.2)
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            kills += 1
        ended = process.wait()
        now = finished(folder)

        assert seen.items() <= now.items()
        seen = now
        if ended == 0:
            break
        assert ended == -signal.SIGKILL
    done = subprocess.run(command(tmp_path / "alone"), check=True, capture_output=True, text=True)

    assert kills >= 2
    assert sorted(seen) == list(range(400))
    assert table(folder) == table(tmp_path / "alone")
    assert json.loads(done.stdout)["done"] == 400


def test_interrupted_it_says_how_to_go_on(tmp_path):
    """Ctrl-C keeps what is done and ends in one line with the command that goes on, which then does."""
    folder = tmp_path / "stopped"
    link(folder)
    process = subprocess.Popen(command(folder), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while process.poll() is None and not finished(folder):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    said = process.communicate()[1]
    before = finished(folder)
    sweep = said.split()[-1]
    words = (sys.executable, "-m", "tradewind.cli", "sweep", "--resume", sweep, "--data", str(folder), "--json")
    done = subprocess.run(words, check=True, capture_output=True, text=True)

    assert process.returncode == 130
    assert f"Interrupted; {len(before)} finished trials are kept." in said
    assert 0 < len(before) < 400
    assert json.loads(done.stdout)["done"] == 400
    assert before.items() <= finished(folder).items()
