"""What runs is what says so now; logs are read a piece at a time, by name, with what is secret covered."""

import json
import os
import secrets
import subprocess
import time

import pytest
from api_office import API, Office

from tradewind.adapters.entrance import keys
from tradewind.adapters.entrance.database import Entrance
from tradewind.errors import UnknownName
from tradewind.live.folder import account_folder
from tradewind.services.life import Life
from tradewind.settings import Settings
from tradewind.views import services as services_view
from tradewind.views.logs import MOST, PIECE, logs, read_log, shown
from tradewind.views.services import services
from tradewind.watchdog.beats import process_table
from tradewind.watchdog.processes import started


@pytest.fixture
def settings(tmp_path):
    """Settings of a data folder with one account."""
    account_folder(tmp_path, "demo").make()
    return Settings(data=tmp_path)


def beat(path, process=None, **more):
    """A beat of a process, ours if none is given, as it was `silent_s` ago."""
    pid = process or os.getpid()
    told = {"pid": pid, "started": started(pid) or 1, "processes": process_table(), "turn": 1, "wall_ns": 0,
            "monotonic_ns": time.monotonic_ns() - int(more.pop("silent_s", 0) * 1e9)}  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told | more))


def found(settings):
    """Return state and reason by name."""
    return {one["name"]: (one["state"], one["why"]) for one in services(settings)}


def test_who_speaks_works_who_does_not_is_silent_and_whose_process_is_not_there_is_gone(settings, tmp_path):
    Life("feed", tmp_path).working()
    Life("recorder", tmp_path).degraded("The database does not answer.")
    Life("outbox", tmp_path).over()
    beat(tmp_path / "services" / "api.json", silent_s=60, state="working")
    over = subprocess.run(["true"], check=True) and 2**22 - 1
    beat(tmp_path / "services" / "watchdogs.json", over, silent_s=60, state="working")
    (tmp_path / "services" / "odd.json").write_text("{")

    told = found(settings)

    assert told["feed"] == ("working", "")
    assert told["recorder"] == ("degraded", "The database does not answer.")
    assert told["outbox"][0] == "stopped"
    assert told["api"][0] == "silent"
    assert told["watchdogs"][0] == "gone"
    assert told["odd"] == ("silent", "Its sign of life cannot be read: it is not JSON.")


def test_traders_and_watchdogs_are_told_by_account(settings, tmp_path):
    root = account_folder(tmp_path, "demo").root
    beat(root / "status.json", mode="paper", leader=True)
    beat(root / "watchdog.json", ready=False)
    one, two = services(settings)

    assert (one["name"], one["account"], one["state"], one["why"]) == ("trader", "demo", "working", "paper")
    assert (two["name"], two["state"]) == ("watchdog", "degraded")
    assert "no key" in two["why"]
    assert abs(one["since_ns"] - time.time_ns()) < 86_400 * 1e9
    assert one["pid"] == os.getpid()


def test_a_process_of_another_container_is_silent_and_never_called_gone(settings, tmp_path, monkeypatch):
    """Its pid means another process here."""
    beat(tmp_path / "services" / "feed.json", 2**22 - 1, silent_s=60, state="working")
    monkeypatch.setattr(services_view, "process_table", lambda: -1)

    assert found(settings)["feed"][0] == "silent"


def test_servers_are_known_by_their_processes(settings, tmp_path):
    for name, pid in (("kafka", os.getpid()), ("redis", 2**22 - 1)):
        path = tmp_path / "stack" / name / f"{name}.pid"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"name": name, "pid": pid, "started": started(pid) or 1,
                                    "address": "127.0.0.1:1", "log": ""}))  # fmt: skip

    assert found(settings) == {"kafka": ("running", "127.0.0.1:1"), "redis": ("gone", "127.0.0.1:1")}


def written(tmp_path, text):
    """Return the name of a log with this text."""
    path = account_folder(tmp_path, "demo").root / "trader.log"
    path.write_bytes(text)
    return "trader.demo"


