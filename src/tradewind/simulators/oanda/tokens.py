"""The token of a simulated venue: made once, kept in a file that only its owner can read."""

import os
import secrets
import stat
from pathlib import Path

from tradewind.errors import BadSettings


def kept_token(path: Path) -> str:
    """Return the token in a file, or a new one that is in it now; raises BadSettings for a file others can read."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise BadSettings(f"Others can read the token in {path}.", f"Run: chmod 600 {path}") from None
        token = path.read_text(encoding="utf-8").strip()
        if not token:
            raise BadSettings(f"There is no token in {path}.", "Remove the file; a new token is made.") from None
        return token
    token = secrets.token_hex(32)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{token}\n")
    return token
