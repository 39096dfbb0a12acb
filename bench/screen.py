"""How soon a browser shows a price, how soon pages are there, and what all that looking costs the trader.

    python -m bench.screen [--seconds 20] [--clients 19] [--rate 50]

`tradewind serve` and a desk run as in `bench.stream`; a real Chromium shows the chart beside so many clients of the
stream. A price's lateness is from the moment it was due at the desk to the frame of the browser that shows it. The
desk's own time for a price is told alone, and with everybody looking. Then 50,000 candles of made-up prices are dragged
back and forth by the mouse, and every frame is timed. Nothing is asserted.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import threading
import time
from datetime import timedelta
from pathlib import Path

import httpx
import numpy as np
from rich.console import Console
from rich.table import Table

from bench.stream import FIRST, TURNS, _listen, _memory, _served
from tradewind.data.synthetic import write_synthetic
from tradewind.markets.clock import day_close, day_open
from tradewind.modes import open_history
from tradewind.settings import Settings

sys.path[:0] = [str(Path(__file__).parents[1] / "tests" / folder) for folder in ("servers", "ui")]

from pages_web import Web  # noqa: E402 - the tests' own browser, found in the folders named above

PAGES = ("/", "/chart?account=bench&on=XAUUSD", "/strategies", "/orders", "/risk", "/research", "/data", "/system")
WATCH = """(() => { window.seen = []; new MutationObserver(() => {
    const ts = Number(document.documentElement.dataset.streamed);
    requestAnimationFrame(() => window.seen.push([ts, Date.now()]));
}).observe(document.documentElement, {attributes: true, attributeFilter: ['data-streamed']}); })()"""
CANDLES = "/chart?on=EURUSD&timeframe=60&most=50000"
FRAMES = """(() => { window.frames_seen = []; let last = performance.now();
    const next = (now) => { window.frames_seen.push(now - last); last = now; requestAnimationFrame(next); };
    requestAnimationFrame(next); })()"""
MOVES = 300
WEEKS = timedelta(weeks=9)


def main():
    """The tables are printed."""
    asked = argparse.ArgumentParser()
    for name, usual in (("seconds", 20), ("clients", 19), ("rate", 50)):
        asked.add_argument(f"--{name}", type=int, default=usual)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="tradewind-screen-") as name, _served(Path(name), given.rate) as house:
        address, key, process, due = house
        turns = Path(name) / "data" / "turns"
        time.sleep(TURNS / given.rate)
        alone = json.loads(turns.read_text())
        bearer = {"authorization": f"Bearer {key}"}
        with httpx.Client(base_url=f"http://{address}", headers=bearer) as client, Web(f"http://{address}") as browser:
            browser.enter()
            shown, told = _watched(browser, client, given, (address, due))
            beside = json.loads(turns.read_text())
            _print(shown, told, (alone, beside), _opened(browser))
            Console().print(_dragged(browser, Path(name) / "data"))
        Console().print(f"the server holds {_memory(process.pid):.0f} MB")


def _watched(browser, client, given, place):
    """Return the lateness in milliseconds of prices on the screen, and at the other clients."""
    address, due = place
    browser.go(PAGES[1])
    browser.wait("document.documentElement.dataset.streamed")
    browser.run(WATCH)
    told = []
    listening = threading.Thread(target=lambda: told.extend(asyncio.run(_listen(client, address, given, due))))
    listening.start()
    listening.join()
    seen = json.loads(browser.run("JSON.stringify(window.seen)"))
    return [now - (ts + due) / 1e6 for ts, now in seen], told


def _opened(browser):
    """Return how long each page took to be drawn and connected, milliseconds."""
    found = {}
    for path in PAGES:
        for _ in range(5):
            began = time.perf_counter()
            browser.go(path)
            browser.wait("document.querySelector('h1') && window.did_handshake")
            found.setdefault(path, []).append(1e3 * (time.perf_counter() - began))
    return found


def _dragged(browser, data):
    """Return how long frames take while a chart is dragged, as a table."""
    write_synthetic(open_history(Settings(data=data)), ["EURUSD"], 7, (day_open(FIRST), day_close(FIRST + WEEKS)))
    browser.go(CANDLES)
    browser.wait("Number(document.documentElement.dataset.bars) >= 50000")
    count = int(browser.run("document.documentElement.dataset.bars"))
    still = _frames(browser, lambda: time.sleep(3))
    moved = _frames(browser, lambda: _drag(browser))
    table = Table(f"a frame of {count:,} candles", "frames", "p50 ms", "p95", "p99", "longest")
    for label, took in (("at rest", still), ("dragged", moved)):
        table.add_row(label, f"{len(took):,}", *(f"{one:.0f}" for one in np.percentile(took, [50, 95, 99, 100])))
    return table


def _drag(browser):
    """The mouse drags the chart from side to side."""
    at = {"y": 400, "button": "left"}
    browser.call("Input.dispatchMouseEvent", type="mousePressed", x=700, clickCount=1, **at)
    for move in range(MOVES):
        browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=700 + 400 * np.sin(move / 12), buttons=1, **at)
    browser.call("Input.dispatchMouseEvent", type="mouseReleased", x=700, clickCount=1, **at)


def _frames(browser, act):
    """Return the times between frames while something happens, milliseconds."""
    browser.run(FRAMES)
    act()
    return json.loads(browser.run("JSON.stringify(window.frames_seen)"))[2:]


def _print(shown, told, turns, opened):
    lates = Table("prices", "told", "p50 ms", "p95", "p99", "latest")
    for label, late in (("on the screen", shown), ("at the other clients", told)):
        lates.add_row(label, f"{len(late):,}", *(f"{one:.0f}" for one in np.percentile(late, [50, 95, 99, 100])))
    desk = Table("the desk's time for a price", "p50 us", "p90 us")
    for label, took in (("alone", turns[0]), ("with everybody looking", turns[1])):
        desk.add_row(label, *(f"{one:.0f}" for one in took))
    pages = Table("page", "p50 ms", "slowest")
    for path, times in opened.items():
        pages.add_row(path.partition("?")[0], f"{np.median(times):.0f}", f"{max(times):.0f}")
    Console().print(lates, desk, pages)


if __name__ == "__main__":
    main()
