"""Risk: how far every limit is, what happens there, what is left in money; and every way to stop."""

from collections.abc import Mapping, Sequence
from typing import Any

from tradewind.results.report.markup import Html, joined, tag
from tradewind.ui import acting
from tradewind.ui.live import region
from tradewind.ui.numbers import money, seconds, share
from tradewind.ui.pieces import Column, badge, button, card, empty, entry, field, grid, rows, words
from tradewind.ui.shared import shared
from tradewind.ui.shell import page
from tradewind.ui.standing import limit_bar, no_account, no_limits, now_of, plain_name
from tradewind.ui.visit import Visit
from tradewind.views.limits import limits_view
from tradewind.watchdog.killfile import MEANINGS

STATE = {"ok": "good", "near": "warn", "reached": "bad", "unknown": "warn", "per order": "info", "off": ""}


@page("/risk", "Risk")
async def risk(visit: Visit) -> None:
    """The page."""
    await region(lambda: tag("div", tag("h1", "Risk"), tag("span", _file(visit), class_="lead"), class_="title"), 5.0)
    acts = {"limits": lambda given: acting.limits(visit, given), "stop": lambda given: acting.stop(visit, given)}
    await region(lambda: _body(visit), 1.0, acts)


def _view(visit: Visit) -> Mapping[str, Any]:
    return shared(("limits", str(visit.data), visit.account), 0.5, lambda: limits_view(visit.settings, visit.account))


def _file(visit: Visit) -> Html:
    found = _view(visit)["limits"] if visit.account else None
    if found is None:
        return Html("")
    return Html(f"rules {found['name']} version {found['version']}, hash {str(found['hash'])[:12]}")


def _body(visit: Visit) -> Html:
    if not visit.account:
        return grid(card("Limits", no_account()))
    told, view = now_of(visit), _view(visit)
    stops = card("Stop", _stops(visit, told or {}), wide="w4")
    if view["limits"] is None:
        return grid(card("Limits", no_limits(told or {}), wide="w8"), stops)
    used = [one for one in view["rows"] if one["limit"] is not None and one["used"] is not None]
    losses = [one for one in used if one["control"] in ("R6", "R7", "R8", "R9", "R10", "R11")]
    others = sorted(
        (one for one in used if one not in losses and not one["about"]), key=lambda one: -(one["share"] or 0)
    )
    age = f"as of {seconds(view['age_s'])} ago" if view["age_s"] is not None else "not known"
    waiting = view.get("waiting")
    later = (
        tag("p", badge("from the next trading date", "info"), f" rules {waiting['name']} version {waiting['version']}")
        if waiting
        else None
    )
    return grid(
        card("Losses", later, _bars(losses), wide="w4", note=age),
        card("Exposure and counts", _bars(others), wide="w4", note=age),
        stops,
        card(
            "Every limit in use",
            _table([one for one in view["rows"] if one["used"] is not None]),
            note="loss rules first",
        ),
        card("Asked of each order", _folded(view["rows"]), note="these have no use between orders"),
    )


def _bars(found: Sequence[Mapping[str, Any]]) -> Html:
    if not found:
        return empty("None is set")
    return tag("div", *(limit_bar(one) for one in found), class_="bars")


def _stops(visit: Visit, told: Mapping[str, Any]) -> Html:
    level = told.get("kill", {}).get("level", 0)
    state = badge(f"level {level}: {MEANINGS[level]}", "bad") if level else badge("not stopped", "good")
    why = visit.why_not("kill")
    levels = [
        joined([
            tag("button", f"Level {one}", type="button", class_="stop tiny", data_kill=one, data_account=visit.account,
                disabled=bool(why), title=why or None),
            tag("span", MEANINGS[one], class_="soft"),
        ]) for one in (1, 2, 3, 4)
    ]  # fmt: skip
    running = told.get("state") == "running"
    end = button(
        "End the trader",
        "stop",
        kind="tiny",
        why_not=visit.why_not(acting.scope_of(visit)) or ("" if running else "It does not run."),
    )
    return joined(
        [
            tag("p", f"{visit.account}: ", state),
            tag("div", *levels, class_="levels"),
            tag(
                "p",
                "A level holds until a named person re-arms. When nothing answers: ",
                tag("code", "tradewind kill --all"),
                class_="soft small",
            ),
            tag(
                "div",
                end,
                tag("span", "nothing is opened, the process ends, stops stay", class_="soft"),
                class_="levels",
            ),
            tag("details", tag("summary", "Other risk rules"), _rules(visit, running=running)),
        ]
    )


def _rules(visit: Visit, *, running: bool) -> Html:
    why = visit.why_not(acting.scope_of(visit)) or ("" if running else "It does not run.")
    return tag(
        "form",
        field("Rules: house, or a firm's pack", entry("rules", "house", required=True)),
        field("Why?", entry("reason", required=True, minlength=3)),
        field("Your password", entry("password", type="password", required=True)) if acting.is_live(visit) else None,
        tag("label", entry("loosen", "true", type="checkbox"), "may be looser from the next date on", class_="check"),
        tag("div", tag("button", "Take them", class_="tiny", disabled=bool(why), title=why or None), class_="field"),
        class_="fields", data_do="limits",
    )  # fmt: skip


def _folded(found: Sequence[Mapping[str, Any]]) -> Html:
    asked = [one for one in found if one["used"] is None and one["state"] != "off"]
    off = [one for one in found if one["state"] == "off"]
    columns = [words("Rule"), words("Limit"), words("Is set to"), words("What happens at it")]

    def listed(some: Sequence[Mapping[str, Any]]) -> Html:
        body = [[one["control"], tag("span", plain_name(one["name"]), title=one["meaning"]), one["value"],
                 tag("span", one["does"], class_="soft")] for one in some]  # fmt: skip
        return rows(columns, body, "Limits asked of each order", head=(1, 2))

    return joined([
        tag("details", tag("summary", f"{len(asked)} that are asked"), listed(asked)) if asked else None,
        tag("details", tag("summary", f"{len(off)} that are off"), listed(off)) if off else None,
    ])  # fmt: skip


def _table(found: Sequence[Mapping[str, Any]]) -> Html:
    columns = [
        words("Rule"),
        words("Limit"),
        words("About"),
        words("Is set to"),
        Column("Used"),
        Column("Left"),
        Column("Share"),
        words("State"),
        words("What happens at it"),
    ]
    listed = [
        [
            one["control"],
            tag("span", plain_name(one["name"]), title=one["meaning"]),
            one["about"],
            one["value"],
            _amount(one["used"], one["unit"]),
            _amount(one["headroom"], one["unit"]),
            share(one["share"], 0) if one["share"] is not None else "",
            badge(one["state"], STATE.get(one["state"], "")),
            tag("span", one["does"], class_="soft"),
        ]
        for one in sorted(found, key=lambda one: one["state"] == "off")
    ]
    return rows(columns, listed, "Every limit of the account", head=(1, 7))


def _amount(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    return money(value, "" if unit == "count" else unit, 0 if unit == "count" or abs(value) >= 1000 else 2)
