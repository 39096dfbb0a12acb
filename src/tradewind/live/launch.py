"""A trader begun as a process of its own: whoever begins it may end, be killed or started anew, and it trades on.

It is the command a person would type, in a session of its own, with the settings it was asked for beside its account.
What it says goes to a file in the account's folder.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from tradewind.errors import TradewindError
from tradewind.live.folder import Folder
from tradewind.settings import Settings
from tradewind.watchdog.beats import Beat, process_table, read_beat, write_whole
from tradewind.watchdog.processes import find_trader, started

LOG, BEGUN, SETTINGS = "trader.log", "begun.json", "settings.toml"
LARGEST_LOG = 1_048_576
ELSEWHERE_NS = 5_000_000_000
"""A trader whose process cannot be seen is taken for dead after so long without a beat."""
TOLD = 4_000
"""Characters of the log that are shown."""


class Launched(NamedTuple):
    """How a trader that was begun here stands."""

    pid: int
    command: str
    begun_ns: int
    alive: bool
    said: str
    """The end of what it said."""


def launch(folder: Folder, command: Sequence[str], settings: Settings, now: int | None = None) -> Launched:
    """The trader's process has begun; TradewindError where one of the account lives already.

    `command` are the words of a verb, with everything but the data folder and the settings.
    """
    if trader_lives(folder):
        raise TradewindError(f"The account {folder.name} runs already.", "Stop it first.")
    folder.make()
    write_whole(folder.root / SETTINGS, as_toml(settings).encode())
    place = command.index("--") if "--" in command else len(command)
    given = ["--data", str(Path(settings.data).resolve()), "--settings", str((folder.root / SETTINGS).resolve())]
    words = [sys.executable, "-m", "tradewind.cli", *command[:place], *given, *command[place:]]
    log = folder.root / LOG
    with suppress(FileNotFoundError):
        if log.stat().st_size > LARGEST_LOG:
            log.replace(log.with_suffix(".log.1"))
    with log.open("ab") as out:
        log.chmod(0o600)
        process = subprocess.Popen(  # noqa: S603 - our own verbs; whoever asks has checked every argument
            words, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
    threading.Thread(target=process.wait, name=f"trader of {folder.name}", daemon=True).start()  # so that it is buried
    typed = " ".join(["tradewind", *(word for word in command if word != "--")])
    found = Launched(process.pid, typed, now or time.time_ns(), alive=True, said="")
    told = {"pid": found.pid, "started": started(found.pid) or 0, "begun_ns": found.begun_ns, "command": found.command}
    write_whole(folder.root / BEGUN, json.dumps(told).encode())
    return found


def launched(folder: Folder) -> Launched | None:
    """Return how the trader begun last from here stands; None where none was."""
    try:
        told = json.loads((folder.root / BEGUN).read_text(encoding="utf-8"))
        pid, began = int(told["pid"]), int(told["begun_ns"])
        alive = told["started"] > 0 and started(pid) == told["started"]
        return Launched(pid, str(told["command"]), began, alive, _end_of(folder.root / LOG))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def trader_lives(folder: Folder) -> bool:
    """Return whether a process of this machine trades the account, or is about to.

    One in another container cannot be looked up: it lives as long as its beats are fresh.
    """
    beat = read_beat(folder.status)
    if isinstance(beat, Beat) and beat.rest.get("ended") is not True:
        if beat.rest.get("processes", process_table()) != process_table():
            return time.monotonic_ns() - beat.monotonic_ns < ELSEWHERE_NS
        if find_trader(folder.root, beat) is not None:
            return True
    found = launched(folder)
    return found is not None and found.alive


def _end_of(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - TOLD))
        return file.read().decode("utf-8", "replace")


def as_toml(settings: Settings) -> str:
    """Return settings as a settings file that says the same; files that are named keep their places."""
    tree = settings.model_dump(mode="json", exclude={"data"}, exclude_none=True)
    for section, name in (("broker", "token_file"), ("ports", "secrets")):
        if name in tree.get(section, {}):
            tree[section][name] = str(Path(tree[section][name]).resolve())
    for name in ("notify", "strategies"):
        if tree.get(name):
            tree[name] = str(Path(tree[name]).resolve())
    if tree["risk"].endswith(".toml") and Path(tree["risk"]).is_file():
        tree["risk"] = str(Path(tree["risk"]).resolve())
    return "\n".join(_lines(tree, ())) + "\n"


def _lines(tree: dict[str, Any], path: tuple[str, ...]) -> list[str]:
    plain = {name: value for name, value in tree.items() if not isinstance(value, dict)}
    lines = [f"[{'.'.join(_text(part) for part in path)}]"] if path and (plain or not tree) else []
    lines += [f"{_text(name)} = {_text(value)}" for name, value in plain.items()]
    for name, value in tree.items():
        if isinstance(value, dict):
            lines += _lines(value, (*path, name))
    return lines


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def put_aside(folder: Folder, settings: Settings) -> None:
    """The account's former folder is kept under another name, so that it begins anew; TradewindError while it runs."""
    if trader_lives(folder):
        raise TradewindError(f"The account {folder.name} runs.", "Stop it first.")
    if settings.ports.journal != "sqlite":
        raise TradewindError(
            f"The journal of {folder.name} is on a server, where it only grows.", "Begin anew under another name."
        )
    if folder.root.exists():
        folder.root.rename(folder.root.with_name(f"{folder.name}-until-{time.strftime('%Y%m%d-%H%M%S')}"))
