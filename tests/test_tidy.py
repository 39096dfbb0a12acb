"""Conventions that matter are tests: sizes, names, documentation, and what must not be in a file.

Each test lists every offender, worst first, and says what to do. The measures are those of docs/style.md.
"""

import ast
import re
import statistics
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILE_LINES, FILE_LINES_AIM = 400, 150
FUNCTION_LINES = 60
POSITIONAL = 5
BANNED = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base", "core"}
COMPILED = ("kernel", "indicators", "strategies")
"""Folders whose functions may run compiled."""

SUPPRESSION = re.compile(r"#\s*(?:noqa|type:\s*ignore)\b(?P<rest>.*)")
CODES = re.compile(r"^(?::\s*[A-Z]+\d+(?:[,\s]+[A-Z]+\d+)*|\[[a-z, -]+\])")
UNFINISHED = re.compile(r"\b(?:" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3)) + r")\b")
MACHINE = re.compile(
    r"(?<![\w.~}>-])/(?:home|Users|root|work|mnt|media|workspace)/\w"  # somebody's folders
    r"|\b[A-Z]:\\\\?Users"
    r"|\b(?:10\.\d+|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d+\.\d+\b"  # private addresses
    r"|\b[a-z0-9-]+\.(?:internal|localdomain|lan)\b"
)
LOCKS = ("uv.lock", "requirements.lock", "LICENSE")


def _files():
    """Return every file that is or could be committed, as paths relative to the root."""
    command = (
        "git",
        "-c",
        "safe.directory=*",
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    )
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [Path(name) for name in sorted(set(listed.split("\0"))) if name and (ROOT / name).is_file()]


