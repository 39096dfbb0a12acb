"""Processes that said they run: each must still say so, and its door must answer.

One that was stopped in order is not used; one that fell silent or is gone is bad, because nobody asked it to.
"""

import json
import urllib.error
import urllib.request
from pathlib import Path

from tradewind.doctor.finding import BAD, GOOD, UNUSED, WARNING, Finding, State
from tradewind.settings import Settings
from tradewind.views.services import services as listed

AREA = "services"
STATES: dict[str, State] = {
    "working": GOOD, "running": GOOD, "starting": WARNING, "degraded": WARNING, "stopped": UNUSED,
}  # fmt: skip
ASK_S = 1.0
LIMIT = "10 s"


def services(settings: Settings) -> list[Finding]:
    """Return how every service of the data folder is, and whether the doors that are announced answer."""
    found = [_service(one) for one in listed(settings) if one["account"] is None]
    found += [_door(path) for path in sorted((settings.data / "metrics").glob("*.json"))]
    return found or [Finding(AREA, "services", UNUSED, "none was ever begun")]


def _service(told: dict[str, object]) -> Finding:
    name, state = str(told["name"]), STATES.get(str(told["state"]), BAD)
    says = ": ".join(filter(None, (str(told["state"]), str(told["why"]))))
    cure = ""
    if state == BAD:
        cure = "Start it again: tradewind up, or tradewind stack up where there are servers."
    elif state == WARNING:
        cure = "Wait for what it names; the lines of the servers say which is not well."
    age = told["age_s"]
    return Finding(AREA, name, state, says, cure, age if isinstance(age, float) else None, LIMIT)


def _door(path: Path) -> Finding:
    """Return whether the process that announced a door in the file answers at it."""
    name = f"{path.stem}: metrics"
    cure = f"Its process is gone: start it again, or take the announcement away: rm {path}"
    try:
        address = str(json.loads(path.read_text(encoding="utf-8"))[0]["targets"][0])
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        return Finding(AREA, name, BAD, f"{path} cannot be read.", f"Take it away: rm {path}")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{address}/metrics", timeout=ASK_S) as answer:
            size = len(answer.read())
    except (OSError, ValueError, urllib.error.URLError):
        return Finding(AREA, name, BAD, f"Nobody answers at {address}.", cure)
    return Finding(AREA, name, GOOD, f"{address} answers, {size:,} bytes", age_s=0.0)
