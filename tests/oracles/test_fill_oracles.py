"""Our fills of fixed lists of orders on real bars against those of backtesting.py 0.6.6 and vectorbt 1.2.0.

The peers' fills are committed (`python -m bench.oracles.run --keep` makes them again), the bars are not:
without them these tests are skipped, unless TRADEWIND_REQUIRE_DATA=1. Every difference that exists is
named here.
"""

import csv
import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from bench.oracles.exchange import added_up, read_orders
from bench.oracles.explain import E1, E2, E3, FOLLOWS, UNEXPLAINED, explained
from bench.oracles.make import bars_of
from bench.oracles.with_tradewind import execute, listed_as

ROOT = Path(__file__).resolve().parents[2]
ORACLES = ROOT / "bench" / "oracles"
DATA = Path(os.environ.get("TRADEWIND_DATA") or ROOT.parent / "shared" / "data")
BARS = DATA / "XAUUSD_M1_oanda_bid_20140501_20140515.parquet"

pytestmark = pytest.mark.skipif(
    not BARS.exists() and os.environ.get("TRADEWIND_REQUIRE_DATA") != "1", reason=f"there is no {BARS.name}"
)

PROFITS = {
    ("netting", "backtesting"): 27.899,
    ("netting", "vectorbt"): 27.899,
    ("brackets", "backtesting"): 8.666,
    ("brackets", "vectorbt"): 7.277,
}

# vectorbt watches a stop or target from the bar after the fill on, and does not let an ordered exit at the open come
# before what happens later in that bar (the reasons are those of `bench.oracles.explain`).
VECTORBT = [
    ("2014-05-01T05:43", E1, [(-1, 1289.745), (1, 1290.032)], [(-1, 1289.745)]),
    ("2014-05-01T05:44", FOLLOWS, [], [(1, 1290.144)]),
    ("2014-05-01T07:58", E1, [(-1, 1282.096), (1, 1283.084)], [(1, 1283.084)]),
    ("2014-05-01T07:59", FOLLOWS, [], [(-1, 1281.912)]),
    ("2014-05-01T22:00", E1, [(-1, 1284.675), (1, 1284.47)], [(1, 1284.47)]),
    ("2014-05-01T22:01", FOLLOWS, [], [(-1, 1284.749)]),
    ("2014-05-02T09:15", E1, [(-1, 1284.036), (1, 1283.643)], [(-1, 1284.036)]),
    ("2014-05-02T09:16", FOLLOWS, [], [(1, 1283.643)]),
    ("2014-05-04T22:00", E2, [(-1, 1300.151), (1, 1300.151)], [(-1, 1300.151)]),
    ("2014-05-04T22:01", FOLLOWS, [], [(1, 1301.284)]),
    ("2014-05-08T03:07", E3, [(1, 1290.23)], [(1, 1290.161)]),
    ("2014-05-09T10:31", E1, [(-1, 1288.98), (1, 1289.314)], [(-1, 1288.98)]),
    ("2014-05-09T10:32", FOLLOWS, [], [(1, 1289.314)]),
    ("2014-05-14T22:00", E1, [(-1, 1304.658), (1, 1305.112)], [(-1, 1304.658)]),
    ("2014-05-14T22:01", FOLLOWS, [], [(1, 1305.215)]),
]

DIFFERENCES = {("brackets", "vectorbt"): VECTORBT}
"""(bar, reason, our fills, the peer's) of each list and peer; none where a pair is missing."""


@cache
def bars():
    return bars_of(BARS)


@cache
def orders(name):
    return tuple(read_orders(ORACLES / "lists" / f"xauusd_{name}.csv", bars()["ts"]))


@cache
def ours(name):
    """Return our fills of a list, the profit counted from them and the account's."""
    fills, profit, account = execute(bars(), orders(name), listed_as("oanda:XAUUSD"))
    return {"fills": added_up(fills)}, profit, account


def theirs(name, peer):
    with (ORACLES / "expected" / f"xauusd_{name}-{peer}.csv").open(newline="") as lines:
        kinds = {"ts": int, "quantity": int, "price": float}
        rows = [{field: kinds[field](text) for field, text in row.items()} for row in csv.DictReader(lines)]
    return {"fills": rows}


def profit_of(fills):
    return -sum(fill["quantity"] * fill["price"] for fill in fills)


def minute(ts):
    return np.datetime_as_string(np.datetime64(ts, "ns"), unit="m")


@pytest.mark.parametrize("peer", ["backtesting", "vectorbt"])
@pytest.mark.parametrize("name", ["netting", "brackets"])
def test_fills_are_the_peers_but_for_the_differences_named_here(name, peer):
    found = explained(ours(name)[0], theirs(name, peer), bars(), orders(name))
    told = [(minute(each.ts), each.reason, each.first, each.second) for each in found]
    assert told == DIFFERENCES.get((name, peer), [])
    assert UNEXPLAINED not in {each.reason for each in found}


@pytest.mark.parametrize(("name", "peer"), PROFITS)
def test_the_peers_fills_are_those_their_profit_was_told_of(name, peer):
    assert profit_of(theirs(name, peer)["fills"]) == pytest.approx(PROFITS[name, peer], abs=1e-6)


@pytest.mark.parametrize("name", ["netting", "brackets"])
def test_the_account_has_the_profit_of_its_fills_but_for_rounding_each_fill_to_a_cent(name):
    told, profit, account = ours(name)
    assert profit == pytest.approx(PROFITS[name, "backtesting"], abs=1e-6)
    assert account == pytest.approx(profit, abs=0.005 * len(told["fills"]))
