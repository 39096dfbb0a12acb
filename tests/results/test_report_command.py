"""`tradewind report` and `tradewind compare` as a user meets them, on stored runs with and without their prices."""

import json
import subprocess
import sys

import polars as pl
import pytest
from report_cases import minutes, small_run
from results_cases import START
from test_report import Seen, data_of

from tradewind.adapters.parquet import History
from tradewind.adapters.sqlite import SqliteRuns
from tradewind.reports import prices_of
from tradewind.results.report.candles import coarser

US30_BARS = ("US30", "bars", 60, "hand", "bid")
PERIOD = (START, START + 86_400_000_000_000)


def tradewind(folder, *words):
    """Return what the command said and its exit code, run in `folder`."""
    code = "from tradewind.cli import main; main()"
    command = [sys.executable, "-c", code, *words, "--data", str(folder)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def desk(tmp_path):
    """Return a data folder with two runs on US30 and gold, and prices of US30 alone."""
    history, bars = History(tmp_path / "history"), minutes(1440)
    frame = pl.DataFrame(
        {"ts": bars.ts, "open": bars.open, "high": bars.high, "low": bars.low, "close": bars.close}
    ).with_columns(pl.col("ts").cast(pl.Datetime("ns", "UTC")), volume=pl.lit(0.0))
    history.write(US30_BARS, frame, {"file": "by hand"})
    runs = SqliteRuns(tmp_path)
    for number, fast in enumerate((10, 20)):
        document, tables = small_run()
        document["id"] = f"20240305-00000000{number}-abc{number}000000"
        document["parameters"]["pullback"]["fast"] = fast
        document["hashes"]["data"] = {
            "US30 bars 60 hand bid": history.digest(US30_BARS, *PERIOD),
            "XAUUSD bars 60 hand bid": "gone",
        }
        runs.save(document, tables)
    return tmp_path


def test_a_report_stands_in_the_data_folder_and_says_what_is_gone(desk):
    """The page is written whole, with candles of the prices there are and a sentence about those that are not."""
    done = tradewind(desk, "report", "latest")
    path = desk / "reports" / "20240305-000000001-abc1000000.html"
    page = path.read_text(encoding="utf-8")

    assert done.returncode == 0, done.stderr
    assert str(path) in done.stdout
    assert list(data_of(page)["charts"]) == ["US30"]
    assert data_of(page)["charts"]["US30"]["sessions"]["names"] == ["Asia", "London", "New York afternoon",
                                                                     "New York morning", "Trading date"]  # fmt: skip
    assert "No candles of XAUUSD: There are no bars of XAUUSD" in Seen(page).text
    assert "have changed" not in Seen(page).text
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_the_same_run_gives_the_same_file(desk):
    """Two reports of one run are the same bytes, and --out and --json say where they are."""
    first = json.loads(tradewind(desk, "report", "abc0", "--out", str(desk / "one.html"), "--json").stdout)
    tradewind(desk, "report", "abc0", "--out", str(desk / "two.html"))

    assert first["bytes"] == (desk / "one.html").stat().st_size
    assert (desk / "one.html").read_bytes() == (desk / "two.html").read_bytes()


def test_changed_prices_are_said(desk):
    """Where the stored prices are not those the run read, the page says that candles may not fit."""
    history = History(desk / "history")
    frame = pl.concat(list(history.bars(US30_BARS, *PERIOD)))
    history.write(US30_BARS, frame.with_columns(pl.col("high") + 1), {"file": "mended"})
    tradewind(desk, "report", "latest", "--out", str(desk / "one.html"))

    assert "prices of US30 bars 60 hand bid have changed since this run" in Seen((desk / "one.html").read_text()).text


def test_runs_stand_side_by_side(desk):
    """The terminal has a column a run and what differs; the page has a curve a run."""
    done = tradewind(desk, "compare", "abc0", "abc1")
    told = json.loads(tradewind(desk, "compare", "abc0", "abc1", "--json").stdout)
    first, second = "20240305-000000000-abc0000000", "20240305-000000001-abc1000000"

    assert done.returncode == 0, done.stderr
    assert "parameters.pullback.fast" in done.stdout
    assert "counts as a trial" in done.stdout
    assert told["differences"] == {"parameters.pullback.fast": {first: "10", second: "20"}}
    assert (desk / "reports" / "compare-abc000-abc100.html").read_text(encoding="utf-8").count('class="other"') == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("report", "20240305-000000001-abc1000001"), "Did you mean '20240305-000000001-abc1000000'?"),
        (("report", "latest", "--out", "taken/report.html"), "Give another file with --out."),
        (("compare", "latest"), "Only one run was named"),
        (("compare", "latest", "nothing"), "There is no run 'nothing'"),
    ],
)
def test_a_mistake_is_one_line(desk, words, said):
    """A mistake ends with exit code 2 and one line that says what to do; nothing half-written is left."""
    (desk / "taken").write_text("a file, not a folder")
    done = tradewind(desk, *words)

    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not list(desk.rglob("*.unfinished"))
    assert not list(desk.glob("reports/*"))


def test_ticks_become_minutes(desk):
    """A run on ticks has candles too: minutes of their bids."""
    ticks = ("EURUSD", "ticks", 0, "hand", "both")
    bids = [1.1, 1.3, 1.2, 1.25]
    moments = [START, START + 10_000_000_000, START + 59_000_000_000, START + 60_000_000_000]
    frame = pl.DataFrame({"ts": moments, "bid": bids, "ask": [each + 0.1 for each in bids]}).with_columns(
        pl.col("ts").cast(pl.Datetime("ns", "UTC")),
        bid_size=pl.lit(None, pl.Float64),
        ask_size=pl.lit(None, pl.Float64),
    )
    history = History(desk / "history")
    history.write(ticks, frame, {"file": "by hand"})
    document, _ = small_run()
    document["instruments"] = ["EURUSD"]
    document["hashes"]["data"] = {"EURUSD ticks 0 hand both": history.digest(ticks, *PERIOD)}
    found, remarks = prices_of(document, history)
    bars = found["EURUSD"].bars

    assert remarks == []
    assert bars.seconds == 60
    assert list(zip(bars.open, bars.high, bars.low, bars.close, strict=True)) == [(1.1, 1.3, 1.1, 1.2), (1.25,) * 4]


def test_where_two_sizes_of_bars_meet_the_coarser_is_shown(desk):
    """Minutes that cover a part of a run on five minutes become five minutes too."""
    history, bars = History(desk / "history"), minutes(1440)
    late = bars.where(bars.ts >= bars.ts[720])
    for seconds, part in ((300, coarser(bars, 300)), (60, late)):
        frame = pl.DataFrame(dict(zip(("ts", "open", "high", "low", "close"), part[1:], strict=True)))
        series = ("NAS100", "bars", seconds, "hand", "bid")
        history.write(series, frame.with_columns(pl.col("ts").cast(pl.Datetime("ns", "UTC")), volume=pl.lit(0.0)), {})
    document, _ = small_run()
    document["instruments"] = ["NAS100"]
    document["hashes"]["data"] = {f"NAS100 bars {seconds} hand bid": "" for seconds in (60, 300)}
    found = prices_of(document, history)[0]["NAS100"].bars

    assert found.seconds == 300
    assert found.ts.tolist() == coarser(bars, 300).ts.tolist()
    assert found.high.tolist() == coarser(bars, 300).high.tolist()
