"""Every scenario of the folder, and that together they show every refusal and every ending."""

import pytest
from scenario import perform, scenarios

from tradewind.kernel.refusals import REASONS

ALL = scenarios()


@pytest.mark.parametrize("one", ALL, ids=str)
def test_scenario(one):
    """What the file says happens, happens."""
    perform(one)


def test_every_reason_appears():
    """Every refusal and every ending has a scenario that shows it."""
    written = "\n".join(" ".join(line.words) for one in ALL for group in one.groups for line in group.expected)
    missing = [name for name, _ in REASONS.values() if name and f"{name}" not in written]

    assert missing == []


def test_titles_are_different():
    """A scenario is known by its sentence."""
    titles = [str(one) for one in ALL]

    assert len(set(titles)) == len(titles)
