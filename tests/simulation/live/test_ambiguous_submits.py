"""An order whose outcome nobody knows is sent once, not called dead while it may live, and found if it does."""

import pytest
from virtual_world import Faults, World

from tradewind.kernel.records import FILLED

FOGGY = Faults(lose_request=0.25, lose_answer=0.25, late=0.35, mute=0.05, drop_report=0.2)
SCOPES = ("forever", "window", "open", "echo", "none")


def ambiguous(seed, **more):
    """Return a world in which hardly any answer is clear."""
    return World(seed, scope=SCOPES[seed % 5], faults=FOGGY, **more).run()


def given_up(world):
    """Return the numbers of orders of which was said that they never took effect."""
    return {int(text.split()[1]) for _, _, text in world.alerts if text.endswith("never took effect at the broker.")}


def taken_late(world):
    """Return the numbers of orders that the broker took in spite of that."""
    return given_up(world) & {int(name.split("-")[3]) for name in world.broker.taken}


def fog(first, count):
    """Nothing is doubled and nothing falsely given up while the broker is as late as it says."""
    unclear = 0
    for seed in range(first, first + count):
        world = ambiguous(seed)
        assert not world.promises(), f"seed {seed}: {world.promises()}"
        assert not taken_late(world), f"seed {seed}: {taken_late(world)} were given up and came"
        unclear += sum(world.seen.get(name, 0) for name in ("lost request", "lost answer", "late request"))
        world.close()
    print(f"{unclear} unclear answers in {count} worlds")
    assert unclear > count


def test_in_the_fog_nothing_is_doubled_and_nothing_falsely_given_up():
    """Five classes of brokers, late as they declare."""
    fog(0, 400)


@pytest.mark.parametrize("seed", [14_015, 14_974, 15_065, 15_577, 16_250, 17_626])
def test_worlds_in_which_an_order_lived_under_another_id_than_the_newest(seed):
    """Found in a long fog: a lost change, a cancel for it, and a picture that knew the order by its first id."""
    world = ambiguous(seed)

    assert not world.promises()
    assert not taken_late(world)
    world.close()


@pytest.mark.soak
def test_in_a_long_fog_nothing_is_doubled_and_nothing_falsely_given_up():
    """The same, longer."""
    fog(10_000, 200_000)


def test_an_order_that_comes_later_than_declared_is_always_noticed():
    """It is adopted, its fill is in the book, and a person hears of it."""
    noticed = 0
    for seed in range(600):
        world = ambiguous(seed, latest=60.0)
        assert not [one for one in world.broker.wrong if one.startswith("I4")], f"seed {seed}"
        filled = {int(one.id.split("-")[3]) for one in world.broker.record if one.kind == FILLED and one.id[-2] == "E"}
        for order in taken_late(world) & filled:
            noticed += 1
            assert any(f"rder {order}" in text for _, _, text in world.alerts), f"seed {seed}, order {order}"
            held = sum(one.quantity for one in world.broker.positions.values())
            assert world.trader.core.position(0, 0) == held, f"seed {seed}, order {order}"
        world.close()
    print(f"{noticed} orders came after they had been given up")
    assert noticed > 5
