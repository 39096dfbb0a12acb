"""What the project promises about itself: its commands, licence, versions, lock and documentation."""

import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import tradewind
from tradewind.strategy import load

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")], key=lambda page: str(page.relative_to(ROOT)))
HAS_COMMAND_LINE = (ROOT / "src" / "tradewind" / "cli" / "__init__.py").exists()

HEAVY = ("numba", "numpy", "polars", "pydantic", "typer", "rich", "pandas")


def _read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def _normal(name):
    """Return a package's name as indexes spell it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_commands_of_the_readme_exist():
    """Every `make` verb that the README or CONTRIBUTING names is in the Makefile."""
    verbs = set(re.findall(r"^([a-z]+):", _read("Makefile"), re.MULTILINE))
    told = _read("README.md") + _read("CONTRIBUTING.md")
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", told, re.MULTILINE))

    assert {"demo", "test"} <= set(re.findall(r"make ([a-z]+)", _read("README.md")))
    assert named <= verbs


def test_the_version_is_the_same_everywhere():
    """The package, pyproject.toml and the newest release of the changelog have one version."""
    releases = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", _read("CHANGELOG.md"), re.MULTILINE)

    assert PROJECT["project"]["version"] == tradewind.__version__
    assert releases[0] == tradewind.__version__


def test_the_licence_is_apache_2():
    """LICENSE is the text of the Apache License 2.0, and pyproject.toml says so."""
    text = _read("LICENSE")

    assert text.lstrip().startswith("Apache License")
    assert "Version 2.0, January 2004" in text
    assert PROJECT["project"]["license"] == "Apache-2.0"


def test_the_lock_fits_the_project():
    """uv.lock was made from the dependencies that pyproject.toml names now; else run `make lock`."""
    locked = {row["name"]: row for row in tomllib.loads(_read("uv.lock"))["package"]}
    ours = locked["tradewind"]["metadata"]

    def names(wanted):
        return sorted(_normal(re.split(r"[<>=!~\[; ]", each)[0]) for each in wanted)

    def ranges(wanted):
        return sorted(re.sub(r"[^<>=!~]*", "", each, count=1) for each in wanted)

    extras = [each for wanted in PROJECT["project"]["optional-dependencies"].values() for each in wanted]
    for found, wanted in (
        (ours["requires-dist"], PROJECT["project"]["dependencies"] + extras),
        *((ours["requires-dev"][name], group) for name, group in PROJECT["dependency-groups"].items()),
    ):
        assert sorted(each["name"] for each in found) == names(wanted)
        assert sorted(each["specifier"] for each in found) == ranges(wanted)


@pytest.mark.parametrize(
    ("lock", "groups", "extras"), [("", ["dev"], False), ("-all", list(PROJECT["dependency-groups"]), True)]
)
def test_the_locks_for_pip_say_the_same(lock, groups, extras):
    """What pip installs from pins the versions of uv.lock; else run `make lock`."""
    rows = tomllib.loads(_read("uv.lock"))["package"]
    installed = _installed(rows, groups, extras=extras)
    wanted = {(row["name"], row["version"]) for row in rows if row["name"] in installed}

    pinned = re.findall(r"^([\w.-]+)==([\w.]+)", _read(f"requirements{lock}.lock"), re.MULTILINE)

    assert set(pinned) == wanted


def _installed(rows, groups, *, extras):
    """Return the names of all that the project and these groups lead to, with or without its extras."""
    needs = {}
    for row in rows:
        needs.setdefault(row["name"], set()).update(each["name"] for each in row.get("dependencies", ()))
        for extra in row.get("optional-dependencies", {}).values():
            # What an extra of another package leads to is wanted if somebody names that extra; close enough here.
            needs[row["name"]] |= {each["name"] for each in extra} if row["name"] != "tradewind" or extras else set()
        if row["name"] == "tradewind":
            needs["tradewind"] |= {each["name"] for group in groups for each in row["dev-dependencies"][group]}
    found, left = set(), {"tradewind"}
    while left:
        name = left.pop()
        left |= needs[name] - found - {name}
        found.add(name)
    return found - {"tradewind"}


def test_drawings_are_up_to_date():
    """Every part of the documentation that comes from the code is what it says; else run `make docs`."""
    redrawn = runpy.run_path(str(ROOT / "docs" / "draw.py"))["redrawn"]

    stale = [str(page.relative_to(ROOT)) for page in PAGES if redrawn(_read(page)) != _read(page)]

    assert not stale


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page):
    """A relative link in a page names a file that exists, and a heading that the file has."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    missing = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        there = (page.parent / name).resolve() if name else page
        if not there.exists() or (anchor and anchor not in _anchors(there)):
            missing.append(target)

    assert not missing


def _anchors(page):
    """Return what a link can name in a page, as GitHub makes it from the headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", ["README.md", "docs/strategies.md", "docs/tutorial.md"])
def test_examples_are_strategies_that_load(page, tmp_path):
    """A strategy shown in the documentation is one: it loads, and has a handler to compile."""
    example = re.search(r"```python[^\n]*\n(.*?)```", _read(page), re.DOTALL)
    file = tmp_path / "example.py"
    file.write_text(example[1], encoding="utf-8")

    assert load(file, compile_handlers=True).handlers


def test_decisions_are_numbered_without_gaps():
    """docs/decisions holds 0001, 0002, ... each once, each with a title and a status."""
    pages = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))

    assert [page.name[:4] for page in pages] == [f"{number:04}" for number in range(1, len(pages) + 1)]
    for page in pages:
        assert re.match(rf"# {page.name[:4]}\. \w", page.read_text(encoding="utf-8")), page.name


def test_importing_the_package_costs_nothing():
    """`import tradewind` loads none of the heavy libraries: names come when they are used."""
    code = f"import sys, tradewind; print(*[name for name in {HEAVY!r} if name in sys.modules])"

    done = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, check=True)

    assert done.stdout.split() == []


@pytest.mark.skipif(not HAS_COMMAND_LINE, reason="there is no command line yet")
def test_the_command_line_answers():
    """`tradewind --help` says what there is."""
    script = Path(sys.executable).parent / "tradewind"

    done = subprocess.run((script, "--help"), capture_output=True, text=True, check=True)

    assert "Usage" in done.stdout


@pytest.mark.skipif(not HAS_COMMAND_LINE, reason="there is no command line yet")
def test_help_does_not_wait_for_the_compiler():
    """Asking for help loads neither numba nor polars: a command line answers at once."""
    code = (
        "import sys; sys.argv = ['tradewind', '--help']\n"
        "from tradewind.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(*[name for name in ('numba', 'polars') if name in sys.modules], file=sys.stderr)"
    )

    done = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, check=True)

    assert done.stderr.split() == []
