"""What is installed from a wheel: the same bytes wherever it is built, everything the code opens, and nothing else."""

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from email import message_from_string
from pathlib import Path

import pytest
from compose_file import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
VERSION = PROJECT["version"]
WHEEL = f"tradewind-{VERSION}-py3-none-any.whl"
SOURCES = f"tradewind-{VERSION}.tar.gz"
EPOCH = 1_750_000_000
BUILD = """\
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from build import build
build(Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
"""


def listed(*folders):
    """Return the files that are or could be committed, relative to the root."""
    command = (
        "git",
        "-c",
        "safe.directory=*",
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
        *folders,
    )
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return sorted({name for name in told.split("\0") if name and (ROOT / name).is_file()})


def built(folder, *, umask, age):
    """Return the folder of the distributions of a copy of this tree, made with a umask and files of some age."""
    tree = folder / "tree"
    for name in listed():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tree / name)
        (tree / name).chmod(0o666 & ~umask)
        os.utime(tree / name, (age, age))
    command = [
        sys.executable,
        "-c",
        BUILD,
        str(ROOT / "deploy" / "release"),
        str(tree),
        str(folder / "dist"),
        str(EPOCH),
    ]
    subprocess.run(command, cwd=folder, check=True, umask=umask)
    return folder / "dist"


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Two builds that have nothing in common but what they are made from."""
    return (
        built(tmp_path_factory.mktemp("one"), umask=0o022, age=1_000_000_000),
        built(tmp_path_factory.mktemp("a-rather-longer-name"), umask=0o077, age=1_700_000_000),
    )


@pytest.fixture(scope="module")
def wheel(both):
    with zipfile.ZipFile(both[0] / WHEEL) as found:
        yield found


def test_two_builds_are_the_same_to_the_byte(both):
    """Neither the folder, nor the times of files, nor the umask gets into what is built."""
    assert sorted(path.name for path in both[0].iterdir()) == [WHEEL, SOURCES]
    assert (both[0] / WHEEL).read_bytes() == (both[1] / WHEEL).read_bytes()
    assert (both[0] / SOURCES).read_bytes() == (both[1] / SOURCES).read_bytes()


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    """Every file of src is in it: tables, rules, pages, styles, scripts, poms; and no test, no bytecode, no tool."""
    told = {name for name in wheel.namelist() if ".dist-info/" not in name}
    wanted = {name.removeprefix("src/") for name in listed("src")}

    assert {".py", ".toml", ".csv", ".yml", ".js", ".css", ".xml"} <= {Path(name).suffix for name in told}
    assert told == wanted
    assert {name.split("/")[0] for name in wheel.namelist()} == {"tradewind", f"tradewind-{VERSION}.dist-info"}


def test_nothing_in_the_wheel_was_changed_on_its_way(wheel):
    """Each file is that of the tree, and its hash stands in RECORD."""
    rows = (row.rsplit(",", 2) for row in wheel.read(f"tradewind-{VERSION}.dist-info/RECORD").decode().splitlines())
    record = {name: digest for name, digest, _ in rows}
    for name in wheel.namelist():
        if name.startswith("tradewind/"):
            content = wheel.read(name)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()

            assert content == (ROOT / "src" / name).read_bytes()
            assert record[name] == f"sha256={digest}"


def test_the_wheel_says_what_it_is(wheel):
    """Name, version, Python, licence, extras and command are those of pyproject.toml; the licence's text is in it."""
    folder = f"tradewind-{VERSION}.dist-info"
    told = message_from_string(wheel.read(f"{folder}/METADATA").decode())
    needs = [need for need in told.get_all("Requires-Dist") if "extra ==" not in need]

    assert (told["Name"], told["Version"]) == (PROJECT["name"], VERSION)
    assert told["Requires-Python"] == PROJECT["requires-python"]
    assert told["License-Expression"] == PROJECT["license"]
    assert sorted(told.get_all("Provides-Extra")) == sorted(PROJECT["optional-dependencies"])
    assert sorted(re.split(r"[<>=]", need)[0] for need in needs) == sorted(
        re.split(r"[<>=]", need)[0] for need in PROJECT["dependencies"]
    )
    assert told.get_payload().strip() == (ROOT / "README.md").read_text(encoding="utf-8").strip()
    assert wheel.read(f"{folder}/entry_points.txt").decode().split("\n")[:2] == [
        "[console_scripts]",
        f"tradewind = {PROJECT['scripts']['tradewind']}",
    ]
    assert wheel.read(f"{folder}/licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()


def test_the_sources_are_those_that_are_committed(both):
    """The source distribution has every file of the tree, what tests and deploys it too, and one more: its metadata."""
    with tarfile.open(both[0] / SOURCES) as found:
        told = {member.name.split("/", 1)[1] for member in found.getmembers() if member.isfile()}
        times = {member.mtime for member in found.getmembers()}

    assert told - {"PKG-INFO"} == set(listed())
    assert times == {EPOCH}


def test_the_wheel_installs_and_its_command_works(both, tmp_path):
    """From the wheel alone, in an environment that lends the libraries: help, a pack of rules, a new desk."""
    venv.create(tmp_path / "fresh", with_pip=False)
    python = tmp_path / "fresh" / "bin" / "python"
    site = Path(subprocess.run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
                               capture_output=True, text=True, check=True).stdout.strip())  # fmt: skip
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, both[0] / WHEEL], check=True)
    # Folders are lent, not what their own .pth files name: an editable install among them stays out of sight.
    lent = [sysconfig.get_path("purelib"), *(path for path in sys.path if path.endswith("site-packages"))]
    (site / "lent.pth").write_text("\n".join(dict.fromkeys(lent)) + "\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "TRADEWIND"))}

    def run(*words):
        command = [tmp_path / "fresh" / "bin" / "tradewind", *words]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True).stdout

    where = subprocess.run([python, "-c", "import tradewind; print(tradewind.__file__)"], cwd=tmp_path,
                           env=environment, capture_output=True, text=True, check=True).stdout  # fmt: skip

    assert where.startswith(str(site))
    assert "backtest" in run("--help")
    assert "house" in run("risk", "show", "house")
    run("new", "desk")
    assert (tmp_path / "desk" / "tradewind.toml").is_file()


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-all.lock"])
def test_every_locked_library_has_hashes(name):
    """No line of a lock for pip is without one: pip would refuse all of them, or check none."""
    whole = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    rows = [row for row in whole.splitlines() if row.strip() and not row.startswith("#")]

    assert len(rows) > 50
    assert not [row.split()[0] for row in rows if not re.search(r"--hash=sha256:[0-9a-f]{64}(?:\s|$)", row)]


def test_every_library_of_the_lock_of_uv_has_hashes():
    """Each file that uv may install from is known by its hash; only the project itself has none."""
    packages = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    files = {row["name"]: [*row.get("wheels", ()), *([row["sdist"]] if "sdist" in row else [])] for row in packages}

    assert [name for name, one in files.items() if not one] == ["tradewind"]
    assert not [name for name, one in files.items() for file in one if not re.fullmatch(r"sha256:\w{64}", file["hash"])]
    assert {json.dumps(row["source"]) for row in packages} == {
        '{"registry": "https://pypi.org/simple"}',
        '{"editable": "."}',
    }
