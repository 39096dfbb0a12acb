"""Orders as they were sent, one row a version, followed through the table of their lifecycle.

A change of an order is a new version under a new id; until the broker says it holds, both are alive, and what happens
happens to both. `filled` counts the order as a whole, through all versions.
"""

from typing import Any

from tradewind.adapters.projection.picture import Picture, Row
from tradewind.adapters.projection.plain import moment, text
from tradewind.kernel import orders as life
from tradewind.kernel.records import (
    ACCEPTED,
    CANCEL,
    CANCEL_REJECTED,
    CANCELLED,
    EXPIRED,
    FILLED,
    PLACE,
    REJECTED,
    REPLACE,
    REPLACE_REJECTED,
    REPLACED,
    TRIGGERED,
    UNKNOWN_OUTCOME,
)
from tradewind.kernel.refusals import REASONS, STOP_LOSS_HIT

TYPES = ("", "market", "limit", "stop", "stop limit")
ROLES = ("entry", "stop-loss", "take-profit")
LETTERS = "EST"
HAPPENINGS = {
    ACCEPTED: life.ACCEPT,
    REJECTED: life.REJECT,
    CANCELLED: life.CANCEL,
    EXPIRED: life.EXPIRE,
    TRIGGERED: life.TRIGGER,
    REPLACED: life.REPLACE_DONE,
    CANCEL_REJECTED: life.CANCEL_REFUSED,
    REPLACE_REJECTED: life.REPLACE_REFUSED,
    UNKNOWN_OUTCOME: life.LOSE,
}
NUMBERS = ("price", "trigger", "trail", "stop_loss", "take_profit", "risk")


def reason_of(number: int) -> str:
    """Return the name of a reason."""
    return REASONS.get(number, (f"reason {number}", ""))[0]


def command(picture: Picture, told: Row) -> None:
    """What a command asks for is under way."""
    kind, number = told["kind"], told["order"]
    if kind == PLACE:
        _place(picture, told)
    elif number in picture.orders and kind == CANCEL:
        _advance(picture, picture.orders[number], life.ASK_CANCEL, told["ts"])
    elif number in picture.orders and kind == REPLACE:
        _replace(picture, told)


def _place(picture: Picture, told: Row) -> None:
    """The order of a command and those attached to it are known."""
    put_back = told["type"] == life.STOP and told["reduce_only"] and told["reason"] == STOP_LOSS_HIT
    role = life.STOP_LOSS if put_back else life.ENTRY
    levels = {name: told[name] for name in NUMBERS}
    _add(picture, told, told["order"], role, {**levels, "type": TYPES[told["type"]]})
    none = dict.fromkeys(NUMBERS, 0)
    if told["stop_order"]:
        stop = {**none, "trigger": told["stop_loss"], "type": "stop", "reduce_only": True}
        _add(picture, told, told["stop_order"], life.STOP_LOSS, stop)
    if told["target_order"]:
        target = {**none, "price": told["take_profit"], "type": "limit", "reduce_only": True}
        _add(picture, told, told["target_order"], life.TAKE_PROFIT, target)


def _add(picture: Picture, told: Row, number: int, role: int, fields: Row) -> None:
    attached = number != told["order"]
    row: Row = {
        "account": picture.account, "client_id": client_id(picture, told["strategy"], number, role, 0), "version": 0,
        "number": number, "parent": told["order"] if attached else 0, "strategy": told["strategy"],
        "instrument": told["instrument"], "side": -told["side"] if attached else told["side"], "role": ROLES[role],
        "living": True,
        "status": life.STATUSES[life.HELD if attached else life.SENT], "quantity": told["quantity"], "filled": 0,
        "expires_ns": told["expires"], "reduce_only": bool(told["reduce_only"]), "reason": "", "broker_order": "",
        "decided_at": moment(told["ts"]), "decided_ns": told["ts"], **fields,
    }  # fmt: skip
    picture.orders[number] = [row]
    _changed(picture, row, told["ts"])


def client_id(picture: Picture, strategy: int, number: int, role: int, version: int) -> str:
    """Return the id an order was sent under; where the venue was simulated, the one it would have had."""
    account = picture.row
    return f"TW{account['tag']}-{account['epoch']}-{strategy}-{number}-{LETTERS[role]}{version}"


def _replace(picture: Picture, told: Row) -> None:
    """A new version is on its way."""
    versions = picture.orders[told["order"]]
    if not _advance(picture, versions, life.ASK_REPLACE, told["ts"]):
        return
    last = current(versions)
    version = 1 + max(int(one["version"]) for one in versions)
    role = ROLES.index(last["role"])
    fields = {name: told[name] for name in ("price", "trigger", "quantity")}
    name = client_id(picture, last["strategy"], last["number"], role, version)
    changed = {**last, **fields, "client_id": name, "version": version, "broker_order": "",
               "decided_at": moment(told["ts"]), "decided_ns": told["ts"]}  # fmt: skip
    del changed["id"]
    versions.append(changed)
    _changed(picture, changed, told["ts"])


