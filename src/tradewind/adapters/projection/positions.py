"""Fills, and what each strategy holds after them, by the kernel's own arithmetic (`kernel/positions.py`)."""

from tradewind.adapters.projection.orders import current, reason_of
from tradewind.adapters.projection.picture import Picture, Row
from tradewind.adapters.projection.plain import moment, text
from tradewind.kernel.records import FILLED


def filled(picture: Picture, told: Row, execution: Row | None) -> None:
    """The fill in an event is a row of its own, and the position is larger or smaller by it."""
    occurred = told["occurred"] or told["ts"]
    versions = picture.orders.get(told["order"])
    sent_as = "" if execution is None else text(execution["id"])
    if not sent_as and versions:
        sent_as = current(versions)["client_id"]
    name = "" if execution is None else text(execution["execution"])
    row: Row = {
        "account": picture.account, "execution": name or f"event {told['number']}", "event": told["number"],
        "ours": True, "order_number": told["order"], "client_id": sent_as, "strategy": told["strategy"],
        "instrument": told["instrument"], "side": told["side"], "quantity": told["quantity"], "price": told["price"],
        "commission": told["amount"], "realised": None if execution is None else execution["realised"],
        "spread": told["spread"], "slippage": told["slippage"], "ambiguous": bool(told["ambiguous"]),
        "reason": reason_of(told["reason"]),
        "broker_order": "" if execution is None else text(execution["broker_order"]),
        "broker_position": "" if execution is None else text(execution["position"]),
        "occurred_at": moment(occurred), "occurred_ns": occurred,
    }  # fmt: skip
    picture.put("trading.fills", occurred, row)
    _held(picture, told, occurred)


def _held(picture: Picture, told: Row, occurred: int) -> None:
    key = (told["strategy"], told["instrument"])
    row = picture.positions.setdefault(
        key,
        {"account": picture.account, "strategy": key[0], "instrument": key[1], "quantity": 0, "cost": 0,
         "opened_ns": 0},
    )  # fmt: skip
    signed, held, cost = told["quantity"] * told["side"], int(row["quantity"]), int(row["cost"])
    closing = min(abs(held), told["quantity"]) if held * signed < 0 else 0
    opening = told["quantity"] - closing
    if closing:
        share = closing if held > 0 else -closing
        held, cost = held - share, cost - (cost // held * share + cost % held * share // held)
    if opening:
        if held == 0:
            cost, row["opened_ns"] = 0, occurred
        held += opening * told["side"]
        cost += opening * told["side"] * told["price"]
    row.update(quantity=held, cost=cost, changed_at=moment(told["ts"]), changed_ns=told["ts"])
    picture.put("trading.positions", told["ts"], row)


def foreign(picture: Picture, execution: Row) -> None:
    """A fill in the account that is none of ours is kept too: it explains what the broker's picture shows."""
    if execution["kind"] != FILLED or not execution["quantity"]:
        return
    occurred = execution["occurred"]
    row: Row = {
        "account": picture.account, "execution": text(execution["execution"]) or f"unnamed {occurred}", "event": None,
        "ours": False, "order_number": 0, "client_id": text(execution["id"]), "strategy": None,
        "instrument": execution["instrument"], "side": execution["side"], "quantity": execution["quantity"],
        "price": execution["price"], "commission": execution["amount"], "realised": execution["realised"],
        "spread": None, "slippage": None, "ambiguous": False, "reason": text(execution["text"]),
        "broker_order": text(execution["broker_order"]), "broker_position": text(execution["position"]),
        "occurred_at": moment(occurred), "occurred_ns": occurred,
    }  # fmt: skip
    picture.put("trading.fills", occurred, row)
