"""Ctrl-C: one line and the exit code 130, whatever the verb does at that moment and however libraries take it."""

import json
import signal
import subprocess
import sys
import time

import pytest

VERB = """
import os, signal, sys, time
from tradewind import cli

@cli.app.command("wait")
def wait():
    print("waiting", flush=True)
    {body}

cli.main()
"""
BODIES = {
    "it sleeps": "time.sleep(60)",
    "a library complains in its own words": """try:
        time.sleep(60)
    except Exception:
        raise RuntimeError("no compiled object yet") from None""",
    "the system complains": """try:
        time.sleep(60)
    except Exception:
        raise InterruptedError(4, "Interrupted system call") from None""",
    "it has Python's own handler": "signal.signal(signal.SIGINT, signal.default_int_handler); time.sleep(60)",
    "it cleans up for a while": """try:
        time.sleep(60)
    finally:
        time.sleep(0.2)""",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_ctrl_c_is_one_line_and_130(body):
    words = [sys.executable, "-c", VERB.format(body=body), "wait"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "waiting\n"
        time.sleep(0.2)  # in the middle of it
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)

    assert process.returncode == 130
    assert said == "tradewind: Interrupted; what was not finished was not saved. Run the command again.\n"


def test_what_fails_without_ctrl_c_is_not_called_interrupted():
    words = [sys.executable, "-c", VERB.format(body="sys.exit(3)"), "wait"]

    assert subprocess.run(words, capture_output=True, timeout=60, check=False).returncode == 3


def test_paper_that_is_interrupted_ends_so_too_and_goes_on_at_another_speed(tmp_path):
    """The time of the tape moves on from where it stood."""
    words = [sys.executable, "-m", "tradewind.cli", "paper", "ema_cross", "--on", "XAUUSD", "--source", "synthetic"]
    words += ["--from", "2025-01-06", "--to", "2025-01-10", "--risk", "house", "--data", str(tmp_path)]
    status, reached = tmp_path / "accounts" / "paper" / "status.json", [0]
    for speed in ("600", "6000"):
        with subprocess.Popen([*words, "--speed", speed], stderr=subprocess.PIPE, text=True) as process:
            until, moved = time.monotonic() + 200, 0
            while moved < 2 and time.monotonic() < until and process.poll() is None:
                time.sleep(0.1)
                told = json.loads(status.read_text()) if status.is_file() else {}
                if told.get("speed") == float(speed) and told["event_ts"] > reached[-1]:
                    reached.append(told["event_ts"])
                    moved += 1
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
        assert moved == 2, said
        assert process.returncode == 130
        assert said.count("\n") == 1
        assert said.startswith("tradewind: Stopped after ")
