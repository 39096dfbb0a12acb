"""The kill switch: one step, no question asked, no database needed.

The kill file is written for every account first; then each trader has two seconds to say that it took the level; where
it does not, it is ended and its orders at the broker are seen to from here, as the watchdog would. What was done is
said line by line, and the exit code says whether all of it is proved.
"""

import contextlib
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tradewind.errors import TradewindError
from tradewind.watchdog import killfile, processes
from tradewind.watchdog.beats import STATUS, Beat, read_beat
from tradewind.watchdog.dealings import Outcome
from tradewind.watchdog.emergency import act
from tradewind.watchdog.keys import load_key

OBEY_S = 2.0
BROKER_S = 15.0
"""For so long it is tried again at the broker what is not done yet."""
SETTLE_S = 1.0

DONE, NOT_PROVED, NOTHING = 0, 1, 2
"""Exit codes: in force and proved; asked for but not proved; not even asked for."""

Line = Callable[[str], None]
_ONE_LINE = threading.Lock()


def aloud(line: str) -> None:
    """The line stands on the screen, whole, and at once; a closed screen stops nothing."""
    with _ONE_LINE, contextlib.suppress(OSError, ValueError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def kill(folders: Iterable[Path], level: int, line: Line) -> int:
    """The level is in force in every account; return the worst exit code."""
    engaged = [(folder, *_engage(folder, level, line)) for folder in folders]
    with ThreadPoolExecutor(max(len(engaged), 1)) as side_by_side:
        codes = side_by_side.map(lambda each: _see_through(each[0], level, each[1], each[2], line), engaged)
        return max(codes, default=NOTHING)


def _engage(folder: Path, level: int, line: Line) -> tuple[int, int]:
    """Return the level the kill file asks for now, and when it was there by the monotonic clock."""
    if not folder.is_dir():
        line(f"{folder.name}: there is no folder {folder}: nothing was done")
        return -1, 0
    since = time.monotonic_ns()
    before = killfile.level_asked(folder)
    asked, trouble = killfile.engage(folder, level)
    if trouble:
        line(f"{folder.name}: {trouble}")
    if before >= level and before:
        line(f"{folder.name}: kill level {before} was in force already; a level is never lowered by this")
    elif asked:
        line(f"{folder.name}: kill level {asked} asked for: {killfile.MEANINGS[asked]}")
    return asked, since


def _see_through(folder: Path, level: int, asked: int, since: int, line: Line) -> int:
    """The trader took the level, or was ended and its work done; return the exit code."""
    if asked < 0:
        return NOTHING
    level = max(level, asked)
    written = asked >= level
    status = folder / STATUS
    beat = read_beat(status)
    trader = processes.find_trader(folder, beat)
    if trader is None:
        line(f"{folder.name}: no trader runs here")
    elif written and (took := _took(folder, level, trader, since)) is not None:
        line(f"{folder.name}: the trader (process {trader.pid}) took level {took}")
        return DONE
    else:
        line(f"{folder.name}: the trader (process {trader.pid}) does not answer within {OBEY_S:g} s")
        still = processes.stop(trader)
        line(f"{folder.name}: {still or f'process {trader.pid} was ended'}")
    done = _at_the_broker(folder, level, line)
    if done and trader is not None:
        # What the trader sent in its last moment may reach the broker after our look.
        time.sleep(SETTLE_S)
        done = _at_the_broker(folder, level, line)
    return DONE if done and written else NOT_PROVED


def _took(folder: Path, level: int, trader: processes.Process, since: int) -> int | None:
    """Return the level that the living trader says it has in force, or None if it does not in time."""
    ends = time.monotonic() + OBEY_S
    while time.monotonic() < ends:
        beat = read_beat(folder / STATUS)
        fresh = isinstance(beat, Beat) and beat.pid == trader.pid and beat.monotonic_ns > since
        if fresh and isinstance(beat, Beat) and beat.kill >= level:
            return beat.kill
        if processes.started(trader.pid) != trader.started:
            return None
        time.sleep(0.05)
    return None


def _at_the_broker(folder: Path, level: int, line: Line) -> bool:
    """Return whether what the level asks for was seen to be done at the broker."""
    try:
        key = load_key(folder)
    except TradewindError as error:
        line(f"{folder.name}: {error}")
        line(f"{folder.name}: orders at the broker were NOT touched; use the broker's own page or telephone")
        return False
    ends = time.monotonic() + BROKER_S
    while True:
        outcome = act(key, level, lambda text: line(f"{folder.name}: {text}"))
        if outcome.done or time.monotonic() >= ends:
            break
        line(f"{folder.name}: not done yet: {outcome.trouble}")
        time.sleep(0.5)
    _conclude(folder.name, level, outcome, line)
    return outcome.done and not outcome.unprotected


def _conclude(name: str, level: int, outcome: Outcome, line: Line) -> None:
    for trade in outcome.unprotected:
        line(f"{name}: OPEN WITHOUT A STOP: {trade}")
    if outcome.done:
        kept = f"; {len(outcome.trades)} open, their stops in place" if outcome.trades else ""
        kept = "" if outcome.unprotected else kept
        line(f"{name}: level {level} is done at the broker{kept}")
    else:
        line(f"{name}: level {level} is NOT done at the broker: {outcome.trouble}")
        line(f"{name}: use the broker's own page or telephone now, and run this again")
