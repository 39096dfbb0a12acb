"""How things stand, on every page: mode, account, equity, day, open risk, health, clocks; and what stopped it."""

from collections.abc import Mapping
from typing import Any

from tradewind.live.folder import account_names
from tradewind.results.report.markup import Html, joined, tag
from tradewind.ui.acting import is_live, rearm
from tradewind.ui.live import Act
from tradewind.ui.numbers import change, money, new_york, share
from tradewind.ui.pieces import badge, choice, entry, field, synthetic
from tradewind.ui.standing import all_of, health, now_of, open_risk, plain_name
from tradewind.ui.visit import Visit


def names(visit: Visit) -> list[str]:
    """Return the accounts there are."""
    return account_names(visit.data)


def line(visit: Visit) -> Html:
    """Return the facts of the strip."""
    told = now_of(visit)
    if told is None:
        return tag("div", _mode(""), _clocks(), class_="facts-line")
    unit = told["currency"]
    word, kind = health(told)
    listed = [one["account"] for one in all_of(visit)]
    chosen = choice("account", listed, visit.account, data_account=True, aria_label="Account", class_="tight")
    risk = open_risk(told)
    day = told["day"]
    return tag(
        "div",
        _mode(str(told["mode"] or ""), chosen, synthetic() if told.get("synthetic") else None, state=told["state"]),
        _fact("Equity", money(told["equity"], unit, 0), "phone-off"),
        _fact("Day", change(day["result"], unit, 0), "phone-last"),
        _fact("Open risk", "not told" if told["equity"] is None else _risk(risk), "second phone-off"),
        _fact("Health", badge(word, kind)),
        _clocks(),
        class_="facts-line",
    )


def _risk(risk: Mapping[str, Any] | None) -> str:
    if risk is None or risk["used"] is None:
        return "no limit" if risk is None else "not known"
    return f"{money(risk['used'], '', 0)} of {money(risk['limit'], '', 0)} ({share(risk['share'], 0)})"


def _mode(mode: str, *more: object, state: str = "") -> Html:
    other = "No account" if not more else "Starting" if state == "starting" else "Not started"
    words = {"paper": "● Paper", "live": "▲ LIVE"}.get(mode, other)
    return tag("div", tag("span", words, class_=f"mode {mode or 'none'}"), " ", *more, class_="fact first")


def _fact(name: str, value: object, kind: str = "") -> Html:
    return tag(
        "div", tag("span", name, class_="name"), tag("span", value, class_="value"), class_=f"fact {kind}".strip()
    )


def _clocks() -> Html:
    return joined([
        _fact("New York", tag("span", data_clock="America/New_York"), "phone-off"),
        _fact("Here", tag("span", data_clock=""), "third phone-off"),
    ])  # fmt: skip


def banner(visit: Visit) -> Html:
    """Return what has stopped the account, if something has, and the way back."""
    told = now_of(visit)
    if told is None:
        return Html("")
    parts = []
    if told["halts"]:
        parts.append(_stopped(visit, told))
        parts += [_rearm(visit, told)] if told["kill"]["level"] else []
    if told["state"] == "stale":
        text = (
            f"▲ {visit.account} gives no sign of life; what is shown may not be so any more. Kill works nevertheless."
        )
        parts.append(tag("div", text, class_="banner warn", role="alert"))
    return joined(parts)


def _stopped(visit: Visit, told: Mapping[str, Any]) -> Html:
    """Return what has stopped it: which rule, how much, since when, what to do; and the way back where there is one."""
    level = told["kill"]["level"]
    head = (
        f"■ {visit.account} is stopped, level {level}: {told['kill']['means']}."
        if level
        else f"▲ {visit.account} opens nothing."
    )
    listed = [tag("li", _halt(one, told["currency"])) for one in told["halts"]]
    words = tag("div", tag("b", head), tag("ul", *listed, class_="why"), class_="grow")
    back = None
    if level:
        why_not = visit.why_not("trade" if told["mode"] == "live" else "paper")
        back = tag("button", "Re-arm…", type="button", data_open="rearm", disabled=bool(why_not), title=why_not or None)
    return tag("div", words, back, class_="banner" if level else "banner warn", role="alert")


def _halt(one: Mapping[str, Any], unit: str) -> Html:
    """Return one reason in a sentence or two."""
    if one["does"] == "kill":
        return tag("span", one["todo"])
    lost = (
        f"{money(one['lost'], unit)} lost, {money(one['limit'], unit)} are allowed"
        if one["lost"] is not None
        else f"equity fell to {money(one['equity'], unit)}"
    )
    ends = f" Until {new_york(one['at'], '%a %d %b %H:%M')} New York." if one["at"] else ""
    since = f", since {new_york(one['since'], '%a %d %b %H:%M')} New York" if one["since"] else ""
    name = f"{plain_name(one['rule'])} ({one['value']}): "
    return joined([tag("b", name), f"{lost}{since}.{ends} ", tag("span", one["todo"])])


def _rearm(visit: Visit, told: Mapping[str, Any]) -> Html:
    again = any(one["again"] for one in told["halts"])
    form = tag(
        "form",
        tag("ul", *(tag("li", _halt(one, told["currency"])) for one in told["halts"]), class_="why whole"),
        tag("p", badge("its first trade would be stopped again", "bad"), class_="whole") if again else None,
        tag("p", "Orders may be sent again at once. Your name and the reason stand in the journal.", class_="whole"),
        field("Why is it safe again?", entry("reason", required=True, minlength=3), whole=True),
        field("Your password", entry("password", type="password", required=True), whole=True)
        if is_live(visit)
        else None,
        tag(
            "div",
            tag("button", "Leave it stopped", type="button", data_close=True),
            tag("button", f"Re-arm {visit.account}", class_="main"),
            class_="end whole",
        ),
        class_="fields",
        data_do="rearm",
        method="dialog",
    )
    return tag("dialog", tag("h2", f"Re-arm {visit.account}"), form, id="rearm", aria_label="Re-arm")


def acts(visit: Visit) -> dict[str, Act]:
    """Return what can be done about it."""
    return {"rearm": lambda given: rearm(visit, given)}
