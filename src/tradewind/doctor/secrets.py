"""Secrets: there, ours, readable by nobody else, and none that a stranger would guess first."""

import os
import stat
from pathlib import Path

from tradewind.doctor.finding import BAD, GOOD, UNUSED, WARNING, Finding
from tradewind.settings import Settings

AREA = "secrets"
GUESSED = frozenset(
    (
        *(
            "admin",
            "administrator",
            "changeme",
            "default",
            "guest",
            "letmein",
            "market",
            "pass",
            "password",
            "password1",
        ),
        *("postgres", "postgresql", "qwerty", "redis", "root", "secret", "test", "trader", "tradewind", "timescale"),
        *("123456", "12345678", "123456789", "1234567890"),
    )
)
"""What is tried first; told as it is written there in small letters."""
SHORT = 12
TO_BE_FILLED = ("broker", "alert-page", "alert-warn", "alert-snitch")
"""Made empty by `init`; whoever needs one says so."""


def secrets(settings: Settings) -> list[Finding]:
    """Return what is wrong with the files of secrets that the settings lead to, or that nothing is."""
    folder = settings.ports.secrets
    named = [settings.broker.token_file, settings.notify, settings.api.key]
    files = [path for path in named if path is not None]
    found = []
    if folder is not None:
        if not folder.is_dir():
            says = f"There is no folder of secrets {folder}."
            return [Finding(AREA, "folder", BAD, says, "Run `tradewind init --stack FOLDER`, or correct [ports].")]
        found += _of_mode(folder, 0o700)
        files += sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    kept = settings.data / "entrance.sqlite"
    for path in dict.fromkeys(files):
        found += _of_file(path)
    if kept.is_file():
        found += _of_mode(kept, 0o600)
    count = len(set(files)) + kept.is_file()
    if not count and not found:
        return [Finding(AREA, "files", UNUSED, "the settings lead to none")]
    return found or [Finding(AREA, "files", GOOD, f"{count} files, readable by their owner alone")]


def _of_file(path: Path) -> list[Finding]:
    if not path.is_file():
        return [Finding(AREA, path.name, BAD, f"There is no file {path}.", f"Write it, then: chmod 600 {path}")]
    found = _of_mode(path, 0o600)
    try:
        text = path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError as error:
        return [*found, Finding(AREA, path.name, BAD, f"{path}: {error.strerror}.", f"Own it: chown $USER {path}")]
    cure = f"Write a long random one: openssl rand -base64 32 > {path}, and tell its server."
    if not text and path.name in TO_BE_FILLED:
        return found
    if not text:
        found.append(Finding(AREA, path.name, BAD, f"{path} is empty.", cure))
    elif text.casefold() in GUESSED:
        found.append(Finding(AREA, path.name, BAD, f"{path} holds a default that everybody tries first.", cure))
    elif len(text) < SHORT:
        found.append(
            Finding(AREA, path.name, WARNING, f"{path} holds only {len(text)} letters.", cure, limit=f"{SHORT}")
        )
    return found


def _of_mode(path: Path, wanted: int) -> list[Finding]:
    told = path.stat()
    mode = stat.S_IMODE(told.st_mode)
    found = []
    if mode & 0o077:
        says = f"{path} is open to others (mode {mode:04o})."
        found.append(Finding(AREA, path.name, BAD, says, f"Run: chmod {wanted:o} {path}", limit=f"{wanted:04o}"))
    if told.st_uid != os.geteuid() and os.geteuid() != 0:
        says = f"{path} belongs to user {told.st_uid}."
        found.append(Finding(AREA, path.name, BAD, says, f"Run: chown $USER {path}"))
    return found
