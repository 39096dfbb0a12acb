"""The folder of an account: journal, heartbeat, kill file, and where people's orders are left and answered.

Files are written beside their place and renamed, so that nobody ever reads half of one. Nothing here needs the
database: these files are what works when nothing else does.
"""

import json
import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tradewind.errors import BadData, TradewindError
from tradewind.watchdog.beats import process_table, write_whole
from tradewind.watchdog.killfile import level_asked
from tradewind.watchdog.processes import started

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
FORMER = re.compile(r".+-until-\d{8}-\d{6}")
"""What a folder is called that was put aside: no account any more, but a file to read."""
LARGEST_ORDER = 65_536
"""Bytes of a person's order; more is not one."""
LOADS_WITHIN_NS = 300_000_000_000
"""Compiling on a slow machine included."""


class Folder:
    """One account's folder."""

    def __init__(self, root: Path) -> None:
        """Nothing is created before `make`."""
        self.root = root
        self.journal = root / "journal.sqlite"
        self.status = root / "status.json"
        self.beginning = root / "beginning.json"
        self.watchdog = root / "watchdog.json"
        self.kill = root / "KILL"
        self.inbox, self.outbox = root / "inbox", root / "outbox"

    @property
    def name(self) -> str:
        """The account's name."""
        return self.root.name

    def make(self) -> None:
        """The folder is there, for its owner alone; BadData where it would be taken for one that was put aside."""
        if FORMER.fullmatch(self.name):
            raise BadData(f"{self.name} is what an account was before it began anew.", "Give another name.")
        for path in (self.root, self.inbox, self.outbox):
            path.mkdir(parents=True, exist_ok=True, mode=0o700)

    def begins(self) -> None:
        """A trader's process has begun: until its first heartbeat this says so, and which process it is."""
        self.make()
        pid = os.getpid()
        told = {
            "pid": pid,
            "started": started(pid) or 0,
            "monotonic_ns": time.monotonic_ns(),
            "processes": process_table(),
        }
        write_whole(self.beginning, json.dumps(told).encode())

    def begun_ns(self) -> int | None:
        """Return when the process that is loading the account began, by the monotonic clock; None where none is.

        One in another container cannot be looked up; it is believed for as long as loading may take.
        """
        with suppress(OSError, ValueError, KeyError, TypeError):
            told = json.loads(self.beginning.read_text(encoding="utf-8"))
            since = int(told["monotonic_ns"])
            if told["processes"] != process_table():
                return since if 0 <= time.monotonic_ns() - since < LOADS_WITHIN_NS else None
            return since if told["started"] > 0 and started(int(told["pid"])) == told["started"] else None
        return None

    def read_status(self) -> dict[str, Any] | None:
        """Return the latest heartbeat, None where there is none that can be read."""
        with suppress(OSError, ValueError):
            found = json.loads(self.status.read_text(encoding="utf-8"))
            return found if isinstance(found, dict) else None
        return None

    def kill_level(self) -> int:
        """Return the kill level asked for by file: 0 where there is none; a file that says nothing clear means 2."""
        return level_asked(self.root)

    def orders(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield people's orders, oldest first, by name; each file is gone once it was yielded.

        A file that is no order is answered and removed.
        """
        with suppress(FileNotFoundError):
            for path in sorted(self.inbox.glob("*.json")):
                try:
                    order = _order(path)
                except BadData as error:
                    self.answer(path.stem, {"done": False, "text": str(error)})
                else:
                    yield path.stem, order
                with suppress(FileNotFoundError):
                    path.unlink()

    def answer(self, name: str, document: Mapping[str, Any]) -> None:
        """Whoever gave the order `name` can read what became of it."""
        outcome = "taken" if document.get("done") else "refused"
        write_whole(self.outbox / f"{name}.json", json.dumps({"outcome": outcome, **document}).encode())

    def answered(self, name: str, seconds: float) -> dict[str, Any] | None:
        """Return the answer to an order, None where it does not come within so many seconds."""
        until = time.monotonic() + seconds
        path = self.outbox / f"{name}.json"
        while time.monotonic() < until:
            with suppress(FileNotFoundError, ValueError):
                found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
                path.unlink()
                return found
            time.sleep(0.05)
        return None

    def ask(self, name: str, order: Mapping[str, Any]) -> None:
        """The order waits for the trader."""
        if not self.inbox.is_dir():
            raise TradewindError(f"There is no account folder {self.root}.", "Start it with `tradewind paper` or live.")
        write_whole(self.inbox / f"{name}.json", json.dumps(order).encode())


def _order(path: Path) -> Mapping[str, Any]:
    """Return the order in a file."""
    if path.stat().st_size > LARGEST_ORDER:
        raise BadData(f"An order of {path.stat().st_size} bytes is not read.", f"At most {LARGEST_ORDER} are.")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        raise BadData("The order is not JSON.", "Write an object with a verb.") from None
    if not isinstance(found, dict) or not isinstance(found.get("verb"), str):
        raise BadData("The order has no verb.", 'Write an object such as {"verb": "halt"}.')
    return found


def account_names(data: Path) -> list[str]:
    """Return the names of all accounts of a data folder; what was put aside is none."""
    found = (one.name for one in (data / "accounts").glob("*") if one.is_dir())
    return sorted(name for name in found if NAME.fullmatch(name) and not FORMER.fullmatch(name))


def account_folder(data: Path, name: str) -> Folder:
    """Return the folder of the account with that name."""
    if not NAME.fullmatch(name):
        raise BadData(f"{name!r} is no name for an account.", "Use small letters, digits, - and _, at most 40.")
    return Folder(data / "accounts" / name)
