"""OANDA's transactions in our words: each is nothing to us, one report, or several.

An order that is filled may open one trade and reduce others: one report for each, since each is a position of its
own. The first has the transaction's number as its execution, the others that number and their place (`417`, `417.1`),
the same whether it came in an answer, by the stream or from the log.

Cash. OANDA keeps balances to four digits or more, we keep minor units. Rounding every transaction by itself would
drift, so what a transaction brings is the difference of the *rounded* balances before and after it: the sum of all
reports is the balance, to the minor unit, for ever. The odd unit lies in the profit of the first part closed.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import NamedTuple

from tradewind import money
from tradewind.adapters.brokers.oanda import reasons
from tradewind.adapters.brokers.oanda.listing import Listed, Listing
from tradewind.adapters.brokers.oanda.memory import ATTACHED, ENTRIES, Known, Memory, Trade, word
from tradewind.adapters.brokers.oanda.orders import ours
from tradewind.adapters.brokers.oanda.reading import Json, inner, listed, moment, number, printable
from tradewind.broker import BrokerUnreachable, Report
from tradewind.errors import BadData
from tradewind.kernel.records import (
    ACCEPTED,
    CANCEL_REJECTED,
    CANCELLED,
    EXPIRED,
    FILLED,
    FINANCING,
    REJECTED,
    REPLACE_REJECTED,
    REPLACED,
)
from tradewind.kernel.refusals import DIVIDEND, NIGHT, NO_SUCH_ORDER, NOT_FILLED_AT_ONCE

_ZERO = Decimal(0)


class Account(NamedTuple):
    """What a transaction is read with."""

    listing: Listing
    memory: Memory
    currency: str

    def minor(self, amount: Decimal) -> int:
        """Return cash in minor units of the account."""
        try:
            return money.minor(amount, self.currency)
        except BadData as error:
            raise BrokerUnreachable(f"OANDA's answer is not understood: {error.message}") from None


def reports_of(happened: Json, account: Account) -> list[Report]:
    """Return what a transaction is to us; the memory knows it and what it refers to already."""
    kind = word(happened, "type")
    if kind in ENTRIES or kind in ATTACHED:
        return _created(happened, account)
    if kind.endswith("_ORDER_REJECT"):
        return [_rejected(happened, account)]
    reader = _READERS.get(kind)
    return [] if reader is None else reader(happened, account)


def _report(kind: int, happened: Json, known: Known, account: Account) -> Report:
    """Return a report with what all have: whose it is, when, which instrument."""
    row = account.listing.named(known.name)
    number_ = word(happened, "id")
    if not number_.isdigit():
        raise BrokerUnreachable(f"OANDA's answer is not understood: a transaction has the id {number_[:20]!r}.")
    return Report(
        kind,
        known.id,
        number_,
        instrument=-1 if row is None else row.place,
        occurred=moment(happened, "time", 0),
        position=known.trade,
        text=printable(word(happened, "reason")),
    )


def _sized(report: Report, happened: Json, row: Listed | None) -> Report:
    """Return the report with the size and the price the transaction names."""
    if row is None:
        return report
    if "units" in happened:
        units = number(happened, "units")
        report = report._replace(side=-1 if units < 0 else 1, quantity=row.steps(units))
    return report._replace(price=row.ticks(number(happened, "price"))) if "price" in happened else report


def _created(happened: Json, account: Account) -> list[Report]:
    """An order works, or has taken the place of another; a close of a trade is told by its fill alone."""
    reason = word(happened, "reason")
    if inner(happened, "tradeClose") or reason not in ("CLIENT_ORDER", "ON_FILL", "REPLACEMENT", ""):
        return []
    number_ = word(happened, "id")
    known = account.memory.orders.get(number_, Known())
    report = _report(REPLACED if reason == "REPLACEMENT" else ACCEPTED, happened, known, account)
    row = account.listing.named(known.name)
    report = _sized(report, happened, row)._replace(broker_order=number_)
    trade = account.memory.trades.get(known.trade)
    if trade is not None and row is not None and not report.quantity:  # attached: it has the size of its trade
        report = report._replace(side=1 if trade.units < 0 else -1, quantity=row.steps(trade.units))
    return [report]


def _rejected(happened: Json, account: Account) -> Report:
    closing = inner(happened, "tradeClose")
    id_ = ours(word(inner(happened, "clientExtensions"), "id"))
    trade = word(happened, "tradeID") or word(closing, "tradeID")
    name = word(happened, "instrument") or account.memory.trades.get(trade, Trade()).name
    change = word(happened, "intendedReplacesOrderID") or word(happened, "replacesOrderID")
    why = word(happened, "rejectReason")
    if change:  # the order that was to be changed lives on
        id_ = account.memory.orders.get(change, Known()).id or id_
    report = _report(REPLACE_REJECTED if change else REJECTED, happened, Known(id_, name, trade), account)
    return report._replace(reason=reasons.of_ending(why), text=printable(why), broker_order=change)


def _whose(happened: Json, account: Account) -> Known:
    """Return the order that a fill or a cancel is of."""
    known = account.memory.orders.get(word(happened, "orderID"), Known())
    told = ours(word(happened, "clientOrderID"))
    return known._replace(id=known.id or told, name=word(happened, "instrument") or known.name)


def _cancelled(happened: Json, account: Account) -> list[Report]:
    why = word(happened, "reason")
    if why == "CLIENT_REQUEST_REPLACED":
        return []  # the order that took its place tells
    known = _whose(happened, account)
    ended = EXPIRED if why == "TIME_IN_FORCE_EXPIRED" and not known.at_once else CANCELLED
    reason = reasons.of_ending(why)
    if known.at_once and why == "TIME_IN_FORCE_EXPIRED":
        reason = NOT_FILLED_AT_ONCE
    report = _report(ended, happened, known, account)
    return [report._replace(reason=reason, broker_order=word(happened, "orderID"))]


def _cancel_rejected(happened: Json, account: Account) -> list[Report]:
    why = word(happened, "rejectReason")
    report = _report(CANCEL_REJECTED, happened, _whose(happened, account), account)
    reason = reasons.of_ending(why) or NO_SUCH_ORDER
    return [report._replace(reason=reason, text=printable(why), broker_order=word(happened, "orderID"))]


def _filled(happened: Json, account: Account) -> list[Report]:
    """A fill, one report for every trade that it opened, reduced or closed, and the end of what was not filled."""
    known = _whose(happened, account)
    row = account.listing.named(known.name)
    opened, reduced = inner(happened, "tradeOpened"), inner(happened, "tradeReduced")
    parts = [*listed(happened, "tradesClosed"), *filter(None, [reduced, opened])] or [happened]
    price = number(happened, "price", _ZERO)
    first = _report(FILLED, happened, known, account)._replace(
        reason=reasons.of_fill(word(happened, "reason")), broker_order=word(happened, "orderID")
    )
    cash = _cash(happened, parts, account)
    reports = []
    for place, (part, (amount, realised)) in enumerate(zip(parts, cash, strict=True)):
        execution = first.execution if place == 0 else f"{first.execution}.{place}"
        report = first._replace(execution=execution, position=word(part, "tradeID"), amount=amount, realised=realised)
        sized = {"units": part.get("units", happened.get("units")), "price": part.get("price", price)}
        reports.append(_sized(report, sized, row))
    return reports + _remainder(happened, known, first, row)


def _remainder(happened: Json, known: Known, first: Report, row: Listed | None) -> list[Report]:
    """Return the end of the part of an order that was to be filled at once and was not."""
    if row is None or not known.at_once or "requestedUnits" not in happened or "units" not in happened:
        return []
    left = abs(number(happened, "requestedUnits")) - abs(number(happened, "units"))
    if left <= 0:
        return []
    return [
        first._replace(
            kind=CANCELLED, execution=f"{first.execution}.rest", quantity=row.steps(left), reason=NOT_FILLED_AT_ONCE
        )
    ]


def _cash(happened: Json, parts: list[Json], account: Account) -> list[tuple[int, int]]:
    """Return (amount, realised) of every part of a fill: together what the rounded balance changed by."""
    costs = number(happened, "commission", _ZERO)
    fees = [number(part, "guaranteedExecutionFee", _ZERO) for part in parts]
    nights = [number(part, "financing", _ZERO) for part in parts]
    profits = [number(part, "realizedPL", _ZERO) for part in parts]
    if parts == [happened]:
        profits = [number(happened, "pl", _ZERO)]
    amounts = [account.minor(night - fee) for night, fee in zip(nights, fees, strict=True)]
    amounts[0] = account.minor(nights[0] - fees[0] - costs)
    realised = [account.minor(profit) for profit in profits]
    brought = sum(profits, _ZERO) + sum(nights, _ZERO) - sum(fees, _ZERO) - costs
    odd = _booked(happened, brought, account) - sum(amounts) - sum(realised)
    if any(profits):
        realised[0] += odd
    else:
        amounts[0] += odd
    return list(zip(amounts, realised, strict=True))


def _booked(happened: Json, brought: Decimal, account: Account) -> int:
    """Return by how much the balance in minor units changed."""
    if "accountBalance" not in happened:
        return account.minor(brought)
    after = number(happened, "accountBalance")
    return account.minor(after) - account.minor(after - brought)


def _financed(happened: Json, account: Account) -> list[Report]:
    """Return what the nights cost, one report for every trade where OANDA tells them apart."""
    return _shared_out(happened, account, ("financing", "positionFinancings", "openTradeFinancings"), NIGHT)


def _dividend(happened: Json, account: Account) -> list[Report]:
    """Return what a dividend of a cash index brought or cost."""
    names = ("dividendAdjustment", "", "openTradeDividendAdjustments")
    return _shared_out(happened, account, names, DIVIDEND)


def _shared_out(happened: Json, account: Account, names: tuple[str, str, str], reason: int) -> list[Report]:
    field, groups, trades = names
    rows: list[tuple[Known, Decimal]] = []
    for group in listed(happened, groups) if groups else [happened]:
        name = word(group, "instrument")
        each = listed(group, trades)
        rows += [(Known("", name, word(one, "tradeID")), number(one, field, _ZERO)) for one in each]
        if not each:
            rows.append((Known("", name), number(group, field, _ZERO)))
    whole = number(happened, field, sum((amount for _, amount in rows), _ZERO))
    rows = rows or [(Known(), whole)]
    amounts = [account.minor(amount) for _, amount in rows]
    amounts[0] += _booked(happened, whole, account) - sum(amounts)
    number_ = word(happened, "id")
    return [
        _report(FINANCING, happened, known, account)._replace(
            execution=number_ if place == 0 else f"{number_}.{place}", amount=amount, reason=reason
        )
        for place, ((known, _), amount) in enumerate(zip(rows, amounts, strict=True))
    ]


_READERS: Mapping[str, Callable[[Json, Account], list[Report]]] = {
    "ORDER_FILL": _filled,
    "ORDER_CANCEL": _cancelled,
    "ORDER_CANCEL_REJECT": _cancel_rejected,
    "DAILY_FINANCING": _financed,
    "DIVIDEND_ADJUSTMENT": _dividend,
}
