"""What runs and what it said, as cards: services with their signs of life, and the end of a log that is followed."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from tradewind.errors import UnknownName
from tradewind.results.report.markup import Html, joined, tag
from tradewind.ui.numbers import NONE, bytes_of, counted, seconds, when
from tradewind.ui.pieces import Column, badge, card, choice, empty, entry, field, rows, words
from tradewind.ui.shared import shared
from tradewind.ui.visit import Visit
from tradewind.views.logs import MOST, logs, read_log
from tradewind.views.services import services

STATES = {"working": "good", "running": "good", "degraded": "warn", "starting": "info", "stopped": "", "silent": "bad",
          "gone": "bad"}  # fmt: skip
LEVELS = {"": "Every line", "warning": "Warnings and worse", "bad": "Errors"}
SHOWN = 200


def services_card(visit: Visit) -> Html:
    """Return every process with its state, its reason, and when it was last heard of."""
    found = shared(("services", str(visit.data)), 0.8, lambda: services(visit.settings))
    if not found:
        what = "Traders, watchdogs, services and servers stand here with their signs of life."
        return card("Services", empty("Nothing has run yet", what, "tradewind up"))
    columns = [words("Service"), words("Account"), words("State"), Column("Last heard"), words("Since, UTC"),
               Column("Process"), Column("Restarts"), words("Why, or where")]  # fmt: skip
    listed = [_service(one) for one in found]
    note = "what each says of itself; without a fresh word it is not taken for running"
    return card("Services", rows(columns, listed, "Services", head=(0, 2)), note=note)


def _service(one: Mapping[str, Any]) -> list[object]:
    heard = seconds(one["age_s"]) if one["age_s"] is not None else NONE
    return [
        one["name"], one["account"] or "", badge(one["state"], STATES[one["state"]]), heard,
        tag("span", when(one["since_ns"]), class_="nowrap"), one["pid"] or NONE, one["restarts"] or "",
        tag("span", one["why"], class_="soft"),
    ]  # fmt: skip


def log_choice(visit: Visit) -> Html:
    """Return what chooses a log and which of its lines; it is drawn once, because somebody may be typing in it."""
    found = logs(visit.settings)
    if not found:
        what = "What the stack and traders begun from here say is written below the data folder and shown here."
        return card("Logs", empty("No log yet", what, "tradewind stack up"))
    names = {one["name"]: f"{one['name']}, {bytes_of(one['bytes'])}" for one in found}
    level = visit.asked("level")
    form = tag(
        "form",
        field("Log", choice("log", names, _chosen(visit))),
        field("Lines", choice("level", LEVELS, level if level in LEVELS else "")),
        field("With these words", entry("find", visit.asked("find"), type="search")),
        tag("div", tag("button", "Show"), class_="field"),
        class_="fields", action="/system#logs", method="get",
    )  # fmt: skip
    return tag("div", card("Logs", form, note="below: its newest lines, the newest last"), id="logs")


def _chosen(visit: Visit) -> str:
    """Return the log that the page's address names, else the one that was written last; empty where there is none."""
    found = {one["name"]: int(one["written_ns"]) for one in logs(visit.settings)}
    asked = visit.asked("log")
    return asked if asked in found else max(found, key=lambda name: found[name], default="")


def log_lines(visit: Visit) -> Html:
    """Return a piece of the chosen log, filtered as the page's address says: its end, or what stands further back."""
    name, level, text = _chosen(visit), visit.asked("level"), visit.asked("find")
    if not name:
        return Html("")
    behind = visit.asked("before")
    before = int(behind) if behind.isascii() and behind.isdigit() else None
    most = MOST if text or level else SHOWN
    key = ("log", str(visit.data), name, most, before)
    try:
        told = shared(key, 1.0, lambda: read_log(visit.settings, name, most, before))
    except (UnknownName, OSError):  # it was put aside a moment ago
        return empty("The log is gone", "Choose another.")
    levels = {"bad": {"bad"}, "warning": {"bad", "warning"}}.get(level, {"", "bad", "warning"})
    lines = [one for one in told["lines"] if one["level"] in levels and text.casefold() in one["text"].casefold()]
    where = _where(visit, told, before)
    if not lines:
        none = (
            f"None of these {counted(len(told['lines']), 'line')} is of that kind." if told["lines"] else "It is empty."
        )
        return joined([where, empty("No such line", none)])
    drawn = [tag("span", _marked(one), class_={"bad": "down", "warning": "warn"}.get(one["level"])) for one in lines]
    follow = True if before is None else None
    body = tag(
        "pre", *drawn, class_="log", tabindex=0, role="log", aria_label=f"Lines of {name}", data_follow=follow
    )  # fmt: skip
    return joined([where, body])


def _where(visit: Visit, told: Mapping[str, Any], before: int | None) -> Html:
    """Return which part of the log is looked at, and links to what is older and to its end."""
    kept = {"log": told["name"], "level": visit.asked("level"), "find": visit.asked("find")}
    links = []
    if told["before"] is not None:
        older = urlencode({**kept, "before": told["before"]})
        links.append(tag("a", "Further back", href=f"/system?{older}#logs", class_="button tiny"))
    if before is not None:
        links.append(tag("a", "To its end", href=f"/system?{urlencode(kept)}#logs", class_="button tiny"))
    word = "its end, followed" if before is None else f"up to byte {before:,} of {told['bytes']:,}, not followed"
    looked = f"{counted(len(told['lines']), 'line')} of {told['name']} looked through: {word}"
    return tag("p", tag("span", looked, class_="soft"), " ", *links, class_="row")


def _marked(line: Mapping[str, str]) -> str:
    return f"{ {'bad': '■ ', 'warning': '▲ '}.get(line['level'], '  ') }{line['text']}\n"
