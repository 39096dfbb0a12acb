"""Units of systemd that a careful person would write, whose commands exist and can do their work behind that fence."""

import configparser
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import sandboxed
import spoken
from compose_file import DEPLOY

from tradewind.live.run import STOP_WITHIN
from tradewind.services.children import PATIENCE_S

UNITS = DEPLOY / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
PROGRAM = "/opt/tradewind/bin/tradewind"
ANALYZE = shutil.which("systemd-analyze")
"""Where there is no systemd, what can be read is checked, and the rest is left to machines that have it."""
MOST_EXPOSED = 2.0
"""Of 10, by systemd's own measure."""

FENCE = {
    "User": "tradewind",
    "UMask": "0077",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "PrivateMounts": "yes",
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "AmbientCapabilities": "",
    "RestrictSUIDSGID": "yes",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX",
    "LockPersonality": "yes",
    "ProtectProc": "invisible",
    "ProtectClock": "yes",
    "ProtectControlGroups": "yes",
    "ProtectHostname": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "SystemCallArchitectures": "native",
    "SystemCallErrorNumber": "EPERM",
    "MemoryDenyWriteExecute": "no",
    "LimitCORE": "0",
}
"""What stands in every service."""
BREAKS = ("PrivateUsers", "ProcSubset")
"""What would blind the watchdog."""


class Repeated(dict):
    """Keeps each value of a key that stands there more than once."""

    def __setitem__(self, key, value):
        """A second value is put behind the first."""
        if key in self and isinstance(value, list):
            self[key].extend(value)
        else:
            super().__setitem__(key, value)


def read(text):
    """Return {section: {key: [values]}} of a unit."""
    parser = configparser.RawConfigParser(
        dict_type=Repeated, strict=False, delimiters=("=",), comment_prefixes=("#",), default_section=""
    )
    parser.optionxform = str
    parser.read_string(text)
    return {name: {key: value.split("\n") for key, value in parser.items(name)} for name in parser.sections()}


def faults(text):
    """Return what is wrong with a service, in words."""
    unit = read(text)
    service, found = unit["Service"], []
    for key, wanted in FENCE.items():
        if service.get(key, [None])[-1] != wanted:
            found.append(f"{key} is not {wanted or 'empty'}")
    if service.get("SystemCallFilter") != ["@system-service", "~@privileged"]:
        found.append("SystemCallFilter is another")
    found += [f"{key} blinds the watchdog" for key in BREAKS if key in service]
    if not re.search(r"^#.*Numba.*\nMemoryDenyWriteExecute=no$", text, re.MULTILINE):
        found.append("nothing says why memory may be executed")
    if "/" in service.get("ReadWritePaths", ["/"])[-1].split():
        found.append("everything can be written")
    if re.search(r"(?i)^Environment=.*(pass|secret|token)", text, re.MULTILINE):
        found.append("a secret stands in a unit")
    if service["Type"] != ["oneshot"]:
        found += endurance_faults(unit)
    for command in service["ExecStart"]:
        found += command_faults(command)
    return found


def endurance_faults(unit):
    """Return what is wrong with how a service that goes on is begun again and stopped."""
    service, found = unit["Service"], []
    if service.get("Restart") != ["on-failure"]:
        found.append("it is not begun again")
    if not {"StartLimitIntervalSec", "StartLimitBurst"} <= set(unit["Unit"]):
        found.append("it is begun again without end")
    if service.get("KillMode") != ["mixed"]:
        found.append("what it began is told to stop by others than itself")
    patience = re.fullmatch(r"(\d+)s", service.get("TimeoutStopSec", [""])[-1])
    if not patience or int(patience[1]) <= max(PATIENCE_S, STOP_WITHIN):
        found.append("it is killed before it could answer its broker")
    return found


