"""Faults, each made for real in a folder that was healthy: which line is red, and the words of what to do."""

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from tradewind.doctor import disk as disks
from tradewind.doctor import versions
from tradewind.doctor.examination import examine
from tradewind.doctor.finding import BAD, GOOD, WARNING, fit
from tradewind.secret_files import refuse_weak
from tradewind.settings import Settings
from tradewind.stack.processes import free_ports
from tradewind.watchdog.beats import write_beat

PATIENT_S = 60.0
"""No test is about time: a busy machine may look for longer than a person would wait."""


def command(folder, *words):
    """Return what a verb said, run in the folder."""
    words = [sys.executable, "-m", "tradewind.cli", *words]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def traded(tmp_path_factory):
    """A folder after `init`, three days of made-up prices and a paper run over them."""
    folder = tmp_path_factory.mktemp("healthy")
    tape = ("--from", "2025-01-06", "--to", "2025-01-08")
    for words in (
        ("init",),
        ("data", "synth", "--on", "XAUUSD", *tape),
        ("paper", "first_bar", "--on", "XAUUSD", "--source", "tape", "--speed", "0", *tape),
    ):
        done = command(folder, *words)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def place(traded, tmp_path):
    """A copy of that folder to break, with its settings and a port that is free."""
    root = tmp_path / "here"
    shutil.copytree(traded, root)
    (port,) = free_ports(1)
    settings = Settings.model_validate({
        "data": root / "tradewind-data", "strategies": root / "strategies", "api": {"port": port},
        "ports": {"secrets": root / "secrets"},
    })  # fmt: skip
    return SimpleNamespace(root=root, data=settings.data, settings=settings, port=port, keep=[])


def changed(settings, **sections):
    """Return the settings with these sections read anew, as from a file."""
    told = settings.model_dump(exclude_unset=True)
    for name, value in sections.items():
        told[name] = {**told.get(name, {}), **value} if isinstance(value, dict) else value
    return Settings.model_validate(told)


def lines(settings, state=BAD):
    """Return the lines that stand so."""
    return [one for one in examine(settings, PATIENT_S) if one.state == state]


def test_a_healthy_folder_has_nothing_bad(place):
    """After a paper run nothing is bad, and what is good was looked at: journal, history, disk and formats."""
    found = list(examine(place.settings, PATIENT_S))

    assert [one for one in found if one.state == BAD] == []
    assert fit(found)
    good = {one.name for one in found if one.state == GOOD}
    assert {"paper: journal", "paper: kill switch", "free space", "history", "zones", "libraries", "port"} <= good


def test_a_folder_just_made_is_fit(tmp_path):
    """After `init` and nothing else the verb ends with 0 and finds nothing bad."""
    assert command(tmp_path, "init").returncode == 0
    done = command(tmp_path, "doctor", "--json")

    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout)["fit"] is True


def test_a_mistake_in_the_settings_is_a_line_and_no_traceback(tmp_path):
    """A misspelt setting is one bad line that suggests the right one, and the exit code is 1."""
    (tmp_path / "tradewind.toml").write_text('proffile = "oanda"')
    done = command(tmp_path, "doctor", "--json")

    assert done.returncode == 1
    assert "Did you mean 'profile'?" in done.stdout
    assert "Traceback" not in done.stderr


def beat(place, **more):
    """A heartbeat of the paper account stands there, written now by this process."""
    kept = json.loads((place.data / "accounts/paper/status.json").read_text())
    write_beat(place.data / "accounts/paper/status.json", 1, {**kept, "ended": False, **more})


def aged(path, seconds):
    """What beats in the file is so many seconds older."""
    told = json.loads(path.read_text())
    for name in ("monotonic_ns", "turned_ns"):
        if name in told:
            told[name] = max(0, told[name] - int(seconds * 1e9))
    path.write_text(json.dumps(told))


def open_secret(place):
    """Others may read a secret."""
    (place.root / "secrets/tokens").chmod(0o644)


def guessed(place):
    """A password is what everybody tries first."""
    path = place.root / "secrets/redis"
    path.touch(0o600)
    path.write_text("ChangeMe\n")


def empty(place):
    """A secret is empty."""
    (place.root / "secrets/tokens").write_text("")


def no_secrets(place):
    """The folder of secrets is gone."""
    shutil.rmtree(place.root / "secrets")


def torn(place):
    """A byte in the middle of the journal is another."""
    path = place.data / "accounts/paper/journal.sqlite"
    with sqlite3.connect(path) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute("UPDATE blocks SET payload = x'00' WHERE seq = (SELECT max(seq) / 2 FROM blocks)")
    database.close()
    shutil.rmtree(place.data / "accounts/paper/journal.snapshots", ignore_errors=True)