def current(versions: list[Row]) -> Row:
    """Return the newest version that lives."""
    return next(one for one in reversed(versions) if one["living"])


def _living(versions: list[Row]) -> list[Row]:
    return [one for one in versions if one["living"]]


def event(picture: Picture, told: Row) -> None:
    """What was reported of an order is known; of one that ended nothing is."""
    versions = picture.orders.get(told["order"])
    if versions is None:
        return
    ts = told["ts"]
    if told["kind"] == FILLED:
        _fill(picture, versions, told)
    elif (happening := HAPPENINGS.get(told["kind"], -1)) >= 0 and _advance(picture, versions, happening, ts):
        last = current(versions)
        if told["kind"] == REPLACED:
            former = _living(versions)[0]
            last.update(price=former["price"], trigger=former["trigger"])
            last["trigger" if former["trigger"] else "price"] = told["price"]
            last["quantity"] = max(told["quantity"], last["filled"])
            _end_others(picture, versions, last, "replaced", ts)
        elif told["kind"] == REPLACE_REJECTED:
            _take_back(picture, versions, ts)
        elif told["kind"] == TRIGGERED:
            for one in _living(versions):
                one["trigger"] = 0
    _over(picture, told["order"], versions, reason_of(told["reason"]), ts)


def _fill(picture: Picture, versions: list[Row], told: Row) -> None:
    last = _living(versions)[0]  # what was asked for since does not hold yet
    for one in _living(versions):
        one["filled"] += told["quantity"]
    whole = last["filled"] >= last["quantity"]
    if not _advance(picture, versions, life.FILL_ALL if whole else life.FILL_PART, told["ts"]):
        return
    for legs in picture.orders.values():
        if current(legs)["parent"] != last["number"]:
            continue
        begins = current(legs)["status"] == life.STATUSES[life.HELD]
        for leg in _living(legs):
            leg["quantity"] = told["quantity"] + (0 if begins else leg["quantity"])
            _changed(picture, leg, told["ts"])
        if begins:
            _advance(picture, legs, life.ACCEPT, told["ts"])


def _advance(picture: Picture, versions: list[Row], happening: int, ts: int) -> bool:
    """The living versions have the status that follows; False where the lifecycle does not allow it."""
    after = int(life.LIFECYCLE[life.STATUSES.index(current(versions)["status"]), happening])
    if after < 0:
        return False
    for one in _living(versions):
        one["status"] = life.STATUSES[after]
        _changed(picture, one, ts)
    return True


def _take_back(picture: Picture, versions: list[Row], ts: int) -> None:
    """The newest version never was; the one before it goes on."""
    living = _living(versions)
    if len(living) > 1:
        living[-1].update(status="rejected", living=False)
        _changed(picture, living[-1], ts)


def _end_others(picture: Picture, versions: list[Row], last: Row, status: str, ts: int) -> None:
    for one in _living(versions):
        if one is not last:
            one.update(status=status, living=False)
            _changed(picture, one, ts)


def _over(picture: Picture, number: int, versions: list[Row], reason: str, ts: int) -> None:
    """An order that ended lives no more, nor do those held for it; a change still on its way took no effect."""
    first = _living(versions)[0]
    if life.STATUSES.index(first["status"]) < life.FIRST_FINAL:
        return
    _end_others(picture, versions, first, "cancelled", ts)
    first.update(living=False, reason=reason)
    _changed(picture, first, ts)
    del picture.orders[number]
    if first["status"] == "filled":
        return
    held = [key for key, legs in picture.orders.items() if _is_held_for(number, current(legs))]
    for key in held:
        for leg in _living(picture.orders.pop(key)):
            leg.update(status="cancelled", living=False, reason=reason)
            _changed(picture, leg, ts)


def _is_held_for(number: int, leg: Row) -> bool:
    return bool(leg["parent"] == number and leg["status"] == life.STATUSES[life.HELD])


def executed(picture: Picture, told: Row) -> None:
    """The broker's own id of an order is known."""
    broker, ours = text(told["broker_order"]), text(told["id"])
    for one in picture.orders.get(told["order"], []):
        if broker and one["living"] and ours in ("", one["client_id"]) and one["broker_order"] != broker:
            one["broker_order"] = broker
            _changed(picture, one, int(one["changed_ns"]))


def _changed(picture: Picture, row: dict[str, Any], ts: int) -> None:
    row.update(changed_at=moment(ts), changed_ns=ts)
    picture.put("trading.orders", row["decided_ns"], row)
