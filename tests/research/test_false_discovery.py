"""Random strategies on real bars: with the ledger luck is not called skill, without it it is.

A small version of `bench/false_discovery.py`; `make soak` runs one with more researchers.
"""

import sys

import numpy as np
import pytest
from research_market import ROOT, needs_data, take_bars

sys.path.insert(0, str(ROOT))

from bench import false_discovery

pytestmark = needs_data


def pool_on(folder, symbol, variants):
    take_bars(folder, false_discovery.BARS[symbol])
    dates, pool = false_discovery.pool_of(false_discovery.coin_request(folder, symbol, costs=False), variants)
    return false_discovery.trials_from(dates, pool)


def check(trials, tries, researchers, rng=None, most_naive=1.0):
    """The ledger is wrong for at most 5 % of the researchers, within three standard errors; without it more are."""
    naive, honest = false_discovery.called_significant(trials, tries, researchers, rng)
    assert honest <= false_discovery.allowed(researchers), (tries, naive, honest)
    assert naive <= most_naive * researchers
    return naive / researchers


def test_luck_is_not_called_skill_on_the_dow(tmp_path):
    """After 1, 10 and 1,000 tries at most 5 % are significant with the ledger; without it 5, over 25 and 100 %."""
    trials = pool_on(tmp_path, "US30", false_discovery.coins(1500))

    alone = check(trials, 1, 1500)
    ten = check(trials, 10, 150)
    thousand = check(trials, 1000, 20, np.random.default_rng(1))

    assert alone <= 0.05 + 3 * 0.0056
    assert ten > 0.25
    assert thousand == 1


@pytest.mark.soak
@pytest.mark.parametrize("symbol", ["US30", "XAUUSD"])
def test_luck_is_not_called_skill_by_many(tmp_path, symbol):
    """The same with 12,000 strategies, and with tries that resemble each other."""
    trials = pool_on(tmp_path, symbol, false_discovery.coins(12_000))
    for tries in (1, 10, 1000):
        check(trials, tries, 12_000 // tries)
    check(pool_on(tmp_path, symbol, false_discovery.alike(400, 10)), 10, 400)
