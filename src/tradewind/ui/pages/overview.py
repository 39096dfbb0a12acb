"""The first screen: am I in the market, what am I risking, why did it trade or not, is everything healthy."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from nicegui import ui

from tradewind.errors import TradewindError
from tradewind.live.folder import account_names
from tradewind.results.report.markup import Html, joined, tag
from tradewind.ui.curves import curve
from tradewind.ui.live import go, region
from tradewind.ui.numbers import change, counted, money, new_york, price, seconds, share, until
from tradewind.ui.numbers import figure as number
from tradewind.ui.pieces import Column, badge, card, empty, figure, grid, rows, synthetic, words
from tradewind.ui.shared import shared
from tradewind.ui.shell import LIVE_S, page
from tradewind.ui.standing import (
    HOW,
    SIDES,
    STATES,
    all_of,
    drawn_once,
    health,
    limit_bar,
    no_account,
    no_limits,
    now_of,
    plain_name,
    reasons,
)  # fmt: skip
from tradewind.ui.visit import Visit
from tradewind.views.alerts import alerts
from tradewind.views.gates import nearest_miss
from tradewind.views.orders import equity
from tradewind.views.pages import Cut

FIRST = (
    "open_risk",
    "daily soft loss",
    "daily hard loss",
    "drawdown from the top",
    "margin_use",
    "trades_per_day_total",
)
"""The limits a trader looks at first; the others are on the page about risk."""
AWAITED_S = 2.0
"""So often somebody who looks at no account is shown the first one there is."""
KINDS = {"critical": "bad", "warning": "warn", "info": "info"}


@page("/", "Overview")
async def show(visit: Visit) -> None:
    """The page."""
    await region(lambda: _title(visit))
    await region(lambda: drawn_once(visit, "first", _first), LIVE_S, heart=visit.heart)
    if visit.account:
        with ui.element("div").classes("grid"):
            with ui.element("div").classes("stack w8"):
                await region(lambda: drawn_once(visit, "left", _left), LIVE_S, heart=visit.heart)
                await region(lambda: drawn_once(visit, "slowly", _slowly), 3.0)
            with ui.element("div").classes("stack w4"):
                await region(lambda: drawn_once(visit, "right", _right), LIVE_S, heart=visit.heart)
                await region(lambda: card("What happened", _alerts(visit)), 2.0)
    else:
        ui.timer(AWAITED_S, lambda: go("/") if account_names(visit.data) else None)


def _title(visit: Visit) -> Html:
    lead = f"account {visit.account}" if visit.account else "no account yet"
    return tag("div", tag("h1", "Overview"), tag("span", lead, class_="lead"), class_="title")


def _first(visit: Visit) -> Html:
    told = now_of(visit)
    if told is None:
        steps = tag("ol", tag("li", tag("a", "Bring prices in", href="/data#import"), " or make them up: ",
                              tag("code", "tradewind demo")),
                    tag("li", tag("a", "Backtest a strategy", href="/research#new"), " on them."),
                    tag("li", "Trade it on paper: ", tag("code", HOW)))  # fmt: skip
        return grid(card("Nothing trades yet", no_account(), wide="w6"), card("In three steps", steps, wide="w6"))
    unit = told["currency"]
    word, kind = health(told)
    return grid(
        card("In the market?", _held(told), wide="w4"),
        card(
            "Day",
            figure("so far, with what is open", change(told["day"]["result"], unit), _day(told), big=True),
            wide="w4",
        ),
        card(
            "May it trade?",
            tag("div", badge(word, kind), class_="big-word"),
            reasons(told["reasons"])
            if told["reasons"]
            else tag("p", "Every check is fresh and in order.", class_="soft"),
            right=tag("a", "System", href="/system"),
            wide="w4",
        ),
    )


def _held(told: Mapping[str, Any]) -> Html:
    found = told["positions"]
    if not found:
        waiting = len(told["orders"])
        under = f"{counted(waiting, 'order')} waiting to open" if waiting else "no order waits either"
        return figure("open positions", "○ Flat", under, big=True)
    total = sum(one["unrealised"] or 0.0 for one in found)
    words_ = ", ".join(f"{SIDES[one['side']]} {abs(one['lots']):g} {one['symbol']}" for one in found[:3])
    return figure("open positions", words_, joined(["unrealised ", change(total, told["currency"])]), big=True)


def _day(told: Mapping[str, Any]) -> str:
    day = told["day"]
    if day["began_with"] is None:
        return "The day is not told yet."
    closes = new_york(day["closes"], "%H:%M")
    trades = counted(day["trades"], "trade")
    return f"{share(day['share'], 2)} of {money(day['began_with'], '', 0)}; {trades}; until {closes} New York"


def _known(visit: Visit) -> dict[str, Any]:
    told = now_of(visit)
    if told is None:
        raise TradewindError("The account is gone.", "Choose another one above.")
    return told


def _left(visit: Visit) -> Html:
    told = _known(visit)
    return tag(
        "div",
        card("Positions", _positions(told), note="each with its stop at the broker"),
        card("Why no trade?", _why(visit), right=tag("a", "Every bar", href="/strategies")),
        class_="stack",
    )


def _right(visit: Visit) -> Html:
    told = _known(visit)
    return tag(
        "div",
        card("Risk against limits", _limits(told), right=tag("a", "All limits", href="/risk")),
        card("Session clock", tag("p", _time(told), class_="soft small"), _clock(told)),
        class_="stack",
    )


def _positions(told: Mapping[str, Any]) -> Html:
    unit = told["currency"]
    columns = [words("Instrument"), words("Side"), Column("Lots"), Column("Entry"), Column("Now"), Column("Stop"),
               Column("Unrealised", unit), Column("Risk", unit), words("Strategy")]  # fmt: skip
    found = [
        [one["symbol"], SIDES[one["side"]], f"{abs(one['lots']):g}", price(one["price"]), price(one["price_now"]),
         ", ".join(price(stop) for stop in one["stops"]) or badge("no stop", "bad"), change(one["unrealised"]),
         money(one["risk"]) + (f" ({one['r']:+.2f} R)" if one["r"] is not None else ""), one["strategy"]]
        for one in told["positions"]
    ]  # fmt: skip
    waiting = [
        [
            one["symbol"],
            SIDES[one["side"]],
            f"{one['lots']:g}" if one.get("lots") else "",
            price(one["trigger"] or one["price"]),
            "",
            price(one["stop_loss"]),
            badge(one["status"], "info"),
            "",
            one["strategy"],
        ]
        for one in told["orders"]
    ]
    if not found and not waiting:
        return empty("Flat: no position, no order", "What is opened next stands here with its stop and its risk.")
    return rows(columns, found + waiting, "Positions and waiting orders", head=(0, 1))


def _time(told: Mapping[str, Any]) -> Html:
    if told["speed"] is None:
        return Html("")
    at_once = "as fast as it goes" if not told["speed"] else f"{told['speed']:g} times the clock"
    return joined(["a tape at ", new_york(told["now"], "%a %d %b %Y %H:%M"), f" New York, {at_once}"])


def _clock(told: Mapping[str, Any]) -> Html:
    if not told["clock"]:
        return empty("No instrument yet", "The clock of each instrument that is traded stands here.")
    parts = [_instrument(one, tape=told["speed"] is not None) for one in told["clock"]]
    return tag("div", *parts, class_="clock-rows")


def _instrument(one: Mapping[str, Any], *, tape: bool) -> Html:
    if one["trouble"]:
        return tag("div", tag("b", one["symbol"]), " ", tag("span", one["trouble"], class_="down"))
    state = badge("open", "good") if one["open"] else badge("closed", "")
    running = ", ".join(_session(each["session"]) for each in one["sessions"][:3]) or "no session"
    following = [_next(each, one["now"], tape=tape) for each in _told_once(one["next"])[:3]]
    return tag("div", tag("div", tag("b", one["symbol"]), " ", state, " ", tag("span", running, class_="soft")),
               tag("ul", *following, class_="list small"))  # fmt: skip


def _told_once(events: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the events of which no earlier one has the same moment and the same kind, so that three lines say most."""
    found: dict[tuple[int, str], Mapping[str, Any]] = {}
    for one in events:
        found.setdefault((one["at"], one["what"]), one)
    return list(found.values())


