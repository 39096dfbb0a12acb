"""A MetaTrader trade server and terminal in a file: what the stand-in for the package `MetaTrader5` shows.

The state outlives the process that uses it, as a broker does: a bridge may be killed and started again. Times are
those of the server's wall clock, seven hours before New York, written as if they were UTC: so does the terminal.
"""

import contextlib
import fcntl
import os
import pickle
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

BUY, SELL = 0, 1


def server_ms():
    """Return what the server's clock shows now, as milliseconds."""
    wall = datetime.now(UTC).astimezone(ZoneInfo("America/New_York")).replace(tzinfo=UTC) + timedelta(hours=7)
    return int(wall.timestamp() * 1000) + int(os.environ.get("STAND_IN_CLOCK_MS", "0"))


def new_state(*, hedging=True, login=12345678):
    """Return an account with 100,000 USD and two symbols."""
    symbol = {
        "digits": 2, "point": 0.01, "trade_tick_size": 0.01, "trade_contract_size": 1.0, "volume_min": 0.1,
        "volume_max": 100.0, "volume_step": 0.1, "trade_mode": 4, "filling_mode": 2, "expiration_mode": 15,
        "trade_exemode": 2, "trade_stops_level": 100, "trade_freeze_level": 0, "currency_profit": "USD",
    }  # fmt: skip
    gold = {**symbol, "trade_contract_size": 100.0, "volume_min": 0.01, "volume_step": 0.01, "filling_mode": 3}
    return {
        "connected": True, "answers": True, "trade_allowed": True, "login": login, "hedging": hedging,
        "balance": 100_000.0, "symbols": {"US30.cash": symbol, "XAUUSD": gold}, "prices": {}, "ticks": {}, "rates": {},
        "orders": {}, "history": {}, "deals": {}, "positions": {}, "next": 1000, "faults": [], "sent": [],
        "commission": -0.35, "margin": 0.0, "error": (1, "Success"), "hidden": (),
    }  # fmt: skip


