"""Who may import whom: one table, and every file under src/tradewind checked against it.

A layer is a file or folder directly under the package; `package` is its `__init__`, the names strategies
import. A name in the table allows everything below it: `kernel` allows `kernel.records`, not the other way
round. The standard library is allowed, except where code runs compiled: there every module of it is named.
"""

import ast
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src" / "tradewind"

OURS = {
    "kernel": "",
    "indicators": "kernel",
    "rules": "indicators kernel",
    "strategies": "package indicators rules kernel",
    "money": "errors",
    "errors": "",
    "markets": "money errors",
    "settings": "settings_layers errors",
    "risk": "markets money errors",
    "package": "strategy kernel",
    "strategy": "kernel indicators markets errors",
    "plain": "kernel strategy",
    "compilation": "kernel strategy errors",
    "ports": "kernel.records",
    "broker": "errors",
    "runner": "kernel strategy plain ports errors",
    "wiring": "kernel markets risk money settings errors",
    "limits_wiring": "kernel markets risk money errors",
    "data": "kernel.records markets money errors",
    "results": "kernel.records markets risk money errors",
    "adapters": "ports broker kernel.records kernel.orders kernel.refusals money markets errors",
    "databases": "adapters markets errors",
    "stack": "adapters databases settings_layers metrics monitoring settings watchdog.beats watchdog.processes errors",
    "jobs": "adapters requests errors",
    "trading": "kernel runner ports broker errors",
    "liveness": "markets errors",
    "watchdog": "errors",
    "metrics": "watchdog.beats errors",
    "monitoring": "",
    "logs": "settings errors",
    "secret_files": "settings errors",
    "settings_layers": "errors",
    "backups": "adapters databases live settings watchdog.beats errors",
    "simulators": "broker kernel.records kernel.orders kernel.refusals markets money errors",
    "twin": "kernel runner ports modes requests results markets money settings errors",
    "series_choice": "kernel.bars adapters markets errors",
    "live": (
        "kernel logs metrics adapters broker trading liveness watchdog markets risk results data strategy compilation "
        "runner wiring limits_wiring modes requests settings money ports errors"
    ),
    "drills": "package backups kernel adapters live modes risk settings simulators errors",
    "modes": (
        "kernel strategy compilation runner series_choice wiring limits_wiring ports data results adapters markets "
        "risk settings errors"
    ),
    "requests": "modes settings markets risk money errors",
    "risk_questions": "modes results markets risk settings money errors",
    "runs": "modes results markets money ports errors",
    "reports": "results data markets errors",
    "desk": "errors",
    "demonstration": "modes requests settings data",
    "notebook": "modes requests runs research results settings errors",
    "research": (
        "kernel compilation strategy runner runs requests settings modes adapters data.tape results ports "
        "markets.clock errors"
    ),
    "services": (
        "kernel logs metrics adapters api broker data databases jobs live modes markets ports requests results runner "
        "settings trading watchdog money errors"
    ),
    "views": (
        "kernel.records kernel.refusals kernel.rows data adapters jobs.commands live markets modes ports requests "
        "logs reports results risk risk_questions series_choice stack.processes watchdog settings money errors"
    ),
    "doctor": "secret_files adapters data databases jobs live markets modes requests settings stack views errors",
    "api": (
        "metrics adapters broker data jobs live markets modes ports requests research results risk risk_questions runs "
        "reports series_choice settings strategy trading twin views watchdog money errors"
    ),
    "ui": "api adapters data jobs live markets modes research results settings views watchdog errors",
    "cli": (
        "adapters.entrance secret_files settings_layers api backups jobs logs metrics services stack databases drills "
        "live modes requests risk_questions doctor runs reports desk demonstration research results risk views money "
        "settings errors"
    ),
}
"""What a layer may import of ours, besides itself."""

OUTSIDE = {
    "kernel": "numba numpy",
    "indicators": "numpy",
    "rules": "numpy",
    "strategies": "numpy",
    "money": "",
    "errors": "",
    "markets": "pydantic",
    "settings": "pydantic",
    "risk": "pydantic",
    "package": "",
    "strategy": "numpy",
    "plain": "numba numpy",
    "compilation": "numba",
    "ports": "numpy",
    "broker": "",
    "runner": "numpy",
    "wiring": "numpy",
    "limits_wiring": "numpy",
    "data": "numpy polars",
    "results": "numpy polars",
    "adapters": "*",
    "databases": "alembic sqlalchemy",
    "stack": "confluent_kafka redis",
    "jobs": "pydantic",
    "trading": "numpy",
    "liveness": "numpy",
    "watchdog": "",
    "metrics": "prometheus_client",
    "monitoring": "",
    "logs": "structlog",
    "secret_files": "",
    "settings_layers": "",
    "backups": "",
    "simulators": "*",
    "twin": "numpy polars",
    "series_choice": "",
    "live": "numpy",
    "drills": "",
    "modes": "numpy",
    "requests": "pydantic",
    "risk_questions": "",
    "runs": "",
    "reports": "numpy polars",
    "desk": "",
    "demonstration": "",
    "notebook": "numpy polars pandas",
    "research": "numpy polars",
    "services": "*",
    "views": "numpy polars",
    "doctor": "",
    "api": "fastapi pydantic starlette",
    "ui": "*",
    "cli": "typer rich",
}
"""What it may import of others; * stands for one library a file, besides numpy."""