def _next(event: Mapping[str, Any], now: int, *, tape: bool) -> Html:
    left = Html(seconds((event["at"] - now) / 1e9)) if tape else until(event["at"])
    what = f"{_session(event['name'])} {event['what']}" if event["what"] != "release" else f"News: {event['name']}"
    return tag("li", tag("span", what, class_="grow"), tag("span", new_york(event["at"], "%H:%M"), class_="soft"),
               tag("span", "in ", left, class_="nowrap"))  # fmt: skip


def _session(name: str) -> str:
    shown = {
        "NY_AM": "New York morning",
        "NY_PM": "New York afternoon",
        "NEWYORK": "New York",
        "NY_CASH": "New York cash",
        "ASIA_BLOCK": "Asia",
        "LONDON_BLOCK": "London block",
        "market": "Market",
        "LONDON_CASH": "London cash",
        "TOKYO_CASH": "Tokyo cash",
        "XETRA": "Xetra",
    }
    return shown.get(name, name.replace("_", " ").capitalize())


def _limits(told: Mapping[str, Any]) -> Html:
    if not told["limits"]:
        return no_limits(told)
    found = {str(one["name"]): one for one in told["limits"]}
    first = [found[name] for name in FIRST if name in found]
    rest = sorted((one for one in told["limits"] if one["name"] not in FIRST and (one["share"] or 0) >= 0.5),
                  key=lambda one: -one["share"])  # fmt: skip
    return tag("div", *(limit_bar(one) for one in [*first, *rest][:8]), class_="bars")


