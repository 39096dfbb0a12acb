"""Re-arming: a named person asks the trader, the trader answers, and only then the kill file goes.

The order is a file in the account's `inbox`; the answer has the same name in `outbox`: `{"outcome": "taken"}` or
another outcome with a `text`. An order that is not answered in time is taken back, so that it cannot be obeyed later
when nobody expects it. A kill file that was raised again meanwhile stays.
"""

import contextlib
import json
import re
import time
from pathlib import Path
from typing import Any

from tradewind.errors import TradewindError
from tradewind.watchdog import killfile, processes
from tradewind.watchdog.beats import STATUS, WATCHDOG, Beat, read_beat, read_small, write_whole

ANSWER_S = 10.0
FRESH_S = 3.0
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def account_folder(data: Path, name: str) -> Path:
    """Return the folder of an account; a name that could lead elsewhere is refused."""
    if not _NAME.fullmatch(name):
        raise TradewindError(f"{name!r} is no name of an account.", "Letters, digits, dots, dashes and underscores.")
    folder = data / "accounts" / name
    if not folder.is_dir():
        known = ", ".join(one.name for one in account_folders(data))
        raise TradewindError(f"There is no account {name!r} in {data}.", f"Accounts there: {known or 'none'}.")
    return folder


def account_folders(data: Path) -> list[Path]:
    """Return the folders of all accounts."""
    try:
        found = sorted(one for one in (data / "accounts").iterdir() if one.is_dir() and _NAME.fullmatch(one.name))
    except FileNotFoundError:
        return []
    return found


def rearm(folder: Path, person: str, reason: str, wait_s: float = ANSWER_S) -> str:
    """The trader took the order to trade again and the kill file is away; return what it said."""
    for what, word in (("person", person), ("reason", reason)):
        if not word.strip() or len(word) > 500 or not word.isprintable():
            raise TradewindError(f"Re-arming needs a {what} in words.", f'Give --{what} "...".')
    seen, level = killfile.identity(folder), killfile.level_asked(folder)
    if not level:
        raise TradewindError(f"{folder.name} has no kill file; there is nothing to take away.")
    if processes.find_trader(folder, read_beat(folder / STATUS)) is None:
        raise TradewindError(
            f"No trader runs for {folder.name}, so nobody can take the order.",
            f"Start it first: it starts with kill level {level} in force and waits for the order.",
        )
    name = f"{time.time_ns()}-rearm.json"
    order = {"verb": "rearm", "person": person.strip(), "reason": reason.strip(), "level": 0}
    inbox = folder / "inbox"
    inbox.mkdir(exist_ok=True)
    write_whole(inbox / name, json.dumps(order).encode(), durable=True)
    answer = _answer(folder, name, wait_s)
    text = str(answer.get("text", ""))[:500]
    if answer.get("outcome") != "taken":
        raise TradewindError(
            f"The trader did not take the order: {text or answer.get('outcome')!r}.", "It stays killed."
        )
    if not killfile.disengage(folder, seen):
        raise TradewindError(
            f"{folder.name} was killed again meanwhile: level {killfile.level_asked(folder)} stays.", "Look why first."
        )
    return text


def _answer(folder: Path, name: str, wait_s: float) -> dict[str, Any]:
    """Return what the trader answered; an order nobody answers is taken back."""
    ends = time.monotonic() + wait_s
    while time.monotonic() < ends:
        with contextlib.suppress(OSError, ValueError, RecursionError):
            told = json.loads(read_small(folder / "outbox" / name))
            return told if isinstance(told, dict) else {"outcome": "an answer nobody can read"}
        time.sleep(0.05)
    with contextlib.suppress(FileNotFoundError):
        (folder / "inbox" / name).unlink()
    raise TradewindError(
        f"The trader did not answer within {wait_s:g} s.", "The order was taken back; it stays killed."
    )


def standing(folder: Path) -> dict[str, Any]:
    """Return how it stands with an account: what is asked for, what is in force, who lives."""
    beat, dog = read_beat(folder / STATUS), read_beat(folder / WATCHDOG)
    trader = processes.find_trader(folder, beat)
    told: dict[str, Any] = {"account": folder.name, "asked": killfile.level_asked(folder), "taken": None}
    told["trader"] = trader.pid if trader else None
    if trader and isinstance(beat, Beat) and beat.pid == trader.pid:
        told["taken"] = beat.kill
        told["silent_s"] = _age_s(beat)
    alive = isinstance(dog, Beat) and processes.started(dog.pid) == dog.started and _age_s(dog) <= FRESH_S
    told["watchdog"] = dog.pid if alive and isinstance(dog, Beat) else None
    told["watchdog_ready"] = alive and isinstance(dog, Beat) and dog.rest.get("ready") is True
    return told


def _age_s(beat: Beat) -> float:
    return max(time.monotonic_ns() - beat.turned_ns, 0) / 1e9
