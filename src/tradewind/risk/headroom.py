"""What each rule says of an order before it is sent: how much room is left, and at which price it could be broken.

A floor is looked at twice. The gate's question (R8) is whether equity stays above floor and buffer when every stop is
hit and slips as far as kappa expects. The trader's question is at which price of this instrument the floor would be
reached, everything else standing still: before the stop, or only by a gap of so much beyond it.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from tradewind import money
from tradewind.risk.limits import NO_ENTRIES, OFF, Cap, Group, Limits, LossRule
from tradewind.risk.standing import Holding, Standing, base_of, floor_of, safe_from


class Verdict(NamedTuple):
    """What one rule says of an order."""

    control: str
    rule: str
    passes: bool
    value: str
    limit: str
    headroom: Fraction | None
    """Minor units left after the order, negative where it does not pass; None where the rule is not about cash."""
    breach_price: Fraction | None
    """At this exit price of the instrument the rule's floor is reached; None for rules without one."""
    sentence: str


NOT_ASKED = (
    "R9, R12, R13, R14, R16, R17 and C1, C6, C7, C8, C9 to C14 need the running system: counters, clocks, quotes"
)
"""What can only be said by the gate itself."""


def check_order(limits: Limits, standing: Standing, order: Holding) -> list[Verdict]:
    """Return what every rule that can be asked beforehand says of the order, in the order of the domain rules."""
    return [
        *_presence(limits, order),
        *_sides(order),
        *_risk(limits, standing, order),
        *_groups(limits, standing, order),
        *_leverage(limits, standing, order),
        *_floors(limits, standing, order),
        *_sizes(limits, standing, order),
    ]


def fitting_lots(limits: Limits, standing: Standing, order: Holding) -> Decimal:
    """Return the most lots, at most those asked for, that pass every rule; 0 where not even the smallest size does."""
    step = order.terms.instrument.volume_step
    low, high = 0, money.steps(order.lots, step)
    while low < high:
        middle = (low + high + 1) // 2
        smaller = order._replace(lots=step * middle)
        if all(verdict.passes for verdict in check_order(limits, standing, smaller)):
            low = middle
        else:
            high = middle - 1
    return step * low if step * low >= order.terms.instrument.volume_min else Decimal(0)


def heat(limits: Limits, holdings: Sequence[Holding]) -> Fraction | None:
    """Return what all stops together could cost, slipped by kappa, minor units; None where one has no stop."""
    losses = [one.loss_to_stop() for one in holdings]
    if None in losses:
        return None
    return sum((loss for loss in losses if loss is not None), Fraction(0)) * Fraction(str(limits.kappa))


def _cash(amount: Fraction | int, limits: Limits) -> str:
    return f"{money.amount(round(amount), limits.currency):,.0f}"


def _below(
    control: str, rule: str, amounts: tuple[Fraction | None, Fraction], limits: Limits, words: str = ""
) -> Verdict:
    """Return the verdict of a rule that an amount must stay at or below."""
    value, most = amounts
    if value is None:
        words = "A position or the order has no stop, so its risk has no end."
        return Verdict(control, rule, False, "no end", _cash(most, limits), None, None, words)
    return Verdict(control, rule, value <= most, _cash(value, limits), _cash(most, limits), most - value, None, words)


def _presence(limits: Limits, order: Holding) -> Iterator[Verdict]:
    if limits.stop_required == OFF:
        return
    there = order.stop is not None
    words = "" if there else "Every order that opens has a stop-loss."
    yield Verdict("R15", "stop", there, str(order.stop or "none"), "a stop", None, None, words)


def _sides(order: Holding) -> Iterator[Verdict]:
    if order.stop is not None:
        right = (order.price - order.stop) * order.side > 0
        words = "" if right else "The stop stands on the winning side of the entry."
        yield Verdict("C2", "side of the stop", right, str(order.stop), str(order.price), None, None, words)