def command_faults(command):
    """Return what the command line has against what a unit starts."""
    words = shlex.split(command)
    if words[0] != PROGRAM:
        return [f"{words[0]} is not ours"]
    wrong = spoken.wrong_with(["tradewind", *words[1:]])
    return [wrong] if wrong else []


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_our_units_have_no_fault(path):
    assert faults(path.read_text(encoding="utf-8")) == []


GOOD = (UNITS / "tradewind@.service").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("UMask=0077", "UMask=0022", "UMask is not 0077"),
        ("NoNewPrivileges=yes\n", "", "NoNewPrivileges is not yes"),
        ("CapabilityBoundingSet=\n", "CapabilityBoundingSet=CAP_KILL\n", "CapabilityBoundingSet is not empty"),
        ("ProtectSystem=strict", "ProtectSystem=full", "ProtectSystem is not strict"),
        ("ReadWritePaths=", "ReadWritePaths=/ ", "everything can be written"),
        ("SystemCallFilter=~@privileged\n", "", "SystemCallFilter is another"),
        ("MemoryDenyWriteExecute=no", "MemoryDenyWriteExecute=yes", "MemoryDenyWriteExecute is not no"),
        ("Numba writes", "It writes", "nothing says why memory may be executed"),
        ("ProtectProc=invisible", "ProtectProc=invisible\nPrivateUsers=yes", "PrivateUsers blinds the watchdog"),
        ("Restart=on-failure", "Restart=no", "it is not begun again"),
        ("StartLimitBurst=5\n", "", "it is begun again without end"),
        ("TimeoutStopSec=45s", "TimeoutStopSec=5s", "it is killed before it could answer its broker"),
        ("KillMode=mixed", "KillMode=process", "what it began is told to stop by others than itself"),
        ("tradewind run %i", "tradewind run", "Missing argument"),
        ("tradewind run %i", "tradewind runs %i", "unexpected extra argument"),
        (PROGRAM, "/bin/sh", "/bin/sh is not ours"),
        ("Environment=", "Environment=TOKEN=1 ", "a secret stands in a unit"),
    ],
)
def test_each_fault_of_a_unit_is_found(old, new, wrong):
    """One thing is made worse, and that is what is told."""
    assert old in GOOD

    found = faults(GOOD.replace(old, new))

    assert any(wrong.lower() in one.lower() for one in found), found


def test_the_template_names_the_services_that_there_are():
    """The first lines of the template and the help of `tradewind run` name the same services."""
    told = " ".join(line.removeprefix("# ") for line in GOOD.splitlines() if line.startswith("# "))
    names = set(re.findall(r"\w+", re.search(r"is one of (.*?);", told)[1])) - {"and"}
    help_of_run = spoken.TREE.commands["run"].params[0].help

    assert names == set(re.findall(r"\w+", help_of_run)) - {"or"}


def test_the_watchdog_goes_on_for_ever():
    """Its drop-in lifts the bound on starts, and changes nothing of the fence."""
    text = (UNITS / "tradewind@watchdog.service.d" / "watchdog.conf").read_text(encoding="utf-8")
    dropped = read(text)

    assert dropped["Unit"] == {"StartLimitIntervalSec": ["0"]}
    assert dropped["Service"]["Restart"] == ["always"]
    assert not set(dropped["Service"]) & {*FENCE, *BREAKS, "SystemCallFilter", "ReadWritePaths"}


def test_what_units_write_into_is_made_and_is_nobody_elses():
    """Every folder of ReadWritePaths= stands among those that are made, for the user alone; so do the secrets."""
    rows = [line.split() for line in (UNITS / "tradewind.tmpfiles").read_text().splitlines() if line[0] != "#"]
    made = {path: (mode, user) for _, path, mode, user, *_ in rows}
    written = {path for unit in SERVICES for path in read(unit.read_text())["Service"]["ReadWritePaths"][-1].split()}

    assert {made[path] for path in (*written, "/srv/tradewind/secrets")} == {("0700", "tradewind")}
    assert {made[path][1] for path in ("/srv/tradewind", "/srv/tradewind/strategies")} == {"root"}
    assert (UNITS / "tradewind.sysusers").read_text().splitlines()[-1].split()[:3] == ["u", "tradewind", "-"]


