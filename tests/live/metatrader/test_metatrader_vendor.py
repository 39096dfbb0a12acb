"""The vendor's package as we know it, and the script that is copied beside it."""

import ast
import hashlib
import re
import subprocess
import sys
import zipfile

import pytest
from metatrader_world import MetaTraderWorld
from vendor_constants import CONSTANTS, SHA256, VERSION, WHEEL

from tradewind.adapters.brokers.metatrader import constants, installing
from tradewind.errors import BadSettings

OUTSIDE = {"msvcrt", "fcntl", "MetaTrader5"}


def test_our_numbers_are_the_vendors():
    ours = {name: value for name, value in vars(constants).items() if name in CONSTANTS}

    assert len(ours) >= 20
    assert ours == {name: CONSTANTS[name] for name in ours}
    assert set(constants.REFUSED) - {10046} <= {CONSTANTS[name] for name in CONSTANTS if "RETCODE" in name}


@pytest.mark.soak
def test_the_table_of_the_vendors_numbers_is_that_of_its_wheel(tmp_path):
    """The wheel is for Windows: it is downloaded and read, never installed."""
    command = (sys.executable, "-m", "pip", "download", f"MetaTrader5=={VERSION}", "--no-deps", "--only-binary=:all:")
    more = ("--platform", "win_amd64", "--python-version", "3.11", "-d", str(tmp_path))
    subprocess.run([*command, *more], check=True, capture_output=True)
    wheel = tmp_path / WHEEL
    text = zipfile.ZipFile(wheel).read("MetaTrader5/__init__.py").decode()
    found = {}
    for name, value in re.findall(r"^([A-Z]\w+)\s*=([^#\n]+)", text, re.MULTILINE):
        found[name] = eval(value, {"__builtins__": {}})  # noqa: S307 - sums of numbers in a wheel whose hash is known

    assert hashlib.sha256(wheel.read_bytes()).hexdigest() == SHA256
    assert {name: found[name] for name in CONSTANTS} == CONSTANTS


def test_the_script_is_one_file_for_an_old_python_with_nothing_of_ours():
    text = installing.script()
    tree = ast.parse(text, feature_version=(3, 8))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert {name.split(".")[0] for name in imported} <= set(sys.stdlib_module_names)
    assert "tradewind." not in text.replace("tradewind_bridge.py", "")


def test_no_name_of_one_part_of_the_script_hides_that_of_another():
    """The parts become one file: a function or constant of the same name would replace the other."""
    tree = ast.parse(installing.script())
    defined = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    defined += [one.id for node in tree.body if isinstance(node, ast.Assign) for one in node.targets]

    assert len(set(defined)) == len(defined)


def test_the_bridge_and_its_secret_are_written_and_a_secret_is_kept(tmp_path):
    script, secret = installing.write_bridge(tmp_path / "new")
    first = secret.read_text()
    installing.write_bridge(tmp_path / "new")

    assert script.read_text() == installing.script()
    assert secret.stat().st_mode & 0o777 == 0o600
    assert len(first.strip()) == 64
    assert secret.read_text() == first


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(BadSettings, match="cannot be written"):
        installing.write_bridge(tmp_path / "file" / "below")


def test_the_stand_in_has_the_numbers_of_the_vendor(tmp_path, monkeypatch):
    world = MetaTraderWorld(folder=tmp_path)
    monkeypatch.setenv("STAND_IN", str(world.server.path))
    import MetaTrader5  # noqa: PLC0415 - it wants the environment first

    assert {name: getattr(MetaTrader5, name) for name in CONSTANTS} == CONSTANTS
