"""`python -m tradewind.watchdog FOLDER` watches an account; `... kill FOLDER ...` is the kill switch without anything.

Both need Python and the account's folder, and load nothing but the standard library.
"""

import argparse
import sys
from pathlib import Path

from tradewind.errors import TradewindError
from tradewind.watchdog import guard, kill
from tradewind.watchdog.watch import Patience


def main(words: list[str] | None = None) -> int:
    """Return the exit code of what the words ask for."""
    words = sys.argv[1:] if words is None else words
    try:
        if words[:1] == ["kill"]:
            return _kill(words[1:])
        return _watch(words)
    except TradewindError as error:
        print(f"watchdog: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"watchdog: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0


def _watch(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tradewind.watchdog", description=(__doc__ or "").split("\n")[0])
    usual = Patience()
    parser.add_argument("folder", type=Path, help="the account's folder")
    parser.add_argument("--level", type=int, choices=(1, 2, 3, 4), default=2, help="kill level when the trader hangs")
    parser.add_argument("--stall", type=float, default=usual.stall_s, help="seconds without life that are a hang")
    parser.add_argument("--start", type=float, default=usual.start_s, help="seconds a starting trader may take")
    asked = parser.parse_args(words)
    if not (1.0 <= asked.stall <= 3600 and 1.0 <= asked.start <= 86_400):
        raise TradewindError("--stall and --start are seconds, 1 at the least.")
    patience = Patience(asked.stall, asked.start, max(asked.stall, usual.obey_s))
    guard.run(asked.folder, guard.Plan(asked.level, patience))
    return 0


def _kill(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tradewind.watchdog kill", description="Stop trading, now.")
    parser.add_argument("folders", type=Path, nargs="+", help="folders of accounts")
    parser.add_argument("--level", type=int, choices=(1, 2, 3, 4), default=2)
    asked = parser.parse_args(words)
    return kill.kill(asked.folders, asked.level, kill.aloud)


if __name__ == "__main__":
    sys.exit(main())
