"""What stands in the fences of a page, and what a page says about running it.

A page is a script: its `sh` blocks and its `python` blocks run in order, in one folder, as a reader would do it. A
block with a `title` is a file that the reader writes. What cannot run where tests run says why in a comment, which
no renderer shows: `<!-- not run: needs Docker -->` before the fence, or `<!-- nothing here is run: ... -->` for a
whole page. What a page takes for granted, such as stored prices, is given to it by `<!-- given: COMMAND -->`.
"""

import os
import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md")],
    key=lambda page: page.relative_to(ROOT).as_posix(),
)
LANGUAGES = {"sh", "python", "toml", "json", "yaml", "sql", "text", "mermaid", "promql", "ini", "html"}

HARMLESS = {
    "tradewind",
    "python",
    "cd",
    "mkdir",
    "cat",
    "cp",
    "mv",
    "ls",
    "echo",
    "head",
    "tail",
    "touch",
    "chmod",
    "grep",
    "wc",
}
"""What a block that is run may start."""

FENCE = re.compile(r"^( *)(`{3,})(.*)$")
TITLE = re.compile(r'title="([^"]+)"')
NOT_RUN = re.compile(r"^ *<!-- not run: (.+) -->$")
NOTHING_RUN = re.compile(r"^<!-- nothing here is run: (.+) -->$", re.MULTILINE)
GIVEN = re.compile(r"^<!-- given: (.+) -->$", re.MULTILINE)


class Block(NamedTuple):
    """One fenced block: where it begins, what it is, and why it does not run ("" if it does)."""

    page: Path
    line: int
    language: str
    title: str
    reason: str
    text: str

    @property
    def place(self):
        """`docs/page.md:12`, as editors read it."""
        return f"{os.path.relpath(self.page, ROOT)}:{self.line}"


def blocks(page):
    """Return every fenced block of a page, in order."""
    lines = page.read_text(encoding="utf-8").splitlines()
    whole = NOTHING_RUN.search("\n".join(lines))
    found, opened = [], None
    for number, line in enumerate(lines, 1):
        match = FENCE.match(line)
        if match and opened is None:
            before = NOT_RUN.match(lines[number - 2]) if number > 1 else None
            reason = whole[1] if whole else before[1] if before else ""
            opened = (number, match, reason)
        elif match and match[2] == opened[1][2] and not match[3].strip():
            first, fence, reason = opened
            inner = [text.removeprefix(fence[1]) for text in lines[first : number - 1]]
            language = (fence[3].split() or [""])[0]
            title = TITLE.search(fence[3])
            found.append(Block(page, first, language, title[1] if title else "", reason, "\n".join(inner) + "\n"))
            opened = None
    if opened:
        raise ValueError(f"{page}:{opened[0]}: the fence is never closed")
    return found


def given(page):
    """Return the commands that prepare the folder of a page."""
    return GIVEN.findall(page.read_text(encoding="utf-8"))


def prose(page):
    """Return the text of a page without its fenced blocks, line by line as it stands."""
    kept, fence = [], None
    for line in page.read_text(encoding="utf-8").splitlines():
        match = FENCE.match(line)
        if match and fence in (None, match[2]):
            fence = None if fence else match[2]
            kept.append("")
        else:
            kept.append("" if fence else line)
    return "\n".join(kept)


ALL = [block for page in PAGES for block in blocks(page)]
