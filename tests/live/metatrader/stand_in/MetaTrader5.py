"""A stand-in for the vendor's package `MetaTrader5`: its constants, its functions, its silences.

The terminal behind it is `server.py`, in the file named by STAND_IN. Checks are those of a trade server, in its order.
What the vendor's package does wrong on purpose here: nothing; what a line or a terminal may do wrong is a fault, see
`order_send`. A fault `die before` or `die after` ends this process as a power cut would.
"""

import os
import time
from types import SimpleNamespace

from trade_server import Server, end, fill, new_order, server_ms
from vendor_constants import CONSTANTS

globals().update(CONSTANTS)
__version__ = "stand-in"
_server = Server(os.environ["STAND_IN"])
_OK, _FAIL, _PARAMS = (1, "Success"), (-1, "Generic fail"), (-2, 'Invalid "comment" argument')


def _rows(rows):
    return tuple(SimpleNamespace(**row) for row in rows)


def _fault(state, name):
    """Return the fault of the next call of that name, once."""
    for place, (on, what) in enumerate(state["faults"]):
        if on == name:
            del state["faults"][place]
            return what
    return ""


def _listed(name, choose):
    """Return chosen rows of a table, or None where the call goes wrong."""
    with _server.open() as state:
        if _fault(state, name) or not state["answers"]:
            state["error"] = _FAIL
            return None
        state["error"] = _OK
        return () if name in state["hidden"] else _rows(choose(state))


def initialize(*_path):
    return _server.get("answers")


def shutdown():
    return None


def last_error():
    return _server.get("error")


def terminal_info():
    with _server.open() as state:
        if not state["answers"]:
            return None
        return SimpleNamespace(connected=state["connected"], trade_allowed=state["trade_allowed"])


def account_info():
    with _server.open() as state:
        profit = sum(each["profit"] for each in state["positions"].values())
        margin = state["margin"] or 100.0 * len(state["positions"])
        return SimpleNamespace(
            login=state["login"], server="Stand-In", trade_mode=0, margin_mode=2 if state["hedging"] else 0,
            currency="USD", balance=round(state["balance"], 2), equity=round(state["balance"] + profit, 2),
            margin=margin, trade_allowed=True, trade_expert=True,
        )  # fmt: skip


def symbol_select(name, _enable=True):
    return name in _server.get("symbols")


def symbol_info(name):
    found = _server.get("symbols").get(name)
    return None if found is None else SimpleNamespace(name=name, **found)


def symbol_info_tick(name):
    ticks = _server.get("ticks").get(name)
    return SimpleNamespace(**ticks[-1]) if ticks else None


def copy_ticks_from(name, start, count, _flags):
    return [tick for tick in _server.get("ticks").get(name, ()) if tick["time"] >= start][:count]


def copy_rates_range(name, timeframe, start, end_):
    rates = _server.get("rates").get((name, timeframe))
    return None if rates is None else [bar for bar in rates if start <= bar["time"] <= end_]


def orders_get(symbol=None, ticket=None):
    def choose(state):
        rows = state["orders"].values()
        return [row for row in rows if symbol in (None, row["symbol"]) and ticket in (None, row["ticket"])]

    return _listed("orders_get", choose)


def positions_get(symbol=None, ticket=None):
    def choose(state):
        rows = state["positions"].values()
        return [row for row in rows if symbol in (None, row["symbol"]) and ticket in (None, row["ticket"])]

    return _listed("positions_get", choose)


def _history(name, table, span, position, ticket):
    def choose(state):
        rows = state[table].values()
        if position is not None:
            return [row for row in rows if row["position_id"] == position]
        if ticket is not None:
            return [row for row in rows if row["ticket" if table == "history" else "order"] == ticket]
        when = "time_done" if table == "history" else "time"
        return [row for row in rows if span[0] <= row[when] <= span[1]]

    return _listed(name, choose)


def history_orders_get(*span, position=None, ticket=None):
    return _history("history_orders_get", "history", span, position, ticket)


def history_deals_get(*span, position=None, ticket=None):
    return _history("history_deals_get", "deals", span, position, ticket)


def history_orders_total(*span):
    return len(history_orders_get(*span) or ())


def history_deals_total(*span):
    return len(history_deals_get(*span) or ())


def order_send(request):
    """Answer as a trade server; faults: die before, die after, silent, lost, slow, partial, or a retcode."""
    with _server.open() as state:
        what = _fault(state, "order_send")
        if len(request.get("comment", "")) > 31:
            state["error"] = _PARAMS
            return None
        state["sent"].append(dict(request))
    if what == "die before":
        os._exit(9)
    if what == "slow":
        time.sleep(1.5)
    if what == "lost":  # the server never heard it
        return _answer(10012, 0, 0)
    if what.isdigit():
        return _answer(int(what), 0, 0)
    with _server.open() as state:
        retcode, order, deal = _done(state, request, partial=what == "partial")
    if what == "die after":
        os._exit(9)
    if what == "none":
        _server.set(error=(-10005, "IPC timeout"))
        return None
    if what == "silent":  # it was done, and we are not told
        return _answer(10012, 0, 0)
    return _answer(retcode, order, deal, request.get("volume", 0.0), request.get("price", 0.0))


