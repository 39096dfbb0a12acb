"""The plug-in for every other broker: a program of the user's does the work.

It is called with the level and our name of the account, gets a minute, and says what it does line by line. Exit
code 0 means that all of it is done; a line that begins with "unprotected" names an open position without a stop.
"""

import subprocess

from tradewind.watchdog.dealings import Outcome, Say
from tradewind.watchdog.keys import Key

LIMIT_S = 60.0
_MOST_LINES = 200


def act(key: Key, level: int, say: Say, limit_s: float = LIMIT_S) -> Outcome:
    """The user's program was called once; its exit code tells whether the work is done."""
    if not key.run:
        return Outcome(done=False, trouble='broker = "command" needs run = ["/path/to/program"] in the key file')
    try:
        ended = subprocess.run(  # noqa: S603 - the program is the user's own, from a file only they can write
            [*key.run, str(level), key.name],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Outcome(done=False, trouble=f"{key.run[0]} did not end within {limit_s:g} s")
    except OSError as error:
        return Outcome(done=False, trouble=f"{key.run[0]} could not be run: {error.strerror}")
    lines = [line.strip()[:500] for line in ended.stdout.decode(errors="replace").splitlines() if line.strip()]
    for line in lines[:_MOST_LINES]:
        say(line)
    unprotected = tuple(line for line in lines if line.lower().startswith("unprotected"))
    trouble = "" if ended.returncode == 0 else f"{key.run[0]} ended with code {ended.returncode}"
    return Outcome(done=not trouble, trouble=trouble, unprotected=unprotected)