MORE = {
    ("money", "numpy"): "ticks_array turns whole columns into ticks, and loads numpy only when it is called",
    (
        "markets.regenerate",
        "exchange_calendars",
    ): "it writes the calendar files; no run imports it",
    ("results", "kernel.refusals"): "the names and sentences of reasons, which tables show",
    ("results.risk_log", "kernel.rows"): "the names of what the gate does",
    ("adapters.projection.taking", "kernel.rows"): "the same",
    ("results.printing", "rich"): "it builds tables; whoever calls it prints them",
    ("results.printing_portfolio", "rich"): "the same",
    ("results.printing_comparison", "rich"): "the same",
    ("reports", "adapters"): "the types of the stores it is given; nothing of theirs is loaded for it",
    ("results.printing_bands", "rich"): "the same",
    ("results.printing_certificate", "rich"): "the same",
    ("research", "runs requests"): "what a run came to, and the words of a request",
    ("research.causality", "strategy compilation adapters.memory"): "it runs strategies by itself, on parts of a tape",
    ("research.causality", "kernel.records kernel.compiled"): "tapes, decisions and snapshots are the kernel's rows",
    ("research.causality", "markets.clock"): "it shows moments as dates",
    ("research.causality.frames", "pandas"): "a function of pandas frames is given some",
    ("results.hierarchy", "skfolio"): "hierarchical risk parity, an extra loaded when it is asked for",
    ("results.superiority", "arch"): "White's and Hansen's tests, an extra loaded when they are asked for",
    ("api.app", "ui.mounting"): "pages are part of the application where they are asked for",
    ("jobs.worker", "cli"): "it runs our own verbs as processes; nothing of them is imported",
    ("live.launch", "cli"): "the same",
    ("cli.market_data", "data"): "the verbs of market data are that and nothing else",
    ("cli.spreads", "data"): "the verbs of spread curves are that and nothing else",
    ("cli.data_doctor", "data"): "the verbs of the data doctor are that and nothing else",
    ("cli.data_doctor", "markets.loading"): "hours and prices are compared with the profile's",
    ("cli.market_data", "markets.loading"): "what comes in is compared with the profile's hours and prices",
    ("data.downloads", "httpx"): "vendors speak HTTP; the client is used in one file",
    ("cli.synthetic", "data.synthetic"): "`data synth` is that and nothing else",
    ("cli.news", "data.releases"): "`news import` is that and nothing else",
    ("cli.simulators", "simulators"): "a verb that plays a broker starts one",
    ("cli.simulators", "data.synthetic"): "prices can be made up for it",
    ("cli.simulators", "markets"): "days and instruments to make up prices for",
    ("cli.kill", "watchdog"): "the kill switch goes its own short way, beside everything else",
    ("cli.news", "markets"): "it shows releases and moments",
    ("data.releases.calendars", "icalendar"): "it reads iCalendar files",
    ("data.releases.calendars", "dateutil"): "it repeats events by the rules of iCalendar",
    ("research.listing", "rich"): "it builds one table; whoever calls it prints it",
    ("research.study_tables", "rich"): "the same",
    ("research.honesty_table", "rich"): "the same",
    ("data.synthetic.report", "rich"): "it builds one table; whoever calls it prints it",
    ("research.herd", "numba"): "it asks for the machine code of the loop, for the types it is called with",
    ("research.adaptive", "optuna"): "samplers, an extra loaded when it is asked for",
    ("research.cluster", "ray"): "an extra, loaded when a cluster is asked for",
    ("results.printing_sweeps", "rich"): "it builds tables; whoever calls it prints them",
    ("cli.brokers", "adapters.brokers broker markets.loading"): "the verbs of brokers are that and nothing else",
    (
        "twin.beginning",
        "wiring limits_wiring strategy compilation pydantic",
    ): "a world without a history: the prices are in the recording",
    ("cli.twin", "twin"): "the verb is that and nothing else",
    ("adapters.projection", "kernel.rows"): "the names of what the gate does, which the tables keep",
    ("cli.services", "adapters.extras adapters.kafka"): "topics are made by a verb; the libraries are an extra",
    ("cli.serve", "adapters.extras"): "the API's libraries are an extra",
    ("cli.people", "adapters.extras"): "the same",
    ("cli.beginning", "adapters.entrance"): "it makes the first user",
    ("cli.stack", "adapters.entrance"): "it says where there is no user",
    ("stack.services", "cli"): "its command line is how a service of ours is begun, by name",
    ("services.children", "cli"): "the same",
    ("cli", "markets.clock"): "it shows moments as dates",
    ("adapters.kafka.messages", "msgspec"): "messages are MessagePack; columns of them numpy",
    ("liveness", "kernel.records"): "what it tells are the kernel's rows",
    ("liveness", "broker"): "quotes and candles are those of the seam",
    ("liveness.calendar", "data.calendar_rows"): "a live calendar has the order and the bytes of a tape's",
}
"""What single modules or layers may import beyond the tables, and why."""

