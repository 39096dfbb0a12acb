"""Every limit of an account: its value, how much of it is used, the room that is left, and what happens at it.

What is used comes from the trader's last heartbeat; where that is not fresh the rows say so, and nothing is called
fine. Limits that are asked of each order alone have no use between orders.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tradewind import money
from tradewind.risk.controls import CONTROLS
from tradewind.risk.digest import digest_text
from tradewind.risk.limits import AMOUNT_OF_BASE, NO_HIGHEST, OFF, RESETS, SEVERITIES, Limits, LossRule
from tradewind.risk.units import shown
from tradewind.settings import Settings
from tradewind.views.facts import limits_of
from tradewind.views.heart import Heart, folder_of, heart_of
from tradewind.views.past import past_of
from tradewind.views.uses import Used, uses

NEAR = 0.8
"""The share from which a limit is near."""
DOES = {
    "delay payout": "is noted; a firm may delay a payout",
    "no entries": "pending entries are cancelled, none is sent until the reset",
    "halt": "everything is closed, and nothing is opened until the reset",
    "latch": "everything is closed, and nothing is opened until a named person re-arms",
    "terminate": "everything is closed; the firm ends the account",
}
DOES_OF_CONTROL = {
    "R1": "the order is made smaller or refused", "R2": "the order is made smaller or refused",
    "R3": "the order is made smaller or refused", "R4": "the order is made smaller or refused",
    "R5": "the order is made smaller or refused; below the cut level the worst loser by margin is closed",
    "R8": "the order is made smaller or refused", "R12": "the strategy pauses in the instrument",
    "R13": "no more entries until the next block or date", "R14": "no entries; everything is closed in time",
    "R15": "the order is refused; a stop that is missing is put in place, else the position is closed",
    "R16": "entries halt; later kill level 2", "R17": "the kill level is raised", "C3": "the order is refused",
    "C4": "the order is refused", "C5": "the order is made smaller or refused", "C6": "messages that open wait",
    "C10": "the strategy is disabled", "C11": "no entries", "C13": "no entries",
}  # fmt: skip


class Row(NamedTuple):
    """One limit, ready to be shown."""

    control: str
    name: str
    about: str
    """A symbol, a strategy or both, where it is counted apart; else empty."""
    value: str
    """The limit as a person writes it."""
    unit: str
    """Of the next three: a currency, count, seconds, lots, or empty."""
    limit: float | None
    used: float | None
    headroom: float | None
    share: float | None
    """Of the limit that is used, 0 to 1 and more."""
    state: str
    """ok, near, reached, per order, off, or unknown where there is no fresh evidence."""
    does: str
    meaning: str


def limits_view(settings: Settings, account: str) -> dict[str, Any]:
    """Return the limits in force, loss rules first, and which file and version they are."""
    folder = folder_of(settings.data, account)
    heart, past = heart_of(folder), past_of(settings, folder)
    limits = None if past is None else limits_in_force(past.notes, heart)
    if limits is None:
        return {"account": account, "state": heart.state, "age_s": heart.age_s, "limits": None, "rows": []}
    waiting = None if past is None else _waiting(past.notes, limits)
    return {
        "account": account,
        "state": heart.state,
        "age_s": heart.age_s,
        "limits": {
            "name": limits.name,
            "version": limits.version,
            "hash": digest_text(limits.digest),
            "currency": limits.currency,
            "capital": float(money.amount(limits.capital, limits.currency)),
        },
        "waiting": waiting,
        "rows": [row._asdict() for row in rows_of(limits, heart)],
    }


def limits_in_force(notes: list[Any], heart: Heart) -> Limits | None:
    """Return the limits the trader says it holds; those it began with where it said nothing."""
    return limits_of(notes, heart.told.get("risk", {}).get("limits"))


def _waiting(notes: list[Any], limits: Limits) -> dict[str, Any] | None:
    """Return the limits that hold from the next trading date on, where others do."""
    changed = [note for note in notes if note.kind == "limits"]
    if not changed:
        return None
    now, later = (Limits.from_tree(changed[-1].document[name]) for name in ("now", "later"))
    if now.digest != limits.digest or later.digest == now.digest:
        return None
    return {"name": later.name, "version": later.version, "hash": digest_text(later.digest)}


def rows_of(limits: Limits, heart: Heart) -> list[Row]:
    """Return every limit: the floors, groups, then the single ones in the order of the domain rules."""
    return [*floor_rows(limits, heart), *_group_rows(limits, heart), *_single_rows(limits, heart)]


def floor_rows(limits: Limits, heart: Heart) -> list[Row]:
    """Return the loss rules with how much of each loss is used up."""
    told = heart.told.get("risk", {})
    return [_floor(limits, rule, told.get("floors", {}).get(rule.name), heart) for rule in limits.loss_rules]


def written(limits: Limits, rule: LossRule) -> str:
    """Return what may be lost as a person writes it."""
    by_share = rule.amount_of == AMOUNT_OF_BASE and rule.amount == OFF
    value = shown("share", rule.share, "") if by_share else shown("cash", rule.amount, limits.currency)
    return value + ("" if RESETS[rule.resets] == "never" else f", each {RESETS[rule.resets]}")


def _floor(limits: Limits, rule: LossRule, floor: Mapping[str, Any] | None, heart: Heart) -> Row:
    empty = Row(rule.control, rule.name, "", written(limits, rule), limits.currency, None, None, None, None, "unknown",
                DOES[SEVERITIES[rule.severity]], _loss_meaning(rule))  # fmt: skip
    equity = heart.told.get("equity")
    if floor is None or not isinstance(equity, int):
        return empty
    base = max(floor["highest"], limits.capital) if rule.highest_source != NO_HIGHEST else floor["measured_from"]
    most, used, left = base - floor["floor"], max(0, base - equity), equity - floor["trips"]
    share = used / most if most > 0 else None
    state = "reached" if floor["breached"] or left < 0 else _state(share)
    numbers = [money.amount(one, limits.currency) for one in (most, used, left)]
    return empty._replace(
        limit=float(numbers[0]), used=float(numbers[1]), headroom=float(numbers[2]), share=share,
        state=state if heart.fresh else "unknown",
    )  # fmt: skip


def _loss_meaning(rule: LossRule) -> str:
    trails = rule.highest_source != NO_HIGHEST
    return "how far equity may fall from its highest" if trails else "how far equity may fall from its base"


def _state(share: float | None) -> str:
    if share is None:
        return "ok"
    return "reached" if share >= 1 else "near" if share >= NEAR else "ok"


def _group_rows(limits: Limits, heart: Heart) -> Iterator[Row]:
    equity, told = heart.told.get("equity"), heart.told.get("risk", {}).get("instruments", {})
    for group in limits.groups:
        row = Row("R3", f"group {group.name}", ", ".join(symbol for symbol, _ in group.members),
                  shown("share", group.limit, ""), limits.currency, None, None, None, None, "unknown",
                  DOES_OF_CONTROL["R3"], "what instruments that lose together may lose together")  # fmt: skip
        if isinstance(equity, int) and told:
            sides = [0.0, 0.0]
            for symbol, weight in group.members:
                one = told.get(symbol, {})
                heats = (one.get("heat_long", 0.0), one.get("heat_short", 0.0))
                for side, heat in enumerate(heats if weight > 0 else heats[::-1]):
                    sides[side] += math.inf if heat is None else abs(weight) * heat
            credit = 0.0 if limits.netting_credit == OFF else limits.netting_credit
            used = None if math.inf in sides else max(sides) - credit * min(sides)
            row = _filled(row, Used(group.limit * equity, used, cash=True), heart)
        yield row


def _single_rows(limits: Limits, heart: Heart) -> Iterator[Row]:
    found = uses(limits, heart)
    for name, control in CONTROLS.items():
        value = getattr(limits, name)
        row = Row(control.letter, name, "", shown(control.unit, value, limits.currency), "", None, None, None, None,
                  "off" if value == OFF else "per order", DOES_OF_CONTROL.get(control.letter, "the order is refused"),
                  control.meaning)  # fmt: skip
        used = found.get(name, []) if value != OFF else []
        yield from (_filled(row._replace(about=one.about), one, heart) for one in used)
        if not used:
            yield row


def _filled(row: Row, used: Used, heart: Heart) -> Row:
    """Return a row with what is used of its limit."""
    digits = money.minor_digits(heart.currency)
    scale, unit = (10.0**digits, heart.currency) if used.cash else (1.0, used.unit)
    if used.used is None:
        return row._replace(
            unit=unit, limit=round(used.limit / scale, 6), state="reached" if heart.fresh else "unknown"
        )
    left = used.used - used.limit if used.higher else used.limit - used.used
    return row._replace(
        unit=unit, limit=round(used.limit / scale, 6), used=round(used.used / scale, 6),
        headroom=round(left / scale, 6), share=used.share, state=_state(used.share) if heart.fresh else "unknown",
    )  # fmt: skip
