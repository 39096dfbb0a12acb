"""A broker that speaks as much OANDA as the watchdog uses, with the standard library, and can be slow and wrong."""

import itertools
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOKEN = "canary-5e7b9c-not-to-be-seen"  # noqa: S105 - no broker takes it
PENDING = {
    "10": {"type": "LIMIT", "instrument": "XAU_USD", "units": "5", "price": "2400.0"},
    "11": {"type": "STOP", "instrument": "US30_USD", "units": "-2", "price": "39000.0"},
    "12": {"type": "MARKET_IF_TOUCHED", "instrument": "XAU_USD", "units": "1", "price": "2500.0"},
    "13": {"type": "SOMETHING_NEW", "instrument": "XAU_USD", "units": "1"},
    "14": {"type": "STOP", "instrument": "XAU_USD", "units": "-5", "price": "2300.0", "positionFill": "REDUCE_ONLY"},
    "21": {"type": "STOP_LOSS", "tradeID": "20", "price": "2310.0"},
    "22": {"type": "TAKE_PROFIT", "tradeID": "20", "price": "2600.0"},
    "31": {"type": "TRAILING_STOP_LOSS", "tradeID": "30", "distance": "20.0"},
}
ENTRIES = {"10", "11", "12", "13"}
PROTECTION = {"14", "21", "22", "31"}
TRADES = {
    "20": {"instrument": "XAU_USD", "currentUnits": "5", "price": "2390.1"},
    "30": {"instrument": "US30_USD", "currentUnits": "-1", "price": "38990.0"},
}


class Account:
    """What one account has, and what was asked of it."""

    def __init__(self):
        self.orders = {number: dict(order) for number, order in PENDING.items()}
        self.trades = {number: dict(trade) for number, trade in TRADES.items()}
        self.cancelled_ns = {}
        self.asked = []

    def entries(self):
        """Return the numbers of orders that could still open something."""
        return set(self.orders) & ENTRIES

    def open_trades(self):
        """Return the trades as the broker lists them, each with its stop."""
        for number, trade in self.trades.items():
            listed = {"id": number, "state": "OPEN", **trade}
            for stop, order in self.orders.items():
                if order.get("tradeID") == number and order["type"] == "STOP_LOSS":
                    listed["stopLossOrder"] = {"id": stop, "state": "PENDING", **order}
            yield listed


class FakeOanda:
    """The server; `faults` is asked before every answer and may give a (status, body) of its own."""

    def __init__(self):
        self.accounts = {}
        self.faults = lambda _method, _path: None
        self.lock = threading.Lock()
        self.connections = 0
        self.wrong_keys = 0
        self._numbers = itertools.count(1000)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_how):
        self._server.shutdown()
        self._server.server_close()

    def account(self, name):
        """Return the account of that name, opened if it is not there."""
        with self.lock:
            return self.accounts.setdefault(name, Account())

    def answer(self, method, path, body, key):
        """Return status and body for a request."""
        if key != f"Bearer {TOKEN}":
            self.wrong_keys += 1
            return 401, {"errorMessage": "Insufficient authorization to perform request."}
        if (fault := self.faults(method, path)) is not None:
            return fault
        parts = path.strip("/").split("/")
        account = self.account(parts[2])
        with self.lock:
            account.asked.append((method, path))
            return self._told(account, method, parts[3:], body)

    def _told(self, account, method, what, body):
        last = {"lastTransactionID": str(next(self._numbers))}
        match (method, *what):
            case ("GET", "pendingOrders"):
                return 200, {"orders": [{"id": n, "state": "PENDING", **o} for n, o in account.orders.items()], **last}
            case ("GET", "openTrades"):
                return 200, {"trades": list(account.open_trades()), **last}
            case ("PUT", "orders", number, "cancel") if number in account.orders:
                del account.orders[number]
                account.cancelled_ns[number] = time.monotonic_ns()
                return 200, {"orderCancelTransaction": {"orderID": number, "reason": "CLIENT_REQUEST"}, **last}
            case ("PUT", "trades", number, "close") if number in account.trades and body == {"units": "ALL"}:
                del account.trades[number]
                account.orders = {n: o for n, o in account.orders.items() if o.get("tradeID") != number}
                return 200, {"orderFillTransaction": {"reason": "MARKET_ORDER_TRADE_CLOSE"}, **last}
        return 404, {"errorCode": "NO_SUCH_ORDER", "errorMessage": "It does not exist.", **last}

    def _handler(fake):  # noqa: N805 - the handler below has a self of its own
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self):
                fake.connections += 1
                super().setup()

            def log_message(self, *_about):
                """Say nothing."""

            def _serve(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                status, told = fake.answer(self.command, self.path, body, self.headers.get("Authorization"))
                text = told if isinstance(told, bytes) else json.dumps(told).encode()
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(text)))
                    self.end_headers()
                    self.wfile.write(text)
                except OSError:
                    self.close_connection = True

            do_GET = do_PUT = do_POST = _serve  # noqa: N815 - the library's names

        return Handler


def key_text(url, account, extra=""):
    """Return a key file for the account at the fake."""
    return f'broker = "oanda"\naccount = "{account}"\ntoken = "{TOKEN}"\nurl = "{url}"\n{extra}'


def write_key(folder, url, extra=""):
    """The account's folder has a key file for the fake."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "emergency.toml"
    file.touch(mode=0o600)
    file.write_text(key_text(url, folder.name, extra))
    return file