def _answer(retcode, order, deal, volume=0.0, price=0.0):
    return SimpleNamespace(
        retcode=retcode, order=order, deal=deal, volume=volume, price=price, bid=0.0, ask=0.0,
        comment="Request executed" if retcode == 10009 else f"retcode {retcode}", request_id=1, retcode_external=0,
    )  # fmt: skip


def _done(state, request, *, partial):
    """Do what is asked as far as it is allowed; return (retcode, order ticket, deal ticket)."""
    action = request["action"]
    if not state["trade_allowed"]:
        return 10027, 0, 0
    if action == CONSTANTS["TRADE_ACTION_REMOVE"]:
        order = state["orders"].get(request["order"])
        if order is None:
            return 10013, 0, 0
        end(state, order, CONSTANTS["ORDER_STATE_CANCELED"])
        return 10009, order["ticket"], 0
    if action == CONSTANTS["TRADE_ACTION_MODIFY"]:
        order = state["orders"].get(request["order"])
        if order is None:
            return 10013, 0, 0
        order.update(price_open=request["price"], sl=request["sl"], tp=request["tp"])
        order.update(price_stoplimit=request["stoplimit"], time_expiration=request["expiration"])
        return 10009, order["ticket"], 0
    if action == CONSTANTS["TRADE_ACTION_SLTP"]:
        return _set_levels(state, request)
    return _ordered(state, request, partial=partial)


def _set_levels(state, request):
    position = state["positions"].get(request["position"])
    if position is None:
        return 10036, 0, 0
    if (position["sl"], position["tp"]) == (request["sl"], request["tp"]):
        return 10025, 0, 0
    bid, ask = state["prices"][position["symbol"]]
    if not _levels_allowed(state, request, position["type"], bid if position["type"] == 0 else ask):
        return 10016, 0, 0
    position.update(sl=request["sl"], tp=request["tp"])
    return 10009, 0, 0


def _levels_allowed(state, request, side, price):
    """Return whether stop-loss and take-profit stand on their side, far enough from a price."""
    symbol = state["symbols"][request["symbol"]]
    least, sign = symbol["trade_stops_level"] * symbol["point"] - 1e-9, 1 if side == 0 else -1
    stop, target = request.get("sl") or 0.0, request.get("tp") or 0.0
    return (not stop or (price - stop) * sign >= least) and (not target or (target - price) * sign >= least)


def _ordered(state, request, *, partial):
    """Place a market order or a waiting one."""
    symbol, kind, volume = state["symbols"].get(request["symbol"]), request["type"], request["volume"]
    if symbol is None or symbol["trade_mode"] != 4:
        return 10017, 0, 0
    whole = volume / symbol["volume_step"]
    if not symbol["volume_min"] <= volume <= symbol["volume_max"] or abs(whole - round(whole)) > 1e-6:
        return 10014, 0, 0
    bid, ask = state["prices"][request["symbol"]]
    market = request["action"] == CONSTANTS["TRADE_ACTION_DEAL"]
    if market and not symbol["filling_mode"] & (1 << request["type_filling"]):
        return 10030, 0, 0
    if not market and {2: request["price"] >= ask, 3: request["price"] <= bid, 4: request["price"] <= ask,
                       5: request["price"] >= bid}.get(kind, False):  # fmt: skip
        return 10015, 0, 0
    if request.get("type_time") == 2 and request["expiration"] * 1000 <= server_ms():
        return 10022, 0, 0
    entry = (ask if kind == 0 else bid) if market else request.get("stoplimit") or request["price"]
    if not _levels_allowed(state, request, kind % 2, (bid if kind == 0 else ask) if market else entry):
        return 10016, 0, 0
    if request.get("position") and request["position"] not in state["positions"]:
        return 10036, 0, 0
    order = new_order(state, request["symbol"], kind, volume, entry if market else request["price"])
    order.update(sl=request.get("sl", 0.0), tp=request.get("tp", 0.0), price_stoplimit=request.get("stoplimit", 0.0))
    order.update(comment=request.get("comment", ""), magic=request.get("magic", 0))
    order.update(type_time=request.get("type_time", 0), time_expiration=request.get("expiration", 0))
    if market:
        part = symbol["volume_step"] if partial else None
        deal = fill(state, order, entry, position=request.get("position", 0), volume=part)
        return 10010 if partial else 10009, order["ticket"], deal["ticket"]
    state["orders"][order["ticket"]] = order
    return 10009, order["ticket"], 0
