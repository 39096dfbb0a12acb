"""Everything a run can carry, from the command line to the page: bands, stress and the ledger's word."""

import json

import pytest
from test_report import Seen
from typer.testing import CliRunner

from tradewind.adapters.parquet import History
from tradewind.adapters.sqlite import SqliteRuns
from tradewind.cli import app
from tradewind.data import synthetic
from tradewind.markets.loading import load_profile

DAY = 86_400 * 1_000_000_000
FOLLOW = '''"""Follow the last hour with a stop and a target, so that some bars cannot decide."""

from tradewind import buy, held


def on_h1(state, bar, memory, params):
    if held(state, bar.instrument) == 0 and bar.close > bar.open:
        near = bar.close // 2000
        buy(state, bar.instrument, 0.1, stop_loss=bar.close - near, take_profit=bar.close + near)
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three weeks of made-up US30, and a strategy."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "follow.py").write_text(FOLLOW, encoding="utf-8")
    bars = synthetic.synthetic_bars(
        load_profile("metatrader").instrument("US30"), synthetic.FIRST, synthetic.FIRST + 21 * DAY
    )
    History(folder / "data" / "history").write(("US30", "bars", 60, "synthetic", "bid"), bars, {"source": "made up"})
    return folder


def said(folder, *words):
    """Return what a command printed; what went wrong is raised."""
    done = CliRunner().invoke(app, [*words, "--data", str(folder / "data")], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_a_run_with_everything_becomes_a_page(folder):
    """The page shows the band, the stress and what the ledger says, with the figures of the document."""
    words = ("backtest", str(folder / "follow.py"), "--on", "US30", "--plain", "--bands", "--stress", "--json")
    document = json.loads(said(folder, *words))
    said(folder, "report", "latest", "--out", str(folder / "whole.html"))
    text = Seen((folder / "whole.html").read_text(encoding="utf-8")).text

    assert document["bands"]["pessimistic"]["net"] <= document["bands"]["optimistic"]["net"]
    assert document["stress"]["2"] < document["stress"]["0"]
    for book in ("pessimistic", "optimistic"):
        assert f"{abs(document['bands'][book]['net']):,.2f}" in text
    assert f"{abs(document['stress']['2']):,.2f}" in text
    assert document["honesty"]["sentence"].split(";")[0].capitalize() in text
    assert "SYNTHETIC" in text


def test_what_was_asked_of_a_run_stands_on_its_page(folder):
    """Answers of `honesty` are noted beside the run; a page drawn afterwards has the newest."""
    said(folder, "backtest", str(folder / "follow.py"), "--on", "US30", "--plain")
    runs = SqliteRuns(folder / "data")
    checks = [{"name": "costs x2", "said": "-12.00 net", "value": -12.0, "passes": False}]
    runs.append(runs.find("latest"), "honesty", {"checks": checks})
    said(folder, "report", "latest", "--out", str(folder / "judged.html"))
    text = Seen((folder / "judged.html").read_text(encoding="utf-8")).text

    assert "costs x2" in text
    assert "-12.00 net" in text
    assert "failed" in text
