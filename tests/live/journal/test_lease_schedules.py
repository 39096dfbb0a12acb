"""Ten thousand stories of pauses, drifting clocks, kills and take-overs: never two leaders at the broker."""

from itertools import chain

import pytest
from lease_world import LATENESS_S, SECOND, TTL_S, World

from tradewind.adapters import lease, lease_arithmetic
from tradewind.adapters.lease import Lease

STORIES = 5_000
MINUTE = 60 * SECOND


def told(seed, *, locks):
    world = World(seed, locks=locks)
    world.run(MINUTE)
    return world


@pytest.mark.parametrize("locks", [False, True])
def test_there_is_never_more_than_one_leader(locks):
    requests = leaders = stops = 0
    for seed in range(STORIES):
        world = told(seed, locks=locks)
        assert not world.offences(), f"seed {seed}"
        epochs = [epoch for epoch, _ in world.database.blocks]
        assert epochs == sorted(epochs), f"seed {seed}: an older leader has written"
        requests += len(world.requests)
        leaders += len({request.epoch for request in world.requests})
        stops += world.stops
    print(f"{STORIES} stories: {requests} requests of {leaders} leaders, {stops} stops")

    assert requests > 5 * STORIES
    assert leaders > STORIES


@pytest.mark.soak
@pytest.mark.parametrize("part", range(10))
def test_there_is_never_more_than_one_leader_in_many_stories(part):
    for seed, locks in chain.from_iterable(
        ((seed, False), (seed, True)) for seed in range((part + 1) * 10**6, (part + 1) * 10**6 + 10_000)
    ):
        assert not told(seed, locks=locks).offences(), f"seed {seed}, locks {locks}"


def test_the_same_seed_tells_the_same_story():
    for seed in range(50):
        assert told(seed, locks=False).requests == told(seed, locks=False).requests


def no_wait(*_):
    return 0


def no_lateness(former, lock, _lateness):
    return lease_arithmetic.takeover_wait(former, lock, 0)


def nothing_owed(former, lock, lateness):
    kept = None if former is None else former._replace(owed=0)
    return lease_arithmetic.takeover_wait(kept, lock, lateness)


def any_lock_proves_death(former, lock, lateness):
    kept = None if former is None else former._replace(lock="x")
    return lease_arithmetic.takeover_wait(kept, lock or "x", lateness)


@pytest.mark.parametrize("wrong", [no_wait, no_lateness, nothing_owed, any_lock_proves_death])
def test_a_wrong_wait_is_found(monkeypatch, wrong):
    """The stories can tell: each mistake in the successor's wait shows as two leaders."""
    monkeypatch.setattr(lease, "takeover_wait", wrong)

    assert any(told(seed, locks=False).offences() for seed in range(STORIES))


def renewed_when_it_ended(self):
    begun = self._monotonic
    Lease_renew(self)
    self._tenure = self._tenure._replace(renewed=begun())


def renewed_without_asking(self):
    self._tenure = self._tenure._replace(renewed=self._monotonic())


Lease_renew = Lease.renew


@pytest.mark.parametrize("wrong", [renewed_when_it_ended, renewed_without_asking])
def test_a_wrong_renewal_is_found(monkeypatch, wrong):
    monkeypatch.setattr(Lease, "renew", wrong)

    assert any(told(seed, locks=False).offences() for seed in range(STORIES))


def test_a_lease_that_never_ends_is_found(monkeypatch):
    monkeypatch.setattr(Lease, "may_write", lambda self, _margin: self.waits_s == 0)

    assert any(told(seed, locks=False).offences() for seed in range(STORIES))


def test_a_successor_waits_no_longer_than_the_lease_and_the_brokers_lateness():
    longest = round((TTL_S + LATENESS_S) * SECOND)
    for seed in range(500):
        notes = [document for _, document in told(seed, locks=False).database.blocks if document]

        assert max((note["owed"] for note in notes), default=0) <= longest