def lost_journal(place):
    """The journal is cut off after its first page."""
    path = place.data / "accounts/paper/journal.sqlite"
    os.truncate(path, 4096)


def killed(place):
    """The kill file is there."""
    (place.data / "accounts/paper/KILL").write_text("2\n")


def stale(place):
    """The trader said that it runs, and has been silent since."""
    beat(place)
    aged(place.data / "accounts/paper/status.json", 60)


def bare(place):
    """A position has no stop at the broker."""
    beat(place, positions=[{"strategy": "first_bar", "symbol": "XAUUSD", "stops": []}])


def unknown(place):
    """What became of an order is not known."""
    beat(place, unknown=1)


def no_watchdog(place):
    """A live trader is watched by nobody."""
    beat(place, mode="live")


def skewed(place):
    """The trader measured that its clock is not the broker's."""
    beat(place, clock_skew=2_000_000_000, reasons={"clock suspect": "2.0 s from the broker's."})


def silent_service(place):
    """A service has been silent for a minute, and its process is another's."""
    path = place.data / "services/recorder.json"
    path.parent.mkdir()
    write_beat(path, 1, {"service": "recorder", "state": "working", "why": "", "restarts": 0, "started": 1})
    aged(path, 60)


def dead_door(place):
    """A process announced its door and died."""
    path = place.data / "metrics/feed.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps([{"targets": [f"127.0.0.1:{free_ports(1)[0]}"], "labels": {}}]))


def taken(place):
    """Another program listens at the API's port."""
    server = socket.create_server(("127.0.0.1", place.port))
    place.keep.append(server)


def later_version(place):
    """A later version wrote a file."""
    with sqlite3.connect(place.data / "entrance.sqlite") as database:
        database.execute("CREATE TABLE users (name, disabled)")
        database.execute("PRAGMA user_version = 99")
    (place.data / "entrance.sqlite").chmod(0o600)


def later_history(place):
    """A later version wrote a series of prices."""
    path = next(place.data.rglob("manifest.json"))
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 99}))


def rotten(place):
    """A file of prices is not what was written."""
    path = min(place.data.rglob("*.parquet"))
    path.write_bytes(b"PAR1 nothing PAR1")


def lost_prices(place):
    """A file of prices is gone that its manifest names."""
    min(place.data.rglob("*.parquet")).unlink()


def wrong_profile(place):
    """The profile's name is misspelt."""
    return changed(place.settings, profile="metatradr")


def wrong_risk(place):
    """There are no such risk rules."""
    return changed(place.settings, risk="hous")


def wrong_strategy(place):
    """The strategy's name is misspelt."""
    return changed(place.settings, trader={"strategies": ["opening_rang"]})


def broken_strategy(place):
    """The strategy is no Python."""
    (place.root / "strategies").mkdir()
    (place.root / "strategies/mine.py").write_text("def on_bar(:\n")
    return changed(place.settings, trader={"strategies": ["mine"]})


def open_token(place):
    """Others may read the broker's token."""
    path = place.root / "token"
    path.write_text("a-token-of-thirty-letters-or-more")
    path.chmod(0o644)
    return changed(place.settings, broker={"name": "oanda", "account": "101", "token_file": path})


def no_token(place):
    """A broker is named without a token."""
    return changed(place.settings, broker={"name": "oanda", "account": "101"})


def expired(place):
    """The certificate ended yesterday."""
    key, path = place.root / "key.pem", place.root / "certificate.pem"
    wanted = place.root / "wanted.csr"
    ask = (
        "openssl",
        "req",
        "-new",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=here",
        "-keyout",
        key,
        "-out",
        wanted,
    )
    subprocess.run(ask, capture_output=True, check=True)
    (place.root / "index.txt").touch()
    (place.root / "ca.cnf").write_text(
        f"[ca]\ndefault_ca=own\n[own]\ndatabase={place.root}/index.txt\nrand_serial=yes\ndefault_md=sha256\n"
        f"new_certs_dir={place.root}\npolicy=any\n[any]\ncommonName=supplied\n"
    )
    until = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() - 86_400))
    sign = ("openssl", "ca", "-batch", "-selfsign", "-config", place.root / "ca.cnf", "-keyfile", key, "-in", wanted,
            "-startdate", "20200101000000Z", "-enddate", until, "-notext", "-out", path)  # fmt: skip
    subprocess.run(sign, capture_output=True, check=True)
    key.chmod(0o600)
    return changed(place.settings, api={"certificate": path, "key": key})


def no_server(place):
    """Nothing listens where the servers should be."""
    (port,) = free_ports(1)
    return changed(place.settings, ports={"journal": f"postgresql://trader@127.0.0.1:{port}/tradewind"})


