"""Two files of fills side by side: `python -m bench.oracles.compare A.json B.json [BARS.npz LIST.csv]`.

Prints every bar that differs; with the bars and the list, which reason it has (`bench.oracles.explain`).
Ends with status 1 where one has none.
"""

import json
import sys
from collections import Counter
from pathlib import Path

import numpy as np

from bench.oracles.exchange import read_bars, read_orders
from bench.oracles.explain import REASONS, UNEXPLAINED, Difference, differences, explained


def main():
    """Print the differences and the profits."""
    names = [Path(name) for name in sys.argv[1:]]
    first, second = (json.loads(name.read_text()) for name in names[:2])
    if len(names) > 2:
        bars = read_bars(names[2])
        found = explained(first, second, bars, read_orders(names[3], bars["ts"]))
    else:
        found = [Difference(*each, "") for each in differences(first, second)]
    for ts, mine, theirs, reason in found:
        when = np.datetime_as_string(np.datetime64(ts, "ns"), unit="m")
        told = f"{first['peer']}: {mine or 'nothing'}  {second['peer']}: {theirs or 'nothing'}"
        print(f"{when}  {reason:8}{told}")
    for told in (first, second):
        print(f"{told['peer']} {told['version']}: {len(told['fills'])} fills, profit {told['profit']}")
    print(f"{len(found)} bars differ")
    for reason, count in Counter(each.reason for each in found).items():
        if reason:
            print(f"{count:4} {reason}: {REASONS[reason]}")
    sys.exit(any(each.reason == UNEXPLAINED for each in found))


if __name__ == "__main__":
    main()
