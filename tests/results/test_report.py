"""The report as text: its figures are those of the tables, its bytes are the same every time, and names stay text."""

import base64
import json
import re
import zlib
from html.parser import HTMLParser

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_cases import empty_run, long_run, minutes, small_run
from results_cases import START, run_of

from tradewind.markets.clock import trading_day
from tradewind.results.report import Prices, draw_report
from tradewind.results.report.axes import thinned, ticks
from tradewind.results.report.candles import coarser, trading_dates
from tradewind.results.report.comparison import differences, draw_comparison, warnings
from tradewind.results.report.markup import Html, tag
from tradewind.results.report.misses import nearest_misses
from tradewind.results.report.packing import pack, within
from tradewind.results.report.verdict import verdict

HOSTILE = '"><script>window.caught = 1</script><img src=x onerror="window.caught = 1">'


class Seen(HTMLParser):
    """What a browser would make of a page: elements with their attributes, and the text outside scripts and styles."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text, self._raw = [], [], None
        self.feed(text)
        self.text = " ".join(" ".join(self.text).split())

    def handle_starttag(self, name, attributes):
        self.tags.append((name, dict(attributes)))
        self._raw = name if name in ("script", "style") else self._raw

    def handle_endtag(self, name):
        self._raw = None if name == self._raw else self._raw

    def handle_data(self, data):
        if self._raw is None:
            self.text.append(data)


def data_of(page):
    """Return the data that a page's scripts read."""
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])


def unpacked(column):
    """Return a packed column as the page's script reads it."""
    width = column["width"]
    planes = np.frombuffer(zlib.decompress(base64.b64decode(column["data"])), np.uint8).reshape(width, -1)
    small = np.ascontiguousarray(planes.T).view(f"<i{width}").ravel()
    missing = small == np.iinfo(small.dtype).min
    whole = np.where(missing, 0, small).astype(np.int64) * column["unit"]
    values = (column["start"] + (np.cumsum(whole) if column["delta"] else whole)) / column["scale"]
    return np.where(missing, np.nan, values)


def prices():
    """Return a day of minutes of both instruments with a shaded session."""
    return {name: Prices(minutes(1440, price=price), (("London", START, START + 3_600_000_000_000),)) for name, price in
            (("US30", 40_000.0), ("XAUUSD", 2_000.0))}  # fmt: skip


def test_the_figures_are_those_of_the_tables():
    """Net, every cost, the mean R with its error and the refusals stand in the page as the summary has them."""
    document, tables = small_run()
    text = Seen(draw_report(document, tables, prices())).text
    total = document["summary"]["total"]

    for name in ("net", "gross_mid", "spread", "slippage", "commission"):
        assert f"{total[name]:+,.2f}" in text
    assert f"{total['expectancy_r']:+.2f} ± {total['expectancy_error_r']:.2f} R" in text
    for name in (
        "Equity and drawdown", "Candles", "Trades", "Distribution of R", "MAE and MFE", "Where it comes from",
        "Nearest misses", "Risk log", "If costs were higher", "How much of it is luck", "Provenance",
    ):  # fmt: skip
        assert name in text
    for value in ("c0de", "d1", "f0", document["id"]):
        assert value in text


