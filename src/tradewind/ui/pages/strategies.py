"""Strategies: what runs where with which parameters, why it did or did not trade bar by bar, and what could run."""

from collections.abc import Mapping, Sequence
from typing import Any

from nicegui import ui

from tradewind.results.report.markup import Html, tag
from tradewind.ui import acting
from tradewind.ui.live import region
from tradewind.ui.numbers import figure as number
from tradewind.ui.numbers import new_york, on_chart, plain
from tradewind.ui.pieces import (
    Column,
    badge,
    button,
    card,
    choice,
    empty,
    entry,
    grid,
    pairs,
    rows,
    words,
)  # fmt: skip
from tradewind.ui.shared import shared
from tradewind.ui.shell import page
from tradewind.ui.standing import STATES, no_account, now_of, plain_name
from tradewind.ui.visit import Visit
from tradewind.views import gates
from tradewind.views.orders import About
from tradewind.views.pages import Cut
from tradewind.views.strategies import running, strategies

BARS = 40


@page("/strategies", "Strategies")
async def show(visit: Visit) -> None:
    """The page."""
    begin = tag("a", "Start trading", href="/strategies/start", class_="button main")
    await region(lambda: tag("div", tag("h1", "Strategies"), tag("span", begin, class_="right"), class_="title"))
    about = About(visit.asked("strategy") or None, visit.asked("symbol") or None)
    acts = {"switch": lambda given: acting.switch(visit, given)}
    await region(lambda: _running(visit), 1.5, acts)
    if visit.account:
        with ui.element("div").classes("grid"):
            with ui.element("div").classes("stack w8"):
                await region(lambda: _bars(visit, about), 1.5)
            with ui.element("div").classes("stack w4"):
                await region(lambda: _summary(visit), 2.0)
    await region(lambda: _known(visit), 30.0)


def _running(visit: Visit) -> Html:
    if not visit.account:
        return grid(card("Running", no_account()))
    key = ("running", str(visit.data))
    found = [one for one in shared(key, 0.8, lambda: list(running(visit.settings))) if one["account"] == visit.account]
    if not found:
        return grid(
            card("Running", empty("Nothing runs on this account", "", "tradewind paper opening_range --on XAUUSD"))
        )
    why = visit.why_not(acting.scope_of(visit))
    columns = [
        words("Strategy"),
        words("State"),
        words("Instruments"),
        words("Bar"),
        Column("Orders"),
        Column("Refused"),
        Column("Trades"),
        words("Parameters changed"),
        words(""),
    ]
    listed = [
        [
            tag("a", one["strategy"], href=f"/strategies?strategy={one['strategy']}"),
            _state(one),
            ", ".join(one["symbols"]),
            one["bar"],
            plain(one["orders"], 0),
            plain(one["refusals"], 0),
            plain(one["trades"], 0),
            ", ".join(f"{name}={value}" for name, value in one["parameters"].items())
            or tag("span", "none", class_="soft"),
            _switch(visit, one, why),
        ]
        for one in found
    ]
    return grid(
        card("Running", rows(columns, listed, "Strategies of the account", head=(0, 1)), note=f"on {visit.account}")
    )


def _state(one: Mapping[str, Any]) -> Html:
    if one["state"] != "running":
        return badge(one["state"], STATES[one["state"]])
    return badge("disabled: opens nothing", "warn") if one["enabled"] is False else badge("running", "good")


def _switch(visit: Visit, one: Mapping[str, Any], why: str) -> Html:
    why = why or ("" if one["state"] == "running" else "The account does not run.")
    if one["enabled"] is not False:
        return button("Disable", "switch", kind="tiny", why_not=why, strategy=one["strategy"], verb="disable")
    secret = entry("password", type="password", placeholder="password", aria_label="Password", class_="slim")
    return tag(
        "form",
        entry("reason", placeholder="why again?", aria_label="Reason", required=True, minlength=3, class_="slim"),
        secret if acting.is_live(visit) else None,
        tag("button", "Enable", class_="tiny", disabled=bool(why), title=why or None),
        class_="row",
        data_do="switch",
        data_strategy=one["strategy"],
        data_verb="enable",
    )


