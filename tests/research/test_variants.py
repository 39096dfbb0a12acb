"""Each of many variants is what a backtest of the same parameters is, byte for byte, in any number of threads."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from sweep_cases import QUARTER, busy, history, request

from tradewind.kernel.compiled import JIT
from tradewind.modes import Choice, backtest
from tradewind.research.figures import open_hours
from tradewind.research.kit import prepare
from tradewind.research.variants import herd_of, run_in_slices, run_prepared, run_variants
from tradewind.runs import finish

BRACKETS = [{"length": "5"}, {"stop": "1.0", "target": "1.0", "fade": "true"}, {"length": "50", "target": "6.0"}]
CASES = {
    "averages": ("ema_cross", ("XAUUSD",), {"lots": 1.0}, [{"fast": "5"}, {"fast": "12", "slow": "50"}, {}]),
    "opening range": (
        "opening_range", ("XAUUSD",), {"period": QUARTER}, [{"window": "5"}, {"window": "30", "target": "2.0"}, {}],
    ),
    "house rules": (
        "opening_range", ("US30", "XAUUSD"), {"risk": "house", "period": QUARTER},
        [{"life_minutes": "60"}, {"target": "1.5"}],
    ),
    "brackets": (busy, ("US30",), {}, BRACKETS),
    "rules at work": (busy, ("US30", "XAUUSD"), {"risk": "house"}, BRACKETS),
    "foreign cash": (busy, ("EURUSD", "XAUUSD"), {"currency": "EUR", "fraction": 0.001}, BRACKETS[:1]),
}  # fmt: skip

pytestmark = pytest.mark.skipif(not JIT, reason="uncompiled, a month of minutes takes too long")


def lone(asked, variant):
    """Return the plan of a backtest of a variant that has run."""
    return backtest(replace(asked, choices=[Choice(asked.choices[0].path, variant)]), history())


@pytest.mark.parametrize("case", CASES)
def test_a_variant_is_a_backtest(case):
    """State, venue, trades' digest and figures are those of a lone backtest, and so is the hash of its content."""
    name, on, given, variants = CASES[case]
    asked = request(name() if callable(name) else name, on, **given)
    prepared = prepare(asked, history())
    values = [prepared.values(one) for one in variants]
    herd = herd_of(prepared, values)
    for block in prepared.blocks:
        herd.apply(block)
    outcomes = run_prepared(prepared, variants, threads=2)
    traded = 0
    for number, variant in enumerate(variants):
        plan = lone(asked, variant)
        document, tables = finish(plan, history())
        trades = plan.journal.read("trades")
        outcome = outcomes[number]
        mine = herd.tally(number, open_hours(prepared.kit.facts))
        total, account = document["summary"]["total"], document["summary"]["account"]
        traded += len(trades)

        assert herd.state(number).tobytes() == plan.runner.state.tobytes()
        assert herd.venue(number).tobytes() == plan.runner.venue.tobytes()
        assert outcome.digest == document["hashes"]["content"]
        known = {key: value for key, value in outcome.figures.items() if key != "turnover"}
        assert known == {key: total.get(key, account.get(key)) for key in known}
        net = trades["gross"] + trades["commission"] + trades["financing"]
        with np.errstate(divide="ignore", invalid="ignore"):
            r = np.where(trades["risk"] > 0, net / trades["risk"], np.nan)
        assert outcome.trades_r.tobytes() == r.tobytes()
        assert mine.trades <= len(trades)
        dated = tables["equity"].filter(tables["equity"]["date"].is_not_null())
        assert outcome.dates.tolist() == dated["date"].to_physical().to_list()
    assert traded > 5


