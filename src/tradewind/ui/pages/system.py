"""System: is everything healthy? Each check with its age and limit; what runs, keys, who did what, and logs."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from tradewind.adapters.entrance import audit, keys
from tradewind.results.report.markup import Html, joined, tag
from tradewind.ui.live import region
from tradewind.ui.numbers import NONE, seconds, when
from tradewind.ui.pieces import Column, badge, card, empty, grid, pairs, rows, words
from tradewind.ui.running import log_choice, log_lines, services_card
from tradewind.ui.shared import shared
from tradewind.ui.shell import page
from tradewind.ui.standing import STATES, plain_name
from tradewind.ui.visit import Visit
from tradewind.views.alerts import alerts
from tradewind.views.health import system_health

KINDS = {"good": "good", "warning": "warn", "bad": "bad", "unknown": "bad", "not needed": ""}
LEVELS = {"critical": "bad", "warning": "warn", "info": "info"}


@page("/system", "System")
async def system(visit: Visit) -> None:
    """The page."""
    await region(
        lambda: tag(
            "div", tag("h1", "System"), tag("span", f"Tradewind {version('tradewind')}", class_="lead"), class_="title"
        )
    )
    await region(lambda: _checks(visit), 1.0)
    await region(lambda: grid(services_card(visit)), 1.0)
    await region(lambda: grid(_happened(visit), _places(visit)), 3.0)
    if "admin" in visit.who.scopes:
        await region(lambda: _trail(visit), 5.0)
        await region(lambda: log_choice(visit))
        await region(lambda: log_lines(visit), 2.0)


def _checks(visit: Visit) -> Html:
    told = shared(("health", str(visit.data)), 0.8, lambda: system_health(visit.settings))
    own = card(
        "This server", _table(told["checks"]), wide="w12" if not told["accounts"] else "w6", note="data folder and jobs"
    )
    cards = [_account(one) for one in told["accounts"]]
    if not cards:
        cards = [
            card(
                "Accounts",
                empty(
                    "No account yet",
                    "Each account's checks stand here: heartbeat, leader, journal, "
                    "broker, prices, clock, stops, watchdog.",
                    "tradewind paper opening_range --on XAUUSD",
                ),
            )
        ]
    return grid(*cards, own)


def _account(one: Mapping[str, Any]) -> Html:
    verdict = badge("fit to trade", "good") if one["ready"] else badge("not fit to trade", "bad")
    if one["state"] in ("stopped", "never ran", "starting"):
        verdict = badge(one["state"], STATES[one["state"]])
    return card(one["account"], _table(one["checks"], one["account"]), note=one["mode"], right=verdict, wide="w6")


def _table(checks: list[Mapping[str, Any]], whose: str = "this server") -> Html:
    columns = [words("Check"), words("State"), words("Found"), Column("Age"), Column("Allowed"), words("What it says")]
    listed = [
        [plain_name(one["name"]), badge(one["state"], KINDS[one["state"]]), one["value"],
         seconds(one["age_s"]) if one["age_s"] is not None else NONE, one["limit"] or NONE,
         tag("span", one["says"], class_="soft")] for one in checks
    ]  # fmt: skip
    return rows(columns, listed, f"Checks of {whose}", head=(0, 1))


def _happened(visit: Visit) -> Html:
    found = shared(("alerts", str(visit.data), None), 2.0, lambda: alerts(visit.settings, None, 15))
    if not found:
        return card(
            "What happened", empty("Nothing yet", "Alerts of all accounts stand here, newest first."), wide="w8"
        )
    columns = [words("When, UTC"), words("Level"), words("Account"), words("About"), words("What")]
    listed = [
        [
            tag("span", when(one["ts"]), class_="nowrap"),
            badge(one["level"], LEVELS[one["level"]]),
            one["account"],
            one["about"],
            one["text"],
        ]
        for one in found
    ]
    return card(
        "What happened", rows(columns, listed, "Alerts", head=(2, 1)), note="all accounts, newest first", wide="w8"
    )


def _places(visit: Visit) -> Html:
    told = shared(("health", str(visit.data)), 0.8, lambda: system_health(visit.settings))
    shown = [(plain_name(name), value) for name, value in told["ports"].items()]
    return card(
        "Where things are kept",
        pairs([*shown, ("Settings profile", visit.settings.profile), ("Data folder", str(visit.data))]),
        wide="w4",
    )


def _trail(visit: Visit) -> Html:
    database = visit.house.entrance
    newest = audit.newest(database, 12)
    broken = shared(("chain", str(visit.data)), 30.0, lambda: audit.first_break(database))
    chain = badge("the chain is whole", "good") if broken is None else badge(f"the chain breaks at row {broken}", "bad")
    columns = [Column("#"), words("When, UTC"), words("Who"), words("What"), words("Outcome")]
    listed = [
        [one.number, tag("span", when(one.ts_ns), class_="nowrap"), one.who, one.action, one.outcome] for one in newest
    ]
    keyed = [
        [
            one.prefix,
            one.name,
            one.owner,
            " ".join(sorted(one.scopes)),
            when(one.expires_ns, "%Y-%m-%d"),
            badge("revoked", "bad") if one.revoked else when(one.used_ns) if one.used_ns else "never",
        ]
        for one in keys.keys(database)
    ]
    listed_keys = (
        rows(
            [words("Key"), words("Name"), words("Owner"), words("May"), words("Until"), words("Last used")],
            keyed,
            "API keys",
        )
        if keyed
        else empty("No API key", "Programs come in with a key of their own.", "tradewind keys add NAME --scope read")
    )
    return grid(card("Who did what", rows(columns, listed, "Audit trail", head=(3, 4)), right=chain, wide="w8"),
                card("API keys", joined([listed_keys]), wide="w4"))  # fmt: skip
