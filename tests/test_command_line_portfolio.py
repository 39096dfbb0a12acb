"""The verbs of the portfolio as a user meets them: from runs to weights, and to a run with these weights."""

import json
import tomllib

import pytest
from typer.testing import CliRunner

from tradewind.adapters.parquet import History
from tradewind.adapters.sqlite import SqliteRuns
from tradewind.cli import app
from tradewind.data import synthetic
from tradewind.errors import TradewindError
from tradewind.markets.loading import load_profile

DAY = 86_400 * 1_000_000_000
BY_RISK = '''"""Follow the last bar with a stop 1 % away, sized by risk."""

from tradewind import buy, close, held, sell


def on_h1(state, bar, memory, params):
    wanted = 1 if bar.close > bar.open else -1
    present = held(state, bar.instrument)
    if present * wanted < 0:
        close(state, bar.instrument)
    elif present == 0 and wanted > 0:
        buy(state, bar.instrument, stop_loss=bar.close - bar.close // 100)
    elif present == 0:
        sell(state, bar.instrument, stop_loss=bar.close + bar.close // 100)
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Six weeks of made-up US30 and gold, a strategy, and a run of it."""
    folder = tmp_path_factory.mktemp("portfolio")
    (folder / "by_risk.py").write_text(BY_RISK, encoding="utf-8")
    history = History(folder / "data" / "history")
    for symbol in ("US30", "XAUUSD"):
        instrument = load_profile("metatrader").instrument(symbol)
        bars = synthetic.synthetic_bars(instrument, synthetic.FIRST, synthetic.FIRST + 42 * DAY)
        history.write((symbol, "bars", 60, "synthetic", "bid"), bars, {"source": "made up"})
    backtest(folder)
    return folder


def said(folder, *words):
    """Return what a command printed; what went wrong is raised."""
    done = CliRunner().invoke(app, [*words, "--data", str(folder / "data")], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def backtest(folder, *words):
    """Return the document of a run of the strategy."""
    return json.loads(
        said(folder, "backtest", str(folder / "by_risk.py"), "--on", "US30,XAUUSD", "--plain", "--json", *words)
    )


@pytest.mark.parametrize("method", ["equal", "inverse", "volatility"])
def test_from_a_run_to_weights_and_back(folder, tmp_path, method):
    """The weights written can be run with; that run's results, per weight, give the same weights again, nearly."""
    out = tmp_path / "weights.toml"
    options = ("--method", method, "--target", "0.05")
    budget = json.loads(said(folder, "portfolio", "latest", *options, "--out", str(out), "--json"))
    weights = tomllib.loads(out.read_text(encoding="utf-8"))["portfolio"]["weights"]["by_risk"]
    # A large account: sizes are cut down to whole steps, which would blur the comparison.
    run = backtest(folder, "--settings", str(out), "--no-save", "--balance", "10000000")

    assert [weights[symbol] for _, symbol in budget["pairs"]] == pytest.approx(budget["weights"], abs=1e-4)
    assert run["settings"]["portfolio"]["weights"] == {"by_risk": weights}
    account = run["summary"]["account"]
    half_per_cent = (account["initial"] + account["final"]) / 2 * 0.005  # of the equity half-way: the size follows it
    for line, weight in zip(run["summary"]["lines"], budget["weights"], strict=True):
        assert line["average_risk"] == pytest.approx(half_per_cent * weight, rel=0.1)


def test_both_verbs_say_that_prices_were_made_up(folder):
    """No table of made-up prices is without that."""
    assert "SYNTHETIC" in said(folder, "attribution")
    printed = said(folder, "portfolio", "latest")

    assert "SYNTHETIC" in printed
    assert "[portfolio.weights.by_risk]" in printed


def test_attribution_as_json_is_in_the_document_too(folder):
    """What is printed is what is stored."""
    runs = SqliteRuns(folder / "data")
    document = runs.get(runs.find("latest"))

    assert json.loads(said(folder, "attribution", "latest", "--json")) == document["summary"]["attribution"]


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (("latest", "--method", "equall"), "Did you mean 'equal'"),
        (("nothing",), "nothing"),
        (("latest", "--out", "{there}"), "is there already"),
    ],
)
def test_mistakes(folder, tmp_path, words, wrong):
    """Each is a sentence, and a file that was there is as it was."""
    there = tmp_path / "mine.toml"
    there.write_text("[account]\n", encoding="utf-8")
    with pytest.raises(TradewindError, match=wrong):
        said(folder, "portfolio", *(word.format(there=there) for word in words))

    assert there.read_text(encoding="utf-8") == "[account]\n"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("[portfolio.weights.by_risk]\nUS30 = 1.0\n", "no weight to by_risk in XAUUSD; it names by_risk US30"),
        ("[portfolio.weights.by_rsik]\nUS30 = 1.0\nXAUUSD = 1.0\n", "no weight to by_risk in US30"),
        ("[portfolio.weights.by_risk]\nUS30 = -1.0\n", "greater than or equal to 0"),
        ("[sizing]\nmethod = 'fixed_lots'\ndrawdown_scaling = 0.08\n", "Fixed lots have no risk fraction"),
        ("[sizing]\ndrawdown_scaling = 0\n", "sizing.drawdown_scaling = 0: input should be greater than 0"),
        ("[account]\nmode = 'nettling'\n", "account.mode = 'nettling'"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(folder, tmp_path, text, wrong):
    """A line without a weight, a negative one, fixed lots to be scaled, a limit of nothing, an unknown account."""
    file = tmp_path / "settings.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(TradewindError, match=wrong):
        backtest(folder, "--settings", str(file), "--no-save")
