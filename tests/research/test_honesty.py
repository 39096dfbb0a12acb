"""A run before its judges: the table from the command line, and each judge by hand."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from research_market import COIN, asked, needs_data, ran, take_bars

from tradewind.adapters.sqlite import SqliteRuns
from tradewind.modes import open_history
from tradewind.research.again import request_of
from tradewind.research.entries import bars_of, entries_of
from tradewind.research.honesty import Check, verdict
from tradewind.research.jitter import jitter_of, moved
from tradewind.research.kit import prepare
from tradewind.research.variants import Outcome
from tradewind.results.random_entry import _last_rows, _since_roll, left
from tradewind.strategy import load

WORDS = ("backtest", COIN, "--on", "US30", "--set", "seed=3")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A data folder with one run of the coin."""
    made = tmp_path_factory.mktemp("honesty")
    take_bars(made)
    asked(made, *WORDS)
    return made


@needs_data
def test_a_worthless_run_is_found_out(folder):
    """The coin that happened to win is told to be luck; the answer is noted beside the run, each time the same."""
    first, second = (asked(folder, "honesty", "latest", "--variants", 20, "--draws", 200) for _ in range(2))
    runs = SqliteRuns(folder)
    found = {one["name"]: one for one in first["checks"]}
    printed = ran(folder, "honesty", "latest", "--past").stdout

    assert found["profit"]["passes"] is True
    assert found["many tries"]["passes"] is False
    assert found["entry by lot"]["value"] > 0.01
    assert found["costs x2"]["value"] < found["costs x1.5"]["value"] < found["profit"]["value"]
    assert "luck" in first["verdict"]
    assert first["notes"] == []
    assert first["checks"] == second["checks"]
    assert [one["created"] for one in runs.appended(runs.find("latest"), "honesty")] == [
        first["created"],
        second["created"],
    ]
    assert printed.count("Could run") == 2


@needs_data
def test_trades_played_again_are_those_of_the_engine(folder):
    """The coin leaves by stop, target and time only, so its trades played on the bars have the engine's R, nearly."""
    runs = SqliteRuns(folder)
    run = runs.find("latest")
    request = request_of(runs.get(run), folder)
    prepared = prepare(request, open_history(request.settings))
    bars = bars_of(prepared.blocks, 0, float(prepared.kit.facts.instruments[0].tick_size))
    tables = {name: runs.table(run, name) for name in ("trades", "orders", "fills")}
    entries = entries_of(tables, "US30", bars)
    mine = left(bars, entries, entries.row, _last_rows(bars, entries, _since_roll(bars.opened)), entries.price)
    theirs = tables["trades"].sort("opened")["r"].to_numpy()

    assert len(mine) == len(theirs) > 150
    # Risk counts expected slippage, and a stop filled at a gap has its own; so R differs by some hundredths.
    assert np.corrcoef(mine, theirs)[0, 1] > 0.999
    assert mine.mean() == pytest.approx(theirs.mean(), abs=0.01)


