"""Research: what would it have done? Backtests, sweeps and walk-forwards are begun here, watched, and kept."""

import secrets
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from tradewind.adapters.job_store import Job, JobStore
from tradewind.data.series import BARS
from tradewind.errors import BadData, TradewindError
from tradewind.jobs.commands import KINDS, as_typed, strategy_files
from tradewind.modes import open_history, open_runs
from tradewind.research.sweeping import open_sweeps
from tradewind.ui.live import Given, region
from tradewind.ui.numbers import change, plain, seconds, share
from tradewind.ui.pieces import (
    Column,
    Html,
    badge,
    button,
    card,
    choice,
    choices,
    empty,
    entry,
    field,
    grid,
    joined,
    rows,
    synthetic,
    tag,
    words,
)  # fmt: skip
from tradewind.ui.shell import page
from tradewind.ui.visit import Visit

MOST_JOBS = 20
SHOWN_JOBS, SHOWN_RUNS = 8, 40
STATES = {"queued": "", "running": "info", "done": "good", "failed": "bad", "cancelled": "warn"}
WORDS = {"backtest": "Backtest", "sweep": "Sweep", "walkforward": "Walk-forward"}


@page("/research", "Research")
async def research(visit: Visit) -> None:
    """The page."""
    kind = visit.asked("new", "backtest")
    kind = kind if kind in KINDS else "backtest"
    await region(lambda: tag("div", tag("h1", "Research"), class_="title"))
    await region(lambda: _form(visit, kind), None, {"launch": lambda given: _launch(visit, kind, given)})
    await region(lambda: _jobs(visit), 1.0, {"cancel": lambda given: _cancel(visit, given)})
    await region(lambda: grid(_runs(visit), _sweeps(visit)), 3.0)


def _form(visit: Visit, kind: str) -> Html:
    options = choices([(WORDS[one], f"/research?new={one}#new", one == kind) for one in KINDS], "Kind of job")
    symbols = sorted({one.symbol for one in open_history(visit.settings).series() if one.kind == BARS})
    if not symbols:
        body = empty(
            "No prices yet",
            "A backtest needs history. Import a file, or make a market up.",
            "tradewind data import FILE --as XAUUSD",
            tag("a", "Import data", href="/data#import", class_="button main"),
        )
        return grid(tag("div", card("New", body, right=options), id="new", class_="w12"))
    names = sorted(strategy_files(visit.settings.strategies))
    fields = [
        field("Strategy", choice("strategy", names, visit.asked("strategy", "opening_range"))),
        field("Instrument", choice("on", symbols, visit.asked("on", symbols[0]))),
        field("From", entry("start", type="date")),
        field("To", entry("end", type="date")),
        field("Parameters, name=value", entry("set", visit.asked("set"), placeholder="window=15")),
        field("Bar of on_bar", choice("bar", ("M1", "M5", "M15", "M30", "H1"), "M5")),
    ]
    if kind != "backtest":
        fields.append(field("Vary, name=v1,v2; name=v1,v2", entry("vary", required=True, placeholder="window=5,15,30")))
    if kind != "walkforward":
        fields.append(field("Risk rules", choice("risk", ("none", "house"), "none")))
    if kind == "walkforward":
        fields += [field("Train on", entry("train", "12m")), field("Judge on", entry("test", "3m"))]
    if kind == "backtest":
        flags = [("bands", "Bands: pessimistic to optimistic"), ("stress", "Stress: costs 0, 1 and 2 times")]
        fields += [tag("label", entry(name, "true", type="checkbox"), text, class_="check") for name, text in flags]
    why_not = visit.why_not("backtest")
    send = tag("button", f"Run the {WORDS[kind].lower()}", class_="main", disabled=bool(why_not), title=why_not or None)
    form = tag("form", *fields, tag("div", send, class_="field"), class_="fields", data_do="launch")
    note = "runs in a worker process, behind everything else"
    return grid(tag("div", card("New", form, note=note, right=options), id="new", class_="w12"))


def _launch(visit: Visit, kind: str, given: Given) -> str:
    """A job waits for a worker."""
    who = visit.now_may("backtest")
    wanted = _wanted(kind, given)
    command = wanted.command(visit.settings.strategies)
    row = (secrets.token_hex(8), kind, wanted.model_dump(mode="json"), command, who.name)
    job = JobStore(visit.data).add(row, visit.house.now(), MOST_JOBS)
    visit.note(f"submit {kind}", "done", job=job.id)
    return f"{WORDS[kind]} is waiting for a worker."


def _wanted(kind: str, given: Given) -> Any:
    """Return what a form asks for, checked as the API checks it."""
    told: dict[str, Any] = {
        name: str(given[name]) for name in ("start", "end", "bar", "risk", "train", "test") if given.get(name)
    }
    told["on"] = [str(given.get("on", ""))]
    if sets := str(given.get("set", "")).replace(";", " ").split():
        told["set"] = sets
    if kind == "backtest":
        told |= {"strategies": [str(given.get("strategy", ""))]}
        told |= {name: given.get(name) == "true" for name in ("bands", "stress")}
    else:
        told |= {"strategy": str(given.get("strategy", ""))}
        told["vary"] = [one.strip() for one in str(given.get("vary", "")).split(";") if one.strip()]
    try:
        return KINDS[kind](**told)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadData(
            f"{'.'.join(map(str, first['loc']))}: {first['msg']}.", "Look at the field of that name."
        ) from None


