"""Limits that cannot both be meant: a part above its whole, a warning behind its alarm, a floor above the capital."""

from collections.abc import Callable
from itertools import pairwise

from tradewind import money
from tradewind.errors import BadSettings
from tradewind.markets.clock import ROLL
from tradewind.risk.controls import CONTROLS
from tradewind.risk.limits import HALT, NO_ENTRIES, NO_HIGHEST, OFF, Limits, LossRule
from tradewind.risk.units import shown

Located = Callable[[tuple[str | int, ...], str, str], BadSettings]
"""Makes the error of something wrong at a path."""

ORDERED = (
    ("risk_per_trade", "open_risk"),
    ("net_leverage", "gross_leverage"),
    ("margin_level_cut", "margin_level_warning"),
    ("kappa", "kappa_break"),
    ("kappa_break", "kappa_weekend"),
    ("consecutive_losses", "consecutive_losses_global"),
    ("trades_per_block", "trades_per_day"),
    ("trades_per_day", "trades_per_day_total"),
    ("messages_per_second", "messages_per_minute"),
    ("messages_per_minute", "messages_per_day"),
    ("quote_age_s", "quote_age_asia_s"),
    ("fills_per_5min", "fills_per_day"),
    ("reconciliation_s", "mismatch_kill_s"),
    ("friday_flat_minute", "flat_minute"),
)
"""Pairs of limits of which the first may not be above the second."""


def check(limits: Limits, located: Located) -> None:
    """Raise BadSettings for the first contradiction."""
    for low, high in ORDERED:
        first, second = getattr(limits, low), getattr(limits, high)
        if OFF not in (first, second) and first > second:
            words = [f"{name} {_shown(limits, name)}" for name in (low, high)]
            raise located(
                (CONTROLS[low].section, low), f"{words[0]} is above {words[1]}.", "Lower it, or raise the other."
            )
    for group in limits.groups:
        if limits.open_risk != OFF and group.limit > limits.open_risk:
            raise located(
                ("groups", group.name, "limit"),
                f"The limit of group {group.name}, {shown('share', group.limit, '')}, is above open_risk "
                f"{_shown(limits, 'open_risk')}.", "Lower it, or raise open_risk.",
            )  # fmt: skip
    for name in ("flat_minute", "friday_flat_minute"):
        if getattr(limits, name) >= ROLL:
            raise located(
                ("times", name), f"{name} {_shown(limits, name)} is not before the close of the day at 17:00 New York.",
                "Give an earlier time.",
            )  # fmt: skip
    for rule in limits.loss_rules:
        _check_floor(limits, rule, located)
    for first, second in pairwise(sorted(limits.loss_rules, key=_place)):
        _check_pair(limits, first, second, located)


def _shown(limits: Limits, name: str) -> str:
    return shown(CONTROLS[name].unit, getattr(limits, name), limits.currency)


def _place(rule: LossRule) -> tuple[object, ...]:
    """Return what rules of one kind share, and then their severity."""
    return (*rule[2:6], rule.highest_source, rule.highest_update, rule.breach_on, rule.severity)


def _check_pair(limits: Limits, mild: LossRule, hard: LossRule, located: Located) -> None:
    """Of two rules with one base and one clock, the milder has to come first."""
    if _place(mild)[:-1] != _place(hard)[:-1] or mild.severity == hard.severity or mild.severity < NO_ENTRIES:
        return
    if mild.amount > hard.amount or mild.share > hard.share:
        raise located(
            ("loss_rules",), f"{mild.name} ({_amount(limits, mild)}) would act behind {hard.name} "
            f"({_amount(limits, hard)}), which is harder.", f"Give {mild.name} the smaller amount.",
        )  # fmt: skip


def _amount(limits: Limits, rule: LossRule) -> str:
    return shown("cash", rule.amount, limits.currency) if rule.amount != OFF else shown("share", rule.share, "")


def _check_floor(limits: Limits, rule: LossRule, located: Located) -> None:
    """A floor starts below the capital and above nothing, and leaves room for one trade and the buffer."""
    amount = rule.amount if rule.amount != OFF else int(limits.capital * rule.share)
    if amount >= limits.capital:
        raise located(
            ("loss_rules",), f"{rule.name}: a loss of {_amount(limits, rule)} is the whole capital of "
            f"{shown('cash', limits.capital, limits.currency)}; the floor would lie at or below zero.",
            "Give a smaller amount.",
        )  # fmt: skip
    if rule.highest_source == NO_HIGHEST and rule.lock != OFF:
        raise located(("loss_rules",), f"{rule.name} has a lock, but its floor does not trail.", "Leave the lock out.")
    if rule.severity < HALT:
        return
    buffer = 0 if limits.floor_buffer == OFF else int(limits.floor_buffer * limits.capital)
    if amount <= buffer:
        raise located(
            ("loss_rules",), f"{rule.name}: its floor and the buffer of "
            f"{shown('cash', buffer, limits.currency)} lie above the capital, so that no trade could pass.",
            "Give a larger amount, or a smaller floor_buffer.",
        )  # fmt: skip
    if limits.risk_per_trade != OFF and amount < limits.risk_per_trade * limits.capital:
        raise located(
            ("loss_rules",), f"{rule.name}: one trade may lose {_shown(limits, 'risk_per_trade')}, more than the rule "
            f"allows, {shown('cash', amount, limits.currency)} of "
            f"{money.amount(limits.capital, limits.currency):,f}.", "Lower risk_per_trade.",
        )  # fmt: skip
