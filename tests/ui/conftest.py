"""A desk with made-up prices, runs, a sweep and an account that traded; its pages on a port; browsers logged in."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from browser import chromium

from tradewind.adapters.entrance import users
from tradewind.adapters.entrance.database import Entrance
from tradewind.adapters.entrance.scopes import SCOPES
from tradewind.stack.processes import free_ports

sys.path[:0] = [str(Path(__file__).parent)]

from pages_web import PASSWORD, Web, typed  # noqa: E402 - found beside this file

ON = ("--on", "XAUUSD")
WORK = (
    ("data", "synth", *ON, "--from", "2025-11-07", "--to", "2025-12-12"),
    ("backtest", "first_bar", *ON), ("backtest", "session_pullback", *ON, "--from", "2025-12-01"),
    ("sweep", "ema_cross", *ON, "--vary", "fast=5,10", "--vary", "slow=40,60", "--from", "2025-12-08"),
    ("paper", "opening_range", "first_bar", *ON, "--speed", "0", "--risk", "house"),
)  # fmt: skip
LIMIT_S = 60.0


def pytest_collection_modifyitems(items):
    """Without a browser, what needs one is skipped."""
    if chromium() is None and os.environ.get("TRADEWIND_REQUIRE_SERVICES") != "1":
        for item in items:
            if "web" in getattr(item, "fixturenames", ()) and Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip(reason="there is no Chromium"))


@pytest.fixture(scope="session")
def desk(tmp_path_factory):
    """Return a data folder with something on every page, and two users: one may do everything, one may look."""
    data = tmp_path_factory.mktemp("desk")
    typed(data, *WORK[0])
    with ThreadPoolExecutor(2) as both:
        for done in [both.submit(typed, data, *words) for words in reversed(WORK[1:])]:
            done.result()
    entrance = Entrance(data)
    users.add_user(entrance, "ann", PASSWORD, SCOPES, time.time_ns())
    users.add_user(entrance, "rob", PASSWORD, ["read"], time.time_ns())
    return data


@contextmanager
def served(data, *more):
    """Give where the pages over a data folder are served."""
    port = free_ports(1)[0]
    command = (sys.executable, Path(__file__).with_name("page_server.py"), str(data), str(port), *more)
    with (data / "server.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=data)
    found = f"http://127.0.0.1:{port}"
    until = time.monotonic() + LIMIT_S
    while time.monotonic() < until:
        try:
            httpx.get(f"{found}/livez", timeout=2)
            break
        except httpx.HTTPError:
            time.sleep(0.1)
    yield found
    process.send_signal(signal.SIGINT)
    process.wait(40)


@pytest.fixture(scope="session")
def address(desk):
    """Return where the pages are served."""
    with served(desk) as found:
        yield found


@pytest.fixture
def with_broker(tmp_path):
    """Give the pages of a folder whose settings name a practice account, and the folder."""
    users.add_user(Entrance(tmp_path), "ann", PASSWORD, SCOPES, time.time_ns())
    with served(tmp_path, "broker") as found:
        yield found, tmp_path


@pytest.fixture(scope="session")
def web(address):
    """Return a wide browser, dark, logged in as somebody who may do everything."""
    with Web(address) as browser:
        browser.prefer("dark")
        browser.enter()
        yield browser


@pytest.fixture(scope="session")
def phone(address):
    """Return a phone, light, logged in."""
    with Web(address, 390, 844, mobile=True) as browser:
        browser.prefer("light")
        browser.enter()
        yield browser