def _jobs(visit: Visit) -> Html:
    found = JobStore(visit.data).list(most=SHOWN_JOBS)
    if not found:
        return Html("")
    columns = [words("Job"), words("What"), words("State"), words("Progress"), Column("Took"), words("")]
    lines = [_job(visit, one) for one in found]
    return grid(card("Jobs", rows(columns, lines, "Jobs, newest first", head=(0, 2)), note="newest first"))


def _job(visit: Visit, one: Job) -> list[object]:
    wanted = one.wanted
    names = ", ".join(wanted.get("strategies") or [wanted.get("strategy", wanted.get("name", ""))])
    what = joined(
        [
            f"{names} {' '.join(wanted.get('on', []) or [])} ".strip(),
            tag("div", as_typed(one.command), class_="soft small") if one.state == "running" else None,
        ]
    )
    state = badge(one.state, STATES[one.state])
    told: object = Html("")
    if one.state == "running":
        bar = tag("progress", max=one.total, value=one.done) if one.total else tag("progress")
        told = joined([bar, tag("span", f"{one.done / one.total:.0%}" if one.total else "begun", class_="soft small")])
    elif one.error:
        told = tag("span", one.error[:300], class_="down small")
    began, ended = one.began_ns, one.ended_ns or visit.house.now()
    took = seconds((ended - began) / 1e9) if began else ""
    return [WORDS.get(one.kind, one.kind.capitalize()), what, state, told, took, _after(visit, one)]


def _after(visit: Visit, one: Job) -> object:
    if one.state in ("queued", "running"):
        return button("Cancel", "cancel", kind="tiny", why_not=visit.why_not("backtest"), job=one.id)
    result = one.result if one.state == "done" and one.kind != "import" else None
    if isinstance(result, Mapping):
        document = result.get("document", result)
        identity = document.get("id") if isinstance(document, Mapping) else None
        if identity:
            place = "sweep" if one.kind == "sweep" else "run"
            return tag("a", "Open", href=f"/research/{place}?id={identity}", class_="button tiny")
    return ""


def _cancel(visit: Visit, given: Given) -> str:
    visit.now_may("backtest")
    found = JobStore(visit.data).cancel(str(given.get("job", "")), visit.house.now())
    visit.note("cancel job", "done", job=found.id)
    return f"{WORDS.get(found.kind, found.kind)} is cancelled."


def _runs(visit: Visit) -> Html:
    found = list(open_runs(visit.settings).list())[:SHOWN_RUNS]
    if not found:
        return card("Runs", empty("No runs yet", "A backtest is kept here with everything it came to.",
                                  "tradewind backtest opening_range --on XAUUSD"), wide="w8")  # fmt: skip
    columns = [
        words(""),
        words("Run"),
        words("On"),
        Column("Trades"),
        Column("Net"),
        Column("Mean R"),
        Column("Drawdown"),
        words("Made"),
    ]
    lines = [_run(one) for one in found]
    send = tag("button", "Compare what is ticked", class_="tiny")
    form = tag("form", rows(columns, lines, "Runs, newest first", head=(1, 4)), tag("div", send, class_="row"),
               action="/research/compare", method="get")  # fmt: skip
    return card("Runs", form, note="newest first; tick two to four and compare", wide="w8")


def _run(one: Mapping[str, Any]) -> list[object]:
    summary = one.get("summary") or {}
    total, account = summary.get("total", {}), summary.get("account", {})
    name = tag("a", ", ".join(one["strategies"]), href=f"/research/run?id={one['id']}")
    told = joined([name, " ", synthetic() if one["synthetic"] else None])
    return [
        tag("input", type="checkbox", name_="run", value=one["id"], aria_label=f"Compare {one['id']}"),
        told,
        ", ".join(one["instruments"]),
        plain(total.get("trades"), 0),
        change(total.get("net"), account.get("currency", ""), 0),
        plain(total.get("expectancy_r")),
        share(account.get("worst_drawdown")),
        tag("span", str(one["created"])[:16].replace("T", " "), class_="soft nowrap"),
    ]


def _sweeps(visit: Visit) -> Html:
    try:
        found = list(open_sweeps(visit.settings).list())[:12]
    except TradewindError:
        found = []
    if not found:
        return card("Sweeps", empty("No sweeps yet", "Many variants of one strategy, and how much of the best is luck.",
                                    "tradewind sweep opening_range --on XAUUSD --vary window=5,15,30",
                                    tag("a", "New sweep", href="/research?new=sweep#new", class_="button tiny")),
                    wide="w4")  # fmt: skip
    columns = [words("Sweep"), words("On"), Column("Trials"), words("Made")]
    lines = [
        [
            tag("a", one["strategy"], href=f"/research/sweep?id={one['id']}"),
            ", ".join(one["instruments"]),
            f"{one.get('done', 0):,} of {one['total']:,}" if one.get("total") else f"{one.get('done', 0):,}",
            tag("span", str(one.get("created", ""))[:10], class_="soft nowrap"),
        ]
        for one in found
    ]
    return card("Sweeps", rows(columns, lines, "Sweeps, newest first", head=(0, 2)), wide="w4")
