"""Orders and trades: what was sent, what became of it, what it earned; each leads to its journey and to the chart."""

from collections.abc import Mapping, Sequence
from typing import Any

from tradewind.results.report.markup import Html, joined, tag
from tradewind.ui.live import region
from tradewind.ui.numbers import NONE, change, money, new_york, ns_of, on_chart, plain, price
from tradewind.ui.pieces import Column, badge, card, choices, empty, grid, rows, words
from tradewind.ui.shared import shared
from tradewind.ui.shell import page
from tradewind.ui.standing import SIDES, no_account
from tradewind.ui.visit import Visit
from tradewind.views import orders as views
from tradewind.views.pages import Cut

TABS = {"trades": "Trades", "orders": "Orders", "refused": "Refused", "fills": "Fills", "gate": "What the gate did"}
A_PAGE = 60
STATUS = {"filled": "good", "refused": "bad", "rejected": "bad", "unknown": "bad", "working": "info", "sent": "info",
          "cancelled": "", "expired": ""}  # fmt: skip


@page("/orders", "Orders & trades")
async def orders(visit: Visit) -> None:
    """The page."""
    tab = visit.asked("tab", "trades")
    tab = tab if tab in TABS else "trades"
    before = int(visit.asked("before")) if visit.asked("before").isdecimal() else None
    await region(lambda: _title(tab))
    if visit.asked("order").isdecimal():
        await region(lambda: _journey(visit, int(visit.asked("order"))), 2.0)
    await region(lambda: _body(visit, tab, before), None if before else 1.0)


def _title(tab: str) -> Html:
    links = choices([(text, f"/orders?tab={name}", name == tab) for name, text in TABS.items()], "What is listed")
    return tag("div", tag("h1", "Orders & trades"), tag("span", links, class_="right"), class_="title")


def _body(visit: Visit, tab: str, before: int | None) -> Html:
    if not visit.account:
        return grid(card(TABS[tab], no_account()))
    ask = {
        "trades": views.trades, "fills": views.fills, "gate": views.actions,
        "orders": lambda *given: views.orders(*given, kind="sent"),
        "refused": lambda *given: views.orders(*given, kind="refused"),
    }[tab]  # fmt: skip
    key = ("orders", str(visit.data), visit.account, tab, before)
    found = shared(key, 0.8, lambda: ask(visit.settings, visit.account, Cut(A_PAGE, before)))
    if not found.items:
        return grid(card(TABS[tab], _nothing(tab)))
    draw = {"trades": _trades, "orders": _orders, "refused": _refused, "fills": _fills, "gate": _gate}[tab]
    older = (
        tag("a", "Older", href=f"/orders?tab={tab}&before={found.next}", class_="button tiny")
        if found.next is not None
        else None
    )
    newest = tag("a", "Newest", href=f"/orders?tab={tab}", class_="button tiny") if before is not None else None
    note = "newest first; times are New York's"
    return grid(card(TABS[tab], draw(found.items), note=note, right=joined([newest, " ", older])))


def _nothing(tab: str) -> Html:
    if tab == "refused":
        return empty(
            "Nothing was refused", "An order the gate refuses stands here with the reason, so that silence has one."
        )
    if tab == "gate":
        return empty("The gate did nothing yet", "Halts, latches, orders made smaller, changes of limits stand here.")
    return empty(
        f"No {tab} yet",
        "As soon as a strategy's gates all pass, its order stands here. Why did it not trade so far?",
        "",
        tag("a", "Why no trade?", href="/strategies", class_="button main"),
    )


def _moment(text: object) -> Html:
    """Return a moment of a table as New York's."""
    if not text:
        return Html(NONE)
    return tag("span", new_york(ns_of(text), "%a %d %b %Y %H:%M:%S"), class_="nowrap", title=f"{text} UTC")


def _trades(found: Sequence[Mapping[str, Any]]) -> Html:
    columns = [
        words("Closed"),
        words("Instrument"),
        words("Side"),
        Column("Lots"),
        Column("Entry"),
        Column("Exit"),
        Column("R"),
        Column("Net"),
        Column("Costs"),
        words("Why closed"),
        words("Strategy"),
        words(""),
    ]
    listed = [
        [
            _moment(one["closed"]),
            one["symbol"],
            SIDES.get(one["side"], one["side"]),
            f"{one['lots']:g}",
            price(one["entry_price"]),
            price(one["exit_price"]),
            plain(one["r"]),
            change(one["net"]),
            money(one["spread"] + one["slippage"] + one["commission"] + one["financing"]),
            one["reason"],
            one["strategy"],
            on_chart(one["symbol"], one["closed"]),
        ]
        for one in found
    ]
    return rows(columns, listed, "Trades, newest first", head=(1, 7))


