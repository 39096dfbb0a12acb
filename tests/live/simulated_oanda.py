"""A simulated OANDA for tests: it listens on a free port of 127.0.0.1, in a thread or in a process of its own.

    with simulated_oanda() as venue:
        venue.price("EUR_USD", "1.08000", "1.08020")
        httpx.get(f"{venue.url}/v3/accounts", headers=venue.headers)

Heartbeats come every 0.1 s and every quote is streamed, so that no test waits long; give `heartbeat_s=5,
sampling_s=0.25` for OANDA's own pace.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tradewind.simulators.oanda.server import ACCOUNT, Settings, Simulator

DATA = Path(os.environ.get("TRADEWIND_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")
FIXTURES = DATA.parent / "fixtures" / "oanda"
PRICES = {"EUR_USD": ("1.08000", "1.08020"), "XAU_USD": ("2400.100", "2400.500"), "US30_USD": ("39000.0", "39001.5")}
"""Quotes there are from the start."""


class Venue:
    """A running simulator as a test sees it."""

    account = ACCOUNT

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.url, self.port, self.token = simulator.url, simulator.port, simulator.token
        self.headers = {"Authorization": f"Bearer {self.token}"}

    def price(self, symbol: str, bid: object, ask: object, **more: Any) -> None:
        """The instrument has this quote, and everything it meets was dealt (`ts`, `tradeable`)."""
        self.simulator.price(symbol, bid, ask, **more)

    def faults(self, **given: object) -> None:
        """The named faults are switched."""
        self.simulator.change_faults(**given)

    def cut_streams(self) -> None:
        """Every open stream is cut."""
        self.simulator.cut_streams()

    @property
    def book(self) -> Any:
        """The account's book; to be looked at only."""
        return self.simulator.venue.desk.books[ACCOUNT]


@contextlib.contextmanager
def simulated_oanda(*, prices: dict[str, tuple[str, str]] | None = None, **settings: Any) -> Iterator[Venue]:
    """Yield a simulator that runs in a thread of this process; `settings` are those of `Settings`."""
    chosen = Settings(**{"heartbeat_s": 0.1, "sampling_s": 0.0, "admin": True, **settings})
    with Simulator(chosen) as simulator:
        venue = Venue(simulator)
        for symbol, (bid, ask) in (PRICES if prices is None else prices).items():
            venue.price(symbol, bid, ask)
        yield venue


class Process:
    """A simulator in a process of its own, which can be killed and started again on its state file."""

    account = ACCOUNT

    def __init__(self, folder: Path, *more: str) -> None:
        self.state, self.token_file = folder / "state.jsonl", folder / "token"
        self._more = more
        self._port = 0
        self.start()

    def start(self) -> None:
        """The process listens; on the port it had before, if it had one."""
        command = [
            sys.executable, "-m", "tradewind.cli", "simulate", "oanda", "--port", str(self._port), "--admin",
            "--state", str(self.state), "--token-file", str(self.token_file), *self._more,
        ]  # fmt: skip
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        for line in self._process.stdout:
            if line.startswith("http://"):
                self.url = line.split()[0]
                self.port = self._port = int(self.url.rpartition(":")[2])
                break
        else:
            raise AssertionError(f"the simulator ended with {self._process.wait()}")
        self.token = self.token_file.read_text(encoding="utf-8").strip()
        self.headers = {"Authorization": f"Bearer {self.token}"}

    def kill(self) -> None:
        """The process was killed, as by a power cut."""
        self._process.kill()
        self._ended()

    def interrupt(self) -> int:
        """Return the exit code after Ctrl-C."""
        self._process.send_signal(signal.SIGINT)
        return self._ended()

    def _ended(self) -> int:
        code = self._process.wait(timeout=30)
        self._process.stdout.close()
        return code

    def price(self, symbol: str, bid: object, ask: object, **more: Any) -> None:
        """The instrument has this quote, and everything it meets was dealt."""
        self._ask("price", {"instrument": symbol, "bid": str(bid), "ask": str(ask), **more})

    def faults(self, **given: object) -> None:
        """The named faults are switched."""
        self._ask("faults", given)

    def _ask(self, what: str, body: dict[str, object]) -> Any:
        request = urllib.request.Request(  # noqa: S310 - our own address
            f"{self.url}/simulator/{what}", json.dumps(body).encode(), self.headers, method="POST"
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own address
            return json.load(answer)


@contextlib.contextmanager
def oanda_process(folder: Path, *more: str, prices: dict[str, tuple[str, str]] | None = None) -> Iterator[Process]:
    """Yield a simulator that runs in a process of its own; `more` are options of `tradewind simulate oanda`."""
    process = Process(folder, *more)
    try:
        for symbol, (bid, ask) in (PRICES if prices is None else prices).items():
            process.price(symbol, bid, ask)
        yield process
    finally:
        if process._process.poll() is None:
            process.kill()


__all__ = ["FIXTURES", "PRICES", "Process", "Venue", "oanda_process", "simulated_oanda"]
