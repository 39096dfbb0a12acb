"""The account somebody looks at, as the pages need it: one look serves every region and every person for a moment."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tradewind.results.report.markup import Html, joined, tag
from tradewind.ui.numbers import money, seconds
from tradewind.ui.pieces import badge, bar, empty
from tradewind.ui.pulse import signature
from tradewind.ui.shared import shared
from tradewind.ui.visit import Visit
from tradewind.views.accounts import accounts, overview

LOOK_S = 0.5
"""So old may be what is shown, unless the trader's heart has beaten since."""
HOW = "tradewind paper opening_range --on XAUUSD"
SIDES = {"long": "▲ long", "short": "▼ short", "buy": "▲ buy", "sell": "▼ sell"}
STATES = {"running": "good", "stale": "bad", "stopped": "", "never ran": "", "starting": "info"}


def now_of(visit: Visit) -> dict[str, Any] | None:
    """Return everything the first screen shows of the account, None where there is none."""
    if not visit.account:
        return None
    key = ("overview", str(visit.data), visit.account)
    return shared(key, LOOK_S, lambda: overview(visit.settings, visit.account), _beat(visit))


def drawn_once(visit: Visit, name: str, draw: Callable[[Visit], Html]) -> Html:
    """Return a region that is the same for everybody who looks at the account with the same rights."""
    key = ("drawn", name, str(visit.data), visit.account, visit.who.scopes)
    return shared(key, LOOK_S, lambda: draw(visit), _beat(visit))


def _beat(visit: Visit) -> tuple[int, int]:
    return signature(visit.heart) if visit.heart else (0, 0)


def all_of(visit: Visit) -> list[dict[str, Any]]:
    """Return every account in a few words."""
    return shared(("accounts", str(visit.data)), LOOK_S, lambda: accounts(visit.data))


def no_account() -> Html:
    """Return what stands on a page about an account where there is none."""
    return empty(
        "No account yet",
        "Start paper trading; it needs no broker and no money. Prices come from what is stored, or are made up.",
        HOW,
        tag("a", "Start on paper", href="/strategies/start", class_="button main"),
    )


def synthetic_of(told: Mapping[str, Any]) -> bool:
    """Whether the account's prices are made up."""
    return bool(told.get("synthetic"))


def open_risk(told: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the limit on what all open trades may lose together, with what is used of it."""
    return next((one for one in told["limits"] if one["name"] == "open_risk"), None)


def no_limits(told: Mapping[str, Any]) -> Html:
    """Return what stands where limits would: an account that has told nothing yet is not one without limits."""
    if told.get("equity") is None:
        return empty("Not told yet", "What is used of each limit stands here with the trader's first heartbeat.")
    return empty(
        "No limits", "This account runs without risk rules; live trading refuses to.", "tradewind paper … --risk house"
    )


def limit_bar(one: Mapping[str, Any]) -> Html:
    """Return one limit as a bar: what is used, of what, what is left, and what happens at it."""
    name = plain_name(str(one["name"])) + (f", {one['about']}" if one["about"] else "")
    if one["limit"] is None or one["used"] is None:
        return bar(name, None, "not known: no fresh evidence")
    unit, digits = str(one["unit"]), 0 if abs(one["limit"]) >= 1000 or one["unit"] == "count" else 2
    shown = "" if unit == "count" else unit
    told = f"{money(one['used'], '', digits)} of {money(one['limit'], shown, digits)}"
    left = f"{money(one['headroom'], shown, digits)} left; there {one['does']}"
    if one["state"] == "unknown":
        left = f"not fresh; {left}"
    return bar(name, one["share"], told, left)


def plain_name(name: str) -> str:
    """Return a name of the settings as a person says it."""
    text = name.replace("_", " ")
    return text[:1].upper() + text[1:]


def health(told: Mapping[str, Any]) -> tuple[str, str]:
    """Return in a word how the account is, and of which kind that is."""
    if told["kill"]["level"]:
        return f"Killed, level {told['kill']['level']}", "bad"
    if told["state"] != "running":
        said = {"stale": "No sign of life", "stopped": "Stopped", "starting": "Starting"}
        return said.get(told["state"], "Never ran"), STATES[told["state"]] or "warn"
    if not told["ready"]:
        return "Opens nothing", "warn"
    return "Ready", "good"


def aged(told: Mapping[str, Any]) -> Html:
    """Return how old what is shown is, by source."""
    kinds = {"fresh": "good", "stale": "bad", "missing": "warn"}
    return joined(
        joined([badge(f"{one['fact']} {seconds(one['age_s'])}" if one["age_s"] is not None else f"{one['fact']}: none",
                      kinds[one["state"]]), " "])
        for one in told["facts"]
    )  # fmt: skip


def reasons(found: Sequence[Mapping[str, Any]]) -> Html:
    """Return why nothing may be opened, one a line."""
    return tag("ul", *(tag("li", tag("span", badge(one["name"], "warn"), class_="nowrap"), tag("span", one["sentence"],
               class_="grow")) for one in found), class_="list")  # fmt: skip
