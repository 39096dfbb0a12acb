"""Two files of fills side by side: `python -m bench.oracles.compare A.json B.json` prints what differs."""

import json
import sys
from pathlib import Path

import numpy as np


def differences(first, second):
    """Return [(ts, fills of the first, fills of the second)] for every bar whose fills are not the same."""
    sides = []
    for told in (first, second):
        by_bar = {}
        for fill in told["fills"]:
            by_bar.setdefault(fill["ts"], []).append((fill["quantity"], fill["price"]))
        sides.append(by_bar)
    bars = sorted(set(sides[0]) | set(sides[1]))
    pairs = [(ts, sides[0].get(ts, []), sides[1].get(ts, [])) for ts in bars]
    return [(ts, mine, theirs) for ts, mine, theirs in pairs if mine != theirs]


def main():
    """Print the differences and the profits."""
    first, second = (json.loads(Path(name).read_text()) for name in sys.argv[1:3])
    found = differences(first, second)
    for ts, mine, theirs in found:
        when = np.datetime_as_string(np.datetime64(ts, "ns"), unit="m")
        print(f"{when}  {first['peer']}: {mine or 'nothing'}  {second['peer']}: {theirs or 'nothing'}")
    for told in (first, second):
        print(f"{told['peer']} {told['version']}: {len(told['fills'])} fills, profit {told['profit']}")
    print(f"{len(found)} bars differ")


if __name__ == "__main__":
    main()
