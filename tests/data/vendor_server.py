"""A vendor on this machine for download tests: it answers as Dukascopy or OANDA do, with faults where told.

Time is a toy as well: `Hands` is a clock that only `sleep` moves, so that pauses are measured and not waited for.
"""

import contextlib
import json
import lzma
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import numpy as np
import polars as pl
from data_cases import NS, ns, times

HOUR = 3600 * NS
NAMES = {60: "minute", 3600: "hour", 86_400: "day"}


class Hands:
    """A clock that only sleeping moves."""

    def __init__(self, now):
        self.ts = ns(now)
        self.slept = []

    def now(self):
        return self.ts

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.ts += round(seconds * NS)


class Asked(list):
    """Requests that came: (path, query, headers, moment of the toy clock)."""

    @property
    def paths(self):
        return [path + (f"?{query}" if query else "") for path, query, _, _ in self]


class Server:
    """`answer(path, query, headers)` gives (status, body); `faults` maps the number of a request to a fault."""

    def __init__(self, answer, hands=None):
        self.answer = answer
        self.hands = hands
        self.asked = Asked()
        self.faults = {}
        self.gone_after = None
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def do_GET(self):
                outer._handle(self)

            def log_message(self, *_words):
                """Nothing is said."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_how):
        self._server.shutdown()
        self._server.server_close()

    def _handle(self, handler):
        parts = urlsplit(handler.path)
        moment = self.hands.now() if self.hands else 0
        self.asked.append((parts.path, parts.query, dict(handler.headers), moment))
        number = len(self.asked)
        if self.gone_after is not None and number > self.gone_after:
            handler.close_connection = True
            return
        fault = self.faults.get(number)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            if fault is None or not fault(
                handler, lambda: self.answer(parts.path, parse_qs(parts.query), handler.headers)
            ):
                status, body = self.answer(parts.path, parse_qs(parts.query), handler.headers)
                send(handler, status, body)


def send(handler, status, body, headers=(), length=None):
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    for name, value in headers:
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def status(code, **headers):
    """Return the fault of another status; `Retry_After` is a header."""

    def fault(handler, _answer):
        send(handler, code, b"busy", [(name.replace("_", "-"), value) for name, value in headers.items()])
        return True

    return fault


def body(content):
    """Return the fault of another content."""

    def fault(handler, _answer):
        send(handler, 200, content)
        return True

    return fault


def cut(handler, answer):
    """The answer ends in the middle."""
    code, content = answer()
    send(handler, code, content[: len(content) // 2], length=len(content))
    handler.close_connection = True
    return True


def gone(handler, _answer):
    """The connection is closed without a word."""
    handler.close_connection = True
    return True


def slow(handler, _answer):
    """Nothing comes for longer than anybody waits."""
    time.sleep(0.5)
    handler.close_connection = True
    return True


def hour_of_ticks(start, count=40, crossed=()):
    """Return ticks of one hour on the grid of a vendor with five digits: seeded by the hour."""
    rng = np.random.default_rng(start // HOUR)
    ms = np.sort(rng.choice(3_600_000, count, replace=False))
    bid = 110_000 + np.cumsum(rng.integers(-3, 4, count))
    ask = bid + rng.integers(1, 4, count)
    ask[list(crossed)] = bid[list(crossed)] - 1
    sizes = rng.integers(1, 90, (2, count)) / 10
    return ms, ask, bid, sizes[0], sizes[1]


def tick_frame(hours, **more):
    """Return what a history must hold of such hours."""
    frames = []
    for start in hours:
        ms, ask, bid, ask_size, bid_size = hour_of_ticks(start, **more)
        columns = {"bid": bid / 1e5, "ask": ask / 1e5, "bid_size": bid_size, "ask_size": ask_size}
        frames.append(pl.DataFrame({"ts": times(start + ms * 1_000_000), **columns}))
    return pl.concat(frames)


def ticks_json(start, **more):
    """Return an hour as Dukascopy's JSON service answers it."""
    ms, ask, bid, ask_size, bid_size = (column.tolist() for column in hour_of_ticks(start, **more))
    steps = {name: [0, *np.diff(column).tolist()] for name, column in (("asks", ask), ("bids", bid))}
    values = {
        "timestamp": start // 1_000_000, "multiplier": 1e-05, "ask": ask[0] / 1e5, "bid": bid[0] / 1e5,
        "times": [ms[0], *np.diff(ms).tolist()], **steps,
        "askVolumes": [round(one * 1e6) for one in ask_size], "bidVolumes": [round(one * 1e6) for one in bid_size],
    }  # fmt: skip
    return json.dumps(values).encode()