def test_the_timer_makes_up_for_a_day_that_was_missed():
    timer = read((UNITS / "tradewind-backup.timer").read_text())

    assert timer["Timer"]["Persistent"] == ["true"]
    assert timer["Timer"]["OnCalendar"][0].endswith("UTC")
    assert timer["Install"] == {"WantedBy": ["timers.target"]}


@pytest.fixture
def installed(tmp_path):
    """The units as they would be installed, with a program that is here; the template has a name."""
    shutil.copytree(UNITS, tmp_path, dirs_exist_ok=True)
    for path in tmp_path.glob("*.service"):
        path.write_text(path.read_text().replace(PROGRAM, sys.executable))
    (tmp_path / "tradewind@trader.service").write_text((tmp_path / "tradewind@.service").read_text())
    return tmp_path


def test_systemd_understands_every_word(installed):
    """It has nothing to say about any of the units."""
    names = sorted(str(path) for path in (*installed.glob("*.timer"), *installed.glob("*.service")))
    if ANALYZE:
        done = subprocess.run([ANALYZE, "verify", *names], capture_output=True, text=True, check=False)

        assert not re.findall(r".*tradewind.*", done.stderr)
        assert done.returncode == 0


def test_systemd_finds_little_exposed(installed):
    """By its own measure, from 0 to 10, each service is at 2 or below."""
    if ANALYZE:
        for path in [*installed.glob("tradewind-*.service"), installed / "tradewind@trader.service"]:
            command = [ANALYZE, "security", "--offline=true", "--no-pager", str(path)]
            told = subprocess.run(command, capture_output=True, text=True, check=True).stdout

            assert float(re.search(r"exposure level for \S+: ([\d.]+)", told)[1]) <= MOST_EXPOSED


def calls_of(group):
    """Return the system calls in one of systemd's groups, as it lists them."""
    told = subprocess.run([ANALYZE, "syscall-filter", group], capture_output=True, text=True, check=True).stdout
    words = [line.strip() for line in told.splitlines()[1:] if line.strip() and not line.strip().startswith("#")]
    inner = [name for word in words if word.startswith("@") for name in calls_of(word)]
    return {word for word in words if not word.startswith("@")} | set(inner)


def test_code_is_compiled_and_trades_with_the_calls_that_are_left(tmp_path):
    """A paper account trades a day and a backup is taken behind the filter of the units; another program is stopped."""
    if not ANALYZE:
        return
    names = tmp_path / "names"
    names.write_text("\n".join(sorted(calls_of("@system-service") - calls_of("@privileged"))))
    inside = [sys.executable, Path(sandboxed.__file__), names, sys.executable]
    ours = [*inside, "-m", "tradewind.cli"]

    def run(*words):
        return subprocess.run([*words], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)

    day = ["--source", "synthetic", "--from", "2025-01-06", "--to", "2025-01-07", "--speed", "0"]
    traded = run(*ours, "paper", "opening_range", "--on", "XAUUSD", *day)
    kept = run(*ours, "backup", "--to", "backups", "--keep", "7d,4w,12m")
    refused = run(*inside, "-c", "import os; os.chroot('.')")

    assert traded.returncode == 0, traded.stderr
    assert kept.returncode == 0, kept.stderr
    assert "PermissionError" in refused.stderr


def test_the_units_stand_where_the_page_says():
    """docs/deploy.md copies files that are there."""
    page = Path(DEPLOY.parent, "docs", "deploy.md").read_text(encoding="utf-8")
    named = re.findall(r"deploy/systemd/(\S+)", page)

    assert named
    assert all(list(UNITS.glob(name)) for name in named)
