"""What the API and the stream take: reads while a sweep has every core, and a price from its commit to twenty clients.

    python -m bench.api [--seconds 20]

Printed, never asserted. The server is `tradewind serve` as a process; the sweep is a process too. Ratios are against
the same server with nothing beside it. A trader makes prices durable every 250 ms: the last rows add that wait.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx
import numpy as np
import websockets
from rich.console import Console
from rich.table import Table

from tradewind.adapters.entrance import keys, users
from tradewind.adapters.entrance.database import Entrance
from tradewind.kernel.records import QUOTE
from tradewind.live.folder import Folder
from tradewind.live.start import LAYOUTS, open_journal
from tradewind.settings import Settings
from tradewind.stack.processes import free_ports

PATHS = ("/accounts", "/accounts/demo", "/jobs", "/instruments", "/clock", "/alerts", "/runs")
READS_A_SECOND = 30
CLIENTS, QUOTES_A_SECOND = 20, 50
TRADER_WAITS_S = 0.25
ON = ("--on", "XAUUSD")
START = {
    "mode": "paper", "epoch": 1, "ts": 1, "profile": {"name": "metatrader"}, "symbols": ["XAUUSD"], "strategies": [],
    "settings": {"account": {"currency": "USD", "balance": "100000"}},
}  # fmt: skip


def main() -> None:
    """The table is printed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=20.0)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        data, port = Path(name), free_ports(1)[0]
        _typed(data, "data", "synth", *ON, "--from", "2025-11-03", "--to", "2025-12-12").wait()
        journal = open_journal(Settings(data=data), _account(data))
        journal.note("start", START)
        journal.commit(1)
        entrance = Entrance(data)
        users.add_user(entrance, "ann", "correct horse battery", ["read"], time.time_ns())
        key = keys.make_key(entrance, "bench", "ann", ["read"], 1, time.time_ns())
        server = _typed(data, "serve", "--port", str(port))
        try:
            rows = asyncio.run(_measured(f"127.0.0.1:{port}", key, (data, journal), wanted.seconds))
            resident = _resident(server.pid)
        finally:
            server.terminate()
            server.wait(30)
            journal.close()
    table = Table("what", "p50 ms", "p95 ms", "p99 ms", "count", "p95 against alone")
    for row in rows:
        table.add_row(*row)
    Console().print(table)
    Console().print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; the server holds {resident} MB.")


def _account(data: Path) -> Folder:
    folder = Folder(data / "accounts" / "demo")
    folder.root.mkdir(parents=True)
    return folder


def _typed(data: Path, *words: str) -> "subprocess.Popen[bytes]":
    command = (sys.executable, "-m", "tradewind.cli", *words, "--data", str(data))
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=data)


def _resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000


async def _measured(place, key, made, seconds):
    """Return the rows of the table."""
    data, journal = made
    async with httpx.AsyncClient(base_url=f"http://{place}/api/v1", headers={"authorization": f"Bearer {key}"}) as http:
        await _until_up(http)
        await _reads(http, 3.0)
        alone = await _reads(http, seconds)
        sweep = _typed(data, "sweep", "ema_cross", *ON, "--vary", "fast=3:60:1", "--vary", "slow=61:240:2")
        await asyncio.sleep(3.0)
        beside = await _reads(http, seconds)
        still = sweep.poll() is None
        prices_beside = await _streamed(http, place, journal, (seconds, 0.0))
        sweep.terminate()
        sweep.wait(30)
        prices = await _streamed(http, place, journal, (seconds, 0.0))
        late = await _streamed(http, place, journal, (seconds, TRADER_WAITS_S))
    return [
        _row("read, alone", alone, alone),
        _row("read, beside a sweep" if still else "read, beside a sweep that ended early", beside, alone),
        _row("price, commit at once, alone", prices, prices),
        _row("price, commit at once, beside a sweep", prices_beside, prices),
        _row("price, commit every 250 ms, alone", late, prices),
    ]


def _row(name, times, against):
    fifty, most, last = np.percentile(times, (50, 95, 99)) * 1e3
    ratio = most / (np.percentile(against, 95) * 1e3)
    return name, f"{fifty:.1f}", f"{most:.1f}", f"{last:.1f}", f"{len(times):,}", f"{ratio:.2f}"


async def _until_up(http):
    for _ in range(600):
        try:
            await http.get("/me")
        except httpx.TransportError:
            await asyncio.sleep(0.1)
        else:
            return
    raise SystemExit("The server does not answer.")


async def _reads(http, seconds):
    """Return how long each read took, seconds."""
    times, until, number = [], time.perf_counter() + seconds, 0
    while (begun := time.perf_counter()) < until:
        answer = await http.get(PATHS[number % len(PATHS)])
        answer.raise_for_status()
        times.append(time.perf_counter() - begun)
        number += 1
        await asyncio.sleep(max(0.0, 1 / READS_A_SECOND - times[-1]))
    return times


async def _streamed(http, place, journal, how):
    """Return for every price that a client got how long ago it was, seconds."""
    seconds, wait_s = how
    ages, tickets = [], [(await http.post("/stream/tickets")).json()["ticket"] for _ in range(CLIENTS)]
    ready, over = asyncio.Barrier(CLIENTS + 1), threading.Event()

    async def listen(ticket):
        async with websockets.connect(f"ws://{place}/api/v1/stream?ticket={ticket}") as socket:
            await socket.send(json.dumps({"do": "subscribe", "topics": ["quotes"], "accounts": ["demo"]}))
            await socket.recv()
            await ready.wait()
            while not over.is_set():
                try:
                    async with asyncio.timeout(0.5):
                        told = json.loads(await socket.recv())
                except TimeoutError:
                    continue
                if told["type"] == "quotes" and told["latest"]["ts"] > begun:
                    ages.append((time.time_ns() - told["latest"]["ts"]) / 1e9)

    begun = time.time_ns()
    clients = [asyncio.create_task(listen(one)) for one in tickets]
    await ready.wait()
    await asyncio.to_thread(_quoted, journal, seconds, wait_s)
    over.set()
    await asyncio.gather(*clients)
    return ages


def _quoted(journal, seconds, wait_s):
    """Prices are durable, so many a second, each with the time it was made at."""
    row, committed = np.zeros(1, LAYOUTS["events"]), 0.0
    row["kind"], row["spread_close"] = QUOTE, 30
    until = time.perf_counter() + seconds
    while (begun := time.perf_counter()) < until:
        row["ts"], row["close"] = time.time_ns(), row["close"] + 1
        journal.append("events", row.copy())
        if begun - committed >= wait_s:
            journal.commit(1)
            committed = begun
        time.sleep(max(0.0, 1 / QUOTES_A_SECOND - (time.perf_counter() - begun)))
    journal.commit(1)


if __name__ == "__main__":
    main()
