"""The kernel nets a strategy's orders; a broker that keeps positions apart is told which of them an order closes."""

import pytest
from test_incidents import Scene


@pytest.fixture
def scene():
    """A scene whose strategy sells what it has bought, at a broker that keeps positions apart."""
    return Scene(strategy="opposite")


def held(scene):
    """Return what the kernel holds and what the broker's positions hold."""
    return scene.trader.core.position(0, 0), [one.quantity for one in scene.broker.positions.values()]


def test_a_sale_of_what_is_held_closes_it_and_opens_nothing(scene):
    """Half of it, and later the rest; at no time are there two positions."""
    seen = []
    for _ in range(24):
        scene.go(5)
        ours, theirs = held(scene)
        seen.append(ours)
        assert sum(theirs) == ours
        assert len(theirs) <= 1

    whole = max(seen)
    assert whole > 0
    assert [one for number, one in enumerate(seen) if number == 0 or one != seen[number - 1]] == [
        0,
        whole,
        whole // 2,
        0,
    ]


def test_a_sale_of_more_than_is_held_is_not_sent_and_a_person_hears_why(scene):
    """Half of it would be a new position beside the old one."""
    scene.go(120)

    sold = [one.quantity for one in scene.sent if getattr(one, "side", 0) < 0]
    assert len(sold) == 2
    assert any("close the one first" in text for _, text, *_ in scene.trader.alerts)


def test_where_the_broker_nets_it_is_sent_as_it_is(scene):
    """One net position turns over by itself."""
    scene.trader.capabilities = scene.can._replace(position_mode="netting")
    scene.go(80)

    assert 3 in [one.quantity for one in scene.sent if getattr(one, "side", 0) < 0]
