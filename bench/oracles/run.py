"""All of it in one command: `python -m bench.oracles.run [--data FOLDER] [--keep]`.

Makes bars and lists, has peers and us execute them, and prints what differs and why. With --keep the
peers' fills of the XAUUSD lists become the expected ones that `tests/oracles` compares ours with, without
any peer.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from bench.cache import ROOT, cache_folder
from bench.peers.environments import environment

SETS = {
    "XAUUSD_M1_oanda_bid_20140501_20140515": "oanda:XAUUSD",
    "US30_M1_mt5ny_bid_20251202_20260220": "metatrader:US30",
}
LISTS = ("netting", "brackets")
PEERS = ("backtesting", "vectorbt")
EXPECTED = Path(__file__).parent / "expected"


def module(python, name, *arguments):
    """Run one module of the oracles with that Python; return its status."""
    command = (str(python), "-m", f"bench.oracles.{name}", *map(str, arguments))
    return subprocess.run(command, cwd=ROOT, check=name != "compare").returncode


def execute(folder, listed):
    """Every list was executed by everybody and compared; return whether all differences have a reason."""
    good = True
    for name in LISTS:
        orders, bars = folder / f"{name}.csv", folder / "bars.npz"
        ours = folder / f"{name}-tradewind.json"
        module(sys.executable, "with_tradewind", bars, orders, ours, "--instrument", listed)
        for peer in PEERS:
            theirs = folder / f"{name}-{peer}.json"
            module(environment(peer), f"with_{peer}", bars, orders, theirs)
            print(f"\n{folder.name} {name}: tradewind and {peer}", flush=True)
            good &= module(sys.executable, "compare", ours, theirs, bars, orders) == 0
    return good


def main():
    """Execute and compare both sets."""
    parser = argparse.ArgumentParser(prog="bench.oracles.run")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--keep", action="store_true", help="the XAUUSD fills become the expected ones")
    told = parser.parse_args()
    good = True
    for name, listed in SETS.items():
        folder = cache_folder() / "oracles" / name
        module(sys.executable, "make", told.data / f"{name}.parquet", folder)
        good &= execute(folder, listed)
        for orders in LISTS if told.keep and "XAUUSD" in name else ():
            for peer in PEERS:
                kept = EXPECTED / f"xauusd_{orders}-{peer}.csv"
                kept.parent.mkdir(exist_ok=True)
                kept.write_bytes((folder / f"{orders}-{peer}.csv").read_bytes())
    sys.exit(not good)


if __name__ == "__main__":
    main()
