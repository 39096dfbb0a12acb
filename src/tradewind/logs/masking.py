"""Secrets are covered before a line is read by anybody.

What is secret is known in two ways: by its value, when it stands in a secret file, and by its look, when it is a key
or token of a known form, stands behind a word such as `token=`, or inside an address.
"""

import re
from collections.abc import Iterable
from pathlib import Path

COVER = "…"
SHORTEST = 8
"""A secret of fewer characters is not searched for: it would cover half the text. None of ours is so short."""
LARGEST_FILE = 65_536
PATTERNS = (
    (re.compile(r"\btw_[a-z0-9]{8}_[\w-]+"), "tw_…"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), "eyJ…"),
    (re.compile(r"(://[^\s:/@]{0,60}:)[^\s@]+@"), r"\1…@"),
    (re.compile(r"(?i)(\b(?:bearer|basic)\s+|\b(?:password|passwd|secret|token|api[_-]?key)[\"']?\s*[=:]\s*[\"']?)"
                r"[^\s\"',;\\]+"), r"\1…"),
    (re.compile(r"(?<![\w-])(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{43}(?![\w-])"), COVER),
)  # fmt: skip
"""What is covered, and how: keys, tokens, passwords in addresses and after their names, 256 bits as we write them."""


def covered(text: str) -> str:
    """Return the text with everything covered that looks like a secret."""
    for pattern, cover in PATTERNS:
        text = pattern.sub(cover, text)
    return text


class Masks:
    """Covers known secrets, and what looks like one."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """The secrets are known."""
        self._known: tuple[str, ...] = ()
        self.add(*secrets)

    def add(self, *secrets: str) -> None:
        """These are covered from now on, the longest first: one may be part of another."""
        found = {one for text in secrets if len(one := text.strip()) >= SHORTEST}
        self._known = tuple(sorted({*self._known, *found}, key=len, reverse=True))

    def add_folder(self, folder: Path) -> None:
        """What stands in the secret files of a folder is covered, each line of it."""
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            self.add_file(path)

    def add_file(self, path: Path) -> None:
        """What stands in a secret file is covered, each line of it; one that cannot be read holds nothing of ours."""
        try:
            if path.is_file() and path.stat().st_size <= LARGEST_FILE:
                self.add(*path.read_text(encoding="utf-8").splitlines())
        except (OSError, UnicodeDecodeError):
            return

    def __call__(self, text: str) -> str:
        """Return the text without anything secret."""
        for one in self._known:
            if one in text:
                text = text.replace(one, COVER)
        return covered(text)