NO_TICKS = {"timestamp": 0, "multiplier": 1e-05, "ask": None, "bid": None} | {
    name: [] for name in ("times", "asks", "bids", "askVolumes", "bidVolumes")
}


def ticks_bi5(start, **more):
    """Return an hour as a binary file."""
    columns = [column.tolist() for column in hour_of_ticks(start, **more)]
    rows = b"".join(struct.pack(">IIIff", *row) for row in zip(*columns, strict=True))
    return lzma.compress(rows, format=lzma.FORMAT_ALONE)


def bars_frame(first, count, seconds, seed=0, start=110_000):
    """Return bars on the grid of five digits, seeded; one in nine is not there."""
    rng = np.random.default_rng(seed)
    close = start + np.cumsum(rng.integers(-9, 10, count))
    opens = np.concatenate([[start], close[:-1]])
    high = np.maximum(opens, close) + rng.integers(0, 5, count)
    low = np.minimum(opens, close) - rng.integers(0, 5, count)
    columns = {"open": opens / 1e5, "high": high / 1e5, "low": low / 1e5, "close": close / 1e5}
    frame = pl.DataFrame({"ts": times(first + np.arange(count, dtype=np.int64) * seconds * NS), **columns})
    frame = frame.with_columns(volume=pl.Series(rng.integers(1, 99, count).astype(float)))
    return frame.filter(pl.Series(rng.random(count) > 1 / 9))


def candles_json(frame, start, end, seconds):
    """Return the bars in [start, end) as Dukascopy's JSON service answers them."""
    ts = pl.col("ts").to_physical()
    rows = frame.filter((ts >= start) & (ts < end))
    values = {"timestamp": start // 1_000_000, "multiplier": 1e-05, "shift": seconds * 1000}
    places = ((rows["ts"].to_physical().to_numpy() - start) // (seconds * NS)).tolist()
    values["times"] = np.diff(places, prepend=0).tolist()
    for name in ("open", "high", "low", "close"):
        units = (rows[name] * 1e5).round().cast(pl.Int64).to_list()
        values[name] = units[0] / 1e5 if units else None
        values[f"{name}s"] = np.diff(units, prepend=units[:1]).tolist()
    return json.dumps(values | {"volumes": rows["volume"].to_list()}).encode()


class Oanda:
    """OANDA's candles: as strict as the service is about the token, the count and the future."""

    TOKEN = "0123456789abcdef0123456789abcdef-0123456789abcdef"  # noqa: S105  it opens nothing

    def __init__(self, bids, hands, seconds=60):
        self.bids = bids
        self.hands = hands
        self.seconds = seconds

    def __call__(self, path, query, headers):
        if headers.get("Authorization") != f"Bearer {self.TOKEN}":
            said = f"Insufficient authorization for {headers.get('Authorization')}"
            return 401, json.dumps({"errorMessage": said}).encode()
        if path != "/v3/instruments/EUR_USD/candles":
            return 400, json.dumps({"errorMessage": "Invalid value specified for 'instrument'"}).encode()
        start, end = (ns(query[name][0].rstrip("Z")) for name in ("from", "to"))
        if (end - start) // (self.seconds * NS) > 5000:
            return 400, json.dumps({"errorMessage": "Maximum value for 'count' exceeded"}).encode()
        if end > self.hands.now():
            return 400, json.dumps({"errorMessage": "Invalid value specified for 'to'. Time is in the future"}).encode()
        ts = pl.col("ts").to_physical()
        # The candle that the beginning falls into comes as well, and here one that was asked for before.
        rows = self.bids.filter((ts >= start - self.seconds * NS) & (ts < end))
        candles = [self._candle(*row) for row in rows.iter_rows()]
        values = {"instrument": "EUR_USD", "granularity": query["granularity"][0], "candles": candles}
        return 200, json.dumps(values).encode()

    def _candle(self, ts, *values):
        prices, volume = values[:4], values[4]
        opens = f"{ts:%Y-%m-%dT%H:%M:%S}.000000000Z"
        complete = ns(f"{ts:%Y-%m-%dT%H:%M:%S}") + self.seconds * NS <= self.hands.now()
        bid, ask = (
            {letter: f"{price + wider:.5f}" for letter, price in zip("ohlc", prices, strict=True)}
            for wider in (0, 1e-5)
        )
        return {"time": opens, "volume": int(volume), "complete": complete, "bid": bid, "ask": ask}