@pytest.mark.parametrize("case", ["averages", "opening range", "brackets", "rules at work"])
def test_trades_and_samples_are_those_of_a_backtest(case):
    """The digest of every trade and sample, taken as the short logs fill, is that of a lone backtest."""
    name, on, given, variants = CASES[case]
    asked = request(name() if callable(name) else name, on, **given)
    prepared = prepare(asked, history())
    herd = herd_of(prepared, [prepared.values(one) for one in variants])
    digests = [(hashlib.sha256(), hashlib.sha256()) for _ in variants]

    def look(number):
        engine = herd._engines[number]
        for digest, log, count in zip(
            digests[number], (herd._trades, herd._samples), ("trade_count", "sample_count"), strict=True
        ):
            digest.update(log[number][: int(engine[count])].tobytes())

    for block in prepared.blocks:
        for first in range(0, len(block), 500):
            herd.apply(block[first : first + 500])
            for number in range(len(variants)):
                look(number)
                herd._engines["trade_count"][number] = herd._engines["sample_count"][number] = 0
    for number, variant in enumerate(variants):
        plan = lone(asked, variant)
        found = [one.hexdigest() for one in digests[number]]

        assert found == [hashlib.sha256(plan.journal.read(log).tobytes()).hexdigest() for log in ("trades", "samples")]


def test_threads_and_company_change_nothing():
    """Forty variants in one thread, in three, and each alone have the same outcomes."""
    asked = request("ema_cross", lots=1.0)
    variants = [{"fast": str(fast), "slow": str(slow)} for fast in range(3, 13) for slow in (20, 30, 40, 50)]
    one, three = (run_variants(asked, variants, history(), threads=count) for count in (1, 3))
    alone = run_variants(asked, variants[7:8], history())[0]

    assert [plain(outcome) for outcome in one] == [plain(outcome) for outcome in three]
    assert plain(one[7]) == plain(replace(alone, number=7))


def plain(outcome):
    """Return an outcome as something that can be compared."""
    arrays = (outcome.dates.tobytes(), outcome.returns.tobytes(), outcome.trades_r.tobytes())
    return (outcome.number, outcome.params, outcome.figures, arrays, outcome.digest, outcome.error)


BROKEN = '''"""Fails for some."""

from typing import NamedTuple

from tradewind import memory, target
from tradewind.indicators import SMA, sma


class Params(NamedTuple):
    """The numbers."""

    length: int = 10


MEMORY = memory(average=SMA)
SPACE = {"length": range(5, 30, 5)}


def on_m5(state, bar, memory, params):
    average = sma(memory.average, bar.close, params.length)
    target(state, bar.instrument, 1.0 if bar.close > average else -1.0)
'''


def test_a_variant_that_fails_leaves_the_others_alone(tmp_path):
    """A length that no indicator takes is the error of that variant; its neighbours are what they are without it."""
    path = tmp_path / "broken.py"
    path.write_text(BROKEN)
    asked = request(path)
    found = run_variants(asked, [{"length": "7"}, {"length": "4000"}, {"length": "9"}], history(), threads=1)
    without = run_variants(asked, [{"length": "7"}, {"length": "9"}], history())

    assert "ValueError: sma: length must be 1 to the capacity" in found[1].error
    assert set(found[1].figures.values()) == {None}
    assert [found[0].figures, found[2].figures] == [one.figures for one in without]


def test_plain_python_variants_are_the_same(tmp_path):
    """A plain-Python strategy has the outcomes of the compiled one; its error is its own."""
    path = tmp_path / "broken.py"
    path.write_text(BROKEN)
    variants = [{"length": "7"}, {"length": "4000"}]
    week = ("2025-10-06", "2025-10-10")
    slow, fast = (run_variants(request(path, period=week, plain=plain), variants, history()) for plain in (True, False))

    assert slow[0].figures == fast[0].figures
    assert slow[0].trades_r.tobytes() == fast[0].trades_r.tobytes()
    assert "sma: length must be" in slow[1].error


def test_slices_end_what_they_are_told_to():
    """Cut into parts nothing changes, but for the variants that were ended on the way."""
    prepared = prepare(request("ema_cross", lots=1.0), history())
    variants = [{"fast": str(fast)} for fast in (4, 8, 12)]
    whole = run_prepared(prepared, variants)
    asked = []

    def judge(part, figures):
        asked.append((part, [one is not None for one in figures]))
        return [part == 1 and place == 1 for place in range(3)]

    found = run_in_slices(prepared, variants, 2, judge)

    assert asked == [(1, [True, True, True])]
    assert found[1].error == "pruned after 1 of 2 parts"
    assert [plain(found[0]), plain(found[2])] == [plain(whole[0]), plain(whole[2])]