def _orders(found: Sequence[Mapping[str, Any]]) -> Html:
    columns = [
        words("Given"),
        words("Order"),
        words("Instrument"),
        words("Side"),
        words("Type"),
        Column("Lots"),
        Column("At"),
        Column("Stop"),
        Column("Target"),
        words("Became"),
        Column("Filled at"),
        words("Strategy"),
    ]
    listed = [
        [
            _moment(one["given"]),
            tag("a", f"#{one['order']}", href=f"/orders?tab=orders&order={one['order']}"),
            one["symbol"],
            SIDES.get(one["side"], one["side"]),
            one["type"],
            f"{one['lots']:g}",
            price(one["trigger"] or one["price"]),
            price(one["stop_loss"]),
            price(one["take_profit"]),
            badge(one["status"], STATUS.get(one["status"], "")),
            price(one["average_price"]),
            one["strategy"],
        ]
        for one in found
    ]
    return rows(columns, listed, "Orders, newest first", head=(2, 9))


def _refused(found: Sequence[Mapping[str, Any]]) -> Html:
    columns = [words("Given"), words("Instrument"), words("Side"), Column("Lots"), words("Why"), words("Strategy")]
    listed = [
        [
            _moment(one["given"]),
            one["symbol"],
            SIDES.get(one["side"], one["side"]),
            f"{one['lots']:g}",
            joined([badge(one["reason"], "bad"), " ", one["sentence"]]),
            one["strategy"],
        ]
        for one in found
    ]
    return rows(columns, listed, "Refused orders, newest first", head=(1, 2))


def _fills(found: Sequence[Mapping[str, Any]]) -> Html:
    columns = [
        words("Filled"),
        words("Order"),
        words("Role"),
        words("Instrument"),
        words("Side"),
        Column("Lots"),
        Column("Price"),
        Column("Spread"),
        Column("Slippage"),
        Column("Commission"),
        words("Strategy"),
    ]
    listed = [
        [
            _moment(one["filled"]),
            tag("a", f"#{one['order']}", href=f"/orders?tab=orders&order={one['order']}"),
            one["role"],
            one["symbol"],
            SIDES.get(one["side"], one["side"]),
            f"{one['lots']:g}",
            price(one["price"]),
            money(one["spread"]),
            money(one["slippage"]),
            money(one["commission"]),
            one["strategy"],
        ]
        for one in found
    ]
    return rows(columns, listed, "Fills, newest first", head=(3, 6))


def _gate(found: Sequence[Mapping[str, Any]]) -> Html:
    names = [name for name in found[0] if name != "sequence"]
    columns = [words("When" if name == "ts" else name.replace("_", " ").capitalize()) for name in names]
    listed = [
        [_moment(one[name]) if name == "ts" else "" if one[name] is None else one[name] for name in names]
        for one in found
    ]
    return rows(columns, listed, "What the gate did, newest first")


def _journey(visit: Visit, number: int) -> Html:
    one = views.journey(visit.settings, visit.account, number) if visit.account else None
    if one is None:
        return grid(card(f"Order #{number}", empty("There is no such order", "It may belong to another account.")))
    steps = [
        tag(
            "li",
            tag(
                "span",
                _moment(each["ts"]) if isinstance(each["ts"], str) else new_york(each["ts"], "%a %d %b %Y %H:%M:%S"),
                class_="when",
            ),
            tag("b", each["kind"].replace("_", " ")),
            tag("span", each["sentence"] or each["reason"], class_="grow soft"),
        )
        for each in one["reports"]
    ]
    what = f"{SIDES.get(one['side'], one['side'])} {one['lots']:g} {one['symbol']}, {one['type']}, by {one['strategy']}"
    close = tag("a", "Close", href="/orders?tab=orders", class_="button tiny")
    return grid(
        card(
            f"Journey of order #{number}",
            tag("p", what),
            tag("ol", *steps, class_="list"),
            right=close,
            note=one["status"],
        )
    )
