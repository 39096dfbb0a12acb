"""An OANDA that says what a test wrote down, by httpx.MockTransport or by a small server that breaks its streams."""

import asyncio
import itertools
import json
from collections.abc import Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx

from tradewind.adapters.brokers.oanda.broker import OandaBroker
from tradewind.adapters.brokers.oanda.pace import Timing
from tradewind.adapters.brokers.tokens import Token
from tradewind.markets.loading import load_profile

ACCOUNT = "101-004-1234567-001"
SECRET = "0123456789abcdef-canary"  # noqa: S105  a token of nobody
NOW = 1_700_000_000_000_000_000
"""2023-11-14 22:13:20 UTC."""
TIME = "2023-11-14T22:13:20.000000000Z"
HOME = f"/v3/accounts/{ACCOUNT}"
XAUUSD, US30 = 0, 1


def instruments():
    """Return gold and the Dow as the profile has them."""
    profile = load_profile("oanda")
    return [profile.instrument(name) for name in ("XAUUSD", "US30")]


def record(name, **changed):
    """Return the instrument record of an account."""
    known = {
        "XAU_USD": ("METAL", 3, "10000"),
        "US30_USD": ("CFD", 1, "2500"),
    }
    kind, digits, most = known[name]
    return {
        "name": name,
        "type": kind,
        "displayName": name,
        "pipLocation": 0,
        "displayPrecision": digits,
        "tradeUnitsPrecision": 0,
        "minimumTradeSize": "1",
        "maximumOrderUnits": most,
        "marginRate": "0.05",
    } | changed


async def no_sleep(_seconds):
    """Time does not pass, but others have their turn."""
    await asyncio.sleep(0)


class Scripted:
    """Answers by (method, path): a value for ever, or a list that is used up; requests are kept."""

    def __init__(self):
        self.asked = []
        self.answers = {
            ("GET", "/v3/accounts"): {"accounts": [{"id": ACCOUNT, "tags": []}]},
            ("GET", f"{HOME}/summary"): summary("10"),
            ("GET", f"{HOME}/instruments"): {"instruments": [record("XAU_USD"), record("US30_USD")]},
            ("GET", f"{HOME}/pricing"): {"prices": [{"tradeable": True}], "time": TIME},
        }

    def says(self, method, path, *answers):
        """The answers come in this order; the last stays."""
        self.answers[method, HOME + path] = list(answers)

    def handle(self, request):
        path = request.url.path
        self.asked.append(request)
        found = self.answers.get((request.method, path), (404, {"errorMessage": f"no {path}", "errorCode": "NONE"}))
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        if isinstance(found, Exception):
            raise found
        if isinstance(found, Callable):
            found = found(request)
        status, content = found if isinstance(found, tuple) else (200, found)
        headers = {"Date": "Tue, 14 Nov 2023 22:13:20 GMT"}
        if isinstance(content, str):
            return httpx.Response(status, text=content, headers=headers)
        return httpx.Response(status, json=content, headers=headers)

    def bodies(self, method, path):
        """Return the bodies that were sent there."""
        return [json.loads(one.content) for one in self.asked if (one.method, one.url.path) == (method, HOME + path)]

    def count(self, method, path):
        """Return how often it was asked."""
        return sum((one.method, one.url.path) == (method, HOME + path) for one in self.asked)


def summary(last):
    """Return an account summary."""
    account = {"id": ACCOUNT, "currency": "USD", "hedgingEnabled": False, "lastTransactionID": last}
    return {"account": account, "lastTransactionID": last}


def broker_on(script, **changed):
    """Return a broker that talks to the script, at a clock that stands still."""
    timing = Timing(now=lambda: NOW, sleep=no_sleep, steady=itertools.count(0, 10**9).__next__)
    wanted = {"instruments": instruments(), "clock": timing, "transport": httpx.MockTransport(script.handle)}
    return OandaBroker(ACCOUNT, Token(SECRET), **(wanted | changed))


def with_broker(script, work):
    """Return what `work` makes of an open broker."""

    async def run():
        broker = broker_on(script)
        await broker.open()
        try:
            return await work(broker)
        finally:
            await broker.close()

    return asyncio.run(run())


def happened(kind, number, **fields):
    """Return a transaction."""
    return {"type": kind, "id": str(number), "time": TIME, "accountID": ACCOUNT, "batchID": str(number)} | fields


@asynccontextmanager
async def server(handle):
    """Give the address of a server on 127.0.0.1; `handle(path, writer)` writes raw bytes of an answer."""

    async def serve(reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await handle(head.split(b" ")[1].decode().partition("?")[0], writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, Hangup):
            pass
        finally:
            writer.close()

    running = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{running.sockets[0].getsockname()[1]}"
    finally:
        running.close()


class Hangup(Exception):  # noqa: N818  it is what happens
    """The server closes the connection."""


def answer_bytes(document):
    """Return a whole answer."""
    content = json.dumps(document).encode()
    date = datetime.fromtimestamp(NOW / 1e9, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    return f"HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content


STREAM = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(text):
    """Return a chunk of a stream."""
    content = text.encode()
    return f"{len(content):x}\r\n".encode() + content + b"\r\n"


def line(document):
    """Return a line of a stream, in a chunk."""
    return chunk(json.dumps(document) + "\n")
