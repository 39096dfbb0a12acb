"""The worlds have teeth: some seed finds every planted mistake, and none is found where there is none.

Each mistake is looked for in one world after another, which differ in their faults and in the broker's class. What the
ordinary suite looks for are those that are found soonest, in the worlds that find them.
"""

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from planted import PLANTED, trader_with
from teeth import complaint

SEEDS = 1_400
"""So many worlds are tried for one mistake before it counts as not found."""
SOONEST = (
    ("a repeated report is taken again", 0), ("the former id is forgotten at once", 0),
    ("every start is epoch one", 3), ("an unknown answer is taken for a refusal", 3),
    ("an unknown answer is taken for a yes", 2), ("an unknown order holds nothing", 2),
    ("commands are not made durable", 0), ("sent again without end", 2), ("stray orders are left alone", 6),
    ("what was missed is not read", 5), ("a lost connection holds nothing", 11),
    ("a stop apart is left to the entry", 14), ("what is bare for long holds nothing", 10),
    ("decided before another was lost and sent all the same", 10),
    ("a stop of what is open is taken back as a stray", 98),
)  # fmt: skip
NAMED = {one.name: one for one in PLANTED}


def found(name):
    """Return (mistake, seed, what was said), with -1 where no world finds it."""
    with trader_with(NAMED[name]):
        for seed in range(SEEDS):
            said = complaint(seed)
            if said:
                return name, seed, said
    return name, -1, ""


def spoken(seeds):
    """Return what is said against the trader as it is, by seed."""
    with trader_with(None):
        return {seed: said for seed in seeds if (said := complaint(seed))}


@pytest.mark.parametrize(("name", "seed"), SOONEST)
def test_a_planted_mistake_is_found(name, seed):
    """In the world that finds it soonest; where nothing is planted nothing is said there."""
    with trader_with(NAMED[name]):
        assert complaint(seed)
    assert not spoken([seed])


@pytest.mark.soak
def test_all_planted_mistakes_are_found_and_nothing_where_there_is_none():
    """Forty of forty and more; which seed found which is printed."""
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        honest = [pool.submit(spoken, range(first, SEEDS, 14)) for first in range(14)]
        results = list(pool.map(found, NAMED))
        said = {seed: words for one in honest for seed, words in one.result().items()}
    for name, seed, words in sorted(results, key=lambda one: one[1]):
        print(f"{name}: seed {seed}, {words[:110]}")
    missed = [name for name, seed, _ in results if seed < 0]
    print(f"{len(results) - len(missed)} of {len(results)} found")
    assert not said, said
    assert not missed, missed
    assert len(results) >= 40
