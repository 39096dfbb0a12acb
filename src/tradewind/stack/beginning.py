"""A new folder to trade from: settings with every choice explained, and secrets that nobody chose.

Each secret is 256 bits of chance in a file of its own that only its owner can read, and is printed nowhere. What is
there already is never touched: one file that would be written over, and nothing is written at all.
"""

import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from tradewind.errors import BadSettings, UnknownName
from tradewind.settings_layers import STAGES
from tradewind.stack.places import DEFAULT, Ports
from tradewind.stack.settings_text import settings_text

SECRETS, CONTAINERS = Path("secrets"), Path("containers")
USERS = ("tradewind", "feed", "recorder", "trader", "api", "backup", "monitor")
"""Who logs in at the databases: the owner of the tables, then one a service."""
PLAIN_SECRETS: tuple[str, ...] = ("tokens",)
"""What one process needs: the key that signs people's sessions."""
STACK_SECRETS = (*(f"postgresql-{user}" for user in USERS), *(f"timescale-{user}" for user in USERS), "redis")
CONTAINER_SECRETS = ("grafana",)
BROKER = "broker"
"""The broker's token: a file to be filled by a person, empty at first, and refused as long as it is."""
ALERTS = ("alert-page", "alert-warn", "alert-snitch")
"""Where alerts are sent: each a file to be filled by a person with the address of a webhook, or left empty."""
SERVERS = ("postgres", "timescaledb", "kafka", "prometheus", "alertmanager", "grafana")
"""Who keeps something on disk in a container."""
NOBODY = 10_001
"""Who owns the folder where root makes it: containers never run as root."""
SECRET_BYTES = 32
IGNORED = "# Data and secrets stay here.\ntradewind-data/\nsecrets/\ncontainers/\n.env\n"
ENVIRONMENT = """\
# Where this folder is, and whom containers run as: never root.
TRADEWIND_FOLDER={folder}
TRADEWIND_UID={user}
TRADEWIND_GID={group}
# What is traded, and under which name; begun only with `--profile trading`.
TRADEWIND_STRATEGY=opening_range
TRADEWIND_INSTRUMENTS=XAUUSD
TRADEWIND_ACCOUNT=live
"""


class Begun(NamedTuple):
    """What was made."""

    files: tuple[Path, ...]
    folder: Path
    """Of the secrets."""
    secrets: int


def begin_folder(
    folder: Path, *, stack: bool = False, containers: bool = False, ports: Ports = DEFAULT, stage: str = "paper"
) -> Begun:
    """The folder has settings, secrets and a .gitignore; with containers also what `deploy/compose.yaml` asks for.

    Raises BadSettings where one of the files is there, or UnknownName for the stage; nothing is changed then.
    """
    if stage not in STAGES:
        raise UnknownName("stage", stage, STAGES)
    user, group = (NOBODY, NOBODY) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
    texts = {
        Path("tradewind.toml"): settings_text(ports, stack=stack, containers=containers, stage=stage),
        Path(".gitignore"): IGNORED,
    }
    names = PLAIN_SECRETS
    if stack or containers:
        names += STACK_SECRETS
    if containers:
        names += CONTAINER_SECRETS
        texts |= _for_containers(folder.resolve(), user, group)
    hidden = {SECRETS / name: secrets.token_urlsafe(SECRET_BYTES) for name in names}
    if containers:
        hidden[SECRETS / BROKER] = ""
    if stack or containers:
        hidden |= dict.fromkeys((SECRETS / name for name in ALERTS), "")
    _refuse_what_is_there(folder, [*texts, *hidden])
    made: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _folders(folder, [SECRETS], 0o700, made)
        if containers:
            _folders(folder, [CONTAINERS / name for name in SERVERS], 0o700, made)
            _folders(folder, [Path("tradewind-data") / "metrics", Path("strategies")], 0o755, made)
        _write(folder, texts, 0o644, made)
        _write(folder, hidden, 0o600, made)
        if containers and os.geteuid() == 0:
            _give(folder, made, user, group)
    except BaseException:
        _take_back(made)
        raise
    return Begun(tuple(folder / path for path in texts), folder / SECRETS, len(names))


def _for_containers(folder: Path, user: int, group: int) -> dict[Path, str]:
    """Return the files that compose reads: who runs the containers, and where the folder is."""
    people = f"root:x:0:0::/:/sbin/nologin\ntradewind:x:{user}:{group}::/tmp:/sbin/nologin\n"
    return {
        Path(".env"): ENVIRONMENT.format(folder=folder, user=user, group=group),
        CONTAINERS / "passwd": people,
    }


def _refuse_what_is_there(folder: Path, paths: list[Path]) -> None:
    there = [str(folder / path) for path in paths if os.path.lexists(folder / path)]
    if there:
        raise BadSettings(
            f"{there[0]} is there already{f', and {len(there) - 1} more' if there[1:] else ''}.",
            "Nothing was written. Name another folder, or move these away.",
        )


def _folders(folder: Path, paths: list[Path], mode: int, made: list[Path]) -> None:
    """The folders are there; the last part of each has the mode."""
    for path in paths:
        for part in (*reversed(path.parents[:-1]), path):
            if not (folder / part).is_dir():
                (folder / part).mkdir(mode=mode if part == path else 0o755)
                made.append(folder / part)


def _write(folder: Path, texts: Mapping[Path, str], mode: int, made: list[Path]) -> None:
    """Each file was made with its text by us just now; the mode holds from its first moment."""
    for path, text in texts.items():
        if path.parent != Path():
            _folders(folder, [path.parent], 0o755, made)
        handle = os.open(folder / path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        made.append(folder / path)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text + ("\n" if text and not text.endswith("\n") else ""))
            file.flush()
            os.fsync(file.fileno())


def _give(folder: Path, made: list[Path], user: int, group: int) -> None:
    """What was made belongs to the user of the containers."""
    for path in (folder, *made):
        os.chown(path, user, group)


def _take_back(made: list[Path]) -> None:
    """Nothing that was made is left."""
    for path in reversed(made):
        remove: Callable[[], None] = path.rmdir if path.is_dir() else path.unlink
        try:
            remove()
        except OSError:
            continue
