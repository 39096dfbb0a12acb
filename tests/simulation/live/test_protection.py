"""Proof T15: what is open has its stop, where the broker attaches none and every stop is an order after the fill.

Desks are killed between a fill and its stop, stops are refused, lost, late and doubled. A position may be bare for a
moment; it is never bare for more than five seconds without entries being held and a person being told.
"""

import os
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from exposure import NETTING
from virtual_world import CALM, HARSH, MILD, World, every

KINDS = (("calm", CALM, ()), ("mild", MILD, ()), ("harsh", HARSH, ()), ("killed", HARSH, (15, 80)))


def told(seed):
    """Return what came of a world: its kind, exposures in seconds, what was broken, kills, fills."""
    kind, faults, gaps = KINDS[seed % len(KINDS)]
    crashes = every(seed, *gaps) if gaps else ()
    world = World(seed, scope="echo", can=NETTING, faults=faults, minutes=4, crashes=crashes).run()
    broken, exposures = world.promises(), list(world.exposures)
    found = kind, exposures, [(seed, one) for one in broken], world.crashes
    world.close()
    return found


def judged(results):
    """Every promise held, positions were bare at times, and where nothing goes wrong for less than a second."""
    exposures, broken, kills = {}, [], 0
    for kind, times, wrong, crashes in results:
        exposures.setdefault(kind, []).extend(times)
        broken += wrong
        kills += crashes
    for kind, times in sorted(exposures.items()):
        times.sort()
        print(f"{kind}: {len(times)} exposures, p50 {times[len(times) // 2]:.2f} s, "
              f"p99 {times[int(len(times) * 0.99)]:.2f} s, longest {times[-1]:.1f} s")  # fmt: skip
    print(f"{kills} kills; broken: {Counter(one for _, one in broken).most_common(5)}")
    assert not broken, broken[:5]
    assert exposures["calm"][int(len(exposures["calm"]) * 0.99)] < 1.0
    return exposures, kills


def test_two_hundred_worlds_without_attached_stops_are_never_bare_in_silence():
    """Of each kind fifty; the desk is killed hundreds of times."""
    exposures, kills = judged(map(told, range(200)))
    assert kills > 150
    assert sum(map(len, exposures.values())) > 500


@pytest.mark.soak
def test_a_hundred_thousand_worlds_without_attached_stops_are_never_bare_in_silence():
    """The same with other seeds, on every processor."""
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        judged(pool.map(told, range(1_000, 101_000), chunksize=100))
