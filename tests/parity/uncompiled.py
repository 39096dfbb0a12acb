"""Prints what runs left behind, part by part, as digests: run with NUMBA_DISABLE_JIT=1 and without, and compare."""

import hashlib
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "kernel"))

from worlds import STOPPED, TIGHT, Machine, crowded_tape, crowded_world, left_behind, limited_world

from tradewind.kernel.fills import MODES
from tradewind.kernel.sizing import METHODS


def digests():
    """Return the digests of every part of a run in each intrabar mode, each with another sizing rule."""
    machine = Machine()
    found = {}
    for number, mode in enumerate(MODES):
        world = crowded_world()
        world.venue["mode"] = number
        world.state["sizing"]["method"] = METHODS.index(("fixed_fraction", "volatility", "kelly")[number])
        tape = crowded_tape(90, seed=number)
        left = left_behind(*machine.run(world, tape, seed=number + 5, every=1))
        found |= {f"{mode} {name}": hashlib.sha256(part).hexdigest() for name, part in left.items()}
        found[f"{mode} counts"] = [len(tape), int(world.state["number"][0]), int(world.state["account"]["balance"][0])]
    for text in (TIGHT, STOPPED):
        world = limited_world(text)
        left = left_behind(*machine.run(world, crowded_tape(90, seed=9), seed=3, every=1))
        found |= {f"{text[:20]} {name}": hashlib.sha256(part).hexdigest() for name, part in left.items()}
    return found


if __name__ == "__main__":
    print(json.dumps(digests()))
