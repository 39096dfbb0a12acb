"""Services that are processes of their own: the trader, whom nothing else may hold up, and the watchdog beside it.

They are started with the command line a person would type, told to stop with it, and when one ends by itself its
service does too: a trader that dies is started again by its own keeper, and one that ends has said why.
"""

import subprocess
import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from tradewind.errors import BadSettings
from tradewind.services.life import Life, Work
from tradewind.settings import Settings

PATIENCE_S = 30.0
"""A trader that is told to stop has so long to answer its broker's last word."""


def works(settings: Settings, settings_file: Path | None) -> Mapping[str, Work]:
    """Return the trader and its watchdog by name, if the settings say what is traded."""
    if not settings.trader.strategies:
        return {}
    if not settings.trader.symbols:
        raise BadSettings("[trader] names strategies and no symbols.", 'Say on what: symbols = ["XAUUSD"].')
    where = ["--settings", str(settings_file)] if settings_file is not None else []
    where += ["--data", str(settings.data)]
    watching = ["watchdog", "--account", settings.trader.account]
    return {
        "watchdog": partial(
            watching_once_there, settings.data / "accounts" / settings.trader.account, [*watching, *where]
        ),
        "trader": partial(attended, words=[*trading(settings), *where]),
    }


def trading(settings: Settings) -> list[str]:
    """Return the words of the command line that trades what the settings say."""
    wanted = settings.trader
    words = [wanted.mode, *wanted.strategies, "--on", ",".join(wanted.symbols), "--account", wanted.account]
    words += ["--bar", wanted.bar]
    if wanted.mode == "paper":
        return [*words, "--source", "broker" if settings.broker.name != "none" else wanted.source]
    words += ["--standby"] if wanted.standby else []
    return [*words, "--arm", wanted.arm] if wanted.arm else words


def watching_once_there(account: Path, words: list[str], life: Life) -> None:
    """The watchdog ran until it was told to stop, from the moment the trader had made its account's folder."""
    while not account.is_dir() and not life.stopped:
        life.rest(0.2)
    if not life.stopped:
        attended(life, words)


def attended(life: Life, words: list[str]) -> None:
    """A process of ours ran until it was told to stop, or ended; BadSettings where it ended with a complaint."""
    process = subprocess.Popen([sys.executable, "-m", "tradewind.cli", *words])  # noqa: S603 - our own command line
    try:
        life.working(process=process.pid)
        while not life.stopped and process.poll() is None:
            life.turn()
            life.rest(0.2)
    finally:
        _stop(process, life)
    if not life.stopped and process.returncode:
        raise BadSettings(
            f"`tradewind {' '.join(words[:2])}` ended with {process.returncode}.", "What it said stands above."
        )


def _stop(process: "subprocess.Popen[bytes]", life: Life) -> None:
    """The process has ended: softly if it does so in time."""
    if process.poll() is None:
        process.terminate()
    until = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < until:
        life.beat()
        time.sleep(0.1)
    if process.poll() is None:
        process.kill()
        process.wait()
