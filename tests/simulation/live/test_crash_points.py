"""The desk is killed at every kind of step, in recovery too, and nothing is lost, doubled or left unexplained.

`make test` tries some 20,000 kills, `make soak` a million; only a kill that happened counts. What was broken is told
with its seed: `sail(seed)` of `campaign` shows it again.
"""

import pytest
from campaign import fleet, sail, voyage
from virtual_world import CALM, World

RARE = {
    "crash with an order in flight": 800, "crash": 4000, "crash in recovery": 8000, "late request": 200,
    "lost request": 200, "lost answer": 200, "mute question": 2000, "dropped report": 200, "repeated report": 300,
    "cut stream": 60, "partial fill": 200, "reject": 40, "beyond the answer's time": 40,
}  # fmt: skip
"""How often each thing has to be seen among twenty thousand kills, else nothing was tried."""


def held(total, crashes):
    """Every promise held, in so many kills, and everything rare was seen."""
    print(total)
    assert not total.broken, total.broken[:3]
    assert total.crashes >= crashes
    too_rare = {name: total.seen[name] for name, least in RARE.items() if total.seen[name] < least * crashes // 20_000}
    assert not too_rare, f"seen too seldom to have been tried: {too_rare}"


def test_twenty_thousand_kills_lose_nothing_and_double_nothing():
    """Five classes of brokers, three levels of faults, four rhythms of kills; every replay is the live state."""
    held(voyage(0, 20_000), 20_000)


def test_an_order_whose_cancel_was_refused_for_want_of_it_is_given_up():
    """Found among a million kills: place lost, cancel refused, and ours went back to work for ever."""
    assert sail(1_000_572).broken == ()


def test_an_order_sent_twice_is_not_given_up_for_one_refusal_by_the_next_life():
    """Found among a million kills: sent again, killed, one of both refused, and the other filled afterwards."""
    assert sail(56_001_145).broken == ()


def test_a_number_told_under_the_former_id_is_kept():
    """Found among a million kills: accepted after its change was asked for, and no cancel could name it."""
    assert sail(28_001_549).broken == ()


@pytest.mark.soak
def test_a_million_kills_lose_nothing_and_double_nothing():
    """The same with other seeds, on every processor."""
    held(fleet(1_000_000, 50), 1_000_000)


def session(scope, *crashes):
    """Return the canonical session of three orders, killed at these steps."""
    return World(1, scope=scope, strategy="three_orders", faults=CALM, crashes=crashes, minutes=2, pauses=(0.1,)).run()


def tried(scope, *crashes):
    """Return (kills that happened, steps, what was broken)."""
    world = session(scope, *crashes)
    found = world.crashes, world.steps, world.promises()
    world.close()
    return found


@pytest.mark.parametrize("scope", ["forever", "window", "open", "echo", "none"])
def test_three_orders_survive_a_kill_at_every_step(scope):
    """Not one step at which a kill leaves anything wrong."""
    steps = session(scope).steps
    assert steps > 80
    happened = 0
    for place in range(1, steps + 1):
        kills, _, broken = tried(scope, place)
        assert not broken, f"{scope}, killed at step {place}: {broken}"
        happened += kills
    assert happened > steps * 0.85  # what is done after the end is not interrupted any more


@pytest.mark.parametrize("scope", ["forever", "open", "none"])
def test_three_orders_survive_two_kills(scope):
    """Some pairs of steps, the second often within the recovery from the first."""
    steps = session(scope).steps
    for place in range(1, steps, 9):
        for after in (1, 2, 3, 4, 5, 6, 8, 11, 17, 29, 43):
            _, _, broken = tried(scope, place, place + after)
            assert not broken, f"{scope}, killed at steps {place} and {place + after}: {broken}"


@pytest.mark.soak
@pytest.mark.parametrize("scope", ["forever", "window", "open", "echo", "none"])
def test_three_orders_survive_every_pair_of_kills(scope):
    """Every pair of steps there is."""
    pairs = 0
    for first in range(1, session(scope).steps + 1):
        _, steps, _ = tried(scope, first)
        for second in range(first + 1, steps + 1):
            kills, _, broken = tried(scope, first, second)
            assert not broken, f"{scope}, killed at steps {first} and {second}: {broken}"
            pairs += kills == 2
    print(f"{scope}: {pairs} pairs")
    assert pairs > 3000