def _why(visit: Visit) -> Html:
    key = ("miss", str(visit.data), visit.account)
    told = shared(key, 1.5, lambda: nearest_miss(visit.settings, visit.account))
    if not told["bars"]:
        return empty(
            "No gate was asked yet", "Each bar a strategy looks at, it asks its gates; what they say stands here."
        )
    line = tag(
        "p", f"{told['bars']:,} bars asked on the last day, ", tag("b", f"{told['signals']:,}"), " passed every gate."
    )
    bar = told["bar"]
    if bar is None:
        return line
    failed = [one for one in bar["gates"] if not one["passed"]]
    columns = [words("Gate"), Column("Was"), Column("Needed"), Column("Missing")]
    listed = [
        [plain_name(one["gate"]), number(one["value"]), _needed(one), number(one["missing"])] for one in failed[:5]
    ]
    head = tag(
        "p",
        "Nearest miss: ",
        tag("b", f"{bar['strategy']} {bar['symbol']}"),
        " at ",
        new_york(bar["ts"], "%a %d %b %H:%M"),
        f" New York, {bar['failed']} of {bar['asked']} gates failed.",
    )
    return joined([line, head, rows(columns, listed, "Gates that failed at the nearest miss", head=(0, 1))])


def _needed(one: Mapping[str, Any]) -> str:
    if one["missing"] is None:
        return "a number"
    return f"≥ {number(one['low'])}" if one["missing"] > 0 else f"≤ {number(one['high'])}"


def _slowly(visit: Visit) -> Html:
    told = _known(visit)
    curve_ = card("Equity", _equity(visit, told), note="hourly, and at the end of each trading date")
    return tag("div", curve_, _accounts(visit), class_="stack")


def _equity(visit: Visit, told: Mapping[str, Any]) -> Html:
    key = ("equity", str(visit.data), visit.account)
    found = list(shared(key, 3.0, lambda: equity(visit.settings, visit.account, Cut(500))).items)[::-1]
    if len(found) < 2:
        return empty("No curve yet", "It begins with the second hour of trading.")
    ts = np.array([str(one["ts"]).removesuffix("Z") for one in found], "datetime64[ms]").astype(np.int64) / 1000
    values = np.array([one["equity"] for one in found], np.float64)
    return curve(f"Equity, {told['currency']}", ts, values, start=float(values[0]), high=150)


def _alerts(visit: Visit) -> Html:
    key = ("alerts", str(visit.data), visit.account)
    found = shared(key, 2.0, lambda: alerts(visit.settings, visit.account, 8))
    if not found:
        return empty("Nothing yet", "Starts, stops, halts and people's orders stand here.")
    listed = [
        tag("li", tag("span", badge(one["level"], KINDS[one["level"]]), class_="nowrap"),
            tag("span", one["text"], class_="grow"), tag("span", new_york(one["ts"], "%d %b %H:%M"), class_="when"))
        for one in found
    ]  # fmt: skip
    return tag("ul", *listed, class_="list")


def _accounts(visit: Visit) -> Html | None:
    found = all_of(visit)
    if len(found) < 2:
        return None
    columns = [
        words("Account"),
        words("Mode"),
        words("State"),
        Column("Equity"),
        Column("Day"),
        Column("Positions"),
        Column("Heard"),
    ]
    listed = [
        [
            tag("a", one["account"], href=f"/?account={one['account']}"),
            joined([one["mode"] or "", " ", synthetic() if one["synthetic"] else None]),
            badge(one["state"], STATES[one["state"]]),
            money(one["equity"], one["currency"]),
            change(one["day"]["result"]),
            one["positions"],
            seconds(one["age_s"]),
        ]
        for one in found
    ]
    return card("All accounts", rows(columns, listed, "All accounts", head=(0, 2)))
