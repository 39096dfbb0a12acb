"""The head of a report: what was run, on what, under which rules, and what is wrong with the data."""

import re
from collections.abc import Mapping
from typing import Any

from tradewind.results.printing import SYNTHETIC
from tradewind.results.report.markup import Html, facts, joined, tag

SWITCH = re.compile(r"--\w+ ")
"""Series are named as the data doctor takes them; here the words alone are enough."""


def opening(run: Mapping[str, Any]) -> Html:
    """Return the head of the page."""
    names = ", ".join(run["strategies"])
    return tag(
        "header",
        tag("p", SYNTHETIC, class_="synthetic", role="alert") if run["synthetic"] else None,
        tag("p", f"Tradewind {run['kind']} report", class_="kicker"),
        tag("h1", names, tag("span", f" on {', '.join(run['instruments'])}", class_="on")),
        _theses(run),
        facts(_told(run)),
        _parameters(run),
        id="top",
    )


def _theses(run: Mapping[str, Any]) -> Html:
    """Return what each strategy's file says it believes: two paragraphs, the rest after a click."""
    theses = run.get("theses", {})
    found = []
    for name, text in theses.items():
        parts = [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]
        told = [tag("p", part, class_="thesis") for part in parts]
        if told and len(theses) > 1:
            found.append(tag("p", tag("b", name), class_="kicker"))
        found += told[:2]
        if told[2:]:
            found.append(tag("details", tag("summary", f"The whole thesis of {name}"), *told[2:]))
    return joined(found)


def _told(run: Mapping[str, Any]) -> list[tuple[str, object]]:
    account = run["account"]
    begins, ends = run["from"][:16].replace("T", " "), run["to"][:16].replace("T", " ")
    told: list[tuple[str, object]] = [
        ("Period, UTC", f"{begins} to {ends}"),
        ("Account", f"{float(account['balance']):,.2f} {account['currency']}"),
        ("Risk rules", _rules(run.get("risk", {}))),
        ("Order inside a bar", run["settings"].get("fills", {}).get("mode", "not recorded")),
        ("Data", _data(run)),
    ]
    waived = [
        f"{series}: {what} ({why})"
        for series, found in run.get("quality", {}).items()
        for what, why in _waivers(found.get("waived", {}))
    ]
    if waived:
        told.append(("Data faults waived", tag("b", "; ".join(waived), class_="loud")))
    told.append(("Run", tag("code", run["id"])))
    return told


def _waivers(waived: Any) -> list[tuple[str, str]]:
    if isinstance(waived, Mapping):
        return [(str(name), str(reason)) for name, reason in waived.items()]
    return [(str(each), "waived") for each in waived]


def _rules(risk: Mapping[str, Any]) -> str:
    if not risk or risk.get("name") == "none":
        return "none: nothing but the strategy limits a loss"
    level = f"; kill level K{risk['kill_level']} at the end" if risk.get("kill_level") else ""
    return f"{risk['name']}, version {risk['version']}{level}"


def _data(run: Mapping[str, Any]) -> Html:
    found = []
    for series, seen in run.get("quality", {}).items():
        counts = [_plural(seen[f"{kind}s"], kind) for kind in ("blocker", "warning", "note") if seen.get(f"{kind}s")]
        found.append(f"{SWITCH.sub('', series)}: {', '.join(counts) or 'nothing found'}")
    return tag("span", "; ".join(found) or ", ".join(run["hashes"]["data"]) or "not recorded")


def _plural(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def _parameters(run: Mapping[str, Any]) -> Html:
    """Return the parameters folded away: a click shows them, paper shows them always."""
    rows = [
        (f"{strategy}.{name}" if len(run["parameters"]) > 1 else name, tag("code", value))
        for strategy, values in run["parameters"].items()
        for name, value in values.items()
    ]
    if not rows:
        return Html("")
    return tag("details", tag("summary", f"{len(rows)} parameters"), facts(rows))
