"""Tokens: read from a file that only its owner may read, shown to nobody.

A token stands in one header of a request and nowhere else: not in a log, not in an error, not in a `repr`.
"""

import re
import stat
from pathlib import Path

from tradewind.errors import BadSettings

LARGEST = 4096
"""Bytes of the largest token file."""
_SPELLING = re.compile(r"[A-Za-z0-9._~+/=-]{8,512}")


class Token:
    """A secret that shows itself only to who asks for it by name."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        """Refuses a text that cannot be a token: it would be split by a header."""
        if not _SPELLING.fullmatch(value):
            raise BadSettings("The token has letters that no token has.", "Copy it again, one line.")
        self._value = value

    def __repr__(self) -> str:
        """Return what may be shown."""
        return "<token>"

    def __reduce__(self) -> str:
        """A token is never pickled."""
        raise TypeError("a token is not written down")

    def revealed(self) -> str:
        """Return the token."""
        return self._value

    def without(self, text: str) -> str:
        """Return a text in which the token does not stand."""
        return text.replace(self._value, repr(self))


def read_token(path: Path) -> Token:
    """Return the token in a file; a file that others may read is refused."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(path.stat().st_mode)
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise BadSettings(f"The token file {path} cannot be read: {error.strerror}.", "Check the path.") from None
    if mode & 0o077:
        raise BadSettings(f"The token file {path} can be read by others (mode {mode:04o}).", f"Run: chmod 600 {path}")
    try:
        text = content.decode("ascii").strip()
    except UnicodeDecodeError:
        text = ""
    if not text or len(content) > LARGEST:
        raise BadSettings(f"The token file {path} does not hold one token.", "Write the token into it, one line.")
    return Token(text)
