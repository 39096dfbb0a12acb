"""What runs here: Python, the package, and whether every library it asks for is there in a version it was made for."""

import os
import platform
import re
import sqlite3
import sys
from importlib.metadata import PackageNotFoundError, requires, version

from tradewind.doctor.finding import BAD, GOOD, WARNING, Finding
from tradewind.settings import Settings

AREA = "versions"
MEMORY = 2 * 1024**3
WISH = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?\s*([^;]*)(?:;(.*))?$")
EXTRA = re.compile(r"extra\s*==\s*['\"]([^'\"]+)['\"]")
BOUND = re.compile(r"(>=|<=|==|<|>)\s*([0-9][0-9.]*)")


def versions(settings: Settings) -> list[Finding]:
    """Return whether the machine and what is installed on it are what the package asks for."""
    told = ".".join(map(str, sys.version_info[:3]))
    python = Finding(AREA, "python", GOOD, f"Python {told}, SQLite {sqlite3.sqlite_version}", limit="3.11 or later")
    try:
        package = Finding(AREA, "package", GOOD, f"tradewind {version('tradewind')}")
    except PackageNotFoundError:
        says = "The package is not installed: versions of libraries cannot be judged."
        return [python, Finding(AREA, "package", BAD, says, "Run `pip install .` in its folder."), *_machine()]
    return [python, package, *_libraries(settings), *_machine()]


def extras_needed(settings: Settings) -> list[str]:
    """Return the extras that these settings cannot do without."""
    ports = settings.ports
    apart = any("://" in one for one in (ports.journal, ports.runs, ports.history, ports.feed, ports.board))
    wanted = {"stack": apart, "fix": settings.broker.name == "fix", "notify": settings.notify is not None}
    return [name for name, needed in wanted.items() if needed]


def _libraries(settings: Settings) -> list[Finding]:
    wrong, there = [], []
    wanted = {"", *extras_needed(settings)}
    for line in requires("tradewind") or ():
        match = WISH.match(line)
        extra = EXTRA.search(match[3] or "") if match else None
        if match is None or (extra[1] if extra else "") not in wanted:
            continue
        name, asked = match[1], match[2].strip(" ()")
        cure = f"Run `pip install 'tradewind[{extra[1]}]'`." if extra else "Run `pip install --upgrade tradewind`."
        try:
            held = version(name)
        except PackageNotFoundError:
            wrong.append(Finding(AREA, name, BAD, f"{name} is missing.", cure, limit=asked))
            continue
        if agrees(held, asked):
            there.append(f"{name} {held}")
        else:
            wrong.append(Finding(AREA, name, BAD, f"{name} {held} is not what was asked for.", cure, limit=asked))
    return wrong or [Finding(AREA, "libraries", GOOD, ", ".join(there))]


def agrees(held: str, asked: str) -> bool:
    """Return whether a version lies within all bounds of `>=2.1,<3`."""
    have = _numbers(held)
    for sign, text in BOUND.findall(asked):
        want = _numbers(text)
        same = have[: len(want)] == want
        after = have > want and not same
        fits = {">=": after or same, "<=": not after, "==": same, "<": not after and not same, ">": after}
        if not fits[sign]:
            return False
    return True


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text.split("+", maxsplit=1)[0])[:3])


def _machine() -> list[Finding]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    says = f"{os.cpu_count()} processors, {memory / 1024**3:.1f} GB of memory, {platform.system()} {platform.machine()}"
    if memory < MEMORY:
        return [Finding(AREA, "machine", WARNING, says, "Give it 2 GB of memory or more.", limit="2 GB")]
    return [Finding(AREA, "machine", GOOD, says, limit="2 GB")]
