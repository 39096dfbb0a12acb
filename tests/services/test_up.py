"""`tradewind up` without any server: the trader and its watchdog, as processes that end with it."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tradewind.errors import BadSettings
from tradewind.services import children
from tradewind.services.api import beside
from tradewind.services.life import Life, serve
from tradewind.settings import Api, Settings, Trader, load_settings
from tradewind.stack.processes import free_ports
from tradewind.stack.services import livez

PAPER = f"""
data = "data"
[api]
port = {free_ports(1)[0]}
[trader]
strategies = ["ema_cross"]
symbols = ["XAUUSD"]
"""


def tradewind(folder, *words):
    """Return the command line, running in a folder."""
    return subprocess.Popen([sys.executable, "-m", "tradewind.cli", *words], cwd=folder, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)  # fmt: skip


def alive(process):
    """Return whether there is such a process that has not ended."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="ascii")
        return stat.rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def beats(folder, name):
    """Return a service's beat, empty where there is none yet."""
    try:
        return json.loads((folder / "data" / "services" / f"{name}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def until(what, seconds=90):
    """Return what `what` gives once it is true."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.1)
    return found


def test_up_trades_and_watches_and_ends_both(tmp_path):
    """A settings file of four lines; Ctrl-C leaves no process behind."""
    (tmp_path / "tradewind.toml").write_text(PAPER, encoding="utf-8")
    up = tradewind(tmp_path, "up")
    try:
        status = tmp_path / "data" / "accounts" / "paper" / "status.json"
        until(status.is_file)
        processes = [until(lambda name=name: beats(tmp_path, name).get("process")) for name in ("trader", "watchdog")]
        assert all(alive(one) for one in processes)
        until(lambda: beats(tmp_path, "api").get("state") == "working")
        livez(load_settings(tmp_path / "tradewind.toml").api)
        assert up.poll() is None

        os.kill(up.pid, signal.SIGINT)
        said, _ = up.communicate(timeout=60)

        assert up.returncode == 0, said
        assert "Running: watchdog, trader, api." in said
        until(lambda: not any(alive(one) for one in processes), 20)
        assert [beats(tmp_path, name)["state"] for name in ("trader", "api")] == ["stopped", "stopped"]
        assert "nobody can log in" in said
        assert not re.search(r"^  [\w-]{43}$", said, re.MULTILINE)
    finally:
        up.kill()
        up.communicate()


def test_what_the_api_meets_never_ends_the_others(tmp_path):
    """Somebody else has its port: it says so and looks again, and begins when the port is free."""
    said, (port,) = [], free_ports(1)
    settings = Settings(data=tmp_path, api=Api(port=port, workers=0))
    life = Life("api", tmp_path)
    with socket.create_server(("127.0.0.1", port)):
        serving = threading.Thread(target=serve, args=(life, beside(settings, said.append, watched=False), said.append))
        serving.start()
        until(lambda: life.state == "degraded")
        assert "another port in [api]" in life.why
    until(lambda: life.state == "working")
    livez(settings.api)
    life.stop.set()
    serving.join(30)

    assert not serving.is_alive()


def test_up_with_nothing_to_do_says_what_to_write(tmp_path):
    """And `run` names what there is."""
    up = tradewind(tmp_path, "up")
    said, _ = up.communicate(timeout=60)
    assert up.returncode == 2
    assert "[trader] strategies" in said

    (tmp_path / "tradewind.toml").write_text(PAPER, encoding="utf-8")
    run = tradewind(tmp_path, "run", "tradr")
    said, _ = run.communicate(timeout=60)
    assert run.returncode == 2
    assert "trader" in said


def test_a_child_that_ends_with_a_complaint_ends_its_service(tmp_path):
    """It is not begun again: what it said asks for a person."""
    with pytest.raises(BadSettings, match="ended with 2"):
        children.attended(Life("trader", tmp_path), ["paper", "no_such_strategy", "--on", "XAUUSD"])


def test_strategies_without_symbols_are_refused_before_anything_begins():
    """There is nothing they could trade."""
    with pytest.raises(BadSettings, match="no symbols"):
        children.works(Settings(trader=Trader(strategies=("ema_cross",))), None)


def test_the_words_of_a_live_trader():
    """As one would type them."""
    wanted = Trader(
        mode="live", account="real", strategies=("a.py",), symbols=("XAUUSD", "US30"), standby=True, arm="7"
    )

    words = children.trading(Settings(trader=wanted))

    assert " ".join(words) == "live a.py --on XAUUSD,US30 --account real --bar M5 --standby --arm 7"
