"""Files of secrets: there, ours, readable by nobody else, and none that a stranger would guess.

`tradewind doctor` tells all of it; whatever starts to run refuses what is grave.
"""

import os
import stat
from pathlib import Path
from typing import NamedTuple

from tradewind.errors import BadSettings
from tradewind.settings import Settings

GUESSED = frozenset(
    (
        *(
            "admin",
            "admin123",
            "administrator",
            "changeme",
            "default",
            "guest",
            "letmein",
            "market",
            "pass",
            "password",
        ),
        *("password1", "postgres", "postgresql", "qwerty", "redis", "root", "secret", "test", "trader", "tradewind"),
        *("timescale", "123456", "12345678", "123456789", "1234567890"),
    )
)
"""What is tried first, in small letters."""
SHORT, ALIKE = 22, 8
"""Letters of 128 bits in base64; and so many of them have to differ."""
TO_BE_FILLED = ("broker", "alert-page", "alert-warn", "alert-snitch")
"""Made empty by `init`; whoever needs one says so. They are given by others, who choose their length."""


class Weakness(NamedTuple):
    """What is wrong with a file of secrets."""

    name: str
    says: str
    cure: str
    grave: bool = True
    """Nothing starts with it."""
    limit: str = ""


def files_of(settings: Settings) -> list[Path]:
    """Return the files of secrets that the settings lead to, there or not."""
    named = [settings.broker.token_file, settings.notify, settings.api.key]
    found = [path for path in named if path is not None]
    folder = settings.ports.secrets
    if folder is not None and folder.is_dir():
        found += sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    return list(dict.fromkeys(found))


def weaknesses(settings: Settings) -> list[Weakness]:
    """Return what is wrong with the files of secrets that the settings lead to."""
    folder, found = settings.ports.secrets, []
    if folder is not None and not folder.is_dir():
        cure = "Run `tradewind init --stack FOLDER`, or correct [ports]."
        return [Weakness("folder", f"There is no folder of secrets {folder}.", cure)]
    if folder is not None:
        found += [one._replace(grave=False) for one in _of_mode(folder, 0o700)]
    given = {settings.broker.token_file, settings.notify, settings.api.key}
    for path in files_of(settings):
        found += _of_file(path, given=path in given or path.name in TO_BE_FILLED)
    kept = settings.data / "entrance.sqlite"
    return [*found, *_of_mode(kept, 0o600)] if kept.is_file() else found


def refuse_weak(settings: Settings) -> None:
    """Raise BadSettings for the first grave weakness: nothing that listens or trades starts with it."""
    for one in weaknesses(settings):
        if one.grave:
            raise BadSettings(one.says, one.cure)


def _of_file(path: Path, *, given: bool) -> list[Weakness]:
    """Return what is wrong with one file; how strong a secret `given` by somebody else is, is theirs to choose."""
    name = path.name
    if not path.is_file():
        return [Weakness(name, f"There is no file {path}.", f"Write it, then: chmod 600 {path}")]
    found = _of_mode(path, 0o600)
    try:
        text = path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError as error:
        return [*found, Weakness(name, f"{path}: {error.strerror}.", f"Own it: chown $USER {path}")]
    cure = f"tradewind secrets rotate {name}"
    if not text and name in TO_BE_FILLED:
        return found
    if not text:
        found.append(Weakness(name, f"{path} is empty.", cure))
    elif text.casefold() in GUESSED:
        found.append(Weakness(name, f"{path} holds a default that everybody tries first.", cure))
    elif not given and (len(text) < SHORT or len(set(text)) < ALIKE):
        says = f"{path} is weak: {len(text)} letters, {len(set(text))} of them different."
        found.append(Weakness(name, says, cure, limit=f"{SHORT}"))
    return found


def _of_mode(path: Path, wanted: int) -> list[Weakness]:
    told = path.stat()
    mode, found = stat.S_IMODE(told.st_mode), []
    if mode & 0o077:
        says = f"{path} is open to others (mode {mode:04o})."
        found.append(Weakness(path.name, says, f"Run: chmod {wanted:o} {path}", limit=f"{wanted:04o}"))
    if told.st_uid != os.geteuid() and os.geteuid() != 0:
        found.append(Weakness(path.name, f"{path} belongs to user {told.st_uid}.", f"Run: chown $USER {path}"))
    return found
