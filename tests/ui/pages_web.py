"""A browser on our pages, their server, and our command line, for the tests of them."""

import contextlib
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
from browser import PATIENCE_S, Browser

from tradewind.adapters.entrance import users
from tradewind.adapters.entrance.database import Entrance
from tradewind.adapters.entrance.scopes import SCOPES
from tradewind.stack.processes import free_ports

PASSWORD = "correct horse battery"  # noqa: S105 - of users in a temporary folder


def typed(data, *words):
    """Return what a command of ours printed."""
    command = (sys.executable, "-m", "tradewind.cli", *words, "--data", str(data))
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=data).stdout


def add_people(data):
    """Ann may do everything, Rob may look."""
    entrance = Entrance(data)
    users.add_user(entrance, "ann", PASSWORD, SCOPES, time.time_ns())
    users.add_user(entrance, "rob", PASSWORD, ["read"], time.time_ns())


@contextlib.contextmanager
def serving(data, *more):
    """Yield where the pages of a data folder are served, at once: `answers` waits; `more` may be a settings file."""
    port = free_ports(1)[0]
    words = (sys.executable, Path(__file__).with_name("page_server.py"), data, port, *more)
    with (data / "server.log").open("wb") as log:
        process = subprocess.Popen([str(word) for word in words], stdout=log, stderr=log, cwd=data)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(40)


def answers(address):
    """Wait until somebody answers at an address."""
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends:
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{address}/livez", timeout=2)
        time.sleep(0.1)
    raise TimeoutError(address)


class Web(Browser):
    """A browser on our pages."""

    def __init__(self, address, width=1400, height=900, *, mobile=False):
        super().__init__(width, height, mobile=mobile)
        self.address = address

    def go(self, path, ready="window.did_handshake"):
        """Open a page and wait until it is connected."""
        self.call("Page.navigate", url=f"{self.address}{path}")
        self.wait(f"document.readyState === 'complete' && location.href !== 'about:blank' && ({ready})")

    def enter(self, name="ann", after="/"):
        """Log in."""
        self.go(f"/login?next={after}", "document.querySelector('.door')")
        self.fill("[name=name]", name)
        self.fill("[name=password]", PASSWORD)
        self.run("document.querySelector('form').requestSubmit()")
        self.wait("window.did_handshake")

    def fill(self, selector, text):
        """Type into a field, or choose from it."""
        self.run(
            f"(() => {{ const one = document.querySelector({selector!r}); one.value = {text!r};"
            "for (const kind of ['input', 'change']) one.dispatchEvent(new Event(kind, {bubbles: true})); })()"
        )

    def shows(self, text):
        """Wait until the page says something."""
        self.wait(f"document.body?.innerText.includes({text!r})")

    def asked_for(self, path):
        """Return what the API answers to whoever is logged in."""
        return self.run(f"fetch('/api/v1/{path}').then((one) => one.json())")

    def until(self, path, holds):
        """Return what the API answers once it is as it should be."""
        ends = time.monotonic() + PATIENCE_S
        while not holds(told := self.asked_for(path)):
            if time.monotonic() > ends:
                raise TimeoutError(f"{path}: {told}")
            time.sleep(0.05)
        return told
