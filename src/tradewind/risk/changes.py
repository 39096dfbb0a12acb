"""Which of two limits is tighter, and what changed between two sets of limits.

Limits may be tightened at any moment and loosened only from the next trading day on. What has no tighter way (the
clock of a rule, the members of a group) counts as loosened: it waits.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from tradewind.errors import BadSettings
from tradewind.risk.controls import CONTROLS, LOWER, NEITHER, Control
from tradewind.risk.limits import OFF, Cap, Group, Limits, LossRule
from tradewind.risk.units import Value

KEPT = ("currency", "capital")
"""What an account cannot change while it runs."""


class Change(NamedTuple):
    """One limit that is not what it was; None stands for a rule or group that is not there."""

    name: str
    old: Any
    new: Any
    loosened: bool


def tighter(control: Control, first: Value, second: Value) -> Value:
    """Return the tighter of two values of a limit; of two that have no order, the second."""
    if control.unit == "day types":
        return int(first) & int(second)
    if control.tighter == NEITHER:
        return second
    if OFF in (first, second) and control.can_be_off:
        return second if first == OFF else first
    return min(first, second) if control.tighter == LOWER else max(first, second)


def is_loosened(control: Control, old: Value, new: Value) -> bool:
    """Return whether a value lets through something that the old one did not."""
    if control.tighter == NEITHER and control.unit != "day types":
        return old != new
    return tighter(control, old, new) != new


def changes(old: Limits, new: Limits) -> list[Change]:
    """Return every limit that differs, in the order of the domain rules; the account must be the same."""
    for name in KEPT:
        if getattr(old, name) != getattr(new, name):
            raise BadSettings(
                f"The {name} was {getattr(old, name)} and is {getattr(new, name)}.",
                "Limits change within one account; start another run for another one.",
            )
    found = [
        Change(name, getattr(old, name), getattr(new, name), loosened=is_loosened(control, *_both(old, new, name)))
        for name, control in CONTROLS.items()
        if getattr(old, name) != getattr(new, name)
    ]
    old_rules, new_rules = _by_name(_resolved(old)), _by_name(_resolved(new))
    found += [_changed_rule(name, old_rules.get(name), new_rules.get(name)) for name in {**old_rules, **new_rules}]
    old_groups, new_groups = {one.name: one for one in old.groups}, {one.name: one for one in new.groups}
    found += [_changed_group(name, old_groups.get(name), new_groups.get(name)) for name in {**old_groups, **new_groups}]
    found += _changed_caps(old, new)
    return [change for change in found if change.old != change.new]


def _both(old: Limits, new: Limits, name: str) -> tuple[Value, Value]:
    return getattr(old, name), getattr(new, name)


def _resolved(limits: Limits) -> list[tuple[LossRule, Any]]:
    """Return each loss rule beside the clock it means, whose number may differ between two sets."""
    return [(rule._replace(clock=0), limits.clocks[rule.clock]) for rule in limits.loss_rules]


def _by_name(rules: Iterable[tuple[LossRule, Any]]) -> Mapping[str, tuple[LossRule, Any]]:
    return {rule.name: (rule, clock) for rule, clock in rules}


def _changed_rule(name: str, old: tuple[LossRule, Any] | None, new: tuple[LossRule, Any] | None) -> Change:
    loosened = new is None
    if old is not None and new is not None:
        same = old[1] == new[1] and _without_amount(old[0]) == _without_amount(new[0])
        loosened = old != new and not (same and _is_smaller(old[0], new[0]))
    return Change(f"loss_rules.{name}", old, new, loosened=loosened)


def _without_amount(rule: LossRule) -> LossRule:
    return rule._replace(amount=0, share=0.0)


def _is_smaller(old: LossRule, new: LossRule) -> bool:
    return new.amount <= old.amount and new.share <= old.share


def _changed_group(name: str, old: Group | None, new: Group | None) -> Change:
    loosened = new is None
    if old is not None and new is not None:
        grown = tighter(CONTROLS["open_risk"], old.limit, new.limit) != new.limit
        loosened = grown or old.members != new.members
    return Change(f"groups.{name}", old, new, loosened=loosened)


def _changed_caps(old: Limits, new: Limits) -> list[Change]:
    found: list[Change] = []
    before, after = {one.symbol: one for one in old.caps}, {one.symbol: one for one in new.caps}
    for symbol in {**before, **after}:
        first = before.get(symbol) or _general(old, symbol)
        second = after.get(symbol) or _general(new, symbol)
        for name in Cap._fields[1:]:
            was, is_now = getattr(first, name), getattr(second, name)
            loosened = is_loosened(CONTROLS[name], was, is_now)
            found.append(Change(f"instruments.{symbol}.{name}", was, is_now, loosened=loosened))
    return found


def _general(limits: Limits, symbol: str) -> Cap:
    """Return what holds for an instrument without caps of its own."""
    return Cap(
        symbol, limits.order_lots_cap, limits.order_value_cap, limits.position_lots_cap, limits.spread_cap
    )  # fmt: skip


def loosened(old: Limits, new: Limits) -> list[Change]:
    """Return what waits for the next trading day."""
    return [change for change in changes(old, new) if change.loosened]


def tightened(old: Limits, new: Limits) -> Limits:
    """Return what is in force at once when `old` is to become `new`: of each limit the tighter.

    A loss rule or a group that was changed in a way that has no order stays as it was; one that was added holds.
    """
    waits = {change.name for change in changes(old, new) if change.loosened}
    values: dict[str, Any] = {
        name: tighter(control, *_both(old, new, name)) if control.tighter != NEITHER or control.unit == "day types"
        else getattr(old, name)
        for name, control in CONTROLS.items()
    }  # fmt: skip
    groups = {one.name: one for one in new.groups}
    groups.update({one.name: one for one in old.groups if f"groups.{one.name}" in waits})
    rules, clocks = _joined_rules(old, new, waits)
    return new._replace(
        clocks=clocks, loss_rules=rules, groups=tuple(groups.values()), caps=_joined_caps(old, new), **values
    )


def _joined_rules(old: Limits, new: Limits, waits: set[str]) -> tuple[tuple[LossRule, ...], tuple[Any, ...]]:
    """Return the rules in force at once and the clocks they number."""
    chosen = dict(_by_name((rule, new.clocks[rule.clock]) for rule in new.loss_rules))
    chosen.update(
        _by_name((rule, old.clocks[rule.clock]) for rule in old.loss_rules if f"loss_rules.{rule.name}" in waits)
    )
    clocks = list(new.clocks)
    clocks += [clock for _, clock in chosen.values() if clock not in clocks]
    rules = tuple(rule._replace(clock=clocks.index(clock)) for rule, clock in chosen.values())
    return rules, tuple(clocks)


def _joined_caps(old: Limits, new: Limits) -> tuple[Cap, ...]:
    before, after = {one.symbol: one for one in old.caps}, {one.symbol: one for one in new.caps}
    joined = []
    for symbol in sorted({**before, **after}):
        first = before.get(symbol) or _general(old, symbol)
        second = after.get(symbol) or _general(new, symbol)
        values = (tighter(CONTROLS[name], getattr(first, name), getattr(second, name)) for name in Cap._fields[1:])
        joined.append(Cap(symbol, *values))  # type: ignore[arg-type]  # cash is whole in both
    return tuple(joined)