@needs_data
def test_a_run_whose_strategy_changed_is_not_judged(folder, tmp_path):
    """The file is compared with the run's; a moved one can be named; a run of another kind is refused."""
    changed = tmp_path / "coin.py"
    changed.write_text(COIN.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    moved_file = tmp_path / "other" / "coin.py"
    moved_file.parent.mkdir()
    shutil.copy(COIN, moved_file)
    document = dict(SqliteRuns(folder).get(SqliteRuns(folder).find("latest")))

    refused = ran(folder, "honesty", "latest", "--file", changed)

    assert refused.returncode == 2
    assert "Run the backtest again" in refused.stderr
    assert request_of(document, folder, moved_file).choices[0].path == moved_file
    for wrong in ({"kind": "walk-forward"}, {"request": None}, {"strategies": ["a", "b"]}):
        with pytest.raises(Exception, match=r"can be run again|one strategy"):
            request_of({**document, **wrong}, folder)


@needs_data
def test_the_ledger_speaks_in_every_run(folder, tmp_path):
    """Unsaved runs count, a second one is a repeat, and a lost, damaged or shortened ledger never loses the run."""
    data = tmp_path
    (data / "history").symlink_to(folder / "history")
    first = asked(data, *WORDS, "--no-save")["honesty"]
    printed = ran(data, *WORDS)
    listed = asked(data, "ledger", "coin")

    assert (first["trial"], first["trials"], first["repeats"], first["family"]) == (1, 1, 0, "coin")
    assert first["trades"] == first["trades_apart"] == 163
    assert "trial 1 of coin, run 2 times; deflated Sharpe" in printed.stdout
    assert [(one["source"], one["repeats"]) for one in listed] == [("backtest", 1)]

    (data / "trials.sqlite").unlink()
    lost = ran(data, *WORDS)
    (data / "trials.sqlite").write_bytes(b"no database" * 500)
    for name in ("trials.sqlite-wal", "trials.sqlite-shm"):
        (data / name).unlink(missing_ok=True)
    damaged = ran(data, *WORDS, "--json")

    assert "lacks row 1" in lost.stderr
    assert "count begins again" in lost.stderr
    assert "trial 1 of coin; " in lost.stdout
    assert damaged.returncode == 0
    assert "trials.sqlite" in damaged.stderr
    assert "error" in json.loads(damaged.stdout)["honesty"]
    assert len(list(SqliteRuns(data).list())) == 3
    assert ran(data, "ledger").returncode == 2


STRATEGY = """
from typing import NamedTuple

class Params(NamedTuple):
    length: int = 20
    share: float = 0.5
    nothing: float = 0.0
    long: bool = True

def on_m5(state, bar, memory, params):
    pass
"""


def strategy_of(folder, text):
    path = Path(folder) / "numbers.py"
    path.write_text(text, encoding="utf-8")
    return load(path)


def test_numbers_are_moved_within_their_share(tmp_path):
    """Whole numbers stay whole, 0 and truths stay, all within 20 %; a declared SPACE says what is moved."""
    plain = strategy_of(tmp_path, STRATEGY)
    values = plain.params()._asdict()
    found = moved(plain, values, share=0.2, count=200, seed=1)
    declared = moved(
        strategy_of(tmp_path, STRATEGY + '\nSPACE = {"share": "0:1"}\n'), values, share=0.2, count=3, seed=1
    )

    assert {tuple(one) for one in found} == {("length", "share")}
    lengths, shares = [int(one["length"]) for one in found], [float(one["share"]) for one in found]
    assert {min(lengths), max(lengths)} <= set(range(16, 25))
    assert max(lengths) - min(lengths) >= 7
    assert 0.4 <= min(shares) < 0.41
    assert 0.59 < max(shares) <= 0.6
    assert found == moved(plain, values, share=0.2, count=200, seed=1)
    assert {tuple(one) for one in declared} == {("share",)}


def outcome(sharpe, net):
    """Return an outcome with a Sharpe ratio and a profit."""
    nothing = np.zeros(0)
    return Outcome(0, {}, {"sharpe_year": sharpe, "net": net}, nothing.astype(np.int64), nothing, nothing, "")


def test_how_the_moved_variants_did():
    """Of ratios 0, 1, 2, 3 beside 2.5 the middle is 1.5, a quarter did better, three in four made money."""
    found = jitter_of(outcome(2.5, 1), [outcome(0, -1), outcome(1, 1), outcome(2, 1), outcome(3, 1)], ["length"])

    assert (found.median, found.better, found.profitable) == (1.5, 0.25, 0.75)
    assert jitter_of(outcome(None, 0), [], []).median is None


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"profit": False, "many tries": True}, "lost money"),
        ({"profit": True, "many tries": True, "entry by lot": None}, "survived all 2 checks"),
        ({"profit": True, "many tries": False}, "failed 1 of 2 checks: many tries. As it stands, luck explains it"),
        ({"profit": True, "costs x2": False}, "Do not believe it before"),
    ],
)
def test_the_verdict(answers, said):
    """What was lost cannot be luck; one decisive check is enough; what could not be asked does not count."""
    assert said in verdict([Check(name, "", None, passes) for name, passes in answers.items()])