class Server:
    """The state in a file, changed by one process at a time."""

    def __init__(self, path):
        self.path = Path(path)

    @contextlib.contextmanager
    def open(self):
        """The state; what was changed in it is in the file afterwards."""
        with self.path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            before = self.path.read_bytes()
            state = pickle.loads(before)  # noqa: S301 - our own file, in a test
            yield state
            after = pickle.dumps(state)
            if after != before:
                new = self.path.with_suffix(".new")
                new.write_bytes(after)
                new.replace(self.path)

    def create(self, **options):
        """A new account is in the file."""
        self.path.write_bytes(pickle.dumps(new_state(**options)))
        self.price("US30.cash", 39_000.0, 39_002.0)
        self.price("XAUUSD", 2_500.0, 2_500.3)
        return self

    def set(self, **values):
        """Some of the state is as given."""
        with self.open() as state:
            state.update(values)

    def get(self, name):
        """Return a part of the state."""
        with self.open() as state:
            return state[name]

    def price(self, symbol, bid, ask):
        """The market stands there; what waits for it is done."""
        with self.open() as state:
            ticks = state["ticks"].setdefault(symbol, [])
            now = max(server_ms(), ticks[-1]["time_msc"] + 1 if ticks else 0)
            state["prices"][symbol] = (bid, ask)
            ticks.append({"time": now // 1000, "time_msc": now, "bid": bid, "ask": ask, "last": 0.0, "flags": 6})
            for order in list(state["orders"].values()):
                if order["symbol"] == symbol:
                    _touch(state, order, bid, ask)
            for position in list(state["positions"].values()):
                if position["symbol"] == symbol:
                    _stop(state, position, bid, ask)

    def fault(self, what, on="order_send"):
        """The next call of that name goes wrong so."""
        with self.open() as state:
            state["faults"].append((on, what))


def _touch(state, order, bid, ask):
    """A waiting order the market has reached is filled."""
    kind, price = order["type"], order["price_open"]
    reached = {2: ask <= price, 3: bid >= price, 4: ask >= price, 5: bid <= price}.get(kind, False)
    if kind in (6, 7) and (ask >= price if kind == 6 else bid <= price):
        order.update(type=kind - 4, price_open=order["price_stoplimit"], price_stoplimit=0.0)
    elif reached:
        half = ("fill", "half") in state["faults"]
        volume = round(order["volume_current"] / 2, 8) if half else None
        if half:
            state["faults"].remove(("fill", "half"))
        fill(state, order, ask if kind % 2 == BUY else bid, volume=volume)


def _stop(state, position, bid, ask):
    """A position whose stop-loss or take-profit the market has reached is closed there."""
    long = position["type"] == BUY
    price = bid if long else ask
    sign = 1 if long else -1
    for name, reason in (("sl", 4), ("tp", 5)):
        level = position[name]
        if level and (price - level) * sign * (1 if name == "tp" else -1) >= 0:
            order = new_order(state, position["symbol"], SELL if long else BUY, position["volume"], price)
            order.update(reason=reason, comment=f"[{name} {level}]", magic=position["magic"])
            fill(state, order, price, position=position["ticket"])
            return


def number(state):
    """Return the next ticket."""
    state["next"] += 1
    return state["next"]


def new_order(state, symbol, kind, volume, price):
    """Return an order that was just made and does not stand in any list yet."""
    now = server_ms()
    return {
        "ticket": number(state), "time_setup": now // 1000, "time_setup_msc": now, "time_done": 0, "time_done_msc": 0,
        "time_expiration": 0, "type": kind, "type_time": 0, "type_filling": 0, "state": 1, "magic": 0,
        "position_id": 0, "position_by_id": 0, "reason": 3, "volume_initial": volume, "volume_current": volume,
        "price_open": price, "sl": 0.0, "tp": 0.0, "price_current": price, "price_stoplimit": 0.0, "symbol": symbol,
        "comment": "", "external_id": "",
    }  # fmt: skip


def end(state, order, status):
    """The order stands in the history."""
    now = server_ms()
    order.update(state=status, time_done=now // 1000, time_done_msc=now)
    state["orders"].pop(order["ticket"], None)
    state["history"][order["ticket"]] = order


def fill(state, order, price, position=0, volume=None):
    """The order, or `volume` of it, is filled: a deal, and a position that is new, larger, smaller or gone."""
    volume = order["volume_current"] if volume is None else volume
    side = order["type"] % 2
    symbol = state["symbols"][order["symbol"]]
    held = state["positions"].get(position or order["position_id"])
    if held is None and not state["hedging"]:
        held = next((each for each in state["positions"].values() if each["symbol"] == order["symbol"]), None)
    deal = {
        "ticket": number(state), "order": order["ticket"], "time": server_ms() // 1000, "time_msc": server_ms(),
        "type": side, "entry": 0, "magic": order["magic"], "position_id": 0, "reason": order["reason"],
        "volume": volume, "price": price, "commission": state["commission"], "swap": 0.0, "profit": 0.0, "fee": 0.0,
        "symbol": order["symbol"], "comment": order["comment"], "external_id": "",
    }  # fmt: skip
    if held is None:
        held = {
            "ticket": order["ticket"], "time": deal["time"], "time_msc": deal["time_msc"], "type": side,
            "magic": order["magic"], "identifier": order["ticket"], "reason": 3, "volume": volume, "price_open": price,
            "sl": order["sl"], "tp": order["tp"], "price_current": price, "swap": 0.0, "profit": 0.0,
            "symbol": order["symbol"], "comment": order["comment"], "external_id": "",
        }  # fmt: skip
        state["positions"][held["ticket"]] = held
    elif held["type"] == side:
        whole = held["volume"] + volume
        held["price_open"] = (held["price_open"] * held["volume"] + price * volume) / whole
        held["volume"] = round(whole, 8)
    else:
        sign = 1 if held["type"] == BUY else -1
        deal["entry"] = 1
        deal["profit"] = round((price - held["price_open"]) * sign * volume * symbol["trade_contract_size"], 2)
        deal["swap"], held["swap"] = held["swap"], 0.0
        held["volume"] = round(held["volume"] - volume, 8)
        if held["volume"] <= 0:
            del state["positions"][held["ticket"]]
    deal["position_id"] = order["position_id"] = held["identifier"]
    state["balance"] += deal["commission"] + deal["profit"] + deal["swap"]
    state["deals"][deal["ticket"]] = deal
    order["volume_current"] = round(order["volume_current"] - volume, 8)
    if order["ticket"] in state["orders"] and order["volume_current"] > 0:
        order["state"] = 3
    else:
        end(state, order, 4 if order["volume_current"] <= 0 else 3)
    return deal


def wait_until(true, seconds=20.0):
    """Return as soon as something is true; fail when it never becomes so."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never became true"
        time.sleep(0.005)
