"""What runs and what it said, as cards: services with their signs of life, and the end of a log that is followed."""

from collections.abc import Mapping
from typing import Any

from tradewind.errors import UnknownName
from tradewind.results.report.markup import Html, tag
from tradewind.ui.numbers import NONE, bytes_of, seconds, when
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
    """Return the end of the chosen log, filtered as the page's address says."""
    name, level, text = _chosen(visit), visit.asked("level"), visit.asked("find")
    if not name:
        return Html("")
    try:
        told = read_log(visit.settings, name, MOST)
    except (UnknownName, OSError):  # it was put aside a moment ago
        return empty("The log is gone", "Choose another.")
    levels = {"bad": {"bad"}, "warning": {"bad", "warning"}}.get(level, {"", "bad", "warning"})
    lines = [
        one for one in told["lines"] if one["level"] in levels and text.casefold() in one["text"].casefold()
    ][-SHOWN:]  # fmt: skip
    if not lines:
        return empty("No such line", f"None of the last {len(told['lines']):,} lines is of that kind.")
    drawn = [tag("span", _marked(one), class_={"bad": "down", "warning": "warn"}.get(one["level"])) for one in lines]
    return tag("pre", *drawn, class_="log", tabindex=0, role="log", aria_label=f"The end of {name}")


def _marked(line: Mapping[str, str]) -> str:
    return f"{ {'bad': '■ ', 'warning': '▲ '}.get(line['level'], '  ') }{line['text']}\n"
