"""Combinatorial purged cross-validation: the same days as skfolio's, and paths that can be followed by hand."""

import numpy as np
import pytest

from tradewind.errors import TradewindError
from tradewind.research.purged import cross_validated, path_count, splits

SKFOLIO = [
    ([10, *range(11, 20)], (range(4), range(4, 8))),
    ([6, *range(14, 20)], (range(4), range(8, 12))),
    ([6, 7, 8, 9, 10, 18, 19], (range(4), range(12, 16))),
    ([6, 7, 8, 9, 10, 11, 12, 13, 14], (range(4), range(16, 20))),
    ([0, 1, 2, 14, 15, 16, 17, 18, 19], (range(4, 8), range(8, 12))),
    ([0, 1, 2, 10, 18, 19], (range(4, 8), range(12, 16))),
    ([0, 1, 2, 10, 11, 12, 13, 14], (range(4, 8), range(16, 20))),
    ([0, 1, 2, 3, 4, 5, 6, 18, 19], (range(8, 12), range(12, 16))),
    ([0, 1, 2, 3, 4, 5, 6, 14], (range(8, 12), range(16, 20))),
    ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], (range(12, 16), range(16, 20))),
]
"""CombinatorialPurgedCV(n_folds=5, n_test_folds=2, purged_size=1, embargo_size=1) of skfolio 1.12.2 on 20 rows."""
SKFOLIO_PATHS = [[0, 0], [1, 0], [2, 0], [3, 0], [1, 1], [2, 1], [3, 1], [2, 2], [3, 2], [3, 3]]
"""Its get_path_ids()."""


def test_days_and_paths_are_those_of_skfolio():
    """Trained on and tested are the same days, and each test belongs to the same path."""
    found = splits(20, 5, 2, purge=1, embargo=1)

    assert [one.train.tolist() for one in found] == [train for train, _ in SKFOLIO]
    assert [[test.tolist() for test in one.tests] for one in found] == [
        [list(t) for t in tests] for _, tests in SKFOLIO
    ]
    assert [list(one.paths) for one in found] == SKFOLIO_PATHS


@pytest.mark.parametrize("case", [(23, 5, 2, 1, 1), (60, 6, 3, 2, 3), (170, 10, 8, 3, 1)])
def test_days_and_paths_are_those_of_the_skfolio_that_is_installed(case):
    """The same, asked of the library where the extra is installed."""
    library = pytest.importorskip("skfolio.model_selection")
    days, groups, tested, purge, embargo = case
    theirs = library.CombinatorialPurgedCV(n_folds=groups, n_test_folds=tested, purged_size=purge, embargo_size=embargo)
    found = splits(days, groups, tested, purge=purge, embargo=embargo)

    assert [(one.train.tolist(), [test.tolist() for test in one.tests]) for one in found] == [
        (train.tolist(), [test.tolist() for test in tests]) for train, tests in theirs.split(np.zeros((days, 1)))
    ]
    assert [list(one.paths) for one in found] == theirs.get_path_ids().tolist()


def test_every_day_is_tested_once_on_every_path():
    """Ten groups, three tested: 120 splits make 36 paths, and each of them has every day exactly once."""
    found = splits(103, 10, 3, purge=2, embargo=1)
    count = np.zeros((36, 103), int)
    for one in found:
        for path, test in zip(one.paths, one.tests, strict=True):
            count[path, test] += 1
            assert not set(one.train) & set(range(test[0] - 2, test[-1] + 4))

    assert len(found) == 120
    assert path_count(10, 3) == 36
    assert (count == 1).all()


def test_one_variant_is_chosen_in_each_split_and_its_days_make_the_paths():
    """Four days, two groups: variant 0 is better on the first, 1 on the second, so each is tested where it is bad."""
    returns = np.array([[0.02, -0.01], [0.01, -0.02], [-0.01, 0.02], [-0.02, 0.01]])

    found = cross_validated(returns, splits(4, 2, 1, purge=0, embargo=0))

    assert found.chosen == [1, 0]
    # Trained on +0.02, +0.01: mean 0.015, deviation 0.01 / sqrt(2)
    np.testing.assert_allclose(found.inside, [0.015 / (0.01 / np.sqrt(2))] * 2)
    np.testing.assert_allclose(found.paths, [[-0.01, -0.02, -0.01, -0.02]])
    # Mean -0.015, deviation sqrt(4 x 0.005^2 / 3)
    np.testing.assert_allclose(found.sharpes, [-0.015 / np.sqrt(4 * 0.005**2 / 3)])


def test_noise_has_no_edge_out_of_sample():
    """The best of fifty worthless variants looks good inside and makes nothing outside, on average of forty markets."""
    rng = np.random.default_rng(4)
    inside, outside = [], []
    for _ in range(40):
        found = cross_validated(rng.normal(0, 0.01, (240, 50)), splits(240, 6, 2, purge=1))
        inside.append(found.inside.mean())
        outside.append(found.sharpes.mean())

    assert np.mean(inside) > 0.12
    assert abs(np.mean(outside)) < 3 * np.std(outside) / np.sqrt(40)


@pytest.mark.parametrize("wrong", [(10, 5, 0, 0), (10, 5, 5, 0), (10, 11, 2, 0), (10, 2, 1, 9)])
def test_what_cannot_be_split_is_refused(wrong):
    """No test, nothing but tests, more groups than days, or no day left to train on."""
    days, groups, tested, purge = wrong
    with pytest.raises(TradewindError):
        splits(days, groups, tested, purge=purge)
