"""A desk with made-up prices, runs, a sweep and an account that traded; its pages on a port; browsers logged in."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from browser import chromium

sys.path[:0] = [str(Path(__file__).parent)]

from pages_web import Web, add_people, answers, serving, typed  # noqa: E402 - found beside this file

ON = ("--on", "XAUUSD")
WORK = (
    ("data", "synth", *ON, "--from", "2025-11-07", "--to", "2025-12-12"),
    ("backtest", "first_bar", *ON), ("backtest", "session_pullback", *ON, "--from", "2025-12-01"),
    ("sweep", "ema_cross", *ON, "--vary", "fast=5,10", "--vary", "slow=40,60", "--from", "2025-12-08"),
    ("paper", "opening_range", "first_bar", *ON, "--speed", "0", "--source", "tape", "--risk", "house"),
)  # fmt: skip


def pytest_collection_modifyitems(items):
    """Without a browser, what needs one is skipped."""
    if chromium() is None and os.environ.get("TRADEWIND_REQUIRE_SERVICES") != "1":
        for item in items:
            if "web" in getattr(item, "fixturenames", ()) and Path(__file__).parent in item.path.parents:
                item.add_marker(pytest.mark.skip(reason="there is no Chromium"))


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Return an empty data folder."""
    return tmp_path_factory.mktemp("desk")


@pytest.fixture(scope="session")
def server(folder):
    """Return where the pages will be served in a moment; the server gets ready while the desk is furnished."""
    with serving(folder) as found:
        yield found


@pytest.fixture(scope="session")
def desk(folder):
    """Return a data folder with something on every page, and two users: one may do everything, one may look."""
    typed(folder, *WORK[0])
    with ThreadPoolExecutor(2) as both:
        for done in [both.submit(typed, folder, *words) for words in reversed(WORK[1:])]:
            done.result()
    add_people(folder)
    return folder


@pytest.fixture(scope="session")
def address(server, desk):  # noqa: ARG001 - what is served has to be there
    """Return where the pages are served."""
    answers(server)
    return server


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
