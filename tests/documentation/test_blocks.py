"""What stands in the documentation is true where that can be checked without running it.

A block that is not run is still held against what there is: its shell parses, its `tradewind` commands are parsed by
the command line itself, its Python compiles, its files are read by what will read them.
"""

import ast
import json
import re
import subprocess

import fences
import pytest
import spoken
import yaml

from tradewind.errors import TradewindError
from tradewind.risk.file import read_document
from tradewind.settings import load_settings
from tradewind.strategy import load
from tradewind.watchdog.keys import load_key

STRATEGIES = [block for block in fences.ALL if block.language == "python" and "\ndef on_" in block.text]
INLINE = re.compile(r"`(tradewind [^`\n]+)`")


def of(*languages):
    """Return the blocks in these languages, as parameters of a test."""
    found = [block for block in fences.ALL if block.language in languages]
    assert found
    return pytest.mark.parametrize("block", found, ids=[block.place for block in found])


def test_every_block_says_what_it_is():
    """A fence without a language, or with one nobody knows, is checked by nothing."""
    strange = [
        f"{block.place}: {block.language or 'no language'}"
        for block in fences.ALL
        if block.language not in fences.LANGUAGES
    ]

    assert not strange


def test_every_reason_belongs_to_a_block():
    """A comment that says why something does not run stands right before its fence."""
    marked = sum(
        len(re.findall(r"^ *<!-- not run:", page.read_text(encoding="utf-8"), re.MULTILINE)) for page in fences.PAGES
    )

    assert marked == sum(bool(block.reason) and not fences.NOTHING_RUN.search(block.page.read_text(encoding="utf-8"))
                         for block in fences.ALL)  # fmt: skip


def test_commands_are_in_fences():
    """A command in a block made by indentation would be checked by nothing."""
    loose = [
        f"{page.relative_to(fences.ROOT)}: {line.strip()}"
        for page in fences.PAGES
        for line in fences.prose(page).splitlines()
        if re.match(r" {4,}(tradewind|docker|pip|make) ", line)
    ]

    assert not loose


@of("sh")
def test_shell_is_shell(block):
    """A shell can read it."""
    done = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


@of("sh")
def test_commands_are_commands(block):
    """The command line understands every `tradewind ...`: verb, options, number and kind of arguments."""
    wrong = [told for words in spoken.commands(block.text) if (told := spoken.wrong_with(words))]

    assert not wrong


def test_what_runs_is_harmless():
    """A block that is run starts our own commands and those that work in its folder; anything else has to be marked."""
    others = [
        f"{block.place}: {words[0]}"
        for block in fences.ALL
        if block.language == "sh" and not block.reason
        for words in spoken.programs(block.text)
        if words[0] not in fences.HARMLESS
    ]

    assert not others


def test_verbs_in_prose_exist():
    """Every `tradewind ...` between backticks, and every synopsis, names a verb and options that are there."""
    told = [
        f"{page.relative_to(fences.ROOT)}: {wrong}"
        for page in fences.PAGES
        for text in INLINE.findall(fences.prose(page))
        if (wrong := spoken.unknown_in(text))
    ]
    told += [
        f"{block.place}: {wrong}"
        for block in fences.ALL
        for text in re.findall(r"^tradewind .*(?:\n {8,}.*)*", block.text, re.MULTILINE)
        if block.language == "text" and (wrong := spoken.unknown_in(text))
    ]

    assert not told


@of("python")
def test_python_is_python(block):
    """It compiles."""
    assert ast.parse(block.text, block.place).body


@pytest.mark.parametrize("block", STRATEGIES, ids=[block.place for block in STRATEGIES])
def test_strategies_load(block, tmp_path):
    """A strategy that a page shows is one: it has a thesis, and handlers to compile."""
    file = tmp_path / "shown.py"
    file.write_text(block.text, encoding="utf-8")

    assert ast.get_docstring(ast.parse(block.text))
    assert load(file, compile_handlers=True).handlers


@of("toml")
def test_settings_are_settings(block, tmp_path):
    """What reads such a file takes it: settings, unless it is a file of risk rules or a key of the watchdog."""
    file = tmp_path / "emergency.toml"
    file.write_text(block.text, encoding="utf-8")
    file.chmod(0o600)
    readers = {
        "tradewind.toml": [lambda: load_settings(file)],
        "emergency.toml": [lambda: load_key(tmp_path)],
    }.get(block.title.rpartition("/")[2], [lambda: load_settings(file), lambda: read_document(block.text, "rules")])
    said = []
    for reader in readers:
        try:
            reader()
        except TradewindError as error:
            said.append(str(error))

    assert len(said) < len(readers), said


@of("json")
def test_json_is_json(block):
    """Every line, or the whole, can be read."""
    try:
        json.loads(block.text)
    except json.JSONDecodeError:
        assert [json.loads(line) for line in block.text.splitlines()]


def test_yaml_is_yaml():
    """Every block of YAML can be read."""
    read = [(block.place, yaml.safe_load(block.text)) for block in fences.ALL if block.language == "yaml"]

    assert all(found for _, found in read)


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("tradewind backtest opening_range --on XAUUSD | head && FOO=1 tradewind runs > runs.txt", ""),
        ("tradewind backtst opening_range --on XAUUSD", "there is no 'backtst'"),
        ("cd desk && tradewind runs --jsn", "No such option"),
        ("tradewind kill --all --level many", "valid integer"),
        ("tradewind db", "wants a verb"),
    ],
)
def test_what_is_wrong_with_a_command_is_found(said, wrong):
    """The checks above find what they are for."""
    found = [told for words in spoken.commands(said) if (told := spoken.wrong_with(words))]

    assert bool(found) == bool(wrong)
    assert all(wrong.lower() in told.lower() for told in found)


def test_what_is_wrong_in_prose_is_found():
    """A verb or an option that is not there is found behind placeholders, too."""
    assert not spoken.unknown_in("tradewind db restore FOLDER [--url URL]")
    assert "bakup" in spoken.unknown_in("tradewind db bakup FOLDER")
    assert "--hurl" in spoken.unknown_in("tradewind db restore FOLDER --hurl URL")