def no_redis(place):
    """Redis is down."""
    return changed(place.settings, ports={"board": f"redis://127.0.0.1:{free_ports(1)[0]}/0"})


def no_kafka(place):
    """Kafka is down."""
    return changed(place.settings, ports={"feed": f"kafka://127.0.0.1:{free_ports(1)[0]}"})


def bad_backup(place):
    """What should say when the last backup was says nothing."""
    (place.data / "backups").mkdir()
    (place.data / "backups/last.json").write_text("{")


FAULTS = [
    (open_secret, "tokens", "chmod 600"),
    (guessed, "redis", "tradewind secrets rotate"),
    (empty, "tokens", "tradewind secrets rotate"),
    (no_secrets, "folder", "tradewind init"),
    (torn, "paper: journal", "Copy the account's folder"),
    (lost_journal, "paper: journal", "Copy the account's folder"),
    (killed, "paper: kill switch", "tradewind rearm --account paper"),
    (stale, "paper: heartbeat", "tradewind services log"),
    (bare, "paper: stops", "tradewind kill --level 3 --account paper"),
    (unknown, "paper: outcomes", "at the broker"),
    (no_watchdog, "paper: watchdog", "tradewind watchdog --account paper"),
    (skewed, "paper: clock", "NTP"),
    (silent_service, "recorder", "tradewind up"),
    (dead_door, "feed: metrics", "start it again"),
    (taken, "port", "another port"),
    (later_version, "entrance.sqlite", "pip install --upgrade"),
    (later_history, "history", "Upgrade Tradewind"),
    (rotten, "XAUUSD synthetic ask", "import again"),
    (lost_prices, "XAUUSD synthetic ask", "import again"),
    (wrong_profile, "profile", "metatrader"),
    (wrong_risk, "risk", "house"),
    (wrong_strategy, "strategy opening_rang", "opening_range"),
    (broken_strategy, "strategy mine", "tradewind backtest"),
    (open_token, "token", "chmod 600"),
    (no_token, "token", "chmod 600"),
    (expired, "certificate", "renewed"),
    (no_server, "trading: server", "tradewind stack up"),
    (no_redis, "board", "tradewind stack up"),
    (no_kafka, "server", "tradewind stack up"),
    (bad_backup, "last", "tradewind backup"),
]


@pytest.mark.parametrize(("fault", "name", "cure"), FAULTS, ids=lambda one: getattr(one, "__name__", None))
def test_a_fault_is_a_red_line_that_says_what_to_do(place, fault, name, cure):
    """What was broken is bad, and its line names the cure."""
    settings = fault(place) or place.settings

    found = {one.name: one for one in lines(settings)}

    assert name in found, found
    assert cure in found[name].cure
    for one in place.keep:
        one.close()


def test_a_full_disk_is_red(place, monkeypatch):
    """Where a hundredth of the disk is free, free space is bad."""
    real = os.statvfs

    def nearly_full(path):
        told = list(real(path))
        told[4] = told[2] // 100
        return os.statvfs_result(told)

    monkeypatch.setattr(disks.os, "statvfs", nearly_full)

    assert [one.name for one in lines(place.settings) if one.area == "disk" and "Make room" in one.cure] == [
        "free space"
    ]


def test_a_missing_extra_is_red(place, monkeypatch):
    """A broker whose library is not installed is found before it is needed."""
    real = versions.version

    def without(name):
        if name == "simplefix":
            raise versions.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(versions, "version", without)
    settings = changed(place.settings, broker={"name": "fix"})

    found = {one.name: one for one in lines(settings)}

    assert "tradewind[fix]" in found["simplefix"].cure


def test_an_old_backup_of_a_live_account_warns(place):
    """A backup of last week is not bad, and is told with its age."""
    (place.data / "backups").mkdir()
    week_ago = time.time_ns() - 7 * 86_400_000_000_000
    (place.data / "backups/last.json").write_text(json.dumps({"target": "nas", "at_ns": week_ago}))

    found = {one.name: one for one in lines(place.settings, WARNING)}

    assert "168 hours" in found["last"].says


def test_every_line_to_act_on_says_what_to_do(place):
    """No line is bad or a warning without a cure, whatever is broken."""
    killed(place)
    stale(place)
    rotten(place)
    found = list(examine(place.settings, PATIENT_S))

    assert all(one.cure for one in found if one.state in (BAD, WARNING))


def test_a_folder_of_secrets_that_others_may_look_into_is_told_but_stops_nothing(place):
    """They see names, not secrets: in a container the folder belongs to whoever runs it."""
    (place.root / "secrets").chmod(0o755)

    assert [one.cure for one in lines(place.settings, "warning") if one.name == "secrets"] == [
        f"Run: chmod 700 {place.root / 'secrets'}"
    ]
    refuse_weak(place.settings)