def _bars(visit: Visit, about: About) -> Html:
    told = now_of(visit)
    names = [one["strategy"] for one in told["strategies"]] if told else []
    listed_names = {"/strategies": "All strategies"} | {f"/strategies?strategy={name}": name for name in names}
    links = choice("whose", listed_names, f"/strategies?strategy={about.strategy}", data_go=True, aria_label="Strategy")
    key = ("bars", str(visit.data), visit.account, about)
    found = shared(key, 1.0, lambda: gates.bars(visit.settings, visit.account, Cut(BARS), about)).items
    if not found:
        return card(
            "Why, bar by bar",
            empty("No gate was asked yet", "A strategy asks its gates at each bar it looks at."),
            right=links,
        )
    columns = [
        words("Bar"),
        words("Strategy"),
        words("Instrument"),
        Column("Passed"),
        words("Stopped by"),
        Column("Was"),
        Column("Needed"),
        words(""),
    ]
    listed = [_bar(one) for one in found]
    return card("Why, bar by bar", rows(columns, listed, "Bars at which gates were asked", head=(2, 3)), right=links,
                note="newest first; times are New York's")  # fmt: skip


def _bar(one: Mapping[str, Any]) -> list[object]:
    failed = next((each for each in one["gates"] if not each["passed"]), None)
    when = tag("span", new_york(one["ts"], "%a %d %b %H:%M"), class_="nowrap")
    passed = (
        badge("all passed: signal", "good") if failed is None else f"{one['asked'] - one['failed']} of {one['asked']}"
    )
    needed = "" if failed is None else _needed(failed)
    chart = on_chart(one["symbol"], one["ts"])
    stopped = "" if failed is None else tag("span", plain_name(one["blocked_by"]), title=_all(one["gates"]))
    return [
        when,
        one["strategy"],
        one["symbol"],
        passed,
        stopped,
        "" if failed is None else number(failed["value"]),
        needed,
        chart,
    ]


def _needed(one: Mapping[str, Any]) -> str:
    if one["missing"] is None:
        return "a number"
    return f"≥ {number(one['low'])}" if one["missing"] > 0 else f"≤ {number(one['high'])}"


def _all(found: Sequence[Mapping[str, Any]]) -> str:
    return "\n".join(f"{'✓' if one['passed'] else '✕'} {one['gate']}: {number(one['value'])}" for one in found)


def _summary(visit: Visit) -> Html:
    key = ("miss", str(visit.data), visit.account)
    told = shared(key, 1.5, lambda: gates.nearest_miss(visit.settings, visit.account))
    counted = shared(
        ("gates", str(visit.data), visit.account), 1.5, lambda: gates.summary(visit.settings, visit.account)
    )
    if not counted:
        return card("What stops it most", empty("No gate was asked yet"))
    worst = [one for one in sorted(counted, key=lambda one: -one["failed"]) if one["failed"]][:12]
    bars = [
        tag(
            "div",
            tag(
                "div",
                tag("span", f"{plain_name(one['gate'])} ", tag("span", one["strategy"], class_="soft small")),
                tag("span", f"{one['failed']:,} of {one['asked']:,}"),
                class_="line",
            ),
            tag(
                "div",
                tag("div", class_="fill", style=f"width:{one['failed'] / one['asked'] * 100:.0f}%"),
                class_="track",
            ),
            class_="bar",
        )
        for one in worst
    ]
    line = tag("p", f"{told['bars']:,} bars on the last day, {told['signals']:,} passed every gate.", class_="soft")
    return card("What stops it most", line, tag("div", *bars, class_="bars"), note="gates that failed, of those asked")


def _known(visit: Visit) -> Html:
    found = shared(("strategies", str(visit.data)), 5.0, lambda: strategies(visit.settings))
    return grid(*(_strategy(one) for one in found))


def _strategy(one: Mapping[str, Any]) -> Html:
    if one["broken"]:
        return card(one["name"], badge("broken", "bad"), " ", one["broken"], wide="w4")
    parameters = pairs(
        (tag("span", each["name"], title=each["meaning"]), _default(each["default"])) for each in one["parameters"]
    )
    told = tag(
        "details",
        tag("summary", f"{len(one['parameters'])} parameters, {len(one['gates'])} gates, thesis"),
        parameters,
        tag("p", ", ".join(one["gates"]), class_="soft small"),
        tag("p", one["thesis"], class_="small pre"),
    )
    test = tag("a", "Backtest", href=f"/research?strategy={one['name']}#new", class_="button tiny")
    note = "shipped" if one["source"] == "shipped" else "your own"
    return card(one["name"], tag("p", one["headline"], class_="soft"), told, note=note, right=test, wide="w4")


def _default(value: object) -> str:
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