COMPILED_STANDARD = {
    "kernel": "math",
    "kernel.compiled": "ctypes hashlib os pathlib",  # where machine code is kept; plain twins
    "indicators": "functools math",
    "rules": "functools math",
    "strategies": "math typing",
}
"""All of the standard library that these may import: no clock, no log, no network, no chance."""


def module_name(path):
    """Return a file's name below the package: `kernel.step`, `kernel` for its __init__, or `package`."""
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts) or "package"


MODULES = {module_name(path): path for path in sorted(SOURCE.rglob("*.py"))}


def imported(tree):
    """Yield the full name of every module a file imports, wherever in it and for whatever purpose."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            for alias in node.names:
                below = f"{node.module}.{alias.name}"
                known = node.module != "tradewind" or below.removeprefix("tradewind.") in MODULES
                yield below if known else "tradewind"
    yield from lazily_imported(tree)


def lazily_imported(tree):
    """Yield the names of our modules that stand in a file as text, to be imported when they are needed."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " not in node.value:
            name = node.value.removeprefix("tradewind.")
            if node.value != name and name in MODULES:
                yield node.value


def allows(allowed, name):
    """Return whether one of the names in `allowed` is `name` or stands above it."""
    return any(name == one or name.startswith(f"{one}.") for one in allowed.split())


def is_extra(module, name):
    """Return whether `MORE` lets `module` import `name`."""
    return any(allows(where, module) and allows(what, name) for where, what in MORE)


def may_import(module, name):
    """Return whether the tables let `module` import `name`."""
    layer = module.split(".")[0]
    first = name.split(".")[0]
    if first in sys.stdlib_module_names:
        pure = COMPILED_STANDARD.get(layer)
        return pure is None or allows(f"{pure} {COMPILED_STANDARD.get(module, '')}", name)
    if first == "tradewind":
        ours = name.removeprefix("tradewind").lstrip(".") or "package"
        return allows(f"{layer} {OURS[layer]}", ours) or is_extra(module, ours)
    return OUTSIDE[layer] == "*" or allows(OUTSIDE[layer], name) or is_extra(module, name)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_its_layer_may(module):
    """A module imports its own layer, the layers named for it, and the libraries named for it."""
    layer = module.split(".")[0]
    assert layer in OURS, f"{layer} is a new layer: give it a row in both tables"
    names = set(imported(ast.parse(MODULES[module].read_text(encoding="utf-8"))))

    wrong = sorted(name for name in names if not may_import(module, name))

    assert not wrong, f"{module} may not import {', '.join(wrong)}"


@pytest.mark.parametrize("module", [name for name in MODULES if OUTSIDE.get(name.split(".")[0]) == "*"])
def test_an_adapter_knows_one_library(module):
    """A file that may use any library uses one of them, besides numpy."""
    names = imported(ast.parse(MODULES[module].read_text(encoding="utf-8")))
    first = {name.split(".")[0] for name in names}

    libraries = first - set(sys.stdlib_module_names) - {"tradewind", "numpy"}

    assert len(libraries) <= 1, f"{module} imports {', '.join(sorted(libraries))}: one file, one library"


def test_every_exception_is_needed():
    """Every line of MORE is used by some module; what is not used any more is taken out."""
    used = set()
    for module, path in MODULES.items():
        for name in imported(ast.parse(path.read_text(encoding="utf-8"))):
            for where, what in MORE:
                if allows(where, module) and allows(what, name.removeprefix("tradewind.")):
                    used.add((where, what))

    assert used == set(MORE)
