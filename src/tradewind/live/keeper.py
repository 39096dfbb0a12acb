"""The keeper: a process that has loaded everything, forks the one that trades, and forks another when that one dies.

What takes long at a start, libraries and compiled code, is there before the fork; so a trader that was killed trades
again in a fraction of a second. The keeper holds no connection, no lock and no state, so it has nothing to lose. One
that keeps dying is not restarted for ever: after a few times in a few minutes the kill file is written, and a person
looks.
"""

import os
import signal
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from tradewind.live.folder import Folder
from tradewind.watchdog.killfile import engage

MOST_STARTS = 5
BROKEN = 70
"""Exit code of a trader that met what nobody foresaw."""
INTERRUPTED = 128 + signal.SIGINT
"""Exit code of one that Ctrl-C ended before it could stop softly."""
WITHIN_S = 600.0
"""So many deaths in so many seconds end the restarting."""


def keep(
    trade: Callable[[], int],
    folder: Folder,
    say: Callable[[str], None],
    *,
    most: int = MOST_STARTS,
    clock: Callable[[], float] = time.monotonic,
) -> int:
    """Return the exit code of a trader that ended by itself; one that died is started again, up to a bound."""
    deaths: deque[float] = deque()
    while True:
        child = os.fork()
        if child == 0:
            _become_the_trader(trade)
        code = _wait(child)
        if code >= 0 and code != BROKEN:
            return code
        now = clock()
        deaths.append(now)
        while deaths and now - deaths[0] > WITHIN_S:
            deaths.popleft()
        how = "broke off" if code == BROKEN else f"died ({signal.Signals(-code).name})"
        say(f"The trader {how}; it starts again from its journal.")
        if len(deaths) >= most:
            engage(folder.root, 1)
            say(f"It died {len(deaths)} times in {WITHIN_S / 60:.0f} minutes: kill level 1 is set. Look, then re-arm.")
            return 1


def _become_the_trader(trade: Callable[[], int]) -> None:
    """The child trades and leaves without the keeper's own clean-up."""
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        code = trade()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BaseException:  # noqa: BLE001 - whatever it was, the journal is the safe place to go on from
        traceback.print_exc()
        code = BROKEN
    finally:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _wait(child: int) -> int:
    """Return how the child ended, minus the signal where one killed it; what we are told to stop by, it is told."""

    def pass_on(number: int, _frame: object) -> None:
        with suppress(ProcessLookupError):
            os.kill(child, number)

    former = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        while True:
            with suppress(InterruptedError):
                _, status = os.waitpid(child, 0)
                return os.waitstatus_to_exitcode(status)
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
