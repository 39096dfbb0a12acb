"""What the API costs a person: reads while a sweep runs on all cores, prices from the trader to many clients, memory.

    python -m bench.stream [--seconds 20] [--clients 20] [--rate 50] [--minutes 0]

Starts `tradewind serve` and a desk that is given prices, each in a process of its own, over a temporary folder. A
price's lateness is from the moment it was due at the desk to the moment a client has read it. Only the latest is told,
and the desk makes prices that moved nothing durable ten times a second: `a second` is how many of them a client saw.
Beside each figure stands how many times the quiet one it is. With minutes the stream goes on so long, and memory is
looked at every minute. Nothing is asserted.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections import deque
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import httpx
import numpy as np
from rich.console import Console
from rich.table import Table
from websockets.asyncio.client import connect

from bench.live import START, _desk
from tradewind.adapters.entrance import keys, users
from tradewind.adapters.entrance.database import Entrance
from tradewind.adapters.entrance.scopes import SCOPES
from tradewind.broker import Answer, Quote
from tradewind.data.synthetic import write_synthetic
from tradewind.live.edge import Edge
from tradewind.liveness.habits import NOTHING
from tradewind.markets.clock import day_close, day_open
from tradewind.modes import open_history
from tradewind.settings import Settings
from tradewind.stack.processes import free_ports
from tradewind.trading.requests import Send

READS = (
    "/livez", "/api/v1/me", "/api/v1/accounts", "/api/v1/accounts/bench", "/api/v1/accounts/bench/limits",
    "/api/v1/accounts/bench/orders", "/api/v1/accounts/bench/health", "/api/v1/instruments", "/api/v1/clock",
    "/api/v1/strategies", "/api/v1/jobs", "/api/v1/runs", "/api/v1/data/coverage",
)  # fmt: skip
EVERY_S = 0.05
"""Between reads: fewer than one address may send."""
FIRST, LAST = date(2024, 1, 8), date(2024, 6, 28)
LEVELS = 10_000
TURNS = 500
"""Prices of which the desk says how long they took it, from a price to what may be sent."""


def main():
    """The tables are printed."""
    asked = argparse.ArgumentParser()
    for name, usual in (("seconds", 20), ("clients", 20), ("rate", 50), ("minutes", 0)):
        asked.add_argument(f"--{name}", type=int, default=usual)
    asked.add_argument("--desk", type=Path)
    given = asked.parse_args()
    if given.desk is not None:
        return _priced(given.desk, given.rate)
    with tempfile.TemporaryDirectory(prefix="tradewind-api-") as name, _served(Path(name), given.rate) as house:
        address, key, process, due = house
        with httpx.Client(base_url=f"http://{address}", headers={"authorization": f"Bearer {key}"}) as client:
            reads = Table("read", "quiet p50 ms", "p95", "in a sweep p50", "p95", "times")
            lates = Table("prices to clients", "a second", "p50 ms", "p99 ms", "times")
            quiet, quiet_late = _read(client, given.seconds), asyncio.run(_listen(client, address, given, due))
            job = _sweep(client)
            busy = _read(client, given.seconds)
            busy_late = asyncio.run(_listen(client, address, given, due))
            state = client.get(f"/api/v1/jobs/{job}").json()["state"]
            client.delete(f"/api/v1/jobs/{job}")
            for path in (*READS, "all"):
                (one, two), (three, four) = _of(quiet, path), _of(busy, path)
                reads.add_row(path, f"{one:.1f}", f"{two:.1f}", f"{three:.1f}", f"{four:.1f}", f"{four / two:.2f}")
            for label, late in (("quiet", quiet_late), (f"in a sweep ({state})", busy_late)):
                middle, far = np.percentile(late, [50, 99])
                times = far / np.percentile(quiet_late, 99)
                each = len(late) / given.clients / given.seconds
                lates.add_row(label, f"{each:.1f}", f"{middle:.0f}", f"{far:.0f}", f"{times:.2f}")
            Console().print(reads, lates)
            for minute in range(given.minutes):
                asyncio.run(_listen(client, address, argparse.Namespace(**vars(given) | {"seconds": 60}), due))
                Console().print(f"after {minute + 1} minutes: {_memory(process.pid):.1f} MB")
    return None


@contextmanager
def _served(folder, rate):
    """Give (address, key, the API's process, what makes a simulated moment a real one) while all of it runs."""
    data, port = folder / "data", free_ports(1)[0]
    write_synthetic(open_history(Settings(data=data)), ["XAUUSD"], 7, (day_open(FIRST), day_close(LAST)))
    entrance, now = Entrance(data), time.time_ns()
    users.add_user(entrance, "ann", "correct horse battery", SCOPES, now)
    key = keys.make_key(entrance, "bench", "ann", ("read", "backtest"), days=1, now=now)
    words = [sys.executable, "-m", "tradewind.cli", "serve", "--port", str(port), "--data", str(data)]
    desk = [sys.executable, "-m", "bench.stream", "--desk", str(data), "--rate", str(rate)]
    running = [subprocess.Popen(one, stdout=subprocess.DEVNULL) for one in (desk, words)]
    try:
        _until(lambda: httpx.get(f"http://127.0.0.1:{port}/livez").status_code == 200)
        _until((data / "due").exists)
        yield f"127.0.0.1:{port}", key, running[1], int((data / "due").read_text())
    finally:
        for one in running:
            one.terminate()
        for one in running:
            one.wait(30)


def _priced(data, rate):
    """A desk is given prices, so many a second, until it is told to stop."""
    desk, journal = _desk(data)
    with journal:
        guard = Edge([one.instrument for one in desk.prepared.listings], 1, [NOTHING])
        chance = np.random.default_rng(1)
        began, start = time.time_ns(), START
        (data / "due.new").write_text(str(began - start))
        (data / "due.new").rename(data / "due")
        took = deque(maxlen=TURNS)
        for number in range(10**9):
            due = number * 1_000_000_000 // rate
            if (early := began + due - time.time_ns()) > 0:
                time.sleep(early / 1e9)
            turned = time.perf_counter()
            bid = 2_400_000 + int(chance.integers(0, LEVELS))
            desk.quotes(guard.take([Quote(0, start + due, bid, bid + 400)], start + due))
            for request in desk.settle(start + due):
                if isinstance(request, Send):
                    desk.trader.answered(request, Answer("refused", (), "bench"))
            took.append(1e6 * (time.perf_counter() - turned))
            if number % rate == 0:
                (data / "turns").write_text(json.dumps(list(np.percentile(took, [50, 90]))))


def _until(true, seconds=120):
    """It has become true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if true():
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise TimeoutError


def _read(client, seconds):
    """Return (path, milliseconds) of every read."""
    found, number, end = [], 0, time.monotonic() + seconds
    while time.monotonic() < end:
        path = READS[number % len(READS)]
        began = time.perf_counter()
        answer = client.get(path)
        found.append((path, 1e3 * (time.perf_counter() - began)))
        if answer.status_code != 200:
            raise SystemExit(f"{path}: {answer.status_code} {answer.text[:200]}")
        number += 1
        time.sleep(EVERY_S)
    return found


def _of(found, path):
    """Return the median and the 95th percentile of a path's reads."""
    return np.percentile([took for one, took in found if path in (one, "all")], [50, 95])


def _sweep(client):
    """Return the job of a sweep that runs by now and goes on for longer than anybody looks."""
    wanted = {"strategy": "opening_range", "on": ["XAUUSD"], "vary": ["target=0:4", "range_max=0.1:2"],
              "method": "random", "trials": 100_000}  # fmt: skip
    answer = client.post("/api/v1/sweeps", json=wanted, headers={"idempotency-key": "bench-bench"})
    if answer.status_code != 202:
        raise SystemExit(answer.text)
    job = answer.json()["id"]
    _until(lambda: client.get(f"/api/v1/jobs/{job}").json()["state"] == "running")
    time.sleep(10)  # compiled and at it
    return job


async def _listen(client, address, given, due):
    """Return the lateness in milliseconds of every price every client was told."""
    tickets = [client.post("/api/v1/stream/tickets").json()["ticket"] for _ in range(given.clients)]
    late = []

    async def one(ticket):
        async with connect(f"ws://{address}/api/v1/stream?ticket={ticket}") as socket:
            await socket.send(json.dumps({"do": "subscribe", "topics": ["quotes"], "accounts": ["bench"]}))
            try:
                async with asyncio.timeout(given.seconds):
                    first = True
                    async for text in socket:
                        told = json.loads(text)
                        if told["type"] == "quotes":
                            if not first:  # the first is the latest there was
                                late.append((time.time_ns() - told["latest"]["ts"] - due) / 1e6)
                            first = False
            except TimeoutError:
                return

    await asyncio.gather(*(one(ticket) for ticket in tickets))
    return late


def _memory(pid):
    """Return what a process holds in memory, in MB."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    return int(fields["VmRSS"].split()[0]) / 1024


if __name__ == "__main__":
    main()