def test_a_log_is_read_backwards_to_its_beginning_without_losing_a_line(settings, tmp_path):
    """Lines of many lengths, some longer than what is read at once."""
    lines = [b"%d " % number + b"x" * (number * 37 % 900) for number in range(5_000)]
    name = written(tmp_path, b"\n".join(lines) + b"\n")
    told, before = [], None
    while True:
        answer = read_log(settings, name, MOST, before)
        told = answer["lines"] + told
        if (before := answer["before"]) is None:
            break

    assert [one["text"] for one in told] == [line.decode() for line in lines]
    assert [one["text"] for one in read_log(settings, name, 2)["lines"]] == [line.decode() for line in lines[-2:]]


def test_a_line_longer_than_a_piece_is_told_in_parts_and_an_end_is_found(settings, tmp_path):
    name = written(tmp_path, b"first\n" + b"y" * (PIECE * 2) + b"\nlast")
    before, pieces = None, 0
    while pieces < 10:
        answer = read_log(settings, name, 10, before)
        pieces += 1
        if (before := answer["before"]) is None:
            break

    assert before is None
    assert answer["lines"][0]["text"] == "first"


def test_secrets_are_covered_in_whatever_a_log_says(tmp_path):
    """The ways in which ours look, and the ways in which others write theirs."""
    key = keys.make_key(Entrance(tmp_path), "x", "ann", ["read"], days=1, now=1)
    told = [key, secrets.token_urlsafe(32), "hunter2", "postgres-word", "abc.def"]
    lines = [f"key {key}!", f"There: {told[1]}", f"password = {told[2]}", f"postgresql://trader:{told[3]}@db/t",
             f"Authorization: Bearer {told[4]}"]  # fmt: skip
    seen = " ".join(shown(line.encode())["text"] for line in lines)

    assert not [secret for secret in told if secret in seen], seen
    assert "postgresql://trader:…@db/t" in seen
    assert shown(b"hash " + b"0" * 64)["text"].endswith("0" * 64)  # a digest is none


def test_a_line_can_do_nothing_to_who_looks_at_it():
    line = shown(b"\x1b[31mERROR\x1b[0m \x07\x00<b>\xff\tx\xe2\x80\xae")

    assert line == {"text": "ERROR <b>\ufffd    x", "level": "bad"}
    assert shown(b"2026 WARN slow")["level"] == "warning"
    assert shown(b"all is well")["level"] == ""


@pytest.mark.parametrize("name", ["../secrets/tokens", "trader.nobody", "", "kafka/../../x", "/etc/passwd"])
def test_only_logs_of_the_list_are_read(settings, tmp_path, name):
    written(tmp_path, b"x\n")
    (tmp_path / "stack" / "kafka").mkdir(parents=True)
    (tmp_path / "stack" / "kafka" / "kafka.log").symlink_to("/etc/passwd")

    assert [one["name"] for one in logs(settings)] == ["trader.demo"]
    with pytest.raises(UnknownName):
        read_log(settings, name)


def test_what_was_said_is_for_administrators_and_what_runs_for_all(settings, tmp_path):
    office = Office(settings)
    name = written(tmp_path, b"one\ntwo\n")
    reader, admin = office.client("read"), office.client("read", "admin")

    assert [one["name"] for one in reader.get(f"{API}/services").json()] == []
    assert reader.get(f"{API}/logs").status_code == reader.get(f"{API}/logs/{name}").status_code == 403
    assert [one["name"] for one in admin.get(f"{API}/logs").json()] == [name]
    told = admin.get(f"{API}/logs/{name}?lines=1").json()
    assert [one["text"] for one in told["lines"]] == ["two"]
    assert [one["text"] for one in admin.get(f"{API}/logs/{name}?before={told['before']}").json()["lines"]] == ["one"]
    assert admin.get(f"{API}/logs/trader.nobody").status_code == 404