def _risk(limits: Limits, standing: Standing, order: Holding) -> Iterator[Verdict]:
    """R1 and R2: the order alone, and all together."""
    if limits.risk_per_trade != OFF:
        most = Fraction(str(limits.risk_per_trade)) * min(standing.balance, standing.equity)
        yield _below("R1", "risk per trade", (order.loss_to_stop(), most), limits)
    if limits.open_risk != OFF:
        most = Fraction(str(limits.open_risk)) * standing.equity
        yield _below("R2", "open risk", (heat(limits, [*standing.holdings, order]), most), limits)


def _groups(limits: Limits, standing: Standing, order: Holding) -> Iterator[Verdict]:
    """R3: each group the instrument is in, long side against short side."""
    for group in limits.groups:
        if order.symbol in dict(group.members):
            most = Fraction(str(group.limit)) * standing.equity
            risk = group_risk(limits, group, [*standing.holdings, order])
            before = group_risk(limits, group, standing.holdings)
            # A group above its limit is not brought below it by opening the other side.
            risk = None if risk is None or before is None else max(risk, before)
            yield _below("R3", f"group {group.name}", (risk, most), limits)


def group_risk(limits: Limits, group: Group, holdings: Sequence[Holding]) -> Fraction | None:
    """Return the risk of a group: its larger side less the credit for the smaller, minor units."""
    weights = dict(group.members)
    sides = [Fraction(0), Fraction(0)]
    for one in holdings:
        if one.symbol in weights:
            risk = heat(limits, [one])
            if risk is None:
                return None
            weight = Fraction(str(weights[one.symbol])) * one.side
            sides[weight < 0] += abs(weight) * risk
    credit = Fraction(0) if limits.netting_credit == OFF else Fraction(str(limits.netting_credit))
    return max(sides) - credit * min(sides)


def _leverage(limits: Limits, standing: Standing, order: Holding) -> Iterator[Verdict]:
    """R4 and R5: values and margin against equity."""
    held = [*standing.holdings, order]
    if limits.gross_leverage != OFF:
        most = Fraction(str(limits.gross_leverage)) * standing.equity
        yield _below("R4", "gross leverage", (sum((one.value() for one in held), Fraction(0)), most), limits)
    if limits.net_leverage != OFF:
        for group in limits.groups:
            weights = dict(group.members)
            if order.symbol in weights:
                signed = (
                    one.value() * one.side * Fraction(str(weights[one.symbol])) for one in held if one.symbol in weights
                )
                most = Fraction(str(limits.net_leverage)) * standing.equity
                # An order that makes a large net position smaller is not held up by it.
                net = max(Fraction(0), sum(signed, Fraction(0)) * order.side * (1 if weights[order.symbol] > 0 else -1))
                yield _below("R4", f"net leverage, {group.name}", (net, most), limits)
    if limits.margin_use != OFF:
        used = sum((one.value() * one.terms.instrument.margin.initial for one in held), Fraction(0))
        yield _below("R5", "margin", (used, Fraction(str(limits.margin_use)) * standing.equity), limits)


def _floors(limits: Limits, standing: Standing, order: Holding) -> Iterator[Verdict]:
    """R8: each floor that closes everything when it is broken, and R6 as it would be reached."""
    held = [*standing.holdings, order]
    cost = Fraction(0) if limits.flatten_cost_spreads == OFF else Fraction(str(limits.flatten_cost_spreads))
    flatten = sum((one.terms.spread * Fraction(one.lots) * one.terms.per_price for one in held), Fraction(0)) * cost
    buffer = 0 if limits.floor_buffer == OFF else Fraction(str(limits.floor_buffer)) * limits.capital
    risk = heat(limits, held)
    for rule in limits.loss_rules:
        if rule.severity < NO_ENTRIES:
            continue
        floor = floor_of(rule, base_of(rule, standing, limits.capital), limits.capital)
        safe = safe_from(rule, floor)
        price = price_at_floor(standing, order, safe)
        words = _breach_words(order, price) if standing.equity >= safe else "Broken already: equity is below it."
        if rule.severity == NO_ENTRIES or limits.floor_buffer == OFF:
            above = standing.equity >= safe
            yield _floor_verdict(rule, above, (Fraction(standing.equity), safe, price), words, limits)
            continue
        left = None if risk is None else standing.equity - risk - flatten
        if left is None:
            yield Verdict("R8", rule.name, False, "no end", _cash(floor + buffer, limits), None, price, words)
            continue
        yield Verdict(
            "R8", rule.name, left >= floor + buffer, _cash(left, limits), _cash(floor + buffer, limits),
            left - floor - buffer, price, words,
        )  # fmt: skip


