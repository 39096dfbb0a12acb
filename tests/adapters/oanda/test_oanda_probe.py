"""`tradewind broker`: what there is, and a probe that says what is wrong with an account and never sends an order."""

import asyncio
import json
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import pytest
from oanda_scripted import ACCOUNT, HOME, SECRET, STREAM, answer_bytes, line, record, server, summary

from tradewind.adapters.brokers.oanda.reading import written

PRICES = f"{HOME}/pricing/stream"


def now(shift=0):
    """Return our clock, moved, as OANDA writes it."""
    return written(time.time_ns() + shift)


class Service:
    """An account that answers; what was asked is kept, by method."""

    def __init__(self, shift=0, **answers):
        self.shift = shift
        self.asked = []
        self.answers = {
            "accounts": {"accounts": [{"id": ACCOUNT}]},
            "summary": summary("10"),
            "instruments": {"instruments": [record("XAU_USD", marginRate="0.02"), record("US30_USD")]},
        } | answers

    async def handle(self, path, writer):
        self.asked.append(path)
        name = path.rpartition("/")[2]
        if path == PRICES:
            writer.write(STREAM + line({"type": "HEARTBEAT", "time": now(self.shift)}))
            bids, asks = [{"price": "2000.100"}], [{"price": "2000.400"}]
            price = {"type": "PRICE", "time": now(self.shift), "instrument": "XAU_USD", "tradeable": True}
            writer.write(line(price | {"bids": bids, "asks": asks}))
            await writer.drain()
            await asyncio.Event().wait()
        elif name == "pricing":
            writer.write(answer_bytes({"prices": [{"tradeable": True}], "time": now(self.shift)}))
        elif name == "candles":
            prices = dict.fromkeys("ohlc", "2000.000")
            bar = {"time": now(-7200 * 10**9), "bid": prices, "ask": prices, "volume": 1, "complete": True}
            writer.write(answer_bytes({"instrument": path.split("/")[-2], "granularity": "H1", "candles": [bar]}))
        elif path == HOME:
            account = {"currency": "USD", "balance": "1", "NAV": "1", "marginUsed": "0", "orders": [], "trades": [],
                       "openTradeCount": 0, "pendingOrderCount": 0, "lastTransactionID": "10"}  # fmt: skip
            writer.write(answer_bytes({"account": account, "lastTransactionID": "10"}))
        elif name == "sinceid":
            writer.write(answer_bytes({"transactions": [], "lastTransactionID": "10"}))
        else:
            found = self.answers[name]
            writer.write(found if isinstance(found, bytes) else answer_bytes(found))


@contextmanager
def serving(service):
    """Give the address of a service that runs in a thread of its own."""
    started, box = threading.Event(), {}

    async def run():
        box["stop"] = asyncio.Event()
        box["loop"] = asyncio.get_running_loop()
        async with server(service.handle) as address:
            box["address"] = address
            started.set()
            await box["stop"].wait()
            others = [one for one in asyncio.all_tasks() if one is not asyncio.current_task()]
            for one in others:
                one.cancel()
            await asyncio.gather(*others, return_exceptions=True)

    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    assert started.wait(60)
    try:
        yield box["address"]
    finally:
        box["loop"].call_soon_threadsafe(box["stop"].set)
        thread.join(60)


def tradewind(*words):
    """Return what the command said."""
    code = "from tradewind.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, check=False, timeout=120
    )


@pytest.fixture
def token(tmp_path):
    """A token file that only we can read."""
    file = tmp_path / "token"
    file.write_text(SECRET)
    file.chmod(0o600)
    return file


def probed(service, token, *more):
    """Return what a probe of two seconds said."""
    with serving(service) as address:
        return tradewind(
            "broker", "probe", "oanda", "--account", ACCOUNT, "--token-file", str(token), "--address", address,
            "--seconds", "2", *more,
        )  # fmt: skip


def test_a_probe_shows_the_account_and_asks_only_questions(token):
    service = Service()
    done = probed(service, token, "--json")
    found = json.loads(done.stdout)

    assert (done.returncode, done.stderr) == (0, "")
    assert found["login"]["account"] == ACCOUNT
    assert [(one["symbol"], one["what"], one["refused"]) for one in found["instruments"]] == [
        ("XAUUSD", "margin rate", False)
    ]
    assert all(one["passed"] for one in found["checks"])
    assert [one["what"] for one in found["checks"]] == [
        "clock", "prices", "bars of XAUUSD", "bars of US30", "picture", "since"
    ]  # fmt: skip
    assert not [path for path in service.asked if "order" in path.lower() or "close" in path]
    assert SECRET not in done.stdout


def test_a_probe_is_a_table_for_a_person(token):
    done = probed(Service(), token)

    assert done.returncode == 0
    for words in (f"Account {ACCOUNT} (practice), USD, netting; no order was sent.", "margin rate", "passed"):
        assert words in done.stdout


def unauthorized():
    body = b'{"errorMessage":"Insufficient authorization to perform request."}'
    return b"HTTP/1.1 401 Unauthorized\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)


MISTAKES = {
    "a wrong token": (Service(accounts=unauthorized()), "OANDA refuses the token (HTTP 401"),
    "a wrong account": (
        Service(accounts={"accounts": [{"id": "101-004-7654321-002"}]}),
        "The token is not for account",
    ),
    "an instrument that is not there": (
        Service(instruments={"instruments": [record("XAU_USD")]}),
        "OANDA does not offer US30_USD (US30) to this account.",
    ),
    "another instrument": (
        Service(instruments={"instruments": [record("XAU_USD"), record("US30_USD", displayPrecision=2)]}),
        "US30: the digits of a price is 2 at OANDA and 1 in the profile.",
    ),
    "a clock off by three seconds": (Service(shift=3_200_000_000), "clock: ours is 3."),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_what_is_wrong_with_an_account_is_one_line(token, name):
    service, said = MISTAKES[name]
    done = probed(service, token)

    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert SECRET not in done.stderr + done.stdout


def test_nobody_else_may_read_the_token(token):
    token.chmod(0o640)
    done = tradewind("broker", "probe", "oanda", "--account", ACCOUNT, "--token-file", str(token))

    assert (done.returncode, "chmod 600" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("oandaa", "--account", ACCOUNT), "Did you mean 'oanda'?"),
        (("oanda", "--account", "../x"), "is no account number"),
        (("oanda", "--account", ACCOUNT, "--on", "XAUSD"), "Did you mean 'XAUUSD'?"),
        (("oanda", "--account", ACCOUNT, "--address", "http://example.org"), "in the open"),
    ],
)
def test_a_mistake_in_the_words_is_one_line(token, words, said):
    done = tradewind("broker", "probe", *words, "--token-file", str(token))

    assert (done.returncode, said in done.stderr) == (2, True)
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_list_of_brokers_says_that_none_was_tried_for_real():
    found = {one["name"]: one for one in json.loads(tradewind("broker", "list", "--json").stdout)}

    assert found["oanda"]["id_scope"] == "open"
    assert found["oanda"]["tried"] == "simulated only"
    assert "simulated" in tradewind("broker", "list").stdout
