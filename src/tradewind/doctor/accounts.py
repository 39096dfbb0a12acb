"""Each account: its trader's heartbeat, journal, kill switch, watchdog and everything that keeps it from trading.

The questions are those of the System page (`views/health.py`); here each answer that is not good says what to do. An
account that was stopped in order is asked only for what outlives a trader: its journal, its kill file, its disk.
"""

from typing import Any

from tradewind.doctor.finding import BAD, GOOD, UNUSED, WARNING, Finding, State
from tradewind.live.folder import account_names
from tradewind.settings import Settings
from tradewind.views.health import account_health
from tradewind.views.heart import NEVER, STARTING, STOPPED

AREA = "accounts"
CURES = {
    "heartbeat": "Read its log, `tradewind services log`, then start it again: `tradewind up`, or as it was begun.",
    "kill switch": "Find out why, then: tradewind rearm --account {account} --person NAME --reason WHY",
    "leader": "See who holds the account: tradewind services list",
    "journal": "Copy the account's folder away, then start its trader: it says how much of the journal is good.",
    "entries": "Read when and why it began: tradewind services log",
    "limits": "Read when and why it began: tradewind services log",
    "broker": "Try the account: tradewind broker probe",
    "reconciliation": "Compare the positions at the broker; the trader does so again by itself: tradewind services log",
    "clock": "Set the clock by NTP: timedatectl set-ntp true",
    "prices": "Try the account's prices: tradewind broker probe",
    "outcomes": "Look at the orders at the broker; the trader asks for them: tradewind services log",
    "stops": "Give it a stop at the broker, or close it: tradewind kill --level 3 --account {account}",
    "watchdog": "Start it: tradewind watchdog --account {account}",
    "disk": "Make room on the disk of the data folder.",
}
OUTLIVING = ("kill switch", "journal", "disk")
"""Checks that are asked of an account whose trader does not run."""


def accounts(settings: Settings) -> list[Finding]:
    """Return the checks of every account."""
    found = [one for name in account_names(settings.data) for one in _account(settings, name)]
    return found or [Finding(AREA, "accounts", UNUSED, "there is none yet")]


def _account(settings: Settings, account: str) -> list[Finding]:
    told = account_health(settings, account)
    resting = told["state"] in (STOPPED, NEVER, STARTING)
    wanted = [one for one in told["checks"] if not resting or one["name"] in OUTLIVING]
    found = [_line(account, one, resting=resting) for one in wanted]
    if resting:
        found.insert(0, Finding(AREA, f"{account}: trader", UNUSED, str(told["state"])))
    return found


def _line(account: str, told: dict[str, Any], *, resting: bool) -> Finding:
    name, state = str(told["name"]), _state(told, resting=resting)
    says = ". ".join(filter(None, (str(told["value"]), str(told["says"]))))
    cure = "" if state in (GOOD, UNUSED) else CURES.get(name, CURES["entries"]).format(account=account)
    return Finding(AREA, f"{account}: {name}", state, says, cure, told["age_s"], str(told["limit"]))


def _state(told: dict[str, Any], *, resting: bool) -> State:
    """Return how a check stands; unknown is bad, unless the trader that would know does not run."""
    if resting and told["name"] == "kill switch":
        return BAD if told["state"] == "bad" else GOOD  # the file says it, whether or not a trader runs
    if told["state"] == "unknown":
        return UNUSED if resting else BAD
    known: dict[str, State] = {"good": GOOD, "warning": WARNING, "not needed": UNUSED}
    return known.get(told["state"], BAD)