def _text(path):
    """Return what is written in a file; nothing for one that is not text."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


FILES = _files()
PYTHON = [path for path in FILES if path.suffix == ".py"]
PRODUCT = [path for path in PYTHON if path.parts[0] in ("src", "bench", "docs")]
TREES = {path: ast.parse(_text(path)) for path in PYTHON}


def _functions(path):
    """Yield every function of a file, methods and inner ones included."""
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _length(function):
    """Return the lines of a function without its decorators and its docstring."""
    first = function.body[0]
    lines = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function) is not None:
        lines -= first.end_lineno - first.lineno + 1
    return lines


def _positional(function):
    """Return how many arguments of a function can be given by position, besides self or cls."""
    names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def _matches(pattern, files):
    """Return `path:line: text` for every line that a pattern is found in."""
    return [
        f"{path}:{number}: {line.strip()[:100]}"
        for path in files
        for number, line in enumerate(_text(path).splitlines(), 1)
        if pattern.search(line)
    ]


def _told(offenders):
    return "\n" + "\n".join(offenders)


def test_no_file_is_long():
    """No file of ours is longer than 400 lines, and the median stays near 150 or below."""
    sizes = sorted(((len(_text(path).splitlines()), str(path)) for path in PRODUCT), reverse=True)
    middle = statistics.median(size for size, path in sizes if not path.endswith("__init__.py"))
    print(f"median {middle:g} lines; longest: " + ", ".join(f"{path} {size}" for size, path in sizes[:5]))

    offenders = [f"{path}: {size} lines, split it by what changes together" for size, path in sizes]
    offenders = offenders[: sum(size > FILE_LINES for size, _ in sizes)]

    assert not offenders, _told(offenders)
    assert middle <= FILE_LINES_AIM


def test_no_function_is_long():
    """No function of ours is longer than 60 lines without its docstring."""
    found = [(_length(function), path, function) for path in PRODUCT for function in _functions(path)]
    found.sort(key=lambda row: -row[0])
    print("longest: " + ", ".join(f"{function.name} {size}" for size, _, function in found[:5]))

    offenders = [f"{path}:{f.lineno} {f.name}: {size} lines" for size, path, f in found if size > FUNCTION_LINES]

    assert not offenders, _told(offenders)


def _is_free(function):
    """Return whether a decorator compiles the function, which then passes values, or makes it a command."""
    words = " ".join(ast.unparse(each) for each in function.decorator_list)
    return re.search(r"njit|compiled|\.command\(", words) is not None


def test_few_positional_arguments():
    """Outside compiled code and commands a function takes at most five arguments by position."""
    offenders = [
        f"{path}:{function.lineno} {function.name}: {_positional(function)}, make the rest keyword-only"
        for path in PRODUCT
        if not set(path.parts) & set(COMPILED)
        for function in _functions(path)
        if _positional(function) > POSITIONAL and not _is_free(function)
    ]

    assert not offenders, _told(offenders)


def test_names_say_something():
    """No module or class is named after nothing: utils, helpers, manager, base and their like."""
    modules = [str(path) for path in PYTHON if set(path.stem.lower().split("_")) & BANNED]
    modules += [str(path) for path in PYTHON if set(path.parts[:-1]) & BANNED]
    classes = [
        f"{path}:{node.lineno} class {node.name}"
        for path in PYTHON
        for node in ast.walk(TREES[path])
        if isinstance(node, ast.ClassDef)
        and {word.lower() for word in re.findall(r"[A-Z][a-z]+|[a-z]+", node.name)} & BANNED
    ]

    assert not modules + classes, _told(modules + classes)


def test_every_module_opens_with_its_theory():
    """Every module says in a docstring what it is about; an `__init__` that defines nothing may be empty."""
    offenders = [
        str(path)
        for path in PYTHON
        if not ast.get_docstring(TREES[path]) and not (path.name == "__init__.py" and not TREES[path].body)
    ]

    assert not offenders, _told(offenders)


def test_every_test_is_a_sentence():
    """Every test says what is true: in its docstring, or in a name that is a sentence."""
    offenders = [
        f"{path}:{function.lineno} {function.name}"
        for path in PYTHON
        if path.parts[0] == "tests"
        for function in _functions(path)
        if function.name.startswith("test_") and not ast.get_docstring(function) and function.name.count("_") < 4
    ]

    assert not offenders, _told(offenders)


def test_no_two_test_modules_share_a_name():
    """Pytest imports test modules by their bare names: a second of the same name is not collected."""
    names = [path.name for path in _files() if path.parts[0] == "tests" and path.name.startswith("test_")]
    offenders = sorted({name for name in names if names.count(name) > 1})

    assert not offenders, _told(offenders)


def test_nothing_is_left_for_later():
    """No note in any file says that something is still to be done: it is done, or it is an issue."""
    offenders = _matches(UNFINISHED, [path for path in FILES if path.name not in LOCKS])

    assert not offenders, _told(offenders)


def test_every_suppression_has_a_reason():
    """Where a check is switched off for a line, the rule is named and the reason stands behind it."""
    offenders = []
    for path in PYTHON:
        for number, line in enumerate(_text(path).splitlines(), 1):
            if not (found := SUPPRESSION.search(line)) or path.name == Path(__file__).name:
                continue
            rest = CODES.sub("", found["rest"], count=1)
            if rest == found["rest"] or not re.search(r"\w+ +\w+", SUPPRESSION.sub("", rest)):
                offenders.append(f"{path}:{number}: {found.group()[:80]}")

    assert not offenders, _told(offenders)


def test_no_file_knows_a_machine():
    """No file names the folders, addresses or hosts of one machine."""
    offenders = _matches(MACHINE, [path for path in FILES if path.name not in LOCKS])

    assert not offenders, _told(offenders)


def _commands():
    """Return every command of the command line as a person types it, found through typer."""
    cli = pytest.importorskip("tradewind.cli", reason="there is no command line yet")
    import typer  # noqa: PLC0415  only this test needs it

    def below(command, words):
        inner = getattr(command, "commands", {})
        if not inner:
            return [] if command.hidden else [" ".join(words)]
        return [name for word, each in inner.items() for name in below(each, [*words, word])]

    return below(typer.main.get_command(cli.app), ["tradewind"])


def test_every_command_is_documented():
    """Every command has a heading of its own in docs/cli.md, and no heading names one that is not there."""
    commands = _commands()
    headings = re.findall(r"^#+ `(tradewind [a-z -]+?)`$", _text("docs/cli.md"), re.MULTILINE)

    assert sorted(commands) == sorted(headings)