def test_the_table_of_trades_is_the_table():
    """Every column that the page's script reads gives back the numbers of the run's table to their last digit."""
    document, tables, _ = long_run(3000, 0.2)
    trades = tables["trades"]
    stored = data_of(draw_report(document, tables))["trades"]
    columns = {name: unpacked(column) for name, column in stored["columns"].items()}

    assert stored["count"] == trades.height
    assert not stored["left_out"]
    opened = trades["opened"].to_physical().to_numpy() // 10**9
    assert np.array_equal(columns["opened"], opened)
    assert np.array_equal(columns["opened"] + columns["closed"], trades["closed"].to_physical().to_numpy() // 10**9)
    for name in ("net", "risk", "spread", "slippage", "commission", "financing", "lots"):
        assert np.allclose(columns[name], trades[name].to_numpy(), rtol=0, atol=1e-9)
    assert np.allclose(columns["entry"], trades["entry_price"].to_numpy(), rtol=0, atol=1e-9)
    assert np.allclose(columns["entry"] + columns["move"], trades["exit_price"].to_numpy(), rtol=0, atol=1e-9)
    assert np.allclose(columns["net"] / columns["risk"], trades["r"].to_numpy())
    for name in ("symbol", "side", "reason"):
        assert [stored["words"][name][int(number)] for number in columns[name]] == trades[name].to_list()


@given(
    st.lists(st.one_of(st.integers(-(2**40), 2**40), st.none()), max_size=50),
    st.sampled_from([1, 100, 1000]),
)
def test_packed_columns_come_back(numbers, scale):
    """Whatever is packed comes back, what is not there as nothing, and units and starts change nothing."""
    values = np.array([np.nan if each is None else each / scale for each in numbers], np.float64)
    back = unpacked(json.loads(json.dumps(pack(values, scale).plain)))

    assert np.array_equal(np.isnan(back), np.isnan(values))
    assert np.allclose(back, values, rtol=1e-12, atol=1e-9, equal_nan=True)


def test_what_does_not_fit_is_named():
    """Columns are kept in their order as long as there is room, and the others are named in the page."""
    noise = np.random.default_rng(1).integers(0, 2**30, 2000)
    kept, left_out = within({"one": pack(noise), "two": pack(noise), "small": pack([1, 2])}, pack(noise).size + 100)

    assert list(kept) == ["one", "small"]
    assert left_out == ["two"]


def test_the_same_run_gives_the_same_bytes():
    """Nothing in a page depends on when or where it is drawn, only on the run."""
    first, second = (draw_report(*small_run(), prices()) for _ in range(2))

    assert first == second
    assert first.encode() == second.encode()


def test_names_stay_text():
    """A strategy, gate, reason, symbol, parameter, thesis or remark with markup in it is shown, and is no element."""
    document, tables = small_run()
    document = json.loads(json.dumps(document).replace("pullback", json.dumps(HOSTILE)[1:-1]))
    document["parameters"][HOSTILE] = {HOSTILE: HOSTILE}
    document["theses"] = {HOSTILE: HOSTILE}
    document["quality"] = {HOSTILE: {"blockers": 0, "warnings": 1, "notes": 0, "waived": {HOSTILE: HOSTILE}}}
    tables = dict(tables)
    for name in ("trades", "gates"):
        tables[name] = tables[name].with_columns(strategy=pl.lit(HOSTILE))
    tables["trades"] = tables["trades"].with_columns(reason=pl.lit(HOSTILE))
    tables["gates"] = tables["gates"].with_columns(gate=pl.lit(HOSTILE))
    page = draw_report(document, tables, prices(), remarks=[HOSTILE])
    seen = Seen(page)

    assert sum(name == "script" for name, _ in seen.tags) == 5
    assert not [attributes for name, attributes in seen.tags if name == "img" or "onerror" in attributes]
    assert seen.text.count("window.caught = 1") >= 10
    assert HOSTILE not in page


def test_the_page_asks_for_nothing():
    """No element loads anything, and the page's own policy forbids it."""
    seen = Seen(draw_report(*small_run(), prices()))
    policy = next(each["content"] for name, each in seen.tags if name == "meta" and "http-equiv" in each)

    assert policy.startswith("default-src 'none'")
    assert not [each for _, each in seen.tags if "src" in each or each.get("rel") == "stylesheet"]
    links = [each["href"] for name, each in seen.tags if name == "a"]
    assert {link for link in links if not link.startswith("#")} == {"https://www.tradingview.com/"}


def test_made_up_prices_are_announced_first():
    """The words are loud and before everything else."""
    text = Seen(draw_report(*small_run(synthetic=True))).text

    assert text.index("SYNTHETIC DATA") < text.index("Tradewind backtest report")


def test_a_run_without_trades_says_why():
    """The gates that refused most are named with their counts, and so is what to do."""
    document, tables = empty_run()
    text = Seen(draw_report(document, tables)).text

    assert "No trade was made" in text
    assert "Gate depth of pullback in US30 refused 2 of the 2 times it was asked, 1 times alone." in text
    assert f"tradewind why {document['id']} --on US30 --at MOMENT" in text


def test_a_run_without_anything_still_has_a_page():
    """Without gates, orders, samples and trades there is still something to say."""
    text = Seen(draw_report(*run_of())).text

    assert "asked no gate and gave no order" in text
    assert "no samples of its equity" in text


def summed(mean, error, rated=33, gross=1000.0, net=900.0):
    """Return a document with these figures."""
    document, tables = small_run()
    document["summary"]["total"].update(
        expectancy_r=mean, expectancy_error_r=error, rated=rated, gross_mid=gross, net=net, cost_share=1 - net / gross
    )
    return document, tables, {"expectancy_error_effective_r": error, "effective_trades": rated}


@pytest.mark.parametrize(
    ("given", "kind", "said"),
    [
        # 33 trades of mean 0.12 and error 0.21: deviation 1.206, (2 x 1.206 / 0.12)^2 = 404.3
        (summed(0.12, 0.21), "caution", "33 trades: the mean R of +0.12 ± 0.21 cannot be told from 0."),
        (summed(0.12, 0.21), "caution", "If it were the true mean, about 405 trades would be needed to tell."),
        (summed(0.5, 0.2), "good", "lies 2.5 standard errors above 0, if this was the only variant looked at"),
        (summed(-0.5, 0.2), "bad", "lies 2.5 standard errors below 0: it loses."),
        (summed(0.5, None, rated=1), "caution", "1 trade: the mean R of +0.50 has no standard error"),
    ],
)  # fmt: skip
def test_the_verdict_does_not_flatter(given, kind, said):
    """What cannot be told from zero is said to be that, with the trades it would take."""
    first = verdict(*given)[0]

    assert first.kind == kind
    assert said in first.text


def test_trades_that_overlap_widen_the_error():
    """Where trades lean on each other the error by separate trades decides."""
    document, tables, _ = summed(0.5, 0.2)
    first = verdict(document, tables, {"expectancy_error_effective_r": 0.4, "effective_trades": 8})[0]

    assert first.kind == "caution"
    assert "± 0.40 counting the 8 that do not overlap" in first.text


def test_losing_before_costs_is_said():
    """Where nothing was made at mid prices, no broker is to blame."""
    told = [each.text for each in verdict(*summed(0.1, 0.2, gross=-5.0, net=-10.0))]

    assert any("lost before any cost (-5.00 USD" in each for each in told)


def test_the_nearest_miss_is_the_least_missing():
    """Only moments with one gate alone in the way count, and the first is the one that missed by least."""
    _, tables = small_run()
    found = nearest_misses(tables["gates"])

    assert [(row["gate"], row["value"], row["needed"]) for row in found] == [("depth", 0.38, "at least 0.4")]
    # Values 0.1, 0.38, 0.9: their quartiles (nearest rank) are 0.1 or 0.38 and 0.9; 0.02 is missing.
    assert found[0]["missing"] == pytest.approx(0.02)


def test_thinned_curves_keep_their_extremes():
    """However few points are left, the first, last, lowest and highest are among them."""
    rng = np.random.default_rng(5)
    x, y = np.arange(50_000.0), np.cumsum(rng.normal(size=50_000))
    kept_x, kept_y = thinned(x, y, 100)

    assert len(kept_x) <= 400
    assert (kept_x[0], kept_x[-1]) == (x[0], x[-1])
    assert (kept_y.min(), kept_y.max()) == (y.min(), y.max())


def test_ticks_are_round():
    """Ticks are multiples of 1, 2 or 5 times a power of ten within the range."""
    assert ticks(0, 1, 5) == [0, 0.2, 0.4, 0.6, 0.8, 1.0]
    assert ticks(-3.2, 7.9, 6) == [-2, 0, 2, 4, 6]


def test_coarser_bars_hold_the_same_prices():
    """An hour has the first open, the extremes and the last close of its minutes; a day is a trading date."""
    bars = minutes(3 * 1440)
    hours, days = coarser(bars, 3600), coarser(bars, 86_400)

    assert len(hours.ts) == 72
    assert (hours.open[5], hours.close[5]) == (bars.open[300], bars.close[359])
    assert (hours.high[5], hours.low[5]) == (bars.high[300:360].max(), bars.low[300:360].min())
    dates = [trading_day(int(ts)) for ts in bars.ts]
    assert trading_dates(bars.ts).tolist() == dates
    assert len(days.ts) == len(set(dates))
    assert days.high.max() == bars.high.max()


def test_the_chart_has_days_hours_and_the_finest_bars_around_trades():
    """The page carries bars of the trading dates that had a trade and the date before, not of those that had none."""
    document, tables = small_run()
    start = START - 10 * 86_400_000_000_000
    stored = data_of(draw_report(document, tables, {"US30": Prices(minutes(20 * 1440, start=start))}))["charts"]["US30"]
    fine = stored["series"][-1]
    dates = set(trading_dates((unpacked(fine["columns"]["ts"]) * 1e9).astype(np.int64)).tolist())

    assert [each["seconds"] for each in stored["series"]] == [86_400, 3600, 60]
    assert dates == {trading_day(START) - 1, trading_day(START)}


def test_candles_come_back():
    """Opens, highs, lows and closes are given back from their steps to the tick."""
    bars = minutes(500)
    document, tables = small_run()
    series = data_of(draw_report(document, tables, {"US30": Prices(bars)}))["charts"]["US30"]["series"][-1]
    found = {name: unpacked(column) for name, column in series["columns"].items()}
    closes = series["start"] + np.cumsum(found["open"] + found["close"])
    opens = closes - found["close"]

    assert np.allclose(opens / 10, bars.open)
    assert np.allclose(closes / 10, bars.close)
    assert np.allclose((np.maximum(opens, closes) + found["high"]) / 10, bars.high)
    assert np.allclose((np.minimum(opens, closes) - found["low"]) / 10, bars.low)


def test_missing_prices_are_said():
    """Without prices the page still stands and says why there are no candles."""
    text = Seen(draw_report(*small_run(), remarks=["No candles of US30: they are gone."])).text

    assert "No candles of US30: they are gone." in text


def test_bands_stress_and_honesty_are_shown_where_a_run_has_them():
    """The band is drawn, costs are listed, and N of the ledger stands beside the deflated Sharpe ratio."""
    document, tables = small_run()
    curve = tables["equity"].select("ts", "equity")
    tables = dict(tables)
    for name, shift in (("pessimistic", -50.0), ("neutral", 0.0), ("optimistic", 50.0)):
        tables[f"band_{name}"] = curve.with_columns(pl.col("equity") + shift)
    document["bands"] = {"ambiguous_share": 1 / 3, "unknowable_profit_share": 0.4}
    document["stress"] = {"0": 110.0, "1": 84.72, "2": -3.0, "break_even": 1.5, "runs": 8}
    document["honesty"] = {"trials": 46, "dsr": 0.9505, "sentence": "trial 46 of pullback.", "n_eff": 12.0}
    page = draw_report(document, tables)
    text = Seen(page).text

    assert 'class="band"' in page
    assert "40.0 % of the profit" in text
    assert "breaks even at 1.50 times" in text
    assert "-3.00" in text
    assert "After 46 trials on record the Sharpe ratio beats luck with probability 0.95." in text


def test_escaping_is_the_default():
    """Text becomes text, markup stays markup, attributes are quoted."""
    assert tag("p", "<b>", tag("i", "x"), title='"') == Html('<p title="&quot;">&lt;b&gt;<i>x</i></p>')


def test_runs_side_by_side_show_what_differs():
    """Parameters, period and data that differ are named, what is the same is not, and unfairness is said."""
    one, tables = small_run()
    other = json.loads(json.dumps(one))
    other["id"] = "20240305-000000000-ffff000000"
    other["parameters"]["pullback"]["fast"] = 20
    other["hashes"]["data"]["US30 60s"] = "other"
    other["honesty"] = {"trials": 7}  # what came of a run is no cause of it
    found = dict(differences([one, other]))
    page = draw_comparison([(one, tables), (other, tables)])

    assert found == {"parameters.pullback.fast": ["10", "20"], "hashes.data.US30 60s": ["d1", "other"]}
    assert any("different prices" in each for each in warnings([one, other]))
    assert page.count('class="other"') == 2
    assert "ffff00" in Seen(page).text
    assert page == draw_comparison([(one, tables), (other, tables)])
