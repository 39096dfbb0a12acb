"""The break-even multiple is where nothing is left, whatever the shape of the way there."""

import pytest

from tradewind.research.bands import unknowable_share
from tradewind.research.stress import break_even


@pytest.mark.parametrize(
    ("net", "expected"),
    [
        (lambda multiple: 100 - 40 * multiple, 2.5),
        (lambda multiple: 100 - 40 * multiple**2, 1.5811),
        (lambda multiple: 100 - 99 * multiple**0.5, 1.0203),
        (lambda multiple: 100 - 8 * multiple if multiple < 3 else -20 * multiple, 3.0),
        (lambda multiple: -5 - multiple, 0.0),
        (lambda _multiple: 10.0, None),
    ],
)
def test_the_break_even_multiple(net, expected):
    """It is found to two hundredths; 0 where it loses without costs, None where no cost matters."""
    asked = []

    def counted(multiple):
        asked.append(multiple)
        return float(net(multiple))

    found = break_even(counted)

    assert found == (None if expected is None else pytest.approx(expected, abs=0.06))
    assert len(set(asked)) <= 16


@pytest.mark.parametrize(
    ("nets", "expected"), [([50.0, 80.0, 100.0], 0.5), ([-50.0, 20.0, 100.0], 1.0), ([-40.0, -30.0, -20.0], 0.5)]
)
def test_the_share_that_nobody_can_know(nets, expected):
    """It is the width of the band over the largest result; all of it where the books disagree on the sign."""
    assert unknowable_share(nets) == pytest.approx(expected)
    assert unknowable_share([0.0, 0.0, 0.0]) is None
