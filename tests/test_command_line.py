"""The command line as a user meets it: mistakes are one line and exit code 2, and the whole way works."""

import json
import subprocess
import sys

import pytest

MISTAKES = [
    (("backtest", "opening_range", "--on", "XAUSD"), "Did you mean 'XAUUSD'?"),
    (("backtest", "opening_rang", "--on", "XAUUSD"), "Did you mean 'opening_range'?"),
    (("backtest", "opening_range", "--on", "XAUUSD"), "There is no history of XAUUSD"),
    (("backtest", "opening_range", "--on", ","), "No instrument was given"),
    (("backtest", "opening_range", "--on", "XAUUSD", "--set", "window"), "is not name=value"),
    (("backtest", "opening_range", "--on", "XAUUSD", "--from", "soon"), "is not a day or a moment"),
    (("backtest", "opening_range", "--on", "XAUUSD", "--from", "2026-02-01", "--to", "2026-01-01"), "is empty"),
    (("backtest", "opening_range", "--on", "XAUUSD", "--mode", "hopeful"), "fills.mode = 'hopeful'"),
    (("backtest", "opening_range", "--on", "XAUUSD", "--profile", "metatradr"), "Did you mean 'metatrader'?"),
    (("why", "latest", "--at", "2026-01-15T14:35"), "no run"),
    (("data", "import", "missing.csv"), "missing.csv"),
    (("data", "import", "missing.csv", "--scale", "x"), "The factor 'x' is not a number"),
    (("data", "import", "missing.csv", "--stamp", "clse"), "Did you mean 'close'?"),
    (("data", "mapping", "missing.csv"), "missing.csv"),
]


def tradewind(folder, *words):
    """Return what the command said and its exit code, run in `folder`."""
    code = "from tradewind.cli import main; main()"
    return subprocess.run([sys.executable, "-c", code, *words], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("words", "said"), MISTAKES)
def test_a_mistake_is_one_line(tmp_path, words, said):
    """A mistake ends with exit code 2 and one line that names it; nothing is left behind."""
    done = tradewind(tmp_path, *words)

    assert done.returncode == 2
    assert said.lower() in done.stderr.lower()
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def on_m5(state, bar memory, params):\n    pass\n", "broken.py:1: invalid syntax"),
        ("x = 1\n", "has no handler"),
        ("def on_tick(state, bar, memory, params):\n    pass\n", "on_tick is no handler"),
        ("from tradewind.indicators import EMAX\n", "broken.py:1: ImportError"),
    ],
)
def test_a_strategy_that_does_not_load(tmp_path, text, said):
    """What is wrong with a strategy file is said in one line, with the file."""
    (tmp_path / "broken.py").write_text(text, encoding="utf-8")
    write = "from tradewind.data.synthetic import write_synthetic; from tradewind.adapters.parquet import History; "
    subprocess.run(
        [sys.executable, "-c", write + "write_synthetic(History('tradewind-data/history'))"], cwd=tmp_path, check=True
    )
    done = tradewind(tmp_path, "backtest", "broken.py", "--on", "XAUUSD")

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.glob("tradewind-data/runs*"))


def test_a_synthetic_market_is_made_compared_and_called_by_its_name(tmp_path):
    """`data synth` stores both sides of M1, prints the figures beside real ones, and every table says what it is."""
    words = ("data", "synth", "--on", "US30,EURUSD", "--from", "2025-11-03", "--to", "2025-11-07", "--seed", "7")
    printed = tradewind(tmp_path, *words, "--compare")
    again = json.loads(tradewind(tmp_path, *words, "--compare", "--json").stdout)
    listed = json.loads(tradewind(tmp_path, "data", "list", "--json").stdout)

    assert "SYNTHETIC DATA, seed 7" in printed.stdout
    assert "kurtosis M5" in printed.stdout
    assert {one["new"] + one["changed"] for one in again["written"]} == {0}
    assert {(row["symbol"], row["figure"]) for row in again["figures"]} >= {
        ("EURUSD", "spread roll"),
        ("US30", "sd M1 Asia bp"),
    }
    assert {(one["feed"], one["side"]) for one in listed} == {("synthetic", "bid"), ("synthetic", "ask")}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--on", "US3"), "Did you mean 'US30'?"),
        (("--bar", "M5"), "not made of size 'M5'"),
        (("--seed", "-1"), "-1 is no seed"),
        (("--from", "2025-12-01", "--to", "2025-11-01"), "is empty"),
        (("--from", "2005-01-01"), "It covers 2006 to 2027"),
    ],
)
def test_a_synthetic_market_that_cannot_be(tmp_path, words, said):
    """A mistake is one line and exit code 2, and nothing is stored."""
    done = tradewind(tmp_path, "data", "synth", *words)

    assert done.returncode == 2
    assert said in done.stderr
    assert not list(tmp_path.rglob("*.parquet"))