def _floor_verdict(
    rule: LossRule, above: bool, found: tuple[Fraction, int, Fraction | None], words: str, limits: Limits
) -> Verdict:
    equity, floor, price = found
    values = _cash(equity, limits), _cash(floor, limits)
    return Verdict(rule.control, rule.name, above, *values, equity - floor, price, words)


def price_at_floor(standing: Standing, order: Holding, floor: int) -> Fraction | None:
    """Return the exit price of the order's instrument at which equity falls to a floor; None if no price does it."""
    same = [one for one in standing.holdings if one.symbol == order.symbol]
    slope = sum((one.gain_to(one.price + 1) for one in [*same, order]), Fraction(0))
    if slope == 0:
        return None
    # What the positions gain when all of them are closed at 0 gives the line; equity is its sum with what stands.
    at_zero = sum((one.gain_to(Decimal(0)) for one in [*same, order]), Fraction(0))
    costs = order.terms.commission * Fraction(order.lots)
    price = (floor - standing.equity + costs - at_zero) / slope
    return price if price > 0 else None


def _breach_words(order: Holding, price: Fraction | None) -> str:
    """Return at which price a floor is reached, and how that lies to the stop."""
    if price is None:
        return f"No price of {order.symbol} reaches it."
    tick = order.terms.instrument.tick_size
    shown = money.price(round(price / Fraction(tick)), tick)
    if order.stop is None:
        return f"Reached at {order.symbol} {shown}; there is no stop before it."
    beyond = (Fraction(order.stop) - price) * order.side
    if beyond >= 0:
        gap = money.price(round(beyond / Fraction(tick)), tick)
        share = f"{float(beyond / Fraction(order.stop)):.1%}"
        return f"Reached at {order.symbol} {shown}, {gap} ({share}) beyond the stop: only by a gap."
    return f"Reached at {order.symbol} {shown}, before the stop at {order.stop}."


def _sizes(limits: Limits, standing: Standing, order: Holding) -> Iterator[Verdict]:
    """C3 to C5: the order's size and value, and what is held afterwards."""
    cap = next((one for one in limits.caps if one.symbol == order.symbol), None) or Cap(
        order.symbol, limits.order_lots_cap, limits.order_value_cap, limits.position_lots_cap, limits.spread_cap
    )
    largest = order.terms.instrument.volume_max
    if cap.order_lots_cap != OFF:
        largest = min(largest, Decimal(str(cap.order_lots_cap)))
    yield Verdict("C3", "order size", order.lots <= largest, f"{order.lots} lots", f"{largest} lots", None, None, "")
    if limits.order_value_share != OFF:
        most = Fraction(str(limits.order_value_share)) * standing.equity
        yield _below("C4", "order value", (order.value(), most), limits)
    if cap.order_value_cap != OFF:
        yield _below("C4", "order value", (order.value(), Fraction(cap.order_value_cap)), limits)
    if cap.position_lots_cap != OFF:
        same = (one for one in (*standing.holdings, order) if one.symbol == order.symbol)
        signed = sum((one.lots * one.side for one in same), Decimal(0))
        most_lots = Decimal(str(cap.position_lots_cap))
        yield Verdict(
            "C5", "position size", abs(signed) <= most_lots, f"{abs(signed)} lots", f"{most_lots} lots", None, None, ""
        )
