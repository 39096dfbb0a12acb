"""A stand-in for the trader, run as a script: holds the lease, beats, takes kill levels, and hangs as it is told to.

    python watchdog_trader.py FOLDER MODE

It hangs when a file `hang` appears in the folder, having written the moment to `hung`. Modes: `loop` turns for ever
while a thread still beats; `machine code` never gives the interpreter back; `deadlock` sleeps with a lock that its
beating needs; `stopped` is for those who send SIGSTOP; `deaf` beats but never takes a kill level; `obeys` never hangs.
"""

import fcntl
import sys
import threading
import time
from pathlib import Path

from tradewind.watchdog.beats import STATUS, write_beat
from tradewind.watchdog.killfile import level_asked

BEAT_S = 0.5


def main(folder, mode):
    lease = (folder / "lease").open("a")
    fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
    turn = [0, time.monotonic_ns()]
    lock = threading.Lock()

    def beat(*, ended=False):
        with lock:
            kill = 0 if mode == "deaf" else level_asked(folder)
            write_beat(folder / STATUS, turn[0], {"leader": True, "kill": kill, "turned_ns": turn[1], "ended": ended})

    def keep_beating():
        while True:
            beat()
            time.sleep(BEAT_S)

    if mode == "loop":
        threading.Thread(target=keep_beating, daemon=True).start()
    next_beat = 0.0
    while not (folder / "leave").exists():
        turn[:] = turn[0] + 1, time.monotonic_ns()
        if mode != "loop" and (time.monotonic() >= next_beat or level_asked(folder)):
            beat()
            next_beat = time.monotonic() + BEAT_S
        if (folder / "hang").exists():
            (folder / "hung").write_text(str(time.monotonic_ns()))
            hang(mode, lock)
        time.sleep(0.02)
    beat(ended=True)


def hang(mode, lock):
    if mode == "loop":
        while True:
            pass
    if mode == "machine code":
        sum(range(10**15))
    if mode == "deadlock":
        lock.acquire()
        lock.acquire()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
