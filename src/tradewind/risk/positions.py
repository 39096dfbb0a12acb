"""Where each key of a TOML text stands, so that an error can name line and column.

The standard library's parser does not tell. This scan runs only over text that parser has accepted, so it need not
judge, only skip: comments, strings of four kinds, arrays and inline tables over several lines. A path is the keys
from the top, and numbers for the elements of arrays: `("loss_rules", 0, "amount")`.
"""

import re

Path = tuple[str | int, ...]
Place = tuple[int, int]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_GAP = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_SCALAR = re.compile(r"[^\s,\]}#][^,\]}#\n]*")
_QUOTES = ('"""', "'''", '"', "'")


def places(text: str) -> dict[Path, Place]:
    """Return line and column (from 1) of every key and array element of a valid TOML text."""
    scan = _Scan(text)
    scan.document()
    return {path: scan.place(at) for path, at in scan.found.items()}


class _Scan:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[Path, int] = {}
        self.counts: dict[Path, int] = {}

    def place(self, at: int) -> Place:
        return self.text.count("\n", 0, at) + 1, at - self.text.rfind("\n", 0, at)

    def skip(self) -> None:
        """What means nothing lies behind."""
        match = _GAP.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def document(self) -> None:
        """Every line has been read."""
        table: Path = ()
        self.skip()
        while self.at < len(self.text):
            if self.text.startswith("[", self.at):
                table = self.header()
            else:
                self.pair(table)
            self.skip()

    def header(self) -> Path:
        """Return the table that a [header] or [[header]] opens."""
        begin, several = self.at, self.text.startswith("[[", self.at)
        self.at += 2 if several else 1
        path = self.located(self.keys(), several=several)
        self.at += 2 if several else 1
        self.found.setdefault(path, begin)
        return path

    def located(self, keys: list[str], *, several: bool) -> Path:
        """Return the path of a header: under an array of tables it means the latest element."""
        path: Path = ()
        for index, key in enumerate(keys):
            path += (key,)
            if several and index == len(keys) - 1:
                self.found.setdefault(path, self.at)
                self.counts[path] = self.counts.get(path, -1) + 1
            if path in self.counts:
                path += (self.counts[path],)
        return path

    def keys(self) -> list[str]:
        """Return the parts of a dotted key, which lies behind."""
        parts: list[str] = []
        while True:
            self.skip()
            if self.text[self.at] in "\"'":
                begin = self.at
                self.string()
                parts.append(self.text[begin + 1 : self.at - 1])
            else:
                match = _BARE.match(self.text, self.at)
                parts.append(match[0] if match else "")
                self.at = match.end() if match else self.at + 1
            self.skip()
            if not self.text.startswith(".", self.at):
                return parts
            self.at += 1

    def pair(self, table: Path) -> None:
        """A key, the sign and its value lie behind."""
        self.skip()
        begin, path = self.at, table
        for key in self.keys():
            path += (key,)
            self.found.setdefault(path, begin)
        self.at += 1
        self.value(path)

    def value(self, path: Path) -> None:
        """The value of `path` lies behind."""
        self.skip()
        sign = self.text[self.at]
        if sign in "\"'":
            self.string()
        elif sign in "[{":
            self.inside(path, closing="]" if sign == "[" else "}")
        else:
            match = _SCALAR.match(self.text, self.at)
            self.at = match.end() if match else self.at + 1

    def inside(self, path: Path, closing: str) -> None:
        """An array or an inline table lies behind."""
        self.at += 1
        number = 0
        self.skip()
        while not self.text.startswith(closing, self.at):
            if closing == "]":
                self.found[(*path, number)] = self.at
                self.value((*path, number))
                number += 1
            else:
                self.pair(path)
            self.skip()
            if self.text.startswith(",", self.at):
                self.at += 1
                self.skip()
        self.at += 1

    def string(self) -> None:
        """A string of any kind lies behind."""
        quote = next(one for one in _QUOTES if self.text.startswith(one, self.at))
        self.at += len(quote)
        while not self.text.startswith(quote, self.at):
            self.at += 2 if self.text[self.at] == "\\" and quote[0] == '"' else 1
        self.at += len(quote)
        while len(quote) == 3 and self.text.startswith(quote[0], self.at):  # quotes before the closing three
            self.at += 1
