"""The first user: told to a person at a terminal, and never to a log or a file."""

import os
import pty
import re
import signal
import socket
import subprocess
import sys
import time

from api_hands import PASSWORD

from tradewind.adapters.entrance import users
from tradewind.adapters.entrance.database import Entrance

INIT = [sys.executable, "-m", "tradewind.cli", "init"]
GIVEN = re.compile(r"^  ([\w-]{43})\r?$", re.MULTILINE)


def in_a_terminal(words, enough):
    """Return what a process writes to a terminal, until it has written enough or ended; it is told to stop then."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(words, stdout=theirs, stderr=theirs, stdin=subprocess.DEVNULL) as process:
        os.close(theirs)
        text = ""
        try:
            while enough not in text and (more := os.read(ours, 4096)):
                text += more.decode()
        except OSError:  # Linux says so where the other end is closed
            pass
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
            os.close(ours)
    return text


def opens(data, given):
    """Return who comes in with the password that was told, choosing another."""
    return users.come_in(Entrance(data), "admin", (given, PASSWORD), time.time_ns()).name


def test_serve_shows_the_password_in_a_terminal(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = str(one.getsockname()[1])
    words = [sys.executable, "-m", "tradewind.cli", "serve", "--data", str(tmp_path), "--port", port]

    (given,) = GIVEN.findall(in_a_terminal(words, "Ctrl-C ends it"))
    assert opens(tmp_path, given) == "admin"


def test_init_shows_the_password_in_a_terminal_and_writes_it_nowhere(tmp_path):
    (given,) = GIVEN.findall(in_a_terminal([*INIT, str(tmp_path), "--stack"], "\0"))

    assert not [path for path in tmp_path.rglob("*") if path.is_file() and given.encode() in path.read_bytes()]
    assert opens(tmp_path / "tradewind-data", given) == "admin"


def test_init_without_a_terminal_says_how_and_makes_nobody(tmp_path):
    done = subprocess.run([*INIT, str(tmp_path)], capture_output=True, text=True, timeout=60, check=True)

    assert "tradewind users add admin" in done.stdout
    assert not GIVEN.findall(done.stdout)
    assert users.users(Entrance(tmp_path / "tradewind-data")) == []
