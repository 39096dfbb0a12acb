"""The drills: the trader killed, the venue killed, streams cut, the account restored; each ends with a proof."""

import json
import random
import time
import urllib.request
from collections.abc import Callable
from typing import NamedTuple

from tradewind.backups.taking import take
from tradewind.drills.proof import Proof, orders_taken, proof_of
from tradewind.drills.stage import Stage
from tradewind.errors import UnknownName
from tradewind.settings import Settings

CYCLES = 10
TRADED_S = 12.0
"""Between a backup and the loss of the account: two or three orders."""
OWED_S = 40.0
"""After a loss the successor sends nothing for half a minute: the lost trader might still be at work elsewhere."""


class Result(NamedTuple):
    """What a drill came to."""

    name: str
    cycles: int
    seconds: tuple[float, ...]
    """From each fault to trading-ready again, sorted."""
    proof: Proof

    def percentile(self, share: float) -> float:
        """Return the seconds within which that share of cycles was ready again."""
        return self.seconds[min(len(self.seconds) - 1, int(share * len(self.seconds)))]


def drill(name: str, cycles: int = CYCLES, seed: int = 1, say: Callable[[str], None] = lambda _line: None) -> Result:
    """Return what a drill of so many faults came to; UnknownName where there is no such drill."""
    if name not in DRILLS:
        raise UnknownName("drill", name, DRILLS)
    chance = random.Random(seed)  # noqa: S311 - moments of a drill
    with Stage() as stage:
        stage.until(lambda: stage.status().get("positions"), "the first order fills")
        seconds = []
        for number in range(cycles):
            time.sleep(chance.uniform(0.2, 3.0))
            seconds.append(DRILLS[name](stage))
            say(f"{name} {number + 1}/{cycles}: ready again after {seconds[-1]:.2f} s")
        time.sleep(3.0)  # the last orders come to rest
        stage.stop_trader()
        return Result(name, cycles, tuple(sorted(seconds)), proof_of(stage))


def _kill(stage: Stage) -> float:
    return stage.kill_trader()


def _venue(stage: Stage) -> float:
    """The venue is killed and started again on its own record."""
    if stage.venue is not None:
        stage.venue.kill()
        stage.venue.wait(30)
    time.sleep(1.0)
    stage.start_venue()
    return _ready_again(stage)


def _cut(stage: Stage) -> float:
    """Every stream is cut."""
    url = (stage.folder / "url").read_text(encoding="utf-8")
    token = (stage.folder / "token").read_text(encoding="utf-8").strip()
    request = urllib.request.Request(  # noqa: S310 - our own venue on this machine
        f"{url}/simulator/faults",
        json.dumps({"drop_streams": time.monotonic_ns() % 10**9}).encode(),  # a change cuts, whatever it is
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        method="POST",
    )
    urllib.request.urlopen(request, timeout=30).close()  # noqa: S310 - the same
    return _ready_again(stage)


def _restore(stage: Stage) -> float:
    """A backup is taken, trading goes on, then the account is lost and brought back from that backup."""
    if stage.forgotten:
        time.sleep(OWED_S)
    settings = Settings(data=stage.folder)
    backup = take(settings, stage.folder / "backups", history=False, secrets=False, settings_file=None, say=str)
    time.sleep(TRADED_S)
    stage.forgotten |= orders_taken(stage)
    return stage.lose_account(backup)


def _ready_again(stage: Stage) -> float:
    """Return the seconds from the fault's being noticed until the trader is ready again."""
    stage.until(lambda: stage.status().get("ready") is not True, "the trader notices")
    began = time.monotonic()
    stage.until(lambda: stage.status().get("ready") is True, "the trader is ready again")
    return time.monotonic() - began


DRILLS: dict[str, Callable[[Stage], float]] = {"kill": _kill, "venue": _venue, "cut": _cut, "restore": _restore}
