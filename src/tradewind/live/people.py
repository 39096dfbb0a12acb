"""What a person may order while the account runs, and what becomes of it.

Tightening limits holds at once, loosening from the next trading date; lowering the kill level and enabling a strategy
need a name and a reason, which the journal keeps.
"""

import zlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from tradewind.errors import BadData, TradewindError, UnknownName
from tradewind.kernel.refusals import POSITION_DIFFERS, STOPPING
from tradewind.kernel.risk_calendar import LOWER, SWITCH, TAKE_LIMITS
from tradewind.kernel.step import DISABLE, ENABLE
from tradewind.limits_wiring import change_limits
from tradewind.results.facts import numbered
from tradewind.risk.changes import tightened
from tradewind.risk.digest import with_digest
from tradewind.risk.limits import Limits

if TYPE_CHECKING:
    from tradewind.live.desk import Desk
    from tradewind.live.prepare import Prepared
    from tradewind.trading.machine import Machine


def carry_out(desk: "Desk", order: Mapping[str, Any]) -> str:
    """Return what was done, as one sentence; raise TradewindError where it cannot be."""
    verb = str(order["verb"])
    if verb not in VERBS:
        raise UnknownName("order to a desk", verb, VERBS)
    return VERBS[verb](desk, order)


def _kill(desk: "Desk", order: Mapping[str, Any]) -> str:
    level = _whole(order, "level", 1, 3)
    desk.operate(SWITCH, level=level)
    return f"Kill level {int(desk.core.state['risk']['kill'])}."


def _rearm(desk: "Desk", order: Mapping[str, Any]) -> str:
    person, reason = named(order)
    level = _whole(order, "level", 0, 2, otherwise=0)
    if desk.folder.kill_level() > level:
        desk.folder.kill.unlink(missing_ok=True)
        desk.killed = 0
    desk.operate(LOWER, level=level, person=number_of(person), reference=number_of(reason))
    left = int(desk.core.state["risk"]["kill"])
    if left > level:
        raise TradewindError(f"The kill level is still {left}: the account has ended.", "Begin a new account.")
    return f"Kill level {left}, lowered by {person}: {reason}."


def _switch(desk: "Desk", order: Mapping[str, Any], verb: int, done: str) -> str:
    names = numbered([one.name for one in desk.prepared.strategies])
    name = str(order.get("strategy", ""))
    if name not in names:
        raise UnknownName("strategy of this account", name, names)
    desk.operate(verb, strategy=names.index(name))
    return f"{name} is {done}."


def _disable(desk: "Desk", order: Mapping[str, Any]) -> str:
    return _switch(desk, order, DISABLE, "disabled: it opens nothing")


def _enable(desk: "Desk", order: Mapping[str, Any]) -> str:
    named(order)
    return _switch(desk, order, ENABLE, "enabled")


def _limits(desk: "Desk", order: Mapping[str, Any]) -> str:
    """Other limits: what is tighter holds at once, what is looser from the next trading date."""
    try:
        wanted = Limits.from_tree(order["limits"])
    except (KeyError, TypeError, ValueError):
        raise BadData("The order has no limits that can be read.", "Give them with `tradewind risk apply`.") from None
    held = desk.limits()
    if wanted.clocks != held.clocks:
        raise BadData("The new limits have other day clocks.", "Stop and start the account with them.")
    now, later = with_digest(tightened(held, wanted)), with_digest(wanted)
    desk.known_limits += [now, later]
    document = {"now": now.as_tree(), "later": later.as_tree()}
    desk.core.note("limits", document)
    reference = _take(desk.core, desk.prepared, document)
    desk.operate(TAKE_LIMITS, reference=reference)
    return f"Limits {wanted.name} version {wanted.version}: tighter ones hold now, looser from the next trading date."


def restore_limits(desk: "Desk", note: Mapping[str, Any]) -> None:
    """A replay meets the note of changed limits where they were changed: they wait in the state as they did."""
    if note["kind"] == "limits":
        desk.known_limits += [Limits.from_tree(note["now"]), Limits.from_tree(note["later"])]
        _take(desk.core, desk.prepared, note)


def given_limits(notes: Iterable[Any]) -> list[Limits]:
    """Return all limits an account was ever given, oldest first, by the notes of its journal."""
    trees: list[Any] = []
    for note in notes:
        told = note.document
        if note.kind == "limits":
            trees += [told["now"], told["later"]]
        elif note.kind in ("start", "graft"):
            trees.append((told if note.kind == "start" else told["start"]).get("limits"))
    return [Limits.from_tree(tree) for tree in trees if tree]


def _take(core: "Machine", prepared: "Prepared", document: Mapping[str, Any]) -> int:
    declared = [one.instrument for one in prepared.listings]
    now, later = Limits.from_tree(document["now"]), Limits.from_tree(document["later"])
    return change_limits(core.runner.state, now, later, declared)


def _ignore(desk: "Desk", order: Mapping[str, Any]) -> str:
    """A position or order of somebody else's at the broker is left alone from now on."""
    named(order)
    broker = str(order.get("broker", ""))
    if not broker or desk.trader is None:
        raise BadData("The order names nothing at a broker.", "Give the broker's id of the position or order.")
    desk.book.ignored.append(broker)
    desk.core.note("ignored", {"broker": broker})
    desk.hold(POSITION_DIFFERS, on=False)
    desk.trader.settling.begin()
    return f"{broker} is left alone."


def _stop(desk: "Desk", _order: Mapping[str, Any]) -> str:
    desk.stopping = True
    desk.hold(STOPPING, on=True)
    return "Nothing is opened any more; the trader stops. Stops stay at the broker."


def _whole(order: Mapping[str, Any], name: str, least: int, most: int, otherwise: int | None = None) -> int:
    value = order.get(name, otherwise)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise BadData(f"{name} is {value!r}.", f"Give a whole number from {least} to {most}.")
    return value


def named(order: Mapping[str, Any]) -> tuple[str, str]:
    """Return who ordered it and why; both are needed."""
    person, reason = str(order.get("person", "")).strip(), str(order.get("reason", "")).strip()
    if not person or not reason:
        raise BadData("The order does not say who gives it and why.", "Give --person and --reason.")
    return person, reason


def number_of(text: str) -> int:
    """Return the number by which the kernel remembers a name or a reason; the journal's note has the text."""
    return zlib.crc32(text.encode()) or 1


VERBS = {
    "kill": _kill,
    "rearm": _rearm,
    "disable": _disable,
    "enable": _enable,
    "limits": _limits,
    "ignore": _ignore,
    "stop": _stop,
}
