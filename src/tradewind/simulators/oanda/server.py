"""The venue as a server on 127.0.0.1: in this thread until it is told to stop, or in one of its own.

Prices come from an iterator, at the pace their times tell, `speed` times as fast; 0 is as fast as it goes. Unless the
recorded times are wanted, each quote is stamped with the time it is shown at, so that the clocks of clients fit.
"""

import asyncio
import contextlib
import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, Self

import uvicorn

from tradewind.errors import TradewindError
from tradewind.simulators.oanda.app import application
from tradewind.simulators.oanda.desk import Desk
from tradewind.simulators.oanda.faults import Faults
from tradewind.simulators.oanda.instruments import Listed, from_profile
from tradewind.simulators.oanda.streams import Hub
from tradewind.simulators.oanda.venue import Venue, restore
from tradewind.simulators.oanda.wire import SECOND, Document

ACCOUNT = "101-001-1234567-001"
BLOCK = 512
STARTING_S = 30.0


class Fed(NamedTuple):
    """A quote from outside."""

    symbol: str
    """As the venue names it."""
    ts: int
    bid: Decimal
    ask: Decimal


class Settings(NamedTuple):
    """How a simulator is set up."""

    port: int = 0
    """0: any that is free."""
    accounts: tuple[str, ...] = (ACCOUNT,)
    currency: str = "USD"
    balance: Decimal = Decimal(100_000)
    instruments: Mapping[str, Listed] | None = None
    """None: those of our profile."""
    state: Path | None = None
    """The file its accounts are kept in."""
    token: str = ""
    """Empty: a new one."""
    admin: bool = False
    heartbeat_s: float = 5.0
    sampling_s: float = 0.25
    now: Callable[[], int] | None = time.time_ns
    """The venue's clock; None: the time of the last quote."""


class _Server(uvicorn.Server):
    """A server that leaves signals to whoever runs it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing is captured."""
        yield


class Simulator:
    """A simulated OANDA that listens."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.token = settings.token or secrets.token_hex(32)
        self.faults = Faults()
        desk = Desk(settings.instruments or from_profile(), settings.now)
        for number in settings.accounts:
            desk.open_account(number, settings.currency, settings.balance)
        self._file = None if settings.state is None else _open_state(settings.state, desk)
        self.hub = Hub(self.faults, heartbeat_s=settings.heartbeat_s, sampling_s=settings.sampling_s)
        keep = None if self._file is None else self._append
        self.venue = Venue(desk, self.token, self.hub, monotonic=time.monotonic, keep=keep)
        self.venue.keep()
        self._socket = _listening(settings.port)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        config = uvicorn.Config(
            application(self.venue, admin=settings.admin), log_level="critical", access_log=False, lifespan="off",
            date_header=False, server_header=False, timeout_graceful_shutdown=1, timeout_keep_alive=60,
        )  # fmt: skip
        self._server = _Server(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def _append(self, deltas: Document) -> None:
        if self._file is not None:
            self._file.write(json.dumps(deltas, separators=(",", ":")).encode() + b"\n")
            self._file.flush()

    async def serve(self, quotes: Iterator[Fed] | None = None, *, speed: float = 1.0, recorded: bool = False) -> None:
        """The venue has served until it was stopped; `quotes` were shown meanwhile, and what they raise is raised."""
        self._loop = asyncio.get_running_loop()
        feeding = asyncio.ensure_future(self._feed(quotes or iter(()), speed, recorded))
        # Without prices it would go on as if nothing were wrong.
        feeding.add_done_callback(lambda done: None if done.cancelled() or not done.exception() else self.stop())
        try:
            await self._server.serve(sockets=[self._socket])
            feeding.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await feeding
        finally:
            if self._file is not None:
                self._file.close()

    async def _feed(self, quotes: Iterator[Fed], speed: float, recorded: bool) -> None:
        began, first = time.monotonic(), None
        while block := await asyncio.to_thread(lambda: list(islice(quotes, BLOCK))):
            for one in block:
                first = one.ts if first is None else first
                wait = 0.0 if not speed else (one.ts - first) / SECOND / speed - (time.monotonic() - began)
                if wait > 0.001:
                    await asyncio.sleep(wait)
                ts = one.ts if recorded else max(self.venue.desk.market.moment(), 1)
                self.venue.price(one.symbol, ts, one.bid, one.ask)
            await asyncio.sleep(0)

    def stop(self) -> None:
        """Streams end and the server stops, soon; called on the server's loop, or from a signal's handler there."""
        self.hub.close()
        self._server.should_exit = True

    # --- in a thread of its own

    def __enter__(self) -> Self:
        """The server listens, in a thread of its own."""
        self._thread = threading.Thread(target=lambda: asyncio.run(self.serve()), name="oanda simulator", daemon=True)
        self._thread.start()
        ends = time.monotonic() + STARTING_S
        while not self._server.started:
            if time.monotonic() > ends or not self._thread.is_alive():
                raise TradewindError("The simulator did not start.", "See whether its port is free.")
            time.sleep(0.005)
        return self

    def __exit__(self, *_: object) -> None:
        """The server has stopped."""
        if self._loop is not None and self._thread is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self.stop)
            self._thread.join(STARTING_S)

    def call(self, function: Callable[[], Any]) -> Any:
        """Return what a function returned that ran on the server's thread."""

        async def run() -> Any:
            return function()

        if self._loop is None:
            return function()
        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(STARTING_S)

    def price(self, symbol: str, bid: object, ask: object, *, ts: int | None = None, tradeable: bool = True) -> None:
        """The instrument has this quote, now or at `ts`, and everything it meets was dealt."""

        def push() -> None:
            at = self.venue.desk.market.moment() if ts is None else ts
            self.venue.price(symbol, at, Decimal(str(bid)), Decimal(str(ask)), tradeable=tradeable)

        self.call(push)

    def change_faults(self, **given: object) -> None:
        """The named faults are switched."""
        self.call(lambda: self.venue.change_faults(given))

    def cut_streams(self) -> None:
        """Every open stream is cut."""
        self.call(lambda: self.venue.change_faults({"drop_streams": self.faults.drop_streams + 1}))


def _listening(port: int) -> socket.socket:
    """Return a socket that listens on 127.0.0.1; its connections send at once what they are given."""
    # asyncio turns Nagle's delay off only where the protocol is named; an answer of two parts would take 40 ms.
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(("127.0.0.1", port))
        found.listen(128)
    except OSError as error:
        found.close()
        raise TradewindError(f"Port {port} cannot be had: {error.strerror}.", "Choose another --port, or 0.") from None
    return found


def _open_state(path: Path, desk: Desk) -> Any:
    """Return the state file, open for more; the desk is as it says, and a last half line is gone."""
    whole = restore(desk, path.read_bytes().splitlines(keepends=True)) if path.exists() else 0
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    file = os.fdopen(descriptor, "r+b")
    file.truncate(whole)
    file.seek(whole)
    return file