def test_from_an_empty_folder_to_an_answer(tmp_path):
    """A new desk, prices, a backtest, the list of runs and the question why: the way of a new user."""
    assert tradewind(tmp_path, "new", "desk").returncode == 0
    desk = tmp_path / "desk"
    write = "from tradewind.data.synthetic import write_synthetic; from tradewind.adapters.parquet import History; "
    subprocess.run(
        [sys.executable, "-c", write + "write_synthetic(History('tradewind-data/history'))"], cwd=desk, check=True
    )
    done = tradewind(desk, "backtest", "strategies/first.py", "--on", "XAUUSD", "--from", "2025-11-03", "--json")
    run = json.loads(done.stdout)
    listed = json.loads(tradewind(desk, "runs", "--json").stdout)
    answer = json.loads(tradewind(desk, "why", "latest", "--at", "2025-11-20T15:00", "--json").stdout)

    assert run["synthetic"] is True
    assert answer["synthetic"] is True
    assert "SYNTHETIC" in tradewind(desk, "runs").stdout
    assert run["summary"]["total"]["trades"] > 0
    assert [one["id"] for one in listed] == [run["id"]]
    assert {gate["gate"] for gate in answer["gates"]} == {"trend", "warm"}


BIDS_ALONE = """
from tradewind.adapters.parquet import History
history = History("tradewind-data/history")
for frame in history.bars(("XAUUSD", "bars", 60, "synthetic", "bid"), 0, 2**62):
    history.write(("XAUUSD", "bars", 60, "plain", "bid"), frame.drop("spread"), {"file": "bids alone"})
"""


def test_spread_curves_are_learned_shown_lent_and_named_by_a_run(tmp_path):
    """Learn a curve each month of a feed with asks, look at it, and price the bids of a feed without any with it."""
    tradewind(tmp_path, "data", "synth", "--on", "XAUUSD", "--from", "2025-11-03", "--to", "2025-11-28")
    subprocess.run([sys.executable, "-c", BIDS_ALONE], cwd=tmp_path, check=True)
    (tmp_path / "lent.toml").write_text('[costs]\nspread_curve = "synthetic"\n', encoding="utf-8")
    spreads = ("data", "spreads")
    learned = json.loads(tradewind(tmp_path, *spreads, "learn", "XAUUSD", "--each", "month", "--json").stdout)
    show = (*spreads, "show", "XAUUSD", "--feed", "synthetic", "--at", "2025-11-20")
    shown, table = json.loads(tradewind(tmp_path, *show, "--json").stdout), tradewind(tmp_path, *show)
    words = ("backtest", "always_flat", "--on", "XAUUSD", "--feed", "plain", "--settings", "lent.toml", "--json")
    run = json.loads(tradewind(tmp_path, *words, "--from", "2025-11-10", "--to", "2025-11-14").stdout)
    used = run["hashes"]["spreads"]["XAUUSD bars 60 plain bid"]

    assert [curve["digest"] for curve in learned["curves"]] == [used]
    assert shown["curve"]["digest"] == used
    assert 0.1 < next(row["charged"] for row in shown["windows"] if row["window"] == "London") < 0.4
    assert "London" in table.stdout
    assert table.returncode == 0


def test_a_table_of_an_unknown_kind_is_imported_by_the_mapping_that_was_proposed(tmp_path):
    """What `data mapping` prints goes to `data import`, with the clock and the side that no table shows."""
    (tmp_path / "silver.csv").write_text("When;O;H;L;Close\n01.02.2024 10:00;0,1;0,3;0,1;0,2\n")
    done = tradewind(tmp_path, "data", "mapping", "silver.csv")
    draft = done.stdout.replace("# high = ", 'high = "H"').replace("# low = ", 'low = "L"')
    draft = draft.replace("# open = ", 'open = "O"').replace("# time = ", 'time = "When"')
    (tmp_path / "silver.toml").write_text(draft.replace('# format = "%d/%m/%Y', 'format = "%d.%m.%Y'))
    words = "data import silver.csv --as XAGUSD --mapping silver.toml --scale 100 --side bid --clock NY+7 --json"
    (summary,) = json.loads(tradewind(tmp_path, *words.split(), "--stamp", "close", "--bar", "M1").stdout)

    assert done.returncode == 0
    assert (summary["rows"], summary["first"]) == (1, 1_706_774_340_000_000_000)
    assert summary["notes"] == ["prices multiplied by 100", "bars stamped at their close; moved to their open"]
